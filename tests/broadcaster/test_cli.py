"""The command line as its users meet it: what is printed, what is kept, which exit code."""

from __future__ import annotations

import re
import sqlite3
import unicodedata
from importlib.resources import files
from pathlib import Path

import pytest

from broadcaster import cli
from tests.broadcaster.desks import BULLETIN, Desk, rows

VERBS = ("demo", "run", "init", "status", "emergency", "report", "backup", "restore", "doctor")
NOUNS = [name for name in cli.COMMANDS if name not in VERBS]


def test_init_makes_a_home_and_the_acting_person_its_administrator(desk: Desk) -> None:
    assert (desk.home / "broadcaster.toml").exists()
    assert (desk.home / "broadcaster.db").exists()
    assert (desk.home / "vault.key").stat().st_mode & 0o777 == 0o600
    assert desk.json("person", "list") == [
        {"name": "Lan", "roles": ["admin"]},
        {"name": "Minh", "roles": ["approver"]},
    ]


def test_init_again_changes_nothing(desk: Desk) -> None:
    before = (desk.home / "broadcaster.toml").read_text(encoding="utf-8")
    desk.ok("init", "--name", "Tên khác")
    assert (desk.home / "broadcaster.toml").read_text(encoding="utf-8") == before
    assert rows(desk, "person") == 2


def test_without_a_home_every_command_says_to_init(tmp_path: Path, desk: Desk) -> None:
    said = desk.refused("bulletin", "list", "--home", str(tmp_path / "chưa có"))
    assert "broadcaster init" in said
    assert not (tmp_path / "chưa có").exists()


def test_a_bulletin_goes_from_draft_to_approved_by_another_person(desk: Desk) -> None:
    path = desk.file("bài.md", BULLETIN)
    added = desk.json("bulletin", "add", path)
    assert (added["id"], added["revision"], added["status"]) == (1, 1, "draft")
    assert desk.json("bulletin", "submit", "1")["status"] == "submitted"
    assert "không được tự duyệt" in desk.refused("bulletin", "approve", "1")
    assert desk.json("bulletin", "approve", "1", "--as", "Minh")["status"] == "approved"
    actions = [r["details"].get("action") for r in desk.json("evidence", "list")]
    assert actions == ["submit", "approve"]


def test_an_edit_needs_a_new_approval_and_keeps_the_old_revision(desk: Desk) -> None:
    number = desk.approved_text(BULLETIN)
    booked = desk.json("broadcast", "add", str(number), "--channel", "facebook", "--at", "23:59")
    edited = desk.json(
        "bulletin", "edit", str(number), desk.file("b.md", BULLETIN.replace("17h00", "16h30"))
    )
    assert (edited["revision"], edited["status"], edited["cancelled"]) == (2, "draft", 1)
    (found,) = desk.json("broadcast", "list")
    assert found["id"] == booked["id"]
    assert found["deliveries"][0]["status"] == "cancelled"
    assert rows(desk, "revision") == 2


def test_an_edit_that_changes_nothing_is_no_new_revision(desk: Desk) -> None:
    number = desk.approved_text(BULLETIN)
    edited = desk.json("bulletin", "edit", str(number), desk.file("b.md", BULLETIN))
    assert (edited["revision"], edited["status"]) == (1, "approved")


def test_a_person_without_the_role_is_refused_by_name(desk: Desk) -> None:
    desk.ok("person", "add", "Hoa", "--role", "editor")
    desk.json("bulletin", "add", desk.file("a.md", BULLETIN), "--as", "Hoa")
    desk.ok("bulletin", "submit", "1")
    assert "không phải là người duyệt" in desk.refused("bulletin", "approve", "1")
    assert "person add" in desk.refused("bulletin", "add", desk.file("a.md", BULLETIN), "--as", "X")


def test_unreadable_bits_stop_an_approval_until_they_are_accepted_by_name(desk: Desk) -> None:
    text = "---\ntitle: Thử\nchannels: [radio]\n---\nMã hồ sơ là QZXW@#.\n"
    number = str(desk.json("bulletin", "add", desk.file("a.md", text))["id"])
    desk.ok("bulletin", "submit", number)
    assert "QZXW" in desk.refused("bulletin", "approve", number, "--as", "Minh")
    desk.ok("bulletin", "approve", number, "--accept-residue")
    assert "QZXW" in str(desk.json("bulletin", "show", number)["reviews"][-1]["residue_accepted"])


@pytest.mark.parametrize("channel", ["radio", "facebook", "zalo"])
def test_the_preview_is_what_goes_out(desk: Desk, channel: str, tmp_path: Path) -> None:
    number = str(desk.approved_text(BULLETIN))
    out = tmp_path / f"xem-{channel}"
    made = desk.json("bulletin", "preview", number, "--channel", channel, "-o", str(out))
    assert out.stat().st_size > 500
    assert made["problems"] == []
    if channel == "radio":
        assert "bảy giờ ba mươi" in made["text"]
        assert made["seconds"] > 3
    else:
        assert "7h30" in made["text"]


def test_nfd_text_is_taken_and_kept_as_nfc(desk: Desk) -> None:
    desk.json("bulletin", "add", desk.file("nfd.md", unicodedata.normalize("NFD", BULLETIN)))
    assert desk.json("bulletin", "list")[0]["title"] == "Giờ làm việc của bộ phận một cửa"


BAD_FILES = {
    "empty.md": (b"", "trống"),
    "untitled.md": ("---\ntopic: x\n---\nNội dung".encode(), "tiêu đề"),
    "channel.md": ("---\ntitle: A\nchannels: [tv]\n---\nNội dung".encode(), "tv"),
    "tcvn3.txt": ("Céng hßa x· héi chñ nghÜa ViÖt Nam\n".encode(), "TCVN3"),
    "old.doc": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", ".docx"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_bulletin_gets_one_clear_error_and_leaves_nothing(desk: Desk, name: str) -> None:
    data, word = BAD_FILES[name]
    path = desk.home.parent / name
    path.write_bytes(data)
    said = desk.refused("bulletin", "add", str(path))
    assert name in said
    assert word in said
    assert rows(desk, "bulletin") == 0


def test_windows_1258_text_is_named_as_such(desk: Desk) -> None:
    text = "Tiêu đề\n\nỦy ban nhân dân xã thông báo lịch tiếp công dân của lãnh đạo xã."
    decomposed = "".join(
        "".join(
            unicodedata.normalize("NFC", base) + marks
            for base, marks in [(_base(letter), _tone(letter))]
        )
        for letter in unicodedata.normalize("NFC", text)
    )
    path = desk.home.parent / "1258.txt"
    path.write_bytes(decomposed.encode("cp1258"))
    assert "1258" in desk.refused("bulletin", "add", str(path))


_TONES = "\u0300\u0301\u0303\u0309\u0323"


def _tone(letter: str) -> str:
    return "".join(mark for mark in unicodedata.normalize("NFD", letter) if mark in _TONES)


def _base(letter: str) -> str:
    return "".join(mark for mark in unicodedata.normalize("NFD", letter) if mark not in _TONES)


BAD_PLANS = {
    "empty.txt": ("", "trống"),
    "letter.txt": ("Kính gửi các thôn,\nmời dự họp.\n", "KẾ HOẠCH"),
    "table.txt": ("AB\tCD\tEF\n1\ta\tb\n2\tc\td\n", "Nội dung"),
}


@pytest.mark.parametrize("name", BAD_PLANS)
def test_a_bad_plan_gets_one_clear_error_and_leaves_nothing(desk: Desk, name: str) -> None:
    text, word = BAD_PLANS[name]
    said = desk.refused("plan", "import", desk.file(name, text))
    assert word in said
    assert rows(desk, "plan") == 0


def test_a_plan_is_imported_once_and_printed_in_the_contracts_form(desk: Desk) -> None:
    sample = str(files("broadcaster.samples") / "ke-hoach-tuyen-truyen-cchc-2026.md")
    plan = desk.json("plan", "import", sample)
    assert list(plan) == [
        "id",
        "issuer",
        "number",
        "symbol",
        "place",
        "date",
        "title",
        "period",
        "signer",
        "bases",
        "topics",
        "forms",
        "assignments",
        "recipients",
        "tasks",
        "warnings",
    ]
    assert plan["period"] == {"start": "2026-01-01", "end": "2026-12-31"}
    assert desk.json("plan", "import", sample)["id"] == plan["id"]
    assert rows(desk, "plan") == 1
    assert [row["no"] for row in desk.json("plan", "status")] == [t["no"] for t in plan["tasks"]]


def test_timeframes_are_read_in_input_order(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    monkeypatch.setattr("sys.stdin", io.StringIO("Quý II\nHằng tháng\n"))
    found = desk.json(
        "plan", "timeframe", "-", "--year", "2026", "--start", "2026-01-01", "--end", "2026-12-31"
    )
    assert [item["kind"] for item in found] == ["window", "recurring"]
    assert found[0]["windows"] == [["2026-04-01", "2026-06-30"]]


def test_speech_reads_line_by_line_without_a_home(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import io

    monkeypatch.setenv("BROADCASTER_HOME", str(tmp_path / "không có"))
    monkeypatch.setattr("sys.stdin", io.StringIO("UBND xã\n\n21 hộ\n"))
    found = desk.json("speech", "say", "-")
    assert [item["text"] for item in found] == ["UBND xã", "", "21 hộ"]
    assert found[2]["spoken"].strip(".") == "hai mươi mốt hộ"


def test_the_communes_own_readings_win(desk: Desk) -> None:
    desk.ok("speech", "lexicon", "add", "UBND", "ủy ban của ta")
    assert "ủy ban của ta" in desk.ok("speech", "say", "UBND xã")
    assert "chữ" in desk.refused("speech", "lexicon", "add", "ABC", "đọc là QZXW")


def test_the_week_is_built_shown_and_exported_and_a_second_build_changes_nothing(
    desk: Desk, tmp_path: Path
) -> None:
    for number in range(3):
        desk.approved_text(BULLETIN.replace("Giờ làm việc", f"Tin số {number + 1}"))
    desk.ok("slot", "add", "--channel", "radio", "--at", "05:30", "--minutes", "15")
    desk.ok("slot", "add", "--channel", "facebook", "--at", "18h", "--days", "t2,t4")
    built = desk.json("schedule", "build", "--week", "next")
    assert built["added"] > 7
    again = desk.json("schedule", "build", "--week", "next")
    assert (again["added"], again["removed"]) == (0, 0)
    assert again["items"] == built["items"]
    folder = tmp_path / "Lịch tuần"
    wanted = "docx,xlsx,pdf,html,csv,ics,json"
    paths = desk.json("schedule", "export", "--week", "next", "--format", wanted, "-o", str(folder))
    first = [Path(path).read_bytes() for path in paths]
    desk.ok("schedule", "export", "--week", "next", "--format", wanted, "-o", str(folder))
    assert [Path(path).read_bytes() for path in paths] == first
    assert "Tin số 1" in desk.ok("schedule", "show", "--week", "next")


def test_a_week_goes_into_the_file_that_is_named(desk: Desk, tmp_path: Path) -> None:
    desk.approved_text(BULLETIN)
    desk.ok("slot", "add", "--channel", "radio", "--at", "05:30", "--minutes", "15")
    desk.ok("schedule", "build", "--week", "next")
    for verb, name in (("export", "Lịch tuần 48.XLSX"), ("log", "Sổ nhật ký.docx")):
        path = tmp_path / name
        assert desk.json("schedule", verb, "--week", "next", "-o", path) == [str(path)]
        assert path.read_bytes().startswith(b"PK")
    said = desk.refused("schedule", "export", "--format", "pdf", "-o", tmp_path / "lịch.docx")
    assert "lịch.docx" in said
    assert "--format pdf" in said
    assert not (tmp_path / "lịch.docx").exists()


def test_withdrawing_a_bulletin_changes_only_its_own_places(desk: Desk) -> None:
    numbers = [desk.approved_text(BULLETIN.replace("Giờ", f"Tin {n}, giờ")) for n in range(4)]
    desk.ok("slot", "add", "--channel", "facebook", "--at", "18:00")
    desk.ok("schedule", "build", "--week", "next")
    before = {
        item["day"]: item["title"]
        for item in desk.json("schedule", "show", "--week", "next")["items"]
    }
    gone = desk.json("bulletin", "withdraw", str(numbers[0]))
    assert gone["cancelled"] > 0
    desk.ok("schedule", "build", "--week", "next")
    after = {
        item["day"]: item["title"]
        for item in desk.json("schedule", "show", "--week", "next")["items"]
    }
    kept = [day for day, title in before.items() if title and "Tin 0" not in title]
    assert kept
    assert {day: after[day] for day in kept} == {day: before[day] for day in kept}


def test_slots_in_quiet_hours_or_on_unknown_channels_are_refused(desk: Desk) -> None:
    assert "yên tĩnh" in desk.refused("slot", "add", "--channel", "radio", "--at", "04:50")
    assert "tv" in desk.refused("slot", "add", "--channel", "tv", "--at", "08:00")
    assert "thon-9" in desk.refused(
        "slot", "add", "--channel", "radio", "--at", "08:00", "--target", "thon-9"
    )
    assert rows(desk, "slot") == 0


def test_a_broadcast_in_the_past_or_quiet_hours_or_unapproved_is_refused(desk: Desk) -> None:
    number = str(desk.approved_text(BULLETIN))
    add = ("broadcast", "add", number, "--channel")
    assert "đã qua" in desk.refused(*add, "facebook", "--at", "2020-01-01 08:00")
    assert "yên tĩnh" in desk.refused(*add, "radio", "--at", "23:30")
    assert "tv" in desk.refused(*add, "tv", "--at", "now")
    draft = str(desk.json("bulletin", "add", desk.file("x.md", BULLETIN))["id"])
    assert "bản nháp" in desk.refused("broadcast", "add", draft, "--channel", "zalo", "--at", "now")
    assert rows(desk, "broadcast") == 0


def test_a_cancelled_broadcast_says_why_it_did_not_go_out(desk: Desk) -> None:
    number = str(desk.approved_text(BULLETIN))
    booked = desk.json("broadcast", "add", number, "--channel", "zalo", "--at", "23:59")
    assert booked["deliveries"][0]["status"] == "planned"
    desk.ok("broadcast", "cancel", str(booked["id"]))
    texts = [d["text"] for d in desk.json("broadcast", "why", str(booked["id"]))["decisions"]]
    assert texts[0] == "Lan đặt buổi phát riêng"
    assert "Lan hủy" in texts[-1]
    assert "không còn lượt nào" in desk.refused("broadcast", "cancel", str(booked["id"]))


def test_broken_settings_are_named_with_file_and_line(desk: Desk) -> None:
    (desk.home / "broadcaster.toml").write_text('[station]\nname = "UBND\n', encoding="utf-8")
    said = desk.refused("status")
    assert "broadcaster.toml, dòng 2" in said


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("frobnicate",), "Không có lệnh"),
        (("slot", "add"), "Thiếu tùy chọn"),
        (("slot", "add", "--chanel", "x"), "--channel"),
        (("bulletin", "show", "một"), "số nguyên"),
        (("person", "add", "A", "--role", "boss"), "approver"),
    ],
)
def test_wrong_usage_is_told_in_vietnamese_with_exit_code_2(
    desk: Desk, words: tuple[str, ...], says: str
) -> None:
    said = desk.refused(*words, code=2)
    assert says in said
    assert "--help" in said


def test_a_bug_is_exit_code_3_and_names_a_log_without_secrets(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from broadcaster import overview
    from channels.redaction import register_secret

    register_secret("MARKER-98765")

    def broken(_app: object) -> None:
        raise RuntimeError("token MARKER-98765 leaked")

    monkeypatch.setattr(overview, "look", broken)
    said = desk.refused("status", code=3)
    (log,) = (desk.home / "logs").glob("bug-*.txt")
    assert str(log) in said
    text = log.read_text(encoding="utf-8")
    assert "RuntimeError" in text
    assert "MARKER" not in text


def test_verify_says_where_the_ledger_is_broken_and_exits_1(desk: Desk) -> None:
    desk.approved_text(BULLETIN)
    assert "nguyên vẹn" in desk.ok("evidence", "verify")
    with sqlite3.connect(desk.home / "broadcaster.db") as connection:
        connection.execute("DROP TRIGGER evidence_refuses_update")
        connection.execute("UPDATE evidence SET body = replace(body, 'Minh', 'Mạnh')")
    connection.close()
    code, out, _ = desk.call("evidence", "verify")
    assert code == 1
    assert "bản ghi 2" in out


def test_status_names_what_waits_for_a_person(desk: Desk) -> None:
    desk.json("bulletin", "add", desk.file("x.md", BULLETIN))
    desk.ok("bulletin", "submit", "1")
    seen = desk.json("status")
    assert seen["daemon"] is None
    assert "chờ duyệt" in seen["needs"][0]


@pytest.mark.parametrize(
    "words",
    [
        (),
        *[(name,) for name in NOUNS],
    ],
)
def test_help_fits_80_columns_and_is_vietnamese(
    desk: Desk, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    shown = desk.ok(*words, "--help")
    assert all(len(line) <= 80 for line in shown.splitlines())
    assert "Lệnh" in shown
    assert "Cách dùng: broadcaster" in shown
    assert "Show this" not in shown


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["--version"]) == 0
    assert re.fullmatch(r"broadcaster \d+\.\d+\.\d+\n", capsys.readouterr().out)


def test_the_ledger_is_sealed_verified_corrected_and_packed_from_the_command_line(
    desk: Desk, tmp_path: Path
) -> None:
    assert "chưa có bản ghi" in desk.refused("evidence", "checkpoint")
    assert (desk.home / "evidence-key.pub.pem").read_text().startswith("-----BEGIN PUBLIC KEY")
    desk.approved_text(BULLETIN)
    sealed = desk.json("evidence", "checkpoint")
    assert (sealed["no"], sealed["new"]) == (1, True)
    assert desk.json("evidence", "checkpoint")["new"] is False
    corrected = desk.json("evidence", "correct", "2", "--note", " Duyệt nhầm bản ")
    assert corrected["details"]["corrects"] == 2
    assert corrected["details"]["note"] == "Duyệt nhầm bản"
    assert "Không có bản ghi số 99" in desk.refused("evidence", "correct", "99", "--note", "x")
    assert "trống" in desk.refused("evidence", "correct", "2", "--note", " ")
    assert "việc của máy" in desk.refused("evidence", "correct", "3", "--note", "x")
    assert desk.json("evidence", "rotate-key")["seq"] == 5
    verdict = desk.json("evidence", "verify", "--printed", sealed["hash"][:20])
    assert (verdict["ok"], verdict["checkpoints"]) == (True, 3)
    code, out, _ = desk.call("evidence", "verify", "--printed", "0" * 64)
    assert code == 1
    assert "không có trong sổ" in " ".join(out.split())
    assert "không có mốc" in desk.refused("evidence", "verify", "--checkpoints", str(tmp_path))
    pack = tmp_path / "gói.zip"
    made = desk.json("evidence", "export", "-o", str(pack), "--period", "2026-H2")
    assert (made["signed"], made["records"]) == (True, 5)
    assert desk.json("evidence", "prune") == {"files": 0, "bytes": 0}


def test_a_withdrawal_points_to_what_had_gone_out(desk: Desk) -> None:
    number = str(desk.approved_text(BULLETIN))
    withdrawn = desk.json("bulletin", "withdraw", number, "--note", "sai giờ")
    assert withdrawn["status"] == "withdrawn"
    last = desk.json("evidence", "list")[-1]
    assert (last["details"]["action"], last["details"]["withdraws"]) == ("withdraw", [])
