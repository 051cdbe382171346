"""What a command's parts note for engineers: into `logs/commands.log`, never onto the terminal."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from broadcaster.settings import default_home


class _CommandLog(logging.Handler):
    """Opens its file at the first record: most commands have nothing to say."""

    _file: logging.Handler | None = None

    def emit(self, record: logging.LogRecord) -> None:
        home = default_home()
        if not home.is_dir():
            return
        try:
            if self._file is None:
                from broadcaster.logs import file_handler

                self._file = file_handler(home, "commands.log")
            self._file.emit(record)
        except OSError:
            # A home that cannot be written to: the command itself will say so.
            self.close()

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
        super().close()


@contextmanager
def kept() -> Iterator[None]:
    """Warnings and errors of all loggers go to the file while a command runs."""
    handler = _CommandLog(logging.WARNING)
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
        handler.close()
