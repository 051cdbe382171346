"""The week's log book (sổ nhật ký): what was planned beside what the evidence says happened."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from sqlmodel import Session, col, select

from broadcaster import as_run, bookings, evidence
from broadcaster.app import App
from broadcaster.bookings import Booked
from broadcaster.delivery import LABELS
from broadcaster.records import Delivery, EvidenceRecord
from broadcaster.records import DeliveryStatus as Status
from broadcaster.week_sheet import CHANNEL_LABELS, item_row, opening_row, week_sheet, zone_label
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
    form: str = ""
    seconds: float | None = None


@dataclass(slots=True)
class _Known:
    """What the evidence says of the week's deliveries, and of the air between them."""

    facts: dict[int, _Fact] = field(default_factory=dict)
    findings: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    """Air checks and alarms of a delivery, in Vietnamese."""


def log_sheet(app: App, week: Week) -> WeekSheet:
    """The week as it was, for the same formats as the schedule."""
    booked = bookings.listed(app, since=week.start, until=week.end)
    now = app.clock.now()
    with app.database.reading() as session:
        known = _known(session, app.station_id, booked)
        rows = [row for one in booked for row in _rows(app, session, one, known, now)]
        rows += _incidents(app, session, week)
    sheet = week_sheet(app, week)
    simulated = any(fact.simulated for fact in known.facts.values())
    return replace(sheet, rows=tuple(rows), form=LOG, simulated=simulated)


def _known(session: Session, station_id: int, booked: Sequence[Booked]) -> _Known:
    ids = [row.id for one in booked for row in one.deliveries]
    query = (
        select(EvidenceRecord.delivery_id, EvidenceRecord.body)
        .where(EvidenceRecord.station_id == station_id, col(EvidenceRecord.delivery_id).in_(ids))
        .order_by(col(EvidenceRecord.seq))
    )
    known = _Known()
    for delivery, text in session.exec(query).all():
        body = json.loads(text)
        if delivery is None:
            continue
        if as_run.is_finding(body):
            known.findings[delivery].append(as_run.words_of(body))
        elif body["outcome"] is not None:
            known.facts[delivery] = _fact(body)
    return known


def _incidents(app: App, session: Session, week: Week) -> Iterator[SheetRow]:
    """Alarms that belong to no broadcast: sound outside the hours, an output that failed."""
    query = (
        select(EvidenceRecord.seq, EvidenceRecord.body)
        .where(
            EvidenceRecord.station_id == app.station_id,
            col(EvidenceRecord.delivery_id).is_(None),
            col(EvidenceRecord.body).contains(f'"kind":"{evidence.Kind.ALARM}"'),
        )
        .order_by(col(EvidenceRecord.seq))
    )
    for seq, text in session.exec(query):
        body = json.loads(text)
        at = datetime.fromisoformat(body["at"])
        if as_run.is_finding(body) and week.start <= at < week.end:
            yield _incident(app, seq, body, at)


def _incident(app: App, seq: int, body: Mapping[str, Any], at: datetime) -> SheetRow:
    local = at.astimezone(app.zone)
    channel = str(body["channel"])
    return SheetRow(
        day=local.date(),
        starts=local.time(),
        ends=local.time(),
        channel=channel,
        channel_label=CHANNEL_LABELS.get(channel, channel),
        title="(ngoài lịch)",
        targets=(zone_label(app, str(body["target"])),),
        note=as_run.words_of(body),
        actual=f"{local:%H:%M:%S}",
        key=f"alarm-{seq}",
    )


def _fact(body: dict[str, Any]) -> _Fact:
    return _Fact(
        body["outcome"] or "",
        bool(body["simulated"]),
        *_times(body),
        str(body["details"].get("reason") or ""),
        as_run.FORMS.get(as_run.form_of(body) or "", ""),
        _seconds(body["details"].get("seconds")),
    )


def _times(body: Mapping[str, Any]) -> tuple[datetime | None, datetime | None]:
    """When it sounded, also where it was cut and counts as failed."""
    details = body["details"]
    if body["started_at"] is None and details.get("samples"):
        return _moment(details.get("onset")), _moment(details.get("ended"))
    return _moment(body["started_at"]), _moment(body["ended_at"])


def _seconds(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _rows(
    app: App, session: Session, booked: Booked, known: _Known, now: datetime
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
        alike: dict[_Told, list[Delivery]] = {}
        for item in items:
            alike.setdefault(_told(app, item, known), []).append(item)
        for number, (told, group) in enumerate(alike.items()):
            row = item_row(app, session, booked, group)
            key = row.key if number == 0 else f"{row.key}-{number + 1}"
            rows.append(
                replace(
                    row,
                    actual=told.actual,
                    status=told.status,
                    note=told.note,
                    medium=told.medium,
                    duration=told.duration or row.duration,
                    key=key,
                )
            )
    return rows


def _belongs(booked: Booked, row: Delivery) -> bool:
    """A delivery that the planner took out again was never promised to anybody."""
    return row.status != Status.CANCELLED or booked.broadcast.cancelled_at is not None


@dataclass(frozen=True, slots=True)
class _Told:
    """What the log says of a delivery; those that fared alike share a row."""

    actual: str
    status: str
    note: str
    medium: str
    duration: timedelta | None


def _told(app: App, row: Delivery, known: _Known) -> _Told:
    fact = known.facts.get(row.id or 0)
    status = Status(row.status)
    result = LABELS[status]
    if fact is not None and fact.simulated and status is Status.SENT:
        result += " (thử)"
    reason = ""
    if status in _WITH_REASON:
        reason = (fact.reason if fact else "") or row.reason or ""
    note = "; ".join(filter(None, (reason, *known.findings.get(row.id or 0, ()))))
    heard = fact is not None and (fact.outcome == Status.SENT or status in _WITH_REASON)
    if fact is None or not heard or (fact.outcome != Status.SENT and fact.started is None):
        return _Told("", result, note, "", None)
    actual = _span(app, fact.started, fact.ended) if fact.started is not None else ""
    duration = timedelta(seconds=round(fact.seconds)) if fact.seconds else None
    return _Told(actual, result, note, fact.form, duration)


def _span(app: App, started: datetime, ended: datetime | None) -> str:
    first = f"{started.astimezone(app.zone):%H:%M:%S}"
    last = f"{ended.astimezone(app.zone):%H:%M:%S}" if ended else ""
    return f"{first}–{last}" if last and last != first else first
