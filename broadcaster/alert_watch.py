"""Looks for what the officers must hear of: broadcasts, disk, clock, backups, the daemon's end."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from sqlmodel import Session, col, or_, select

from broadcaster import accounts, alerts, doctor_machine, evidence, reach, takedowns
from broadcaster.alerts import Trouble
from broadcaster.app import App
from broadcaster.delivery import LABELS, OPEN
from broadcaster.doctor import Finding, Level
from broadcaster.records import Delivery
from broadcaster.records import DeliveryStatus as Status
from content.bulletin import Revision

_RECENT = timedelta(hours=24)
"""Older misfortunes are in `status`; switching alerts on must not bring a flood."""
_RISK_AHEAD = timedelta(minutes=10)
"""So long before its time a broadcast should be rendered and ready."""
_RISK_AFTER = timedelta(minutes=2)
"""So long after its time it should have gone out."""
_CLOCK_SECONDS, _TIDY_SECONDS = 3600.0, 86_400.0
_TOLD = (Status.MISSED, Status.FAILED, Status.UNKNOWN)
_SUBJECTS = {
    "backup": "Sao lưu hỏng",
    "ledger": "Kiểm tra sổ minh chứng không đạt",
}
"""Of the work beside the daemon; each is told once a day while it lasts."""
_MENDS = {
    Status.MISSED: "Nếu vẫn cần, hãy đặt lại: broadcaster broadcast add.",
    Status.FAILED: "Hãy xem vì sao: broadcaster broadcast why {broadcast}.",
    Status.UNKNOWN: "Hãy mở kênh ra xem rồi xác nhận: broadcaster broadcast settle {delivery}.",
}


class Watch:
    """Raises alerts while the daemon runs; reads only, until there is something new."""

    name = "watch"
    every = 20.0

    def __init__(
        self,
        app: App,
        routes: Iterable[str],
        troubles: Mapping[str, Callable[[], str | None]],
        *,
        died: bool,
    ) -> None:
        """`troubles`, by the keys of `_SUBJECTS`, say what is wrong now; None: nothing."""
        self._app = app
        self._routes = list(routes)
        self._troubles = troubles
        self._died = died
        self._started = app.clock.now()
        self._asked_time = self._tidied = float("-inf")
        self._off: list[Trouble] = []

    def look(self) -> None:
        if not self._routes:
            return
        app, now = self._app, self._app.clock.now()
        found = [*self._ends(), *self._machine(now), *accounts_off(app, now), *reach_untold(app)]
        with app.database.reading() as session:
            found += deliveries(session, app, now)
            found += alarms(session, app, now)
            found += still_there(session, app, now)
        alerts.raise_alerts(app.database, app.station_id, self._routes, found, now)
        self._tidy(now)

    def leave(self) -> None:
        """Nothing to do."""

    def _ends(self) -> Iterator[Trouble]:
        if self._died:
            when = self._started.astimezone(self._app.zone)
            yield Trouble(
                f"died:{evidence.iso(self._started)}",
                f"Chương trình phát đã dừng đột ngột, chạy lại lúc {when:%H:%M %d/%m}",
                "Có thể do mất điện. Các lượt dở dang được kiểm tra trước khi gửi lại.",
            )
        today = _day(self._app, self._app.clock.now())
        for kind, trouble in self._troubles.items():
            if (why := trouble()) is not None:
                yield Trouble(f"{kind}:{today}", _SUBJECTS[kind], why)

    def _machine(self, now: datetime) -> list[Trouble]:
        disk = list(doctor_machine.disk(self._app.home))
        if self._app.clock.monotonic() - self._asked_time > _CLOCK_SECONDS:
            self._asked_time = self._app.clock.monotonic()
            found = doctor_machine.clock(self._app.settings.clock, self._app.clock)
            self._off = _of("clock", found, self._app, now)
        with self._app.database.reading() as session:
            last = evidence.last_moment(session, self._app.station_id)
        behind = _of("clock", doctor_machine.ledger_clock(last, now), self._app, now)
        return [*_of("disk", disk, self._app, now), *self._off, *behind]

    def _tidy(self, now: datetime) -> None:
        if self._app.clock.monotonic() - self._tidied > _TIDY_SECONDS:
            self._tidied = self._app.clock.monotonic()
            alerts.forget_old(self._app.database, self._app.station_id, now)


def deliveries(session: Session, app: App, now: datetime) -> list[Trouble]:
    """Broadcasts that went wrong lately, and those about to."""
    query = (
        select(Delivery, Revision.title)
        .join(Revision, col(Delivery.revision_id) == col(Revision.id))
        .where(
            Delivery.station_id == app.station_id,
            or_(
                col(Delivery.status).in_(_TOLD),
                col(Delivery.status).in_(OPEN) & (col(Delivery.scheduled_at) < now + _RISK_AHEAD),
            ),
            col(Delivery.expires_at) > now - _RECENT,
        )
        .order_by(col(Delivery.scheduled_at), col(Delivery.id))
    )
    rows = session.exec(query).all()
    moving = _moving(session, app.station_id, now)
    return [_trouble(app, row, title) for row, title in rows if _is_told(row, now, moving)]


def alarms(session: Session, app: App, now: datetime) -> list[Trouble]:
    """What the station noticed about its own air: silence, stray sound, an output that failed."""
    return [
        Trouble(
            f"alarm:{alarm['seq']}",
            f"Báo động: {alarm['channel']} ({alarm['target']})",
            f"{alarm['details']['message']}. Xem: broadcaster evidence show {alarm['seq']}.",
        )
        for alarm in evidence.alarms(session, app.station_id, now - _RECENT)
    ]


def accounts_off(app: App, now: datetime) -> list[Trouble]:
    """What the networks themselves lately found wrong with an account, told once a day."""
    found = []
    for name in accounts.PLATFORMS:
        known = None if app.channels[name].simulated else accounts.standing(app, name)
        if known is None or now - known.at > _RECENT:
            continue
        found += [
            Trouble(
                f"account:{name}:{line.name}:{_day(app, now)}",
                f"Tài khoản {name}: {line.name}",
                f"{line.message} Xem: broadcaster channel check {name}.",
            )
            for line in known.lines
            if not line.ok
        ]
    return found


def reach_untold(app: App) -> list[Trouble]:
    """Networks that do not tell what a report needs; told once, not each day."""
    return [
        Trouble(
            f"reach:{name}:{zlib.crc32(known.why.encode()):08x}",
            f"Chưa đọc được số liệu tiếp cận của {name}",
            f"{known.why} Việc đăng bài không bị ảnh hưởng; báo cáo sẽ ghi chưa có số liệu.",
        )
        for name in reach.asked_channels(app)
        if (known := reach.trouble(app, name)) is not None
    ]


def still_there(session: Session, app: App, now: datetime) -> list[Trouble]:
    """Withdrawn bulletins that are still public, told once a day."""
    return [
        Trouble(
            f"takedown:{one.id}:{_day(app, now)}",
            f"Bản tin {one.bulletin_id} đã gỡ nhưng còn trên {one.channel}",
            f"{takedowns.told(one)}. Hãy mở cổng thông tin, gỡ bằng tay nếu cần.",
        )
        for one in takedowns.late(session, app.station_id, now)
    ]


def _is_told(row: Delivery, now: datetime, moving: set[tuple[int, str]]) -> bool:
    """An open one only when something holds it, or it should have gone out by now."""
    if row.status in _TOLD:
        return True
    if (row.broadcast_id, row.target) in moving:
        return False  # its turn comes when the one before it has ended
    held = row.status == Status.PLANNED and row.next_at is not None
    return held or row.scheduled_at < now - _RISK_AFTER


def _moving(session: Session, station_id: int, now: datetime) -> set[tuple[int, str]]:
    """Broadcasts of which something goes out on a target now, or has just gone out."""
    query = select(Delivery.broadcast_id, Delivery.target).where(
        Delivery.station_id == station_id,
        or_(
            col(Delivery.status) == Status.SENDING,
            (col(Delivery.status) == Status.SENT) & (col(Delivery.ended_at) > now - _RISK_AFTER),
        ),
    )
    return set(session.exec(query).all())


def _trouble(app: App, row: Delivery, title: str) -> Trouble:
    status = Status(row.status)
    at = row.scheduled_at.astimezone(app.zone)
    where = f"{row.channel} ({row.target}), {at:%H:%M %d/%m}"
    if status in _TOLD:
        mend = _MENDS[status].format(broadcast=row.broadcast_id, delivery=row.id)
        subject = f"{LABELS[status].capitalize()}: {where}"
        return Trouble(f"{status}:{row.id}", subject, f"“{title}”: {row.reason}. {mend}")
    body = f"“{title}”: {row.reason or 'chưa rõ lý do'}. Xem: broadcaster doctor."
    return Trouble(f"risk:{row.id}", f"Có thể không phát được: {where}", body)


def _of(kind: str, findings: Iterable[Finding], app: App, now: datetime) -> list[Trouble]:
    """What `doctor` calls bad, told once a day."""
    return [
        Trouble(f"{kind}:{_day(app, now)}", f"{one.check}: {one.message}", one.mend)
        for one in findings
        if one.level is Level.BAD
    ]


def _day(app: App, now: datetime) -> str:
    return now.astimezone(app.zone).date().isoformat()
