"""Retention (thời hạn lưu): files whose time is over are deleted; hash and record stay for ever."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlmodel import Session, col, select

from broadcaster import evidence, verification
from broadcaster.app import App
from broadcaster.checkpoints import PROGRAM
from broadcaster.evidence import Kind
from broadcaster.records import Checkpoint
from channels.base import Json
from content.people import Role, require_role

_A_RECORD = 500
"""How many files one record names."""
_WITNESSES, _TRUST = 30, timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was deleted."""

    files: int
    bytes: int


@dataclass(frozen=True, slots=True)
class _File:
    sha256: str
    name: str
    bytes: int


def prune(app: App) -> Pruned:
    """Delete what was kept long enough, by an administrator's wish."""
    with app.database.reading() as session:
        require_role(session, app.station_id, app.person, Role.ADMIN)
    return _prune(app, app.person)


def prune_due(app: App) -> Pruned:
    """The daemon's: the same, and the old log files."""
    _forget_logs(app)
    return _prune(app, PROGRAM)


def _prune(app: App, person: str) -> Pruned:
    """The record is written before the files go: a crash leaves files, never a riddle."""
    with app.database.snapshot() as session:
        now = _trusted_now(app, session)
        due = [] if now is None else list(_due(app, session, now))
        told = verification.pruned(session, app.station_id) if due else set()
    new = [file for file in due if bytes.fromhex(file.sha256) not in told]
    for first in range(0, len(new), _A_RECORD):
        _record(app, new[first : first + _A_RECORD], person)
    for file in due:
        app.store.path(file.sha256).unlink(missing_ok=True)
    return Pruned(len(due), sum(file.bytes for file in due))


def _due(app: App, session: Session, now: datetime) -> Iterator[_File]:
    """Files on the disk that only records beyond their time cite."""
    old: dict[bytes, _File] = {}
    needed: set[bytes] = set()
    for _, _, body, _ in verification.rows(session, app.station_id):
        facts = verification.facts_of(body)
        for one in facts["artefacts"] if facts else ():
            key = bytes.fromhex(one["sha256"])
            kept = _kept(app, str(one.get("media_type")))
            at = datetime.fromisoformat(facts["at"]) if facts else now
            if kept is None or at > now - kept:
                needed.add(key)
            else:
                old[key] = _File(one["sha256"], one["name"], one["bytes"])
    for key, file in old.items():
        if key not in needed and app.store.path(file.sha256).exists():
            yield file


def _kept(app: App, media_type: str) -> timedelta | None:
    """How long files of this kind are kept; None: for ever."""
    settings = app.settings.evidence
    sound = media_type.startswith("audio/")
    days = settings.keep_audio_days if sound else settings.keep_other_days
    return timedelta(days=days) if days else None


def _trusted_now(app: App, session: Session) -> datetime | None:
    """Now, but not far from the checkpoints of the last weeks: a clock that went wrong for some
    days must not delete years. None without any checkpoint."""
    query = select(Checkpoint.at).where(Checkpoint.station_id == app.station_id)
    times = session.exec(query.order_by(col(Checkpoint.no).desc()).limit(_WITNESSES)).all()
    return min(app.clock.now(), times[-1] + _TRUST) if times else None


def _record(app: App, files: list[_File], person: str) -> None:
    listed: list[Json] = [
        {"sha256": one.sha256, "name": one.name, "bytes": one.bytes} for one in files
    ]
    settings = app.settings.evidence
    with app.database.writing() as session:
        evidence.append(
            session,
            app.station_id,
            Kind.RETENTION,
            app.clock.now(),
            {"simulated": False},
            details={
                "event": "pruned",
                "pruned": listed,
                "keep_audio_days": settings.keep_audio_days,
                "keep_other_days": settings.keep_other_days,
                "person": person,
            },
        )


def _forget_logs(app: App) -> None:
    days = app.settings.evidence.keep_log_days
    if not days:
        return
    oldest = app.clock.now() - timedelta(days=days)
    for path in (app.home / "logs").glob("*"):
        if datetime.fromtimestamp(path.stat().st_mtime, UTC) < oldest:
            path.unlink(missing_ok=True)
