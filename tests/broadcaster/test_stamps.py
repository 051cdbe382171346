"""Time stamps: fetched from a real (local) authority, verified, kept, packed, never believed."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from broadcaster import checkpoints, chores, cli, seals, stamps, verification
from broadcaster.app import App
from broadcaster.pack import kiem_tra
from broadcaster.pack.export import export
from broadcaster.pack.scope import Scope
from broadcaster.records import CheckpointStamp
from broadcaster.verification import Break, Verification
from content.errors import UserError
from tests.broadcaster import tampering
from tests.broadcaster.tampering import opened
from tests.servers.tsa import NOON, Authority, FakeTsa, Fault

PEM = "tsa.pem"


@pytest.fixture
def tsa(home: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An authority that the home trusts."""
    with FakeTsa() as server:
        (home / PEM).write_bytes(server.authority.pem)
        monkeypatch.setenv("BROADCASTER_EVIDENCE__TSA_URL", server.url)
        monkeypatch.setenv("BROADCASTER_EVIDENCE__TSA_CERTIFICATES", PEM)
        monkeypatch.setattr(stamps, "_TIMEOUT", (10.0, 30.0))  # a busy machine is no fault
        yield server


def verdict(app: App) -> Verification:
    with app.database.snapshot() as session:
        return verification.verify(
            session, app.station_id, app.store,
            copies=checkpoints.copies_in(app, []), trust=stamps.trusted(app),
        )  # fmt: skip


def kept(app: App) -> list[CheckpointStamp]:
    with app.database.reading() as session:
        return list(session.exec(select(CheckpointStamp)).all())


def test_the_newest_checkpoint_is_stamped_once_and_verified(home: Path, tsa: FakeTsa) -> None:
    app = opened(home)
    made, again = stamps.stamp_newest(app), stamps.stamp_newest(app)
    assert made is not None
    assert again is not None
    assert (made.no, made.seq, made.at, made.new) == (3, 10, NOON, True)
    assert (again.at, again.new, len(tsa.asked)) == (NOON, False, 1)
    found = verdict(app)
    assert found.ok
    assert found.stamps == 1
    assert found.notes == ()
    app.close()


def test_openssl_accepts_the_file_beside_the_checkpoint(home: Path, tsa: FakeTsa) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl on this machine")
    app = opened(home)
    stamps.stamp_newest(app)
    folder = app.home / seals.FOLDER
    seal = seals.Seal.read(**json.loads((folder / "00003-10.seal.json").read_text()))
    app.close()
    done = subprocess.run(
        [openssl, "ts", "-verify", "-digest", seal.digest, "-in", folder / "00003-10.tsr",
         "-CAfile", home / PEM],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "Verification: OK" in done.stdout + done.stderr


REFUSED = {
    Fault.WRONG_IMPRINT: "thuộc nội dung khác",
    Fault.WRONG_NONCE: "nonce",
    Fault.BAD_SIGNATURE: "chữ ký sai",
    Fault.STRANGER: "chứng thư gốc đã cài",
    Fault.NOT_FOR_STAMPS: "chứng thư gốc đã cài",
    Fault.REJECTION: "over quota",
    Fault.GARBAGE: "không phải dấu thời gian",
    Fault.SERVER_ERROR: "HTTP 500",
    Fault.REDIRECT: "HTTP 302",
    Fault.TIMEOUT: "hết thời gian chờ",
    Fault.DROP: "mất kết nối",
}


@pytest.mark.parametrize("fault", Fault)
def test_what_is_no_stamp_is_refused_and_fetched_again_later(
    home: Path, tsa: FakeTsa, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    tsa.faults = [fault]
    app = opened(home)
    patient = stamps._TIMEOUT
    if fault is Fault.TIMEOUT:
        monkeypatch.setattr(stamps, "_TIMEOUT", (10.0, 0.2))
    with pytest.raises(UserError, match=REFUSED[fault]):
        stamps.stamp_newest(app)
    assert kept(app) == []
    assert verdict(app).ok
    monkeypatch.setattr(stamps, "_TIMEOUT", patient)
    made = stamps.stamp_newest(app)
    assert made is not None
    assert made.new
    app.close()


def test_the_daemons_chore_fetches_it_and_survives_every_failure(home: Path, tsa: FakeTsa) -> None:
    tsa.faults = [Fault.SERVER_ERROR, Fault.GARBAGE]
    app = opened(home)
    for tries in (1, 2):  # one a look; the day's checkpoint is made at the first
        chores.run(app)
        assert (len(tsa.asked), kept(app)) == (tries, [])
    chores.run(app)
    chores.run(app)
    assert len(tsa.asked) == 3
    assert [row.stamped_at for row in kept(app)] == [NOON]
    app.close()


def test_without_an_authority_nothing_is_asked(home: Path) -> None:
    app = opened(home)
    assert stamps.stamp_due(app) is None
    with pytest.raises(UserError, match="Chưa đặt cơ quan"):
        stamps.stamp_newest(app)
    app.close()


def test_a_stamp_older_than_its_checkpoint_shows_a_clock_that_ran_ahead(
    home: Path, tsa: FakeTsa
) -> None:
    app = opened(home)
    tsa.at = NOON - timedelta(days=8)
    stamps.stamp_newest(app)
    found = verdict(app)
    assert found.ok
    (note,) = found.notes
    assert (note.kind, note.seq) == ("clock", 10)
    assert "7 ngày" in note.what
    app.close()


def _response(home: Path) -> bytes:
    with tampering.database(home) as connection:
        (text,) = connection.execute("SELECT response FROM checkpoint_stamp").fetchone()
    return base64.b64decode(text)


def _other_content(home: Path) -> None:
    with tampering.database(home) as connection:
        connection.execute("UPDATE checkpoint_stamp SET checkpoint_id = 2")


def _other_moment(home: Path) -> None:
    with tampering.database(home) as connection:
        connection.execute("UPDATE checkpoint_stamp SET stamped_at = '2020-01-01 00:00:00.000000'")


def _flipped(home: Path) -> None:
    data = bytearray(_response(home))
    data[-1] ^= 1  # the end of the signature
    _put(home, bytes(data))


def _forged(home: Path) -> None:
    """Whoever has no key of the authority makes a token with one of his own."""
    from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

    with tampering.database(home) as connection:
        (body,) = connection.execute("SELECT body FROM checkpoint WHERE no = 3").fetchone()
    builder = TimestampRequestBuilder().data(body.encode())
    asked = builder.hash_algorithm(HashAlgorithm.SHA256).build()
    _put(home, Authority().answer(asked.as_bytes()))


def _put(home: Path, data: bytes) -> None:
    text = base64.b64encode(data).decode()
    with tampering.database(home) as connection:
        connection.execute("UPDATE checkpoint_stamp SET response = ?", [text])


def _deleted(home: Path) -> None:
    with tampering.database(home) as connection:
        connection.execute("DELETE FROM checkpoint_stamp")
    for path in (home / seals.FOLDER).glob(f"*{stamps.SUFFIX}"):
        path.unlink()


def _another_good_one(home: Path, tsa: FakeTsa) -> None:
    """The authority itself stamps the same checkpoint once more, a year later."""
    from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

    with tampering.database(home) as connection:
        (body,) = connection.execute("SELECT body FROM checkpoint WHERE no = 3").fetchone()
    builder = TimestampRequestBuilder().data(body.encode())
    asked = builder.hash_algorithm(HashAlgorithm.SHA256).build()
    _put(home, tsa.authority.answer(asked.as_bytes()))


def test_a_stamp_that_another_good_one_replaced_is_named(home: Path, tsa: FakeTsa) -> None:
    app = opened(home)
    stamps.stamp_newest(app)
    app.close()
    _another_good_one(home, tsa)
    app = opened(home)
    found = verdict(app)
    assert (found.broken, found.seq) == (Break.STAMP_FORGED, 15)
    assert "thay bằng dấu khác" in found.what
    app.close()


def test_a_stamp_makes_no_checkpoint_due(home: Path, tsa: FakeTsa) -> None:
    """Else a quiet station would seal and stamp its own stamps each day."""
    app = opened(home)
    checkpoints.make_checkpoint(app)
    for _ in range(3):
        chores.run(app)
        app.clock.forward(86_400)  # type: ignore[attr-defined]
    assert len(kept(app)) == 1
    app.close()


def test_a_stamp_from_before_they_were_recorded_still_counts(home: Path, tsa: FakeTsa) -> None:
    app = opened(home)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stamps.evidence, "append", lambda *_, **__: None)
        stamps.stamp_newest(app)
    found = verdict(app)
    assert (found.ok, found.stamps) == (True, 1)
    app.close()


@pytest.mark.parametrize(
    ("act", "seq", "alone"),
    [
        (_deleted, 15, "stamp_missing"),
        (_other_content, 9, "stamp_forged"),
        (_other_moment, 10, "stamp_forged"),
        (lambda home: _put(home, b"khong phai DER"), 10, "stamp_forged"),
        (_flipped, 10, "stamp_forged"),
        (_forged, 10, "stamp_forged"),
    ],
    ids=[
        "deleted",
        "another checkpoint's",
        "another moment",
        "garbage",
        "bad signature",
        "own key",
    ],
)
def test_a_stamp_that_was_tampered_with_is_named(
    home: Path, tsa: FakeTsa, tmp_path: Path, act: Any, seq: int, alone: str
) -> None:
    """The stand-alone verifier checks no signature of the authority: the chain names the answer."""
    app = opened(home)
    stamps.stamp_newest(app)
    app.close()
    act(home)
    app = opened(home)
    found = verdict(app)
    wanted = Break.STAMP_MISSING if act is _deleted else Break.STAMP_FORGED
    assert (found.broken, found.seq) == (wanted, seq)
    export(app, tmp_path / "gói.zip", Scope("toàn bộ"))
    app.close()
    told = kiem_tra.Verifier(kiem_tra.Pack(tmp_path / "gói.zip")).run()
    assert told["kind"] == alone, told


def test_the_pack_holds_the_stamps_and_the_way_to_check_them(
    home: Path, tsa: FakeTsa, tmp_path: Path
) -> None:
    app = opened(home)
    checkpoints.make_checkpoint(app)
    tsa.at = app.clock.now()
    stamps.stamp_newest(app)
    target = tmp_path / "gói.zip"
    export(app, target, Scope("toàn bộ"))
    app.close()
    told = kiem_tra.Verifier(kiem_tra.Pack(target)).run()
    assert told["ok"], told
    assert told["stamps"] == 1
    with zipfile.ZipFile(target) as archive:
        archive.extractall(tmp_path / "mở")
    read_me = (tmp_path / "mở" / "DOC-TRUOC.txt").read_text(encoding="utf-8-sig")
    command = read_me[read_me.index("openssl ts") :].replace("\\\n", " ").split()
    if (openssl := shutil.which("openssl")) is not None:
        done = subprocess.run(
            [openssl, *command[1:]], cwd=tmp_path / "mở", capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        assert "Verification: OK" in done.stdout + done.stderr
    kept_file = tmp_path / "mở" / "so-minh-chung" / "stamps" / "00004-14.tsr"
    kept_file.write_bytes(kept_file.read_bytes()[:-40])
    told = kiem_tra.Verifier(kiem_tra.Pack(tmp_path / "mở")).run()
    assert (told["kind"], told["seq"]) == ("stamp_forged", 14)


def test_without_the_certificates_a_stamp_is_told_as_unsigned(
    home: Path, tsa: FakeTsa, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened(home)
    stamps.stamp_newest(app)
    app.close()
    monkeypatch.delenv("BROADCASTER_EVIDENCE__TSA_URL")
    monkeypatch.delenv("BROADCASTER_EVIDENCE__TSA_CERTIFICATES")
    app = opened(home)
    found = verdict(app)
    assert found.ok
    assert [note.kind for note in found.notes] == ["stamps_unsigned"]
    app.close()


def test_the_command_stamps_and_says_when(
    home: Path, tsa: FakeTsa, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BROADCASTER_HOME", str(home))
    assert cli.run(["evidence", "stamp"]) == 0
    assert "mốc số 3: 16:00:05 ngày 25/11/2026" in capsys.readouterr().out
    assert cli.run(["evidence", "stamp", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["new"] is False
    assert cli.run(["evidence", "verify"]) == 0
    assert "1 mốc có dấu thời gian" in capsys.readouterr().out
    (home / PEM).write_text("không phải chứng thư")
    assert cli.run(["evidence", "verify"]) == 1
    assert "chứng thư gốc" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("url", "what"),
    [
        ("tsa.example.vn", "http"),
        ("http://ten:mat@tsa.example.vn/", "mật khẩu"),
        ("http://tsa.example.vn/", "tsa_certificates"),
    ],
)
def test_a_setting_that_cannot_work_is_told(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
    url: str, what: str,
) -> None:  # fmt: skip
    monkeypatch.setenv("BROADCASTER_HOME", str(home))
    monkeypatch.setenv("BROADCASTER_EVIDENCE__TSA_URL", url)
    assert cli.run(["evidence", "verify"]) == 1
    assert what in capsys.readouterr().err
