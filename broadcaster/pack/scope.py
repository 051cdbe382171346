"""What a pack is about: a period, a task, a plan, or everything."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from sqlmodel import Session, col, select

from broadcaster.periods import read_period
from broadcaster.task_names import task_names
from content.errors import UserError
from schedules.plan import Plan, Task
from schedules.task_names import TaskKey

if TYPE_CHECKING:
    from broadcaster.app import App


@dataclass(frozen=True, slots=True)
class Scope:
    """Outputs of these days and these tasks; None: of all."""

    words: str
    """For the title page: "từ ngày 01/07/2026 đến ngày 31/12/2026"."""
    start: date | None = None
    end: date | None = None
    tasks: frozenset[TaskKey] | None = None

    def holds(self, day: date, task: TaskKey | None) -> bool:
        """Whether an output of that day for that task belongs in the pack."""
        if self.start is not None and day < self.start:
            return False
        if self.end is not None and day > self.end:
            return False
        return self.tasks is None or task in self.tasks


def read_scope(app: App, period: str | None, task: str | None, plan: int | None) -> Scope:
    """From the options of `evidence export`; several together narrow it. Raises UserError."""
    words: list[str] = []
    start = end = None
    tasks: frozenset[TaskKey] | None = None
    with app.database.reading() as session:
        if plan is not None:
            found = _plan(session, app.station_id, plan)
            tasks = frozenset(_keys(session, app.station_id, plan))
            start, end = found.period_start, found.period_end
            words.append(f"kế hoạch “{found.title or found.source_name}”")
        if task is not None:
            known = _keys(session, app.station_id, plan)
            named = {one.key for one in task_names(session, app.station_id).claims(task)}
            same = {key for key in known if key.no == task}
            tasks = frozenset((same or named) & set(known))
            _refuse_unknown(task, tasks, known)
            words.append(f"nhiệm vụ {task}")
    if period is not None:
        days = read_period(period)
        start, end = days.start, days.end
    if start is not None and end is not None:
        words.append(f"từ ngày {start:%d/%m/%Y} đến ngày {end:%d/%m/%Y}")
    return Scope(", ".join(words) or "toàn bộ sổ minh chứng", start, end, tasks)


def _plan(session: Session, station_id: int, number: int) -> Plan:
    row = session.get(Plan, number)
    if row is None or row.station_id != station_id:
        raise UserError(f"Không có kế hoạch số {number}.", "Xem: broadcaster plan list.")
    return row


def _keys(session: Session, station_id: int, plan: int | None) -> list[TaskKey]:
    query = select(Task).where(Task.station_id == station_id)
    if plan is not None:
        query = query.where(Task.plan_id == plan)
    return [task.key for task in session.exec(query.order_by(col(Task.id))).all()]


def _refuse_unknown(task: str, found: frozenset[TaskKey], known: list[TaskKey]) -> None:
    if not found:
        numbers = ", ".join(dict.fromkeys(key.no for key in known[:30]))
        raise UserError(
            f"Không có nhiệm vụ “{task}”.",
            f"Các nhiệm vụ: {numbers}." if known else "Chưa nhập kế hoạch nào.",
        )
