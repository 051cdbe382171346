"""What a timeframe phrase is read in (its plan) and what comes out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

Window = tuple[date, date]
"""First and last day, both included."""


class Kind(StrEnum):
    """What sort of time a phrase names (the contract's words)."""

    WINDOW = "window"
    WINDOWS = "windows"
    RECURRING = "recurring"
    DEADLINE = "deadline"
    EVENT = "event"
    CONTINUOUS = "continuous"
    NOT_SCHEDULE = "not_schedule"
    UNSPECIFIED = "unspecified"
    DITTO = "ditto"
    AMBIGUOUS = "ambiguous"


@dataclass(frozen=True, slots=True)
class PlanContext:
    """What a phrase may leave out: the plan's year, first and last day, and day of issue."""

    year: int | None = None
    start: date | None = None
    end: date | None = None
    issued: date | None = None

    @property
    def period(self) -> Window | None:
        """The plan's own days; its calendar year where only that is known."""
        if self.start and self.end and self.start <= self.end:
            return self.start, self.end
        if (year := self.plan_year) is None:
            return None
        return date(year, 1, 1), date(year, 12, 31)

    @property
    def plan_year(self) -> int | None:
        known = self.year or next((d.year for d in (self.start, self.end, self.issued) if d), None)
        return known if known and 1900 <= known <= 2200 else None


@dataclass(frozen=True, slots=True)
class Timeframe:
    """A phrase as printed and its reading.

    `due` are last days (a limit "trước ngày 15/12" gives the 14th). `recurrence` uses once,
    daily, weekly, monthly, quarterly, half_yearly, yearly, every_N_days|weeks|months,
    continuous, on_event. `consumed` are (start, end) positions in `text` that were understood;
    `unread` is the rest, for the editor. `confidence` runs from 0 to 1.
    """

    text: str
    kind: Kind
    windows: tuple[Window, ...] = ()
    due: tuple[date, ...] = ()
    recurrence: tuple[str, ...] = ()
    at_least: int | None = None
    weekdays: str | None = None
    times: tuple[str, ...] = ()
    confidence: float = 1.0
    consumed: tuple[tuple[int, int], ...] = ()
    unread: str = ""

    def to_json(self) -> dict[str, Any]:
        """The contract's form; `weekdays` and `times` only where the phrase gives them."""
        value: dict[str, Any] = {
            "text": self.text,
            "kind": str(self.kind),
            "windows": [[start.isoformat(), end.isoformat()] for start, end in self.windows],
            "due": [day.isoformat() for day in self.due],
            "recurrence": list(self.recurrence),
            "at_least": self.at_least,
            "confidence": self.confidence,
            "unread": self.unread,
        }
        if self.weekdays:
            value["weekdays"] = self.weekdays
        if self.times:
            value["times"] = list(self.times)
        return value


@dataclass(frozen=True, slots=True)
class Obligation:
    """A deadline or frequency found in running text, and the sentence it stands in."""

    sentence: str
    timeframe: Timeframe
