"""The one error that a user is meant to read: what is wrong, where, and what to do next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in what the user gave; all texts are Vietnamese.

    `message` says what is wrong, `mend` what to do next, `file` and `line` (from 1) where.
    """

    message: str
    mend: str = ""
    file: str | None = None
    line: int | None = None

    def __str__(self) -> str:
        where = ""
        if self.file is not None:
            where = self.file if self.line is None else f"{self.file}, dòng {self.line}"
            where += ": "
        elif self.line is not None:
            where = f"Dòng {self.line}: "
        mend = f" {self.mend}" if self.mend else ""
        return f"{where}{self.message}{mend}"


class UserError(Exception):
    """The user can mend it: shown in Vietnamese without a traceback, exit code 1.

    All mistakes of one file are reported at once in `problems`.
    """

    def __init__(
        self,
        message: str,
        mend: str = "",
        *,
        file: str | None = None,
        line: int | None = None,
        problems: Sequence[Problem] = (),
    ) -> None:
        self.problems = tuple(problems) or (Problem(message, mend, file, line),)
        self.message = message
        self.mend = mend
        super().__init__("\n".join(str(problem) for problem in self.problems))
