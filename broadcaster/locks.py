"""Locks: a week or one broadcast that stays as it is, whatever the planner would like."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlmodel import Session, col, select

from broadcaster.app import App
from broadcaster.delivery import decide_about
from broadcaster.records import Broadcast, ScheduleLock
from content.errors import UserError
from content.people import Role, require_role
from schedules.openings import Week


def lock_week(app: App, week: Week) -> bool:
    """Keep a whole week as it is. False when it was locked already."""
    now = app.clock.now()
    with app.database.writing() as session:
        require_role(session, app.station_id, app.person, Role.EDITOR)
        if _held(session, app, week.monday, None):
            return False
        session.add(_lock(app, week.monday, None, now))
    return True


def lock_broadcast(app: App, broadcast_id: int) -> bool:
    """Keep one broadcast of the timetable as it is. False when it was locked already."""
    now = app.clock.now()
    with app.database.writing() as session:
        require_role(session, app.station_id, app.person, Role.EDITOR)
        broadcast = _broadcast(session, app, broadcast_id)
        if _held(session, app, None, broadcast_id):
            return False
        monday = _monday(app, broadcast)
        session.add(_lock(app, monday, broadcast_id, now))
        decide_about(session, broadcast, f"{app.person} khóa, xếp lại lịch không đổi", now)
    return True


def unlock(app: App, week: Week | None, broadcast_id: int | None) -> int:
    """Let the planner at it again; how many locks that were."""
    now = app.clock.now()
    with app.database.writing() as session:
        require_role(session, app.station_id, app.person, Role.EDITOR)
        if broadcast_id is not None:
            broadcast = _broadcast(session, app, broadcast_id)
            decide_about(session, broadcast, f"{app.person} mở khóa", now)
        rows = _held(session, app, week.monday if week else None, broadcast_id)
        for row in rows:
            row.released_at, row.released_by = now, app.person
            session.add(row)
    return len(rows)


def is_locked(session: Session, station_id: int, week: Week) -> bool:
    """Whether the whole week is."""
    query = select(ScheduleLock.id).where(
        ScheduleLock.station_id == station_id,
        ScheduleLock.monday == week.monday,
        col(ScheduleLock.broadcast_id).is_(None),
        col(ScheduleLock.released_at).is_(None),
    )
    return session.exec(query).first() is not None


def covers(session: Session, broadcast: Broadcast, week: Week) -> bool:
    """Whether a broadcast of this week is kept as it is, alone or with its week."""
    query = select(ScheduleLock.id).where(
        ScheduleLock.broadcast_id == broadcast.id, col(ScheduleLock.released_at).is_(None)
    )
    return session.exec(query).first() is not None or is_locked(session, broadcast.station_id, week)


def _held(
    session: Session, app: App, monday: date | None, broadcast_id: int | None
) -> list[ScheduleLock]:
    query = select(ScheduleLock).where(
        ScheduleLock.station_id == app.station_id, col(ScheduleLock.released_at).is_(None)
    )
    if broadcast_id is not None:
        query = query.where(ScheduleLock.broadcast_id == broadcast_id)
    else:
        query = query.where(ScheduleLock.monday == monday, col(ScheduleLock.broadcast_id).is_(None))
    return list(session.exec(query).all())


def _lock(app: App, monday: date, broadcast_id: int | None, now: datetime) -> ScheduleLock:
    return ScheduleLock(
        station_id=app.station_id,
        monday=monday,
        broadcast_id=broadcast_id,
        created_at=now,
        created_by=app.person,
    )


def _broadcast(session: Session, app: App, broadcast_id: int) -> Broadcast:
    row = session.get(Broadcast, broadcast_id)
    if row is None or row.station_id != app.station_id:
        raise UserError(
            f"Không có buổi phát số {broadcast_id}.", "Xem danh sách: broadcaster broadcast list."
        )
    if row.slot_id is None:
        raise UserError(
            f"Buổi phát {broadcast_id} đặt riêng bằng tay, xếp lịch không đụng đến.",
            "Không cần khóa.",
        )
    return row


def _monday(app: App, broadcast: Broadcast) -> date:
    day = broadcast.starts_at.astimezone(app.zone).date()
    return day - timedelta(days=day.weekday())
