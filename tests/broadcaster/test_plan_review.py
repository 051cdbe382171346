"""`plan review`: what needs a person is asked, kept with who and when, and used by the planner."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

import pytest

from broadcaster.app import App, open_app
from broadcaster.week_request import week_request
from schedules.openings import Week
from tests.broadcaster.desks import Desk, rows
from tests.schedules.test_plan_reader import BODY, HEAD

WEEKS_FROM_FEBRUARY = 48
"""Of 2026, the plan being issued in February: once a week where it is silent."""
BLANK = (HEAD + BODY).replace("Số: 15/", "Số:    /").replace("ngày 10 tháng", "ngày    tháng")


@pytest.fixture
def review(desk: Desk) -> Desk:
    """A desk with a plan that has no annex, no number, no day and no frequency of its own."""
    desk.ok("plan", "import", desk.file("kế hoạch.txt", BLANK))
    return desk


def _exported(desk: Desk) -> tuple[Path, str]:
    path = desk.home.parent / "duyệt.toml"
    desk.ok("plan", "review", "--export", str(path))
    return path, path.read_text(encoding="utf-8")


def _answered(desk: Desk, *pairs: tuple[str, str]) -> Path:
    path, text = _exported(desk)
    for old, new in pairs:
        assert old in text, f"{old}\n{text}"
        text = text.replace(old, new, 1)
    path.write_text(text, encoding="utf-8")
    return path


def _open(desk: Desk) -> list[str]:
    return [question["key"] for question in desk.json("plan", "review")["questions"]]


def test_blanks_frequency_derived_tasks_and_warnings_are_asked(review: Desk) -> None:
    keys = _open(review)
    assert keys[:3] == ["plan:number", "plan:date", "plan:frequency"]
    assert {"task:ND1", "task:ND2", "task:HT1", "task:NV1", "task:NV2"} <= set(keys)


def test_an_unchanged_file_decides_nothing(review: Desk) -> None:
    path, text = _exported(review)
    before = _open(review)
    review.ok("plan", "review", "--from", str(path))
    assert _open(review) == before
    assert rows(review, "plan_decision") == 0
    assert _exported(review)[1] == text


def test_answers_from_a_file_are_kept_with_who_and_when(review: Desk) -> None:
    path = _answered(
        review,
        ('number = "?"', 'number = "15"'),
        ('date = "?"', 'date = "10/02/2026"'),
        ('frequency = "?"', 'frequency = "mỗi tuần 2 tin"'),
        ('keep = "?"', 'keep = "có"'),
        ('keep = "?"', 'keep = "không"'),
    )
    after = review.json("plan", "review", "--from", str(path))
    plan = review.json("plan", "show")
    assert (plan["number"], plan["date"]["day"]) == ("15", 10)
    assert {d["person"] for d in after["decisions"]} == {"Lan"}
    assert len(after["decisions"]) == rows(review, "plan_decision") == 5
    tasks = {task["no"]: task for task in after["tasks"]}
    assert tasks["ND1"]["confirmed_by"] == "Lan"
    assert (tasks["ND1"]["timeframe"]["recurrence"], tasks["ND1"]["timeframe"]["at_least"]) == (
        ["weekly"],
        2,
    )
    assert "ND2" not in tasks
    assert rows(review, "task WHERE gone_reason LIKE '%Lan%'") == 1
    record = review.json("evidence", "list")[-1]["details"]
    assert record["answers"]["plan:frequency:frequency"] == "mỗi tuần 2 tin"
    assert not {"plan:number", "plan:date", "plan:frequency", "task:ND1"} & set(_open(review))


def test_one_task_may_have_a_time_channels_and_a_frequency_of_its_own(review: Desk) -> None:
    path = _answered(
        review,
        ('frequency = "?"', 'frequency = "1 lần/tuần"'),
        ('time = "năm 2026"', 'time = "Quý II/2026"'),
        ('channels = "radio, zalo"', 'channels = "radio"'),
        ('times = "?"', 'times = "3 lần/tuần"'),
    )
    tasks = {t["no"]: t for t in review.json("plan", "review", "--from", str(path))["tasks"]}
    assert tasks["ND1"]["channels"] == ["radio"]
    assert tasks["ND1"]["timeframe"]["windows"] == [["2026-04-01", "2026-06-30"]]
    assert tasks["ND1"]["timeframe"]["at_least"] == 3
    assert tasks["ND2"]["timeframe"]["at_least"] == 1


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('number = "?"', 'number = "KH-15"', "Số kế hoạch phải là số"),
        ('date = "?"', 'date = "31/02/2026"', "ngày có thật"),
        ('date = "?"', 'date = "10/03/2026"', "phải nằm trong đó"),
        ('frequency = "?"', 'frequency = "tùy hứng"', "Chưa hiểu tần suất"),
        ('keep = "?"', 'keep = "chắc là"', "“có” hoặc “không”"),
        ('time = "năm 2026"', 'time = "khi nào rảnh"', "Chưa hiểu thời gian"),
        ('channels = "radio, zalo"', 'channels = "radio, tiktok"', "Không có kênh “tiktok”"),
        ('number = "?"', 'so = "15"', "Không có mục “plan.so”"),
        ('number = "?"', "number = 15?", "không đúng dạng"),
        ('[task."ND1"]', '[khac]\nx = "1"\n[task."ND1"]', "Không có mục “khac.x”"),
        ('[task."ND1"]', '[task."ND9"]\nkeep = "có"\n[task."ND1"]', "nhiệm vụ “ND9”"),
    ],
)
def test_a_mistake_names_its_line_and_changes_nothing(
    review: Desk, old: str, new: str, said: str
) -> None:
    path = _answered(review, (old, new))
    text = path.read_text(encoding="utf-8")
    line = text[: text.index(new)].count("\n") + 1 + ("\n" in new)
    refused = review.refused("plan", "review", "--from", str(path))
    assert f"dòng {line}: " in refused
    assert said in refused
    assert rows(review, "plan_decision") == 0


def test_several_mistakes_are_told_at_once(review: Desk) -> None:
    path = _answered(review, ('number = "?"', 'number = "x"'), ('date = "?"', 'date = "y"'))
    assert review.refused("plan", "review", "--from", str(path)).count("dòng") >= 2


def test_accept_confirms_everything_as_read_but_leaves_blanks_open(review: Desk) -> None:
    review.ok("plan", "review", "--accept")
    assert _open(review) == ["plan:number", "plan:date"]
    assert rows(review, "task WHERE confirmed_by = 'Lan'") > 0


def test_on_a_terminal_each_question_is_asked_again_until_it_is_understood(
    review: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stdin", Terminal("15\n\ntùy hứng\n2 lần/tuần\nx\n"))
    out = review.ok("plan", "review")
    assert "Số kế hoạch để trống" in out
    assert review.json("plan", "show")["number"] == "15"
    keys = [d["key"] for d in review.json("plan", "review")["decisions"]]
    assert keys == ["plan:number:number", "plan:frequency:frequency"]


def test_a_long_task_is_cut_in_the_table_and_whole_where_it_is_asked_for(desk: Desk) -> None:
    long = " ".join(["Hướng dẫn bà con nộp hồ sơ trực tuyến"] * 20)
    desk.ok("plan", "import", desk.file("dài.txt", (HEAD + BODY).replace("Đường dây", long)))
    table = desk.ok("plan", "show")
    assert max(map(len, table.splitlines())) <= 80
    assert table.count("trực tuyến") < 10
    assert " ".join(desk.ok("plan", "show", "--task", "nd2").split()).count("trực tuyến") == 20
    assert desk.json("plan", "show", "--task", "ND2")["content"].startswith(long)
    assert "Các nhiệm vụ: ND1, ND2" in desk.refused("plan", "show", "--task", "9")


def test_the_planner_reckons_with_what_was_decided(review: Desk) -> None:
    before = _needs(review)
    assert before["ND1"].total == before["ND2"].total == WEEKS_FROM_FEBRUARY
    path = _answered(
        review, ('frequency = "?"', 'frequency = "2 lần/tuần"'), ('keep = "?"', 'keep = "không"')
    )
    review.ok("plan", "review", "--from", str(path))
    needs = _needs(review)
    assert "ND1" not in needs
    assert needs["ND2"].total == 2 * WEEKS_FROM_FEBRUARY


def _needs(desk: Desk) -> dict[str, Any]:
    app: App = open_app(desk.home)
    try:
        with app.database.reading() as session:
            from datetime import date

            week = Week.of(date(2026, 11, 23), app.zone)
            return {n.no: n for n in week_request(app, session, week, app.clock.now())[0].tasks}
    finally:
        app.close()


def test_a_correction_keeps_decisions_and_asks_again_only_about_what_changed(review: Desk) -> None:
    review.ok("plan", "review", "--accept")
    changed = BLANK.replace("2. Đường dây nóng tiếp nhận phản ánh.", "2. Đường dây nóng của xã.")
    review.ok("plan", "import", review.file("mới.txt", changed), "--replaces", "1")
    keys = _open(review)
    assert "task:ND1" not in keys
    assert "task:ND2" in keys or "task:ND2-2" in keys
