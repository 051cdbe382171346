"""The daemon's own backups."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from broadcaster import backups
from broadcaster.calm_work import CalmWork
from broadcaster.settings import Settings
from channels.base import Clock


class AutomaticBackup(CalmWork):
    """Runs `backup --auto` as often as the settings say; stopped half-way it leaves no file."""

    def __init__(
        self, home: Path, settings: Settings, clock: Clock, busy: Callable[[], bool]
    ) -> None:
        super().__init__("backup", ("backup", "--auto"), home, clock, busy)
        self._settings = settings

    def is_due(self) -> bool:
        return backups.is_due(self._home, self._settings, self._clock.now())

    @property
    def trouble(self) -> str | None:
        """Why the last one failed; None after a good one."""
        return self.failed
