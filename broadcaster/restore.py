"""Puts a home back as a backup has it: everything is made ready beside, then switched."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sqlmodel import Session, col, select

from broadcaster import archive, evidence, integrity, restore_switch, seals
from broadcaster.archive import Archive, Manifest, OnBytes
from broadcaster.daemon_lock import DaemonLock
from broadcaster.database import BACKUPS, Database
from broadcaster.database import FILE_NAME as DATABASE_FILE
from broadcaster.delivery import OPEN, Outcome, move
from broadcaster.evidence import ArtefactStore, Head, Kind
from broadcaster.migrations import known_revisions
from broadcaster.records import RESTORED, Checkpoint, Delivery, Secret
from broadcaster.records import DeliveryStatus as Status
from broadcaster.restore_switch import STAGING
from broadcaster.seals import Seal
from broadcaster.settings import load_settings
from broadcaster.vault import KEY_FILE
from broadcaster.verification import Verification, verify
from channels.base import Clock, Json
from content.errors import UserError
from content.files import make_folder, sha256_of_file, sync_folder
from content.station import Station

_SPARE_BYTES = 50 << 20


@dataclass(frozen=True, slots=True)
class Restored:
    """What `restore` did."""

    manifest: Manifest
    held: int
    """Deliveries that may have gone out after the backup was made: unknown, a person looks."""
    secrets_kept: int
    """Secrets that were newer here than in the backup (a refresh token works only once)."""
    key_missing: bool
    """The backup has secrets and this home has no key that opens them."""
    old_state: Path
    """Where the files went that stood here before."""
    verdict: Verification
    lost: tuple[tuple[int, int], ...] = ()
    """For each station whose old chain went further: the first and last record that are not in
    the backup."""
    unread: bool = False
    """Nobody can say where the old chain ended: the old database could not be read."""


@dataclass(frozen=True, slots=True)
class _Before:
    """What the database says that is being replaced; empty where it cannot be read."""

    stations: tuple[str, ...] = ()
    heads: Mapping[int, Head] = field(default_factory=dict)
    """By station."""
    secrets: tuple[Secret, ...] = ()
    sealed: Mapping[int, Mapping[str, Json]] = field(default_factory=dict)
    """By station: `no`, `seq`, `sha256` of the last checkpoint that is known of."""
    exists: bool = True


def restore(
    home: Path,
    file: Path,
    clock: Clock,
    person: str,
    on_bytes: OnBytes = lambda _done, _total: None,
    on_step: Callable[[str], None] = lambda _: None,
) -> Restored:
    """Replace database and settings, add the evidence and images that are missing here.

    Refuses (UserError, nothing touched) while a daemon runs, and a file that is damaged, not
    ours, newer than this program, or another station's.
    """
    with archive.opened(file) as bundle:
        _require_known(bundle.manifest, file)
        bundle.verify(archive.counter(2 * bundle.manifest.bytes, on_bytes))
        on_step("restore.verified")
        make_folder(home)
        with DaemonLock(home), restore_switch.alone(home):
            restore_switch.clear(home)
            before = _before(home)
            _require_same_station(bundle.manifest, before)
            staging = _unpack(home, bundle, on_bytes)
            on_step("restore.unpacked")
            held, kept, lost = _prepare(staging, bundle.manifest, file, before, clock, person)
            on_step("restore.prepared")
            _add_files(home, staging)
            on_step("restore.files_added")
            aside = restore_switch.plan(home, clock.now())
            on_step("restore.planned")
            restore_switch.carry_out(home, on_step)
            on_step("restore.switched")
            key_missing = _has_secrets(home) and not (home / KEY_FILE).exists()
            verdict = _verify(home)
    unread = before.exists and not before.heads
    return Restored(bundle.manifest, held, kept, key_missing, aside, verdict, lost, unread)


# What is refused


def _require_known(manifest: Manifest, file: Path) -> None:
    if DATABASE_FILE not in manifest.files:
        raise UserError(f"“{file.name}” không có cơ sở dữ liệu.", "Hãy chọn bản sao khác.")
    if manifest.schema not in known_revisions():
        raise UserError(
            f"“{file.name}” do bản chương trình mới hơn tạo ra ({manifest.program}).",
            "Hãy cập nhật chương trình rồi khôi phục lại.",
        )


def _require_same_station(manifest: Manifest, before: _Before) -> None:
    if before.stations and not set(before.stations) & set(manifest.stations):
        raise UserError(
            f"Bản sao này của “{', '.join(manifest.stations)}”, còn thư mục này của "
            f"“{', '.join(before.stations)}”.",
            "Hãy khôi phục vào một thư mục khác: thêm --home THƯ_MỤC.",
        )


def _before(home: Path) -> _Before:
    """The old database may be the reason for all this: whatever of it can be read."""
    path = home / DATABASE_FILE
    sealed = _last_sealed(home)
    if not path.exists():
        return _Before(sealed=sealed, exists=False)
    try:
        with closing(integrity.read_only(path)) as old:
            names = tuple(row[0] for row in old.execute("SELECT name FROM station"))
            query = "SELECT station_id, seq, hash FROM evidence_head"
            heads = {station: Head(seq, digest) for station, seq, digest in old.execute(query)}
            secrets = tuple(
                Secret(name=name, value=value, changed_at=_utc(changed))
                for name, value, changed in old.execute(
                    "SELECT name, value, changed_at FROM secret"
                )
            )
    except sqlite3.DatabaseError:
        return _Before(sealed=sealed)
    return _Before(names, heads, secrets, sealed)


def _last_sealed(home: Path) -> dict[int, dict[str, Json]]:
    """From the checkpoints' files, the old rows, and what earlier restores replaced."""
    known, _ = seals.read_folder(home / seals.FOLDER)
    found: list[tuple[int, dict[str, Json]]]
    found = [(one.station, {"no": one.no, "seq": one.seq, "sha256": one.digest}) for one in known]
    found += _sealed_in(home / DATABASE_FILE)
    latest: dict[int, dict[str, Json]] = {}
    for station, one in found:
        if station not in latest or int(str(latest[station]["no"])) < int(str(one["no"])):
            latest[station] = one
    return latest


def _sealed_in(path: Path) -> list[tuple[int, dict[str, Json]]]:
    found: list[tuple[int, dict[str, Json]]] = []
    if not path.exists():
        return found
    try:
        with closing(integrity.read_only(path)) as old:
            for body, signature in old.execute("SELECT body, signature FROM checkpoint"):
                one = Seal.read(body, signature)
                found.append((one.station, {"no": one.no, "seq": one.seq, "sha256": one.digest}))
            query = "SELECT station_id, body FROM evidence WHERE body LIKE ?"
            for station, body in old.execute(query, ('%"kind":"restore"%',)):
                facts = json.loads(body)
                if facts["kind"] == Kind.RESTORE and facts["details"].get("checkpoint"):
                    found.append((station, facts["details"]["checkpoint"]))
    except (sqlite3.DatabaseError, ValueError):
        return found  # an older schema, or a damaged page: what was read so far counts
    return found


def _utc(kept: str) -> datetime:
    """SQLite keeps times without their zone, in UTC."""
    return datetime.fromisoformat(kept).replace(tzinfo=UTC)


# Made ready beside


def _unpack(home: Path, bundle: Archive, on_bytes: OnBytes) -> Path:
    """Everything of the archive in a folder of the same disk, read back by its hash."""
    total = bundle.manifest.bytes
    free = shutil.disk_usage(home).free
    if free < total + _SPARE_BYTES:
        raise UserError(
            f"Ổ đĩa chỉ còn {free >> 20} MB, bản sao cần {(total + _SPARE_BYTES) >> 20} MB.",
            "Hãy dọn bớt rồi khôi phục lại.",
        )
    staging = home / STAGING
    make_folder(staging)
    count = archive.counter(2 * total, on_bytes)
    count(total)
    for name in bundle.manifest.files:
        bundle.extract(name, staging / name, count)
        sync_folder((staging / name).parent)
    return staging


def _prepare(
    staging: Path, manifest: Manifest, file: Path, before: _Before, clock: Clock, person: str
) -> tuple[int, int, tuple[tuple[int, int], ...]]:
    """Upgrade the unpacked database and write down in it that it was restored."""
    integrity.require_whole(staging / DATABASE_FILE)
    database = Database("", staging)
    try:
        database.migrate(clock.now())
        with database.writing() as session:
            held = _hold(session, manifest, clock.now())
            kept = _keep_newer(session, before.secrets)
            lost = _record(session, manifest, file, before, clock.now(), person, held)
            _lay_out_seals(session, staging / seals.FOLDER)
    finally:
        database.close()
    shutil.rmtree(staging / BACKUPS, ignore_errors=True)
    return held, kept, lost


def _hold(session: Session, manifest: Manifest, now: datetime) -> int:
    """What was still to come then, and could have gone out since: perhaps it did.

    Nothing is said twice by accident: it is looked for outside, or a person says what happened.
    """
    query = select(Delivery).where(
        col(Delivery.status).in_([*OPEN, Status.SENDING, Status.UNKNOWN]),
        col(Delivery.scheduled_at) <= now,
    )
    rows = session.exec(query.order_by(col(Delivery.id))).all()
    for row in rows:
        marked = {**row.progress, RESTORED: evidence.iso(now)}
        changes = {
            "progress": marked,
            "looks": 0,
            "next_at": now,
            "first_sent_at": row.first_sent_at or min(manifest.created_at, row.scheduled_at),
        }
        if row.status == Status.UNKNOWN:
            row.progress, row.looks, row.next_at = marked, 0, now
            session.add(row)
        else:
            why = "khôi phục từ bản sao; có thể đã ra ngoài sau khi sao lưu"
            move(session, row, Status.UNKNOWN, Outcome(why, changes), now)
    return len(rows)


def _keep_newer(session: Session, secrets: tuple[Secret, ...]) -> int:
    """A token that was used up since the backup would lock the commune out of its account."""
    kept = 0
    for secret in secrets:
        known = session.get(Secret, secret.name)
        if known is None or known.changed_at < secret.changed_at:
            session.merge(Secret(**secret.model_dump()))
            kept += 1
    return kept


def _record(
    session: Session,
    manifest: Manifest,
    file: Path,
    before: _Before,
    now: datetime,
    person: str,
    held: int,
) -> tuple[tuple[int, int], ...]:
    """The chain says itself where it was cut back, and what stood at the end of the other one."""
    lost: list[tuple[int, int]] = []
    for station in session.exec(select(Station).order_by(col(Station.id))).all():
        head = before.heads.get(station.id or 0)
        row = evidence.append(
            session,
            station.id or 0,
            Kind.RESTORE,
            now,
            {"simulated": False},
            details={
                "event": "restore",
                "person": person,
                "backup_sha256": sha256_of_file(file),
                "backup_created_at": evidence.iso(manifest.created_at),
                "held": held,
                "checkpoint": before.sealed.get(station.id or 0),
                "replaced": [{"seq": head.seq, "hash": head.hash}] if head else [],
            },
        )
        until = evidence.replaced_until(json.loads(row.body)["details"])
        lost += [(row.seq, until)] if until >= row.seq else []
    return tuple(lost)


def _lay_out_seals(session: Session, folder: Path) -> None:
    """The checkpoints that the restored state knows; the home's others go aside with the rest."""
    make_folder(folder)
    for row in session.exec(select(Checkpoint).order_by(col(Checkpoint.no))).all():
        seals.write_file(folder, Seal.read(row.body, row.signature))


def _add_files(home: Path, staging: Path) -> None:
    """Files named by their content only ever join; one that was damaged here is mended."""
    for folder in ("evidence", "media"):
        for path in sorted((staging / folder).rglob("*")):
            target = home / path.relative_to(staging)
            if path.is_file() and not _same(path, target):
                make_folder(target.parent)
                path.replace(target)
                sync_folder(target.parent)


def _same(path: Path, other: Path) -> bool:
    return other.is_file() and sha256_of_file(other) == sha256_of_file(path)


# Afterwards


def _has_secrets(home: Path) -> bool:
    with closing(integrity.read_only(home / DATABASE_FILE)) as connection:
        return bool(connection.execute("SELECT count(*) FROM secret").fetchone()[0])


def _verify(home: Path) -> Verification:
    """Every station's chain and artefacts; the first that is broken, else the last."""
    database = Database(load_settings(home).database.url, home)
    store = ArtefactStore(home / "evidence")
    try:
        with database.reading() as session:
            ids = session.exec(select(Station.id).order_by(col(Station.id))).all()
            copies = [home / seals.FOLDER]
            verdicts = [verify(session, number or 0, store, copies=copies) for number in ids]
    finally:
        database.close()
    broken = [verdict for verdict in verdicts if not verdict.ok]
    return (broken or verdicts or [Verification(0, 0, Head(0, evidence.GENESIS))])[-1]
