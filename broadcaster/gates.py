"""What may go out now: approval, dates, quiet hours, length. Asked when armed and at the end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from broadcaster import evidence
from broadcaster.records import Broadcast, Delivery
from broadcaster.records import DeliveryStatus as Status
from broadcaster.settings import Settings
from channels.base import Prepared
from content.bulletin import Bulletin, BulletinStatus, Revision
from content.errors import UserError
from content.workflow import approval_of
from schedules.openings import QuietHours

_OLDEST = datetime(2026, 1, 1, tzinfo=UTC)
"""No clock that shows an earlier time can be right."""
_CLOCK_SLACK = timedelta(minutes=5)
_CLOCK_AGAIN = timedelta(seconds=30)
SOUND = "radio"
"""The channel that people hear whether they want to or not."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a delivery may not go out; `until` when waiting helps, None when it never will."""

    reason: str
    until: datetime | None = None
    status: Status = Status.CANCELLED
    """What it becomes when waiting does not help."""


def check_length(settings: Settings, minutes: int) -> None:
    """Of a session of sound, when it is laid out. Raises UserError."""
    limit = settings.broadcast.minutes_per_session
    if minutes > limit:
        raise UserError(
            f"Một buổi phát dài tối đa {limit} phút.",
            "Hãy rút ngắn, hoặc đổi minutes_per_session trong tệp cài đặt nếu quy chế cho phép.",
        )


def check(
    session: Session,
    settings: Settings,
    zone: ZoneInfo,
    delivery: Delivery,
    start: datetime,
    prepared: Prepared,
    distrust: str | None = None,
) -> Refusal | None:
    """The first reason against beginning this delivery at `start`, None when it may.

    `distrust`: why the clock cannot be believed, if it cannot.
    """
    duration = prepared.duration
    if prepared.elastic:
        ends_at = session.get_one(Broadcast, delivery.broadcast_id).ends_at
        duration = min(duration, max(ends_at - start, timedelta(0)))
    return (
        _cancelled(session, delivery)
        or _approval(session, delivery)
        or _clock(session, delivery, start, distrust)
        or _dates(session, zone, delivery, start)
        or _sound(session, settings, zone, delivery, start, duration)
    )


def check_words(
    session: Session, delivery: Delivery, spoken_sha256: Callable[[Revision], str]
) -> Refusal | None:
    """Approval binds the spoken words too: a changed lexicon needs a new look by the approver."""
    review = approval_of(session, delivery.revision_id)
    if delivery.channel != SOUND or review is None or review.spoken_sha256 is None:
        return None
    if spoken_sha256(session.get_one(Revision, delivery.revision_id)) == review.spoken_sha256:
        return None
    return Refusal("lời đọc đã đổi sau khi duyệt (từ điển của xã?); hãy trình và duyệt lại")


def permit(
    settings: Settings, zone: ZoneInfo, channel: str, distrust: Callable[[], str | None]
) -> Callable[[datetime], str | None]:
    """The last gate, asked while the effect runs: a reason to be silent at this moment."""
    if channel != SOUND:
        return lambda _moment: None
    quiet = QuietHours.parse(settings.broadcast.quiet_hours, zone)
    return lambda moment: quiet.reason(moment, moment) or distrust()


def _cancelled(session: Session, delivery: Delivery) -> Refusal | None:
    broadcast = session.get_one(Broadcast, delivery.broadcast_id)
    return Refusal("buổi phát đã bị hủy") if broadcast.cancelled_at is not None else None


def _approval(session: Session, delivery: Delivery) -> Refusal | None:
    bulletin = session.get_one(Bulletin, delivery.bulletin_id)
    revision = session.get_one(Revision, delivery.revision_id)
    if bulletin.status == BulletinStatus.WITHDRAWN:
        return Refusal("bản tin đã bị gỡ")
    if bulletin.revision != revision.number:
        return Refusal("bản tin đã được sửa sau khi xếp lịch")
    review = approval_of(session, delivery.revision_id)
    if bulletin.status != BulletinStatus.APPROVED or review is None:
        return Refusal("bản tin chưa được duyệt")
    if review.sha256 != revision.sha256:
        return Refusal("nội dung khác với bản đã duyệt")
    return None


def _clock(
    session: Session, delivery: Delivery, start: datetime, distrust: str | None
) -> Refusal | None:
    """Silence while the clock cannot be right: before this program, or before its own evidence.

    (A machine without a battery clock wakes up in 1970 and has no Internet to ask.)
    """
    if delivery.channel != SOUND or delivery.urgent:
        return None
    if distrust is not None:
        return Refusal(distrust, until=start + _CLOCK_AGAIN)
    last = evidence.last_moment(session, delivery.station_id) or _OLDEST
    if start >= max(last - _CLOCK_SLACK, _OLDEST):
        return None
    reason = "đồng hồ của máy chậm hơn sổ minh chứng; hãy chỉnh lại giờ của máy"
    return Refusal(reason, until=start + _CLOCK_AGAIN)


def _dates(session: Session, zone: ZoneInfo, delivery: Delivery, start: datetime) -> Refusal | None:
    revision = session.get_one(Revision, delivery.revision_id)
    day = start.astimezone(zone).date()
    if revision.valid_until is not None and day > revision.valid_until:
        return Refusal(f"bản tin hết hạn từ ngày {revision.valid_until:%d/%m/%Y}")
    if revision.valid_from is not None and day < revision.valid_from:
        return Refusal(f"bản tin chỉ dùng từ ngày {revision.valid_from:%d/%m/%Y}")
    return None


def _sound(
    session: Session,
    settings: Settings,
    zone: ZoneInfo,
    delivery: Delivery,
    start: datetime,
    duration: timedelta,
) -> Refusal | None:
    if delivery.channel != SOUND or delivery.urgent:
        return None  # an emergency is the one thing that may be heard at any hour
    end = start + duration
    quiet = QuietHours.parse(settings.broadcast.quiet_hours, zone)
    if (reason := quiet.reason(start, end)) is not None:
        return Refusal(reason, until=_after_quiet(quiet, start))
    if end > session.get_one(Broadcast, delivery.broadcast_id).ends_at:
        return Refusal("không còn đủ thời gian trong khung giờ", status=Status.MISSED)
    limit = timedelta(minutes=settings.broadcast.minutes_per_session)
    if _aired(session, delivery) + duration > limit:
        minutes = settings.broadcast.minutes_per_session
        return Refusal(f"buổi phát sẽ dài hơn {minutes} phút")
    return None


def _after_quiet(quiet: QuietHours, start: datetime) -> datetime:
    """The first whole minute after `start` that is not quiet (a day has 1440 of them)."""
    moment = start.replace(second=0, microsecond=0)
    for _ in range(24 * 60):
        moment += timedelta(minutes=1)
        if not quiet.covers(moment, moment):
            break
    return moment


def _aired(session: Session, delivery: Delivery) -> timedelta:
    """How long this broadcast has been heard on this target."""
    rows = session.exec(
        select(Delivery.started_at, Delivery.ended_at).where(
            Delivery.broadcast_id == delivery.broadcast_id,
            Delivery.target == delivery.target,
            col(Delivery.status) == Status.SENT,
        )
    ).all()
    spans = (end - start for start, end in rows if start is not None and end is not None)
    return sum(spans, timedelta(0))
