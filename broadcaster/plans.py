"""Imports a plan document and keeps it with its tasks; whatever was unclear stays listed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sqlmodel import Session, col, select

from broadcaster.app import App
from broadcaster.plan_correction import (
    Correction,
    correction,
    find_alike,
    find_likely,
    find_old,
    replace,
    task_row,
)
from broadcaster.plan_correction import get_plan as find_plan
from broadcaster.plan_record import record_plan
from channels.base import Artefact
from content.errors import Problem, UserError
from content.people import Role, require_role
from content.text_file import read_bytes
from schedules.plan import Plan, PlanVersion, Task
from schedules.plan_reader import read_plan_bytes

Count = Callable[[int, int], None]
Confirm = Callable[[Correction], bool]


@dataclass(frozen=True, slots=True)
class Imported:
    """A plan with its tasks; `again` when this very document was in the database already."""

    plan: Plan
    tasks: list[Task]
    again: bool = False
    changes: Correction | None = None
    """What a corrected document changed."""


@dataclass(frozen=True, slots=True)
class ReadPlan:
    """A document that was read and is not kept yet."""

    name: str
    source: bytes
    digest: str
    document: dict[str, Any]
    before: Imported | None = None
    """The plan that this very document is already."""


def import_plan(app: App, path: Path, *, replaces: int | None = None) -> Imported:
    """Read a document and keep it; see `read_document` and `keep_document`."""
    return keep_document(app, read_document(app, path), replaces=replaces)


def read_document(app: App, path: Path, count: Count = lambda done, total: None) -> ReadPlan:
    """Read a document; `count` is told (pages done, of how many).

    What was imported before, byte by byte, is not read again. Raises UserError when it cannot
    be read or asks for nothing.
    """
    source = read_bytes(path)
    digest = hashlib.sha256(source).hexdigest()
    if (before := _imported(app, digest)) is not None:
        return ReadPlan(path.name, source, digest, before.plan.document, before)
    document = read_plan_bytes(source, str(path), count).to_json()
    _refuse_empty(document, path)
    return ReadPlan(path.name, source, digest, document)


def keep_document(
    app: App,
    read: ReadPlan,
    *,
    replaces: int | None = None,
    another: bool = False,
    confirm: Confirm | None = None,
) -> Imported:
    """Keep what was read, with its tasks, and evidence of the import.

    One that asks for just what a plan of the same issuer, title and period asks for is that plan
    in another format. A document of a known plan (`replaces`, or the same issuer, number, symbol
    and year; or very like one and without a number) corrects it when `confirm` says so; naming the
    plan in `replaces` is a confirmation too. `another` says that it is a plan of its own.
    Raises UserError, listing the changes, and keeps nothing when it is not confirmed.
    """
    if read.before is not None:
        return read.before
    change = _correction(app, read.document, replaces, another=another)
    if change is None:
        return _keep(app, read, None)
    if not change.changed:
        return _as_it_stands(app, change.plan)
    if not (confirm(change) if confirm else replaces is not None):
        raise _not_confirmed(change)
    return _keep(app, read, change.plan.id)


def _keep(app: App, read: ReadPlan, replaces: int | None) -> Imported:
    stored = app.store.put(Artefact(read.name, _media_type(read.source), read.source))
    now = app.clock.now()
    with app.database.writing() as session:
        require_role(session, app.station_id, app.person, Role.EDITOR)
        if replaces is not None:
            change = correction(session, find_plan(app, session, replaces), read.document)
            plan = replace(app, session, change, read.name, read.digest, stored, now)
            session.flush()
            return Imported(plan, tasks_of(session, plan), changes=change)
        plan = _plan(app, read.document, read.name, read.digest)
        session.add(plan)
        session.flush()
        session.add_all(task_row(plan, entry) for entry in read.document["tasks"])
        record_plan(app, session, plan, now, artefacts=[stored])
        return Imported(plan, tasks_of(session, plan))


def _correction(
    app: App, document: dict[str, Any], replaces: int | None, *, another: bool
) -> Correction | None:
    if another:
        return None
    with app.database.reading() as session:
        require_role(session, app.station_id, app.person, Role.EDITOR)
        if replaces is not None:
            return correction(session, find_plan(app, session, replaces), document)
        if old := find_old(app, session, document):
            return correction(session, old, document)
        alike = find_alike(app, session, document)
        same = correction(session, alike, document) if alike else None
        return same if same and not same.changed else find_likely(app, session, document)


def _not_confirmed(change: Correction) -> UserError:
    number = change.plan.id
    changes = "".join(f"\n  - {line}" for line in change.lines())
    likely = "là" if change.sure else "không đủ số, ký hiệu, rất giống một"
    mend = f"Nếu đồng ý, hãy chạy lại và thêm: --replaces {number}."
    if not change.sure:
        mend += " Nếu đây là một kế hoạch khác, hãy thêm: --another."
    return UserError(
        f"Văn bản này {likely} bản sửa của kế hoạch số {number}; chưa thay đổi gì."
        f" Sẽ đổi:{changes}\n",
        mend,
    )


def _as_it_stands(app: App, plan: Plan) -> Imported:
    with app.database.reading() as session:
        return Imported(plan, tasks_of(session, plan), again=True)


def _imported(app: App, digest: str) -> Imported | None:
    """By content: the plan whose document it is, or was before a correction."""
    with app.database.reading() as session:
        require_role(session, app.station_id, app.person, Role.EDITOR)
        query = select(Plan).where(Plan.station_id == app.station_id, Plan.source_sha256 == digest)
        plan = session.exec(query).first()
        if plan is None and (version := _version_of(app, session, digest)) is not None:
            raise UserError(
                f"Văn bản này là bản cũ của kế hoạch số {version.plan_id}, đã được thay bằng"
                " bản sửa.",
                f"Hãy xem bản đang dùng: broadcaster plan show {version.plan_id}.",
            )
        return Imported(plan, tasks_of(session, plan), again=True) if plan else None


def _version_of(app: App, session: Session, digest: str) -> PlanVersion | None:
    query = (
        select(PlanVersion)
        .join(Plan, col(Plan.id) == col(PlanVersion.plan_id))
        .where(Plan.station_id == app.station_id, PlanVersion.source_sha256 == digest)
    )
    return session.exec(query).first()


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
    """Those still asked for, in the order of the document."""
    query = select(Task).where(Task.plan_id == plan.id, col(Task.gone_at).is_(None))
    query = query.order_by(col(Task.id))
    return list(session.exec(query).all())


def to_json(plan: Plan) -> dict[str, Any]:
    """The contract's form of a plan."""
    return {"id": plan.id, **plan.document}


def task_json(task: Task) -> dict[str, Any]:
    """A task in the contract's form, as decided by people."""
    return {
        "no": task.no,
        "content": task.content,
        "form": task.form,
        "channels": task.channels,
        "timeframe": task.reading(),
        "lead": task.lead,
        "support": task.support,
        "product": task.product,
        "source": task.source,
        "confirmed_by": task.confirmed_by,
    }


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


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
