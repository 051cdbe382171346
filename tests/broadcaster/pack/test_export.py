"""The pack: what is in scope is in it, under its task; what is simulated stands apart."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from docx import Document

from broadcaster import evidence
from broadcaster.app import App
from broadcaster.evidence import Kind
from broadcaster.pack import kiem_tra
from broadcaster.pack.export import INDEX, SIMULATED, Packed, export
from broadcaster.pack.scope import Scope, read_scope
from broadcaster.setup import make_home
from channels.base import Artefact, Json
from content.bulletin import Bulletin, Revision
from content.errors import UserError
from schedules.plan import Plan, Task
from tests.broadcaster import tampering
from tests.clocks import HandClock

TITLE = "Nộp hồ sơ <trực tuyến> & “an toàn” \x0b"


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    made = make_home(tmp_path / "nhà", HandClock(), name="UBND xã Thử", person="Lan")
    with made.database.writing() as session:
        plan = Plan(station_id=1, title="Kế hoạch 2026", document={}, source_name="kh.docx",
                    source_sha256="a" * 64, imported_at=made.clock.now(), imported_by="Lan",
                    period_start=date(2026, 1, 1), period_end=date(2026, 12, 31))  # fmt: skip
        session.add(plan)
        session.flush()
        for no, content in (("1", "Tuyên truyền trên loa"), ("2", "Đăng bài")):
            session.add(Task(station_id=1, plan_id=plan.id or 0, no=no, content=content))
        for number, task in enumerate(("1", "2", None), 1):
            bulletin = Bulletin(station_id=1, created_at=made.clock.now(), created_by="Lan")
            session.add(bulletin)
            session.flush()
            session.add(
                Revision(
                    bulletin_id=bulletin.id or 0,
                    number=1,
                    title=f"{TITLE} {number}",
                    body="Lời văn đã duyệt.",
                    task=task,
                    sha256="b" * 64,
                    created_at=made.clock.now(),
                    created_by="Lan",
                )
            )
    yield made
    made.close()


def output(app: App, number: int, **facts: Json) -> None:
    """One delivery that went out, with a sound of its own unless `sound` names another's."""
    sound = str(facts.pop("sound", f"âm thanh {number}"))
    at = facts.pop("at", None) or evidence.iso(app.clock.now())
    stored = app.store.put(Artefact(f"radio {number}.mp3", "audio/mpeg", sound.encode()))
    body: dict[str, Json] = {
        "channel": "radio", "target": "toan-xa", "bulletin": 1, "revision": 1, "delivery": number,
        "outcome": "sent", "simulated": False, "scheduled_at": at, "started_at": at,
        "ended_at": at,
    }  # fmt: skip
    with app.database.writing() as session:
        evidence.append(
            session, 1, Kind.DELIVERY, app.clock.now(), body | facts, artefacts=[stored]
        )


def packed(app: App, **scope: Any) -> tuple[Packed, zipfile.ZipFile]:
    chosen = read_scope(app, scope.get("period"), scope.get("task"), scope.get("plan"))
    target = app.home.parent / "gói.zip"
    made = export(app, target, chosen)
    assert kiem_tra.Verifier(kiem_tra.Pack(target)).run()["ok"]
    return made, zipfile.ZipFile(io.BytesIO(target.read_bytes()))


def sounds(archive: zipfile.ZipFile) -> set[str]:
    return {archive.read(name).decode() for name in archive.namelist() if name.endswith(".mp3")}


def test_what_went_out_lies_under_its_task_with_its_text_and_outcome(app: App) -> None:
    output(app, 1)
    output(app, 2, bulletin=2)
    output(app, 3, bulletin=3)
    made, archive = packed(app)
    folders = {name.split("/")[0] for name in archive.namelist() if name.endswith(".mp3")}
    assert folders == {
        "nhiem-vu-1-Tuyen-truyen-tren-loa",
        "nhiem-vu-2-Dang-bai",
        "khong-gan-nhiem-vu",
    }
    assert (made.items, made.simulated, made.missing, made.unsigned) == (3, 0, (), None)
    (text,) = (archive.read(n).decode("utf-8-sig") for n in archive.namelist()
               if n.startswith("nhiem-vu-1") and n.endswith("loi-van.txt"))  # fmt: skip
    assert "Lời văn đã duyệt." in text
    (outcome,) = (json.loads(archive.read(n)) for n in archive.namelist()
                  if n.startswith("nhiem-vu-2") and n.endswith("ket-qua.json"))  # fmt: skip
    assert (outcome["delivery"], outcome["seqs"]) == (2, [2])


def test_simulated_outputs_stand_apart_and_are_not_counted(app: App) -> None:
    output(app, 1)
    output(app, 2, simulated=True)
    made, archive = packed(app)
    assert (made.items, made.simulated) == (1, 1)
    (apart,) = (n for n in archive.namelist() if n.startswith(SIMULATED) and n.endswith(".mp3"))
    assert archive.read(apart).decode() == "âm thanh 2"
    page = archive.read(f"{INDEX}.html").decode()
    assert page.index("âm thanh đã phát") < page.index("KẾT QUẢ MÔ PHỎNG")


def finding(app: App, kind: Kind, message: str, **facts: Json) -> None:
    """What the station noticed about its own air."""
    details: dict[str, Json] = {"message": message}
    if kind is Kind.CHECK:
        details["air_check"] = {"matched": True, "share": 1.0, "delay_ms": 1200.0}
    body: dict[str, Json] = {"channel": "radio", "target": "thon-1", "simulated": False}
    with app.database.writing() as session:
        evidence.append(session, 1, kind, app.clock.now(), body | facts, details=details)


def test_air_checks_and_alarms_stand_with_their_output_and_are_no_items(app: App) -> None:
    output(app, 1)
    finding(app, Kind.CHECK, "Người nghe đã nhận đúng chương trình, chậm 1.2 giây",
            delivery=1, bulletin=1, revision=1)  # fmt: skip
    finding(app, Kind.ALARM, "Loa có tiếng ngoài khung giờ <lạ> \x0b")
    finding(app, Kind.ALARM, "thử còi", simulated=True)
    made, archive = packed(app)
    assert made.items == 1
    page = archive.read(f"{INDEX}.html").decode()
    assert "Kiểm tra âm: Người nghe đã nhận đúng chương trình, chậm 1.2 giây" in page
    assert "Kiểm tra âm ở phía người nghe: 1 lượt" in page
    assert page.index("BÁO ĐỘNG CỦA ĐÀI") < page.index("&lt;lạ&gt;")
    assert "thử còi" not in page
    (outcome,) = (json.loads(archive.read(n)) for n in archive.namelist()
                  if n.endswith("ket-qua.json"))  # fmt: skip
    assert outcome["findings"][0]["air_check"]["delay_ms"] == 1200.0
    tables = Document(io.BytesIO(archive.read(f"{INDEX}.docx"))).tables
    assert [len(table.rows) for table in tables] == [2, 2]
    assert "Loa có tiếng ngoài khung giờ" in tables[1].rows[1].cells[3].text


def test_an_alarm_outside_the_scope_stays_out(app: App) -> None:
    output(app, 1)
    finding(app, Kind.ALARM, "Loa có tiếng ngoài khung giờ")
    _, archive = packed(app, task="1")
    assert "BÁO ĐỘNG" not in archive.read(f"{INDEX}.html").decode()


def test_the_index_says_how_the_sound_was_made(app: App) -> None:
    sent = {
        "bulletin": 1,
        "revision": 1,
        "channel": "radio",
        "target": "toan-xa",
        "delivery": 9,
        "outcome": "sent",
        "simulated": False,
        "started_at": evidence.iso(app.clock.now()),
    }
    with app.database.writing() as session:
        evidence.append(
            session,
            1,
            Kind.DELIVERY,
            app.clock.now(),
            sent,
            details={"form": "recording", "seconds": 61.5, "outputs_ok": ["file:air"]},
        )
    _, archive = packed(app)
    assert "Hình thức: Bản thu" in archive.read(f"{INDEX}.html").decode()
    (outcome,) = (json.loads(archive.read(n)) for n in archive.namelist()
                  if n.endswith("ket-qua.json"))  # fmt: skip
    assert outcome["as_run"] == {"form": "recording", "seconds": 61.5, "outputs_ok": ["file:air"]}


def test_memory_does_not_grow_with_the_index(app: App) -> None:
    """The index is streamed: ten times the lines take hardly more memory."""
    import tracemalloc

    def peak() -> int:
        tracemalloc.start()
        try:
            export(app, app.home.parent / "gói.zip", Scope("toàn bộ"))
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    for number in range(1, 41):
        output(app, number, sound="một")
    peak()
    few = peak()
    for number in range(41, 401):
        output(app, number, sound="một")
    assert peak() < few + 400 * 6_000


def test_what_did_not_go_out_is_counted_but_no_evidence(app: App) -> None:
    output(app, 1, outcome="missed")
    made, archive = packed(app)
    assert made.items == 0
    assert "lỡ giờ: 1" in archive.read(f"{INDEX}.html").decode()
    assert "Không có tài liệu nào" in archive.read(f"{INDEX}.html").decode()


def test_a_period_is_of_days_on_the_stations_calendar(app: App) -> None:
    for number, moment in enumerate(
        ("2026-06-30T16:59:59.000000Z", "2026-06-30T17:00:00.000000Z",
         "2026-12-31T16:59:59.000000Z", "2026-12-31T17:00:00.000000Z"), 1,
    ):  # fmt: skip
        output(app, number, at=moment)
    _, archive = packed(app, period="2026-H2")
    assert sounds(archive) == {"âm thanh 2", "âm thanh 3"}


def test_a_task_or_a_plan_narrows_the_pack(app: App) -> None:
    output(app, 1)
    output(app, 2, bulletin=2)
    output(app, 3, bulletin=3)
    assert sounds(packed(app, task="2")[1]) == {"âm thanh 2"}
    assert sounds(packed(app, plan=1)[1]) == {"âm thanh 1", "âm thanh 2"}
    for wrong in ({"task": "9"}, {"plan": 7}, {"period": "2026-13"}, {"period": "hôm qua"}):
        with pytest.raises(UserError):
            packed(app, **wrong)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("2026", ("2026-01-01", "2026-12-31")),
        ("2026-h1", ("2026-01-01", "2026-06-30")),
        ("2026-Q3", ("2026-07-01", "2026-09-30")),
        ("2024-02", ("2024-02-01", "2024-02-29")),
        ("2026-01-15..2026-06-30", ("2026-01-15", "2026-06-30")),
    ],
)
def test_periods_are_read_as_people_write_them(app: App, text: str, days: tuple[str, str]) -> None:
    scope = read_scope(app, text, None, None)
    assert (str(scope.start), str(scope.end)) == days


def test_evidence_added_by_hand_is_in_with_its_files_whatever_its_details(app: App) -> None:
    photo = app.store.put(Artefact("Ảnh hội nghị.JPG", "image/jpeg", b"anh"))
    with app.database.writing() as session:
        evidence.append(
            session, 1, Kind.MANUAL, app.clock.now(), {"simulated": False}, artefacts=[photo],
            details={"task": "2", "title": "Hội nghị", "date": "2026-03-05"},
        )  # fmt: skip
        evidence.append(session, 1, Kind.MANUAL, app.clock.now(), {"simulated": False})
    made, archive = packed(app)
    assert made.items == 2
    (found,) = (n for n in archive.namelist() if n.endswith("Anh-hoi-nghi.jpg"))
    assert found.startswith("nhiem-vu-2-Dang-bai/2026-03-05_minh-chung-bo-sung_1/")
    assert packed(app, period="2026-Q1")[0].items == 1


def test_a_sound_that_was_aired_twice_is_in_the_pack_once(app: App) -> None:
    output(app, 1, sound="một")
    output(app, 2, sound="một")
    _, archive = packed(app)
    assert [n for n in archive.namelist() if n.endswith(".mp3")] == [
        n for n in archive.namelist() if n.endswith("radio-1.mp3")
    ]
    assert archive.read(f"{INDEX}.html").decode().count("radio-1.mp3") == 2


def test_a_withdrawn_bulletin_is_marked_in_the_index(app: App) -> None:
    output(app, 1)
    with app.database.writing() as session:
        evidence.append(
            session, 1, Kind.REVIEW, app.clock.now(), {"bulletin": 1, "revision": 1},
            details={"action": "withdraw", "person": "Minh", "note": "sai số liệu"},
        )  # fmt: skip
    _, archive = packed(app)
    assert "sai số liệu" in archive.read(f"{INDEX}.html").decode()


def test_both_forms_of_the_index_hold_awkward_titles_and_the_head(app: App) -> None:
    output(app, 1, permalink="https://facebook.com/1?a=1&b=<2>")
    made, archive = packed(app)
    page = archive.read(f"{INDEX}.html").decode()
    assert "Nộp hồ sơ &lt;trực tuyến&gt; &amp; “an toàn”" in page
    assert made.head.hash in page
    document = Document(io.BytesIO(archive.read(f"{INDEX}.docx")))
    said = "\n".join(cell.text for table in document.tables for cell in table._cells)
    assert "Nộp hồ sơ <trực tuyến> & “an toàn”" in said
    assert made.head.hash in "\n".join(p.text for p in document.paragraphs)


def test_every_name_in_the_pack_is_plain_and_short(app: App) -> None:
    output(app, 1, target="Cụm loa: thôn 3/*?", channel="radio")
    _, archive = packed(app)
    assert all(name.isascii() and len(name) < 150 for name in archive.namelist())


def test_a_file_that_is_not_on_the_disk_is_said_and_the_rest_is_there(app: App) -> None:
    output(app, 1)
    output(app, 2)
    next(p for p in app.store.folder.rglob("*") if p.is_file()).unlink()
    target = app.home.parent / "gói.zip"
    made = export(app, target, Scope("toàn bộ"))
    assert len(made.missing) == 1
    verdict = kiem_tra.Verifier(kiem_tra.Pack(target)).run()
    assert verdict["kind"] == "artefact_missing"
    assert "tệp không còn" in zipfile.ZipFile(target).read(f"{INDEX}.html").decode()


def test_what_does_not_hold_is_said_when_the_pack_is_made(app: App) -> None:
    for number in (1, 2, 3):
        output(app, number)
    path = next(p for p in app.store.folder.rglob("*") if p.is_file())
    path.write_bytes(path.read_bytes()[:-3])
    target = app.home.parent / "gói.zip"
    made = export(app, target, Scope("toàn bộ"))
    assert len(made.changed) == 1
    assert made.broken is None
    with tampering.database(app.home) as connection:
        text = "replace(body, '\"revision\":1', '\"revision\":7')"
        connection.execute(f"UPDATE evidence SET body = {text} WHERE seq = 2")
    made = export(app, target, Scope("toàn bộ"))
    assert made.broken == 2


def test_a_restore_is_bookkeeping_and_no_evidence_of_anything(app: App) -> None:
    output(app, 1)
    with app.database.writing() as session:
        details: dict[str, Json] = {"person": "Lan", "checkpoint": None, "replaced": []}
        evidence.append(
            session, 1, Kind.RESTORE, app.clock.now(), {"simulated": False}, details=details
        )
    made, _ = packed(app)
    assert made.items == 1


def test_a_pack_is_whole_or_not_there(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    output(app, 1)
    target = app.home.parent / "gói.zip"
    target.write_bytes(b"old")

    def full(*_: object) -> bytes:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("broadcaster.pack.index_docx.write", full)
    with pytest.raises(OSError, match="No space"):
        export(app, target, Scope("toàn bộ"))
    assert target.read_bytes() == b"old"
    assert not list(app.home.parent.glob("*.part"))


def test_the_pack_says_nothing_of_the_keys_of_the_machine(app: App) -> None:
    output(app, 1)
    _, archive = packed(app)
    with app.database.reading() as session:
        from broadcaster import checkpoints

        key = checkpoints.current_key(session, 1)
    assert key is not None
    secret = checkpoints.private_key(app, key)
    assert not any(secret.encode() in archive.read(name) for name in archive.namelist())


def test_without_its_key_a_pack_is_made_unsigned_and_says_so(app: App) -> None:
    output(app, 1)
    (app.home / "vault.key").unlink()
    target = app.home.parent / "gói.zip"
    made = export(app, target, Scope("toàn bộ"))
    assert made.unsigned is not None
    verdict = kiem_tra.Verifier(kiem_tra.Pack(target)).run()
    assert verdict["ok"]
    assert [note["kind"] for note in verdict["notes"]] == ["unsigned"]


def test_an_old_date_of_the_clock_does_not_stop_a_pack(app: App) -> None:
    clock = app.clock
    assert isinstance(clock, HandClock)
    clock.step((datetime(1970, 1, 2, tzinfo=UTC) - clock.now()) / timedelta(seconds=1))
    output(app, 1)
    assert packed(app)[0].items == 1
