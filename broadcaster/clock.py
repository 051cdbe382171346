"""The only reader of time."""

from __future__ import annotations

import ctypes
import time
from datetime import UTC, datetime, timedelta

from channels.base import Clock

_TIMEX_BYTES = 512
"""More than struct timex needs on any machine; zeros ask for nothing to be changed."""
_TIME_ERROR = 5


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)  # noqa: TID251 - the one place

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        if seconds > 0:
            time.sleep(seconds)  # noqa: TID251 - the one place


def kernel_synchronised() -> bool | None:
    """Whether the kernel says that a time service keeps its clock; None where it does not tell.

    Linux: adjtimex(2) with no modes reads the state; TIME_ERROR means "not synchronised".
    """
    try:
        adjtimex = ctypes.CDLL(None).adjtimex
    except (OSError, AttributeError):
        return None
    state = adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
    return None if state < 0 else state != _TIME_ERROR


class ShiftedClock:
    """A clock that runs at real speed but was set to another moment (the demonstration's)."""

    def __init__(self, clock: Clock, start: datetime) -> None:
        self._clock = clock
        self._offset: timedelta = start - clock.now()

    def now(self) -> datetime:
        return self._clock.now() + self._offset

    def monotonic(self) -> float:
        return self._clock.monotonic()

    def sleep(self, seconds: float) -> None:
        self._clock.sleep(seconds)
