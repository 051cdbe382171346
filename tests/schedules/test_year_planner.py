"""The year's forecast: what it must hold for every library, timetable and plan."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime, time
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.best_possible import best_completion
from benchmarks.drawn_years import FIRST, ZONE, station_rules, tight_task, tight_year, weeks_from
from schedules.openings import SlotRule, occurrences
from schedules.quota import inside
from schedules.week_board import to_milliseconds
from schedules.week_plan import Candidate, Pick
from schedules.year_plan import YearRequest
from schedules.year_planner import plan_year
from schedules.year_shortage import find_shortages

APPROVED = datetime(2026, 1, 5, tzinfo=UTC)


def slot(key: str, channel: str, days: tuple[int, ...], at: str, minutes: int = 10) -> SlotRule:
    return SlotRule(key, channel, days, time.fromisoformat(at), minutes)


def bulletin(number: int, task: str | None = None, seconds: float = 90.0) -> Candidate:
    return Candidate(number, 1, f"Bài {number}", APPROVED, seconds=seconds, task=task)


def year(**parts: object) -> YearRequest:
    base = YearRequest(
        weeks_from(FIRST, 8),
        ZONE,
        station_rules(2),
        (slot("1", "radio", (0, 2, 4), "05:30"), slot("2", "facebook", (1,), "18:00", 60)),
        (bulletin(1, "1"), bulletin(2, "2")),
        (tight_task("1", 8), tight_task("2", 4)),
    )
    return replace(base, **parts)  # type: ignore[arg-type]


_windows = st.tuples(st.integers(0, 7), st.integers(0, 7)).map(sorted)
_tasks = st.lists(
    st.builds(
        lambda no, total, window: tight_task(no, total, window[0], window[1]),
        st.sampled_from(["1", "2", "3"]),
        st.integers(1, 16),
        _windows,
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda one: one.no,
).map(tuple)
_bulletins = st.lists(
    st.builds(
        bulletin,
        st.integers(1, 9),
        st.sampled_from(["1", "2", "3", None]),
        st.sampled_from([60.0, 90.0, 200.0, 400.0]),
    ),
    max_size=7,
    unique_by=lambda one: one.bulletin,
).map(tuple)
_slots = st.lists(
    st.builds(
        lambda key, channel, days, at: slot(key, channel, tuple(sorted(days)), at),
        st.uuids().map(str),
        st.sampled_from(["radio", "facebook"]),
        st.sets(st.integers(0, 6), min_size=1, max_size=3),
        st.sampled_from(["05:30", "11:00", "17:00"]),
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda one: (one.channel, one.starts),
).map(tuple)
_years = st.builds(
    lambda slots, bulletins, tasks, items: year(
        slots=slots, candidates=bulletins, tasks=tasks, rules=station_rules(items)
    ),
    _slots,
    _bulletins,
    _tasks,
    st.integers(1, 3),
)


@settings(max_examples=40, deadline=None)
@given(_years, st.randoms(use_true_random=False))
def test_the_order_of_the_request_means_nothing(request: YearRequest, draw: object) -> None:
    mixed = replace(
        request,
        slots=tuple(draw.sample(request.slots, len(request.slots))),  # type: ignore[attr-defined]
        candidates=tuple(draw.sample(request.candidates, len(request.candidates))),  # type: ignore[attr-defined]
        tasks=tuple(draw.sample(request.tasks, len(request.tasks))),  # type: ignore[attr-defined]
    )
    assert plan_year(mixed) == plan_year(request)


@settings(max_examples=40, deadline=None)
@given(_years)
def test_no_opening_is_overfilled_and_nothing_repeats_inside_the_distance(
    request: YearRequest,
) -> None:
    plan = plan_year(request)
    lengths = {one.bulletin: one.seconds for one in request.candidates}
    for week in plan.weeks:
        room = defaultdict(int)
        for slot_ in request.slots:
            rule = request.rules.of(slot_.channel)
            for one in occurrences(slot_, week.week, ZONE):
                room[one.start.astimezone(ZONE).date(), slot_.channel] += rule.max_items
        placed, sounding = defaultdict(int), defaultdict(float)
        for item in week.placements:
            placed[item.day, item.channel] += 1
            sounding[item.day] += lengths[item.bulletin] if item.channel == "radio" else 0
            assert to_milliseconds(lengths[item.bulletin]) <= 10 * 60_000
        assert all(count <= room[key] for key, count in placed.items())
        items = request.rules.of("radio").max_items
        for day, seconds in sounding.items():
            assert seconds <= room[day, "radio"] / items * (600 - 25)
    heard = defaultdict(list)
    for week in plan.weeks:
        for item in week.placements:
            heard[item.bulletin, item.channel].append(item.day)
    for (_, channel), days in heard.items():
        if channel == "facebook":
            assert all(abs((a - b).days) >= 3 for a, b in combinations(days, 2))


@settings(max_examples=40, deadline=None)
@given(_years)
def test_what_counts_for_a_task_lies_inside_its_windows(request: YearRequest) -> None:
    plan = plan_year(request)
    tasks = {one.no: one for one in request.tasks}
    counted = defaultdict(int)
    for week in plan.weeks:
        for item in week.placements:
            if item.task:
                counted[item.task] += 1
                assert inside(tasks[item.task].quota.windows, item.day)
    assert {one.no: one.planned for one in plan.tasks} == {no: counted[no] for no in tasks}


def test_more_bulletins_bring_more() -> None:
    """The rule is greedy: seldom, in a tight year, a new bulletin pushes others out of place."""
    gained, worse = 0, 0
    for number in range(80):
        request = tight_year(number)
        more = replace(request, candidates=(*request.candidates, bulletin(50, "0", 60.0)))
        needed = sum(one.quota.total for one in request.tasks)
        change = round((plan_year(more).completion - plan_year(request).completion) * needed)
        gained += change
        worse += change < 0
    assert gained > 0
    assert worse <= 2


def test_the_forecast_reaches_nearly_the_best_possible() -> None:
    """Over many tight years: at least 97 % of what an exact solver reaches, never more."""
    reached, possible = 0.0, 0.0
    for number in range(60):
        request = tight_year(number)
        best, mine = best_completion(request), plan_year(request).completion
        assert mine <= best + 1e-9
        reached, possible = reached + mine, possible + best
    assert reached >= 0.97 * possible


def test_a_task_without_bulletins_is_reported_with_the_number_that_is_missing() -> None:
    request = year(candidates=(bulletin(1, "1"),))
    plan = plan_year(request)
    (lack,) = find_shortages(request, plan)
    assert (lack.no, lack.missing, lack.bulletins, lack.slots) == ("2", 4, 1, 0)
    assert "chưa có bản tin" in lack.reason
    enough = replace(request, candidates=(*request.candidates, bulletin(2, "2")))
    assert find_shortages(enough, plan_year(enough)) == ()


def test_where_openings_are_lacking_more_bulletins_are_not_promised_to_help() -> None:
    request = year(tasks=(tight_task("1", 200),), candidates=(bulletin(1, "1"), bulletin(2, "1")))
    (lack,) = find_shortages(request, plan_year(request))
    assert lack.slots > 0


def test_a_task_whose_time_is_over_says_so() -> None:
    request = year(tasks=(tight_task("1", 5, -6, -3),))
    (lack,) = find_shortages(request, plan_year(request))
    assert lack.reason == "đã hết thời gian thực hiện"
    assert lack.bulletins == 0


def test_what_was_proved_counts_and_the_forecast_says_when_the_quota_is_full() -> None:
    plan = plan_year(year(tasks=(tight_task("1", 4, done=3),)))
    (found,) = plan.tasks
    assert found.full_on == FIRST
    assert found.missing == 0


def test_a_change_leaves_frozen_and_locked_openings_as_they_stand() -> None:
    request = year()
    (radio, _) = request.slots
    openings = [one for week in request.weeks for one in occurrences(radio, week, ZONE)]
    stands = {one.key: (Pick(1, 1, 90.0),) for one in openings[:2]}
    asked = replace(
        request,
        candidates=(bulletin(2, "2"),),
        existing=stands,
        not_before=openings[0].end,
        locked=frozenset({openings[1].key}),
    )
    first = plan_year(asked).weeks[0]
    heard = [item.bulletin for item in first.placements if item.channel == "radio"]
    assert heard[:2] == [1, 1]


def test_days_off_stay_silent_and_are_named() -> None:
    plan = plan_year(year(days_off={FIRST: "Tết"}))
    assert plan.weeks[0].days_off == ("Tết",)
    assert all(item.day != FIRST for item in plan.weeks[0].placements)


@pytest.mark.parametrize("total", [1, 3, 8])
def test_a_task_is_spread_over_its_windows_not_said_all_at_once(total: int) -> None:
    plan = plan_year(year(tasks=(tight_task("1", total),), candidates=(bulletin(1, "1"),)))
    assert plan.tasks[0].missing == 0
