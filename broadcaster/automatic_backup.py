"""The daemon's own backups: a calm process beside it, when nothing is on the air."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import structlog

from broadcaster import backups
from broadcaster.settings import Settings
from channels.base import Clock

log = structlog.get_logger(__name__)

_COMMAND = (sys.executable, "-m", "broadcaster", "backup", "--auto")
_FIRST_SECONDS = 120.0
"""After a start the broadcasts come first, which may be late already."""
_AGAIN_SECONDS = 3600.0
"""After one that failed; `doctor` and the alerts name the reason."""
_LEAVE_SECONDS = 2.0


class AutomaticBackup:
    """Starts `backup --auto` when one is due, and says what became of it.

    Hashing a gigabyte in the daemon's own process would disturb the player.
    """

    name = "backup"
    every = 20.0

    def __init__(
        self, home: Path, settings: Settings, clock: Clock, busy: Callable[[], bool]
    ) -> None:
        self._home = home
        self._settings = settings
        self._clock = clock
        self._busy = busy
        self._child: subprocess.Popen[bytes] | None = None
        self._not_before = clock.monotonic() + _FIRST_SECONDS
        self.trouble: str | None = None
        """Why the last one failed; None after a good one."""

    def look(self) -> None:
        """Start one, or see how the running one ended."""
        if self._child is not None:
            self._see(self._child)
        elif self._is_time():
            self._child = self._start()

    def leave(self) -> None:
        """A backup that is stopped half-way leaves nothing under its name."""
        if self._child is None:
            return
        self._child.terminate()
        try:
            self._child.communicate(timeout=_LEAVE_SECONDS)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.communicate()

    def _is_time(self) -> bool:
        return (
            self._clock.monotonic() >= self._not_before
            and not self._busy()
            and backups.is_due(self._home, self._settings, self._clock.now())
        )

    def _start(self) -> subprocess.Popen[bytes]:
        log.info("backup.started")
        return subprocess.Popen(
            _COMMAND,
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
            self.trouble = None
            log.info("backup.made")
            return
        self.trouble = said.decode("utf-8", "replace").strip()[-500:]
        self._not_before = self._clock.monotonic() + _AGAIN_SECONDS
        log.error("backup.failed", code=child.returncode, said=self.trouble)
