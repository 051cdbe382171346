"""Whether a SQLite file is whole, asked without changing it; a consistent copy of a live one."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from content.errors import UserError
from content.files import make_folder, sync_file, sync_folder

MOST_FAULTS = 5
"""How many faults are named; a broken file has thousands."""
_BUSY_SECONDS = 15
_PAGES = 2_000
"""Pages between two reports of progress while copying."""
RESTORE = "Hãy khôi phục từ bản sao: broadcaster restore TỆP (bản sao ở thư mục backups)."


class DamagedError(UserError):
    """The database file is damaged: nothing may be written to it."""


def faults_of(path: Path) -> list[str]:
    """What is wrong with the file, in Vietnamese; empty when it is whole."""
    try:
        with closing(read_only(path)) as connection:
            return faults_in(connection)
    except sqlite3.DatabaseError as error:
        return [f"tệp không đọc được ({error})"]


def read_only(path: Path) -> sqlite3.Connection:
    """A connection that changes nothing; the caller closes it."""
    uri = f"{path.absolute().as_uri()}?mode=ro"
    return sqlite3.connect(uri, uri=True, timeout=_BUSY_SECONDS, isolation_level=None)


def faults_in(connection: Any) -> list[str]:
    """The same of an open connection, its own uncommitted changes included."""
    lines = [row[0] for row in connection.execute(f"PRAGMA quick_check({MOST_FAULTS})")]
    if lines != ["ok"]:
        return [_one_line(str(line)) for line in lines]
    orphans = connection.execute("PRAGMA foreign_key_check").fetchmany(MOST_FAULTS)
    return [
        f"bảng {table}, dòng {row}: mất dòng gốc ở {parent}" for table, row, parent, _ in orphans
    ]


def require_whole(path: Path, name: str = "") -> None:
    """Raises UserError, with the way back, when the file (of this name for people) is damaged."""
    if faults := faults_of(path):
        said = f"Cơ sở dữ liệu “{name or path.name}” bị hỏng: {'; '.join(faults)}."
        raise DamagedError(said, RESTORE)


def copy_live(
    source: Path, target: Path, on_page: Callable[[int, int], None] = lambda _done, _total: None
) -> None:
    """Copy a database that others are writing to; `target` is whole and on disk on return.

    One read transaction in WAL mode: writers go on, the copy is one moment. `on_page` gets
    (pages done, of how many).
    """
    make_folder(target.parent)
    partial = target.with_name(target.name + ".part")
    partial.unlink(missing_ok=True)
    try:
        with closing(read_only(source)) as live, closing(sqlite3.connect(partial)) as copy:
            # The open read transaction holds the moment; without it every foreign commit
            # would make the copying begin anew.
            live.execute("BEGIN")
            live.execute("SELECT count(*) FROM sqlite_master").fetchone()
            live.backup(
                copy, pages=_PAGES, progress=lambda _s, left, total: on_page(total - left, total)
            )
            copy.execute("PRAGMA journal_mode=DELETE")
        sync_file(partial)
        partial.replace(target)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    sync_folder(target.parent)


def _one_line(said: str) -> str:
    """SQLite's own words about the pages, without its heading, and not all of a thousand."""
    pages = [line for line in said.splitlines() if line and not line.startswith("***")]
    more = f" và {len(pages) - 1} chỗ khác" if len(pages) > 1 else ""
    return f"{pages[0]}{more}" if pages else said
