"""Checkpoints: each day the chain's head is signed; keys are made, stated in the chain, rotated.

Whoever holds the database can rewrite it; whoever holds a checkpoint (its file, its print) can
show that.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlmodel import Session, col, select

from broadcaster import evidence, seals
from broadcaster.app import App
from broadcaster.evidence import Kind
from broadcaster.records import Checkpoint, EvidenceRecord, SigningKey
from broadcaster.seals import Seal
from content.errors import UserError
from content.files import write_atomically
from content.people import Role, require_role

PROGRAM = "chương trình"
"""Who acts where no person does."""


@dataclass(frozen=True, slots=True)
class Made:
    """A checkpoint, and whether it is a new one."""

    seal: Seal
    new: bool


def make_key(app: App) -> None:
    """Make the station's signing key once; its private half goes into the vault."""
    with app.database.reading() as session:
        known = current_key(session, app.station_id)
    if known is None:
        private, row = _new_key(app, app.person)
        with app.database.writing() as session:
            if current_key(session, app.station_id) is None:
                session.add(row)
        del private
    write_public_keys(app)


def make_checkpoint(app: App) -> Made | None:
    """Sign the head of the chain; None while there is nothing to sign.

    The newest checkpoint stands where nothing was recorded since. Raises UserError when the
    chain no longer holds what the newest checkpoint signed, or when the key is lost.
    """
    make_key(app)
    with app.database.reading() as session:
        private = private_key(app, _current(session, app.station_id))
    with app.database.writing() as session:
        made = _sign_head(app, session, private)
    if made is not None:
        write_files(app)
    return made


def make_due_checkpoint(app: App) -> Made | None:
    """The day's checkpoint, unless there is one of today on the station's calendar."""
    with app.database.reading() as session:
        last = newest(session, app.station_id)
    today = app.clock.now().astimezone(app.zone).date()
    if last is not None and last.at.astimezone(app.zone).date() == today:
        return None
    with app.database.reading() as session:
        if last is not None and not _has_news(session, app.station_id, last):
            return None
    return make_checkpoint(app)


def _has_news(session: Session, station_id: int, last: Checkpoint) -> bool:
    """Whether the chain went on, apart from the time stamp on this very checkpoint."""
    query = select(EvidenceRecord.id).where(
        EvidenceRecord.station_id == station_id,
        EvidenceRecord.seq > last.seq,
        ~col(EvidenceRecord.body).contains(f'"kind":"{Kind.STAMP}"'),
    )
    return session.exec(query.limit(1)).first() is not None


def rotate_key(app: App, *, lost: bool = False) -> SigningKey:
    """A new key takes the place of the present one, and the chain says so.

    The old key signs the new one; with `lost` nobody can, and every verification tells of it.
    Raises UserError when the old key cannot be read and `lost` was not said.
    """
    with app.database.reading() as session:
        require_role(session, app.station_id, app.person, Role.ADMIN)
    if not lost:
        make_checkpoint(app)  # what the old key vouches for ends here
    with app.database.reading() as session:
        old = current_key(session, app.station_id)
    if old is None:
        raise UserError(
            "Chưa có khóa ký nào để thay.", "Hãy chạy trước: broadcaster evidence checkpoint."
        )
    _, new = _new_key(app, app.person)
    signature = None if lost else _vouch(app, old, new)
    with app.database.writing() as session:
        retired = session.get_one(SigningKey, old.id)
        retired.retired_at = app.clock.now()
        session.add(retired)
        session.add(new)
        action = "replaced" if lost else "rotated"
        new.seq = _state(app, session, new, action, old.key_id, signature).seq
    write_public_keys(app)
    make_checkpoint(app)
    return new


def newest(session: Session, station_id: int) -> Checkpoint | None:
    """The last checkpoint that was made."""
    query = select(Checkpoint).where(Checkpoint.station_id == station_id)
    return session.exec(query.order_by(col(Checkpoint.no).desc()).limit(1)).first()


def listed(session: Session, station_id: int) -> list[Checkpoint]:
    """All checkpoints in order (one a day: a decade is some thousands)."""
    query = select(Checkpoint).where(Checkpoint.station_id == station_id)
    return list(session.exec(query.order_by(col(Checkpoint.no), col(Checkpoint.id))).all())


def current_key(session: Session, station_id: int) -> SigningKey | None:
    """The key that signs now."""
    query = select(SigningKey).where(
        SigningKey.station_id == station_id, col(SigningKey.retired_at).is_(None)
    )
    return session.exec(query.order_by(col(SigningKey.id)).limit(1)).first()


def keys(session: Session, station_id: int) -> list[SigningKey]:
    """All keys, oldest first."""
    query = select(SigningKey).where(SigningKey.station_id == station_id)
    return list(session.exec(query.order_by(col(SigningKey.id))).all())


def private_key(app: App, row: SigningKey) -> str:
    """The private half, from the vault. Raises UserError when it is lost."""
    found = app.vault.get(_secret(app, row.key_id))
    if found is None:
        raise UserError(
            f"Không còn khóa ký {row.key_id} của sổ minh chứng.",
            "Nếu không tìm lại được tệp khóa, hãy chạy: broadcaster evidence rotate-key --lost.",
        )
    return found


def copies_in(app: App, more: Sequence[Path]) -> list[Path]:
    """The folders with copies of checkpoints: the home's own, and those that the user names.

    Raises UserError for a folder that is not there or holds none.
    """
    for folder in more:
        if not any(folder.glob(f"*{seals.SUFFIX}")):
            raise UserError(
                f"Thư mục “{folder}” không có mốc niêm phong nào.",
                f"Các tệp cần tìm có đuôi {seals.SUFFIX}.",
            )
    return [app.home / seals.FOLDER, *more]


def write_files(app: App) -> None:
    """The checkpoints as small files, those that are missing; also after a crash before it."""
    folder = app.home / seals.FOLDER
    with app.database.reading() as session:
        rows = listed(session, app.station_id)
    for row in rows:
        try:
            seal = Seal.read(row.body, row.signature)
        except ValueError:  # somebody changed it: verification names it, a copy would hide it
            continue
        if not (folder / seal.file_name).exists():
            seals.write_file(folder, seal)


def write_public_keys(app: App) -> None:
    """The public keys, newest first, as PEM in the home: to be given to whoever will verify."""
    with app.database.reading() as session:
        rows = keys(session, app.station_id)
    text = "".join(seals.pem(row.public_key) for row in reversed(rows)).encode("ascii")
    path = app.home / seals.PUBLIC_KEY_FILE
    if rows and not (path.exists() and path.read_bytes() == text):
        write_atomically(path, text)


def _sign_head(app: App, session: Session, private: str) -> Made | None:
    head = evidence.head(session, app.station_id)
    last = newest(session, app.station_id)
    if last is not None:
        _refuse_broken(app, session, last, head)
        if head.seq == last.seq:
            return Made(_read(last), new=False)
    if head.seq == 0:
        return None
    key = _current(session, app.station_id)
    if key.seq is None:
        key.seq = _state(app, session, key, "made", None, None).seq
        session.add(key)
        head = evidence.head(session, app.station_id)
    if seals.key_id(seals.public_half(private)) != key.key_id:
        raise UserError(
            "Khóa ký trong máy không phải khóa đã ghi trong sổ.",
            "Hãy khôi phục tệp vault.key đúng, hoặc chạy: broadcaster evidence rotate-key --lost.",
        )
    now = app.clock.now()
    number = _replaced_number(session, app.station_id, last.seq if last else 0)
    seal = _seal(app, private, key, head, last, number, now)
    session.add(_row(app.station_id, seal, now))
    return Made(seal, new=True)


def _refuse_broken(app: App, session: Session, last: Checkpoint, head: evidence.Head) -> None:
    """A new signature must not cover up what the old ones show, in rows or in files."""
    kept, _ = seals.read_folder(app.home / seals.FOLDER)
    newest_copy = max((seal.no for seal in kept if seal.station == app.station_id), default=0)
    query = select(EvidenceRecord.hash).where(
        EvidenceRecord.station_id == last.station_id, EvidenceRecord.seq == last.seq
    )
    if newest_copy > last.no or head.seq < last.seq or session.exec(query).first() != last.hash:
        raise UserError(
            f"Sổ minh chứng không còn khớp mốc niêm phong số {last.no}; không niêm phong tiếp.",
            "Hãy giữ nguyên máy và chạy: broadcaster evidence verify.",
        )


def _seal(
    app: App,
    private: str,
    key: SigningKey,
    head: evidence.Head,
    last: Checkpoint | None,
    replaced: int,
    now: datetime,
) -> Seal:
    before = _read(last) if last else None
    return seals.make_seal(
        private,
        {
            "no": max(before.no if before else 0, replaced) + 1,
            "station": app.station_id,
            "seq": head.seq,
            "hash": head.hash,
            "at": evidence.iso(now),
            "key": key.key_id,
            "previous": before.digest if before else seals.NONE,
        },
    )


def _replaced_number(session: Session, station_id: int, after: int) -> int:
    """The last checkpoint that a restore since record `after` put aside: its number is used up."""
    bodies = session.exec(
        select(EvidenceRecord.body).where(
            EvidenceRecord.station_id == station_id,
            EvidenceRecord.seq > after,
            col(EvidenceRecord.body).contains('"kind":"restore"'),
        )
    )
    return max((evidence.replaced_checkpoint(json.loads(body)) for body in bodies), default=0)


def _read(row: Checkpoint) -> Seal:
    try:
        return Seal.read(row.body, row.signature)
    except ValueError:
        raise UserError(
            f"Mốc niêm phong số {row.no} bị sửa, không đọc được.",
            "Hãy giữ nguyên máy và chạy: broadcaster evidence verify.",
        ) from None


def _row(station_id: int, seal: Seal, now: datetime) -> Checkpoint:
    return Checkpoint(
        station_id=station_id,
        no=seal.no,
        seq=seal.seq,
        hash=seal.hash,
        at=now,
        key_id=seal.key,
        body=seal.body,
        signature=seal.signature,
    )


def _new_key(app: App, by: str) -> tuple[str, SigningKey]:
    """In the vault before any row names it: a crash between leaves a key that nobody uses."""
    private = seals.new_private_key()
    public = seals.public_half(private)
    name = seals.key_id(public)
    app.vault.put(_secret(app, name), private)
    row = SigningKey(
        station_id=app.station_id,
        key_id=name,
        public_key=public,
        made_at=app.clock.now(),
        made_by=by,
    )
    return private, row


def _vouch(app: App, old: SigningKey, new: SigningKey) -> str:
    statement = seals.rotation_statement(app.station_id, new.key_id, new.public_key, old.key_id)
    return seals.sign(statement, private_key(app, old))


def _state(
    app: App,
    session: Session,
    key: SigningKey,
    action: str,
    previous: str | None,
    signature: str | None,
) -> EvidenceRecord:
    """The record in the chain that makes a key count."""
    return evidence.append(
        session,
        app.station_id,
        Kind.KEY,
        app.clock.now(),
        {"simulated": False},
        details={
            "event": action,
            "key": key.key_id,
            "public_key": key.public_key,
            "previous": previous,
            "signature": signature,
            "person": key.made_by,
        },
    )


def _current(session: Session, station_id: int) -> SigningKey:
    key = current_key(session, station_id)
    if key is None:
        raise UserError("Chưa có khóa ký.", "Hãy chạy: broadcaster init.")
    return key


def _secret(app: App, name: str) -> str:
    return f"evidence.key.{app.station_id}.{name}"
