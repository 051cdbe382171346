"""Backups: one file with the database, the settings, the evidence and the images; rotated."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from broadcaster import archive, integrity
from broadcaster.archive import Manifest, Member, OnBytes
from broadcaster.database import BACKUPS
from broadcaster.database import FILE_NAME as DATABASE_FILE
from broadcaster.migrations import HEAD
from broadcaster.settings import FILE_NAME, BackupSection, Settings
from content.errors import UserError
from content.files import make_folder

_AUTO = re.compile(r"auto-(\d{8}T\d{6}Z)\.zip")
_STAMP = "%Y%m%dT%H%M%SZ"
_FOLDERS = ("evidence", "media")
_SPARE_BYTES = 50 << 20
"""Left free on the disk: a backup must not be what fills it."""


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that was written and read back."""

    path: Path
    bytes: int
    manifest: Manifest


def make(
    home: Path,
    settings: Settings,
    target: Path,
    now: datetime,
    on_bytes: OnBytes = lambda _done, _total: None,
    on_step: Callable[[str], None] = lambda _: None,
) -> Made:
    """Write a backup of the home to `target` (a new file), also while the daemon works.

    The key of the secrets (`vault.key`) is not in it. A damaged database is refused: it must
    not push the last good copy out. Raises UserError, OSError.
    """
    _require_sqlite(settings)
    if target.exists():
        raise UserError(f"Đã có tệp “{target}”.", "Hãy chọn tên khác.")
    with _alone(home):
        snapshot = home / BACKUPS / ".snapshot.db"
        _clear(snapshot)
        try:
            integrity.copy_live(home / DATABASE_FILE, snapshot)
            on_step("backup.snapshot")
            integrity.require_whole(snapshot, DATABASE_FILE)
            members = list(_members(home, snapshot))
            _require_space(target, members)
            facts = _facts(snapshot, now)
            manifest = archive.write(target, members, facts, on_bytes, on_step)
        finally:
            _clear(snapshot)
    return Made(target, target.stat().st_size, manifest)


def rotate(
    home: Path,
    settings: Settings,
    now: datetime,
    on_bytes: OnBytes = lambda _done, _total: None,
    on_step: Callable[[str], None] = lambda _: None,
) -> Made:
    """A backup named by its time in the folder of the settings; the oldest beyond `keep` go."""
    folder = folder_of(home, settings.backup)
    for leftover in folder.glob(".auto-*.part") if folder.exists() else ():
        leftover.unlink(missing_ok=True)
    made = make(home, settings, folder / f"auto-{now:{_STAMP}}.zip", now, on_bytes, on_step)
    for old in sorted(_automatic(folder))[: -settings.backup.keep]:
        old.unlink(missing_ok=True)
    on_step("backup.rotated")
    return made


def folder_of(home: Path, chosen: BackupSection) -> Path:
    """Where the automatic ones go: the folder of the settings while it is there (a stick may be
    pulled), else the home's own. It is never made: an empty mount point is no other disk."""
    wanted = Path(chosen.folder).expanduser() if chosen.folder else None
    return wanted if wanted is not None and wanted.is_dir() else home / BACKUPS


def newest(home: Path, settings: Settings) -> tuple[Path, datetime] | None:
    """The last automatic backup, wherever it went, and its time."""
    folders = {folder_of(home, settings.backup), home / BACKUPS}
    found = [path for folder in folders for path in _automatic(folder)]
    if not found:
        return None
    path = max(found, key=lambda one: one.name)
    return path, _moment(path)


def is_due(home: Path, settings: Settings, now: datetime) -> bool:
    """Whether the next automatic backup should be made now."""
    if not settings.backup.every or settings.database.url:
        return False
    last = newest(home, settings)
    # A copy "from the future" was named by a wrong clock; it does not hold up the next one.
    return last is None or not timedelta(0) <= now - last[1] < timedelta(
        hours=settings.backup.every
    )


def program_version() -> str:
    """This program's own version; "?" when it runs without being installed."""
    try:
        return version("broadcaster")
    except PackageNotFoundError:
        return "?"


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """One backup at a time, so that what a killed one left may be cleared."""
    make_folder(home / BACKUPS)
    try:
        with FileLock(home / BACKUPS / ".lock", timeout=0):
            yield
    except Timeout:
        raise UserError("Một lệnh sao lưu khác đang chạy.", "Hãy đợi nó xong.") from None


def _members(home: Path, snapshot: Path) -> Iterator[Member]:
    """The database first: whatever its evidence cites was on disk before."""
    yield Member(DATABASE_FILE, snapshot)
    if (home / FILE_NAME).is_file():
        yield Member(FILE_NAME, home / FILE_NAME)
    for folder in _FOLDERS:
        for path in sorted((home / folder).rglob("[!.]*")):
            if path.is_file() and not path.is_symlink():
                yield Member(path.relative_to(home).as_posix(), path)


def _facts(snapshot: Path, now: datetime) -> dict[str, Any]:
    with closing(integrity.read_only(snapshot)) as connection:
        names = [row[0] for row in connection.execute("SELECT name FROM station ORDER BY id")]
        schema = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return {
        "created_at": now.astimezone(UTC).isoformat(),
        "program": program_version(),
        "schema": schema[0] if schema else HEAD,
        "stations": names,
    }


def _require_sqlite(settings: Settings) -> None:
    if settings.database.url:
        raise UserError(
            "Cơ sở dữ liệu ở máy chủ PostgreSQL, lệnh này không sao lưu được.",
            "Hãy dùng pg_dump --format=custom trên máy chủ đó, và chép thêm các thư mục "
            "evidence, media cùng tệp broadcaster.toml.",
        )


def _require_space(target: Path, members: list[Member]) -> None:
    wanted = sum(member.path.stat().st_size for member in members) + _SPARE_BYTES
    make_folder(target.parent)
    free = shutil.disk_usage(target.parent).free
    if free < wanted:
        raise UserError(
            f"Ổ đĩa của “{target.parent}” chỉ còn {free >> 20} MB, bản sao cần {wanted >> 20} MB.",
            "Hãy dọn bớt hoặc chọn ổ khác.",
        )


def _automatic(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return [path for path in folder.iterdir() if _AUTO.fullmatch(path.name)]


def _moment(path: Path) -> datetime:
    found = _AUTO.fullmatch(path.name)
    assert found is not None  # noqa: S101 - `_automatic` chose it by this pattern
    return datetime.strptime(found.group(1), _STAMP).replace(tzinfo=UTC)


def _clear(snapshot: Path) -> None:
    for suffix in ("", ".part", "-wal", "-shm", "-journal", ".part-journal"):
        snapshot.with_name(snapshot.name + suffix).unlink(missing_ok=True)
