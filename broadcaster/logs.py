"""Structured logs: one JSON object a line in the home, short lines on a terminal; no secrets.

Modules take their logger from here, so that none of them prints to a command's output.
"""

from __future__ import annotations

import logging
import logging.handlers
import sys
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import structlog

from channels.redaction import redact

_BYTES = 5_000_000
_KEPT = 5


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """The logger of a module: event first, facts as keywords."""
    if not structlog.is_configured():
        _go_through_logging()
    logger: structlog.stdlib.BoundLogger = structlog.get_logger(name)  # noqa: TID251
    return logger


def log_to(home: Path, *, console: bool = True) -> None:
    """Send everything to `logs/broadcaster.log` (rotated) and, short, to stderr."""
    _go_through_logging()
    root = logging.getLogger()
    root.handlers = [file_handler(home, "broadcaster.log")]
    if console:
        root.handlers.append(_console())
    root.setLevel(logging.INFO)
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    logging.getLogger("urllib3").setLevel(logging.WARNING)


def file_handler(home: Path, name: str) -> logging.Handler:
    """Writes lines of JSON into the home's `logs/`, rotated. Raises OSError."""
    folder = home / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    file = logging.handlers.RotatingFileHandler(
        folder / name, maxBytes=_BYTES, backupCount=_KEPT, encoding="utf-8"
    )
    file.setFormatter(_formatter(structlog.processors.JSONRenderer(ensure_ascii=False)))
    return file


def _go_through_logging() -> None:
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )


def _console() -> logging.Handler:
    handler = logging.StreamHandler(sys.stderr)
    colours = sys.stderr.isatty()
    handler.setFormatter(_formatter(structlog.dev.ConsoleRenderer(colors=colours)))
    return handler


def _formatter(renderer: Any) -> logging.Formatter:
    return _Redacted(
        foreign_pre_chain=[
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            _plain_exception,
            renderer,
        ],
    )


class _Redacted(structlog.stdlib.ProcessorFormatter):
    """The last stop of every line: whatever it is made of, no secret passes."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


def _plain_exception(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    return structlog.processors.format_exc_info(_logger, _method, event)
