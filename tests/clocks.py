"""A clock that only tests move."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class HandClock:
    """Stands still until somebody moves it; sleeping moves it."""

    def __init__(self, now: datetime = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)) -> None:
        self._now = now
        self._steady = 0.0
        self.on_sleep: Callable[[], None] = lambda: None

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._steady

    def sleep(self, seconds: float) -> None:
        if seconds > 0:
            self.forward(seconds)
        self.on_sleep()

    def forward(self, seconds: float) -> None:
        """Time passes: both clocks go on."""
        self._now += timedelta(seconds=seconds)
        self._steady += seconds

    def step(self, seconds: float) -> None:
        """Somebody sets the wall clock; the steady one does not notice."""
        self._now += timedelta(seconds=seconds)
