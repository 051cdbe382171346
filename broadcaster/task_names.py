"""The names of a station's tasks, as the rows have them (pure reads)."""

from __future__ import annotations

from datetime import date, datetime

from sqlmodel import Session, col, select

from content.errors import UserError
from schedules.plan import Plan, PlanVersion, Task
from schedules.task_names import Days, KnownPlan, TaskNames


def task_names(session: Session, station_id: int) -> TaskNames:
    """Of every plan that was imported."""
    numbers: dict[int, set[str]] = {}
    tasks = select(Task.plan_id, Task.no).where(Task.station_id == station_id)
    for plan_id, no in session.exec(tasks).all():
        numbers.setdefault(plan_id, set()).add(no)
    begun = _first_imports(session)
    plans = session.exec(select(Plan).where(Plan.station_id == station_id)).all()
    return TaskNames(
        KnownPlan(
            plan.id or 0,
            Days(plan.period_start, plan.period_end),
            min(begun.get(plan.id or 0, plan.imported_at), plan.imported_at),
            frozenset(numbers.get(plan.id or 0, ())),
        )
        for plan in plans
    )


def find_task(
    session: Session, station_id: int, said: str, plan_id: int | None, today: date
) -> tuple[Plan, Task]:
    """The task of this name ("3", "2026/3"): of the plan named, of that in force, else of any.

    Raises UserError, with the numbers that there are.
    """
    names = task_names(session, station_id)
    whole = said if plan_id is None else f"{plan_id}/{said}"
    claims = names.claims(whole)
    key = names.meant(whole, today) or (claims[0].key if claims else None)
    query = select(Plan, Task).join(Task, col(Task.plan_id) == col(Plan.id))
    query = query.where(Plan.station_id == station_id).order_by(col(Plan.id).desc(), col(Task.id))
    rows = session.exec(query if plan_id is None else query.where(Plan.id == plan_id)).all()
    found = next(((plan, task) for plan, task in rows if task.key == key), None)
    if found is None:
        where = f" trong kế hoạch số {plan_id}" if plan_id is not None else ""
        newest = [task.no for plan, task in rows if plan.id == rows[0][0].id]
        known = f"Các nhiệm vụ: {', '.join(newest)}." if newest else "Chưa nhập kế hoạch nào."
        raise UserError(f"Không có nhiệm vụ “{said}”{where}.", known)
    return found


def _first_imports(session: Session) -> dict[int, datetime]:
    """When the first document of a corrected plan came."""
    first = select(PlanVersion.plan_id, PlanVersion.imported_at).where(PlanVersion.number == 1)
    return dict(session.exec(first).all())
