"""How far each task of a plan is: the times that it names, and the evidence for each of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from broadcaster.periods import REPORT, Period, months_of
from broadcaster.tally import Output
from schedules.plan import Task

_MONTHS = {"monthly": 1, "quarterly": 3, "half_yearly": 6, "yearly": 12}
"""Recurrences that divide the calendar, with the length of one part in months."""
_DAYS = {"daily": 1, "weekly": 7}
_DUTY = "duty"


class State(StrEnum):
    """Where a task stands at the end of a period."""

    DONE = "done"
    PARTLY = "partly"
    NOT_DONE = "not_done"
    NOT_DUE = "not_due"
    NO_TIME = "no_time"
    """Its times lie before the period, or it has none."""
    NOT_COUNTED = "not_counted"


LABELS = {
    State.DONE: "Hoàn thành",
    State.PARTLY: "Hoàn thành một phần",
    State.NOT_DONE: "Chưa có minh chứng",
    State.NOT_DUE: "Chưa đến hạn",
    State.NO_TIME: "Không có mốc trong kỳ",
    State.NOT_COUNTED: "Không tính tỷ lệ",
}


@dataclass(frozen=True, slots=True)
class Unit:
    """One time that a task names: something is to go out between these days, both included."""

    start: date
    end: date


@dataclass(frozen=True, slots=True)
class TaskResult:
    """A task, the times that were due, and its evidence in the period."""

    row: int
    """Number of the task's row in the database."""
    no: str
    content: str
    form: str | None
    channels: tuple[str, ...]
    timeframe: str
    lead: str | None
    product: str | None
    state: State
    due: int
    """How many times were due."""
    done: int
    """For how many of these there is enough evidence."""
    outputs: tuple[Output, ...]
    absent: tuple[str, ...]
    """Channels that the task names and that nothing went out on."""

    @property
    def counted(self) -> bool:
        """Whether it counts for the plan's completion."""
        return self.state not in (State.NOT_DUE, State.NO_TIME, State.NOT_COUNTED)


def result_of(
    task: Task, outputs: Sequence[Output], period: Period, cutoff: date, plan: Period | None
) -> TaskResult:
    """Judge one task: what the period (up to `cutoff`) asked of it, and what the evidence shows.

    A time is done when at least one output (`at_least` where the plan says so) lies in it; for a
    single deadline also when it came late. A task for a report is not counted: the report itself
    fulfils it. Nor are standing duties of units, which name no product.
    """
    mine = tuple(
        one for one in outputs if _within(one.day, plan) and one.plan in (None, task.plan_id)
    )
    shown = tuple(one for one in mine if one.day in period)
    units = list(_units(task.reading(), period, cutoff, plan))
    least = max(int(task.reading().get("at_least") or 1), 1)
    done = sum(_enough(unit, mine, least) for unit in units)
    used = {one.channel for one in shown}
    return TaskResult(
        row=task.id or 0,
        no=task.no,
        content=task.content,
        form=task.form,
        channels=tuple(task.channels),
        timeframe=str(task.reading().get("text") or ""),
        lead=task.lead,
        product=task.product,
        state=_state(task, len(units), done, any_output=bool(shown), until=min(period.end, cutoff)),
        due=len(units),
        done=done,
        outputs=shown,
        absent=tuple(name for name in task.channels if name not in used),
    )


def _state(task: Task, due: int, done: int, *, any_output: bool, until: date) -> State:
    if task.source == _DUTY or set(task.channels) == {REPORT}:
        return State.NOT_COUNTED
    if not due:
        return State.NOT_DUE if _goes_on(task.timeframe, until) else State.NO_TIME
    if done == due:
        return State.DONE
    return State.PARTLY if done or any_output else State.NOT_DONE


def _goes_on(timeframe: dict[str, Any], day: date) -> bool:
    """Whether any of its times ends after this day."""
    ends = [*timeframe.get("due", ()), *(end for _, end in timeframe.get("windows", ()))]
    return any(date.fromisoformat(end) > day for end in ends)


def _enough(unit: Unit, outputs: Sequence[Output], least: int) -> bool:
    return sum(unit.start <= one.day <= unit.end for one in outputs) >= least


def _units(
    timeframe: dict[str, Any], period: Period, cutoff: date, plan: Period | None
) -> Iterator[Unit]:
    """The times that fell due in the period, up to the cutoff."""
    last = min(period.end, cutoff)
    begin = plan.start if plan else period.start
    if dues := sorted(date.fromisoformat(day) for day in timeframe.get("due", ())):
        yield from _before_deadlines(dues, begin, period, last)
        return
    windows = [
        (date.fromisoformat(start), date.fromisoformat(end))
        for start, end in timeframe.get("windows", ())
    ]
    recurrence = timeframe.get("recurrence", ())
    for start, end in windows:
        if "continuous" in recurrence or timeframe.get("kind") == "continuous":
            yield from _running(start, end, period, last)
        else:
            for unit in _parts(start, end, recurrence):
                if period.start <= unit.end <= last:
                    yield unit
    if not windows and timeframe.get("kind") in ("unspecified", "ambiguous", "ditto"):
        yield from _running(begin, plan.end if plan else period.end, period, last)


def _before_deadlines(
    dues: Sequence[date], begin: date, period: Period, last: date
) -> Iterator[Unit]:
    """From the day after one deadline to the next; a single one may also be met late."""
    for due in dues:
        if period.start <= due <= last:
            yield Unit(min(begin, due), last if len(dues) == 1 else due)
        begin = due + timedelta(days=1)


def _running(start: date, end: date, period: Period, last: date) -> Iterator[Unit]:
    """Something that goes on all the time is due once in every report."""
    start, end = max(start, period.start), min(end, last)
    if start <= end:
        yield Unit(start, end)


def _parts(start: date, end: date, recurrence: Sequence[str]) -> Iterator[Unit]:
    """A window cut as its recurrence says: by calendar months, quarters …, weeks or days."""
    months = next((_MONTHS[one] for one in recurrence if one in _MONTHS), None)
    days = next((_DAYS[one] for one in recurrence if one in _DAYS), None)
    if months is not None:
        yield from _by_months(start, end, months)
    elif days is not None:
        yield from _by_days(start, end, days)
    else:
        yield Unit(start, end)


def _by_months(start: date, end: date, size: int) -> Iterator[Unit]:
    first: date | None = None
    for month_start, month_end in months_of(start, end):
        first = first or max(month_start, start)
        if month_end.month % size == 0 or month_end >= end:
            yield Unit(first, min(month_end, end))
            first = None


def _by_days(start: date, end: date, size: int) -> Iterator[Unit]:
    while start <= end:
        yield Unit(start, min(start + timedelta(days=size - 1), end))
        start += timedelta(days=size)


def _within(day: date, plan: Period | None) -> bool:
    """Bulletins name a task by its number alone, and every year's plan begins again with 1."""
    return plan is None or plan.start <= day <= plan.end
