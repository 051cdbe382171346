"""Reporting periods (kỳ báo cáo): as people name them, or as the plan's own deadlines give them."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from content.errors import UserError
from schedules.moments import read_day
from schedules.plan import Plan, Task

ROMAN = ("I", "II", "III", "IV")
REPORT = "report"
"""The form (hình thức) of a task that asks for a report."""
_YEARS = (2000, 2200)
_NAMED = re.compile(
    r"(?P<year>\d{4})(?:-(?:H(?P<half>[12])|Q(?P<quarter>[1-4])|(?P<month>0[1-9]|1[0-2])))?"
)
_A_DAY = timedelta(days=1)
_EXAMPLES = "2026-H1, 2026-H2, 2026, 2026-Q3, 2026-11 hoặc 2026-01-15..2026-06-30"


@dataclass(frozen=True, slots=True)
class Period:
    """Days that a report tells of, first and last included, on the station's calendar."""

    name: str
    """For file names and scripts: "2026-H1"."""
    words: str
    """As a report says it: "6 tháng đầu năm 2026"."""
    start: date
    end: date
    issued: date | None = None
    """Of a plan's own days: when it was issued, if within them. Its rhythms begin then."""

    def __contains__(self, day: date) -> bool:
        return self.start <= day <= self.end

    def months(self) -> list[str]:
        """Every month that it touches, in order: "2026-07"."""
        return [f"{first:%Y-%m}" for first, _ in months_of(self.start, self.end)]


@dataclass(frozen=True, slots=True)
class Deadline:
    """A day on which the plan wants a report, and the period that this report is about."""

    due: date
    task: str
    period: Period


def read_period(text: str) -> Period:
    """A period as typed: year, half, quarter, month, or two days. Raises UserError."""
    given = text.strip().upper()
    if ".." in given:
        return _between(*given.split("..", 1))
    found = _NAMED.fullmatch(given)
    if found is None:
        raise _unreadable(text)
    year = int(found["year"])
    if not _YEARS[0] <= year <= _YEARS[1]:
        raise _unreadable(text)
    if found["half"]:
        return half(year, int(found["half"]))
    if found["quarter"]:
        return quarter(year, int(found["quarter"]))
    return month(year, int(found["month"])) if found["month"] else whole_year(year)


def whole_year(year: int) -> Period:
    """ "năm 2026"."""
    return Period(f"{year}", f"năm {year}", date(year, 1, 1), date(year, 12, 31))


def half(year: int, number: int) -> Period:
    """ "6 tháng đầu năm 2026" (number 1) or "6 tháng cuối năm 2026" (2)."""
    first = 1 if number == 1 else 7
    words = f"6 tháng {'đầu' if number == 1 else 'cuối'} năm {year}"
    return Period(f"{year}-H{number}", words, date(year, first, 1), _last(year, first + 5))


def quarter(year: int, number: int) -> Period:
    """ "quý III năm 2026"."""
    first = 3 * number - 2
    words = f"quý {ROMAN[number - 1]} năm {year}"
    return Period(f"{year}-Q{number}", words, date(year, first, 1), _last(year, first + 2))


def month(year: int, number: int) -> Period:
    """ "tháng 11 năm 2026"."""
    words = f"tháng {number} năm {year}"
    return Period(f"{year}-{number:02d}", words, date(year, number, 1), _last(year, number))


def days_of(plan: Plan | None) -> Period | None:
    """A plan's own days, where it says them."""
    if plan is None or plan.period_start is None or plan.period_end is None:
        return None
    issued = plan.issued
    within = issued is not None and plan.period_start <= issued <= plan.period_end
    return Period("", "", plan.period_start, plan.period_end, issued if within else None)


def months_of(start: date, end: date) -> Iterator[tuple[date, date]]:
    """First and last day of every calendar month that the days touch."""
    year, number = start.year, start.month
    while (year, number) <= (end.year, end.month):
        yield date(year, number, 1), _last(year, number)
        year, number = (year, number + 1) if number < 12 else (year + 1, 1)


def deadlines(tasks: Sequence[Task]) -> list[Deadline]:
    """Every day on which the plan wants a report, in order; the annex wins over the duties."""
    found: dict[date, Deadline] = {}
    for task in sorted(tasks, key=lambda row: row.source == "duty"):
        if REPORT in task.channels:
            for due in _due_days(task.reading()):
                found.setdefault(due, Deadline(due, task.no, _period_due(task, due)))
    return [found[due] for due in sorted(found)]


def period_due(tasks: Sequence[Task], text: str, today: date) -> Deadline:
    """The deadline of this day ("2026-12-15"), or the next one ("next"). Raises UserError.

    "Trước ngày 15/12" is kept as its last day, the 14th; both days name it.
    """
    known = deadlines(tasks)
    if text.strip().lower() == "next":
        found = next((one for one in known if one.due >= today), None)
    else:
        day = read_day(text)
        found = next((one for one in known if day in (one.due, one.due + _A_DAY)), None)
    if found is None:
        days = ", ".join(f"{one.due:%d/%m/%Y}" for one in known) or "không có"
        raise UserError(
            f"Kế hoạch không có hạn báo cáo “{text}”. Các hạn báo cáo: {days}.",
            f"Hãy ghi kỳ báo cáo: --period {_EXAMPLES}.",
        )
    return found


def _due_days(timeframe: dict[str, Any]) -> Iterator[date]:
    """The stated days; for "hằng quý", "hằng tháng" the last days of these."""
    if timeframe.get("due"):
        yield from map(date.fromisoformat, timeframe["due"])
        return
    step = {"monthly": 1, "quarterly": 3, "half_yearly": 6, "yearly": 12}
    size = next((step[one] for one in timeframe.get("recurrence", ()) if one in step), None)
    for start, end in timeframe.get("windows", ()):
        if size is None:
            yield date.fromisoformat(end)
            continue
        for _, last in months_of(date.fromisoformat(start), date.fromisoformat(end)):
            if last.month % size == 0:
                yield last


def _period_due(task: Task, due: date) -> Period:
    """What a report due on this day is about, up to this day."""
    words = f"{task.content} {task.reading().get('text', '')}".lower()
    recurrence = task.reading().get("recurrence", ())
    year = due.year
    if "quarterly" in recurrence or "quý" in words:
        whole = _quarter_before(due)
    elif "monthly" in recurrence:
        whole = _month_before(due)
    elif ("6 tháng" in words or "06 tháng" in words or "half_yearly" in recurrence) and (
        due.month <= 7
    ):
        whole = half(year, 1)
    else:
        whole = whole_year(year if due.month > 2 else year - 1)
    return replace(whole, end=min(whole.end, due)) if due >= whole.start else whole


def _quarter_before(due: date) -> Period:
    """The quarter that ends about this day: in its first ten days it is the one before."""
    near = due - timedelta(days=10)
    return quarter(near.year, (near.month - 1) // 3 + 1)


def _month_before(due: date) -> Period:
    near = due - timedelta(days=10)
    return month(near.year, near.month)


def _between(first: str, last: str) -> Period:
    try:
        start, end = date.fromisoformat(first.strip()), date.fromisoformat(last.strip())
    except ValueError:
        raise _unreadable(f"{first}..{last}") from None
    if end < start or not _YEARS[0] <= start.year <= end.year <= _YEARS[1]:
        raise UserError(
            f"Kỳ báo cáo “{first}..{last}” không đúng.",
            "Ngày đầu phải trước hoặc trùng ngày cuối.",
        )
    words = f"từ ngày {start:%d/%m/%Y} đến ngày {end:%d/%m/%Y}"
    return Period(f"{start}..{end}", words, start, end)


def _unreadable(text: str) -> UserError:
    return UserError(f"Không đọc được kỳ báo cáo “{text}”.", f"Ví dụ đúng: {_EXAMPLES}.")


def _last(year: int, number: int) -> date:
    return date(year, number, calendar.monthrange(year, number)[1])
