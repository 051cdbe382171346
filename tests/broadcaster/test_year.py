"""The year's forecast and the locks, from the command line."""

from __future__ import annotations

import pytest

from tests.broadcaster.desks import Desk


def test_the_year_is_forecast_week_by_week_and_says_what_it_lacks(planned_desk: Desk) -> None:
    planned_desk.approved("Giờ làm việc của bộ phận một cửa", "2")
    found = planned_desk.json("schedule", "build", "--year", "2026")
    assert [week["week"] for week in found["weeks"]] == [f"2026-W{n}" for n in range(48, 54)]
    assert len(found["past"]) == 47
    tasks = {task["no"]: task for task in found["tasks"]}
    assert tasks["3"]["manual"] is True
    assert tasks["2"]["planned"] >= tasks["2"]["needed"] - tasks["2"]["done"]
    (lack,) = [one for one in found["shortages"] if one["task"] == "1"]
    assert "chưa có bản tin" in lack["reason"]
    assert lack["bulletins"] >= 1


def test_a_forecast_writes_nothing_and_is_the_same_again(planned_desk: Desk) -> None:
    planned_desk.approved("Giờ làm việc", "2")
    first = planned_desk.ok("schedule", "build", "--year=2026", "--json")
    assert planned_desk.ok("schedule", "build", "--year", "--json") == first
    assert planned_desk.json("broadcast", "list") == []


def test_the_forecast_continues_the_week_that_was_built(planned_desk: Desk) -> None:
    planned_desk.approved("Giờ làm việc", "2")
    planned_desk.ok("schedule", "build", "--week", "this")
    built = planned_desk.json("schedule", "show", "--week", "this")["items"]
    found = planned_desk.json("schedule", "build", "--year")
    week = found["weeks"][0]["items"]
    assert [item["day"] for item in week] == [row["day"] for row in built if row["title"]]


def test_eighty_columns_are_enough_for_the_forecast(planned_desk: Desk) -> None:
    planned_desk.approved("Giờ làm việc", "2")
    shown = planned_desk.ok("schedule", "build", "--year")
    assert "Dự báo năm 2026" in shown
    assert max(len(line) for line in shown.splitlines()) <= 80


def test_a_locked_week_is_kept_when_it_is_built_again(planned_desk: Desk) -> None:
    planned_desk.approved("Bài một", "1")
    planned_desk.ok("schedule", "build", "--week", "next")
    before = planned_desk.json("broadcast", "list")
    planned_desk.ok("schedule", "lock", "--week", "next")
    planned_desk.approved("Bài hai", "2")
    built = planned_desk.json("schedule", "build", "--week", "next")
    assert (built["locked"], built["added"], built["removed"]) == (True, 0, 0)
    assert planned_desk.json("broadcast", "list") == before
    planned_desk.ok("schedule", "unlock", "--week", "next")
    assert planned_desk.json("schedule", "build", "--week", "next")["added"] > 0


def test_a_locked_broadcast_is_kept_while_the_others_change(planned_desk: Desk) -> None:
    planned_desk.approved("Bài một", "1")
    planned_desk.ok("schedule", "build", "--week", "next")
    first = planned_desk.json("broadcast", "list")[0]
    planned_desk.ok("schedule", "lock", str(first["id"]))
    planned_desk.approved("Bài hai", "2")
    planned_desk.ok("schedule", "build", "--week", "next")
    found = {one["id"]: one for one in planned_desk.json("broadcast", "list")}
    assert found[first["id"]] == first
    assert any(len(one["deliveries"]) == 2 for one in found.values())
    assert "khóa" in planned_desk.ok("broadcast", "why", str(first["id"]))


def test_a_locked_broadcast_survives_the_removal_of_its_slot(planned_desk: Desk) -> None:
    planned_desk.approved("Bài một", "1")
    planned_desk.ok("schedule", "build", "--week", "next")
    first = planned_desk.json("broadcast", "list")[0]
    planned_desk.ok("schedule", "lock", str(first["id"]))
    planned_desk.ok("slot", "remove", "1")
    planned_desk.ok("schedule", "build", "--week", "next")
    found = {one["id"]: one for one in planned_desk.json("broadcast", "list")}
    states = {one["id"]: one["deliveries"][0]["status"] for one in found.values()}
    assert states.pop(first["id"]) == "planned"
    assert set(states.values()) == {"cancelled"}


def test_lock_wants_exactly_one_thing(planned_desk: Desk) -> None:
    assert "đúng một" in planned_desk.refused("schedule", "lock")
    assert "Không có buổi phát" in planned_desk.refused("schedule", "lock", "99")


def test_on_days_off_nothing_is_planned_and_the_reason_is_said(
    planned_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BROADCASTER_SCHEDULE__HOLIDAYS", "off")
    monkeypatch.setenv("BROADCASTER_SCHEDULE__DAYS_OFF", '["2026-11-26"]')
    planned_desk.approved("Bài một", "1")
    built = planned_desk.json("schedule", "build", "--week", "2026-W48")
    assert any("Ngày Văn hóa Việt Nam" in note for note in built["notes"])
    days = {item["day"] for item in built["items"] if item["title"]}
    assert not days & {"2026-11-24", "2026-11-26"}
    assert "2026-11-25" in days
