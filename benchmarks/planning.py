"""A week built from ever more bulletins: the pure planner, and the whole build on SQLite."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import time
from itertools import pairwise
from math import log
from pathlib import Path
from zoneinfo import ZoneInfo

from benchmarks.bench import PERSON, Bench
from benchmarks.homes import (
    EVE,
    MONDAY,
    SLOTS,
    TASKS,
    add_bulletins,
    add_week_rows,
    random_facts,
    task_windows,
)
from benchmarks.measure import Aim, Row, Sample, in_turns, timed
from broadcaster import integrity, week
from broadcaster.app import App, open_app
from broadcaster.clock import ShiftedClock
from broadcaster.database import FILE_NAME
from broadcaster.setup import make_home
from schedules.openings import QuietHours, SlotRule, Week, occurrences
from schedules.planner import plan_week
from schedules.week_plan import (
    RADIO_RULE,
    Candidate,
    ChannelRule,
    PlanRequest,
    PlanRules,
    TaskNeed,
)

_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
_ROUNDS = 3
"""A build of ten thousand takes seconds; its spread is small."""


def run(bench: Bench) -> Sequence[Row]:
    """The growth from one size to the next, for the planner alone and for the whole."""
    sizes = bench.sizes.bulletins
    rounds = min(_ROUNDS, bench.sizes.rounds)
    planned = in_turns(rounds, *(_planner(size) for size in sizes))
    built = in_turns(rounds, *(_build(bench, size) for size in sizes))
    again = in_turns(rounds, _rebuild(bench, sizes[-1]))[0]
    rows = [*_growth("planner", sizes, planned), *_growth("week build", sizes, built)]
    rows.append(Row(f"built again, {sizes[-1]:,}", again, "s", "the first build", built[-1]))
    return rows


def _growth(name: str, sizes: Sequence[int], samples: Sequence[Sample]) -> list[Row]:
    """Each size beside the one before; the aim is to grow as sorting does, n log n."""
    pairs = list(zip(sizes, samples, strict=True))
    rows = []
    for (small, base), (large, cost) in pairwise(pairs):
        aim = Aim(large * log(large) / (small * log(small)), of_ratio=True)
        rows.append(Row(f"{name} from {large:,}", cost, "s", f"from {small:,}", base, aim))
    return rows


def _planner(count: int) -> Callable[[], float]:
    request = plan_request(count)
    return lambda: timed(lambda: plan_week(request))


def plan_request(count: int) -> PlanRequest:
    """A week's question with so many candidates, the same every time."""
    draw = random.Random(count)
    this = Week.of(MONDAY, _ZONE)
    rules = [
        SlotRule(str(number), channel, days, time.fromisoformat(starts), minutes, ())
        for number, (channel, starts, days, minutes) in enumerate(SLOTS, start=1)
    ]
    return PlanRequest(
        week=this,
        zone=_ZONE,
        rules=_rules(),
        openings=tuple(one for rule in rules for one in occurrences(rule, this, _ZONE)),
        candidates=tuple(_candidate(number, draw) for number in range(1, count + 1)),
        tasks=tuple(
            TaskNeed(str(number), (), task_windows(), total=52) for number in range(1, TASKS + 1)
        ),
        not_before=EVE,
    )


def _rules() -> PlanRules:
    return PlanRules(
        quiet_hours=QuietHours.parse(["21:00-05:00"], _ZONE),
        channels={
            "radio": replace(RADIO_RULE, max_items=6),
            "facebook": ChannelRule("Facebook"),
            "zalo": ChannelRule("Zalo"),
        },
        sessions_per_day=3,
        minutes_per_session=60,
        framing_seconds=25.0,
        gap_seconds=3.0,
    )


def _candidate(number: int, draw: random.Random) -> Candidate:
    facts = random_facts(draw)
    facts["channels"] = tuple(facts["channels"])
    return Candidate(bulletin=number, revision=1, title=f"Bản tin số {number}", **facts)


def _build(bench: Bench, count: int) -> Callable[[], float]:
    """The first build of a week: a copy of the prepared database for every round."""
    home, kept = _prepared(bench, count)

    def once() -> float:
        app = _restored(bench, home, kept)
        try:
            return timed(lambda: _built(app))
        finally:
            app.close()

    return once


def _rebuild(bench: Bench, count: int) -> Callable[[], float]:
    """The same question again: nothing may change."""
    home, kept = _prepared(bench, count)

    def once() -> float:
        app = _restored(bench, home, kept)
        try:
            _built(app)
            return timed(lambda: _unchanged(app))
        finally:
            app.close()

    return once


def _built(app: App) -> None:
    if not week.build(app, Week.of(MONDAY, app.zone)).added:
        raise RuntimeError("the build planned nothing: there is nothing to measure")


def _unchanged(app: App) -> None:
    if week.build(app, Week.of(MONDAY, app.zone)).changed:
        raise RuntimeError("the second build changed something: it is no rebuild")


def _prepared(bench: Bench, count: int) -> tuple[Path, Path]:
    home = bench.fresh(f"week-{count}")
    app = make_home(home, ShiftedClock(bench.clock, EVE), person=PERSON)
    add_bulletins(app, count)
    add_week_rows(app, count)
    kept = home / "kept.db"
    app.close()
    integrity.copy_live(home / FILE_NAME, kept)
    return home, kept


def _restored(bench: Bench, home: Path, kept: Path) -> App:
    for name in (f"{FILE_NAME}-wal", f"{FILE_NAME}-shm"):
        (home / name).unlink(missing_ok=True)
    shutil.copyfile(kept, home / FILE_NAME)
    return open_app(home, clock=ShiftedClock(bench.clock, EVE), person=PERSON)
