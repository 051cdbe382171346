"""The queue is the database: what is due, in which lane, and when each lane must wake."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col, func, or_, select

from broadcaster.delivery import OPEN
from broadcaster.records import Delivery
from broadcaster.records import DeliveryStatus as Status

READY_AHEAD = timedelta(minutes=30)
"""How long before air a delivery is rendered and checked."""
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

    def __str__(self) -> str:
        return f"{self.channel}:{self.target}" + (f"!{self.urgent}" if self.urgent else "")

    @classmethod
    def of(cls, row: Delivery) -> Lane:
        """The lane that a delivery goes in."""
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
    found = [_turn(row, leads.get(row.channel, _NO_LEAD)) for row in rows]
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


def _turn(row: Delivery, lead: timedelta) -> Turn:
    assert row.id is not None  # noqa: S101 - a row that was read has an id
    order: tuple[datetime, int, int] = (row.scheduled_at, row.position, row.id)
    return Turn(row.id, Lane.of(row), _wake(row, lead), Status(row.status), order)


def _wake(row: Any, lead: timedelta) -> datetime:
    moment: datetime
    if row.next_at is not None:
        moment = row.next_at
    elif row.status == Status.PLANNED:
        moment = row.scheduled_at - READY_AHEAD
    else:
        moment = row.scheduled_at - lead
    return moment
