"""How much a task asks for: its timeframe as windows of days and a number of broadcasts (pure)."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

Window = tuple[date, date]
"""First and last day, both included."""

_EVERY = re.compile(r"every_(\d+)_(days|weeks|months|quarters|years)")
_MONTHS = {"monthly": 1, "quarterly": 3, "half_yearly": 6, "yearly": 12}
_MONTHS_OF = {"months": 1, "quarters": 3, "years": 12}


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


def quota_of(
    timeframe: Mapping[str, Any], period: tuple[date | None, date | None], *, manual: bool = False
) -> Quota:
    """Read the contract's form of a timeframe; `period` is the plan's own first and last day.

    A task for people (`manual`) without a number is asked for once, any other once a week.
    """
    windows, problems = _windows(timeframe, period)
    often = timeframe.get("at_least")
    recurrence = [name for name in timeframe.get("recurrence") or [] if name != "continuous"]
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
    missing = max(0, quota.total - done)
    spread = math.ceil(missing / max(1, weeks_left(quota.windows, monday)))
    return max(spread, min(quota.per_week or 0, missing))


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
