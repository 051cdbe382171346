"""Today at a glance: is the daemon running, what comes next, what needs a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from sqlmodel import Session, col, func, select

from broadcaster import countersigning, evidence, takedowns
from broadcaster.app import App
from broadcaster.delivery import OPEN
from broadcaster.plan_progress import behind, due_soon, plans_in_force
from broadcaster.records import Delivery
from broadcaster.records import DeliveryStatus as Status
from content.bulletin import Bulletin, BulletinStatus, Revision

_COMING = 8
_ALARMS = 5
_RECENT = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Coming:
    """One delivery that is still to come."""

    at: datetime
    channel: str
    target: str
    title: str


@dataclass(frozen=True, slots=True)
class Overview:
    """What `status` shows."""

    station: str
    now: datetime
    daemon: str | None
    """Its process id while it runs."""
    needs: Sequence[str]
    """In Vietnamese: what waits for a person."""
    coming: Sequence[Coming]

    def to_json(self) -> dict[str, Any]:
        return {
            "station": self.station,
            "now": evidence.iso(self.now),
            "daemon": self.daemon,
            "needs": list(self.needs),
            "coming": [
                {
                    "at": evidence.iso(item.at),
                    "channel": item.channel,
                    "target": item.target,
                    "title": item.title,
                }
                for item in self.coming
            ],
        }


def look(app: App) -> Overview:
    """The station as it is now."""
    now = app.clock.now()
    today = now.astimezone(app.zone).date()
    plans = plans_in_force(app, today)
    soon = due_soon(plans, today, app.settings.schedule.remind_days)
    reminded = [*behind(plans), *(one.text for one in soon)]
    with app.database.reading() as session:
        return Overview(
            station=app.station.name,
            now=now,
            daemon=daemon_of(app.home),
            needs=_needs(session, app.station_id, now) + reminded,
            coming=_coming(session, app.station_id),
        )


def daemon_of(home: Path) -> str | None:
    """The daemon's process id; None when the lock is free, whatever an old pid file says."""
    lock = FileLock(home / "daemon.lock")
    try:
        with lock.acquire(timeout=0):
            return None
    except Timeout:
        pid = home / "daemon.pid"
        return pid.read_text().strip() if pid.exists() else "?"


def _needs(session: Session, station_id: int, now: datetime) -> list[str]:
    waiting = _count_bulletins(session, station_id, BulletinStatus.SUBMITTED)
    recent = col(Delivery.scheduled_at) > now - _RECENT
    lines = [
        (waiting, "bản tin chờ duyệt: broadcaster bulletin list --status submitted"),
        (
            _count(session, station_id, col(Delivery.status) == Status.UNKNOWN),
            "lượt chưa rõ kết quả, cần kiểm tra: broadcaster broadcast list",
        ),
        (
            _count(session, station_id, col(Delivery.status) == Status.FAILED, recent),
            "lượt hỏng trong 7 ngày qua: broadcaster broadcast list",
        ),
        (
            _count(session, station_id, col(Delivery.status) == Status.MISSED, recent),
            "lượt lỡ giờ trong 7 ngày qua: broadcaster broadcast list",
        ),
    ]
    unsigned = [
        f"tin khẩn cấp {one.broadcast} do {one.by} phát, chờ người thứ hai xác nhận: "
        f"broadcaster broadcast confirm {one.broadcast}"
        for one in countersigning.waiting(session, station_id)
    ]
    return [
        *(f"{count} {text}" for count, text in lines if count),
        *unsigned,
        *(
            f"bản tin {one.bulletin_id} đã gỡ nhưng còn trên {one.channel}, {takedowns.told(one)}: "
            f"broadcaster bulletin show {one.bulletin_id}"
            for one in takedowns.late(session, station_id, now)
        ),
        *_alarms(session, station_id, now),
    ]


def _alarms(session: Session, station_id: int, now: datetime) -> list[str]:
    """The newest alarms of the week: what the station noticed about its own air."""
    found = evidence.alarms(session, station_id, now - _RECENT)
    return [
        f"Cảnh báo {alarm['channel']} {alarm['target']}: {alarm['details']['message']}"
        for alarm in found[:_ALARMS]
    ]


def _coming(session: Session, station_id: int) -> list[Coming]:
    query = (
        select(Delivery, Revision.title)
        .join(Revision, col(Delivery.revision_id) == col(Revision.id))
        .where(Delivery.station_id == station_id, col(Delivery.status).in_(OPEN))
        .order_by(col(Delivery.scheduled_at), col(Delivery.position))
        .limit(_COMING)
    )
    return [
        Coming(row.scheduled_at, row.channel, row.target, title)
        for row, title in session.exec(query).all()
    ]


def _count(session: Session, station_id: int, *conditions: Any) -> int:
    query = select(func.count()).select_from(Delivery)
    return int(session.exec(query.where(Delivery.station_id == station_id, *conditions)).one())


def _count_bulletins(session: Session, station_id: int, status: BulletinStatus) -> int:
    query = select(func.count()).select_from(Bulletin)
    query = query.where(Bulletin.station_id == station_id, Bulletin.status == status)
    return int(session.exec(query).one())
