"""Backup and restore: whole, refused when wrong, and never in between when the power fails."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadcaster import archive, backups, checkpoints, evidence, integrity, restore_switch
from broadcaster.app import App, open_app
from broadcaster.daemon_lock import DaemonLock
from broadcaster.database import Database
from broadcaster.evidence import ArtefactStore, Kind
from broadcaster.migrations import HEAD
from broadcaster.records import DeliveryStatus as Status
from broadcaster.restore import Restored, restore
from broadcaster.settings import Settings
from broadcaster.setup import make_home
from broadcaster.verification import Break, Verification, verify
from channels.base import Artefact
from content.errors import UserError
from content.station import Station
from tests.broadcaster.conftest import Bench
from tests.clocks import HandClock

ROOT = Path(__file__).resolve().parents[2]


def records(home: Path) -> int:
    """Of a ledger that verifies."""
    database = Database("", home)
    with database.reading() as session:
        verdict = verify(session, 1, ArtefactStore(home / "evidence"))
    database.close()
    assert verdict.ok, verdict.what
    return verdict.records


def add_evidence(home: Path, text: str = "x") -> None:
    database = Database("", home)
    stored = ArtefactStore(home / "evidence").put(Artefact("bài.txt", "text/plain", text.encode()))
    with database.writing() as session:
        evidence.append(session, 1, Kind.MANUAL, HandClock().now(), {}, artefacts=[stored])
    database.close()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with one evidence record that cites one artefact."""
    place = tmp_path / "nhà"
    app = make_home(place, HandClock(), name="UBND xã An Bình", person="Lan")
    assert app.station_id == 1
    app.close()
    add_evidence(place)
    return place


@pytest.fixture
def copy(home: Path, tmp_path: Path) -> Path:
    """A backup of that home, which has got another record since."""
    file = tmp_path / "bản sao.zip"
    backups.make(home, Settings(), file, HandClock().now())
    add_evidence(home, "sau khi sao lưu")
    return file


def put_back(home: Path, file: Path) -> Restored:
    return restore(home, file, HandClock(), "Lan")


def test_a_backup_brings_everything_back_to_an_empty_machine(copy: Path, tmp_path: Path) -> None:
    fresh = tmp_path / "máy mới"
    done = put_back(fresh, copy)
    assert done.verdict.ok
    assert records(fresh) == 2  # the record of then, and that of the restore
    assert (fresh / "broadcaster.toml").read_text("utf-8").count("UBND xã An Bình") == 1
    app = open_app(fresh, clock=HandClock(), person="Lan")
    assert app.station.name == "UBND xã An Bình"
    app.close()


def test_the_ledger_says_itself_where_it_was_cut_back(home: Path, copy: Path) -> None:
    done = put_back(home, copy)
    database = Database("", home)
    with database.reading() as session:
        last = [evidence.to_json(row) for row in evidence.records(session, 1)][-1]
    database.close()
    assert last["kind"] == "restore"
    assert last["details"]["replaced"][0]["seq"] == 2
    assert records(done.old_state.parent.parent) == 2


def test_what_the_backup_lacks_is_told_by_the_command_and_by_every_walk(
    home: Path, copy: Path
) -> None:
    for number in range(3):
        add_evidence(home, f"sau khi sao lưu {number}")
    done = put_back(home, copy)
    assert done.lost == ((2, 5),)
    assert not done.unread
    assert "không có bản ghi 2 đến 5 của sổ cũ" in done.verdict.notes[-1].what
    found = verdict(home, printed="0123456789ab")
    assert found.broken is Break.PRINTED_UNKNOWN
    assert "có thể thuộc các bản ghi đã bị thay" in found.what


def test_of_an_old_database_that_cannot_be_read_the_checkpoints_tell_at_least(
    home: Path, copy: Path
) -> None:
    add_evidence(home, "sau khi sao lưu")
    sealed(home)
    head = verdict(home).head.seq
    path = home / "broadcaster.db"
    data = bytearray(path.read_bytes())
    data[100:4096] = b"\xff" * 3996
    path.write_bytes(data)
    done = put_back(home, copy)
    assert done.unread
    assert done.lost == ((2, head),)


def test_a_restore_that_loses_nothing_says_so(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "mới.zip"
    backups.make(home, Settings(), file, HandClock().now())
    done = put_back(home, file)
    assert done.lost == ()
    assert "không mất bản ghi nào" in done.verdict.notes[-1].what


def test_the_old_state_is_kept_whole(home: Path, copy: Path) -> None:
    done = put_back(home, copy)
    shutil.copytree(home / "evidence", done.old_state / "evidence")
    assert records(done.old_state) == 2
    assert (done.old_state / "broadcaster.toml").exists()


def test_a_backup_holds_no_key_and_is_for_its_owner_only(copy: Path) -> None:
    with zipfile.ZipFile(copy) as bundle:
        assert not any("vault.key" in name for name in bundle.namelist())
    assert copy.stat().st_mode & 0o777 == 0o600


def test_a_secret_that_changed_since_the_backup_stays(home: Path, tmp_path: Path) -> None:
    clock = HandClock()
    app = open_app(home, clock=clock, person="Lan")
    app.vault.put("zalo.tokens", "mã đã dùng rồi")
    file = tmp_path / "a.zip"
    backups.make(home, Settings(), file, clock.now())
    clock.forward(60)
    app.vault.put("zalo.tokens", "mã mới nhất")
    app.close()
    done = put_back(home, file)
    app = open_app(home, clock=clock, person="Lan")
    assert (done.secrets_kept, app.vault.get("zalo.tokens")) == (1, "mã mới nhất")
    app.close()


def test_on_a_machine_without_the_key_the_missing_key_is_named(home: Path, tmp_path: Path) -> None:
    app = open_app(home, clock=HandClock(), person="Lan")
    app.vault.put("zalo.tokens", "bí mật")
    app.close()
    backups.make(home, Settings(), tmp_path / "a.zip", HandClock().now())
    assert put_back(tmp_path / "máy mới", tmp_path / "a.zip").key_missing


def test_what_may_have_gone_out_since_the_backup_is_unknown_not_sent_again(bench: Bench) -> None:
    gone = bench.plan(at=bench.clock.now() + timedelta(minutes=1))
    later = bench.plan(at=bench.clock.now() + timedelta(days=1))
    file = bench.home / "a.zip"
    backups.make(bench.home, Settings(), file, bench.clock.now())
    bench.clock.forward(120)
    for lane in (bench.ahead, bench.lane):
        bench.dispatcher().run_lane(lane)
    assert bench.again(gone).status == Status.SENT
    bench.database.close()
    done = restore(bench.home, file, bench.clock, "Lan")
    assert done.held == 1
    assert bench.again(gone).status == Status.UNKNOWN
    assert bench.again(later).status == Status.PLANNED
    sent = len(bench.channel.outside)
    bench.dispatcher().run_lane(bench.lane)
    assert len(bench.channel.outside) == sent == 1
    assert bench.again(gone).status == Status.SENT  # the channel found it outside


def test_a_channels_own_record_is_no_proof_after_a_restore(bench: Bench) -> None:
    bench.channel.absence_is_proof = True
    gone = bench.plan()
    file = bench.home / "a.zip"
    backups.make(bench.home, Settings(), file, bench.clock.now())
    bench.database.close()
    restore(bench.home, file, bench.clock, "Lan")
    dispatcher = bench.dispatcher()
    for _ in range(5):
        dispatcher.run_lane(bench.lane)
        bench.clock.forward(1000)
    assert bench.again(gone).status == Status.UNKNOWN
    assert "settle" in str(bench.again(gone).reason)
    assert not bench.channel.outside


# What is refused


def spoil(path: Path, offset: float) -> None:
    data = bytearray(path.read_bytes())
    data[int(len(data) * offset)] ^= 0xFF
    path.write_bytes(bytes(data))


@pytest.mark.parametrize("offset", [0.05, 0.3, 0.6, 0.9])
def test_a_damaged_backup_is_refused_and_nothing_is_touched(
    home: Path, copy: Path, offset: float
) -> None:
    spoil(copy, offset)
    with pytest.raises(UserError, match=r"hỏng|không phải"):
        put_back(home, copy)
    assert records(home) == 2
    assert not (home / ".restore").exists()


def test_a_backup_cut_short_is_refused(home: Path, copy: Path) -> None:
    copy.write_bytes(copy.read_bytes()[:-200])
    with pytest.raises(UserError, match="hỏng"):
        put_back(home, copy)
    assert records(home) == 2


def rewritten(copy: Path, change: Callable[[dict[str, Any]], None], **extra: bytes) -> Path:
    """The same archive with another manifest and more files."""
    target = copy.with_name("khác.zip")
    with zipfile.ZipFile(copy) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == archive.MANIFEST:
                table = json.loads(data)
                change(table)
                data = json.dumps(table).encode()
            new.writestr(name, data)
        for name, data in extra.items():
            new.writestr(name.replace("__", "/"), data)
    return target


def named(name: str) -> Callable[[dict[str, Any]], None]:
    return lambda table: table["files"].update({name: {"bytes": 1, "sha256": "0" * 64}})


REFUSED: dict[str, tuple[Callable[[dict[str, Any]], None], str]] = {
    "a newer format": (lambda table: table.update(version=99), "mới hơn"),
    "a newer schema": (lambda table: table.update(schema="9999"), "mới hơn"),
    "another program": (lambda table: table.update(format="other"), "không phải"),
    "another station": (lambda table: table.update(stations=["UBND xã Khác"]), "Khác"),
    "a name above the home": (named("../../etc/passwd"), "tên tệp lạ"),
    "an absolute name": (named("/etc/passwd"), "tên tệp lạ"),
    "a hidden name": (named("evidence/../vault.key"), "tên tệp lạ"),
    "a file too few": (named("evidence/ab/abc"), "danh sách"),
    "no database": (lambda table: table["files"].pop("broadcaster.db"), "cơ sở dữ liệu"),
    "another hash": (
        lambda table: table["files"]["broadcaster.db"].update(sha256="0" * 64),
        "mã băm",
    ),
    "another length": (lambda table: table["files"]["broadcaster.db"].update(bytes=9), "mã băm"),
    "nonsense": (lambda table: table.update(files=7), "bản kê"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_backup_of_this_home_is_refused(home: Path, copy: Path, what: str) -> None:
    change, word = REFUSED[what]
    with pytest.raises(UserError, match=word):
        put_back(home, rewritten(copy, change))
    assert records(home) == 2


def test_a_zip_of_somebody_else_and_a_text_are_refused(home: Path, tmp_path: Path) -> None:
    other = tmp_path / "ảnh.zip"
    with zipfile.ZipFile(other, "w") as bundle:
        bundle.writestr("a.jpg", b"x")
    text = tmp_path / "thư.zip"
    text.write_text("Kính gửi")
    for file in (other, text, tmp_path / "không có.zip"):
        with pytest.raises(UserError):
            put_back(home, file)
    assert records(home) == 1


def test_a_running_daemon_stops_a_restore_before_it_begins(home: Path, copy: Path) -> None:
    with DaemonLock(home), pytest.raises(UserError, match="đã chạy"):
        put_back(home, copy)
    assert records(home) == 2


def test_a_damaged_database_is_not_backed_up_over_the_good_copies(home: Path) -> None:
    rotating = Settings(backup={"keep": 1})  # type: ignore[arg-type]
    good = backups.rotate(home, rotating, HandClock().now()).path
    damage(home / "broadcaster.db")
    with pytest.raises(UserError, match="hỏng"):
        backups.rotate(home, rotating, HandClock().now() + timedelta(days=1))
    assert good.exists()


def damage(path: Path) -> None:
    """Zeros in the middle of the second to fourth page."""
    with path.open("r+b") as file:
        file.seek(4096 + 100)
        file.write(b"\0" * 9000)


def test_a_damaged_database_is_restored_over(home: Path, copy: Path) -> None:
    damage(home / "broadcaster.db")
    assert put_back(home, copy).verdict.ok
    assert records(home) == 2


def test_a_damaged_artefact_is_mended_by_a_restore(home: Path, copy: Path) -> None:
    for path in (home / "evidence").rglob("*"):
        if path.is_file():
            path.write_bytes(b"khac")
    assert put_back(home, copy).verdict.ok


def test_postgresql_is_said_honestly(home: Path, tmp_path: Path) -> None:
    away = Settings(database={"url": "postgresql://x/y"})  # type: ignore[arg-type]
    with pytest.raises(UserError, match="pg_dump"):
        backups.make(home, away, tmp_path / "a.zip", HandClock().now())


def test_a_full_disk_is_told_before_anything_is_written(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = shutil._ntuple_diskusage(1 << 30, 1 << 30, 1 << 20)  # type: ignore[attr-defined]
    monkeypatch.setattr(shutil, "disk_usage", lambda _: full)
    with pytest.raises(UserError, match="chỉ còn 1 MB"):
        backups.make(home, Settings(), tmp_path / "a.zip", HandClock().now())
    assert not (tmp_path / "a.zip").exists()


# Rotation


def test_the_newest_stay_and_a_pulled_stick_is_no_reason_to_stop(
    home: Path, tmp_path: Path
) -> None:
    stick = tmp_path / "usb"
    stick.mkdir()
    chosen = Settings(backup={"keep": 2, "folder": str(stick)})  # type: ignore[arg-type]
    clock = HandClock()
    for _ in range(4):
        backups.rotate(home, chosen, clock.now())
        clock.forward(86_400)
    assert len(list(stick.iterdir())) == 2
    shutil.rmtree(stick)
    made = backups.rotate(home, chosen, clock.now())
    assert made.path.parent == home / "backups"
    assert not stick.exists()


def test_a_backup_is_due_by_the_age_of_the_last_one(home: Path) -> None:
    chosen = Settings(backup={"every": 24})  # type: ignore[arg-type]
    clock = HandClock()
    assert backups.is_due(home, chosen, clock.now())
    backups.rotate(home, chosen, clock.now())
    assert not backups.is_due(home, chosen, clock.now() + timedelta(hours=23))
    assert backups.is_due(home, chosen, clock.now() + timedelta(hours=25))
    assert backups.is_due(home, chosen, clock.now() - timedelta(days=400))  # a clock that was wrong
    assert not backups.is_due(home, Settings(backup={"every": 0}), clock.now())  # type: ignore[arg-type]


# The power fails


def killed(operation: str, step: str, home: Path, file: Path) -> list[str]:
    """The steps that the process reached before it was killed (or ended)."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.killed_at", operation, step, str(home), str(file)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == (-9 if step else 0), done.stderr
    return done.stdout.split()


BACKUP_STEPS = ["backup.snapshot", "backup.written", "backup.verified", "backup.named"]
RESTORE_STEPS = [
    "restore.verified",
    "restore.unpacked",
    "restore.prepared",
    "restore.files_added",
    "restore.planned",
    "restore.aside.broadcaster.db",
    "restore.placed.broadcaster.db",
    "restore.aside.broadcaster.toml",
    "restore.placed.broadcaster.toml",
    "restore.placed.checkpoints",
    "restore.switched",
]
MIGRATE_STEPS = ["migrate.checked", "migrate.copied", "migrate.upgraded", "migrate.committed"]


def test_these_are_all_the_steps(home: Path, copy: Path, tmp_path: Path) -> None:
    assert killed("backup", "", home, tmp_path / "b.zip") == BACKUP_STEPS
    steps = killed("restore", "", home, copy)
    assert [step for step in steps if "-wal" not in step and "-shm" not in step] == RESTORE_STEPS


@pytest.mark.parametrize("step", BACKUP_STEPS)
def test_killed_during_a_backup_there_is_a_whole_one_or_none_and_the_next_succeeds(
    home: Path, tmp_path: Path, step: str
) -> None:
    file = tmp_path / "b.zip"
    killed("backup", step, home, file)
    assert records(home) == 1
    assert file.exists() == (step == "backup.named")
    if file.exists():
        with archive.opened(file) as bundle:
            bundle.verify()
    backups.make(home, Settings(), tmp_path / "c.zip", HandClock().now())
    assert not list((home / "backups").glob(".snapshot*"))


@pytest.mark.parametrize("step", RESTORE_STEPS)
def test_killed_during_a_restore_the_home_is_the_old_or_the_new_one(
    home: Path, copy: Path, step: str
) -> None:
    killed("restore", step, home, copy)
    app = open_app(home, clock=HandClock(), person="Lan")
    assert app.station.name == "UBND xã An Bình"
    app.close()
    assert kinds(home) in (["manual", "manual"], ["manual", "restore"])
    assert (kinds(home)[-1] == "restore") == (step in RESTORE_STEPS[4:])
    assert put_back(home, copy).verdict.ok
    assert not (home / ".restore").exists()


def kinds(home: Path) -> list[str]:
    """What the chain holds, after it was verified."""
    assert records(home) == 2
    database = Database("", home)
    with database.reading() as session:
        found = [json.loads(row.body)["kind"] for row in evidence.records(session, 1)]
    database.close()
    return found


def test_at_every_sync_and_rename_of_a_restore_the_files_are_one_state(
    home: Path, copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moments = tmp_path / "lúc"
    taken: list[Path] = []

    def take() -> None:
        place = moments / str(len(taken))
        shutil.copytree(home, place, ignore=shutil.ignore_patterns("*.lock"))
        taken.append(place)

    around(monkeypatch, take)
    put_back(home, copy)
    monkeypatch.undo()
    assert len(taken) > 20
    seen = set()
    for place in taken:
        open_app(place, clock=HandClock(), person="Lan").close()
        seen.add(kinds(place)[-1])
    assert seen == {"manual", "restore"}


def test_at_every_sync_and_rename_of_a_backup_no_half_file_has_the_name(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "b.zip"
    seen: list[bool] = []

    def look() -> None:
        seen.append(file.exists())
        if file.exists():
            with archive.opened(file) as bundle:
                bundle.verify()

    around(monkeypatch, look)
    backups.make(home, Settings(), file, HandClock().now())
    assert set(seen) == {True, False}


def around(monkeypatch: pytest.MonkeyPatch, look: Callable[[], None]) -> None:
    """Call `look` before and after every fsync and rename of this process's Python code."""
    sync, rename = os.fsync, os.replace
    path_rename = Path.replace

    def synced(descriptor: int) -> None:
        look()
        sync(descriptor)

    def renamed(path: Path, target: Path) -> Path:
        look()
        done = path_rename(path, target)
        look()
        return done

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", rename)
    monkeypatch.setattr(Path, "replace", renamed)


@pytest.fixture(scope="module")
def committed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    """A database whose last ten records are only in its write-ahead log, as a crash leaves it."""
    home = tmp_path_factory.mktemp("log")
    database = Database("", home)
    database.migrate(HandClock().now())
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.rollback()
    with database.writing() as session:
        session.add(Station(name="UBND xã", created_at=HandClock().now()))
    keeper = database.engine.connect()  # an open connection keeps the log from being folded in
    for _ in range(10):
        with database.writing() as session:
            evidence.append(session, 1, Kind.MANUAL, HandClock().now(), {})
    log = (home / "broadcaster.db-wal").read_bytes()
    base = (home / "broadcaster.db").read_bytes()
    keeper.close()
    database.close()
    (home / "base").write_bytes(base)
    return home / "base", log


@settings(max_examples=40, deadline=None)
@given(share=st.floats(0, 1), noise=st.binary(max_size=64))
def test_a_log_cut_at_any_byte_leaves_a_prefix_of_the_commits(
    committed: tuple[Path, bytes],
    tmp_path_factory: pytest.TempPathFactory,
    share: float,
    noise: bytes,
) -> None:
    base, log = committed
    home = tmp_path_factory.mktemp("cut")
    (home / "broadcaster.db").write_bytes(base.read_bytes())
    (home / "broadcaster.db-wal").write_bytes(log[: int(len(log) * share)] + noise)
    assert integrity.faults_of(home / "broadcaster.db") == []
    database = Database("", home)
    with database.reading() as session:
        verdict = verify(session, 1, ArtefactStore(home / "evidence"))
    database.close()
    assert verdict.ok
    assert verdict.records == (10 if share == 1 else min(verdict.records, 10))


# Migration


@pytest.fixture
def old_home(home: Path) -> Path:
    """A home of the program before this one: without what the newest migration added."""
    from alembic import command
    from alembic.config import Config

    for file in home.glob("broadcaster.db*"):
        file.unlink()
    config = Config()
    config.set_main_option("script_location", "broadcaster:migrations")
    database = Database("", home)
    with database.engine.execution_options(begin="IMMEDIATE").begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, previous_revision())
    with database.writing() as session:
        session.add(Station(name="UBND xã", created_at=HandClock().now()))
        session.flush()
        evidence.append(session, 1, Kind.MANUAL, HandClock().now(), {})
    database.close()
    return home


def previous_revision() -> str:
    """The one that the newest migration starts from."""
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", "broadcaster:migrations")
    newest = ScriptDirectory.from_config(config).get_revision(HEAD)
    assert newest is not None
    return str(newest.down_revision)


@pytest.mark.parametrize("step", MIGRATE_STEPS)
def test_killed_during_a_migration_it_is_old_or_new_and_the_next_start_finishes(
    old_home: Path, step: str
) -> None:
    killed("migrate", step, old_home, Path("-"))
    assert integrity.faults_of(old_home / "broadcaster.db") == []
    open_app(old_home, clock=HandClock(), person="Lan").close()
    assert records(old_home) == 1
    if step != "migrate.checked":
        assert list((old_home / "backups").glob("before-*.db"))


def test_a_migration_that_touches_the_ledger_is_taken_back(
    old_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from broadcaster import database as module

    heads = iter([[(1, 1, "a", 1)], [(1, 0, "b", 0)]])
    monkeypatch.setattr(module, "_ledger_heads", lambda _: next(heads))
    database = Database("", old_home)
    with pytest.raises(UserError, match="sổ minh chứng"):
        database.migrate(HandClock().now())
    assert database.revision() == previous_revision()
    database.close()
    assert records(old_home) == 1


# The command line


def station(home: Path, *words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "broadcaster", *words, "--home", str(home), "--as", "Lan"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    return done


def test_run_refuses_a_damaged_database_and_says_the_way_back(home: Path) -> None:
    damage(home / "broadcaster.db")
    before = (home / "broadcaster.db").read_bytes()
    said = station(home, "run", code=1).stderr
    assert "bị hỏng" in said
    assert "broadcaster restore" in said
    assert (home / "broadcaster.db").read_bytes() == before


def test_what_is_no_database_at_all_is_told_the_same_way(home: Path) -> None:
    (home / "broadcaster.db").write_bytes(b"khong phai co so du lieu" * 400)
    assert "broadcaster restore" in station(home, "status", code=1).stderr


def test_backup_and_restore_by_command(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "bản sao.zip"
    assert json.loads(station(home, "backup", str(file), "--json").stdout)["files"] == 3
    assert "Đã có tệp" in station(home, "backup", str(file), code=1).stderr
    done = json.loads(station(home, "restore", str(file), "--json").stdout)
    assert (done["ok"], done["records"]) == (True, 2)
    assert "Hãy ghi tên tệp" in station(home, "backup", code=1).stderr


def test_a_backup_beside_a_writer_is_one_moment(home: Path, tmp_path: Path) -> None:
    import threading

    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            add_evidence(home, "y")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(5):
            backups.make(home, Settings(), tmp_path / f"{number}.zip", HandClock().now())
    finally:
        stop.set()
        writer.join()
    for number in range(5):
        assert put_back(tmp_path / f"máy {number}", tmp_path / f"{number}.zip").verdict.ok


def test_a_switch_in_progress_is_waited_for_not_joined(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restore_switch, "_PATIENCE_SECONDS", 0)
    restore_switch.plan(home, HandClock().now())
    with restore_switch.alone(home), pytest.raises(UserError, match="Đang khôi phục"):
        open_app(home, clock=HandClock(), person="Lan")
    app: App = open_app(home, clock=HandClock(), person="Lan")
    app.close()


def test_reading_only_leaves_no_trace(home: Path) -> None:
    with (
        closing(integrity.read_only(home / "broadcaster.db")) as connection,
        pytest.raises(sqlite3.OperationalError),
    ):
        connection.execute("DELETE FROM station")


# The daemon's own


def test_the_daemon_makes_a_backup_by_itself_and_only_in_quiet(home: Path) -> None:
    from broadcaster.automatic_backup import AutomaticBackup
    from broadcaster.clock import SystemClock

    sounding = [True]
    clock = HandClock(SystemClock().now())
    chore = AutomaticBackup(home, Settings(), clock, lambda: sounding[0])
    clock.forward(130)
    chore.look()
    assert chore._child is None
    sounding[0] = False
    chore.look()
    assert chore._child is not None
    chore._child.wait(60)
    chore.look()
    assert chore.trouble is None
    assert backups.newest(home, Settings()) is not None
    assert not backups.is_due(home, Settings(), clock.now())


def test_a_backup_that_fails_is_named_and_tried_again_later(home: Path) -> None:
    from broadcaster.automatic_backup import AutomaticBackup

    damage(home / "broadcaster.db")
    clock = HandClock()
    chore = AutomaticBackup(home, Settings(), clock, lambda: False)
    chore.look()
    assert chore._child is None  # the broadcasts come first after a start
    clock.forward(130)
    chore.look()
    assert chore._child is not None
    chore._child.wait(60)
    chore.look()
    assert "bị hỏng" in str(chore.trouble)
    chore.look()
    assert chore._child is None
    clock.forward(3700)
    chore.look()
    assert chore._child is not None
    chore.leave()


def test_a_chore_that_breaks_stops_no_other() -> None:
    from broadcaster.caretaker import Caretaker

    class Count:
        every = 10.0

        def __init__(self, name: str, *, breaks: bool) -> None:
            self.name, self.breaks, self.looks = name, breaks, 0

        def look(self) -> None:
            self.looks += 1
            if self.breaks:
                raise ValueError

        def leave(self) -> None: ...

    clock = HandClock()
    caretaker = Caretaker(clock)
    bad, good = Count("bad", breaks=True), Count("good", breaks=False)
    caretaker.take(bad)
    caretaker.take(good)
    for _ in range(3):
        caretaker.look()
        clock.forward(10)
    assert (bad.looks, good.looks) == (3, 3)
    caretaker.stop()


def sealed(home: Path) -> int:
    """Seal the chain as it stands; the checkpoint's number."""
    app = open_app(home, clock=HandClock(), person="Lan")
    made = checkpoints.make_checkpoint(app)
    app.close()
    assert made is not None
    return made.seal.no


def verdict(home: Path, *copies: Path, printed: str | None = None) -> Verification:
    database = Database("", home)
    with database.reading() as session:
        folders = [home / "checkpoints", *copies]
        store = ArtefactStore(home / "evidence")
        found = verify(session, 1, store, copies=folders, printed=printed)
    database.close()
    return found


def test_seals_newer_than_the_backup_go_aside_and_their_numbers_are_not_used_again(
    home: Path, tmp_path: Path
) -> None:
    file = tmp_path / "b.zip"
    assert sealed(home) == 1
    backups.make(home, Settings(), file, HandClock().now())
    add_evidence(home, "sau khi sao lưu")
    assert sealed(home) == 2
    elsewhere = tmp_path / "máy khác"
    shutil.copytree(home / "checkpoints", elsewhere)

    done = put_back(home, file)
    assert done.verdict.ok
    assert [note.kind for note in done.verdict.notes] == ["restore"]
    assert len(list((done.old_state / "checkpoints").iterdir())) == 2
    assert verdict(home).ok
    told = verdict(home, elsewhere)
    assert (told.broken, told.seq) == (Break.REPLACED, done.verdict.head.seq)
    assert "khôi phục" in told.what

    assert put_back(home, file).verdict.ok  # a second time before any new seal
    assert sealed(home) == 3
    assert verdict(home).ok
    assert verdict(home, elsewhere).broken is Break.REPLACED


def test_a_seal_of_records_that_the_backup_has_too_stays_good(home: Path, tmp_path: Path) -> None:
    file, elsewhere = tmp_path / "b.zip", tmp_path / "máy khác"
    sealed(home)
    add_evidence(home, "một")
    backups.make(home, Settings(), file, HandClock().now())
    sealed(home)
    shutil.copytree(home / "checkpoints", elsewhere)
    assert put_back(home, file).verdict.ok
    assert verdict(home, elsewhere).ok


@pytest.mark.parametrize("step", [*RESTORE_STEPS, "restore.aside.checkpoints"])
def test_killed_among_the_seals_the_next_start_makes_them_fit(
    home: Path, tmp_path: Path, step: str
) -> None:
    file = tmp_path / "b.zip"
    sealed(home)
    backups.make(home, Settings(), file, HandClock().now())
    add_evidence(home, "sau khi sao lưu")
    sealed(home)
    killed("restore", step, home, file)
    open_app(home, clock=HandClock(), person="Lan").close()
    assert verdict(home).ok
    assert put_back(home, file).verdict.ok
    assert sealed(home) == 3
    assert verdict(home).ok
