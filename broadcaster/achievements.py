"""What was really achieved for the plan: proved outputs, never simulated ones (pure reads)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import select as sqlalchemy_select
from sqlmodel import Session, col

from broadcaster import evidence
from broadcaster.records import Broadcast, Delivery, EvidenceRecord
from broadcaster.records import DeliveryStatus as Status
from broadcaster.tally import withdrawn
from broadcaster.task_names import task_names
from content.bulletin import Revision
from schedules.task_names import TaskKey


@dataclass(frozen=True, slots=True)
class Achievement:
    """One bulletin in one broadcast that the ledger proves: it reached at least one target."""

    broadcast: int
    bulletin: int
    task: TaskKey | None
    """Which task its words named on its day; None: none of any plan."""
    channel: str
    at: datetime
    day: date
    """Of the station."""
    opening: str | None
    """Key of the opening it stood in; None for a one-off."""
    records: tuple[int, ...]
    """Sequence numbers in the evidence."""


def achievements(
    session: Session, station_id: int, zone: ZoneInfo, since: date | None = None
) -> list[Achievement]:
    """Every proved output of a station (from a day on), in order of time."""
    names = task_names(session, station_id)
    query = (
        sqlalchemy_select(*_COLUMNS)
        .join(Broadcast, col(Delivery.broadcast_id) == col(Broadcast.id))
        .join(Revision, col(Delivery.revision_id) == col(Revision.id))
        .join(EvidenceRecord, col(EvidenceRecord.delivery_id) == col(Delivery.id))
        .where(
            # The record's own station is not asked for: SQLite would then read the whole chain
            # for each delivery, instead of the delivery's few records by their index.
            col(Delivery.station_id) == station_id,
            col(Delivery.status) == Status.SENT,
            # Canonical JSON has one spelling; the parse below is the word that counts.
            col(EvidenceRecord.body).contains('"outcome":"sent"'),
            col(EvidenceRecord.body).contains('"simulated":false'),
        )
        .order_by(col(Delivery.scheduled_at), col(Delivery.id), col(EvidenceRecord.seq))
    )
    if since is not None:
        query = query.where(
            col(Delivery.scheduled_at) >= datetime.combine(since, time(0), zone).astimezone(UTC)
        )
    back = withdrawn(session, station_id, evidence.head(session, station_id))
    found: dict[tuple[int, int], Achievement] = {}
    for row in session.connection().execute(query):
        broadcast, bulletin, channel, began, planned, slot, starts, said, at_desk, *rest = row
        seq, body, digest = rest
        if seq in back or not _proves(body, digest):
            continue
        known = found.get((broadcast, bulletin))
        at = known.at if known else began or planned
        day = at.astimezone(zone).date()
        found[broadcast, bulletin] = Achievement(
            broadcast,
            bulletin,
            names.meant(said, day, at_desk),
            channel,
            at,
            day,
            f"{slot}@{starts.astimezone(zone).date().isoformat()}" if slot else None,
            (*known.records, seq) if known else (seq,),
        )
    return list(found.values())


_COLUMNS = (
    col(Delivery.broadcast_id),
    col(Delivery.bulletin_id),
    col(Delivery.channel),
    col(Delivery.started_at),
    col(Delivery.scheduled_at),
    col(Broadcast.slot_id),
    col(Broadcast.starts_at),
    col(Revision.task),
    col(Revision.created_at),
    col(EvidenceRecord.seq),
    col(EvidenceRecord.body),
    col(EvidenceRecord.hash),
)
"""Columns and not rows: a year has thousands."""


def automatic(channels: Sequence[str], known: Container[str]) -> tuple[str, ...]:
    """The channels of a task that this program carries; () when people must do it all.

    A task that names no channel is carried by all of them.
    """
    return ("",) if not channels else tuple(name for name in channels if name in known)


def _proves(text: str, digest: str) -> bool:
    """A record that was edited proves nothing."""
    if hashlib.sha256(text.encode("utf-8")).hexdigest() != digest:
        return False
    body = json.loads(text)
    return body["outcome"] == Status.SENT and body["simulated"] is False
