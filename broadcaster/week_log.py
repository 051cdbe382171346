"""The week's log book (sổ nhật ký): what was planned beside what the evidence says happened."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlmodel import Session, col, select

from broadcaster import bookings
from broadcaster.app import App
from broadcaster.bookings import Booked
from broadcaster.delivery import LABELS
from broadcaster.records import Delivery, EvidenceRecord
from broadcaster.records import DeliveryStatus as Status
from broadcaster.week_sheet import item_row, opening_row, week_sheet
from schedules.export import LOG, SheetRow, WeekSheet
from schedules.openings import Week

_WITH_REASON = frozenset({Status.FAILED, Status.MISSED, Status.UNKNOWN, Status.CANCELLED})
"""States whose reason the log repeats; of the others it would be noise."""


@dataclass(frozen=True, slots=True)
class _Fact:
    """What the newest record of a delivery says."""

    outcome: str
    simulated: bool
    started: datetime | None
    ended: datetime | None
    reason: str


def log_sheet(app: App, week: Week) -> WeekSheet:
    """The week as it was, for the same formats as the schedule."""
    booked = bookings.listed(app, since=week.start, until=week.end)
    now = app.clock.now()
    with app.database.reading() as session:
        facts = _facts(session, app.station_id, booked)
        rows = [row for one in booked for row in _rows(app, session, one, facts, now)]
    sheet = week_sheet(app, week)
    simulated = any(fact.simulated for fact in facts.values())
    return replace(sheet, rows=tuple(rows), form=LOG, simulated=simulated)


def _facts(session: Session, station_id: int, booked: Sequence[Booked]) -> dict[int, _Fact]:
    ids = [row.id for one in booked for row in one.deliveries]
    query = (
        select(EvidenceRecord.delivery_id, EvidenceRecord.body)
        .where(EvidenceRecord.station_id == station_id, col(EvidenceRecord.delivery_id).in_(ids))
        .order_by(col(EvidenceRecord.seq))
    )
    return {
        delivery: _fact(json.loads(body))
        for delivery, body in session.exec(query).all()
        if delivery is not None
    }


def _fact(body: dict[str, Any]) -> _Fact:
    return _Fact(
        body["outcome"] or "",
        bool(body["simulated"]),
        _moment(body["started_at"]),
        _moment(body["ended_at"]),
        str(body["details"].get("reason") or ""),
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _rows(
    app: App, session: Session, booked: Booked, facts: dict[int, _Fact], now: datetime
) -> list[SheetRow]:
    """An item is one row; targets that fared differently are told apart."""
    kept = [row for row in booked.deliveries if _belongs(booked, row)]
    if not kept:
        if booked.broadcast.slot_id is None or booked.broadcast.ends_at > now:
            return []
        return [replace(opening_row(app, booked), status="không có bản tin")]
    rows = []
    ordered = sorted(kept, key=lambda row: (row.position, row.revision_id))
    for _, items in groupby(ordered, key=lambda row: (row.position, row.revision_id)):
        alike: dict[tuple[str, ...], list[Delivery]] = {}
        for item in items:
            alike.setdefault(_told(app, item, facts.get(item.id or 0)), []).append(item)
        for number, (told, group) in enumerate(alike.items()):
            actual, status, note = told
            row = item_row(app, session, booked, group)
            key = row.key if number == 0 else f"{row.key}-{number + 1}"
            rows.append(replace(row, actual=actual, status=status, note=note, key=key))
    return rows


def _belongs(booked: Booked, row: Delivery) -> bool:
    """A delivery that the planner took out again was never promised to anybody."""
    return row.status != Status.CANCELLED or booked.broadcast.cancelled_at is not None


def _told(app: App, row: Delivery, fact: _Fact | None) -> tuple[str, ...]:
    """Actual times, result and remark of one delivery."""
    status = Status(row.status)
    result = LABELS[status]
    if fact is not None and fact.simulated and status is Status.SENT:
        result += " (thử)"
    reason = ""
    if status in _WITH_REASON:
        reason = (fact.reason if fact else "") or row.reason or ""
    actual = ""
    if fact is not None and fact.outcome == Status.SENT and fact.started is not None:
        actual = _span(app, fact.started, fact.ended)
    return actual, result, reason


def _span(app: App, started: datetime, ended: datetime | None) -> str:
    first = f"{started.astimezone(app.zone):%H:%M:%S}"
    last = f"{ended.astimezone(app.zone):%H:%M:%S}" if ended else ""
    return f"{first}–{last}" if last and last != first else first
