"""A corrected plan takes the place of the old one: tasks matched, history kept, nothing lost.

The plan keeps its row, and a matched task its row and its number, so that bulletins, deliveries
and evidence that name them stay right. The old document becomes a `PlanVersion`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlmodel import Session, col, func, select

from broadcaster.app import App
from broadcaster.evidence import StoredArtefact
from broadcaster.plan_record import record_plan
from content.errors import UserError
from content.folding import fold
from schedules.plan import Plan, PlanVersion, Task
from schedules.plan_match import FIELD_LABELS, FIELDS, Matching, match_tasks

NOT_IN_PLAN = "không còn trong bản kế hoạch đã sửa"
"""Why a task went that nobody dropped: it may come back with the next correction."""
HEAD_LABELS = {
    "issuer": "cơ quan ban hành",
    "number": "số",
    "symbol": "ký hiệu",
    "place": "nơi ký",
    "date": "ngày ký",
    "title": "tên kế hoạch",
    "period": "thời gian của kế hoạch",
    "signer": "người ký",
    "bases": "căn cứ",
    "topics": "nội dung tuyên truyền",
    "forms": "hình thức",
    "assignments": "phân công",
    "recipients": "nơi nhận",
}


@dataclass(frozen=True, slots=True)
class Correction:
    """What a corrected document changes in a plan."""

    plan: Plan
    tasks: tuple[Task, ...]
    """Those of the old document that are still asked for."""
    document: dict[str, Any]
    matching: Matching
    sure: bool = True
    """The document names itself as this plan; False when it is only very like it."""

    @property
    def changed(self) -> bool:
        """Anything but the remarks of the reader, which differ from format to format."""
        return any(
            self.plan.document.get(key) != value
            for key, value in self.document.items()
            if key != "warnings"
        )

    @property
    def head(self) -> tuple[str, ...]:
        """The fields of the plan itself that say something else now."""
        old = self.plan.document
        return tuple(k for k in HEAD_LABELS if old.get(k) != self.document.get(k))

    def to_json(self) -> dict[str, Any]:
        """Task numbers are those in the books."""
        entries = self.document["tasks"]
        return {
            "head": list(self.head),
            "changed": [
                {
                    "no": self.tasks[pair.old].no,
                    "printed_no": entries[pair.new]["no"],
                    "fields": [
                        {"field": c.field, "old": c.old, "new": c.new} for c in pair.changes
                    ],
                }
                for pair in self.matching.pairs
                if pair.changes
            ],
            "new": [entries[i]["no"] for i in self.matching.added],
            "gone": [self.tasks[i].no for i in self.matching.gone],
        }

    def lines(self) -> list[str]:
        """For people, one change a line."""
        entries = self.document["tasks"]
        said = [f"Phần chung đổi: {HEAD_LABELS[key]}" for key in self.head]
        for pair in self.matching.pairs:
            task = self.tasks[pair.old]
            said += [
                f"Nhiệm vụ {task.no} đổi {FIELD_LABELS[c.field]}: {_said(c.old)} → {_said(c.new)}"
                for c in pair.changes
            ]
        said += [f"Nhiệm vụ mới: {entries[i]['content']}" for i in self.matching.added]
        said += [
            f"Không còn nhiệm vụ {self.tasks[i].no}: {self.tasks[i].content}"
            " (giữ lại lịch sử và minh chứng)"
            for i in self.matching.gone
        ]
        return said


def _said(value: Any) -> str:
    if isinstance(value, list):
        value = ", ".join(value)
    return f"“{value}”" if value else "(trống)"


def find_old(app: App, session: Session, document: dict[str, Any]) -> Plan | None:
    """The plan that this document names as itself: same issuer, number, symbol and year.

    A blank number names nothing.
    """
    if not (document["number"] and document["symbol"] and document["issuer"]):
        return None
    query = select(Plan).where(Plan.station_id == app.station_id).order_by(col(Plan.id).desc())
    return next((p for p in session.exec(query) if _name(p.document) == _name(document)), None)


def find_alike(app: App, session: Session, document: dict[str, Any]) -> Plan | None:
    """The newest plan of the same issuer, title and period: perhaps this one in another format."""
    wanted = _alike(document)
    if not all(wanted):
        return None
    query = select(Plan).where(Plan.station_id == app.station_id).order_by(col(Plan.id).desc())
    return next((p for p in session.exec(query) if _alike(p.document) == wanted), None)


def find_likely(app: App, session: Session, document: dict[str, Any]) -> Correction | None:
    """What it would change in the newest plan that it may correct though it has no number.

    Same issuer and period, no number that says otherwise, and the same title or half of the tasks.
    """
    query = select(Plan).where(Plan.station_id == app.station_id).order_by(col(Plan.id).desc())
    issuer, title, *period = _alike(document)
    if not (issuer and all(period)):
        return None
    for plan in session.exec(query):
        old_issuer, old_title, *old_period = _alike(plan.document)
        both = plan.document["number"] and document["number"]
        if both or (issuer, period) != (old_issuer, old_period):
            continue
        change = correction(session, plan, document)
        most = max(len(change.tasks), len(document["tasks"]))
        if (title and title == old_title) or 2 * len(change.matching.pairs) >= most > 0:
            return dataclasses.replace(change, sure=False)
    return None


def _alike(document: dict[str, Any]) -> tuple[str, ...]:
    period = document["period"]
    parts = (document["issuer"], document["title"], period["start"], period["end"])
    return tuple(" ".join(fold(str(part or "")).split()) for part in parts)


def _name(document: dict[str, Any]) -> tuple[str, ...]:
    start = (document["period"]["start"] or "")[:4]
    year = str(document["date"]["year"] or start)
    parts = (document["issuer"], document["number"], document["symbol"], year)
    return tuple(fold(str(part or "")).strip() for part in parts)


def correction(session: Session, plan: Plan, document: dict[str, Any]) -> Correction:
    """What would change."""
    query = select(Task).where(Task.plan_id == plan.id, col(Task.gone_at).is_(None))
    tasks = tuple(session.exec(query.order_by(col(Task.id))).all())
    old = [{field: getattr(task, field) for field in ("no", "source", *FIELDS)} for task in tasks]
    matching = match_tasks(old, document["tasks"])
    dropped = {_words(t.content) for t in _gone(session, plan) if t.gone_reason != NOT_IN_PLAN}
    added = (i for i in matching.added if _words(document["tasks"][i]["content"]) not in dropped)
    return Correction(plan, tasks, document, dataclasses.replace(matching, added=tuple(added)))


def _gone(session: Session, plan: Plan) -> Sequence[Task]:
    query = select(Task).where(Task.plan_id == plan.id, col(Task.gone_at).is_not(None))
    return session.exec(query.order_by(col(Task.id))).all()


def _words(content: str) -> str:
    return " ".join(fold(content).split())


def get_plan(app: App, session: Session, plan_id: int) -> Plan:
    """Raises UserError."""
    plan = session.get(Plan, plan_id)
    if plan is None or plan.station_id != app.station_id:
        raise UserError(f"Chưa có kế hoạch số {plan_id}.", "Hãy xem: broadcaster plan list.")
    return plan


def replace(
    app: App,
    session: Session,
    change: Correction,
    source_name: str,
    digest: str,
    stored: StoredArtefact,
    now: datetime,
) -> Plan:
    """Carry it out in the caller's transaction, with evidence."""
    plan = change.plan
    session.add(_version(session, plan, app.person, now))
    period = change.document["period"]
    plan.title, plan.document = change.document["title"], change.document
    plan.period_start, plan.period_end = (_day(period["start"]), _day(period["end"]))
    plan.source_name, plan.source_sha256 = source_name, digest
    plan.imported_at, plan.imported_by = now, app.person
    session.add(plan)
    _update_tasks(session, change, now)
    record_plan(
        app, session, plan, now, artefacts=[stored], action="replace", changes=change.to_json()
    )
    return plan


def _version(session: Session, plan: Plan, person: str, now: datetime) -> PlanVersion:
    query = select(func.count()).where(PlanVersion.plan_id == plan.id)
    return PlanVersion(
        plan_id=plan.id or 0,
        number=int(session.exec(query).one()) + 1,
        document=plan.document,
        source_name=plan.source_name,
        source_sha256=plan.source_sha256,
        imported_at=plan.imported_at,
        imported_by=plan.imported_by,
        replaced_at=now,
        replaced_by=person,
    )


def _update_tasks(session: Session, change: Correction, now: datetime) -> None:
    entries = change.document["tasks"]
    for pair in change.matching.pairs:
        if pair.changes:
            _update(change.tasks[pair.old], entries[pair.new], {c.field for c in pair.changes})
            session.add(change.tasks[pair.old])
    for i in change.matching.gone:
        task = change.tasks[i]
        task.gone_at, task.gone_reason = now, NOT_IN_PLAN
        session.add(task)
    _add(session, change.plan, [entries[i] for i in change.matching.added])


def _update(task: Task, entry: dict[str, Any], changed: set[str]) -> None:
    """A decision about what was changed is asked again; every other one stands."""
    for field in FIELDS:
        setattr(task, field, entry[field])
    forgotten = set()
    if "timeframe" in changed:
        forgotten |= set(task.decided) - {"channels", "recurrence", "at_least"}
    if changed & {"channels", "form"}:
        forgotten.add("channels")
    task.decided = {k: v for k, v in task.decided.items() if k not in forgotten}
    if changed & {"content", "channels", "timeframe"}:
        task.confirmed_at = task.confirmed_by = None


def _add(session: Session, plan: Plan, entries: Sequence[dict[str, Any]]) -> None:
    """With the printed number where it is free: a number is never given twice.

    A task that an earlier correction left out comes back as itself.
    """
    taken = set(session.exec(select(Task.no).where(Task.plan_id == plan.id)).all())
    waiting = {_words(t.content): t for t in _gone(session, plan) if t.gone_reason == NOT_IN_PLAN}
    for entry in entries:
        if (known := waiting.pop(_words(entry["content"]), None)) is not None:
            known.gone_at = known.gone_reason = None
            _update(known, entry, set(FIELDS))
            session.add(known)
            continue
        number, turn = str(entry["no"]), 2
        while number in taken:
            number, turn = f"{entry['no']}-{turn}", turn + 1
        taken.add(number)
        session.add(task_row(plan, {**entry, "no": number}))


def task_row(plan: Plan, entry: dict[str, Any]) -> Task:
    """The row of a task in the contract's form."""
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
