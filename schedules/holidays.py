"""Vietnam's public holidays (ngày nghỉ lễ, tết), from data/holidays.tsv."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from importlib.resources import files


def holidays_between(first: date, last: date) -> dict[date, str]:
    """Each holiday of [first, last] and its name, in order (Bộ luật Lao động 2019, Điều 112)."""
    return {day: name for day, name in _all().items() if first <= day <= last}


def unknown_years(first: date, last: date) -> list[int]:
    """Years of [first, last] that the data file does not reach: nobody knows their Tết here."""
    known = {day.year for day in _all()}
    return [year for year in range(first.year, last.year + 1) if year not in known]


@cache
def _all() -> dict[date, str]:
    table = files("schedules").joinpath("data/holidays.tsv").read_text("utf-8")
    found: dict[date, str] = {}
    for line in table.splitlines():
        if line and not line.startswith("#"):
            first, days, name = line.split("\t")
            start = date.fromisoformat(first)
            found |= {start + timedelta(days=number): name for number in range(int(days))}
    return dict(sorted(found.items()))
