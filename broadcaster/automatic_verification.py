"""The daemon's own walks through the ledger: what broke is known within a week, not in December."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from broadcaster import verified
from broadcaster.calm_work import CalmWork
from broadcaster.settings import Settings
from channels.base import Clock

_BROKEN_AGAIN = timedelta(days=1)
"""A ledger that did not hold is looked at again so soon: a file may have been put back."""


class AutomaticVerification(CalmWork):
    """Runs `evidence verify` as often as the settings say."""

    def __init__(
        self, home: Path, settings: Settings, clock: Clock, busy: Callable[[], bool]
    ) -> None:
        super().__init__("verification", ("evidence", "verify", "--calm"), home, clock, busy)
        self._days = settings.evidence.verify_days

    def is_due(self) -> bool:
        last = verified.last(self._home)
        if self._days == 0 or last is None:
            return self._days > 0
        since = self._clock.now() - last.at
        wait = timedelta(days=self._days) if last.ok else _BROKEN_AGAIN
        return since >= wait or since < -_BROKEN_AGAIN  # "in the future": a clock was wrong

    @property
    def trouble(self) -> str | None:
        """What the last walk found, by whomever; or why there was none."""
        last = verified.last(self._home)
        return last.what if last is not None and not last.ok else self.failed
