"""The station's timetable: openings added and taken out by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from broadcaster import bookings, gates
from broadcaster.app import App
from broadcaster.week_request import slots
from content.errors import UserError
from content.library import Article, check_channel, get_article
from content.people import Role, require_role
from schedules.openings import QuietHours, read_time_of_day, read_weekdays
from schedules.timetable import Slot


def add(
    app: App,
    channel: str,
    at: str,
    days: str,
    minutes: int,
    targets: Sequence[str],
    bulletin: int | None = None,
) -> Slot:
    """Add an opening. Raises UserError: unknown channel or zone, bad time, quiet hours.

    `bulletin`: the opening always carries this one (a relay, the anthem).
    """
    starts = read_time_of_day(at)
    weekdays = read_weekdays(days)
    bookings.known_targets(app, channel, targets)
    if channel == gates.SOUND:
        _check_quiet(app, starts.hour * 60 + starts.minute, minutes)
        gates.check_length(app.settings, minutes)
    slot = Slot(
        station_id=app.station_id,
        channel=channel,
        weekdays=list(weekdays),
        starts=f"{starts:%H:%M}",
        minutes=minutes,
        targets=list(targets),
        bulletin_id=bulletin,
        created_at=app.clock.now(),
        created_by=app.person,
    )
    with app.database.writing() as session:
        require_role(session, app.station_id, app.person, Role.EDITOR)
        _check_new(app, slots(session, app.station_id), slot)
        if bulletin is not None:
            _check_fixed(get_article(session, app.station_id, bulletin), channel)
        session.add(slot)
        session.flush()
    return slot


def listed(app: App) -> Sequence[Slot]:
    """The timetable in force."""
    with app.database.reading() as session:
        return slots(session, app.station_id)


def remove(app: App, slot_id: int) -> None:
    """Take an opening out; what was planned in it goes with the next build."""
    with app.database.writing() as session:
        require_role(session, app.station_id, app.person, Role.EDITOR)
        slot = session.get(Slot, slot_id)
        if slot is None or slot.station_id != app.station_id or slot.removed_at is not None:
            raise UserError(f"Không có khung giờ số {slot_id}.", "Xem: broadcaster slot list.")
        slot.removed_at = app.clock.now()
        session.add(slot)


def _check_fixed(article: Article, channel: str) -> None:
    check_channel(article, channel)
    if article.revision.relay is not None and channel != gates.SOUND:
        raise UserError("Chỉ loa mới tiếp sóng được.", "Hãy dùng --channel radio.")


def _check_quiet(app: App, start_minute: int, minutes: int) -> None:
    quiet = QuietHours.parse(app.settings.broadcast.quiet_hours, app.zone)
    day = datetime(2026, 1, 5, tzinfo=app.zone)  # any day: the station's zone has no summer time
    start = (day + timedelta(minutes=start_minute)).astimezone(UTC)
    if quiet.covers(start, start + timedelta(minutes=minutes)):
        spans = ", ".join(app.settings.broadcast.quiet_hours)
        raise UserError(
            f"Khung giờ này chạm giờ yên tĩnh {spans}.", "Hãy chọn giờ khác hoặc ngắn hơn."
        )


def _check_new(app: App, present: Sequence[Slot], slot: Slot) -> None:
    for other in present:
        same = (other.channel, other.starts, other.targets) == (
            slot.channel,
            slot.starts,
            slot.targets,
        )
        if same and set(other.weekdays) & set(slot.weekdays):
            raise UserError(
                f"Đã có khung giờ {other.id} cùng kênh, cùng giờ.", "Xem: broadcaster slot list."
            )
