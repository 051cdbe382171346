"""Verifies a station's chain in one pass and bounded memory; names the first thing that breaks.

The stand-alone verifier in every pack (`broadcaster/pack/kiem_tra.py`) follows the same rules
without this program; a test holds the two to the same verdicts.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlmodel import Session, SQLModel, col, select

from broadcaster import checkpoints, seals, stamps
from broadcaster.evidence import (
    GENESIS,
    ArtefactStore,
    Head,
    Kind,
    head,
    iso,
    replaced_checkpoint,
    replaced_until,
)
from broadcaster.records import Checkpoint, EvidenceRecord
from broadcaster.seals import Seal
from content.files import sha256_of_file

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

CLOCK_SLACK = timedelta(minutes=5)
"""A record may bear an earlier time than the one before it by this much."""
_MOST_NOTES = 50
_REMEMBERED = 10_000
"""Artefacts lately checked; those cited again within so many are not read again."""
_BATCH = 1000
_TABLE = SQLModel.metadata.tables["evidence"]
_PRINTED = re.compile(r"(?:evidence:(\d+):)?([0-9a-f]{12,64})$")


class Break(StrEnum):
    """How a chain or an artefact is broken."""

    EDITED = "edited"
    REMOVED = "removed"
    REORDERED = "reordered"
    INSERTED = "inserted"
    CUT_OFF = "cut_off"
    ARTEFACT_MISSING = "artefact_missing"
    ARTEFACT_CHANGED = "artefact_changed"
    ARTEFACT_PARTIAL = "artefact_partial"
    """Half-written: shorter than it was."""
    REPLACED = "replaced"
    """A checkpoint of records that a restore has replaced."""
    CHECKPOINT_FORGED = "checkpoint_forged"
    CHECKPOINT_MISSING = "checkpoint_missing"
    KEY_FORGED = "key_forged"
    STAMP_FORGED = "stamp_forged"
    """A time stamp that is not on its checkpoint, or that the authority did not sign."""
    STAMP_MISSING = "stamp_missing"
    """A time stamp that the chain says was fetched and that is not kept any more."""
    PRINTED_UNKNOWN = "printed_unknown"
    """A hash on paper that the chain does not have."""
    MIXED = "mixed"
    """A record of another station's chain."""
    DAMAGED = "damaged"
    """The database itself cannot be read (a bad page)."""


@dataclass(frozen=True, slots=True)
class Note:
    """Something to know that breaks nothing: a clock that was wrong, a key that was lost."""

    seq: int
    kind: str
    what: str


@dataclass(frozen=True, slots=True)
class Verification:
    """The verdict on one chain. `broken` is None when everything holds."""

    records: int
    artefacts: int
    """Files cited and found as they were."""
    head: Head
    broken: Break | None = None
    seq: int | None = None
    """The first broken record; None where no record is."""
    what: str = ""
    """In Vietnamese: what was found."""
    checkpoints: int = 0
    pruned: int = 0
    """Files deleted when their time was over, each named by a record."""
    stamps: int = 0
    """Time stamps of an authority that are on their checkpoints."""
    notes: tuple[Note, ...] = ()

    @property
    def ok(self) -> bool:
        return self.broken is None

    def to_json(self) -> dict[str, Any]:
        """As `evidence verify --json` and the stand-alone verifier print it."""
        return {
            "ok": self.ok,
            "kind": str(self.broken) if self.broken else None,
            "seq": self.seq,
            "what": self.what or None,
            "records": self.records,
            "artefacts": self.artefacts,
            "pruned": self.pruned,
            "checkpoints": self.checkpoints,
            "stamps": self.stamps,
            "head": {"seq": self.head.seq, "hash": self.head.hash},
            "notes": [
                {"seq": note.seq, "kind": note.kind, "what": note.what} for note in self.notes
            ],
        }


def verify(
    session: Session,
    station_id: int,
    store: ArtefactStore,
    on_record: Callable[[], None] = lambda: None,
    *,
    copies: Sequence[Path] = (),
    printed: str | None = None,
    trust: Sequence[Certificate] = (),
) -> Verification:
    """Walk the whole chain, its artefacts and its checkpoints; stop at the first break.

    `copies` are folders with copies of checkpoint files; `printed` is a hash from the footer of
    a document, or the text of its QR code; `trust` are the certificates of the authority that
    stamps checkpoints (without them only what a stamp is on is checked).
    """
    walk = _Walk(session, station_id, store, printed)
    try:
        walk.take_checkpoints(copies)
        for row in rows(session, station_id):
            walk.take(*row)
            on_record()
        walk.end()
        walk.take_stamps(list(trust))
    except _BrokenError as error:
        return walk.verdict(error)
    except (DatabaseError, UnicodeDecodeError) as error:
        if isinstance(error, OperationalError) and "locked" in str(error):
            raise
        return walk.verdict(_damaged(walk.last))
    return walk.verdict(None)


class _BrokenError(Exception):
    def __init__(self, broken: Break, seq: int | None, what: str) -> None:
        self.broken, self.seq, self.what = broken, seq, what
        super().__init__(what)


@dataclass
class _Key:
    public: str
    since: int
    until: int | None = None
    """The record that put another key in its place."""


@dataclass(frozen=True, slots=True)
class _Restore:
    seq: int
    person: str
    sealed: int
    """Number of the last checkpoint that it put aside."""


class _Walk:
    """What is known after each record."""

    def __init__(
        self, session: Session, station_id: int, store: ArtefactStore, printed: str | None
    ) -> None:
        self._session = session
        self._station = station_id
        self.last = Head(0, GENESIS)
        self._records = 0
        self._files = _Files(session, station_id, store)
        self._printed = _Printed(printed) if printed else None
        self._keys: dict[str, _Key] = {}
        self._key: str | None = None
        self._rows: list[Seal] = []
        self._in_rows: frozenset[tuple[str, str]] = frozenset()
        self._seals: list[Seal] = []
        self._at: datetime | None = None
        self._notes: list[Note] = []
        self._sealed = 0
        self._stamped = 0
        self._promised: dict[int, tuple[int, str]] = {}
        """Checkpoint -> the record that says it was stamped, and the SHA-256 of the answer."""
        self._restores: list[_Restore] = []
        self._extra: list[Seal] = []
        """Seals that hold and that only a file has."""

    def take_checkpoints(self, copies: Sequence[Path]) -> None:
        """All seals that are known, from rows and from files, in order of their records."""
        try:
            kept = checkpoints.listed(self._session, self._station)
        except (TypeError, ValueError):  # a column that is no number or no date
            what = "có mốc niêm phong bị sửa, không đọc được"
            raise _BrokenError(Break.CHECKPOINT_FORGED, None, what) from None
        self._rows = [_seal_of(row) for row in kept]
        known = {(seal.body, seal.signature): seal for seal in self._rows}
        self._in_rows = frozenset(known)
        for folder in copies:
            found, unread = seals.read_folder(folder)
            for path in unread:
                what = f"tệp mốc niêm phong {path.name} không đọc được"
                raise _BrokenError(Break.CHECKPOINT_FORGED, None, what)
            known |= {(s.body, s.signature): s for s in found if s.station == self._station}
        self._seals = sorted(known.values(), key=lambda seal: (-seal.seq, -seal.no))

    def take(self, seq: int, delivery: int | None, body: str, digest: str) -> None:
        """Check one record, what it cites, and what was signed of it."""
        facts = self._link(seq, delivery, body, digest)
        for artefact in facts["artefacts"]:
            self._files.check(seq, artefact)
        if facts["kind"] == Kind.KEY:
            self._take_key(seq, facts["details"])
        elif facts["kind"] == Kind.RESTORE:
            self._take_restore(seq, facts)
        elif facts["kind"] == Kind.STAMP and isinstance(facts["details"].get("checkpoint"), int):
            said = facts["details"]
            self._promised[said["checkpoint"]] = (seq, str(said.get("sha256")))
        self.last = Head(seq, digest)
        self._records += 1
        self._watch_clock(seq, facts["at"])
        if self._printed is not None:
            self._printed.look(seq, digest)
        while self._seals and self._seals[-1].seq <= seq:
            self._check_seal(self._seals.pop())

    def end(self) -> None:
        """After the last record: nothing may be missing behind it."""
        while self._seals:
            self._check_seal(self._seals.pop())
        claimed = head(self._session, self._station)
        if claimed.seq > self.last.seq:
            what = f"sổ bị cắt ở cuối: còn {self.last.seq} trên {claimed.seq} bản ghi"
            raise _BrokenError(Break.CUT_OFF, self.last.seq + 1, what)
        if claimed != self.last:
            what = "bản ghi cuối không phải bản ghi đã được chốt"
            raise _BrokenError(Break.INSERTED, self.last.seq, what)
        self._check_row_of_seals()
        if self._printed is not None and not self._printed.found:
            what = f"mã băm in trên giấy ({self._printed.text}) không có trong sổ"
            if self._restores:
                what += "; sổ từng được khôi phục: mã này có thể thuộc các bản ghi đã bị thay"
            raise _BrokenError(Break.PRINTED_UNKNOWN, self._printed.seq, what)

    def take_stamps(self, trust: list[Certificate]) -> None:
        """The authority's time stamps, each on its checkpoint."""
        try:
            found = stamps.listed(self._session, self._station)
        except (TypeError, ValueError):
            what = "có dấu thời gian bị sửa, không đọc được"
            raise _BrokenError(Break.STAMP_FORGED, None, what) from None
        for checkpoint, stamp in found:
            try:
                stamps.check(stamp, checkpoint.body, trust)
            except stamps.BadStampError as error:
                what = f"mốc niêm phong số {checkpoint.no}: {error}"
                raise _BrokenError(Break.STAMP_FORGED, checkpoint.seq, what) from None
            self._stamped += 1
            self._compare_clocks(checkpoint, stamp.stamped_at)
        self._check_promises({one.no: stamps.answer_sha256(row) for one, row in found})
        if found and not trust:
            what = (
                f"{len(found)} dấu thời gian chưa kiểm được chữ ký: "
                "chưa có chứng thư của cơ quan cấp (tsa_certificates)"
            )
            self._notes.append(Note(found[0][0].seq, "stamps_unsigned", what))

    def _check_promises(self, kept: Mapping[int, str]) -> None:
        """Stamps of before they were recorded are in no record; those later are all kept."""
        for no, (seq, digest) in self._promised.items():
            if no not in kept:
                what = f"mất dấu thời gian của mốc niêm phong số {no}"
                raise _BrokenError(Break.STAMP_MISSING, seq, what)
            if kept[no] != digest:
                what = f"mốc niêm phong số {no}: dấu thời gian bị thay bằng dấu khác"
                raise _BrokenError(Break.STAMP_FORGED, seq, what)

    def _compare_clocks(self, checkpoint: Checkpoint, stamped: datetime) -> None:
        """Nothing can be stamped before it is there: then this machine's clock was ahead."""
        if stamped < checkpoint.at - CLOCK_SLACK:
            what = (
                f"đồng hồ máy từng chạy trước: mốc niêm phong số {checkpoint.no} ghi giờ muộn hơn "
                f"dấu thời gian của nó là {_span(checkpoint.at - stamped)}"
            )
            self._notes.append(Note(checkpoint.seq, "clock", what))

    def verdict(self, error: _BrokenError | None) -> Verification:
        return Verification(
            records=self._records,
            artefacts=self._files.checked,
            head=self.last,
            broken=error.broken if error else None,
            seq=error.seq if error else None,
            what=error.what if error else "",
            checkpoints=self._sealed,
            stamps=self._stamped,
            pruned=self._files.pruned,
            notes=tuple(self._notes[:_MOST_NOTES]),
        )

    def _link(self, seq: int, delivery: int | None, body: str, digest: str) -> dict[str, Any]:
        """The record's own hash, its place, and its tie to the one before it."""
        number = seq if isinstance(seq, int) else self.last.seq + 1
        if not isinstance(body, str) or _sha256(body) != digest:
            what = "nội dung bản ghi không khớp mã băm của nó"
            raise _BrokenError(Break.EDITED, number, what)
        facts = facts_of(body)
        if facts is None or not isinstance(seq, int):
            what = "nội dung bản ghi không phải do chương trình ghi"
            raise _BrokenError(Break.EDITED, number, what)
        if facts["station"] != self._station:
            what = f"bản ghi thuộc sổ của đơn vị khác (đơn vị số {facts['station']})"
            raise _BrokenError(Break.MIXED, seq, what)
        if facts["seq"] != seq:
            raise _BrokenError(Break.REORDERED, seq, "bản ghi bị đổi chỗ trong sổ")
        if seq <= self.last.seq:
            raise _BrokenError(Break.INSERTED, seq, "có hai bản ghi cùng số")
        if seq != self.last.seq + 1:
            what = f"thiếu bản ghi từ số {self.last.seq + 1} đến số {seq - 1}"
            raise _BrokenError(Break.REMOVED, self.last.seq + 1, what)
        if facts["prev_hash"] != self.last.hash:
            what = "bản ghi không nối với bản ghi đứng trước"
            raise _BrokenError(Break.INSERTED, seq, what)
        if facts["delivery"] != delivery:
            what = "cột của bảng không khớp nội dung bản ghi"
            raise _BrokenError(Break.EDITED, seq, what)
        return facts

    def _take_key(self, seq: int, details: Mapping[str, Any]) -> None:
        """A key counts from the record that states it; the one before it signs its successor."""
        public, name = str(details.get("public_key")), str(details.get("key"))
        event, previous = details.get("event"), details.get("previous")
        if not _is_key(public, name) or previous != self._key or name in self._keys:
            raise _BrokenError(Break.KEY_FORGED, seq, "khóa ký không nối với khóa trước nó")
        if event == "rotated" and self._key is not None:
            statement = seals.rotation_statement(self._station, name, public, self._key)
            signature = str(details.get("signature"))
            if not seals.is_signed(statement, signature, self._keys[self._key].public):
                what = "khóa ký mới không được khóa cũ xác nhận"
                raise _BrokenError(Break.KEY_FORGED, seq, what)
        elif event == "replaced" and self._key is not None:
            what = f"khóa ký {self._key} bị mất; {details.get('person')} đã thay bằng khóa {name}"
            self._notes.append(Note(seq, "key_replaced", what))
        elif event != "made" or self._key is not None:
            raise _BrokenError(Break.KEY_FORGED, seq, "khóa ký được ghi sai quy cách")
        if self._key is not None:
            self._keys[self._key].until = seq
        self._keys[name] = _Key(public, seq)
        self._key = name

    def _take_restore(self, seq: int, facts: Mapping[str, Any]) -> None:
        person = facts["details"].get("person")
        self._restores.append(_Restore(seq, str(person), replaced_checkpoint(facts)))
        what = f"đã khôi phục từ bản sao ({person}): {_lost(facts['details'], seq - 1)}"
        self._notes.append(Note(seq, "restore", what))

    def _refuse_replaced(self, seal: Seal, key: _Key | None, *, signed: bool) -> None:
        """What a restore replaced is said as such: its record alone must not excuse a cut."""
        restore = self._replaced_by(seal)
        holds = seal.seq <= self.last.seq and seal.hash == self.last.hash
        fits = key is not None and _in_force(key, seal.seq)
        if restore is not None and (key is None or (signed and not (holds and fits))):
            what = (
                f"mốc niêm phong số {seal.no} đã ký bản ghi {seal.seq}, nhưng các bản ghi sau số "
                f"{restore.seq - 1} đã bị thay khi {restore.person} khôi phục từ bản sao"
            )
            raise _BrokenError(Break.REPLACED, restore.seq, what)

    def _replaced_by(self, seal: Seal) -> _Restore | None:
        """The restore that put this checkpoint aside, where only a copy has it."""
        if (seal.body, seal.signature) in self._in_rows:
            return None
        return next((one for one in self._restores if seal.no <= one.sealed), None)

    def _check_seal(self, seal: Seal) -> None:
        """A checkpoint whose record has been read (or is not there any more)."""
        key = self._keys.get(seal.key)
        signed = key is not None and seal.is_signed_by(key.public)
        self._refuse_replaced(seal, key, signed=signed)
        if key is None or not _in_force(key, seal.seq) or not signed:
            what = f"mốc niêm phong số {seal.no} (bản ghi {seal.seq}) có chữ ký giả"
            raise _BrokenError(Break.CHECKPOINT_FORGED, seal.seq, what)
        if seal.seq > self.last.seq:
            what = (
                f"sổ bị cắt ở cuối: còn {self.last.seq} bản ghi, mốc niêm phong số {seal.no} "
                f"đã ký bản ghi {seal.seq}"
            )
            raise _BrokenError(Break.CUT_OFF, self.last.seq + 1, what)
        if seal.hash != self.last.hash:
            what = f"sổ đã bị viết lại: bản ghi {seal.seq} khác với mốc niêm phong số {seal.no}"
            raise _BrokenError(Break.EDITED, seal.seq, what)
        self._sealed += 1
        if (seal.body, seal.signature) not in self._in_rows:
            self._extra.append(seal)

    def _check_row_of_seals(self) -> None:
        """No checkpoint is missing between two others, nor behind the last copy."""
        before: Seal | None = None
        for seal in self._rows:
            number = self._number_after(before, seal)
            if seal.no != number or seal.previous != (before.digest if before else seals.NONE):
                what = f"thiếu mốc niêm phong số {number}"
                raise _BrokenError(Break.CHECKPOINT_MISSING, seal.seq, what)
            before = seal
        if any(self._replaced_by(seal) is None for seal in self._extra):
            what = "có tệp mốc niêm phong mà cơ sở dữ liệu không còn giữ"
            raise _BrokenError(Break.CHECKPOINT_MISSING, self.last.seq, what)

    def _number_after(self, before: Seal | None, seal: Seal) -> int:
        """One more; numbers that a restore put aside are not used again."""
        since = before.seq if before else 0
        aside = [one.sealed for one in self._restores if since < one.seq <= seal.seq]
        return max(before.no if before else 0, *aside, 0) + 1

    def _watch_clock(self, seq: int, text: str) -> None:
        at = datetime.fromisoformat(text)
        if self._at is not None and at < self._at - CLOCK_SLACK:
            what = (
                f"đồng hồ máy từng sai: bản ghi {seq} ghi lúc {text[:16].replace('T', ' ')} UTC, "
                f"sớm hơn bản ghi {seq - 1} là {_span(self._at - at)}"
            )
            self._notes.append(Note(seq, "clock", what))
        self._at = at


class _Files:
    """The artefacts on disk; the newest ones looked at are not read twice."""

    def __init__(self, session: Session, station_id: int, store: ArtefactStore) -> None:
        self._session = session
        self._station = station_id
        self._store = store
        self._seen: OrderedDict[bytes, None] = OrderedDict()
        self._retired: set[bytes] | None = None
        self.checked = 0
        self.pruned = 0

    def check(self, seq: int, artefact: Mapping[str, Any]) -> None:
        digest, name = str(artefact["sha256"]), artefact["name"]
        key = bytes.fromhex(digest)
        if key in self._seen:
            self._seen.move_to_end(key)
            self.checked += 1
            return
        path = self._store.path(digest)
        short = f"{name} ({digest[:12]}…)"
        if not path.exists():
            if key not in self._pruned():
                raise _BrokenError(Break.ARTEFACT_MISSING, seq, f"mất tệp minh chứng {short}")
            self.pruned += 1
            return
        if sha256_of_file(path) != digest:
            if path.stat().st_size < artefact["bytes"]:
                what = f"tệp minh chứng {short} chỉ còn một phần (ghi dở)"
                raise _BrokenError(Break.ARTEFACT_PARTIAL, seq, what)
            what = f"tệp minh chứng {short} đã bị thay đổi"
            raise _BrokenError(Break.ARTEFACT_CHANGED, seq, what)
        self._seen[key] = None
        if len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)
        self.checked += 1

    def _pruned(self) -> set[bytes]:
        """Read once, when a file is missing for the first time."""
        if self._retired is None:
            self._retired = pruned(self._session, self._station)
        return self._retired


class _Printed:
    """A hash from paper, looked for while the chain goes by."""

    def __init__(self, text: str) -> None:
        match = _PRINTED.search("".join(text.split()).lower().replace("…", ""))
        self.text = text.strip()
        self.seq = int(match.group(1)) if match and match.group(1) else None
        self._hash = match.group(2) if match else ""
        self.found = False

    def look(self, seq: int, digest: str) -> None:
        if self._hash and digest.startswith(self._hash) and self.seq in (None, seq):
            self.found = True


def pruned(session: Session, station_id: int) -> set[bytes]:
    """SHA-256 of the artefacts that retention records name."""
    query = select(EvidenceRecord.body).where(
        EvidenceRecord.station_id == station_id,
        col(EvidenceRecord.body).contains('"kind":"retention"'),
    )
    found: set[bytes] = set()
    for body in session.exec(query.execution_options(yield_per=_BATCH)):
        facts = facts_of(body)
        if facts is not None and facts["kind"] == Kind.RETENTION:
            found |= {bytes.fromhex(one["sha256"]) for one in facts["details"]["pruned"]}
    return found


def rows(session: Session, station_id: int) -> Iterator[tuple[int, int | None, str, str]]:
    """The chain in order as plain values, in bounded memory."""
    table = _TABLE.c
    columns = sa.select(table.seq, table.delivery_id, table.body, table.hash, table.id)
    after: tuple[Any, int] = (-1, -1)
    size = _BATCH
    while True:
        query = (
            columns.where(table.station_id == station_id)
            # The first bound alone lets the index begin here; an OR alone reads all before it.
            .where(table.seq >= after[0])
            .where((table.seq > after[0]) | (table.id > after[1]))
            .order_by(table.seq, table.id)
            .limit(size)
        )
        try:
            found = session.connection().execute(query).all()
        except DatabaseError:
            if size == 1:
                raise
            size = 1  # a bad page: go on as far as it can be read, to name the record
            continue
        for seq, delivery, body, digest, _ in found:
            yield seq, delivery, body, digest
        if len(found) < size:
            return
        after = found[-1][0], found[-1][4]


_TEXTS = ("kind", "at", "prev_hash")


def facts_of(body: str) -> dict[str, Any] | None:
    """A record's body, or None when this program cannot have written it."""
    try:
        facts = json.loads(body)
        artefacts, details = facts["artefacts"], facts["details"]
        fine = (
            isinstance(artefacts, list)
            and isinstance(details, dict)
            and isinstance(facts["seq"], int)
            and all(isinstance(facts[name], str) for name in _TEXTS)
            and all(_is_artefact(one) for one in artefacts)
            and _MOMENT.fullmatch(facts["at"]) is not None
            and "delivery" in facts
            and "station" in facts
            and (facts["kind"] != Kind.RETENTION or _names_pruned(details))
        )
        datetime.fromisoformat(facts["at"])
    except (KeyError, TypeError, ValueError, RecursionError):
        return None
    return facts if fine else None


_DIGEST = re.compile(r"[0-9a-f]{64}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
"""As `evidence.iso` writes it."""


def _is_artefact(value: Any) -> bool:
    return (
        isinstance(value["name"], str)
        and isinstance(value["bytes"], int)
        and _DIGEST.fullmatch(value["sha256"]) is not None
    )


def _names_pruned(details: Mapping[str, Any]) -> bool:
    return all(_DIGEST.fullmatch(one["sha256"]) for one in details["pruned"])


def _is_key(public: str, name: str) -> bool:
    return _DIGEST.fullmatch(public) is not None and seals.key_id(public) == name


def _in_force(key: _Key, seq: int) -> bool:
    return key.since <= seq and (key.until is None or seq < key.until)


def _seal_of(row: Checkpoint) -> Seal:
    """The row as its body says; columns that say otherwise are a forgery."""
    try:
        seal = Seal.read(row.body, row.signature)
    except ValueError:
        what = f"mốc niêm phong số {row.no} không đọc được"
        raise _BrokenError(Break.CHECKPOINT_FORGED, row.seq, what) from None
    known = (row.no, row.station_id, row.seq, row.hash, iso(row.at), row.key_id)
    if known != (seal.no, seal.station, seal.seq, seal.hash, seal.at, seal.key):
        what = f"mốc niêm phong số {row.no} bị sửa"
        raise _BrokenError(Break.CHECKPOINT_FORGED, row.seq, what)
    return seal


def _lost(details: Mapping[str, Any], kept: int) -> str:
    """What of the chain before a restore the backup did not have."""
    last = replaced_until(details)
    if last == 0:
        return f"bản ghi sau số {kept} của sổ cũ bị thay"
    if last <= kept:
        return "không mất bản ghi nào của sổ cũ"
    return f"bản sao không có bản ghi {kept + 1} đến {last} của sổ cũ, chúng đã bị thay"


def _damaged(last: Head) -> _BrokenError:
    what = f"cơ sở dữ liệu bị hỏng, không đọc được sau bản ghi {last.seq}"
    return _BrokenError(Break.DAMAGED, last.seq + 1, what)


def _span(gap: timedelta) -> str:
    hours, minutes = divmod(int(gap.total_seconds()) // 60, 60)
    if hours >= 48:
        return f"{hours // 24} ngày"
    return f"{hours} giờ {minutes} phút" if hours else f"{minutes} phút"


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
