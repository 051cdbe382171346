"""What the year's forecast is asked and what it answers: plain frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo

from schedules.openings import SlotRule, Week
from schedules.quota import Quota
from schedules.week_plan import Airing, Candidate, Pick, PlanRules


@dataclass(frozen=True, slots=True)
class YearTask:
    """One task for the machine: what it wants, and what was really achieved so far."""

    no: str
    quota: Quota
    channels: tuple[str, ...] = ()
    """Whose airings count; empty means every channel."""
    topic: str | None = None
    done: int = 0
    """Proved airings inside its windows, those of the planned openings left out."""


@dataclass(frozen=True, slots=True)
class YearRequest:
    """All that decides the rest of a year. The order inside the tuples means nothing."""

    weeks: tuple[Week, ...]
    """In order, from the present one on."""
    zone: tzinfo
    rules: PlanRules
    slots: tuple[SlotRule, ...]
    candidates: tuple[Candidate, ...]
    tasks: tuple[YearTask, ...] = ()
    history: tuple[Airing, ...] = ()
    existing: Mapping[str, tuple[Pick, ...]] = field(default_factory=dict)
    """By opening key; the weeks that were built already."""
    not_before: datetime | None = None
    locked: frozenset[str] = frozenset()
    days_off: Mapping[date, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Placement:
    """One bulletin on one day of the forecast."""

    day: date
    channel: str
    bulletin: int
    task: str | None
    """The task that it counts for; None when it counts for none."""
    topic: str | None
    repeat: bool
    """PL where true."""
    seconds: float


@dataclass(frozen=True, slots=True)
class YearWeek:
    """One forecast week."""

    week: Week
    openings: int
    empty: int
    """Openings that stay empty."""
    placements: tuple[Placement, ...]
    days_off: tuple[str, ...] = ()
    """Names of its holidays, when nothing goes out on them."""


@dataclass(frozen=True, slots=True)
class TaskForecast:
    """What a task will have reached at the end of the year, and when."""

    no: str
    needed: int
    done: int
    planned: int
    full_on: date | None
    """The day on which the forecast reaches its quota; None when it never does."""

    @property
    def missing(self) -> int:
        return max(0, self.needed - self.done - self.planned)


@dataclass(frozen=True, slots=True)
class YearPlan:
    """The forecast: weeks in order, tasks in the order of their numbers."""

    weeks: tuple[YearWeek, ...]
    tasks: tuple[TaskForecast, ...]

    @property
    def completion(self) -> float:
        """Part of all that is asked for that is reached, 0 to 1; 1 when nothing is asked for."""
        needed = sum(task.needed for task in self.tasks)
        reached = sum(min(task.needed, task.done + task.planned) for task in self.tasks)
        return reached / needed if needed else 1.0


@dataclass(frozen=True, slots=True)
class Shortage:
    """A task that the forecast cannot complete, said early."""

    no: str
    missing: int
    """Airings."""
    bulletins: int
    """How many more bulletins it needs; 0 when more bulletins would not help."""
    slots: int
    """Airings that stay missing even with these bulletins: openings are lacking."""
    reason: str
    """Vietnamese."""
