"""A plan imported twice, and a corrected one over the old: nothing doubled, nothing lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.broadcaster.desks import BULLETIN, Desk, rows
from tests.schedules.test_plan_reader import BODY, HEAD
from tests.schedules.written_plans import as_docx, as_pdf

TITLES = "STT\tNội dung\tHình thức\tThời gian\tChủ trì"
OLD = [
    "1\tTuyên truyền dịch vụ công trực tuyến trên loa\tLoa truyền thanh\tQuý I/2026\tVăn phòng",
    "2\tPhổ biến thủ tục đất đai đến từng thôn\tZalo\tQuý II/2026\tĐịa chính",
    "3\tTreo băng rôn về chuyển đổi số\tBăng rôn\tQuý III/2026\tVăn hóa",
]
NEW = [
    "1\tTổ chức hội nghị đối thoại với doanh nghiệp\tHội nghị\tQuý I/2026\tVăn phòng",
    "2\tTuyên truyền dịch vụ công trực tuyến trên loa\tLoa truyền thanh\tQuý II/2026\tVăn phòng",
    "3\tPhổ biến thủ tục đất đai và hộ tịch đến từng thôn\tZalo\tQuý II/2026\tĐịa chính",
]


def plan_text(rows: list[str], number: str = "15") -> str:
    head = HEAD.replace("Số: 15/", f"Số: {number}/")
    return "\n".join([head + BODY, "PHỤ LỤC", TITLES, *rows])


def _numbers(desk: Desk) -> list[tuple[str, str]]:
    tasks = desk.json("plan", "status")
    return [(task["no"], task["content"]) for task in tasks if task["no"][0].isdigit()]


def test_the_same_document_again_changes_nothing_and_says_so(desk: Desk) -> None:
    path = desk.file("kế hoạch.txt", plan_text(OLD))
    desk.ok("plan", "import", path)
    code, _, said = desk.call("plan", "import", path)
    assert code == 0
    assert "đã nhập trước đây, là kế hoạch số 1" in said
    assert (rows(desk, "plan"), rows(desk, "evidence")) == (1, 1)


@pytest.mark.parametrize("write", [as_docx, as_pdf], ids=["docx", "pdf"])
def test_the_same_plan_in_another_format_is_the_same_plan(desk: Desk, write: object) -> None:
    desk.ok("plan", "import", desk.file("kế hoạch.txt", plan_text(OLD)))
    path = desk.home.parent / "kế hoạch"
    path.write_bytes(write(plan_text(OLD)))  # type: ignore[operator]
    assert desk.json("plan", "import", str(path))["id"] == 1
    assert rows(desk, "plan") == 1


def test_a_correction_is_listed_and_not_made_until_it_is_confirmed(desk: Desk) -> None:
    desk.ok("plan", "import", desk.file("cũ.txt", plan_text(OLD)))
    said = desk.refused("plan", "import", desk.file("mới.txt", plan_text(NEW)))
    assert "Nhiệm vụ 1 đổi thời gian: “Quý I/2026” → “Quý II/2026”" in said
    assert "Nhiệm vụ mới: Tổ chức hội nghị đối thoại" in said
    assert "Không còn nhiệm vụ 3: Treo băng rôn" in said
    assert "--replaces 1" in said
    assert [no for no, _ in _numbers(desk)] == ["1", "2", "3"]


def test_a_confirmed_correction_keeps_numbers_history_and_the_old_document(desk: Desk) -> None:
    desk.ok("plan", "import", desk.file("cũ.txt", plan_text(OLD)))
    desk.ok("bulletin", "add", desk.file("b.md", BULLETIN.replace("title", "task: 1\ntitle")))
    desk.ok("bulletin", "submit", "1")
    desk.ok("bulletin", "approve", "1", "--as", "Minh")
    new = desk.json(
        "plan", "import", desk.file("mới.txt", plan_text(NEW)), "--replaces", "1", "--as", "Lan"
    )
    assert new["id"] == 1
    assert new["changes"]["gone"] == ["3"]
    assert [c["no"] for c in new["changes"]["changed"]] == ["1", "2"]
    assert _numbers(desk) == [
        ("1", "Tuyên truyền dịch vụ công trực tuyến trên loa"),
        ("2", "Phổ biến thủ tục đất đai và hộ tịch đến từng thôn"),
        ("1-2", "Tổ chức hội nghị đối thoại với doanh nghiệp"),
    ]
    status = {task["no"]: task for task in desk.json("plan", "status")}
    assert status["1"]["bulletins"] == 1
    assert status["1"]["timeframe"]["windows"] == [["2026-04-01", "2026-06-30"]]
    assert (rows(desk, "plan"), rows(desk, "plan_version")) == (1, 1)
    assert rows(desk, "task WHERE gone_at IS NOT NULL") == 1
    actions = [r["details"].get("action") for r in desk.json("evidence", "list")]
    assert actions == [None, "submit", "approve", "replace"]
    assert "bản cũ của kế hoạch số 1" in desk.refused(
        "plan", "import", desk.file("cũ.txt", plan_text(OLD))
    )


def test_another_number_is_another_plan_unless_the_old_one_is_named(desk: Desk) -> None:
    desk.ok("plan", "import", desk.file("một.txt", plan_text(OLD)))
    assert desk.json("plan", "import", desk.file("hai.txt", plan_text(NEW, "16")))["id"] == 2
    third = desk.file("ba.txt", plan_text(OLD, "17"))
    assert desk.json("plan", "import", third, "--replaces", "2")["id"] == 2
    assert rows(desk, "plan") == 2


@pytest.mark.parametrize(("old", "new"), [("15", "   "), ("   ", "15"), ("   ", "   ")])
def test_a_like_plan_without_a_number_is_not_silently_a_second_one(
    desk: Desk, old: str, new: str
) -> None:
    desk.ok("plan", "import", desk.file("một.txt", plan_text(OLD, old)))
    again = desk.file("hai.txt", plan_text(NEW, new))
    said = desk.refused("plan", "import", again)
    assert "rất giống một bản sửa của kế hoạch số 1" in said
    assert "Nhiệm vụ 1 đổi thời gian: “Quý I/2026” → “Quý II/2026”" in said
    assert "--replaces 1" in said
    assert "--another" in said
    assert rows(desk, "plan") == 1
    assert desk.json("plan", "import", again, "--another")["id"] == 2


def test_another_year_of_the_same_commune_is_another_plan(desk: Desk) -> None:
    desk.ok("plan", "import", desk.file("một.txt", plan_text(OLD, "  ")))
    later = desk.file("hai.txt", plan_text(OLD, "  ").replace("2026", "2027"))
    assert desk.json("plan", "import", later)["id"] == 2


def test_a_plan_that_is_not_there_cannot_be_replaced(desk: Desk, tmp_path: Path) -> None:
    said = desk.refused("plan", "import", desk.file("một.txt", plan_text(OLD)), "--replaces", "9")
    assert "Chưa có kế hoạch số 9" in said
    assert rows(desk, "plan") == 0


def test_a_task_that_comes_back_is_itself_again(desk: Desk) -> None:
    desk.ok("plan", "import", desk.file("một.txt", plan_text(OLD)))
    desk.ok("plan", "import", desk.file("hai.txt", plan_text(OLD[:2])), "--replaces", "1")
    assert [no for no, _ in _numbers(desk)] == ["1", "2"]
    third = [OLD[0].replace("Quý I/", "Quý IV/"), *OLD[1:]]
    desk.ok("plan", "import", desk.file("ba.txt", plan_text(third)), "--replaces", "1")
    assert [no for no, _ in _numbers(desk)] == ["1", "2", "3"]
    assert rows(desk, "task WHERE gone_at IS NOT NULL") == 0


def test_what_a_person_dropped_stays_dropped_through_a_correction(desk: Desk) -> None:
    text = "\n".join([HEAD + BODY])
    desk.ok("plan", "import", desk.file("một.txt", text))
    path = desk.home.parent / "duyệt.toml"
    desk.ok("plan", "review", "--export", str(path))
    answers = path.read_text(encoding="utf-8").replace('keep = "?"', 'keep = "không"', 1)
    path.write_text(answers, encoding="utf-8")
    desk.ok("plan", "review", "--from", str(path))
    changed = text.replace("treo băng rôn.", "treo băng rôn, khẩu hiệu.")
    new = desk.json("plan", "import", desk.file("hai.txt", changed), "--replaces", "1")
    assert "ND1" not in new["changes"]["new"]
    assert "ND1" not in [task["no"] for task in desk.json("plan", "status")]
