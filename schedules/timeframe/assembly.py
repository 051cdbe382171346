"""Put the constituents of a phrase together into one timeframe of its plan."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from schedules.timeframe.constituents import (
    Constituent,
    Cycle,
    DaysOfPeriod,
    Event,
    Frequency,
    Limits,
    Mark,
    Occasion,
    Range,
    Spans,
    Times,
    Weekdays,
    WeekOfMonth,
)
from schedules.timeframe.events import lunar_new_years
from schedules.timeframe.pieces import FIRST_YEAR, LAST_YEAR, Grain, Piece
from schedules.timeframe.resolution import resolve
from schedules.timeframe.values import Kind, PlanContext, Timeframe, Window

_ONE_DAY = timedelta(days=1)
_RUN_UP = timedelta(days=7)
"""How long before a commemorative day without a known custom."""
_MOST_MONTHS = 240


@dataclass(frozen=True, slots=True)
class Found:
    """A constituent and the positions it was read from."""

    value: Constituent
    start: int
    end: int


@dataclass(slots=True)
class _Parts:
    """What has been gathered so far."""

    context: PlanContext
    windows: list[Window] = field(default_factory=list)
    due: list[date] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    marks: set[Mark] = field(default_factory=set)
    doubts: set[str] = field(default_factory=set)
    days: list[DaysOfPeriod] = field(default_factory=list)
    times: list[str] = field(default_factory=list)
    at_least: int | None = None
    weekdays: str | None = None
    event: Event | None = None
    has_limit: bool = False
    has_span: bool = False


def assemble(
    text: str, found: list[Found], context: PlanContext, running: bool = False
) -> Timeframe:
    """One timeframe from all that was found in `text`; in running text the rest is no doubt."""
    parts = _Parts(context)
    _gather_all(text, found, parts)
    _put_days_in(parts)
    kind = _kind(parts)
    consumed = tuple((item.start, item.end) for item in found)
    unread = "" if running else _unread(text, consumed)
    if unread:
        parts.doubts.add("unread")
    return Timeframe(
        text=text,
        kind=kind,
        windows=_windows(kind, parts),
        due=tuple(sorted(set(parts.due))),
        recurrence=_recurrence(kind, parts),
        at_least=None if parts.times and "daily" in parts.codes else parts.at_least,
        weekdays=parts.weekdays,
        times=tuple(parts.times),
        confidence=_confidence(kind, parts, text, unread),
        consumed=consumed,
        unread=unread,
    )


def _gather_all(text: str, found: list[Found], parts: _Parts) -> None:
    """Each in its turn; what stands behind a bracket or colon makes the one before it precise."""
    before: Found | None = None
    outer: list[Window] = []
    for item in found:
        known, has_span = len(parts.windows), parts.has_span
        _gather(item.value, parts)
        added = parts.windows[known:]
        if added and Mark.PEAK in parts.marks and (parts.codes or Mark.CONTINUOUS in parts.marks):
            del parts.windows[known:]
            parts.has_span = has_span
            continue
        explains = text[: item.start].rstrip().endswith(("(", ":"))
        if before and added and explains and all(_within(window, outer) for window in added):
            # The narrower window is the time; a day of celebration only says why.
            celebrated = Occasion in (type(item.value), type(before.value))
            added = outer if celebrated else added
            parts.windows[known - len(outer) :] = added
        elif (
            explains and isinstance(item.value, Occasion) and any(_within(o, added) for o in outer)
        ):
            del parts.windows[known:]  # "Ngày 10/10 (Ngày Chuyển đổi số quốc gia)"
            continue
        if added:
            before, outer = item, added


def _within(window: Window, outer: list[Window]) -> bool:
    return any(start <= window[0] and window[1] <= end for start, end in outer)


def _gather(value: Constituent, parts: _Parts) -> None:
    match value:
        case Spans(ranges):
            _gather_spans(ranges, parts)
        case Limits(pieces, exclusive):
            _gather_limits(pieces, exclusive, parts)
        case DaysOfPeriod():
            parts.days.append(value)
        case WeekOfMonth(number):
            parts.codes.append("monthly")
            parts.windows.extend(_weeks(number, parts.context))
        case Frequency(codes, at_least):
            parts.codes.extend(codes)
            parts.at_least = parts.at_least or at_least
        case Weekdays(code):
            parts.weekdays = f"{parts.weekdays},{code}" if parts.weekdays else code
        case Times(values):
            parts.times.extend(values)
        case Event():
            _gather_event(value, parts)
        case Occasion():
            _gather_occasion(value, parts)
        case Mark():
            parts.marks.add(value)


def _gather_spans(ranges: tuple[Range, ...], parts: _Parts) -> None:
    parts.has_span = True
    for item in ranges:
        window = _range(item, parts)
        if window is None:
            parts.doubts.add("no year")
        elif window[0] > window[1]:
            parts.doubts.add("backwards")
        else:
            parts.windows.append(window)


def _range(item: Range, parts: _Parts) -> Window | None:
    first = _piece(item.first, parts)
    if item.last is None:
        period = parts.context.period
        return (first[0], max(period[1], first[1])) if first and period else None
    last = first if item.last == item.first else _piece(item.last, parts)
    return (first[0], last[1]) if first and last else None


def _piece(piece: Piece, parts: _Parts) -> Window | None:
    if piece.is_vague:
        parts.doubts.add("vague")
    if piece.is_ambiguous:
        parts.doubts.add("ambiguous")
    if piece.grain is Grain.ISSUE and parts.context.issued is None:
        parts.doubts.add("issue unknown")
    return resolve(piece, parts.context)


def _gather_limits(pieces: tuple[Piece, ...], exclusive: bool, parts: _Parts) -> None:
    parts.has_limit = True
    for piece in pieces:
        window = _piece(piece, parts)
        if window is None:
            parts.doubts.add("no year")
        else:
            parts.due.append(window[0] - _ONE_DAY if exclusive else window[1])


def _gather_event(event: Event, parts: _Parts) -> None:
    parts.event = event
    day = parts.context.issued
    if event.days is None or day is None or not FIRST_YEAR <= day.year <= LAST_YEAR:
        return
    if not event.working_days:
        parts.due.append(day + timedelta(days=event.days))
        return
    remaining = event.days
    while remaining:
        day += _ONE_DAY
        remaining -= day.weekday() < 5
    parts.due.append(day)


def _gather_occasion(occasion: Occasion, parts: _Parts) -> None:
    parts.has_span = parts.has_span or not occasion.before
    parts.has_limit = parts.has_limit or occasion.before
    year = occasion.year or parts.context.plan_year
    day, month = occasion.day, occasion.month
    if occasion.lunar_new_year and year is not None:
        day, month = lunar_new_years().get(year, (0, 0))
    if year is None or not FIRST_YEAR <= year <= LAST_YEAR or not month:
        parts.doubts.add("no year")
        return
    end = date(year, month, min(day, monthrange(year, month)[1]))
    if occasion.before:
        parts.due.append(end - _ONE_DAY)
        return
    start = date(year, *reversed(occasion.lead)) if occasion.lead else end - _RUN_UP
    parts.windows.append((start, end))
    parts.doubts.add("vague")


def _put_days_in(parts: _Parts) -> None:
    """Turn "ngày 25 hằng tháng" into dates, inside the phrase's own windows if it has any."""
    for days in parts.days:
        parts.codes.append(str(days.cycle))
        for first_of_month in _months_of(days, parts):
            if days.until is not None:
                start = _clamped(first_of_month, days.days[0])
                parts.windows.append((start, _clamped(first_of_month, days.until)))
                continue
            parts.has_limit = True
            for day in days.days:
                due = _clamped(first_of_month, day)
                parts.due.append(due - _ONE_DAY if days.exclusive else due)


def _months_of(days: DaysOfPeriod, parts: _Parts) -> Iterator[date]:
    period = parts.context.period
    if period is None:
        parts.doubts.add("no year")
        return
    hull = (
        (min(w[0] for w in parts.windows), max(w[1] for w in parts.windows))
        if (parts.windows and days.until is None)
        else period
    )
    step = {Cycle.MONTH: 1, Cycle.QUARTER: 3, Cycle.YEAR: 12}[days.cycle]
    offset = days.month - 1 + days.periods_later * step
    month = hull[0].year * 12 + (hull[0].month - 1) // step * step
    last = hull[1].year * 12 + hull[1].month - 1
    for index in range(month, min(last, month + _MOST_MONTHS) + 1, step):
        year, zero_based = divmod(index + offset, 12)
        if FIRST_YEAR <= year <= LAST_YEAR:
            yield date(year, zero_based + 1, 1)


def _clamped(first: date, day: int) -> date:
    last = monthrange(first.year, first.month)[1]
    return first.replace(day=min(day or last, last))


def _weeks(number: int, context: PlanContext) -> Iterator[Window]:
    if context.plan_year is None:
        return
    for month in range(1, 13):
        window = resolve(Piece(Grain.WEEK, number, month, context.plan_year), context)
        if window:
            yield window


def _kind(parts: _Parts) -> Kind:
    if parts.doubts & {"ambiguous", "backwards"}:
        return Kind.AMBIGUOUS
    if parts.has_limit:
        return Kind.DEADLINE
    if parts.codes or parts.weekdays:
        return Kind.RECURRING
    if Mark.CONTINUOUS in parts.marks:
        return Kind.CONTINUOUS
    if parts.event:
        return Kind.EVENT
    if Mark.DONE in parts.marks and parts.has_span:
        parts.due.extend(end for _, end in parts.windows)
        return Kind.DEADLINE
    if parts.has_span:
        return Kind.WINDOWS if len(parts.windows) > 1 else Kind.WINDOW
    if Mark.PERIODIC in parts.marks or parts.times:
        return Kind.AMBIGUOUS
    if Mark.FALSE_FRIEND in parts.marks and Mark.UNSPECIFIED not in parts.marks:
        return Kind.NOT_SCHEDULE
    return Kind.UNSPECIFIED


def _windows(kind: Kind, parts: _Parts) -> tuple[Window, ...]:
    if parts.windows:
        return tuple(dict.fromkeys(sorted(parts.windows)))
    whole = kind in (Kind.RECURRING, Kind.CONTINUOUS) or (
        Mark.PERIODIC in parts.marks and kind is not Kind.DEADLINE
    )
    given_by_hour = "daily" in parts.codes and parts.times
    if whole and not given_by_hour and not parts.has_span and parts.context.period:
        return (parts.context.period,)
    return ()


def _recurrence(kind: Kind, parts: _Parts) -> tuple[str, ...]:
    codes = list(parts.codes)
    if kind in (Kind.WINDOW, Kind.WINDOWS, Kind.NOT_SCHEDULE, Kind.UNSPECIFIED):
        return ()
    if not codes and parts.weekdays:
        codes.append("weekly")
    if not codes and Mark.CONTINUOUS in parts.marks:
        codes.append("continuous")
    if parts.event:
        codes.append("once" if parts.event.once else "on_event")
    if not codes and kind is Kind.DEADLINE:
        codes.append("once")
    return tuple(dict.fromkeys(codes))


def _confidence(kind: Kind, parts: _Parts, text: str, unread: str) -> float:
    value = {Kind.AMBIGUOUS: 0.5, Kind.UNSPECIFIED: 0.3}.get(kind, 1.0)
    costs = {"vague": 0.8, "no year": 0.4, "backwards": 0.4, "issue unknown": 0.6}
    for doubt in parts.doubts:
        value *= costs.get(doubt, 1.0)
    if Mark.ROUGH in parts.marks:
        value *= 0.8
    if unread:
        value *= max(0.1, 0.9 - len(unread) / (len(text) + 1))
    return round(value, 2)


def _unread(text: str, consumed: tuple[tuple[int, int], ...]) -> str:
    gaps, position = [], 0
    for start, end in (*consumed, (len(text), len(text))):
        gap = text[position:start].strip(" ,;:.()/-–—+&\"'…“”")
        if re.search(r"\w", gap):
            gaps.append(gap)
        position = end
    return " … ".join(gaps)
