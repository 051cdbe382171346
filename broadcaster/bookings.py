"""One-off broadcasts made by hand, and what a person may do with any delivery."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col, select

from broadcaster import evidence, gates
from broadcaster.app import App
from broadcaster.delivery import LABELS, OPEN, Outcome, decide, move
from broadcaster.evidence import Kind
from broadcaster.records import Broadcast, Decision, Delivery, DeliveryStep, Origin
from broadcaster.records import DeliveryStatus as Status
from channels.base import SAID_NOT_SENT
from content import library
from content.bulletin import BulletinStatus
from content.errors import UserError
from content.library import Article
from content.people import Role, require_role, roles_of
from content.workflow import STATUS_LABELS
from schedules.openings import QuietHours


@dataclass(frozen=True, slots=True)
class Booked:
    """A broadcast with its deliveries, in order."""

    broadcast: Broadcast
    deliveries: Sequence[Delivery]


@dataclass(frozen=True, slots=True)
class Slip:
    """What is booked by hand: why it exists, on which channel, in which window (UTC)."""

    origin: Origin
    channel: str
    starts_at: datetime
    ends_at: datetime
    why: str
    """Vietnamese, after the person's name: "đặt buổi phát riêng"."""


def add(
    app: App,
    bulletin_id: int,
    channel: str,
    targets: Sequence[str],
    at: datetime,
    minutes: int | None = None,
) -> Booked:
    """Book an approved bulletin on a channel at a moment (UTC). Raises UserError.

    `minutes`: how long its window is; a relay has no length of its own and needs it.
    """
    names = known_targets(app, channel, targets)
    with app.database.writing() as session:
        require_role(session, app.station_id, app.person, Role.EDITOR)
        article = library.get_article(session, app.station_id, bulletin_id)
        _check_bookable(app, article, channel, at)
        window = at + _window(app, article, channel, minutes)
        _check_quiet_end(app, article, channel, at, window)
        slip = Slip(Origin.ONE_OFF, channel, at, window, "đặt buổi phát riêng")
        return book(app, session, article, slip, names)


def book(
    app: App, session: Session, article: Article, slip: Slip, targets: Sequence[str]
) -> Booked:
    """One broadcast outside the timetable with a delivery to each target, in this transaction."""
    now = app.clock.now()
    broadcast = Broadcast(
        station_id=app.station_id,
        channel=slip.channel,
        origin=slip.origin,
        starts_at=slip.starts_at,
        ends_at=slip.ends_at,
        created_at=now,
        created_by=app.person,
    )
    session.add(broadcast)
    session.flush()
    deliveries = [_delivery(app, broadcast, article, name, slip) for name in targets]
    session.add_all(deliveries)
    session.flush()
    for delivery in deliveries:
        decide(session, delivery, f"{app.person} {slip.why}", now)
    return Booked(broadcast, deliveries)


def known_targets(app: App, channel: str, wanted: Sequence[str]) -> list[str]:
    """The targets meant, all of the channel when none is named. Raises UserError."""
    if channel not in app.channels:
        raise UserError(
            f"Không có kênh “{channel}”.", f"Các kênh hiện có: {', '.join(app.channels)}."
        )
    return chosen(channel, wanted, [target.name for target in app.channels[channel].targets()])


def chosen(channel: str, wanted: Sequence[str], known: Sequence[str]) -> list[str]:
    """Those wanted of the targets that a channel has; all when none is. Raises UserError."""
    for name in wanted:
        if name not in known:
            what = "cụm loa" if channel == gates.SOUND else "nơi nhận"
            raise UserError(
                f"Kênh {channel} không có {what} “{name}”.", f"Hiện có: {', '.join(known)}."
            )
    if not known:
        raise UserError(
            f"Kênh {channel} chưa có nơi nhận nào.", f"Hãy xem mục [{channel}] trong tệp cài đặt."
        )
    return list(dict.fromkeys(wanted or known))


def listed(
    app: App, *, since: datetime | None = None, until: datetime | None = None
) -> list[Booked]:
    """Broadcasts with their deliveries, in order of time."""
    with app.database.reading() as session:
        query = select(Broadcast).where(Broadcast.station_id == app.station_id)
        if since is not None:
            query = query.where(col(Broadcast.starts_at) >= since)
        if until is not None:
            query = query.where(col(Broadcast.starts_at) < until)
        broadcasts = session.exec(query.order_by(col(Broadcast.starts_at), col(Broadcast.id))).all()
        return [Booked(row, deliveries_of(session, row)) for row in broadcasts]


def get(app: App, broadcast_id: int) -> Booked:
    """One broadcast. Raises UserError."""
    with app.database.reading() as session:
        row = _known(app, session, broadcast_id)
        return Booked(row, deliveries_of(session, row))


def cancel(app: App, broadcast_id: int) -> int:
    """Cancel what has not begun of a broadcast; how many deliveries that were.

    An emergency that is being said is cut by the last gate within a tenth of a second. Whoever
    may raise one may end it.
    """
    with app.database.writing() as session:
        row = _known(app, session, broadcast_id)
        _require_canceller(app, session, row)
        items = deliveries_of(session, row)
        pending = [item for item in items if item.status in OPEN]
        sounding = [item for item in items if item.urgent and item.status == Status.SENDING]
        if not pending and not sounding:
            raise UserError(
                f"Buổi phát {broadcast_id} không còn lượt nào chưa phát để hủy.",
                f"Xem: broadcaster broadcast why {broadcast_id}.",
            )
        row.cancelled_at = app.clock.now()
        session.add(row)
        for delivery in pending:
            move(
                session,
                delivery,
                Status.CANCELLED,
                Outcome(f"{app.person} hủy"),
                app.clock.now(),
            )
    return len(pending) + len(sounding)


def _require_canceller(app: App, session: Session, row: Broadcast) -> None:
    roles = roles_of(session, app.station_id, app.person)
    if row.origin == Origin.EMERGENCY and Role.APPROVER in roles:
        return
    require_role(session, app.station_id, app.person, Role.EDITOR)


def settle(app: App, delivery_id: int, *, permalink: str | None) -> Delivery:
    """A person says what became of an unknown delivery: sent (with a link) or surely not.

    Not sent: ready again while its window is open, failed after that.
    """
    now = app.clock.now()
    with app.database.writing() as session:
        require_role(session, app.station_id, app.person, Role.EDITOR)
        delivery = session.get(Delivery, delivery_id)
        if delivery is None or delivery.station_id != app.station_id:
            raise UserError(f"Không có lượt phát số {delivery_id}.")
        if delivery.status != Status.UNKNOWN:
            raise UserError(
                f"Lượt phát {delivery_id} đang là “{LABELS[Status(delivery.status)]}”, "
                "không cần xác nhận.",
                "Chỉ xác nhận lượt “chưa rõ kết quả”.",
            )
        if permalink is None:
            _say_not_sent(session, delivery_id)
        to, outcome = _settled(app, delivery, permalink, now)
        move(session, delivery, to, outcome, now)
    return delivery


def why(app: App, broadcast_id: int) -> list[Decision]:
    """The decisions about a broadcast and its deliveries, in order."""
    with app.database.reading() as session:
        _known(app, session, broadcast_id)
        query = select(Decision).where(Decision.broadcast_id == broadcast_id)
        return list(session.exec(query.order_by(col(Decision.at), col(Decision.id))).all())


def deliveries_of(session: Session, broadcast: Broadcast) -> list[Delivery]:
    """In order of the programme."""
    query = select(Delivery).where(Delivery.broadcast_id == broadcast.id)
    return list(session.exec(query.order_by(col(Delivery.position), col(Delivery.id))).all())


def to_json(booked: Booked) -> dict[str, Any]:
    """The contract's form of a broadcast."""
    row = booked.broadcast
    return {
        "id": row.id,
        "channel": row.channel,
        "origin": row.origin,
        "starts_at": evidence.iso(row.starts_at),
        "ends_at": evidence.iso(row.ends_at),
        "deliveries": [
            {
                "id": item.id,
                "target": item.target,
                "status": item.status,
                "bulletin": item.bulletin_id,
                "revision": item.revision,
                "position": item.position,
                "reason": item.reason,
                "external_id": item.external_id,
                "permalink": item.permalink,
            }
            for item in booked.deliveries
        ],
    }


def _check_bookable(app: App, article: Article, channel: str, at: datetime) -> None:
    revision, status = article.revision, BulletinStatus(article.bulletin.status)
    day = at.astimezone(app.zone).date()
    if status is not BulletinStatus.APPROVED:
        raise UserError(
            f"Bản tin {article.id} đang là {STATUS_LABELS[status]}, chưa được phát.",
            f"Hãy trình và duyệt trước: broadcaster bulletin submit {article.id}.",
        )
    library.check_channel(article, channel)
    if revision.valid_until is not None and day > revision.valid_until:
        raise UserError(
            f"Ngày {day:%d/%m/%Y} bản tin {article.id} đã hết hạn.",
            "Hãy chọn ngày sớm hơn hoặc sửa valid_until.",
        )
    if revision.valid_from is not None and day < revision.valid_from:
        raise UserError(
            f"Bản tin {article.id} chỉ dùng từ ngày {revision.valid_from:%d/%m/%Y}.",
            "Hãy chọn ngày khác.",
        )
    if channel == gates.SOUND:
        quiet = QuietHours.parse(app.settings.broadcast.quiet_hours, app.zone)
        if (reason := quiet.reason(at, at)) is not None:
            raise UserError(reason, "Hãy chọn giờ khác; chỉ tin khẩn cấp mới được phát lúc này.")


def _window(app: App, article: Article, channel: str, minutes: int | None) -> timedelta:
    """How long after its moment it may still begin; for a relay, when it ends."""
    if article.revision.relay is not None and minutes is None:
        raise UserError(
            f"Bản tin {article.id} là tiếp sóng nên cần biết phát bao lâu.",
            "Hãy thêm --minutes, ví dụ: --minutes 15.",
        )
    if minutes is not None:
        if channel == gates.SOUND:
            gates.check_length(app.settings, minutes)
        return timedelta(minutes=minutes)
    return timedelta(seconds=app.settings.broadcast.grace)


def _check_quiet_end(
    app: App, article: Article, channel: str, at: datetime, until: datetime
) -> None:
    """A relay sounds to its very end: that must not be quiet either."""
    if channel != gates.SOUND or article.revision.relay is None:
        return
    quiet = QuietHours.parse(app.settings.broadcast.quiet_hours, app.zone)
    if (reason := quiet.reason(at, until)) is not None:
        raise UserError(reason, "Hãy chọn giờ khác hoặc ngắn hơn.")


def _delivery(
    app: App, broadcast: Broadcast, article: Article, target: str, slip: Slip
) -> Delivery:
    return Delivery(
        station_id=app.station_id,
        broadcast_id=broadcast.id or 0,
        bulletin_id=article.id,
        revision_id=article.revision_id,
        revision=article.revision.number,
        channel=slip.channel,
        target=target,
        urgent=slip.origin is Origin.EMERGENCY,
        scheduled_at=slip.starts_at,
        expires_at=slip.ends_at,
        reason=slip.why,
    )


def _say_not_sent(session: Session, delivery_id: int) -> None:
    """For channels that keep a step of every message: what was begun before this word counts as
    not sent, or the same question would come back for ever."""
    known = session.get(DeliveryStep, (delivery_id, SAID_NOT_SENT))
    times = int(known.value) + 1 if known is not None else 1
    session.merge(DeliveryStep(delivery_id=delivery_id, key=SAID_NOT_SENT, value=str(times)))


def _settled(
    app: App, delivery: Delivery, permalink: str | None, now: datetime
) -> tuple[Status, Outcome]:
    who = {"person": app.person}
    if permalink is not None:
        changes = {
            "permalink": permalink or None,
            "started_at": delivery.started_at or delivery.first_sent_at,
            "ended_at": now,
        }
        reason = f"{app.person} xác nhận đã ra ngoài"
        return Status.SENT, Outcome(reason, changes, details=who, kind=Kind.SETTLEMENT)
    if now <= delivery.expires_at:
        reason = f"{app.person} xác nhận chưa ra ngoài; được gửi lại"
        return Status.READY, Outcome(reason, details=who, kind=Kind.SETTLEMENT)
    reason = f"{app.person} xác nhận chưa ra ngoài; đã quá giờ"
    return Status.FAILED, Outcome(reason, details=who, kind=Kind.SETTLEMENT)


def _known(app: App, session: Session, broadcast_id: int) -> Broadcast:
    row = session.get(Broadcast, broadcast_id)
    if row is None or row.station_id != app.station_id:
        raise UserError(
            f"Không có buổi phát số {broadcast_id}.", "Xem danh sách: broadcaster broadcast list."
        )
    return row
