"""How much a task asks for: its timeframe as windows of days and a number of broadcasts (pure)."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import groupby
from typing import Any

Window = tuple[date, date]
"""First and last day, both included."""

_DAY = timedelta(days=1)
_EVERY = re.compile(r"every_(\d+)_(days|weeks|months|quarters|years)")
_MONTHS = {"monthly": 1, "quarterly": 3, "half_yearly": 6, "yearly": 12}
_MONTHS_OF = {"months": 1, "quarters": 3, "years": 12}


@dataclass(frozen=True, slots=True)
class Part:
    """One time that a plan names ("tháng 3", "trước ngày 15/6"): it wants its own outputs."""

    first: date
    last: date
    times: int


@dataclass(frozen=True, slots=True)
class Quota:
    """What is asked for, over all windows."""

    windows: tuple[Window, ...]
    """In order, without overlaps; empty when the plan names no time at all."""
    total: int
    per_week: int | None = None
    """Where the plan itself promises every week."""
    assumed: bool = False
    """The plan names no number; `total` follows the house rule: once a week."""
    problems: tuple[str, ...] = ()
    """Vietnamese: what contradicts itself in the timeframe."""
    parts: tuple[Part, ...] = ()
    """Of "hằng tháng" and the like, in order; empty where the total is spread over the windows."""
    late: bool = False
    """A single deadline: what comes after it counts too."""
    behind: int = 0
    """What was reached in parts that are over and no longer listed (see `from_here`)."""

    def counts(self, day: date) -> bool:
        """Whether an output of that day may count."""
        return inside(self.windows, day) or (self.late and day > self.windows[-1][1])

    def asked(self, first: date | None = None, last: date | None = None) -> int:
        """How many are due from `first` to `last`; without these over all."""
        if not self.windows or (first is None and last is None):
            return self.total
        before = self._due_by(first - _DAY) if first else 0
        return (self._due_by(last) if last else self.total) - before

    def reached(
        self, days: Sequence[date], first: date | None = None, last: date | None = None
    ) -> int:
        """How many of those `asked` outputs of these days make good; never more than asked.

        Each part needs its own. Of a total that is spread, what was done early serves later days;
        so the periods of a year sum up to the year.
        """
        days = [day for day in days if last is None or day <= last]
        if not self.windows:
            return min(self.total, sum(first is None or first <= day for day in days))
        if self.parts:
            return sum(self._in_part(part, days) for part in self._parts_between(first, last))
        counted = [day for day in days if self.counts(day)]
        used = 0
        if first is not None:
            used = min(self._due_by(first - _DAY), sum(day < first for day in counted))
        return min(self.asked(first, last), min(self.total, len(counted)) - used)

    def from_here(self, today: date, days: Sequence[date]) -> Quota:
        """For planning: parts that are over are out of reach, what was done in them is kept."""
        over = [part for part in self.parts if part.last < today]
        if not over or self.late:
            return self
        behind = sum(self._in_part(part, days) for part in over)
        return replace(self, parts=self.parts[len(over) :], behind=behind)

    def _due_by(self, day: date) -> int:
        if self.parts:
            return sum(part.times for part in self.parts if part.last <= day)
        passed = sum(max(0, (min(last, day) - first).days + 1) for first, last in self.windows)
        whole = sum((last - first).days + 1 for first, last in self.windows)
        return self.total * passed // whole

    def _parts_between(self, first: date | None, last: date | None) -> Iterator[Part]:
        for part in self.parts:
            if (first is None or first <= part.last) and (last is None or part.last <= last):
                yield part

    def _in_part(self, part: Part, days: Iterable[date]) -> int:
        fit = sum(part.first <= day and (self.late or day <= part.last) for day in days)
        return min(part.times, fit)


def quota_of(
    timeframe: Mapping[str, Any],
    period: tuple[date | None, date | None],
    *,
    manual: bool = False,
    issued: date | None = None,
) -> Quota:
    """Read the contract's form of a timeframe; `period` is the plan's own first and last day.

    A task for people (`manual`) without a number is asked for once, any other once a week. A plan
    of "năm 2025" that was `issued` in September asks for no broadcasts in January.
    """
    windows, problems = _windows(timeframe, period)
    often = timeframe.get("at_least")
    parts = _parts(timeframe, windows)
    parts = tuple(part for part in parts if not issued or part.last >= issued) or parts
    if parts:
        total = sum(part.times for part in parts)
        late = len(timeframe.get("due") or []) == 1 and len(parts) == 1
        return Quota(windows, total, problems=problems, parts=parts, late=late)
    windows = _since(windows, issued)
    recurrence = _recurrence(timeframe)
    counts = [_times(name, windows) for name in recurrence]
    named = [count for count in counts if count is not None]
    if named:
        weekly = (often or 1) if "weekly" in recurrence else None
        return Quota(windows, max(1, sum(named)) * (often or 1), weekly, problems=problems)
    once = manual or timeframe.get("kind") in ("deadline", "event") or not windows
    total = often or (1 if once else _weeks(windows))
    return Quota(windows, total, assumed=often is None and not once, problems=problems)


def inside(windows: Sequence[Window], day: date) -> bool:
    """Whether `day` counts; without windows every day does."""
    return not windows or any(first <= day <= last for first, last in windows)


def weeks_left(windows: Sequence[Window], monday: date) -> int:
    """Calendar weeks from the one of `monday` on that touch a window; 1 without windows."""
    if not windows:
        return 1
    mondays = {
        first_monday + timedelta(weeks=number)
        for first, last in windows
        if last >= monday
        for first_monday in [_monday(max(first, monday))]
        for number in range((_monday(last) - first_monday).days // 7 + 1)
    }
    return len(mondays)


def week_share(quota: Quota, done: int, monday: date) -> int:
    """Airings wanted in the week of `monday`: what is missing, spread over the weeks left."""
    sunday = monday + timedelta(days=6)
    if quota.windows and not any(a <= sunday and b >= monday for a, b in quota.windows):
        return 0
    if quota.parts:
        return _share_of_parts(quota, done, monday)
    missing = max(0, quota.total - done)
    spread = math.ceil(missing / max(1, weeks_left(quota.windows, monday)))
    return max(spread, min(quota.per_week or 0, missing))


def _share_of_parts(quota: Quota, done: int, monday: date) -> int:
    """No month's broadcasts ahead of the month, and those of the running one spread over it."""
    begun = [part for part in quota.parts if part.first <= monday + timedelta(days=6)]
    if not begun:
        return 0
    missing = max(0, quota.behind + sum(part.times for part in begun) - done)
    left = weeks_left(((begun[-1].first, begun[-1].last),), monday)
    return math.ceil(missing / max(1, left))


def _parts(timeframe: Mapping[str, Any], windows: Sequence[Window]) -> tuple[Part, ...]:
    """The times that want their own outputs: deadlines, or the calendar's months, quarters …

    Weeks and days are no parts: a broadcast moved from a Sunday to a Monday is not a lost week.
    """
    times = timeframe.get("at_least") or 1
    names = _recurrence(timeframe)
    due = sorted({date.fromisoformat(day) for day in timeframe.get("due") or []})
    if due and windows and not timeframe.get("windows") and (len(due) > 1 or not names):
        starts = [windows[0][0], *(day + _DAY for day in due)]
        return tuple(Part(first, last, times) for first, last in zip(starts, due, strict=False))
    if len(names) == 1 and names[0] in _MONTHS:
        return tuple(_calendar_parts(windows, _MONTHS[names[0]], times))
    return ()


def _calendar_parts(windows: Sequence[Window], size: int, times: int) -> Iterator[Part]:
    months = (
        (year, number, first, last)
        for first, last in windows
        for year in range(first.year, last.year + 1)
        for number in range(1, 13)
        if (first.year, first.month) <= (year, number) <= (last.year, last.month)
    )
    for _, group in groupby(months, key=lambda one: (one[0], (one[1] - 1) // size)):
        found = list(group)
        year, number, first, _ = found[0]
        begin = max(first, date(year, number, 1))
        year, number, _, last = found[-1]
        after = date(year + number // 12, number % 12 + 1, 1)
        yield Part(begin, min(last, after - _DAY), times)


def _recurrence(timeframe: Mapping[str, Any]) -> list[str]:
    return [name for name in timeframe.get("recurrence") or [] if name != "continuous"]


def _windows(
    timeframe: Mapping[str, Any], period: tuple[date | None, date | None]
) -> tuple[tuple[Window, ...], tuple[str, ...]]:
    start, end = period
    problems = []
    found: list[Window] = []
    for first, last in timeframe.get("windows") or []:
        window = date.fromisoformat(first), date.fromisoformat(last)
        if window[0] > window[1]:
            problems.append(f"Khoảng thời gian {_show(window)} có ngày đầu sau ngày cuối: bỏ qua.")
            continue
        if (start and window[1] < start) or (end and window[0] > end):
            problems.append(f"Khoảng thời gian {_show(window)} nằm ngoài thời gian của kế hoạch.")
        found.append(window)
    due = sorted(date.fromisoformat(day) for day in timeframe.get("due") or [])
    if found and due and due[-1] < min(first for first, _ in found):
        problems.append(f"Hạn {due[-1]:%d/%m/%Y} đến trước ngày bắt đầu {min(found)[0]:%d/%m/%Y}.")
    if not found and due:
        found.append((min(start or date(due[-1].year, 1, 1), due[-1]), due[-1]))
    elif not found and start and end and start <= end:
        found.append((start, end))
    return _merged(found), tuple(problems)


def _since(windows: Sequence[Window], issued: date | None) -> tuple[Window, ...]:
    """What was left of the windows on that day; all of them when nothing was."""
    left = [(max(first, issued or first), last) for first, last in windows]
    return tuple(one for one in left if one[0] <= one[1]) or tuple(windows)


def _merged(windows: Sequence[Window]) -> tuple[Window, ...]:
    merged: list[Window] = []
    for first, last in sorted(windows):
        if merged and first <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(last, merged[-1][1])
        else:
            merged.append((first, last))
    return tuple(merged)


def _times(name: str, windows: Sequence[Window]) -> int | None:
    """How often the windows hold a recurrence; None for one that is no calendar's."""
    if not windows:
        return 1
    days = sum((last - first).days + 1 for first, last in windows)
    if name in ("daily", "weekly"):
        return days if name == "daily" else _weeks(windows)
    if name in _MONTHS:
        return math.ceil(_count_months(windows) / _MONTHS[name])
    if match := _EVERY.fullmatch(name):
        number, unit = max(1, int(match[1])), match[2]
        if unit in _MONTHS_OF:
            return math.ceil(_count_months(windows) / (number * _MONTHS_OF[unit]))
        return math.ceil(days / (number * (7 if unit == "weeks" else 1)))
    return 1 if name == "once" else None


def _weeks(windows: Sequence[Window]) -> int:
    return sum(((last - first).days + 7) // 7 for first, last in windows)


def _count_months(windows: Sequence[Window]) -> int:
    return sum(
        (last.year - first.year) * 12 + last.month - first.month + 1 for first, last in windows
    )


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _show(window: Window) -> str:
    return f"{window[0]:%d/%m/%Y} – {window[1]:%d/%m/%Y}"
