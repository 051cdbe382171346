"""The daemon's sign of life: beaten by its own loop, looked at by whoever wants to know."""

from __future__ import annotations

from broadcaster.service_manager import ServiceManager
from channels.base import Clock

LONGEST = 20.0
"""Seconds between two beats of a loop that is well (it looks four times a second; the database may
keep it waiting for a quarter of a minute)."""


class Pulse:
    """Beats while the daemon's loop goes round and its parts answer."""

    def __init__(self, clock: Clock, manager: ServiceManager | None = None) -> None:
        self._clock = clock
        self._manager = manager or ServiceManager()
        self._last: float | None = None

    def started(self) -> None:
        self.beat()
        self._manager.ready()

    def beat(self) -> None:
        """Once a round, only when everything the round needs has answered."""
        self._last = self._clock.monotonic()
        self._manager.alive(self._last)

    def ending(self) -> None:
        self._manager.stopping()

    @property
    def age(self) -> float | None:
        """Seconds since the last beat; None before the first."""
        return None if self._last is None else self._clock.monotonic() - self._last

    @property
    def is_well(self) -> bool:
        age = self.age
        return age is not None and age < LONGEST
