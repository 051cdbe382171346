"""Who sounds first on a target: an emergency cuts what sounds; a newer one cuts an older one."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from broadcaster.queue import Lane


class StopSignal(threading.Event):
    """Set for one delivery when an emergency cuts it, and for all when the daemon ends."""

    def __init__(self, everybody: threading.Event) -> None:
        super().__init__()
        self._everybody = everybody

    def is_set(self) -> bool:
        return super().is_set() or self._everybody.is_set()


class Precedence:
    """What is on air on each target, and which lanes must wait for an emergency."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._on_air: dict[Lane, StopSignal] = {}

    @contextmanager
    def on_air(self, lane: Lane, everybody: threading.Event) -> Iterator[StopSignal]:
        """While the block runs this lane sounds; what it outranks on its target is cut now."""
        signal = StopSignal(everybody)
        with self._lock:
            self._on_air[lane] = signal
            outranked = [other for other in self._on_air if _outranks(lane, other)]
            for other in outranked:
                self._on_air[other].set()
        try:
            yield signal
        finally:
            with self._lock:
                del self._on_air[lane]

    def must_yield(self, lane: Lane) -> bool:
        """Whether something that outranks this lane is on air on its target."""
        with self._lock:
            return not lane.ahead and any(_outranks(other, lane) for other in self._on_air)


def _outranks(lane: Lane, other: Lane) -> bool:
    same = (lane.channel, lane.target) == (other.channel, other.target)
    return same and lane.urgent > other.urgent
