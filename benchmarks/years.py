"""A year forecast for one commune and for a province; how near it comes to the best possible."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Sequence

import psutil

from benchmarks.bench import Bench
from benchmarks.best_possible import best_completion
from benchmarks.drawn_years import commune_year, tight_year
from benchmarks.measure import Aim, Row, Sample, in_turns, timed
from schedules.planner import plan_week
from schedules.year_planner import plan_year, week_request_of

_PROVINCE = 3_300
_MEGABYTE = 1_000_000
_NEARLY_ALL = 1.03
"""The best may be three in a hundred above what the rule reaches."""


def run(bench: Bench) -> Sequence[Row]:
    """Time, memory, quality."""
    bulletins = min(100, bench.sizes.bulletins[-1])
    full = bench.sizes.bulletins[-1] >= 10_000
    one, week = in_turns(min(3, bench.sizes.rounds), _year(bulletins), _week(bulletins))
    stations = 100 if full else 2
    many = Sample.one(
        timed(lambda: [plan_year(commune_year(n, bulletins)) for n in range(stations)])
    )
    ahead = Sample(tuple(value * _PROVINCE for value in one.values))
    return [
        Row("year, 1 station", one, "s", "its first week", week),
        Row(f"year, {stations} stations", many, "s", "1 station", one),
        Row(f"{_PROVINCE:,} (computed)", ahead, "s", "1 station", one),
        _memory(bulletins),
        _quality(250 if full else 12),
    ]


def _year(bulletins: int) -> Callable[[], float]:
    request = commune_year(1, bulletins)
    return lambda: timed(lambda: plan_year(request))


def _week(bulletins: int) -> Callable[[], float]:
    question = week_request_of(commune_year(1, bulletins))
    return lambda: timed(lambda: plan_week(question))


def _memory(bulletins: int) -> Row:
    request = commune_year(1, bulletins)
    tracemalloc.start()
    try:
        plan_year(request)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    resident = psutil.Process().memory_info().rss
    return Row(
        "memory, 1 station",
        Sample.one(peak / _MEGABYTE),
        "MB",
        "this process",
        Sample.one(resident / _MEGABYTE),
    )


def _quality(count: int) -> Row:
    """Airings that an exact solver reaches, over those of the rule; 1.00 is the best possible."""
    reached = possible = 0.0
    for number in range(count):
        request = tight_year(number)
        asked = sum(task.quota.total for task in request.tasks)
        reached += asked * plan_year(request).completion
        possible += asked * best_completion(request)
    return Row(
        f"best, {count} tight years",
        Sample.one(possible),
        "airings",
        "planned by the rule",
        Sample.one(reached),
        Aim(_NEARLY_ALL, of_ratio=True),
    )
