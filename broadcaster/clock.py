"""The only reader of time."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from channels.base import Clock


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)  # noqa: TID251 - the one place

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        if seconds > 0:
            time.sleep(seconds)  # noqa: TID251 - the one place


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
