"""Imports a plan document and keeps it with its tasks; whatever was unclear stays listed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sqlmodel import Session, col, select

from broadcaster import evidence
from broadcaster.app import App
from broadcaster.evidence import Kind
from channels.base import Artefact
from content.errors import Problem, UserError
from content.people import Role, require_role
from content.text_file import read_text
from schedules.plan import Plan, Task
from schedules.plan_reader import read_plan


@dataclass(frozen=True, slots=True)
class Imported:
    """A plan with its tasks; `again` when this very document was in the database already."""

    plan: Plan
    tasks: list[Task]
    again: bool = False


def import_plan(app: App, path: Path) -> Imported:
    """Read the document and keep it. Raises UserError and keeps nothing when it is unreadable."""
    text = read_text(path)
    document = read_plan(text, path.name).to_json()
    _refuse_empty(document, path)
    source = path.read_bytes()
    digest = hashlib.sha256(source).hexdigest()
    stored = app.store.put(Artefact(path.name, "text/plain", source))
    now = app.clock.now()
    with app.database.writing() as session:
        require_role(session, app.station_id, app.person, Role.EDITOR)
        query = select(Plan).where(Plan.station_id == app.station_id, Plan.source_sha256 == digest)
        if (known := session.exec(query).first()) is not None:
            return Imported(known, tasks_of(session, known), again=True)
        plan = _plan(app, document, path.name, digest)
        session.add(plan)
        session.flush()
        tasks = [_task(plan, entry) for entry in document["tasks"]]
        session.add_all(tasks)
        evidence.append(
            session,
            app.station_id,
            Kind.PLAN,
            now,
            {"simulated": False},
            details={"plan": plan.id, "title": plan.title, "person": app.person},
            artefacts=[stored],
        )
    return Imported(plan, tasks)


def _refuse_empty(document: dict[str, Any], path: Path) -> None:
    """A document that asks for nothing is not a plan; the reader's warnings say why."""
    if document["tasks"] or document["topics"]:
        return
    problems = [
        Problem(warning["message"], file=str(path), line=warning["line"])
        for warning in document["warnings"]
        if warning["line"]
    ]
    mend = "Hãy kiểm tra tên cột của bảng nhiệm vụ: TT, Nội dung, Hình thức, Thời gian, Chủ trì …"
    problems.append(Problem("Không tìm thấy nhiệm vụ hay nội dung nào.", mend, str(path)))
    raise UserError("", problems=problems)


def all_plans(app: App) -> list[Plan]:
    """In the order of import."""
    with app.database.reading() as session:
        query = select(Plan).where(Plan.station_id == app.station_id).order_by(col(Plan.id))
        return list(session.exec(query).all())


def get_plan(app: App, plan_id: int | None) -> Imported:
    """The plan of this number, the newest for None. Raises UserError."""
    with app.database.reading() as session:
        query = select(Plan).where(Plan.station_id == app.station_id)
        if plan_id is not None:
            query = query.where(Plan.id == plan_id)
        plan = session.exec(query.order_by(col(Plan.id).desc())).first()
        if plan is None:
            what = "kế hoạch nào" if plan_id is None else f"kế hoạch số {plan_id}"
            raise UserError(f"Chưa có {what}.", "Hãy nhập: broadcaster plan import TỆP.")
        return Imported(plan, tasks_of(session, plan))


def tasks_of(session: Session, plan: Plan) -> list[Task]:
    """In the order of the document."""
    query = select(Task).where(Task.plan_id == plan.id).order_by(col(Task.id))
    return list(session.exec(query).all())


def to_json(plan: Plan) -> dict[str, Any]:
    """The contract's form of a plan."""
    return {"id": plan.id, **plan.document}


def _plan(app: App, document: dict[str, Any], name: str, digest: str) -> Plan:
    period = document.get("period") or {}
    return Plan(
        station_id=app.station_id,
        title=document["title"],
        period_start=_day(period.get("start")),
        period_end=_day(period.get("end")),
        document=document,
        source_name=name,
        source_sha256=digest,
        imported_at=app.clock.now(),
        imported_by=app.person,
    )


def _task(plan: Plan, entry: dict[str, Any]) -> Task:
    return Task(
        station_id=plan.station_id,
        plan_id=plan.id or 0,
        no=str(entry["no"]),
        content=entry["content"],
        form=entry["form"],
        channels=list(entry["channels"]),
        timeframe=entry["timeframe"],
        lead=entry["lead"],
        support=entry["support"],
        product=entry["product"],
        source=entry["source"],
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
