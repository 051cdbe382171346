"""`doctor`: everything that a station needs, looked at, each with the mend for what is wrong.

Every look has a time limit and a thread of its own: one that hangs or breaks hides no other.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from broadcaster.logs import get_logger
from channels.redaction import redact
from content.errors import UserError

log = get_logger(__name__)


class Level(StrEnum):
    """How a finding stands."""

    OK = "ok"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; all texts are Vietnamese."""

    check: str
    level: Level
    message: str
    mend: str = ""

    def to_json(self) -> dict[str, str]:
        return {
            "check": self.check,
            "level": str(self.level),
            "message": self.message,
            "mend": self.mend,
        }


Look: TypeAlias = Callable[[], Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class Check:
    """One look: its name for people, what it does, and how many seconds it may take."""

    name: str
    look: Look
    seconds: float = 5.0


def examine(
    checks: Sequence[Check], on_done: Callable[[int, int], None] = lambda _done, _total: None
) -> list[Finding]:
    """All findings in the order of the checks; they run beside each other."""
    running = [_Running(check) for check in checks]
    found: list[Finding] = []
    for done, one in enumerate(running, start=1):
        found += one.findings()
        on_done(done, len(running))
    return found


def is_bad(findings: Iterable[Finding]) -> bool:
    """Whether a person must do something now."""
    return any(finding.level is Level.BAD for finding in findings)


def ok(check: str, message: str) -> Finding:
    return Finding(check, Level.OK, message)


def warn(check: str, message: str, mend: str = "") -> Finding:
    return Finding(check, Level.WARN, message, mend)


def bad(check: str, message: str, mend: str = "") -> Finding:
    return Finding(check, Level.BAD, message, mend)


class _Running:
    """A check in its own thread, which nobody waits for longer than its limit."""

    def __init__(self, check: Check) -> None:
        self._check = check
        self._found: list[Finding] | None = None
        self._thread = threading.Thread(target=self._run, name=f"doctor {check.name}", daemon=True)
        self._thread.start()

    def findings(self) -> list[Finding]:
        self._thread.join(self._check.seconds)
        if self._found is None:
            seconds = f"{self._check.seconds:g}"
            return [warn(self._check.name, f"quá {seconds} giây mà chưa xem xong", "Hãy chạy lại.")]
        return self._found

    def _run(self) -> None:
        name = self._check.name
        try:
            self._found = list(self._check.look())
        except UserError as error:
            self._found = [bad(name, problem.message, problem.mend) for problem in error.problems]
        except Exception as error:
            # The look's boundary: a bug in one check is a finding, not the end of all of them.
            log.exception("doctor.broke", check=name)
            what = redact(f"{type(error).__name__}: {error}")
            self._found = [bad(name, f"không xem được ({what})", "Hãy báo người phụ trách.")]
