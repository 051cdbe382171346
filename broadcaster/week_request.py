"""What the pure planner is asked for a week, gathered from the rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import groupby
from typing import Any

from sqlalchemy import select as sqlalchemy_select
from sqlmodel import Session, col, func, select

from broadcaster import bookings
from broadcaster.app import App
from broadcaster.delivery import OPEN
from broadcaster.records import Broadcast, Delivery
from broadcaster.records import DeliveryStatus as Status
from content.bulletin import Bulletin, BulletinStatus, Priority, Review, ReviewAction, Revision
from content.workflow import approval_of
from schedules.openings import Opening, QuietHours, SlotRule, Week, occurrences
from schedules.plan import Plan, Task
from schedules.timetable import Slot
from schedules.week_plan import (
    RADIO_RULE,
    Airing,
    Candidate,
    ChannelRule,
    Pick,
    PlanRequest,
    PlanRules,
    TaskNeed,
)

_MEMORY = timedelta(days=60)
"""How far back airings matter for what is new and what is due again."""
_FRAMING_SECONDS = 25.0
"""Signature tune, greeting and goodbye of a loudspeaker session."""
_GAP_SECONDS = 3.0


def week_request(app: App, session: Session, week: Week, now: datetime) -> PlanRequest:
    """Everything that decides this week, as it stands now."""
    openings = [
        opening
        for slot in slots(session, app.station_id)
        for opening in occurrences(_rule(slot), week, app.zone)
    ]
    existing = _existing(session, openings)
    return PlanRequest(
        week=week,
        zone=app.zone,
        rules=_rules(app),
        openings=tuple(openings),
        candidates=tuple(candidates(session, app.station_id)),
        tasks=tuple(_needs(app, session, week)),
        history=tuple(_history(app, session, week, {o.key for o in openings})),
        existing=existing,
        not_before=now,
    )


def slots(session: Session, station_id: int) -> Sequence[Slot]:
    """The timetable in force, by time of day."""
    query = select(Slot).where(Slot.station_id == station_id, col(Slot.removed_at).is_(None))
    return session.exec(query.order_by(col(Slot.starts), col(Slot.id))).all()


def candidates(session: Session, station_id: int) -> list[Candidate]:
    """Every bulletin whose newest revision is approved.

    Columns and not rows: ten thousand bodies are not needed to plan a week.
    """
    query = (
        sqlalchemy_select(*_CANDIDATE)
        .join(Revision, col(Revision.bulletin_id) == col(Bulletin.id))
        .join(Review, col(Review.revision_id) == col(Revision.id))
        .where(
            col(Bulletin.station_id) == station_id,
            col(Bulletin.status) == BulletinStatus.APPROVED,
            col(Revision.number) == col(Bulletin.revision),
            col(Review.action) == ReviewAction.APPROVE,
        )
        .order_by(col(Bulletin.id), col(Review.id))
    )
    rows: list[tuple[Any, ...]] = [tuple(row) for row in session.connection().execute(query)]
    found = {row[0]: _candidate(*row) for row in rows}
    return list(found.values())


_CANDIDATE = (
    col(Bulletin.id),
    col(Revision.number),
    col(Revision.title),
    col(Review.at),
    col(Revision.channels),
    col(Revision.priority),
    col(Revision.valid_from),
    col(Revision.valid_until),
    col(Review.air_seconds),
    col(Revision.topic),
    col(Revision.task),
)
"""In the order of `Candidate`'s own fields."""


def broadcast_of(session: Session, opening: Opening) -> Broadcast | None:
    """The broadcast that was made of an opening."""
    return session.exec(
        select(Broadcast).where(
            Broadcast.slot_id == slot_id(opening), Broadcast.starts_at == opening.start
        )
    ).first()


def slot_id(opening: Opening) -> int:
    """The row of the slot that an opening comes from."""
    return int(opening.key.partition("@")[0])


def opening_key(broadcast: Broadcast, zone: tzinfo) -> str | None:
    """The opening's key that a slot's broadcast belongs to; None for a one-off."""
    if broadcast.slot_id is None:
        return None
    day = broadcast.starts_at.astimezone(zone).date()
    return f"{broadcast.slot_id}@{day.isoformat()}"


def _rules(app: App) -> PlanRules:
    chosen = app.settings.broadcast
    return PlanRules(
        quiet_hours=QuietHours.parse(chosen.quiet_hours, app.zone),
        channels={
            "radio": replace(RADIO_RULE, max_items=app.settings.radio.items_per_session),
            "facebook": ChannelRule("Facebook"),
            "zalo": ChannelRule("Zalo"),
        },
        sessions_per_day=chosen.sessions_per_day or None,
        minutes_per_session=chosen.minutes_per_session,
        framing_seconds=_FRAMING_SECONDS,
        gap_seconds=_GAP_SECONDS,
    )


def _rule(slot: Slot) -> SlotRule:
    return SlotRule(
        key=str(slot.id),
        channel=slot.channel,
        weekdays=tuple(slot.weekdays),
        starts=time.fromisoformat(slot.starts),
        minutes=slot.minutes,
        targets=tuple(slot.targets),
    )


def _candidate(
    bulletin: int,
    revision: int,
    title: str,
    approved_at: datetime,
    channels: list[str],
    priority: str,
    valid_from: date | None,
    valid_until: date | None,
    seconds: float | None,
    topic: str | None,
    task: str | None,
) -> Candidate:
    return Candidate(
        bulletin,
        revision,
        title,
        approved_at,
        tuple(channels),
        Priority(priority),
        valid_from,
        valid_until,
        seconds or 0.0,
        topic,
        task,
    )


def _existing(session: Session, openings: Sequence[Opening]) -> dict[str, tuple[Pick, ...]]:
    """What already stands in these openings, as the planner's picks."""
    found: dict[str, tuple[Pick, ...]] = {}
    for opening in openings:
        broadcast = broadcast_of(session, opening)
        if broadcast is None:
            continue
        alive = [
            row
            for row in bookings.deliveries_of(session, broadcast)
            if row.status != Status.CANCELLED
        ]
        found[opening.key] = tuple(
            _pick(session, list(rows)) for _, rows in groupby(alive, key=lambda row: row.position)
        )
    return found


def _pick(session: Session, rows: list[Delivery]) -> Pick:
    first = rows[0]
    review = approval_of(session, first.revision_id)
    return Pick(
        bulletin=first.bulletin_id,
        revision=first.revision,
        seconds=(review.air_seconds or 0.0) if review else 0.0,
        fixed=any(row.status not in OPEN for row in rows),
        repeat=first.repeat,
    )


def _history(app: App, session: Session, week: Week, keys: set[str]) -> list[Airing]:
    """What went out or surely will, other than in the openings that are being planned."""
    query = (
        select(Delivery, Broadcast)
        .join(Broadcast, col(Delivery.broadcast_id) == col(Broadcast.id))
        .where(
            Delivery.station_id == app.station_id,
            col(Delivery.scheduled_at) >= week.start - _MEMORY,
            col(Delivery.scheduled_at) < week.end,
            col(Delivery.status).in_(
                (Status.SENT, Status.SENDING, Status.UNKNOWN, Status.PLANNED, Status.READY)
            ),
        )
    )
    return [
        Airing(row.bulletin_id, row.channel, row.started_at or row.scheduled_at, (row.target,))
        for row, broadcast in session.exec(query).all()
        if opening_key(broadcast, app.zone) not in keys
    ]


def _needs(app: App, session: Session, week: Week) -> list[TaskNeed]:
    """The tasks of the plans in force."""
    query = (
        select(Task, Plan)
        .join(Plan, col(Task.plan_id) == col(Plan.id))
        .where(Plan.station_id == app.station_id, col(Task.gone_at).is_(None))
        .order_by(col(Plan.id).desc(), col(Task.id))
    )
    needs: dict[str, TaskNeed] = {}
    for task, plan in session.exec(query).all():
        if not _overlaps(plan.period_start, plan.period_end, week):
            continue
        windows = tuple(
            (date.fromisoformat(first), date.fromisoformat(last))
            for first, last in task.reading().get("windows") or []
        )
        if task.no not in needs:
            needs[task.no] = _need(app, session, task, windows, week)
    return list(needs.values())


def _need(
    app: App, session: Session, task: Task, windows: tuple[tuple[date, date], ...], week: Week
) -> TaskNeed:
    """A frequency that the plan names, or else once in every week of its windows."""
    reading = task.reading()
    recurrence = reading.get("recurrence") or []
    often = reading.get("at_least") or 1
    weeks = sum(((last - first).days + 7) // 7 for first, last in windows)
    months = sum(_months(first, last) for first, last in windows)
    return TaskNeed(
        no=task.no,
        channels=tuple(task.channels),
        windows=windows,
        per_week=often if "weekly" in recurrence else None,
        total=often * months if "monthly" in recurrence else often * weeks or None,
        done=_done(app, session, task, week),
    )


def _months(first: date, last: date) -> int:
    return (last.year - first.year) * 12 + last.month - first.month + 1


def _done(app: App, session: Session, task: Task, week: Week) -> int:
    """Broadcasts of the task's bulletins that went out before this week."""
    query = (
        select(func.count(func.distinct(Delivery.broadcast_id)))
        .join(Revision, col(Delivery.revision_id) == col(Revision.id))
        .where(
            Delivery.station_id == app.station_id,
            col(Delivery.status) == Status.SENT,
            Revision.task == task.no,
            col(Delivery.scheduled_at) < week.start,
        )
    )
    return int(session.exec(query).one())


def _overlaps(start: date | None, end: date | None, week: Week) -> bool:
    return (start is None or start <= week.sunday) and (end is None or end >= week.monday)
