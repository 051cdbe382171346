"""Which engines failed a moment ago and are left alone for a while, also by other processes."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from pathlib import Path

from channels.base import Clock
from content.files import write_atomically

_log = logging.getLogger(__name__)

REST = timedelta(minutes=5)
"""How long a remote engine is left alone after it failed: no render waits for it again."""


class Resting:
    """One small file an engine: the moment until which it rests."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock

    def begin(self, name: str) -> None:
        """From now on."""
        until = self._clock.now() + REST
        try:
            write_atomically(self._folder / name, until.isoformat().encode())
        except OSError as error:
            _log.warning("the rest of %s is not written down: %s", name, error)

    def is_over(self, name: str) -> bool:
        """Whether it may be asked; a moment that no clock of now could have written is void."""
        try:
            until = datetime.fromisoformat((self._folder / name).read_text())
            return not timedelta(0) < until - self._clock.now() <= REST
        except (OSError, ValueError, TypeError):
            return True
