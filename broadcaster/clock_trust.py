"""Whether the wall clock may be believed: after a big step the loudspeakers wait for a proof."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

from broadcaster.clock import kernel_synchronised
from channels.base import Clock

BIG_STEP = timedelta(minutes=10)
"""A smaller step is a correction; a larger one means that the clock was wrong, or is now."""
SETTLED = timedelta(minutes=30)
"""A new time that nobody confirms is believed when it has stood for so long."""


class ClockTrust:
    """Told of every step; asked before sound and during it. Safe in several threads."""

    def __init__(
        self, clock: Clock, synchronised: Callable[[], bool | None] = kernel_synchronised
    ) -> None:
        """`synchronised`: whether the system's own clock keeper vouches for the time."""
        self._clock = clock
        self._synchronised = synchronised
        self._lock = threading.Lock()
        self._since: float | None = None
        self._step = timedelta(0)

    def stepped(self, step: timedelta) -> None:
        """The wall clock was set by so much."""
        if abs(step) < BIG_STEP:
            return
        with self._lock:
            self._since, self._step = self._clock.monotonic(), step

    def reason(self) -> str | None:
        """Why nothing should be heard, in Vietnamese; None while the clock is believed."""
        with self._lock:
            if self._since is None:
                return None
            if self._synchronised() or self._has_settled(self._since):
                self._since = None
                return None
            minutes = round(abs(self._step) / timedelta(minutes=1))
            direction = "tới" if self._step > timedelta(0) else "lùi"
            return (
                f"đồng hồ vừa nhảy {direction} {minutes} phút, chưa chắc giờ nào đúng; hãy xem lại "
                "giờ của máy, nếu đúng thì khởi động lại chương trình phát"
            )

    def _has_settled(self, since: float) -> bool:
        return self._clock.monotonic() - since >= SETTLED.total_seconds()
