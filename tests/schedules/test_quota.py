"""A timeframe as windows of days and a number of broadcasts; holidays by the lunar calendar."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schedules.holidays import holidays_between, unknown_years
from schedules.quota import Quota, quota_of, week_share

YEAR = (date(2026, 1, 1), date(2026, 12, 31))
WHOLE = [["2026-01-01", "2026-12-31"]]


@pytest.mark.parametrize(
    ("timeframe", "total"),
    [
        ({"windows": WHOLE, "recurrence": ["monthly"], "at_least": 2}, 24),
        ({"windows": WHOLE, "recurrence": ["weekly"], "at_least": 2}, 106),
        ({"windows": WHOLE, "recurrence": ["quarterly"]}, 4),
        ({"windows": [["2026-01-01", "2026-03-31"]], "recurrence": []}, 13),
        ({"windows": WHOLE, "recurrence": ["every_2_weeks"]}, 27),
        ({"windows": WHOLE, "recurrence": ["continuous"], "at_least": 30}, 30),
        ({"kind": "deadline", "windows": [], "due": ["2026-12-14"], "recurrence": []}, 1),
    ],
)
def test_a_frequency_is_counted_over_the_windows(timeframe: dict[str, Any], total: int) -> None:
    assert quota_of(timeframe, YEAR).total == total


def test_a_task_for_people_is_asked_for_once_unless_the_plan_says_more() -> None:
    assert quota_of({"windows": WHOLE}, YEAR, manual=True).total == 1
    assert quota_of({"windows": WHOLE, "at_least": 3}, YEAR, manual=True).total == 3


def test_a_deadline_alone_opens_a_window_from_the_start_of_the_plan() -> None:
    quota = quota_of({"kind": "deadline", "due": ["2026-12-14"]}, YEAR)
    assert quota.windows == ((date(2026, 1, 1), date(2026, 12, 14)),)


def test_contradicting_windows_are_said_and_the_reversed_one_is_left_out() -> None:
    timeframe = {
        "windows": [["2026-06-30", "2026-04-01"], ["2027-01-01", "2027-03-31"]],
        "due": ["2026-05-01"],
    }
    quota = quota_of(timeframe, YEAR)
    assert quota.windows == ((date(2027, 1, 1), date(2027, 3, 31)),)
    assert len(quota.problems) == 3
    assert "có ngày đầu sau ngày cuối" in quota.problems[0]


@pytest.mark.parametrize(
    ("timeframe", "total"),
    [
        ({"windows": WHOLE}, 17),
        ({"windows": WHOLE, "recurrence": ["weekly"], "at_least": 2}, 34),
        ({"windows": WHOLE, "recurrence": ["monthly"]}, 4),
        ({"windows": [["2026-07-01", "2026-09-30"]], "recurrence": ["monthly"]}, 1),
        ({"windows": WHOLE, "at_least": 12}, 12),
        ({"windows": [["2026-01-01", "2026-03-31"]]}, 13),
    ],
)
def test_a_rhythm_begins_when_the_plan_is_issued(timeframe: dict[str, Any], total: int) -> None:
    assert quota_of(timeframe, YEAR, issued=date(2026, 9, 8)).total == total


def test_overlapping_windows_count_each_day_once() -> None:
    timeframe = {"windows": [["2026-01-01", "2026-03-31"], ["2026-02-01", "2026-04-30"]]}
    assert quota_of(timeframe, YEAR).windows == ((date(2026, 1, 1), date(2026, 4, 30)),)


@given(st.integers(1, 120), st.integers(0, 52), st.integers(0, 300))
def test_a_task_that_gets_its_share_every_week_reaches_its_total(
    total: int, first: int, days: int
) -> None:
    start = date(2026, 1, 1) + timedelta(weeks=first)
    quota = Quota(((start, start + timedelta(days=days)),), total)
    done, monday = 0, start - timedelta(days=start.weekday())
    while monday <= start + timedelta(days=days):
        done += week_share(quota, done, monday)
        monday += timedelta(weeks=1)
    assert done == total
    assert week_share(quota, 0, monday) == 0


def test_tet_follows_the_lunar_calendar_of_vietnam() -> None:
    for year, first in ((2025, "2025-01-29"), (2026, "2026-02-17"), (2030, "2030-02-02")):
        tet = date.fromisoformat(first)
        found = holidays_between(date(year, 1, 1), date(year, 12, 31))
        assert [day for day, name in found.items() if name == "Tết Nguyên đán"] == [
            tet + timedelta(days=number) for number in range(-1, 4)
        ]
        assert found[date(year, 9, 2)] == "Quốc khánh"


def test_years_beyond_the_table_are_named() -> None:
    assert unknown_years(date(2045, 1, 1), date(2046, 12, 31)) == [2046]
