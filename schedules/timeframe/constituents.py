"""What the rules find in a phrase, before the plan's dates are put in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from schedules.timeframe.pieces import Grain, Piece


@dataclass(frozen=True, slots=True)
class Range:
    """From the first day of `first` to the last day of `last` (None: the plan's end)."""

    first: Piece
    last: Piece | None


@dataclass(frozen=True, slots=True)
class Spans:
    """One or more windows."""

    ranges: tuple[Range, ...]

    @property
    def is_one_day(self) -> bool:
        return all(r.first.grain is Grain.DAY and r.last == r.first for r in self.ranges)


@dataclass(frozen=True, slots=True)
class Limits:
    """Last days: before the first day of each piece, or on its last day."""

    pieces: tuple[Piece, ...]
    exclusive: bool


class Cycle(StrEnum):
    """What a day of the period is counted in."""

    MONTH = "monthly"
    QUARTER = "quarterly"
    YEAR = "yearly"


@dataclass(frozen=True, slots=True)
class DaysOfPeriod:
    """ "ngày 25 hằng tháng", "ngày 05 của tháng cuối quý": a day in every month or quarter."""

    days: tuple[int, ...]
    """0 is the last day."""
    cycle: Cycle
    exclusive: bool = False
    month: int = 1
    """Which month of the quarter."""
    periods_later: int = 0
    """1 for "tháng sau", "quý sau"."""
    until: int | None = None
    """With one day: a window of days in each period, not a limit."""


@dataclass(frozen=True, slots=True)
class WeekOfMonth:
    """ "tuần đầu hằng tháng": the same week (-1: the last) of every month."""

    number: int


@dataclass(frozen=True, slots=True)
class Frequency:
    """How often, and how many each time."""

    codes: tuple[str, ...]
    at_least: int | None = None


@dataclass(frozen=True, slots=True)
class Weekdays:
    """ "TUE,THU" or "MON-FRI"."""

    code: str


@dataclass(frozen=True, slots=True)
class Times:
    """Times of day, "05:30" or "05:30-06:00"."""

    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that has to happen first; `days` after the plan's issue where that is it."""

    once: bool
    days: int | None = None
    working_days: bool = False


@dataclass(frozen=True, slots=True)
class Occasion:
    """A commemorative day and the (day, month) from which it is customarily prepared."""

    day: int
    month: int
    year: int | None
    lead: tuple[int, int] | None = None
    lunar_new_year: bool = False
    before: bool = False
    """ "Trước Tết": a limit, not a window."""


class Mark(StrEnum):
    """Words that colour the whole phrase."""

    CONTINUOUS = "continuous"
    PERIODIC = "periodic"
    UNSPECIFIED = "unspecified"
    FALSE_FRIEND = "false_friend"
    DONE = "done"
    ROUGH = "rough"
    PEAK = "peak"
    """"cao điểm tháng 10": when most of it is done, not all."""
    FILLER = "filler"


Constituent: TypeAlias = (
    Spans
    | Limits
    | DaysOfPeriod
    | WeekOfMonth
    | Frequency
    | Weekdays
    | Times
    | Event
    | Occasion
    | Mark
)
