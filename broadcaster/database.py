"""The database: engine, sessions, migrations with a backup before, and a watch for changes."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DatabaseError, SQLAlchemyError
from sqlmodel import Session

from broadcaster import integrity, records
from broadcaster.migrations import HEAD
from content import bulletin, people, station
from content.errors import UserError
from schedules import plan, timetable

ROW_MODULES = (station, people, bulletin, plan, timetable, records)
"""Rows refer to each other by table name: all must be known before the first query."""
FILE_NAME = "broadcaster.db"
BACKUPS = "backups"
"""Folder of the home for copies."""
_BUSY_SECONDS = 15
_COPIES_KEPT = 5


class Database:
    """Sessions on one database: SQLite in the home by default, PostgreSQL by URL."""

    def __init__(self, url: str, home: Path) -> None:
        self.home = home
        self.url = url or f"sqlite:///{home / FILE_NAME}"
        self.engine = _engine(self.url)
        # SQLite takes the write lock at BEGIN: a reader that turns writer could fail half-way.
        self._writing = self.engine.execution_options(begin="IMMEDIATE")

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that only reads."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def snapshot(self) -> Iterator[Session]:
        """A session that reads one moment of the database, however long it takes."""
        # SQLite's readers do so anyway.
        level = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ"}
        with Session(self.engine.execution_options(**level), expire_on_commit=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session whose block is one transaction: committed at its end, or nothing of it."""
        with Session(self._writing, expire_on_commit=False) as session, session.begin():
            yield session

    def revision(self) -> str | None:
        """The schema's revision, None for an empty database."""
        with self.engine.connect() as connection:
            if not self.engine.dialect.has_table(connection, "alembic_version"):
                return None
            value = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
            return str(value) if value is not None else None

    def migrate(self, now: datetime, on_step: Callable[[str], None] = lambda _: None) -> bool:
        """Bring the schema to this program's revision; True when something changed.

        An existing SQLite file is checked and copied to `backups/` first. All of it is one
        transaction, checked before it is committed: whatever fails, the old state stays.
        `on_step` hears the name of each step done. Raises UserError when the database was
        made by a newer program, is damaged, or could not be upgraded.
        """
        found = self.revision()
        if found == HEAD:
            return False
        if self.is_sqlite:
            # Also where no revision was found: on a damaged file that means nothing.
            integrity.require_whole(self.file)
            on_step("migrate.checked")
        if found is not None and self.is_sqlite:
            copy = self.home / BACKUPS / f"before-{HEAD}-{now:%Y%m%dT%H%M%SZ}.db"
            integrity.copy_live(self.file, copy)
            _keep_newest(copy.parent)
        on_step("migrate.copied")
        _upgrade(self.engine, on_step)
        on_step("migrate.committed")
        return True

    @property
    def file(self) -> Path:
        """The SQLite file."""
        return Path(self.engine.url.database or "")

    def require_whole(self) -> None:
        """Raises UserError when the SQLite file is damaged: nothing may be written to it."""
        if self.is_sqlite:
            integrity.require_whole(self.file)

    def close(self) -> None:
        self.engine.dispose()


class ChangeWatch:
    """Says whether anybody (another process included) has committed since the last look."""

    def __init__(self, database: Database) -> None:
        self._connection: Connection = database.engine.connect().execution_options(
            isolation_level="AUTOCOMMIT"
        )
        self._query = (
            "PRAGMA data_version"
            if database.is_sqlite
            else "SELECT pg_snapshot_xmax(pg_current_snapshot())::text"
        )
        self._seen = self._look()

    def changed(self) -> bool:
        """Cheap enough to ask several times a second."""
        now = self._look()
        changed = now != self._seen
        self._seen = now
        return changed

    def _look(self) -> str:
        return str(self._connection.exec_driver_sql(self._query).scalar())

    def close(self) -> None:
        self._connection.close()


def _engine(url: str) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() == "postgresql":
        return create_engine(parsed.set(drivername="postgresql+psycopg"), pool_pre_ping=True)
    engine = create_engine(parsed, connect_args={"timeout": _BUSY_SECONDS})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # The driver's own BEGIN comes too late (before the first write); _begin_sqlite does it.
    connection.isolation_level = None
    cursor = connection.cursor()
    try:
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
    except sqlite3.DatabaseError as error:
        raise integrity.DamagedError(
            f"Cơ sở dữ liệu không đọc được ({error}).",
            integrity.RESTORE,
        ) from error
    finally:
        cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    if options.get("isolation_level") == "AUTOCOMMIT":
        return
    connection.exec_driver_sql(f"BEGIN {options.get('begin', '')}".strip())


def _keep_newest(folder: Path) -> None:
    for old in sorted(folder.glob("before-*.db"))[:-_COPIES_KEPT]:
        old.unlink(missing_ok=True)


def _upgrade(engine: Engine, on_step: Callable[[str], None]) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", "broadcaster:migrations")
    try:
        with engine.execution_options(begin="IMMEDIATE").begin() as connection:
            heads = _ledger_heads(connection)
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            on_step("migrate.upgraded")
            _check_upgraded(connection, heads)
    except CommandError as error:
        raise UserError(
            "Cơ sở dữ liệu này do bản chương trình mới hơn tạo ra.",
            "Hãy cập nhật chương trình rồi chạy lại.",
        ) from error
    except SQLAlchemyError as error:
        raise UserError(
            f"Không nâng cấp được cơ sở dữ liệu ({_cause(error)}); dữ liệu cũ vẫn nguyên.",
            "Hãy kiểm tra ổ đĩa còn chỗ trống và quyền ghi, rồi chạy lại; vẫn không được thì "
            "cài lại bản chương trình trước.",
        ) from error


def _ledger_heads(connection: Connection) -> list[tuple[Any, ...]]:
    """What an upgrade must not touch: the end of every chain, and how many links there are."""
    if not connection.dialect.has_table(connection, "evidence"):
        return []
    query = (
        "SELECT h.station_id, h.seq, h.hash, (SELECT count(*) FROM evidence e "
        "WHERE e.station_id = h.station_id) FROM evidence_head h ORDER BY h.station_id"
    )
    return [tuple(row) for row in connection.execute(text(query))]


def _check_upgraded(connection: Connection, heads: list[tuple[Any, ...]]) -> None:
    """Raises DatabaseError inside the transaction, which takes the upgrade back."""
    found = []
    if heads and _ledger_heads(connection) != heads:
        found.append("sổ minh chứng bị thay đổi")
    if connection.dialect.name == "sqlite":
        found += integrity.faults_in(connection.connection.driver_connection)
    if found:
        raise DatabaseError("migration", None, sqlite3.DatabaseError("; ".join(found)))


def _cause(error: SQLAlchemyError) -> str:
    return str(getattr(error, "orig", None) or type(error).__name__)
