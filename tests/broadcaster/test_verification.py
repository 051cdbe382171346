"""Verification: each kind of tampering is found and named, and no single change slips through."""

from __future__ import annotations

import json
import shutil
import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from broadcaster import checkpoints, cli, evidence, seals, verification
from broadcaster.app import App
from broadcaster.evidence import Kind
from broadcaster.verification import Break, Verification
from channels.base import Artefact
from content.errors import UserError
from tests.broadcaster import tampering
from tests.broadcaster.tampering import CASES, Case, opened
from tests.clocks import HandClock


def verdict(home: Path, **options: Any) -> Verification:
    app = opened(home)
    try:
        with app.database.snapshot() as session:
            folders = checkpoints.copies_in(app, options.pop("copies", []))
            return verification.verify(
                session, app.station_id, app.store, copies=folders, **options
            )
    finally:
        app.close()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_tampering_is_named_with_its_first_record(home: Path, case: Case) -> None:
    case.act(home)
    copies = [home / "usb"] if case.copies else []
    found = verdict(home, copies=copies, printed=case.printed)
    assert (found.broken, found.seq) == (case.kind, case.seq), found.what
    assert found.ok == (case.kind is None)
    assert bool(found.what) == (case.kind is not None)


def test_every_kind_of_break_has_a_tampering() -> None:
    tried = {case.kind for case in CASES}
    # Each of these has a test of its own.
    stamps = {Break.STAMP_FORGED, Break.STAMP_MISSING}
    elsewhere = {Break.DAMAGED, Break.KEY_FORGED, Break.REPLACED} | stamps
    assert set(Break) - tried == elsewhere


def _strings(value: str) -> st.SearchStrategy[str]:
    """Another string: a character changed, cut out or put in."""
    places = st.integers(0, len(value) - 1)
    signs = st.characters(codec="utf-8", exclude_characters="\x00")
    changed = st.builds(lambda i, c: value[:i] + c + value[i + 1 :], places, signs)
    shorter = places.map(lambda i: value[:i] + value[i + 1 :])
    longer = st.builds(lambda i, c: value[:i] + c + value[i:], places, signs)
    return st.one_of(changed, shorter, longer).filter(lambda text: text != value)


COLUMNS = {
    "evidence": ["station_id", "seq", "delivery_id", "body", "hash"],
    "evidence_head": ["seq", "hash"],
    "checkpoint": ["station_id", "no", "seq", "hash", "key_id", "body", "signature"],
}


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_any_single_change_of_a_row_is_found(
    pristine: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    home = Path(shutil.copytree(pristine, tmp_path_factory.mktemp("x") / "nhà"))
    shutil.rmtree(home / seals.FOLDER)  # no help from the copies
    table = data.draw(st.sampled_from(sorted(COLUMNS)))
    column = data.draw(st.sampled_from([*COLUMNS[table], "the row"]))
    with tampering.database(home) as connection:
        rows = connection.execute(f"SELECT rowid FROM {table}").fetchall()
        # The newest checkpoint may vanish unseen where no copy of it is kept anywhere.
        gone = table == "checkpoint" and column in ("the row", "station_id")
        kept = rows[:-1] if gone else rows
        (row,) = data.draw(st.sampled_from(kept))
        if column == "the row":
            connection.execute(f"DELETE FROM {table} WHERE rowid = ?", [row])
        else:
            query = f"SELECT {column} FROM {table} WHERE rowid = ?"
            (old,) = connection.execute(query, [row]).fetchone()
            new = data.draw(_strings(old) if isinstance(old, str) else _numbers(old))
            try:
                connection.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", [new, row])
            except sqlite3.IntegrityError:
                return
    found = verdict(home)
    shutil.rmtree(home)
    assert not found.ok, (table, column)


def _numbers(old: int | None) -> st.SearchStrategy[int | None]:
    return st.one_of(st.integers(-(2**31), 2**31), st.just((old or 0) + 1)).filter(
        lambda value: value != old
    )


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_any_change_of_a_file_is_found(pristine: Path, data: st.DataObject) -> None:
    path = tampering.artefact(pristine, data.draw(st.sampled_from([3, 9, 12])))
    good = path.read_bytes()
    at = data.draw(st.integers(0, len(good) - 1))
    bad = data.draw(
        st.sampled_from(
            [good[:at], good + b"\n", good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :]]
        )
    )
    path.write_bytes(bad)
    try:
        found = verdict(pristine)
    finally:
        path.write_bytes(good)
    assert found.broken in (Break.ARTEFACT_CHANGED, Break.ARTEFACT_PARTIAL)


@pytest.mark.parametrize("shown", ["hash", "beginning", "qr", "upper", "in groups"])
def test_a_hash_from_paper_is_found_in_the_chain(home: Path, shown: str) -> None:
    with sqlite3.connect(home / "broadcaster.db") as connection:
        seq, digest = connection.execute("SELECT seq, hash FROM evidence WHERE seq = 9").fetchone()
    connection.close()
    text = {
        "hash": digest,
        "beginning": digest[:16],
        "qr": f"evidence:{seq}:{digest}",
        "upper": digest.upper(),
        "in groups": " ".join(digest[i : i + 8] for i in range(0, 64, 8)),
    }[shown]
    assert verdict(home, printed=text).ok


def test_a_key_that_the_old_one_does_not_vouch_for_is_named(home: Path) -> None:
    app = opened(home)
    public = seals.public_half(seals.new_private_key())
    with app.database.writing() as session:
        old = checkpoints.current_key(session, app.station_id)
        assert old is not None
        evidence.append(
            session, app.station_id, Kind.KEY, app.clock.now(), {},
            details={"event": "rotated", "key": seals.key_id(public), "public_key": public,
                     "previous": old.key_id, "signature": "0" * 128},
        )  # fmt: skip
    app.close()
    assert (verdict(home).broken, verdict(home).seq) == (Break.KEY_FORGED, 15)


def test_a_lost_key_can_be_replaced_and_everybody_is_told(home: Path) -> None:
    (home / "vault.key").unlink()
    app = opened(home)
    with pytest.raises(UserError, match="Thiếu tệp khóa"):
        checkpoints.make_checkpoint(app)
    checkpoints.rotate_key(app, lost=True)
    app.close()
    found = verdict(home)
    assert found.ok
    assert [(note.seq, note.kind) for note in found.notes] == [(15, "key_replaced")]


def test_a_retired_key_can_sign_nothing_new(home: Path) -> None:
    app = opened(home)
    with app.database.reading() as session:
        first = checkpoints.keys(session, app.station_id)[0]
        head = evidence.head(session, app.station_id)
        last = checkpoints.newest(session, app.station_id)
    assert last is not None
    facts = {"no": 4, "station": 1, "seq": head.seq, "hash": head.hash, "key": first.key_id,
             "at": "2026-12-01T00:00:00.000000Z",
             "previous": seals.Seal.read(last.body, last.signature).digest}  # fmt: skip
    stolen = seals.make_seal(checkpoints.private_key(app, first), facts)
    seals.write_file(home / seals.FOLDER, stolen)
    app.close()
    assert verdict(home).broken is Break.CHECKPOINT_FORGED


def test_a_checkpoint_refuses_to_cover_up_a_cut_chain(home: Path) -> None:
    next(case for case in CASES if case.name == "cut with the head").act(home)
    app = opened(home)
    with pytest.raises(UserError, match="không còn khớp mốc niêm phong số 3"):
        checkpoints.make_checkpoint(app)
    app.close()


def test_the_day_has_one_checkpoint_and_a_quiet_day_none(home: Path) -> None:
    app = opened(home)
    clock = app.clock
    assert isinstance(clock, HandClock)
    made = checkpoints.make_due_checkpoint(app)
    assert made is not None
    assert (made.seal.no, made.seal.seq) == (4, 14)
    tampering.fill(app, 15, 16)
    assert checkpoints.make_due_checkpoint(app) is None  # today has its own
    clock.forward(tampering.DAY)
    again = checkpoints.make_due_checkpoint(app)
    assert again is not None
    assert again.seal.seq == 16
    clock.forward(tampering.DAY)
    assert checkpoints.make_due_checkpoint(app) is None  # nothing happened
    app.close()


def test_a_checkpoint_bears_one_moment_on_a_clock_that_goes_on(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened(home)
    clock = app.clock
    assert isinstance(clock, HandClock)
    still = clock.now
    monkeypatch.setattr(clock, "now", lambda: (clock.forward(0.001), still())[1])
    checkpoints.make_checkpoint(app)
    app.close()
    assert verdict(home).ok


def test_checkpoint_files_that_a_crash_left_out_are_written_later(home: Path) -> None:
    files = sorted(path.name for path in (home / seals.FOLDER).iterdir())
    shutil.rmtree(home / seals.FOLDER)
    app = opened(home)
    checkpoints.make_checkpoint(app)
    app.close()
    found = sorted(path.name for path in (home / seals.FOLDER).iterdir())
    assert found == [*files, "00004-14.seal.json"]


def test_a_week_on_a_wrong_clock_is_a_note_and_not_a_break(home: Path) -> None:
    app = opened(home)
    clock = app.clock
    assert isinstance(clock, HandClock)
    clock.step(7 * tampering.DAY)
    tampering.fill(app, 15, 16)
    clock.step(-7 * tampering.DAY)
    tampering.fill(app, 17, 18)
    app.close()
    found = verdict(home)
    assert found.ok
    (note,) = found.notes
    assert (note.seq, note.kind) == (17, "clock")
    assert "7 ngày" in note.what
    with opened(home).database.reading() as session:
        times = [evidence.to_json(row)["at"] for row in evidence.records(session, 1, after=14)]
    assert times[0] > times[2]  # the times stay as they were written


def test_a_damaged_page_is_told_without_a_traceback(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened(home)
    for number in range(15, 400):
        with app.database.writing() as session:
            evidence.append(
                session, 1, Kind.MANUAL, app.clock.now() + timedelta(seconds=number), {}
            )
    app.close()
    path = home / "broadcaster.db"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        size = connection.execute("PRAGMA page_size").fetchone()[0]
    connection.close()
    data = bytearray(path.read_bytes())
    page = data.index(b'"seq":300,') // size
    data[page * size : (page + 1) * size] = b"\xff" * size
    path.write_bytes(data)
    found = verdict(home)
    assert found.broken is Break.DAMAGED
    assert found.seq is not None
    assert 200 < found.seq <= 300
    monkeypatch.setenv("BROADCASTER_HOME", str(home))
    assert cli.run(["evidence", "verify", "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert (said["ok"], said["kind"], said["seq"]) == (False, "damaged", found.seq)


def test_no_damaged_page_is_called_a_bug_of_the_program(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = home / "broadcaster.db"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        size = connection.execute("PRAGMA page_size").fetchone()[0]
    connection.close()
    good = path.read_bytes()
    monkeypatch.setenv("BROADCASTER_HOME", str(home))
    for at in range(0, len(good), 4 * size):
        begin = at + (100 if at == 0 else 0)
        damaged = good[:begin] + b"\xff" * (size - begin % size) + good[at + size :]
        for command in (["evidence", "verify"], ["status"]):
            for suffix in ("-wal", "-shm"):
                path.with_name(path.name + suffix).unlink(missing_ok=True)
            path.write_bytes(damaged)
            assert cli.run(command) in (0, 1), (at // size, command)
            said = capsys.readouterr()
            assert "Traceback" not in said.out + said.err


def test_a_row_that_holds_rubbish_is_no_bug_of_the_program(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with tampering.database(home) as connection:
        connection.execute("UPDATE station SET created_at = '2026-11-23 09o40:01.222690'")
    monkeypatch.setenv("BROADCASTER_HOME", str(home))
    assert cli.run(["status"]) == 1
    assert "Cơ sở dữ liệu bị hỏng" in capsys.readouterr().err


def test_reading_the_chain_takes_work_in_proportion_to_its_length(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A batch begins where the last one ended: it must not read all records before it."""
    monkeypatch.setattr(verification, "_BATCH", 20)

    def work(app: App) -> int:
        ticks = 0

        def tick() -> None:
            nonlocal ticks
            ticks += 1

        with app.database.snapshot() as session:
            driver = session.connection().connection.dbapi_connection
            assert isinstance(driver, sqlite3.Connection)
            driver.set_progress_handler(tick, 10)
            list(verification.rows(session, 1))
            driver.set_progress_handler(None, 0)
        return ticks

    app = opened(home)
    for number in range(15, 301):
        with app.database.writing() as session:
            evidence.append(session, 1, Kind.MANUAL, app.clock.now(), {"bulletin": number})
    short = work(app)
    with app.database.writing() as session:
        for number in range(301, 1501):
            evidence.append(session, 1, Kind.MANUAL, app.clock.now(), {"bulletin": number})
    assert work(app) < 8 * short  # five times as many
    app.close()


def test_many_artefacts_are_checked_in_bounded_memory(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verification, "_REMEMBERED", 2)
    app = opened(home)
    tampering.fill(app, 15, 60)
    stored = app.store.put(Artefact("lặp.txt", "text/plain", b"lap"))
    with app.database.writing() as session:
        for _ in range(3):
            evidence.append(
                session, 1, Kind.MANUAL, app.clock.now(), {}, artefacts=[stored, stored]
            )
    app.close()
    found = verdict(home)
    assert found.ok
    assert found.artefacts == 3 + 16 + 6
