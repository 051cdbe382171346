"""Reporting periods as people type them and as plans give them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from broadcaster.periods import deadlines, period_due, read_period
from content.errors import UserError
from schedules.plan import Task


def task(no: str, content: str, source: str = "annex", **timeframe: Any) -> Task:
    return Task(station_id=1, plan_id=1, no=no, content=content, channels=["report"],
                timeframe={"text": "", "due": [], "windows": [], "recurrence": [], **timeframe},
                source=source)  # fmt: skip


YEARLY = task("8", "Báo cáo kết quả năm 2026", due=["2026-12-14"])
HALF = task("9", "Báo cáo 6 tháng", due=["2026-06-14"])
QUARTERLY = task(
    "NV1", "Báo cáo hằng quý", "duty",
    windows=[["2026-01-01", "2026-12-31"]], recurrence=["quarterly"],
)  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "words", "start", "end"),
    [
        ("2026", "năm 2026", "2026-01-01", "2026-12-31"),
        ("2026-H1", "6 tháng đầu năm 2026", "2026-01-01", "2026-06-30"),
        (" 2026-h2 ", "6 tháng cuối năm 2026", "2026-07-01", "2026-12-31"),
        ("2026-Q3", "quý III năm 2026", "2026-07-01", "2026-09-30"),
        ("2024-02", "tháng 2 năm 2024", "2024-02-01", "2024-02-29"),
        ("2026-01-15..2026-06-30", "từ ngày 15/01/2026 đến ngày 30/06/2026", "2026-01-15",
         "2026-06-30"),
    ],
)  # fmt: skip
def test_a_period_is_read_as_typed(typed: str, words: str, start: str, end: str) -> None:
    period = read_period(typed)
    assert period.words == words
    assert (period.start.isoformat(), period.end.isoformat()) == (start, end)


@pytest.mark.parametrize(
    "typed", ["", "2026-H3", "2026-13", "năm nay", "2026-06-30..2026-01-01", "1026", "2026-Q0"]
)
def test_what_is_no_period_is_refused_with_an_example(typed: str) -> None:
    with pytest.raises(UserError):
        read_period(typed)


def test_months_of_a_period_touch_it() -> None:
    assert read_period("2026-01-31..2026-03-01").months() == ["2026-01", "2026-02", "2026-03"]


def test_a_deadline_of_the_plan_gives_the_period_up_to_that_day() -> None:
    found = period_due([QUARTERLY, YEARLY, HALF], "2026-12-15", date(2026, 11, 1))
    assert (found.task, found.due) == ("8", date(2026, 12, 14))
    assert (found.period.words, found.period.end) == ("năm 2026", date(2026, 12, 14))
    half = period_due([YEARLY, HALF], "14/06/2026", date(2026, 1, 1)).period
    assert (half.words, half.end) == ("6 tháng đầu năm 2026", date(2026, 6, 14))


def test_the_next_deadline_is_the_first_that_has_not_passed() -> None:
    known = [YEARLY, HALF, QUARTERLY]
    assert period_due(known, "next", date(2026, 6, 15)).due == date(2026, 6, 30)
    assert period_due(known, "next", date(2026, 12, 1)).task == "8"
    assert period_due(known, "next", date(2026, 6, 20)).period.words == "quý II năm 2026"


def test_quarterly_reports_are_due_at_the_ends_of_the_quarters() -> None:
    assert [one.due.month for one in deadlines([QUARTERLY])] == [3, 6, 9, 12]


def test_a_day_without_a_deadline_names_those_that_there_are() -> None:
    with pytest.raises(UserError, match="14/12/2026"):
        period_due([YEARLY], "2026-05-05", date(2026, 1, 1))
