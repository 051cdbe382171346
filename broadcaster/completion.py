"""How far a task of a plan is: what it asks for, and the evidence for it. The one rule of it.

`plan status`, the planner, reports and packs all measure here. Needed and done are numbers of
outputs: a broadcast's bulletin that reached a target on one of the task's channels, or a proof that
a person added. `schedules.quota` says how many the timeframe wants and which days count.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol

from broadcaster.achievements import automatic
from broadcaster.periods import REPORT, Period
from broadcaster.tally import Output
from schedules.plan import Task
from schedules.quota import Quota, quota_of
from schedules.standing import Work, proofs_needed

_DUTY = "duty"


class Outgoing(Protocol):
    """One bulletin in one broadcast that reached a target."""

    @property
    def broadcast(self) -> int | None: ...
    @property
    def bulletin(self) -> int | None: ...
    @property
    def channel(self) -> str: ...
    @property
    def day(self) -> date: ...


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
class TaskResult:
    """A task, what the period asks of it, and its evidence in the period."""

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
    needed: int
    """How many outputs the period asks for, up to its end."""
    due: int
    """How many of them up to the last day counted."""
    done: int
    """For how many of those needed there is evidence."""
    assumed: bool
    """The plan names no number: once a week is reckoned with, until `plan review` has an answer."""
    outputs: tuple[Output, ...]
    absent: tuple[str, ...]
    """Channels that the task names and that nothing went out on."""

    @property
    def counted(self) -> bool:
        """Whether it counts for the plan's completion: the period asks for something."""
        return self.needed > 0 and self.state is not State.NOT_COUNTED

    @property
    def share(self) -> float:
        """0 to 1."""
        return self.done / self.needed if self.needed else 0.0


@dataclass(frozen=True, slots=True)
class Measured:
    """What a task asked for between two days, and what was reached."""

    work: Work
    due: int
    """Needed up to the cutoff."""


def counts(task: Task) -> bool:
    """Whether a task counts for a plan's completion.

    A report fulfils its own task, and a unit's standing duty names no product.
    """
    return task.source != _DUTY and set(task.channels) != {REPORT}


def quotas(task: Task, plan: Period | None, known: Container[str]) -> tuple[Quota | None, Quota]:
    """What is asked of the machine's channels (None: of none) and of people."""
    days = (plan.start, plan.end) if plan else (None, None)
    machine = bool(automatic(task.channels, known))
    quota = quota_of(task.reading(), days, manual=not machine)
    owed = proofs_needed(task.channels, known, quota)
    if owed == quota.total and not machine:
        return None, quota
    people = Quota(quota.windows, owed)
    if not machine:
        return None, people
    return quota_of(task.reading(), days, issued=plan.issued if plan else None), people


def measure(
    task: Task,
    airings: Iterable[Outgoing],
    proofs: Iterable[date],
    plan: Period | None,
    known: Container[str],
    *,
    period: Period | None = None,
    cutoff: date | None = None,
    bulletins: int = 0,
) -> Measured:
    """One task, over the whole plan or within a period. Only days of the plan count."""
    machine, people = quotas(task, plan, known)
    first, last = (period.start, period.end) if period else (None, None)
    aired = airing_days(task, airings, plan)
    shown = [day for day in proofs if plan is None or day in plan]
    work = Work(
        machine or people,
        machine.asked(first, last) if machine else 0,
        machine.reached(aired, first, last) if machine else 0,
        people.asked(first, last),
        people.reached(shown, first, last),
        bulletins,
    )
    until = min(last, cutoff) if last and cutoff else cutoff
    asked = [one.asked(first, until) for one in (machine, people) if one is not None]
    return Measured(work, min(sum(asked), work.needed))


def airing_days(task: Task, airings: Iterable[Outgoing], plan: Period | None) -> list[date]:
    """The day of each broadcast of a bulletin, once for all its targets, on the task's channels."""
    found: dict[tuple[int | None, int | None], date] = {}
    for one in airings:
        fits = not task.channels or one.channel in task.channels
        if fits and (plan is None or one.day in plan):
            found.setdefault((one.broadcast, one.bulletin), one.day)
    return list(found.values())


def result_of(
    task: Task,
    outputs: Sequence[Output],
    period: Period,
    cutoff: date,
    plan: Period | None,
    known: Container[str],
) -> TaskResult:
    """One task in a report: what the period asked of it, and what the evidence shows.

    A state speaks of the days up to `cutoff`; the share is of all that the period asks for.
    """
    mine = tuple(
        one
        for one in outputs
        if (plan is None or one.day in plan) and one.plan in (None, task.plan_id)
    )
    shown = tuple(one for one in mine if one.day in period)
    found = measure(
        task,
        [one for one in mine if not one.by_hand],
        [one.day for one in mine if one.by_hand],
        plan or period,
        known,
        period=period,
        cutoff=cutoff,
    )
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
        state=_state(task, found, any_output=bool(shown), until=period.end),
        needed=found.work.needed,
        due=found.due,
        done=found.work.done,
        assumed=found.work.quota.assumed,
        outputs=shown,
        absent=tuple(name for name in task.channels if name not in used),
    )


def _state(task: Task, found: Measured, *, any_output: bool, until: date) -> State:
    work, windows = found.work, found.work.quota.windows
    if not counts(task):
        return State.NOT_COUNTED
    if not work.needed:
        return State.NOT_DUE if windows and windows[-1][1] > until else State.NO_TIME
    if work.done >= work.needed:
        return State.DONE
    if work.done or (any_output and found.due):
        return State.PARTLY
    return State.NOT_DONE if found.due else State.NOT_DUE
