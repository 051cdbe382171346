"""The queue is the database: what is due, in which lane, and when each lane must wake."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlmodel import Session, col, func, or_, select

from broadcaster.delivery import OPEN
from broadcaster.records import Delivery
from broadcaster.records import DeliveryStatus as Status

READY_AHEAD = timedelta(minutes=30)
"""How long before air a delivery is rendered and checked."""
LOOKS_AHEAD = (timedelta(minutes=5), timedelta(seconds=30))
"""How long before air what is ready is looked at again: there, unchanged, still permitted."""
HORIZON = timedelta(hours=24)
"""How far ahead lanes look; the daemon looks again long before it is reached."""
_NO_LEAD = timedelta(0)


@dataclass(frozen=True, slots=True)
class Lane:
    """One target of one channel: what goes to it goes one after another."""

    channel: str
    target: str
    urgent: int = 0
    """An emergency has a lane of its own, which cuts the others: the number of its broadcast."""
    ahead: bool = False
    """The lane that renders and looks ahead of time: what is slow there holds up nothing here."""

    def __str__(self) -> str:
        mark = f"!{self.urgent}" if self.urgent else "^" if self.ahead else ""
        return f"{self.channel}:{self.target}{mark}"

    @classmethod
    def of(cls, row: Delivery) -> Lane:
        """The lane that a delivery goes out in."""
        return cls(row.channel, row.target, row.broadcast_id if row.urgent else 0)


@dataclass(frozen=True, slots=True)
class Turn:
    """A delivery's next turn: the moment when something must be done about it."""

    delivery_id: int
    lane: Lane
    wake: datetime
    status: Status
    order: tuple[datetime, int, int]


def turns(
    session: Session, station_id: int, now: datetime, leads: Mapping[str, timedelta]
) -> list[Turn]:
    """The next turn of everything open or unknown within the horizon, soonest first."""
    rows = session.exec(
        select(Delivery).where(
            Delivery.station_id == station_id,
            or_(
                col(Delivery.status) == Status.UNKNOWN,
                col(Delivery.status).in_(OPEN) & (col(Delivery.scheduled_at) < now + HORIZON),
            ),
        )
    ).all()
    found = [turn for row in rows for turn in _turns_of(row, now, leads.get(row.channel, _NO_LEAD))]
    # An unknown outcome is settled before anything new goes to the same place.
    return sorted(
        found, key=lambda turn: (turn.status is not Status.UNKNOWN, turn.wake, turn.order)
    )


def due(
    session: Session, station_id: int, lane: Lane, now: datetime, leads: Mapping[str, timedelta]
) -> Delivery | None:
    """The delivery of this lane whose turn it is now."""
    for turn in turns(session, station_id, now, leads):
        if turn.lane == lane and turn.wake <= now:
            return session.get_one(Delivery, turn.delivery_id)
    return None


def wakes(all_turns: Sequence[Turn]) -> dict[Lane, datetime]:
    """For each lane the moment of its next turn."""
    soonest: dict[Lane, datetime] = {}
    for turn in all_turns:
        soonest[turn.lane] = min(turn.wake, soonest.get(turn.lane, turn.wake))
    return soonest


def expired(session: Session, station_id: int, now: datetime) -> list[Delivery]:
    """What never began and whose window has closed."""
    query = select(Delivery).where(
        Delivery.station_id == station_id,
        col(Delivery.status).in_(OPEN),
        col(Delivery.expires_at) < now,
    )
    return list(session.exec(query).all())


def next_expiry(session: Session, station_id: int) -> datetime | None:
    """When the next open delivery's window closes."""
    query = select(func.min(Delivery.expires_at)).where(
        Delivery.station_id == station_id, col(Delivery.status).in_(OPEN)
    )
    value: datetime | None = session.exec(query).one()
    return value


def left_sending(session: Session, station_id: int) -> list[Delivery]:
    """What stood in `sending`; at start-up that is what a crash left behind."""
    query = select(Delivery).where(
        Delivery.station_id == station_id, col(Delivery.status) == Status.SENDING
    )
    return list(session.exec(query).all())


def next_look(row: Delivery, now: datetime, lead: timedelta) -> datetime | None:
    """When a delivery that is ready is looked at again; None when its air time comes first."""
    moments = (row.scheduled_at - ahead for ahead in LOOKS_AHEAD)
    return next((at for at in moments if now < at < row.scheduled_at - lead), None)


def is_look_ahead(row: Delivery, now: datetime, lead: timedelta) -> bool:
    """Whether what this delivery waits for is a look ahead, not its air time or a retry."""
    on_air = row.scheduled_at - lead
    return row.status == Status.READY and row.next_at is not None and max(row.next_at, now) < on_air


def _turns_of(row: Delivery, now: datetime, lead: timedelta) -> Iterator[Turn]:
    """Usually one. A look ahead that hangs must not take the air time with it: then two."""
    assert row.id is not None  # noqa: S101 - a row that was read has an id
    order = (row.scheduled_at, row.position, row.id)
    lane, status = Lane.of(row), Status(row.status)
    on_air = row.scheduled_at - lead
    if status is Status.PLANNED:
        ahead = replace(lane, ahead=not row.urgent)
        yield Turn(row.id, ahead, row.next_at or row.scheduled_at - READY_AHEAD, status, order)
    elif is_look_ahead(row, now, lead):
        assert row.next_at is not None  # noqa: S101 - that is what a look ahead is
        yield Turn(row.id, replace(lane, ahead=True), row.next_at, status, order)
        yield Turn(row.id, lane, on_air, status, order)
    else:
        # A look that did not come in time (the machine was off) is not waited for.
        retry = row.next_at if row.next_at is not None and row.next_at > on_air else None
        unknown = row.next_at if status is Status.UNKNOWN else None
        yield Turn(row.id, lane, unknown or retry or on_air, status, order)
