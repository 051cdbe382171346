"""The printed week (lịch phát sóng): from the rows to the sheet that every export format gets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby

from sqlmodel import Session, col, func, select

from broadcaster import bookings
from broadcaster.anchor import anchor_of
from broadcaster.app import App
from broadcaster.bookings import Booked
from broadcaster.delivery import LABELS
from broadcaster.gates import SOUND
from broadcaster.records import Decision, Delivery, Origin
from broadcaster.records import DeliveryStatus as Status
from content.bulletin import Review, ReviewAction, Revision
from schedules.export import SheetRow, WeekSheet, official_date
from schedules.openings import Week

CHANNEL_LABELS = {"radio": "Loa truyền thanh", "facebook": "Facebook", "zalo": "Zalo"}
"""As people say it; a channel without a line here shows its name."""


def week_sheet(app: App, week: Week) -> WeekSheet:
    """The week as it stands in the database."""
    booked = bookings.listed(app, since=week.start, until=week.end)
    with app.database.reading() as session:
        rows = [row for one in booked for row in _rows(app, session, one)]
        anchor = anchor_of(session, app.station_id)
        made_by, changed = _made(session, booked)
    made = (changed or week.start).astimezone(app.zone).date()
    return WeekSheet(
        station=app.station.name,
        monday=week.monday,
        rows=tuple(rows),
        parent=app.station.parent or "",
        place=app.station.place or "",
        created=official_date(app.station.place, made),
        made_by=made_by,
        approver_title=f"TM. {_body(app.station.name)}\nCHỦ TỊCH",
        evidence_head=anchor.hash if anchor else None,
        evidence_seq=anchor.seq if anchor else None,
        simulated=_simulated(app, booked),
        timezone=app.station.timezone,
    )


def _rows(app: App, session: Session, booked: Booked) -> list[SheetRow]:
    """One row an item: its targets together; an empty opening is shown as such."""
    alive = [row for row in booked.deliveries if row.status != Status.CANCELLED]
    if not alive:
        return [] if booked.broadcast.origin != Origin.SLOT else [opening_row(app, booked)]
    return [
        item_row(app, session, booked, list(items))
        for _, items in groupby(alive, key=lambda row: (row.position, row.revision_id))
    ]


def item_row(app: App, session: Session, booked: Booked, items: Sequence[Delivery]) -> SheetRow:
    """One item of a broadcast, its targets together."""
    first = items[0]
    revision = session.get_one(Revision, first.revision_id)
    review = _approval(session, first.revision_id)
    seconds = review.air_seconds if review and first.channel == SOUND else None
    return replace(
        opening_row(app, booked),
        title=revision.title,
        targets=_targets(app, items),
        kind="PL" if first.repeat else "PM",
        duration=timedelta(seconds=round(seconds)) if seconds else None,
        status=_status(items),
        made_by=revision.created_by,
        approved_by=review.person if review else "",
        key=f"{first.broadcast_id}-{first.position}",
    )


def opening_row(app: App, booked: Booked) -> SheetRow:
    """A row with the day, the hours and the channel of this broadcast, and nothing in it."""
    broadcast = booked.broadcast
    starts = broadcast.starts_at.astimezone(app.zone)
    ends = broadcast.ends_at.astimezone(app.zone)
    lasts = broadcast.channel == SOUND and broadcast.origin == Origin.SLOT
    return SheetRow(
        day=starts.date(),
        starts=starts.time(),
        ends=ends.time() if lasts else starts.time(),
        channel=broadcast.channel,
        channel_label=CHANNEL_LABELS.get(broadcast.channel, broadcast.channel),
        title="",
        key=f"{broadcast.id}-empty",
    )


def zone_label(app: App, name: str) -> str:
    """What people call a loudspeaker zone."""
    zone = app.settings.radio.zones.get(name)
    return zone.label if zone is not None and zone.label else name


def _targets(app: App, items: Sequence[Delivery]) -> tuple[str, ...]:
    labels = {t.name: t.label or t.name for t in app.channels[items[0].channel].targets()}
    if items[0].channel == SOUND:
        labels |= {item.target: zone_label(app, item.target) for item in items}
    return tuple(labels.get(item.target, item.target) for item in items)


def _status(items: Sequence[Delivery]) -> str:
    return ", ".join(dict.fromkeys(LABELS[Status(item.status)] for item in items))


def _approval(session: Session, revision_id: int) -> Review | None:
    query = select(Review).where(
        Review.revision_id == revision_id, Review.action == ReviewAction.APPROVE
    )
    return session.exec(query.order_by(col(Review.id).desc())).first()


def _made(session: Session, booked: Sequence[Booked]) -> tuple[str, datetime | None]:
    """Who made the week, and when it last changed: the date that the sheet bears."""
    slots = [one.broadcast for one in booked if one.broadcast.origin == Origin.SLOT]
    ids = [one.broadcast.id for one in booked]
    changed = session.exec(
        select(func.max(Decision.at)).where(col(Decision.broadcast_id).in_(ids))
    ).one()
    return (slots[0].created_by if slots else ""), changed


def _simulated(app: App, booked: Sequence[Booked]) -> bool:
    """Whether anything on the sheet goes to a sandbox."""
    used = {one.broadcast.channel for one in booked}
    return any(app.channels[name].simulated for name in used if name in app.channels)


def _body(station: str) -> str:
    """Who signs "thay mặt": the People's Committee, without the name of its place."""
    committee = "Ủy ban nhân dân"
    return (committee if station.lower().startswith(committee.lower()) else station).upper()
