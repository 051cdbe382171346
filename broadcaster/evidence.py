"""The ledger (sổ minh chứng): append-only, chained by SHA-256, with content-addressed artefacts.

Each record's body is canonical JSON (RFC 8785) that holds the hash of the record before it;
its own hash is the SHA-256 of that body. One chain per station.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import rfc8785
import sqlalchemy as sa
from sqlmodel import Session, SQLModel, col, select

from broadcaster.records import EvidenceRecord
from channels.base import Artefact, Json
from content.files import copy_atomically, sync_folder, write_atomically

GENESIS = "0" * 64
"""`prev_hash` of a chain's first record."""

_ALARMS_WITHIN = 5_000
"""Records that are searched for alarms: more than any week has."""

FACTS = (
    "channel",
    "target",
    "bulletin",
    "revision",
    "broadcast",
    "delivery",
    "outcome",
    "simulated",
    "scheduled_at",
    "started_at",
    "ended_at",
    "external_id",
    "permalink",
    "payload_sha256",
)
"""Keys that every record has, null where they do not apply (the contract, section 6)."""


class Kind(StrEnum):
    """What a record is about."""

    DELIVERY = "delivery"
    REVIEW = "review"
    MANUAL = "manual"
    PLAN = "plan"
    SETTLEMENT = "settlement"
    ALARM = "alarm"
    CHECK = "check"
    KEY = "key"
    """States a public key that signs checkpoints, or the one that takes its place."""
    CORRECTION = "correction"
    """Corrects an earlier record, which stays as it is."""
    RETENTION = "retention"
    """Names artefacts whose files were deleted when their time was over."""
    RESTORE = "restore"
    TAKEDOWN = "takedown"
    """A withdrawn bulletin was taken down from a channel; points to the records of its outputs."""
    STAMP = "stamp"
    """An authority's time stamp was fetched: on which checkpoint, and the SHA-256 of its answer."""
    REACH = "reach"
    """What a platform told of an output at one look; points to the record of that output."""


@dataclass(frozen=True, slots=True)
class StoredArtefact:
    """An artefact in the store; `sha256` is its address."""

    sha256: str
    name: str
    media_type: str
    bytes: int

    def to_json(self) -> dict[str, Json]:
        return {
            "sha256": self.sha256,
            "name": self.name,
            "media_type": self.media_type,
            "bytes": self.bytes,
        }


class ArtefactStore:
    """Files named by their own SHA-256; written once, safely, before the record that cites them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, artefact: Artefact) -> StoredArtefact:
        """Keep a copy; doing it again costs nothing."""
        digest = artefact.sha256()
        path = self.path(digest)
        size = _size(artefact)
        if not path.exists() or path.stat().st_size != size:
            _write(artefact.data, path, digest)
        else:
            # A crash may have come between the rename and the sync of the folder.
            sync_folder(path.parent)
        return StoredArtefact(digest, artefact.name, artefact.media_type, size)

    def path(self, sha256: str) -> Path:
        return self.folder / sha256[:2] / sha256


@dataclass(frozen=True, slots=True)
class Head:
    """The newest link of a chain: what paper anchors."""

    seq: int
    hash: str


def append(
    session: Session,
    station_id: int,
    kind: Kind,
    at: datetime,
    facts: Mapping[str, Json],
    *,
    details: Mapping[str, Json] | None = None,
    artefacts: Sequence[StoredArtefact] = (),
) -> EvidenceRecord:
    """Add one record in the caller's transaction (it must hold the database's write lock)."""
    session.flush()  # rows that the caller has changed come first, as the ORM would have it
    connection = session.connection()
    last = connection.execute(_LOCK_HEAD, {"station": station_id}).first()
    seq, before = (last.seq + 1, last.hash) if last else (1, GENESIS)
    body: dict[str, Any] = dict.fromkeys(FACTS)
    body |= facts
    body |= {
        "v": 1,
        "station": station_id,
        "seq": seq,
        "kind": str(kind),
        "at": iso(at),
        "details": dict(details or {}),
        "artefacts": [artefact.to_json() for artefact in artefacts],
        "prev_hash": before,
    }
    canonical = rfc8785.dumps(body)
    digest = hashlib.sha256(canonical).hexdigest()
    row: dict[str, Any] = {
        "station_id": station_id,
        "seq": seq,
        "delivery_id": _as_int(facts.get("delivery")),
        "body": canonical.decode("utf-8"),
        "hash": digest,
    }
    # Core statements: a unit of work of the ORM for each record cost most of the time.
    connection.execute(_INSERT, row)
    end = {"station": station_id, "new_seq": seq, "new_hash": digest}
    connection.execute(_MOVE_HEAD if last else _FIRST_HEAD, end)
    return EvidenceRecord(**row)


def head(session: Session, station_id: int) -> Head:
    """The end of the chain; seq 0 and GENESIS while it is empty."""
    session.flush()
    row = session.connection().execute(_HEAD, {"station": station_id}).first()
    return Head(row.seq, row.hash) if row else Head(0, GENESIS)


def last_moment(session: Session, station_id: int) -> datetime | None:
    """When the newest record was written; None while the chain is empty."""
    row = session.exec(
        select(EvidenceRecord)
        .where(EvidenceRecord.station_id == station_id)
        .order_by(col(EvidenceRecord.seq).desc())
        .limit(1)
    ).first()
    return datetime.fromisoformat(json.loads(row.body)["at"]) if row is not None else None


def records(
    session: Session, station_id: int, *, after: int = 0, batch: int = 1000
) -> Iterator[EvidenceRecord]:
    """The chain in order, in bounded memory."""
    while True:
        rows = session.exec(
            select(EvidenceRecord)
            .where(EvidenceRecord.station_id == station_id, EvidenceRecord.seq > after)
            .order_by(col(EvidenceRecord.seq), col(EvidenceRecord.id))
            .limit(batch)
        ).all()
        if not rows:
            return
        yield from rows
        after = rows[-1].seq
        session.expunge_all()


def alarms(session: Session, station_id: int, since: datetime) -> list[dict[str, Any]]:
    """What the station noticed about its own air since a moment, newest first."""
    query = (
        select(EvidenceRecord)
        .where(
            EvidenceRecord.station_id == station_id,
            EvidenceRecord.seq > head(session, station_id).seq - _ALARMS_WITHIN,
            col(EvidenceRecord.body).contains(f'"kind":"{Kind.ALARM}"'),
        )
        .order_by(col(EvidenceRecord.seq).desc())
    )
    found = (to_json(record) for record in session.exec(query).all())
    return [alarm for alarm in found if alarm["at"] >= iso(since)]


def replaced_checkpoint(body: Mapping[str, Any]) -> int:
    """Number of the last checkpoint that a RESTORE record put aside; 0 where it names none."""
    known = body["details"].get("checkpoint") if body["kind"] == Kind.RESTORE else None
    number = known.get("no") if isinstance(known, dict) else None
    return number if isinstance(number, int) else 0


def replaced_until(details: Mapping[str, Any]) -> int:
    """The last record that was known of the chain that a restore put aside; 0: none was."""
    heads = details.get("replaced")
    known = [*(heads if isinstance(heads, list) else []), details.get("checkpoint")]
    seqs = [one.get("seq") for one in known if isinstance(one, dict)]
    return max((seq for seq in seqs if isinstance(seq, int)), default=0)


def to_json(record: EvidenceRecord) -> dict[str, Any]:
    """The record in the contract's form: its body and its hash."""
    body: dict[str, Any] = json.loads(record.body)
    return body | {"hash": record.hash}


def iso(moment: datetime) -> str:
    """RFC 3339 in UTC with microseconds: one spelling for one moment."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


_RECORDS = SQLModel.metadata.tables["evidence"]
_HEADS = SQLModel.metadata.tables["evidence_head"]
_INSERT = sa.insert(_RECORDS)
_HEAD = sa.select(_HEADS.c.seq, _HEADS.c.hash).where(_HEADS.c.station_id == sa.bindparam("station"))
_LOCK_HEAD = _HEAD.with_for_update()
_NEW: dict[str, Any] = {"seq": sa.bindparam("new_seq"), "hash": sa.bindparam("new_hash")}
_MOVE_HEAD = sa.update(_HEADS).where(_HEADS.c.station_id == sa.bindparam("station")).values(_NEW)
_FIRST_HEAD = sa.insert(_HEADS).values(station_id=sa.bindparam("station"), **_NEW)


def _size(artefact: Artefact) -> int:
    data = artefact.data
    return len(data) if isinstance(data, bytes) else data.stat().st_size


def _write(data: bytes | Path, path: Path, digest: str) -> None:
    if isinstance(data, bytes):
        write_atomically(path, data)
    else:
        copy_atomically(data, path, digest)


def _as_int(value: Json) -> int | None:
    return value if isinstance(value, int) else None
