"""The ledger (sổ minh chứng): append-only, chained by SHA-256, with content-addressed artefacts.

Each record's body is canonical JSON (RFC 8785) that holds the hash of the record before it;
its own hash is the SHA-256 of that body. One chain per station.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import rfc8785
from sqlmodel import Session, col, select

from broadcaster.records import EvidenceHead, EvidenceRecord
from channels.base import Artefact, Json
from content.files import sha256_of_file, sync_folder, write_atomically

GENESIS = "0" * 64
"""`prev_hash` of a chain's first record."""

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
    RESTORE = "restore"


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
        data = artefact.read()
        digest = hashlib.sha256(data).hexdigest()
        path = self.path(digest)
        if not path.exists() or path.stat().st_size != len(data):
            write_atomically(path, data)
        else:
            # A crash may have come between the rename and the sync of the folder.
            sync_folder(path.parent)
        return StoredArtefact(digest, artefact.name, artefact.media_type, len(data))

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
    last = _lock_head(session, station_id)
    body: dict[str, Any] = dict.fromkeys(FACTS)
    body |= facts
    body |= {
        "v": 1,
        "station": station_id,
        "seq": last.seq + 1,
        "kind": str(kind),
        "at": iso(at),
        "details": dict(details or {}),
        "artefacts": [artefact.to_json() for artefact in artefacts],
        "prev_hash": last.hash,
    }
    canonical = rfc8785.dumps(body)
    digest = hashlib.sha256(canonical).hexdigest()
    record = EvidenceRecord(
        station_id=station_id,
        seq=last.seq + 1,
        delivery_id=_as_int(facts.get("delivery")),
        body=canonical.decode("utf-8"),
        hash=digest,
    )
    session.add(record)
    last.seq, last.hash = record.seq, digest
    session.add(last)
    session.flush()
    return record


def head(session: Session, station_id: int) -> Head:
    """The end of the chain; seq 0 and GENESIS while it is empty."""
    row = session.get(EvidenceHead, station_id)
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


def to_json(record: EvidenceRecord) -> dict[str, Any]:
    """The record in the contract's form: its body and its hash."""
    body: dict[str, Any] = json.loads(record.body)
    return body | {"hash": record.hash}


class Break(StrEnum):
    """How a chain or an artefact is broken."""

    EDITED = "edited"
    REMOVED = "removed"
    REORDERED = "reordered"
    INSERTED = "inserted"
    CUT_OFF = "cut_off"
    ARTEFACT_MISSING = "artefact_missing"
    ARTEFACT_CHANGED = "artefact_changed"


@dataclass(frozen=True, slots=True)
class Verification:
    """The verdict on one chain. `broken` is None when everything holds."""

    records: int
    artefacts: int
    head: Head
    broken: Break | None = None
    seq: int | None = None
    """The first broken record."""
    what: str = ""
    """In Vietnamese: what was found."""

    @property
    def ok(self) -> bool:
        return self.broken is None


class _BrokenError(Exception):
    def __init__(self, broken: Break, seq: int, what: str) -> None:
        self.broken, self.seq, self.what = broken, seq, what
        super().__init__(what)


def verify(
    session: Session,
    station_id: int,
    store: ArtefactStore,
    on_record: Callable[[], None] = lambda: None,
) -> Verification:
    """Walk the whole chain and its artefacts; stop at the first thing that does not hold."""
    seen: set[str] = set()
    count = 0
    last = Head(0, GENESIS)
    try:
        for record in records(session, station_id):
            body = _check_link(record, last)
            for artefact in body["artefacts"]:
                _check_artefact(store, record.seq, artefact, seen)
            last = Head(record.seq, record.hash)
            count += 1
            on_record()
        _check_end(session, station_id, last)
    except _BrokenError as error:
        return Verification(count, len(seen), last, error.broken, error.seq, error.what)
    return Verification(count, len(seen), last)


def iso(moment: datetime) -> str:
    """RFC 3339 in UTC with microseconds: one spelling for one moment."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _check_link(record: EvidenceRecord, last: Head) -> dict[str, Any]:
    if hashlib.sha256(record.body.encode("utf-8")).hexdigest() != record.hash:
        raise _BrokenError(Break.EDITED, record.seq, "nội dung bản ghi không khớp mã băm của nó")
    body: dict[str, Any] = json.loads(record.body)
    if body["station"] != record.station_id:
        raise _BrokenError(Break.INSERTED, record.seq, "bản ghi thuộc sổ của đơn vị khác")
    if body["seq"] != record.seq:
        raise _BrokenError(Break.REORDERED, record.seq, "bản ghi bị đổi chỗ trong sổ")
    if record.seq != last.seq + 1:
        what = f"thiếu bản ghi từ số {last.seq + 1} đến số {record.seq - 1}"
        raise _BrokenError(Break.REMOVED, last.seq + 1, what)
    if body["prev_hash"] != last.hash:
        raise _BrokenError(Break.INSERTED, record.seq, "bản ghi không nối với bản ghi đứng trước")
    if body["delivery"] != record.delivery_id:
        raise _BrokenError(Break.EDITED, record.seq, "cột của bảng không khớp nội dung bản ghi")
    return body


def _check_artefact(
    store: ArtefactStore, seq: int, artefact: Mapping[str, Any], seen: set[str]
) -> None:
    digest = artefact["sha256"]
    if digest in seen:
        return
    path = store.path(digest)
    if not path.exists():
        what = f"mất tệp minh chứng {artefact['name']} ({digest[:12]}…)"
        raise _BrokenError(Break.ARTEFACT_MISSING, seq, what)
    if sha256_of_file(path) != digest:
        what = f"tệp minh chứng {artefact['name']} ({digest[:12]}…) đã bị thay đổi"
        raise _BrokenError(Break.ARTEFACT_CHANGED, seq, what)
    seen.add(digest)


def _check_end(session: Session, station_id: int, last: Head) -> None:
    claimed = head(session, station_id)
    if claimed.seq > last.seq:
        what = f"sổ bị cắt ở cuối: còn {last.seq} trên {claimed.seq} bản ghi"
        raise _BrokenError(Break.CUT_OFF, last.seq + 1, what)
    if claimed != last:
        raise _BrokenError(Break.INSERTED, last.seq, "bản ghi cuối không phải bản ghi đã được chốt")


def _lock_head(session: Session, station_id: int) -> EvidenceHead:
    query = select(EvidenceHead).where(EvidenceHead.station_id == station_id).with_for_update()
    row = session.exec(query).first()
    return row or EvidenceHead(station_id=station_id, seq=0, hash=GENESIS)


def _as_int(value: Json) -> int | None:
    return value if isinstance(value, int) else None
