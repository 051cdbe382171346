"""Days, times, weeks, openings and quiet hours, as people type them and as the clock has them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.errors import UserError
from schedules.openings import (
    QuietHours,
    SlotRule,
    Week,
    occurrences,
    read_moment,
    read_time_of_day,
    read_week,
    read_weekdays,
)

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
NOW = datetime(2026, 11, 21, 8, 0, 0, 500_000, tzinfo=UTC)
"""Saturday 15:00 and half a second in Viet Nam."""


def _local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("daily", (0, 1, 2, 3, 4, 5, 6)),
        ("hằng ngày", (0, 1, 2, 3, 4, 5, 6)),
        ("Hang Ngay", (0, 1, 2, 3, 4, 5, 6)),
        ("mon-fri", (0, 1, 2, 3, 4)),
        ("t2-t6", (0, 1, 2, 3, 4)),
        ("thứ 2-6", (0, 1, 2, 3, 4)),
        ("từ thứ hai đến thứ sáu", (0, 1, 2, 3, 4)),
        ("thứ 2, thứ 4", (0, 2)),
        ("Thứ Tư và Chủ nhật", (2, 6)),
        ("mon,wed,sun", (0, 2, 6)),
        ("T2 T4 T6", (0, 2, 4)),
        ("2,4,6", (0, 2, 4)),
        ("sun, mon, mon", (0, 6)),
        ("t6-t2", (0, 4, 5, 6)),
        ("thu", (3,)),
        ("thu 2", (0,)),
        ("cuối tuần", (5, 6)),
        ("t2-t6, cn", (0, 1, 2, 3, 4, 6)),
        ("thu\u031b\u0301 2", (0,)),
    ],
)
def test_weekdays_are_read_in_both_languages(text: str, days: tuple[int, ...]) -> None:
    assert read_weekdays(text) == days


@pytest.mark.parametrize("text", ["", "thứ", "t9", "8", "mon-", "-", "hôm qua", "mon-fri-sun", ","])
def test_weekdays_that_nobody_can_read_are_refused_with_examples(text: str) -> None:
    with pytest.raises(UserError, match="Hãy ghi như daily"):
        read_weekdays(text)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("05:30", time(5, 30)),
        ("5:30", time(5, 30)),
        ("5h30", time(5, 30)),
        ("5h30'", time(5, 30)),
        ("17h", time(17)),
        ("17 giờ 30", time(17, 30)),
        ("17 giờ 30 phút", time(17, 30)),
        ("6 giờ rưỡi", time(6, 30)),
        ("5h chiều", time(17)),
        ("12h đêm", time(0)),
        ("5:30 pm", time(17, 30)),
        ("05:30:00", time(5, 30)),
        ("00:00", time(0)),
    ],
)
def test_times_of_day_are_read(text: str, at: time) -> None:
    assert read_time_of_day(text) == at


@pytest.mark.parametrize(
    "text",
    ["", "5", "24:00", "25h", "5:60", "5:", "17h sáng", "12h tối", "-5:30", "05:30:15", "٥:٣٠"],
)
def test_times_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(UserError, match="Hãy ghi"):
        read_time_of_day(text)


@given(st.times())
def test_every_minute_of_the_day_survives_being_written_and_read(at: time) -> None:
    minute = at.replace(second=0, microsecond=0)
    for text in (f"{minute:%H:%M}", f"{minute.hour}h{minute.minute:02d}"):
        assert read_time_of_day(text) == minute


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-23 05:30", "2026-11-23 05:30"),
        ("2026-11-23T05:30:15", "2026-11-23 05:30:15"),
        ("2026-11-23T05:30+07:00", "2026-11-23 05:30"),
        ("2026-11-22T22:30:00Z", "2026-11-23 05:30"),
        ("23/11/2026 17:00", "2026-11-23 17:00"),
        ("23-11-2026 17:00", "2026-11-23 17:00"),
        ("17h ngày 23/11/2026", "2026-11-23 17:00"),
        ("17:00", "2026-11-21 17:00"),
        ("15:00:01", "2026-11-21 15:00:01"),
        ("15:00", "2026-11-22 15:00"),
        ("14:59", "2026-11-22 14:59"),
        ("mai 5h30", "2026-11-22 05:30"),
        ("hôm nay 17h", "2026-11-21 17:00"),
    ],
)
def test_moments_are_read_in_the_time_of_the_station(text: str, moment: str) -> None:
    found = read_moment(text, NOW, ZONE)
    assert found == _local(moment)
    assert found.tzinfo is UTC


@pytest.mark.parametrize("text", ["now", "ngay", "Bây giờ"])
def test_now_is_now(text: str) -> None:
    assert read_moment(text, NOW, ZONE) == NOW


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("2026-11-21 15:00:00", "15:00:00 ngày 21/11/2026 đã qua. Hãy chọn một giờ sắp tới"),
        ("20/11/2026 17:00", "17:00:00 ngày 20/11/2026 đã qua"),
        ("hôm nay 14h", "14:00:00 ngày 21/11/2026 đã qua"),
        ("2026-11-21T15:30+08:00", "14:30:00 ngày 21/11/2026 đã qua"),
        ("23/11/2026", "thiếu giờ. Hãy ghi thêm giờ, như “23/11/2026 05:30”"),
        ("31/02/2027 05:30", "Lịch không có ngày"),
        ("2062-11-23 05:30", "quá xa"),
        ("2026-11-23 25:00", "Không hiểu thời điểm"),
        ("0001-01-01 00:00", "Không có giờ"),
        ("9999-12-31T23:59-14:00", "Không có giờ"),
        ("lúc nào cũng được", "Không hiểu thời điểm"),
        ("", "Không hiểu thời điểm"),
    ],
)
def test_moments_that_cannot_be_meant_are_refused_with_the_mend(text: str, message: str) -> None:
    with pytest.raises(UserError) as error:
        read_moment(text, NOW, ZONE)
    assert message in str(error.value)


def test_a_time_that_the_clock_jumps_over_is_refused() -> None:
    with pytest.raises(UserError, match="Không có giờ"):
        read_moment("2027-03-28 02:30", NOW, ZoneInfo("Europe/Berlin"))


@given(st.integers(1, 5 * 365 * 86_400))
def test_a_moment_survives_being_written_and_read(seconds: int) -> None:
    wanted = _local("2026-11-22 00:00") + timedelta(seconds=seconds)
    forms = ("%Y-%m-%d %H:%M:%S", "%d/%m/%Y %H:%M:%S", "%Y-%m-%dT%H:%M:%S%z")
    assert {read_moment(wanted.strftime(form), NOW, ZONE) for form in forms} == {wanted}


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused_but_never_breaks(text: str) -> None:
    for read in (
        lambda: read_weekdays(text),
        lambda: read_time_of_day(text),
        lambda: read_moment(text, NOW, ZONE),
        lambda: read_week(text, NOW, ZONE),
        lambda: QuietHours.parse([text], ZONE),
    ):
        assert _answer(read)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("2026-W48", "2026-W48"),
        ("2026w48", "2026-W48"),
        ("this", "2026-W47"),
        ("tuần này", "2026-W47"),
        ("next", "2026-W48"),
        ("tuần sau", "2026-W48"),
        ("tuần 48", "2026-W48"),
        ("tuần 2/2027", "2027-W02"),
        ("2026-11-29", "2026-W48"),
        ("23/11/2026", "2026-W48"),
        ("2026-W53", "2026-W53"),
        ("03/01/2027", "2026-W53"),
    ],
)
def test_weeks_are_read(text: str, name: str) -> None:
    assert read_week(text, NOW, ZONE).name == name


@pytest.mark.parametrize(
    "text", ["", "2026-W54", "2025-W53", "2026-W00", "x", "2026-13-40", "0001-01-01"]
)
def test_weeks_that_the_calendar_does_not_have_are_refused(text: str) -> None:
    with pytest.raises(UserError):
        read_week(text, NOW, ZONE)


def test_this_week_is_the_week_of_the_station_not_of_utc() -> None:
    sunday_night_in_london = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)
    assert read_week("this", sunday_night_in_london, ZONE).name == "2026-W48"


def test_a_week_knows_its_bounds_and_its_label() -> None:
    week = Week.of(date(2026, 11, 26), ZONE)
    assert week.monday == date(2026, 11, 23)
    assert (week.start, week.end) == (_local("2026-11-23 00:00"), _local("2026-11-30 00:00"))
    assert week.label == "Tuần 48, từ 23/11/2026 đến 29/11/2026"
    assert week.days[-1] == week.sunday == date(2026, 11, 29)


def test_a_slot_opens_on_its_days_in_the_time_of_the_station() -> None:
    slot = SlotRule("7", "radio", (4, 0, 0), time(5, 30), 30, ("thôn 1",))
    found = occurrences(slot, Week.of(date(2026, 11, 23), ZONE), ZONE)
    assert [one.key for one in found] == ["7@2026-11-23", "7@2026-11-27"]
    assert found[0].start == datetime(2026, 11, 22, 22, 30, tzinfo=UTC)
    assert found[0].end - found[0].start == timedelta(minutes=30)
    assert found[0].targets == ("thôn 1",)


def _answer(read: Callable[[], object]) -> str:
    """What was read, or how to mend it; any other error goes through."""
    try:
        return repr(read())
    except UserError as error:
        return error.mend


QUIET = QuietHours.parse(["21:00-05:00", "11h30–13h"], ZONE)


@pytest.mark.parametrize(
    ("start", "end", "quiet"),
    [
        ("2026-11-23 05:00", "2026-11-23 05:30", False),
        ("2026-11-23 04:59", "2026-11-23 05:30", True),
        ("2026-11-23 20:30", "2026-11-23 21:00", False),
        ("2026-11-23 20:30", "2026-11-23 21:01", True),
        ("2026-11-23 03:15", "2026-11-23 03:15", True),
        ("2026-11-23 21:00", "2026-11-23 21:00", True),
        ("2026-11-23 05:00", "2026-11-23 05:00", False),
        ("2026-11-23 11:00", "2026-11-23 14:00", True),
        ("2026-11-23 05:30", "2026-11-25 05:30", True),
    ],
)
def test_quiet_hours_cover_a_span_that_touches_them(start: str, end: str, quiet: bool) -> None:
    first, last = _local(start).astimezone(UTC), _local(end).astimezone(UTC)
    assert QUIET.covers(first, last) is quiet
    assert (QUIET.reason(first, last) is not None) is quiet


def test_the_reason_names_the_time_and_the_quiet_hours() -> None:
    start = _local("2026-11-23 20:45").astimezone(UTC)
    assert QUIET.reason(start, start + timedelta(minutes=30)) == (
        "20:45 đến 21:15 ngày 23/11/2026 rơi vào giờ yên tĩnh 21:00–05:00."
    )


@given(st.integers(0, 7 * 1440), st.integers(0, 600))
def test_a_span_is_quiet_where_any_of_its_minutes_is(start: int, minutes: int) -> None:
    first = _local("2026-11-23 00:00") + timedelta(minutes=start)
    moments = [first + timedelta(minutes=n) for n in range(max(minutes, 1))]
    quiet = any(
        at.hour >= 21 or at.hour < 5 or (11, 30) <= (at.hour, at.minute) < (13, 0) for at in moments
    )
    assert QUIET.covers(first, first + timedelta(minutes=minutes)) is quiet


def test_no_quiet_hours_forbid_nothing_and_a_whole_day_forbids_all() -> None:
    noon = _local("2026-11-23 12:00")
    assert not QuietHours.parse([], ZONE).covers(noon, noon)
    assert QuietHours.parse(["00:00-24:00"], ZONE).covers(noon, noon)


def test_every_bad_entry_of_the_quiet_hours_is_named_at_once() -> None:
    with pytest.raises(UserError) as error:
        QuietHours.parse(["21:00", "21:00-21:00", "22:00-05:00", "a-b"], ZONE)
    assert [problem.message for problem in error.value.problems] == [
        "Không hiểu giờ yên tĩnh “21:00”.",
        "Giờ yên tĩnh “21:00-21:00” có giờ đầu trùng giờ cuối.",
        "Không hiểu giờ yên tĩnh “a-b”.",
    ]
