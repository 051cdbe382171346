"""The first day on which a plan can have been issued (pure)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date


def earliest_issue(
    signed: tuple[int | None, int | None, int | None], cited: Iterable[date]
) -> date | None:
    """The signed day (day, month, year); with blanks, the earliest that it can have been.

    Not before its month, nor before the newest document it rests on (`cited`).
    """
    day, month, year = signed
    if day and month and year:
        try:
            return date(year, month, day)
        except ValueError:
            pass  # 31/02 is no day: what is known is the month
    known = list(cited)
    if year and month and 1 <= month <= 12:
        first = date(year, month, 1)
        known = [one for one in known if (one.year, one.month) <= (year, month)]
        known.append(first)
    return max(known, default=None)
