"""From a named piece of the calendar to its days, the missing year taken from the plan."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

from schedules.timeframe.pieces import FIRST_YEAR, LAST_YEAR, Grain, Part, Piece
from schedules.timeframe.values import PlanContext, Window


def resolve(piece: Piece, context: PlanContext) -> Window | None:
    """The days of `piece`, its missing year taken from the plan; None where it has none."""
    if piece.grain is Grain.ISSUE:
        period = context.period
        day = context.issued or (period[0] if period else None)
        return (day, day) if day and FIRST_YEAR <= day.year <= LAST_YEAR else None
    if piece.is_ambiguous:
        return _unnamed_months(piece, context)
    year = piece.year
    if year is None:
        year = _fitting_year(piece, context)
        if year is None:
            return None
        year += piece.next_year
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return None
    return _in_year(piece, year)


def _fitting_year(piece: Piece, context: PlanContext) -> int | None:
    """The plan's year; of a plan over several years the first one in which `piece` lies."""
    year, period = context.plan_year, context.period
    if year is None or period is None:
        return year
    for candidate in range(period[0].year, min(period[1].year, period[0].year + 10) + 1):
        window = _in_year(piece, candidate)
        if window and period[0] <= window[0] and window[1] <= period[1]:
            return candidate
    return year


def _in_year(piece: Piece, year: int) -> Window | None:
    match piece.grain:
        case Grain.DAY:
            return _one_day(year, piece.month, piece.number)
        case Grain.DAYS:
            return _days_of_month(year, piece.month or 1, piece.number, piece.part)
        case Grain.WEEK:
            return _week_of_month(year, piece.month or 1, piece.number)
        case Grain.MONTH:
            return _part_of_month(year, piece.number, piece.part)
        case Grain.QUARTER:
            return _part_of_quarter(year, piece.number, piece.part)
        case Grain.MONTHS:
            first, last = (1, piece.number) if piece.part is Part.EARLY else (13 - piece.number, 12)
            return months(year, first, last)
        case Grain.YEAR:
            return _part_of_year(year, piece.part)
        case _:
            until = piece.until or year
            return (date(year, 1, 1), date(until, 12, 31)) if until <= LAST_YEAR else None


def months(year: int, first: int, last: int) -> Window:
    """First day of month `first` to last day of month `last`."""
    return date(year, first, 1), date(year, last, monthrange(year, last)[1])


def _one_day(year: int, month: int | None, day: int) -> Window | None:
    if month is None or day > monthrange(year, month)[1]:
        return None
    return date(year, month, day), date(year, month, day)


def _week_of_month(year: int, month: int, number: int) -> Window | None:
    """Week n is days 7n-6 to 7n; the last week is the last seven days."""
    first, last = months(year, month, month)
    if number == -1:
        return last - timedelta(days=6), last
    start = first + timedelta(days=7 * (number - 1))
    return (start, min(start + timedelta(days=6), last)) if start <= last else None


def _days_of_month(year: int, month: int, count: int, part: Part | None) -> Window:
    first, last = months(year, month, month)
    if part is Part.EARLY:
        return first, first + timedelta(days=count - 1)
    return last - timedelta(days=count - 1), last


def _part_of_month(year: int, month: int, part: Part | None) -> Window:
    first, last = months(year, month, month)
    edges = {
        Part.EARLY: (1, 10),
        Part.MIDDLE: (11, 20),
        Part.LATE: (21, last.day),
        Part.FIRST_HALF: (1, 15),
        Part.SECOND_HALF: (16, last.day),
    }
    start, end = edges[part] if part else (1, last.day)
    return first.replace(day=start), first.replace(day=end)


def _part_of_quarter(year: int, quarter: int, part: Part | None) -> Window:
    """đầu, giữa, cuối quý are its first, second and third month."""
    first = 3 * quarter - 2
    match part:
        case Part.EARLY | Part.MIDDLE | Part.LATE:
            month = first + (Part.EARLY, Part.MIDDLE, Part.LATE).index(part)
            return months(year, month, month)
        case Part.FIRST_HALF:
            return date(year, first, 1), date(year, first + 1, 15)
        case Part.SECOND_HALF:
            return date(year, first + 1, 16), months(year, first, first + 2)[1]
    return months(year, first, first + 2)


def _part_of_year(year: int, part: Part | None) -> Window:
    """đầu năm is the first quarter, cuối năm the last, giữa năm the two between."""
    first, last = {
        Part.EARLY: (1, 3),
        Part.MIDDLE: (4, 9),
        Part.LATE: (10, 12),
        Part.FIRST_HALF: (1, 6),
        Part.SECOND_HALF: (7, 12),
        None: (1, 12),
    }[part]
    return months(year, first, last)


def _unnamed_months(piece: Piece, context: PlanContext) -> Window | None:
    """ "6 tháng năm 2025": the plan's own half, else the half in which it was issued."""
    year = piece.year or context.plan_year
    if year is None or not FIRST_YEAR <= year <= LAST_YEAR:
        return None
    early, late = months(year, 1, piece.number), months(year, 13 - piece.number, 12)
    if context.period in (early, late):
        return context.period
    if context.issued is None:
        return None
    return early if context.issued <= early[1] else late
