"""Whatever the library, the timetable and the history: what every planned week must hold."""

from __future__ import annotations

import time as timer
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content.bulletin import Priority
from schedules.openings import Opening, QuietHours, SlotRule, Week, occurrences
from schedules.planner import plan_week
from schedules.week_plan import (
    RADIO_RULE,
    Airing,
    Candidate,
    ChannelRule,
    Pick,
    PlanRequest,
    PlanRules,
    TaskNeed,
)

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
WEEK = Week.of(date(2026, 11, 23), ZONE)
CHANNELS = ("radio", "facebook", "zalo")
ZONES = ((), ("a",), ("b",), ("a", "b"))

_days = st.none() | st.integers(-3, 10).map(lambda n: WEEK.monday + timedelta(days=n))
_channels = st.sets(st.sampled_from(CHANNELS)).map(lambda names: tuple(sorted(names)))
_candidates = st.lists(
    st.builds(
        Candidate,
        bulletin=st.integers(1, 14),
        revision=st.integers(1, 2),
        title=st.just("Bản tin"),
        approved_at=st.integers(0, 9).map(lambda n: datetime(2026, 11, 1 + n, tzinfo=UTC)),
        channels=_channels,
        priority=st.sampled_from(list(Priority)),
        valid_from=_days,
        valid_until=_days,
        seconds=st.floats(10, 1500),
        topic=st.sampled_from([None, "A", "B"]),
        task=st.sampled_from([None, "1", "2", "unknown"]),
    ),
    max_size=16,
    unique_by=lambda one: one.bulletin,
).map(tuple)
_slots = st.lists(
    st.builds(
        SlotRule,
        key=st.uuids().map(str),
        channel=st.sampled_from(CHANNELS),
        weekdays=st.sets(st.integers(0, 6), min_size=1, max_size=3).map(tuple),
        starts=st.times().map(lambda at: at.replace(second=0, microsecond=0)),
        minutes=st.integers(5, 90),
        targets=st.sampled_from(ZONES),
    ),
    max_size=6,
)
_tasks = st.lists(
    st.builds(
        TaskNeed,
        no=st.sampled_from(["1", "2"]),
        channels=_channels,
        windows=st.sampled_from([(), ((date(2026, 1, 1), date(2026, 12, 31)),)]),
        per_week=st.none() | st.integers(0, 5),
        total=st.none() | st.integers(0, 40),
        done=st.integers(0, 40),
    ),
    max_size=2,
    unique_by=lambda task: task.no,
).map(tuple)
_history = st.lists(
    st.builds(
        Airing,
        bulletin=st.integers(1, 14),
        channel=st.sampled_from(CHANNELS),
        at=st.integers(-900, 100).map(lambda hours: WEEK.start + timedelta(hours=hours)),
        targets=st.sampled_from(ZONES),
    ),
    max_size=12,
).map(tuple)
_rules = st.builds(
    PlanRules,
    quiet_hours=st.just(QuietHours.parse(["21:00-05:00"], ZONE)),
    channels=st.builds(
        lambda items, days: {
            "radio": replace(RADIO_RULE, max_items=items),
            "zalo": ChannelRule("Zalo", 2, None if days == 0 else timedelta(days=days)),
        },
        st.integers(1, 4),
        st.integers(0, 3),
    ),
    sessions_per_day=st.none() | st.integers(1, 3),
    minutes_per_session=st.none() | st.integers(5, 60),
    framing_seconds=st.sampled_from([0.0, 37.5]),
    gap_seconds=st.sampled_from([0.0, 1.5]),
)


@st.composite
def _requests(draw: st.DrawFn) -> PlanRequest:
    openings = tuple(one for slot in draw(_slots) for one in occurrences(slot, WEEK, ZONE))
    picks = st.builds(
        Pick, st.integers(1, 16), st.integers(1, 2), st.floats(10, 1500), st.booleans()
    )
    existing = {
        one.key: tuple(draw(st.lists(picks, max_size=3))) for one in openings if draw(st.booleans())
    }
    early = draw(st.none() | st.integers(0, 168))
    return PlanRequest(
        WEEK,
        ZONE,
        draw(_rules),
        openings,
        draw(_candidates),
        draw(_tasks),
        draw(_history),
        existing,
        None if early is None else WEEK.start + timedelta(hours=early),
    )


@settings(max_examples=80, deadline=None)
@given(_requests())
def test_planning_its_own_answer_changes_nothing(request: PlanRequest) -> None:
    plan = plan_week(request)
    again = plan_week(replace(request, existing=plan.picks()))
    assert again == replace(plan, dropped=())


@settings(max_examples=80, deadline=None)
@given(_requests(), st.randoms(use_true_random=False))
def test_the_order_of_the_inputs_means_nothing(request: PlanRequest, random: Random) -> None:
    def mixed(items: tuple) -> tuple:  # type: ignore[type-arg]
        return tuple(random.sample(items, len(items)))

    shuffled = replace(
        request,
        openings=mixed(request.openings),
        candidates=mixed(request.candidates),
        tasks=mixed(request.tasks),
        history=mixed(request.history),
        existing=dict(reversed(request.existing.items())),
    )
    assert plan_week(shuffled) == plan_week(request)


@settings(max_examples=80, deadline=None)
@given(_requests())
def test_every_proposed_pick_keeps_every_rule(request: PlanRequest) -> None:
    plan = plan_week(request)
    candidates = {one.bulletin: one for one in request.candidates}
    blocked = {problem.opening for problem in plan.problems if "phút" not in problem.message}
    aired = [(one.bulletin, one.channel, one.at, one.targets) for one in request.history]
    aired += [
        (pick.bulletin, planned.opening.channel, planned.opening.start, planned.opening.targets)
        for planned in plan.openings
        for pick in planned.picks
    ]
    for planned in plan.openings:
        opening, picks = planned.opening, planned.picks
        if request.not_before is not None and opening.start < request.not_before:
            assert len(picks) == len(request.existing.get(opening.key, ()))
            continue
        free = [pick for pick in picks if not pick.fixed]
        rule = request.rules.of(opening.channel)
        if not free:
            continue
        assert not (rule.audible and opening.key in blocked)
        assert len(picks) <= rule.max_items
        if rule.audible:
            assert request.rules.quiet_hours.reason(opening.start, opening.end) is None
            _assert_fits(request, opening, picks)
        day = opening.start.astimezone(ZONE).date()
        for pick in free:
            one = candidates[pick.bulletin]
            assert pick.revision == one.revision
            assert pick.reason
            assert not one.channels or opening.channel in one.channels
            assert (one.valid_from or day) <= day <= (one.valid_until or day)
            assert [other.bulletin for other in picks].count(pick.bulletin) == 1
            near = [
                at
                for bulletin, channel, at, targets in aired
                if (bulletin, channel) == (pick.bulletin, opening.channel)
                and (not targets or not opening.targets or set(targets) & set(opening.targets))
                and (rule.repeat_after is None or abs(at - opening.start) < rule.repeat_after)
            ]
            assert near == [opening.start]


@settings(max_examples=80, deadline=None)
@given(_requests())
def test_fixed_picks_stay_in_their_order_and_revision(request: PlanRequest) -> None:
    planned = plan_week(request).picks()
    for key, picks in request.existing.items():
        fixed = [(p.bulletin, p.revision, p.seconds) for p in picks if p.fixed]
        assert [(p.bulletin, p.revision, p.seconds) for p in planned[key] if p.fixed] == fixed


@settings(max_examples=80, deadline=None)
@given(_requests(), st.integers(20, 30))
def test_one_more_bulletin_takes_at_most_two_places_per_channel(
    request: PlanRequest, number: int
) -> None:
    """One known from earlier weeks may yield to it, and then itself take a repeat's place."""
    stable = plan_week(replace(request, tasks=())).picks()
    newcomer = Candidate(number, 1, "Mới", datetime(2026, 11, 20, tzinfo=UTC), seconds=60)
    grown = replace(request, tasks=(), existing=stable, candidates=(*request.candidates, newcomer))
    plan = plan_week(grown)
    for channel in CHANNELS:
        keys = {one.key for one in request.openings if one.channel == channel}
        lost = [one for one in plan.dropped if one.opening in keys]
        assert len(lost) <= 2
        assert all("nhường chỗ" in one.reason for one in lost)


def test_ten_thousand_bulletins_are_planned_quickly_and_the_work_grows_evenly() -> None:
    def seconds(count: int) -> float:
        request = _big_request(count)
        started = timer.perf_counter()
        assert sum(len(one.picks) for one in plan_week(request).openings) == 14 * 6 + 14
        return timer.perf_counter() - started

    small, large = (min(seconds(count) for _ in range(2)) for count in (2_500, 10_000))
    assert large < 4.0  # about half a second on an idle small machine
    assert large < small * 4 * 2.5


def _big_request(count: int) -> PlanRequest:
    random = Random(count)
    everyday = tuple(range(7))
    slots = [
        SlotRule("1", "radio", everyday, time(5, 30), 45),
        SlotRule("2", "radio", everyday, time(17, 0), 45),
        SlotRule("3", "facebook", everyday, time(8, 0), 60),
        SlotRule("4", "zalo", everyday, time(9, 0), 60),
    ]
    candidates = tuple(
        Candidate(
            number,
            1,
            "Bản tin",
            datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=random.randrange(400_000)),
            priority=random.choice([Priority.NORMAL] * 9 + [Priority.PRIORITY]),
            seconds=random.uniform(40, 400),
            topic=f"T{random.randrange(17)}",
            task=str(random.randrange(30)),
        )
        for number in range(count)
    )
    tasks = tuple(TaskNeed(str(no), per_week=2, total=50, done=40) for no in range(30))
    return PlanRequest(
        WEEK,
        ZONE,
        PlanRules(QuietHours.parse(["21:00-05:00"], ZONE), framing_seconds=40),
        tuple(one for slot in slots for one in occurrences(slot, WEEK, ZONE)),
        candidates,
        tasks,
    )


def _assert_fits(request: PlanRequest, opening: Opening, picks: tuple[Pick, ...]) -> None:
    rules = request.rules
    limit = (opening.end - opening.start).total_seconds()
    if rules.minutes_per_session is not None:
        limit = min(limit, rules.minutes_per_session * 60)
    used = rules.framing_seconds + sum(pick.seconds for pick in picks)
    used += rules.gap_seconds * (len(picks) - 1)
    assert used <= limit + 0.001 or not [pick for pick in picks if not pick.fixed]


@pytest.mark.parametrize("seed", range(3))
def test_a_chain_of_rebuilds_settles_each_time(seed: int) -> None:
    random = Random(seed)
    request = _big_request(40)
    for _ in range(6):
        kept = random.sample(request.candidates, 30)
        request = replace(request, candidates=tuple(kept))
        plan = plan_week(request)
        request = replace(_big_request(40), existing=plan.picks())
        settled = plan_week(request)
        assert plan_week(replace(request, existing=settled.picks())).picks() == settled.picks()
        for first, second in pairwise(settled.openings):
            assert first.opening.start <= second.opening.start
