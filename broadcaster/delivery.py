"""The life of a delivery: its states, the allowed moves, and the one function that moves it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm.attributes import set_committed_value
from sqlmodel import Session, col

from broadcaster import evidence
from broadcaster.evidence import Kind, StoredArtefact
from broadcaster.records import Broadcast, Decision, Delivery
from broadcaster.records import DeliveryStatus as Status
from channels.base import Json

MOVES: Mapping[Status, frozenset[Status]] = {
    Status.PLANNED: frozenset(
        {Status.READY, Status.MISSED, Status.CANCELLED, Status.FAILED, Status.UNKNOWN}
    ),
    Status.READY: frozenset(
        {Status.SENDING, Status.MISSED, Status.CANCELLED, Status.FAILED, Status.UNKNOWN}
    ),
    Status.SENDING: frozenset({Status.SENT, Status.READY, Status.FAILED, Status.UNKNOWN}),
    Status.UNKNOWN: frozenset({Status.SENT, Status.READY, Status.FAILED}),
    Status.SENT: frozenset(),
    Status.FAILED: frozenset(),
    Status.MISSED: frozenset(),
    Status.CANCELLED: frozenset(),
}
"""From each state, the states it may move to. Nothing leaves the last four.

Only `broadcaster.restore` moves from planned or ready to unknown: the copy is older than the world.
"""

OPEN = (Status.PLANNED, Status.READY)
"""Surely not out yet, still to come."""

FINAL = tuple(status for status, targets in MOVES.items() if not targets)


class ForbiddenMoveError(Exception):
    """A move that the table does not allow: a bug in the caller."""


class LostRaceError(Exception):
    """Somebody else moved this delivery first; the caller must read it again."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What goes into the row and the evidence with a move."""

    reason: str
    """In Vietnamese: why."""
    changes: Mapping[str, Any] = field(default_factory=dict)
    """Columns of the delivery to set in the same statement."""
    simulated: bool = False
    details: Mapping[str, Json] = field(default_factory=dict)
    artefacts: Sequence[StoredArtefact] = ()
    kind: Kind = Kind.DELIVERY


def move(
    session: Session,
    delivery: Delivery,
    to: Status,
    outcome: Outcome,
    now: datetime,
) -> None:
    """Move a delivery, and write the evidence and the decision in the same transaction.

    The row is updated only if it still stands where `delivery` says; otherwise LostRaceError.
    Raises ForbiddenMoveError for a move that `MOVES` does not have.
    """
    old = Status(delivery.status)
    if to not in MOVES[old]:
        raise ForbiddenMoveError(f"delivery {delivery.id}: {old} -> {to}")
    values: dict[str, Any] = {"status": str(to), "reason": outcome.reason, "next_at": None}
    values |= outcome.changes
    changed = session.connection().execute(
        update(Delivery)
        .where(col(Delivery.id) == delivery.id, col(Delivery.status) == str(old))
        .values(**values)
    )
    if changed.rowcount != 1:
        raise LostRaceError(f"delivery {delivery.id} is no longer {old}")
    for name, value in values.items():
        set_committed_value(delivery, name, value)  # the row has it already
    evidence.append(
        session,
        delivery.station_id,
        outcome.kind,
        now,
        _facts(delivery, to, simulated=outcome.simulated),
        details={**outcome.details, "reason": outcome.reason, "attempt": delivery.attempts},
        artefacts=outcome.artefacts,
    )
    decide(session, delivery, f"{LABELS[old]} → {LABELS[to]}: {outcome.reason}", now)


def decide(session: Session, delivery: Delivery, text: str, now: datetime) -> None:
    """Write down a decision about a delivery, for `broadcast why`."""
    session.add(
        Decision(
            station_id=delivery.station_id,
            broadcast_id=delivery.broadcast_id,
            delivery_id=delivery.id,
            at=now,
            text=text,
        )
    )


def decide_about(session: Session, broadcast: Broadcast, text: str, now: datetime) -> None:
    """Write down a decision about a whole broadcast, for `broadcast why`."""
    session.add(
        Decision(station_id=broadcast.station_id, broadcast_id=broadcast.id or 0, at=now, text=text)
    )


LABELS: Mapping[Status, str] = {
    Status.PLANNED: "đã xếp lịch",
    Status.READY: "sẵn sàng",
    Status.SENDING: "đang phát",
    Status.SENT: "đã phát",
    Status.UNKNOWN: "chưa rõ kết quả",
    Status.FAILED: "hỏng",
    Status.MISSED: "lỡ giờ",
    Status.CANCELLED: "đã hủy",
}
"""What people read."""


def _facts(delivery: Delivery, outcome: Status, *, simulated: bool) -> dict[str, Json]:
    def moment(value: datetime | None) -> str | None:
        return evidence.iso(value) if value else None

    return {
        "channel": delivery.channel,
        "target": delivery.target,
        "bulletin": delivery.bulletin_id,
        "revision": delivery.revision,
        "broadcast": delivery.broadcast_id,
        "delivery": delivery.id,
        "outcome": str(outcome),
        "simulated": simulated,
        "scheduled_at": moment(delivery.scheduled_at),
        "started_at": moment(delivery.started_at),
        "ended_at": moment(delivery.ended_at),
        "external_id": delivery.external_id,
        "permalink": delivery.permalink,
        "payload_sha256": delivery.payload_sha256,
    }
