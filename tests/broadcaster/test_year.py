"""The year's forecast and the locks, from the command line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from broadcaster.app import open_app
from broadcaster.records import Delivery
from broadcaster.task_names import task_names
from broadcaster.week_request import candidates
from tests.broadcaster.desks import Desk, StillClock


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


def test_a_year_that_is_over_has_only_its_past(planned_desk: Desk) -> None:
    found = planned_desk.json("schedule", "build", "--year", "2025")
    assert found["weeks"] == []
    assert found["tasks"] == []
    assert "không dùng được" in planned_desk.refused("schedule", "build", "--year", "1900")


def test_when_the_plans_year_is_over_nothing_more_is_promised(
    planned_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(StillClock, "moment", datetime(2027, 1, 12, 2, 0, tzinfo=UTC))
    found = planned_desk.json("schedule", "build", "--year", "2026")
    assert {one["reason"] for one in found["shortages"]} == {"đã hết thời gian thực hiện"}
    assert {one["bulletins"] for one in found["shortages"]} == {0}


def test_the_length_that_was_heard_counts_more_than_the_estimate(planned_desk: Desk) -> None:
    planned_desk.approved("Bài một", "1")
    planned_desk.approved("Bài hai", "2")
    planned_desk.ok("schedule", "build", "--week", "next")
    app = open_app(planned_desk.home, clock=StillClock(), person="Lan")
    with app.database.writing() as session:
        row = session.exec(select(Delivery).where(Delivery.position == 1)).first()
        assert row is not None
        row.status, row.started_at = "sent", row.scheduled_at
        row.ended_at = row.scheduled_at + timedelta(seconds=431)
        session.add(row)
        heard = row.bulletin_id
    with app.database.reading() as session:
        names = task_names(session, app.station_id)
        found = candidates(session, app.station_id, names)
        lengths = {one.bulletin: one.seconds for one in found}
    app.close()
    assert lengths.pop(heard) == 431
    assert all(seconds < 60 for seconds in lengths.values())
