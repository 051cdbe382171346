"""The vendors' error codes by meaning, read from a data file: what happened and what to do."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files

from channels.base import ChannelError, ErrorKind, Json, OutcomeUnknown

UNKNOWN = "unknown"
"""The kind of an error that does not prove that the write did not happen."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """One row: `kind` is an ErrorKind's value or "unknown"; `minutes` says how long to defer."""

    kind: str
    message: str
    minutes: int = 0

    def error(
        self,
        code: str,
        now: datetime,
        details: Mapping[str, Json],
        wait: timedelta | None = None,
    ) -> ChannelError | OutcomeUnknown:
        """The exception to raise; `wait` (what the platform asked for) goes before `minutes`."""
        if self.kind == UNKNOWN:
            return OutcomeUnknown(self.message, details={"code": code, **details})
        until = None
        if self.kind == ErrorKind.DEFER:
            until = now + (wait or timedelta(minutes=self.minutes))
        return ChannelError(
            ErrorKind(self.kind), self.message, until=until, code=code, details=details
        )


@dataclass(frozen=True, slots=True)
class ErrorTable:
    """Rows by (code, subcode); subcode None is the row for every other subcode of the code, code
    None the row of a subcode that says the same under every code."""

    rows: Mapping[tuple[int | None, int | None], Meaning]
    ranges: tuple[tuple[int, int, Meaning], ...]
    other: Meaning

    def meaning(self, code: int, subcode: int | None = None) -> Meaning:
        """The closest row: code and subcode, subcode alone, code alone, a range, else the rest."""
        keys: list[tuple[int | None, int | None]] = [(code, subcode), (None, subcode), (code, None)]
        for key in keys:
            if key in self.rows and key != (None, None):
                return self.rows[key]
        for first, last, meaning in self.ranges:
            if first <= code <= last:
                return meaning
        return self.other


@cache
def load_table(name: str) -> ErrorTable:
    """Read `channels/data/<name>.toml`; a row with a bad kind is a bug and raises at once."""
    text = files("channels").joinpath("data", f"{name}.toml").read_text(encoding="utf-8")
    raw = tomllib.loads(text)
    rows: dict[tuple[int | None, int | None], Meaning] = {}
    ranges: list[tuple[int, int, Meaning]] = []
    for row in raw["error"]:
        meaning = _meaning(row)
        if "from" in row:
            ranges.append((row["from"], row["to"], meaning))
        codes = row.get("codes", () if "from" in row else (None,))
        for code in codes:
            for subcode in row.get("subcodes", (None,)):
                rows[code, subcode] = meaning
    return ErrorTable(rows, tuple(ranges), _meaning(raw["other"]))


def _meaning(row: Mapping[str, object]) -> Meaning:
    kind = str(row["kind"])
    if kind != UNKNOWN:
        ErrorKind(kind)
    minutes = row.get("minutes", 0)
    if not isinstance(minutes, int) or (kind == ErrorKind.DEFER and minutes <= 0):
        raise ValueError(f"a deferring row needs minutes: {row}")
    return Meaning(kind, str(row["message"]), minutes)
