"""How far a plan is: each task's proved work, its standing today, the points that it earns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlmodel import Session

from broadcaster.achievements import Achievement, achievements
from broadcaster.app import App
from broadcaster.completion import counts, measure, quotas
from broadcaster.manual_work import Proof, proofs
from broadcaster.periods import days_of
from broadcaster.plans import all_plans, get_plan, tasks_of
from broadcaster.task_names import task_names
from broadcaster.week_request import candidates
from schedules.plan import Plan, Task
from schedules.scoring import Score, Tally, scores, task_points
from schedules.standing import Standing, State, Work, judge, reminders


@dataclass(frozen=True, slots=True)
class TaskProgress:
    """One task with what was proved of it."""

    task: Task
    work: Work
    standing: Standing
    airings: tuple[Achievement, ...]
    proofs: tuple[Proof, ...]

    @property
    def done(self) -> bool:
        return self.work.done >= self.work.needed

    @property
    def counted(self) -> bool:
        """Whether it counts for the plan's completion."""
        return counts(self.task) and self.work.needed > 0

    @property
    def records(self) -> list[int]:
        """Sequence numbers of the evidence."""
        seen = {seq for one in self.airings for seq in one.records}
        return sorted(seen | {one.seq for one in self.proofs})


@dataclass(frozen=True, slots=True)
class PlanProgress:
    """A plan today."""

    plan: Plan
    today: date
    rows: tuple[TaskProgress, ...]
    scores: tuple[Score, ...]
    points_each: float
    """What one finished task adds to the completion rule."""

    @property
    def counted(self) -> int:
        """How many tasks count for the completion (see `completion.counts`)."""
        return sum(row.counted for row in self.rows)

    @property
    def done(self) -> int:
        return sum(row.counted and row.done for row in self.rows)

    @property
    def share(self) -> float:
        return self.done / self.counted if self.counted else 0.0

    def tasks_json(self) -> list[dict[str, Any]]:
        """One object a task."""
        return [self._row_json(row) for row in self.rows]

    def scores_json(self) -> dict[str, Any]:
        """The plan's completion and points."""
        return {
            "plan": self.plan.id,
            "tasks": self.counted,
            "done": self.done,
            "completion": round(self.share, 4),
            "scores": [
                {
                    "code": one.code,
                    "name": one.name,
                    "points": one.points,
                    "most": one.most,
                    "how": one.how,
                    "source": one.source,
                }
                for one in self.scores
            ],
        }

    def _row_json(self, row: TaskProgress) -> dict[str, Any]:
        work = row.work
        return {
            "no": row.task.no,
            "content": row.task.content,
            "channels": row.task.channels,
            "timeframe": row.task.reading(),
            "windows": [[a.isoformat(), b.isoformat()] for a, b in work.quota.windows],
            "bulletins": work.bulletins,
            "sent": len(row.airings),
            "needed": work.needed,
            "done": work.done,
            "counted": row.counted,
            "airings": {"needed": work.airings_needed, "done": work.airings},
            "proofs": {"needed": work.proofs_needed, "done": work.proofs},
            "assumed": work.quota.assumed,
            "completion": round(work.share, 4),
            "state": str(row.standing.state),
            "why": row.standing.why or None,
            "points": round(self.points_each, 4) if row.done and row.counted else 0.0,
            "evidence": row.records,
            "problems": list(work.quota.problems),
        }


def progress(app: App, plan_id: int | None) -> PlanProgress:
    """A plan's tasks (the newest plan's for None). Raises UserError."""
    imported = get_plan(app, plan_id)
    today = app.clock.now().astimezone(app.zone).date()
    with app.database.reading() as session:
        rows = _rows(app, session, imported.plan, imported.tasks, today)
    tally = _tally(rows)
    return PlanProgress(
        imported.plan, today, tuple(rows), tuple(scores(tally)), task_points(tally.tasks)
    )


@dataclass(frozen=True, slots=True)
class Reminder:
    """A task whose time ends soon, or has ended, while something is missing."""

    plan: int
    no: str
    text: str
    """Vietnamese."""


InForce = Sequence[tuple[Plan, Sequence[TaskProgress]]]
"""The plans that run today, with their tasks."""


def plans_in_force(app: App, today: date) -> InForce:
    """Every plan whose period holds this day."""
    found = []
    for plan in all_plans(app):
        begun = plan.period_start is None or plan.period_start <= today
        if begun and (plan.period_end is None or plan.period_end >= today):
            with app.database.reading() as session:
                found.append((plan, _rows(app, session, plan, tasks_of(session, plan), today)))
    return found


def due_soon(in_force: InForce, today: date, days: int) -> list[Reminder]:
    """What people must see to: work of theirs whose window closes within so many days."""
    return [
        Reminder(plan.id or 0, row.task.no, _reminder(row, window[1], today))
        for plan, rows in in_force
        for row in rows
        if row.work.proofs < row.work.proofs_needed
        and (window := reminders(row.work, today, days)) is not None
    ]


def behind(in_force: InForce) -> list[str]:
    """One line a plan that has late or endangered tasks."""
    lines = []
    for plan, rows in in_force:
        states = Counter(row.standing.state for row in rows)
        late, risk = states[State.LATE], states[State.AT_RISK]
        parts = [f"{late} quá hạn"] * bool(late) + [f"{risk} có nguy cơ"] * bool(risk)
        if parts:
            lines.append(
                f"nhiệm vụ của kế hoạch {plan.id}: {', '.join(parts)}: "
                f"broadcaster plan status {plan.id}"
            )
    return lines


def _reminder(row: TaskProgress, last: date, today: date) -> str:
    left = (last - today).days
    when = "hôm nay hết hạn" if left == 0 else f"còn {left} ngày, đến {last:%d/%m/%Y}"
    missing = row.work.proofs_needed - row.work.proofs
    return (
        f"Nhiệm vụ {row.task.no} ({when}) còn thiếu {missing} minh chứng: {row.task.content}. "
        f"Thêm: broadcaster evidence add TỆP --task {row.task.no}"
    )


def _rows(
    app: App, session: Session, plan: Plan, tasks: Sequence[Task], today: date
) -> list[TaskProgress]:
    aired = achievements(session, app.station_id, app.zone, plan.period_start)
    given = [one for one in proofs(session, app.station_id) if one.plan == plan.id]
    names = task_names(session, app.station_id)
    served = Counter(no for one in candidates(session, app.station_id, names) for no in one.tasks)
    days = app.settings.schedule.remind_days
    return [
        _row(app, plan, task, aired, given, served[names.label(task.key)], today, days)
        for task in tasks
    ]


def _row(
    app: App,
    plan: Plan,
    task: Task,
    aired: Sequence[Achievement],
    given: Sequence[Proof],
    bulletins: int,
    today: date,
    remind_days: int,
) -> TaskProgress:
    days = days_of(plan)
    machine, _ = quotas(task, days, app.channels)
    mine = tuple(
        one
        for one in aired
        if one.task == task.key
        and (not task.channels or one.channel in task.channels)
        and (machine is None or machine.counts(one.day))
    )
    proved = tuple(one for one in given if one.task == task.no)
    shown = [one.day for one in proved]
    work = measure(task, mine, shown, days, app.channels, bulletins=bulletins).work
    return TaskProgress(task, work, judge(work, today, remind_days), mine, proved)


def _tally(rows: Sequence[TaskProgress]) -> Tally:
    airings: Counter[str] = Counter()
    for row in rows:
        airings.update(one.channel for one in row.airings)
        airings.update(one.form or _only_form(row.task) for one in row.proofs)
    people = sum(one.people for row in rows for one in row.proofs)
    counted = [row for row in rows if row.counted]
    return Tally(len(counted), sum(row.done for row in counted), airings, people)


def _only_form(task: Task) -> str:
    return task.channels[0] if len(task.channels) == 1 else "other"
