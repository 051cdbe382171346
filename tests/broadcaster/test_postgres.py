"""The same core on PostgreSQL: a server of the test's own, on a socket in its own folder."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError

from broadcaster import evidence, takedowns, verification
from broadcaster.database import ChangeWatch, Database
from broadcaster.evidence import Kind
from content.station import Station
from tests.broadcaster.desks import Desk
from tests.broadcaster.test_takedowns import Portal, portal
from tests.clocks import HandClock

__all__ = ["portal"]

_INSTALL = "PostgreSQL's server is not installed (sudo apt-get install postgresql)"


def _programs() -> Path | None:
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return versions[-1].parent if versions else None


def _as_somebody_else(folder: Path) -> list[str]:
    """PostgreSQL refuses to run as root: then as `nobody`, in a folder that is theirs."""
    if os.geteuid() != 0:
        return []
    if shutil.which("runuser") is None:
        pytest.skip("runs as root, and there is no runuser to become somebody else")
    shutil.chown(folder, "nobody")
    for parent in folder.parents:
        if parent.stat().st_uid == 0 and not parent.stat().st_mode & 0o001:
            parent.chmod(parent.stat().st_mode | 0o011)
    return ["runuser", "-u", "nobody", "--"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    programs = _programs()
    if programs is None:
        pytest.skip(_INSTALL)
    folder = tmp_path_factory.mktemp("pg")
    prefix = _as_somebody_else(folder)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data = folder / "data"

    def call(*words: str) -> None:
        subprocess.run([*prefix, *words], check=True, capture_output=True, cwd=folder)

    call(str(programs / "initdb"), "-D", str(data), "-A", "trust", "-U", "tram", "-E", "UTF8")
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
    control = str(programs / "pg_ctl")
    call(control, "-D", str(data), "-o", options, "-w", "-l", str(folder / "log"), "start")
    try:
        yield f"postgresql://tram@127.0.0.1:{port}/postgres"
    finally:
        call(control, "-D", str(data), "-m", "immediate", "stop")


@pytest.fixture
def database(server: str, tmp_path: Path) -> Iterator[Database]:
    made = Database(server, tmp_path)
    with made.engine.begin() as connection:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA public")
    made.migrate(HandClock().now())
    yield made
    made.close()


def station(database: Database) -> int:
    with database.writing() as session:
        row = Station(name="UBND xã", created_at=HandClock().now())
        session.add(row)
        session.flush()
    return row.id or 0


def test_times_keep_their_moment(database: Database) -> None:
    number = station(database)
    with database.reading() as session:
        row = session.get_one(Station, number)
    assert row.created_at == HandClock().now()
    assert row.created_at.utcoffset() == timedelta(0)


def test_the_chain_holds_and_the_database_refuses_to_change_it(database: Database) -> None:
    number = station(database)
    for _ in range(3):
        with database.writing() as session:
            evidence.append(session, number, Kind.MANUAL, HandClock().now(), {"bulletin": 1})
    for statement in ("UPDATE evidence SET hash = 'x'", "DELETE FROM evidence"):
        with pytest.raises(DBAPIError, match="append-only"), database.writing() as session:
            session.connection().exec_driver_sql(statement)
    store = evidence.ArtefactStore(database.home)
    with database.reading() as session:
        found = verification.verify(session, number, store)
    assert (found.ok, found.records) == (True, 3)


def test_two_writers_make_one_chain(database: Database) -> None:
    import threading

    number = station(database)

    def write() -> None:
        for _ in range(20):
            with database.writing() as session:
                evidence.append(session, number, Kind.MANUAL, HandClock().now(), {})

    with database.writing() as session:
        evidence.append(session, number, Kind.MANUAL, HandClock().now(), {})
    writers = [threading.Thread(target=write) for _ in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    with database.reading() as session:
        found = verification.verify(session, number, evidence.ArtefactStore(database.home))
    assert (found.ok, found.records) == (True, 61)


def test_the_watch_sees_a_commit(database: Database) -> None:
    watch = ChangeWatch(database)
    station(database)
    assert watch.changed()
    watch.close()


def test_a_plans_year_its_proofs_and_locks_are_the_same_there(
    database: Database,
    server: str,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BROADCASTER_DATABASE__URL", server)
    desk: Desk = request.getfixturevalue("planned_desk")
    desk.approved("Giờ làm việc", "2")
    desk.ok("schedule", "build", "--week", "next")
    desk.ok("schedule", "lock", "--week", "next")
    assert desk.json("schedule", "build", "--week", "next")["locked"] is True
    assert desk.json("schedule", "build", "--year")["tasks"][1]["planned"] > 0
    desk.ok("evidence", "add", desk.file("a.txt", "danh sách"), "--task", "3")
    assert {row["no"]: row["state"] for row in desk.json("plan", "status")}["3"] == "done"
    assert len(desk.json("schedule", "log", "--week", "next")["items"]) > 0


def test_a_withdrawn_page_is_taken_down_there_too(
    database: Database,
    server: str,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BROADCASTER_DATABASE__URL", server)
    site: Portal = request.getfixturevalue("portal")
    site.desk.ok("bulletin", "withdraw", "1", "--note", "sai giờ")
    takedowns.run_due(site.app)
    assert site.is_gone
    assert [one["result"] for one in site.shown()] == ["removed"]
    assert "nguyên vẹn" in site.desk.ok("evidence", "verify")
