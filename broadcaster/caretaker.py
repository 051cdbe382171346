"""What the daemon does beside playing, in a thread of its own: one chore after another."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol

from broadcaster.logs import get_logger
from channels.base import Clock

log = get_logger(__name__)

_LOOK_SECONDS = 1.0
_LEAVE_SECONDS = 3.0


class Chore(Protocol):
    """Something that is looked at again and again; it must not take long."""

    name: str
    every: float
    """Seconds between two looks."""

    def look(self) -> None:
        """Do what is due. Whatever it raises is logged and tried at the next look."""

    def leave(self) -> None:
        """The daemon ends."""


class Caretaker:
    """Looks after chores; one that breaks stops neither the others nor what is on the air."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._chores: list[Chore] = []
        self._looked: dict[str, float] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="caretaker", daemon=True)

    def take(self, chore: Chore) -> None:
        """Look after one more; before `start`."""
        self._chores.append(chore)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ask every chore to end; a chore that hangs is left behind."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(_LEAVE_SECONDS)
        for chore in self._chores:
            chore.leave()

    def look(self) -> None:
        """One round: every chore whose time has come."""
        for chore in self._chores:
            now = self._clock.monotonic()
            if now - self._looked.get(chore.name, float("-inf")) < chore.every:
                continue
            self._looked[chore.name] = now
            try:
                chore.look()
            except Exception:
                # The thread's boundary: what is beside the playing never ends it.
                log.exception("chore.broke", chore=chore.name)

    def _run(self) -> None:
        while not self._stop.wait(_LOOK_SECONDS):
            self.look()


class Aside:
    """One piece of a chore's work at a time, in a thread of its own: it may wait for a network."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._thread: threading.Thread | None = None

    @property
    def is_busy(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def begin(self, work: Callable[[], object]) -> None:
        """Start it; not while another is under way. It is left at any line when the daemon ends."""
        self._thread = threading.Thread(
            target=self._run, args=(work,), name=self._name, daemon=True
        )
        self._thread.start()

    def join(self, seconds: float) -> None:
        """Wait for it, so long at most."""
        if self._thread is not None:
            self._thread.join(seconds)

    def _run(self, work: Callable[[], object]) -> None:
        try:
            work()
        except Exception:
            # The thread's boundary; a later look of the chore comes back to it.
            log.exception("chore.broke", chore=self._name)
