"""Structured logs: one JSON object a line in the home, short lines on a terminal; no secrets."""

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


def log_to(home: Path, *, console: bool = True) -> None:
    """Send everything to `logs/broadcaster.log` (rotated) and, short, to stderr."""
    folder = home / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    file = logging.handlers.RotatingFileHandler(
        folder / "broadcaster.log", maxBytes=_BYTES, backupCount=_KEPT, encoding="utf-8"
    )
    file.setFormatter(_formatter(structlog.processors.JSONRenderer(ensure_ascii=False)))
    root = logging.getLogger()
    root.handlers = [file]
    if console:
        root.handlers.append(_console())
    root.setLevel(logging.INFO)
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    logging.getLogger("urllib3").setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
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
