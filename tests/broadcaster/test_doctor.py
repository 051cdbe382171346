"""The doctor: every finding has its level and its mend; no check hides another."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from broadcaster import backups, doctor_machine, doctor_station, time_sources, verified
from broadcaster.clock import SystemClock
from broadcaster.daemon_lock import DaemonLock
from broadcaster.doctor import Check, Finding, Level, examine, is_bad, ok
from broadcaster.evidence import GENESIS, Head
from broadcaster.settings import ClockSection, Settings
from broadcaster.setup import make_home
from broadcaster.verification import Verification
from content.errors import UserError
from tests.broadcaster.test_backups import damage, station
from tests.clocks import HandClock


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BROADCASTER_CLOCK__NTP", "[]")
    monkeypatch.setenv("BROADCASTER_CLOCK__WEB", "[]")
    monkeypatch.setenv("BROADCASTER_RADIO__ENGINES", '["espeak"]')
    monkeypatch.setenv("BROADCASTER_HEALTH__LISTEN", "")
    place = tmp_path / "nhà"
    make_home(place, HandClock(), name="UBND xã An Bình", person="Lan").close()
    return place


def looked(home: Path, clock: HandClock | None = None) -> dict[str, list[Finding]]:
    found: dict[str, list[Finding]] = {}
    for finding in doctor_station.look(home, clock or HandClock()):
        found.setdefault(finding.check, []).append(finding)
    return found


def level(found: dict[str, list[Finding]], check: str) -> Level:
    order = [Level.OK, Level.WARN, Level.BAD]
    return max((finding.level for finding in found[check]), key=order.index)


def test_a_new_home_has_nothing_bad(home: Path) -> None:
    found = looked(home)
    assert not is_bad(one for many in found.values() for one in many)
    assert level(found, "Sao lưu") is Level.WARN
    assert level(found, "Cơ sở dữ liệu") is Level.OK
    assert level(found, "Kênh radio: ffmpeg") is Level.OK


def test_a_check_that_breaks_or_hangs_hides_no_other() -> None:
    free = threading.Event()

    def hangs() -> Iterator[Finding]:
        free.wait(30)
        yield ok("hangs", "")

    def breaks() -> Iterator[Finding]:
        raise RuntimeError("access_token=EAAabcdef123456")

    def refuses() -> Iterator[Finding]:
        raise UserError("hỏng rồi", "sửa đi")

    found = examine(
        [
            Check("hangs", hangs, 0.05),
            Check("breaks", breaks),
            Check("refuses", refuses),
            Check("good", lambda: [ok("good", "tốt")]),
        ]
    )
    free.set()
    levels = [finding.level for finding in found]
    assert levels == [Level.WARN, Level.BAD, Level.BAD, Level.OK]
    assert "EAA" not in found[1].message
    assert found[2].mend == "sửa đi"


def test_a_damaged_database_is_named_and_the_machine_is_looked_at_all_the_same(home: Path) -> None:
    damage(home / "broadcaster.db")
    found = looked(home)
    assert level(found, "Cơ sở dữ liệu") is Level.BAD
    assert "restore" in found["Cơ sở dữ liệu"][0].mend
    assert "Ổ đĩa" in found


def test_broken_settings_are_a_finding(home: Path) -> None:
    (home / "broadcaster.toml").write_text("[radio]\nmode = 7\n", encoding="utf-8")
    found = looked(home)
    assert level(found, "Cài đặt") is Level.BAD
    assert "Ổ đĩa" in found


def test_no_home_says_to_init(tmp_path: Path) -> None:
    (finding,) = doctor_station.look(tmp_path / "không có", HandClock())
    assert "init" in finding.mend


def test_a_key_that_others_can_read_is_bad_and_chmod_mends_it(home: Path) -> None:
    (home / "vault.key").chmod(0o644)
    (finding,) = looked(home)["Quyền tệp"]
    assert finding.level is Level.BAD
    assert "chmod 600" in finding.mend
    (home / "vault.key").chmod(0o600)
    assert level(looked(home), "Quyền tệp") is Level.OK


def test_a_missing_key_is_named_and_no_new_one_is_made(home: Path) -> None:
    from broadcaster.app import open_app

    app = open_app(home, clock=HandClock(), person="Lan")
    app.vault.put("zalo.tokens", "bí mật")
    app.close()
    (home / "vault.key").unlink()
    assert level(looked(home), "Khóa bí mật") is Level.BAD
    assert not (home / "vault.key").exists()


def test_a_refresh_token_that_lies_unused_is_named_before_it_ends(home: Path) -> None:
    from broadcaster.app import open_app

    clock = HandClock()
    app = open_app(home, clock=clock, person="Lan")
    app.vault.put("zalo.tokens", "bí mật")
    app.close()
    assert "Kênh zalo" in looked(home, clock)
    clock.forward(80 * 86_400)
    said = [finding.message for finding in looked(home, clock)["Kênh zalo"]]
    assert any("hết hạn khoảng" in text for text in said)


def test_a_full_disk_is_bad(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import shutil

    for free, wanted in ((100 << 20, Level.BAD), (500 << 20, Level.WARN), (5 << 30, Level.OK)):
        usage = shutil._ntuple_diskusage(10 << 30, 0, free)  # type: ignore[attr-defined]
        monkeypatch.setattr(shutil, "disk_usage", lambda _, usage=usage: usage)
        assert next(doctor_machine.disk(home)).level is wanted


def test_the_daemon_is_missed_only_when_something_is_to_come(home: Path) -> None:
    assert level(looked(home), "Chương trình phát") is Level.WARN
    with DaemonLock(home):
        assert level(looked(home), "Chương trình phát") is Level.OK


def test_what_is_late_or_unknown_is_named(bench: object, tmp_path: Path) -> None:
    from broadcaster.app import App
    from broadcaster.delivery import Outcome, move
    from broadcaster.records import DeliveryStatus as Status
    from tests.broadcaster.conftest import Bench

    assert isinstance(bench, Bench)
    late, unknown = bench.plan(), bench.plan()
    with bench.database.writing() as session:
        move(session, unknown, Status.UNKNOWN, Outcome("thử"), bench.clock.now())
    bench.clock.forward(600)
    app = App(bench.home, Settings(), bench.clock, "Lan")
    levels = [finding.level for finding in doctor_station.queue(app)]
    assert levels == [Level.WARN, Level.BAD]
    (finding,) = doctor_station.daemon(app)
    assert finding.level is Level.BAD
    bench.clock.step(-86_400)
    assert "chậm hơn sổ" in [finding.message for finding in doctor_station.queue(app)][-1]
    app.close()
    assert late.id != unknown.id


def test_the_age_of_the_last_backup_is_known(home: Path) -> None:
    clock = HandClock()
    backups.rotate(home, Settings(), clock.now())
    assert level(looked(home, clock), "Sao lưu") is Level.OK
    clock.forward(3 * 86_400)
    assert level(looked(home, clock), "Sao lưu") is Level.WARN


def test_the_last_verdict_on_the_ledger_is_remembered(home: Path) -> None:
    clock = HandClock()
    verified.note(home, Verification(3, 0, Head(3, GENESIS)), clock.now())
    assert level(looked(home, clock), "Sổ minh chứng") is Level.OK
    clock.forward(40 * 86_400)
    assert level(looked(home, clock), "Sổ minh chứng") is Level.WARN
    (home / "state" / "verified.json").write_text("rác")
    assert level(looked(home, clock), "Sổ minh chứng") is Level.WARN


# The clock


@pytest.fixture
def time_server() -> Iterator[tuple[str, list[bytes]]]:
    """Answers one SNTP question with what stands in the list."""
    answers: list[bytes] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(5)

        def serve() -> None:
            try:
                _, who = server.recvfrom(512)
                server.sendto(answers[0], who)
            except OSError:
                return

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}", answers
        server.close()
        thread.join()


def sntp(seconds: float, *, stratum: int = 2, mode: int = 4) -> bytes:
    moment = struct.pack("!II", int(seconds) + 2_208_988_800 & 0xFFFFFFFF, 1 << 31)
    return bytes([0x20 | mode, stratum]) + bytes(30) + moment + moment


def test_sntp_tells_how_far_the_clock_is_off(time_server: tuple[str, list[bytes]]) -> None:
    server, answers = time_server
    clock = HandClock()
    answers.append(sntp(clock.now().timestamp() - 10))
    reading = time_sources.ask(ClockSection(ntp=[server], web=[]), clock)
    assert reading is not None
    assert (reading.off, reading.fine) == (9.5, True)


@pytest.mark.parametrize("answer", [b"", b"x" * 20, sntp(0, stratum=0), sntp(0, mode=3)])
def test_an_answer_that_tells_no_time_is_none(
    time_server: tuple[str, list[bytes]], answer: bytes
) -> None:
    server, answers = time_server
    answers.append(answer)
    assert time_sources.ask(ClockSection(ntp=[server], web=[]), HandClock()) is None


def test_the_second_era_of_ntp_is_read() -> None:
    assert time_sources._moment(5, 0) == 2_085_978_496 + 5


@pytest.mark.parametrize(("off", "wanted"), [(0, Level.OK), (10, Level.WARN), (3600, Level.BAD)])
def test_the_date_of_a_web_server_is_compared(
    httpserver: HTTPServer, off: int, wanted: Level
) -> None:
    clock = HandClock(SystemClock().now() + timedelta(seconds=off))
    httpserver.expect_request("/").respond_with_data("")  # the server adds its own Date
    chosen = ClockSection(ntp=[], web=[httpserver.url_for("/")])
    (finding,) = doctor_machine.clock(chosen, clock)
    assert finding.level is wanted


def test_offline_is_said_and_is_no_fault() -> None:
    (finding,) = doctor_machine.clock(
        ClockSection(ntp=["127.0.0.1:1"], web=["http://127.0.0.1:1/"]), HandClock()
    )
    assert finding.level is Level.OK
    assert "không có Internet" in finding.message


# The port, and the command


def test_a_port_that_somebody_else_has_is_named() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        listen = f"127.0.0.1:{other.getsockname()[1]}"
        assert next(doctor_machine.port(listen, None)).level is Level.WARN
        assert next(doctor_machine.port(listen, "77")).level is Level.OK
    assert next(doctor_machine.port(listen, None)).level is Level.OK
    assert next(doctor_machine.port(listen, "77")).level is Level.WARN


def test_the_command_exits_1_when_something_is_bad(home: Path) -> None:
    found = json.loads(station(home, "doctor", "--json").stdout)
    assert {"check", "level", "message", "mend"} == set(found[0])
    (home / "vault.key").chmod(0o644)
    said = station(home, "doctor", code=1).stdout
    assert "chmod 600" in said
    assert all(len(line) <= 80 for line in said.splitlines())
