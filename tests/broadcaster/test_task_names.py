"""Two plans in force with the same numbers: a bulletin counts for the one that it means."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from broadcaster.app import open_app
from broadcaster.delivery import Outcome, move
from broadcaster.records import Delivery
from broadcaster.records import DeliveryStatus as Status
from tests.broadcaster.desks import Desk, StillClock
from tests.schedules.written_plans import as_docx

SECOND = """# KẾ HOẠCH
Tuyên truyền chuyển đổi số quý IV năm 2026

ỦY BAN NHÂN DÂN XÃ AN BÌNH

Phụ lục

| TT | Nội dung tuyên truyền | Hình thức | Thời gian | Chủ trì |
|---|---|---|---|---|
| 1 | Cài đặt ứng dụng VNeID | Loa truyền thanh | Quý IV/2026 | Công an xã |
| 2 | Thanh toán không dùng tiền mặt | Loa truyền thanh | Quý IV/2026 | Văn phòng |
"""


def second_plan(desk: Desk) -> int:
    """Comes a minute after all that was written so far."""
    StillClock.moment += timedelta(minutes=1)
    return int(desk.json("plan", "import", desk.file("kế hoạch 2.md", SECOND))["id"])


def status(desk: Desk, plan: int) -> dict[str, dict[str, Any]]:
    return {row["no"]: row for row in desk.json("plan", "status", str(plan))}


def air_all(desk: Desk) -> None:
    app = open_app(desk.home, clock=StillClock(), person="Lan")
    with app.database.writing() as session:
        from sqlmodel import select

        for row in session.exec(select(Delivery).order_by(Delivery.id)).all():
            for to in (Status.READY, Status.SENDING, Status.SENT):
                outcome = Outcome("thử", {"started_at": row.scheduled_at}, simulated=False)
                move(session, row, to, outcome, row.scheduled_at)
    app.close()


def test_a_bulletin_counts_for_one_of_two_plans_with_its_number(planned_desk: Desk) -> None:
    planned_desk.approved("Giờ làm việc", "2")
    assert second_plan(planned_desk) == 2
    planned_desk.approved("Không dùng tiền mặt", "2/2")
    planned_desk.ok("schedule", "build", "--week", "next")
    assert [status(planned_desk, one)["2"]["bulletins"] for one in (1, 2)] == [1, 1]
    air_all(planned_desk)
    first, second = (status(planned_desk, one)["2"] for one in (1, 2))
    assert first["sent"] > 0
    assert second["sent"] > 0
    assert not set(first["evidence"]) & set(second["evidence"])


def test_a_plan_imported_later_takes_no_proof_away(planned_desk: Desk) -> None:
    planned_desk.approved("Giờ làm việc", "2")
    planned_desk.ok("schedule", "build", "--week", "next")
    air_all(planned_desk)
    before = status(planned_desk, 1)["2"]["evidence"]
    second_plan(planned_desk)
    assert status(planned_desk, 1)["2"]["evidence"] == before != []
    assert status(planned_desk, 2)["2"]["evidence"] == []


def test_a_report_counts_each_plans_outputs_alone(planned_desk: Desk) -> None:
    planned_desk.approved("Giờ làm việc", "2")
    second_plan(planned_desk)
    planned_desk.ok("schedule", "build", "--week", "next")
    air_all(planned_desk)
    done = {
        plan: planned_desk.json("report", "--period", "2026", "--plan", str(plan))
        for plan in (1, 2)
    }
    counts = {
        plan: {task["no"]: task["done"] for task in found["tasks"]} for plan, found in done.items()
    }
    assert counts[1]["2"] > 0
    assert counts[2]["2"] == 0


def test_the_years_forecast_shows_both_plans_tasks_under_names_of_their_own(
    planned_desk: Desk,
) -> None:
    second_plan(planned_desk)
    planned_desk.approved("Cài VNeID", "1")
    found = planned_desk.json("schedule", "build", "--year", "2026")
    numbers = {task["no"]: task for task in found["tasks"]}
    assert {"1/1", "2/1", "1/2", "2/2", "3"} == set(numbers)
    assert numbers["2/1"]["planned"] > 0
    assert numbers["1/1"]["planned"] == 0
    lacking = {one["task"] for one in found["shortages"]}
    assert {"1/1", "1/2", "2/2"} <= lacking


def test_a_key_of_the_front_matter_names_the_plan(planned_desk: Desk) -> None:
    second_plan(planned_desk)
    text = "---\ntitle: Tin\nplan: 1\ntask: 2\n---\nNội dung.\n"
    number = planned_desk.json("bulletin", "add", planned_desk.file("tin.md", text))["id"]
    assert planned_desk.json("bulletin", "show", str(number))["task"] == "1/2"
    odd = "---\ntitle: Tin\nplan: năm nay\ntask: 2\n---\nNội dung.\n"
    said = planned_desk.refused("bulletin", "add", planned_desk.file("tin lạ.md", odd))
    assert "plan" in said
    lonely = "---\ntitle: Tin\nplan: 1\n---\nNội dung.\n"
    said = planned_desk.refused("bulletin", "add", planned_desk.file("tin lẻ.md", lonely))
    assert "task" in said


def test_a_proof_names_its_plan_the_same_way(planned_desk: Desk) -> None:
    second_plan(planned_desk)
    planned_desk.json("evidence", "add", planned_desk.file("a.txt", "một"), "--task", "1/2")
    planned_desk.json("evidence", "add", planned_desk.file("b.txt", "hai"), "--task", "2")
    planned_desk.json("evidence", "add", planned_desk.file("c.txt", "ba"), "--task", "2026/1")
    details = [
        (one["details"]["plan"], one["details"]["task"])
        for one in planned_desk.json("evidence", "list")
        if one["kind"] == "manual"
    ]
    assert details == [(1, "2"), (2, "2"), (2, "1")]
    said = planned_desk.refused(
        "evidence", "add", planned_desk.file("d.txt", "bốn"), "--task", "7/2"
    )
    assert "7/2" in said


def test_the_word_file_of_a_plan_that_was_read_from_text_is_that_plan(planned_desk: Desk) -> None:
    first = second_plan(planned_desk)
    word = planned_desk.file("kế hoạch 2.docx", as_docx(SECOND))
    assert planned_desk.json("plan", "import", word)["id"] == first
    other = SECOND.replace("Thanh toán không dùng tiền mặt", "Học tập số cho người dân")
    said = planned_desk.refused("plan", "import", planned_desk.file("khác.md", other))
    assert f"rất giống một bản sửa của kế hoạch số {first}" in said
