"""The database: durable settings, one migration path, a backup before it, a watch on changes."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlmodel import SQLModel, select

from broadcaster.database import ChangeWatch, Database
from broadcaster.migrations import HEAD
from content.errors import UserError
from content.station import Station
from tests.broadcaster.conftest import Bench

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def test_the_migrations_end_where_the_code_says(bench: Bench) -> None:
    config = Config()
    config.set_main_option("script_location", "broadcaster:migrations")
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD
    assert bench.database.revision() == HEAD


def test_the_migrated_schema_is_the_one_that_the_rows_describe(bench: Bench) -> None:
    with bench.database.engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, SQLModel.metadata) == []


def test_sqlite_is_set_to_survive_a_power_cut(bench: Bench) -> None:
    with bench.database.engine.connect() as connection:
        values = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    assert values == ["wal", 2, 1]


def test_times_are_kept_in_utc_whatever_zone_they_came_in(bench: Bench) -> None:
    hanoi = timezone(timedelta(hours=7))
    with bench.database.writing() as session:
        session.add(Station(name="Giờ", created_at=datetime(2026, 1, 1, 7, tzinfo=hanoi)))
    with bench.database.reading() as session:
        row = session.exec(select(Station).where(Station.name == "Giờ")).one()
    assert row.created_at == datetime(2026, 1, 1, tzinfo=UTC)
    assert row.created_at.utcoffset() == timedelta(0)


def test_migrating_an_old_database_leaves_a_copy_of_it_first(tmp_path: Path) -> None:
    database = Database("", tmp_path)
    database.migrate(NOW)
    with database.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE lexicon")
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0000'")
    with pytest.raises(UserError, match="mới hơn"):
        database.migrate(NOW)
    database.close()
    (copy,) = (tmp_path / "backups").iterdir()
    with sqlite3.connect(copy) as saved:
        names = {row[0] for row in saved.execute("SELECT name FROM sqlite_master")}
    saved.close()
    assert "evidence" in names
    assert "lexicon" not in names


def test_a_second_migration_changes_nothing(bench: Bench) -> None:
    assert bench.database.migrate(NOW) is False
    assert not (bench.home / "backups").exists()


def test_a_block_that_fails_leaves_nothing(bench: Bench) -> None:
    with pytest.raises(ZeroDivisionError), bench.database.writing() as session:
        session.add(Station(name="Nửa chừng", created_at=NOW))
        session.flush()
        raise ZeroDivisionError
    with bench.database.reading() as session:
        assert session.exec(select(Station).where(Station.name == "Nửa chừng")).all() == []


def test_the_watch_sees_what_another_process_committed(bench: Bench) -> None:
    watch = ChangeWatch(bench.database)
    assert not watch.changed()
    with sqlite3.connect(bench.home / "broadcaster.db") as other:
        other.execute("UPDATE station SET place = 'An Bình'")
    other.close()
    assert watch.changed()
    assert not watch.changed()
    watch.close()
