"""What the station says around a bulletin."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from channels.radio.script import (
    AGAIN,
    Reading,
    Separator,
    Tune,
    Words,
    day_part,
    greeting,
    script_of,
)
from tests.channels.radio.fakes import Plain, outgoing

STATION = "Ủy ban nhân dân xã An Bình"
MORNING = datetime(2026, 11, 24, 5, 30, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))


def test_a_bulletin_alone_is_title_and_body() -> None:
    script = script_of(outgoing("Tiêu đề", "Nội dung."), STATION, Plain)
    assert script.parts == (Separator(), Words("Tiêu đề.\nNội dung."))
    assert script.text() == "Tiêu đề.\nNội dung."


def test_the_opening_has_the_tune_the_station_the_date_and_the_time_of_day() -> None:
    script = script_of(outgoing(opening=True, at=MORNING), STATION, Plain)
    assert isinstance(script.parts[0], Tune)
    words = script.text()
    assert "thứ ba, ngày 24 tháng 11 năm 2026" in words
    assert f"buổi sáng của {STATION}" in words
    assert words.index(STATION) < words.index("Lịch làm việc")


def test_the_closing_comes_last() -> None:
    script = script_of(outgoing(closing=True), STATION, Plain)
    assert script.text().endswith("Xin cảm ơn và kính chào bà con.")


def test_a_greeting_without_a_moment_names_no_date() -> None:
    assert "Hôm nay" not in greeting(STATION, None)


@pytest.mark.parametrize(
    ("hour", "name"), [(0, "sáng"), (10, "sáng"), (11, "trưa"), (13, "chiều"), (18, "tối")]
)
def test_the_time_of_day_has_its_vietnamese_name(hour: int, name: str) -> None:
    assert day_part(hour) == name


def test_a_recording_takes_the_place_of_title_and_body() -> None:
    recording = Path("doc.mp3")
    script = script_of(outgoing("Tiêu đề", "Nội dung.", recording=recording), STATION, Plain)
    assert script.parts == (Separator(), Reading(recording, "Tiêu đề.\nNội dung."))
    assert script.text() == "(Phát bản ghi âm doc.mp3)\nTiêu đề.\nNội dung."


def test_everything_said_goes_through_the_reading_rules_and_residue_is_kept() -> None:
    def speak(text: str) -> Plain:
        return Plain(text.upper(), ("@",) if "@" in text else ())

    script = script_of(outgoing("a@b", "c", opening=True, closing=True), "xã", speak)
    assert script.text() == script.text().upper()
    assert script.residue == ("@",)


def test_only_the_opening_item_has_no_separator() -> None:
    assert Separator() not in script_of(outgoing(opening=True), STATION, Plain).parts
    assert script_of(outgoing(closing=True), STATION, Plain).parts[0] == Separator()


def test_a_repeated_bulletin_is_said_again_between_greeting_and_goodbye() -> None:
    item = outgoing("Tiêu đề", "Nội dung.", opening=True, closing=True)
    parts = script_of(item, STATION, Plain, repeat=2).parts
    bulletin = Words("Tiêu đề.\nNội dung.")
    assert parts[2:5] == (bulletin, Words(AGAIN), bulletin)
    assert len(parts) == 6


def test_a_recording_is_repeated_too() -> None:
    parts = script_of(outgoing(recording=Path("a.mp3")), STATION, Plain, repeat=2).parts
    assert [type(part) for part in parts] == [Separator, Reading, Words, Reading]


@pytest.mark.parametrize("body", ["Nước lên. Xin nhắc lại. Nước lên.", "xin nhắc lại: nước lên"])
def test_what_repeats_itself_is_not_repeated_once_more(body: str) -> None:
    assert len(script_of(outgoing(body=body), STATION, Plain, repeat=2).parts) == 2


def test_nothing_to_say_is_not_repeated() -> None:
    assert script_of(outgoing("", ""), STATION, Plain, repeat=2).parts == (Separator(),)
