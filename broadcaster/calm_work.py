"""Work beside the daemon: a calm process of its own, begun when nothing is on the air."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from broadcaster.logs import get_logger
from channels.base import Clock

log = get_logger(__name__)

_FIRST_SECONDS = 120.0
"""After a start the broadcasts come first, which may be late already."""
_AGAIN_SECONDS = 3600.0
"""After one that failed; `doctor` and the alerts name the reason."""
_LEAVE_SECONDS = 2.0


class CalmWork:
    """Starts a command of ours when it is due, and says what became of it.

    Hashing a gigabyte in the daemon's own process would disturb the player.
    """

    every = 20.0

    def __init__(
        self, name: str, words: Sequence[str], home: Path, clock: Clock, busy: Callable[[], bool]
    ) -> None:
        """`busy` says whether something is on the air."""
        self.name = name
        self._command = (sys.executable, "-m", "broadcaster", *words)
        self._home = home
        self._clock = clock
        self._busy = busy
        self._child: subprocess.Popen[bytes] | None = None
        self._not_before = clock.monotonic() + _FIRST_SECONDS
        self.failed: str | None = None
        """Why the last one failed; None after a good one."""

    def is_due(self) -> bool:
        """Whether it is time for the next one."""
        raise NotImplementedError

    def look(self) -> None:
        """Start one, or see how the running one ended."""
        if self._child is not None:
            self._see(self._child)
        elif self._clock.monotonic() >= self._not_before and not self._busy() and self.is_due():
            self._child = self._start()

    def leave(self) -> None:
        """Work that is stopped half-way leaves nothing behind that counts."""
        if self._child is None:
            return
        self._child.terminate()
        try:
            self._child.communicate(timeout=_LEAVE_SECONDS)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.communicate()

    def _start(self) -> subprocess.Popen[bytes]:
        log.info(f"{self.name}.started")
        return subprocess.Popen(
            self._command,
            env={**os.environ, "BROADCASTER_HOME": str(self._home)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )

    def _see(self, child: subprocess.Popen[bytes]) -> None:
        if child.poll() is None:
            return
        _, said = child.communicate()
        self._child = None
        if child.returncode == 0:
            self.failed = None
            log.info(f"{self.name}.done")
            return
        self.failed = said.decode("utf-8", "replace").strip()[-500:]
        self._not_before = self._clock.monotonic() + _AGAIN_SECONDS
        log.error(f"{self.name}.failed", code=child.returncode, said=self.failed)
