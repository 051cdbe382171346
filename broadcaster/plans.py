"""Imports a plan document and keeps it with its tasks; whatever was unclear stays listed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sqlmodel import Session, col, func, select

from broadcaster import evidence
from broadcaster.app import App
from broadcaster.evidence import Kind
from broadcaster.records import Delivery
from broadcaster.records import DeliveryStatus as Status
from channels.base import Artefact
from content.bulletin import Revision
from content.errors import Problem, UserError
from content.people import Role, require_role
from content.text_file import read_bytes
from schedules.plan import Plan, Task
from schedules.plan_reader import read_plan_bytes

Count = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Imported:
    """A plan with its tasks; `again` when this very document was in the database already."""

    plan: Plan
    tasks: list[Task]
    again: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a task is: outputs that really went out (never simulated ones)."""

    task: Task
    bulletins: int
    """Bulletins that name this task."""
    sent: int


def import_plan(app: App, path: Path, count: Count = lambda done, total: None) -> Imported:
    """Read the document and keep it; `count` is told (pages done, of how many).

    The same bytes a second time change nothing and are not read again. Raises UserError and
    keeps nothing when it is unreadable.
    """
    source = read_bytes(path)
    digest = hashlib.sha256(source).hexdigest()
    if (before := _imported(app, digest)) is not None:
        return before
    document = read_plan_bytes(source, str(path), count).to_json()
    _refuse_empty(document, path)
    stored = app.store.put(Artefact(path.name, _media_type(source), source))
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


def _imported(app: App, digest: str) -> Imported | None:
    with app.database.reading() as session:
        require_role(session, app.station_id, app.person, Role.EDITOR)
        query = select(Plan).where(Plan.station_id == app.station_id, Plan.source_sha256 == digest)
        plan = session.exec(query).first()
        return Imported(plan, tasks_of(session, plan), again=True) if plan else None


def _media_type(source: bytes) -> str:
    """Of the kinds that can be read, told by the first bytes."""
    if source.startswith(b"PK"):
        return "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    return "application/pdf" if source.startswith(b"%PDF-") else "text/plain"


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


def progress(app: App, plan_id: int | None) -> list[Progress]:
    """How far each task of a plan is."""
    imported = get_plan(app, plan_id)
    with app.database.reading() as session:
        return [
            Progress(task, _bulletins(session, app, task), _sent(session, app, task))
            for task in imported.tasks
        ]


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


def _bulletins(session: Session, app: App, task: Task) -> int:
    query = select(func.count(func.distinct(Revision.bulletin_id))).where(Revision.task == task.no)
    return int(session.exec(query).one())


def _sent(session: Session, app: App, task: Task) -> int:
    query = (
        select(func.count())
        .select_from(Delivery)
        .join(Revision, col(Delivery.revision_id) == col(Revision.id))
        .where(
            Delivery.station_id == app.station_id,
            col(Delivery.status) == Status.SENT,
            Revision.task == task.no,
        )
    )
    return int(session.exec(query).one())


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
