"""Slots of the timetable that always carry the same bulletin, from the command line."""

from __future__ import annotations

from tests.broadcaster.desks import BULLETIN, Desk

RELAY = """---
title: Tiếp sóng Đài tiếng nói Việt Nam
channels: radio
relay: https://vov.example.vn/vov1.mp3
---
Chương trình tiếp sóng tạm ngắt, mong bà con thông cảm.
"""
SLOT = ("slot", "add", "--channel", "radio", "--at", "06:00", "--minutes", "15")


def planned(desk: Desk) -> list[tuple[str, str]]:
    week = desk.json("schedule", "build", "--week", "next", "--no-render")["items"]
    return [(row["starts"], row["title"]) for row in week if row["title"]]


def test_a_relay_has_its_own_slot_every_day_and_stands_nowhere_else(desk: Desk) -> None:
    relay = str(desk.approved_text(RELAY))
    desk.approved_text(BULLETIN)
    desk.ok(*SLOT, "--bulletin", relay)
    desk.ok("slot", "add", "--channel", "radio", "--at", "17:00")
    found = planned(desk)
    assert [title for starts, title in found if starts == "06:00"] == [
        "Tiếp sóng Đài tiếng nói Việt Nam"
    ] * 7
    assert {title for starts, title in found if starts == "17:00"} == {
        "Giờ làm việc của bộ phận một cửa"
    }
    again = desk.json("schedule", "build", "--week", "next", "--no-render")
    assert (again["added"], again["removed"]) == (0, 0)


def test_a_bulletin_that_is_not_approved_leaves_its_slot_empty_and_is_named(desk: Desk) -> None:
    number = str(desk.json("bulletin", "add", desk.file("tiếp sóng.md", RELAY))["id"])
    desk.ok(*SLOT, "--bulletin", number)
    built = desk.json("schedule", "build", "--week", "next", "--no-render")
    assert all(row["title"] is None for row in built["items"])
    assert f"broadcaster bulletin approve {number}" in str(built["problems"])


def test_another_bulletin_leaves_room_for_more_after_it(desk: Desk) -> None:
    anthem = str(
        desk.approved_text(BULLETIN.replace("Giờ làm việc của bộ phận một cửa", "Lời chào"))
    )
    desk.approved_text(BULLETIN)
    desk.ok(*SLOT, "--bulletin", anthem)
    monday = [title for _, title in planned(desk)][:2]
    assert monday == ["Lời chào", "Giờ làm việc của bộ phận một cửa"]


def test_what_cannot_be_in_a_slot_is_refused_when_the_slot_is_made(desk: Desk) -> None:
    relay = str(desk.approved_text(RELAY))
    assert "không dành cho kênh" in desk.refused(
        "slot", "add", "--channel", "facebook", "--at", "06:00", "--bulletin", relay
    )
    assert "Không có bản tin số 99" in desk.refused(*SLOT, "--bulletin", "99")


def test_a_relay_booked_by_hand_needs_its_length_and_ends_outside_the_quiet_hours(
    desk: Desk,
) -> None:
    relay = str(desk.approved_text(RELAY))
    command = ("broadcast", "add", relay, "--channel", "radio", "--at", "2030-11-23 20:50")
    assert "--minutes" in desk.refused(*command)
    assert "giờ yên tĩnh" in desk.refused(*command, "--minutes", "15")
    desk.ok(*command, "--minutes", "10")
