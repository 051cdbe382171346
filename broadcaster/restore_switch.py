"""The last step of a restore: renames that are written down first, so that they are finished.

Whoever opens the home next finishes a switch that a power cut stopped: what is found is the old
state or the new one, never a mixture. The old files are kept.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from broadcaster.database import BACKUPS
from broadcaster.database import FILE_NAME as DATABASE_FILE
from broadcaster.seals import FOLDER
from broadcaster.settings import FILE_NAME
from content.errors import UserError
from content.files import make_folder, sync_folder, write_atomically

STAGING = ".restore"
"""Folder of the home where the new state is made ready."""
_JOURNAL = "restore.json"
_COMPANIONS = (f"{DATABASE_FILE}-wal", f"{DATABASE_FILE}-shm")
"""They leave before the database that they belong to, into the same folder."""
_PATIENCE_SECONDS = 10


def alone(home: Path) -> FileLock:
    """Held while a restore works or is finished."""
    return FileLock(home / "restore.lock", timeout=_PATIENCE_SECONDS)


def finish(home: Path) -> None:
    """Finish a switch that was planned and not carried out. Raises UserError while one runs."""
    if not (home / _JOURNAL).exists():
        return
    try:
        with alone(home):
            if (home / _JOURNAL).exists():
                carry_out(home)
    except Timeout:
        raise UserError("Đang khôi phục từ bản sao.", "Hãy đợi lệnh restore xong.") from None


def clear(home: Path) -> None:
    """Finish what was planned, throw away what never came that far. The caller holds the lock."""
    if (home / _JOURNAL).exists():
        carry_out(home)
    shutil.rmtree(home / STAGING, ignore_errors=True)


def plan(home: Path, now: datetime) -> Path:
    """From here on the new state is the home's; gives the folder for the old files."""
    aside = first = home / BACKUPS / f"replaced-{now:%Y%m%dT%H%M%SZ}"
    number = 1
    while aside.exists():  # two in one second must not share a folder
        number += 1
        aside = first.with_name(f"{first.name}-{number}")
    make_folder(aside)
    write_atomically(home / _JOURNAL, json.dumps({"aside": aside.name}).encode())
    return aside


def carry_out(home: Path, on_step: Callable[[str], None] = lambda _: None) -> None:
    """Every rename may be done again from any point; the journal goes last."""
    aside = home / BACKUPS / Path(json.loads((home / _JOURNAL).read_bytes())["aside"]).name
    make_folder(aside)
    for name in (*_COMPANIONS, DATABASE_FILE, FILE_NAME, FOLDER):
        fresh, present, old = home / STAGING / name, home / name, aside / name
        leaves = fresh.exists() or name in _COMPANIONS
        if leaves and present.exists() and not old.exists():
            present.replace(old)
            sync_folder(aside)
            on_step(f"restore.aside.{name}")
        if fresh.exists():
            fresh.replace(present)
            on_step(f"restore.placed.{name}")
        sync_folder(home)
    (home / _JOURNAL).unlink()
    sync_folder(home)
    shutil.rmtree(home / STAGING, ignore_errors=True)
