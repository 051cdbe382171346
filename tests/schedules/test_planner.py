"""The week that the planner proposes: its order, its limits, and what a rebuild may change."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

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
    WeekPlan,
)

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
WEEK = Week.of(date(2026, 11, 23), ZONE)
MONDAY_MORNING, MONDAY_EVENING = "1@2026-11-23", "2@2026-11-23"


def _openings(*slots: SlotRule) -> tuple[Opening, ...]:
    return tuple(one for slot in slots for one in occurrences(slot, WEEK, ZONE))


def _radio(key: str, at: time, weekdays: tuple[int, ...] = (0,), minutes: int = 30) -> SlotRule:
    return SlotRule(key, "radio", weekdays, at, minutes)


MORNING_AND_EVENING = _openings(_radio("1", time(5, 30)), _radio("2", time(17, 0)))


def _candidate(number: int, **changes: Any) -> Candidate:
    approved = datetime(2026, 11, 1, tzinfo=UTC) + timedelta(hours=number)
    one = Candidate(number, 1, f"Bản tin số {number}", approved, seconds=120)
    return replace(one, **changes)


def _rules(**changes: Any) -> PlanRules:
    return replace(PlanRules(QuietHours.parse(["21:00-05:00"], ZONE)), **changes)


def _plan(
    openings: tuple[Opening, ...], candidates: tuple[Candidate, ...], **more: Any
) -> WeekPlan:
    return plan_week(_request(openings, candidates, **more))


def _request(
    openings: tuple[Opening, ...], candidates: tuple[Candidate, ...], **more: Any
) -> PlanRequest:
    more.setdefault("rules", _rules())
    return PlanRequest(WEEK, ZONE, openings=openings, candidates=candidates, **more)


def _numbers(plan: WeekPlan, key: str) -> list[int]:
    return [pick.bulletin for pick in plan.picks()[key]]


def _one_item(label: str = "loa truyền thanh") -> PlanRules:
    return _rules(channels={"radio": replace(RADIO_RULE, label=label, max_items=1)})


def test_priority_goes_first_then_the_one_approved_first() -> None:
    candidates = (
        _candidate(1),
        _candidate(2, priority=Priority.PRIORITY),
        _candidate(3, approved_at=datetime(2026, 10, 1, tzinfo=UTC)),
    )
    plan = _plan(MORNING_AND_EVENING[:1], candidates)
    assert _numbers(plan, MONDAY_MORNING) == [2, 3, 1]
    assert plan.picks()[MONDAY_MORNING][0].reason.startswith("Mức ưu tiên; chưa phát lần nào")


def test_a_task_behind_its_plan_goes_before_one_on_time() -> None:
    tasks = (TaskNeed("1", per_week=1, done=0), TaskNeed("2", total=10, done=10))
    candidates = (_candidate(1, task="2"), _candidate(2, task="1"))
    plan = _plan(MORNING_AND_EVENING[:1], candidates, tasks=tasks)
    assert _numbers(plan, MONDAY_MORNING) == [2, 1]
    assert "nhiệm vụ 1 còn thiếu 1 lượt" in plan.picks()[MONDAY_MORNING][0].reason.lower()


def test_a_task_outside_its_window_asks_for_nothing_this_week() -> None:
    past = ((date(2026, 1, 1), date(2026, 3, 31)),)
    tasks = (TaskNeed("1", windows=past, per_week=5),)
    plan = _plan(MORNING_AND_EVENING[:1], (_candidate(1), _candidate(2, task="1")), tasks=tasks)
    assert _numbers(plan, MONDAY_MORNING) == [1, 2]


def test_the_total_of_a_task_is_spread_over_the_days_of_its_windows() -> None:
    year = ((date(2026, 1, 1), date(2026, 12, 31)),)
    # By 29 November 333 of 365 days have passed: 92 of 100 should have been heard.
    for done, first in ((91, 2), (92, 1)):
        tasks = (TaskNeed("1", windows=year, total=100, done=done),)
        plan = _plan(MORNING_AND_EVENING[:1], (_candidate(1), _candidate(2, task="1")), tasks=tasks)
        assert _numbers(plan, MONDAY_MORNING)[0] == first


def test_a_task_that_caught_up_within_the_opening_gives_way() -> None:
    tasks = (TaskNeed("1", per_week=1),)
    candidates = (_candidate(1, task="1"), _candidate(2, task="1"), _candidate(3))
    candidates = (
        *candidates[:2],
        replace(candidates[2], approved_at=datetime(2026, 1, 1, tzinfo=UTC)),
    )
    assert _numbers(_plan(MORNING_AND_EVENING[:1], candidates, tasks=tasks), MONDAY_MORNING) == [
        1,
        3,
        2,
    ]


def test_the_least_recently_aired_goes_first_and_the_never_aired_before_it() -> None:
    history = (
        Airing(1, "radio", WEEK.start - timedelta(days=3)),
        Airing(2, "radio", WEEK.start - timedelta(days=9)),
    )
    candidates = (_candidate(1), _candidate(2), _candidate(3))
    plan = _plan(MORNING_AND_EVENING[:1], candidates, history=history)
    assert _numbers(plan, MONDAY_MORNING) == [3, 2, 1]
    assert [pick.repeat for pick in plan.picks()[MONDAY_MORNING]] == [False, True, True]


def test_topics_take_turns() -> None:
    candidates = tuple(_candidate(n, topic="A" if n < 4 else "B") for n in range(1, 6))
    assert _numbers(_plan(MORNING_AND_EVENING[:1], candidates), MONDAY_MORNING) == [1, 4, 2, 5, 3]


def test_the_evening_takes_what_the_morning_did_not_and_only_then_repeats() -> None:
    candidates = tuple(_candidate(n) for n in range(1, 9))
    plan = _plan(MORNING_AND_EVENING, candidates)
    assert _numbers(plan, MONDAY_MORNING) == [1, 2, 3, 4, 5, 6]
    assert _numbers(plan, MONDAY_EVENING) == [7, 8, 1, 2, 3, 4]
    assert [pick.repeat for pick in plan.picks()[MONDAY_EVENING]] == [False] * 2 + [True] * 4
    assert "phát lại" in plan.picks()[MONDAY_EVENING][2].reason.lower()


def test_nothing_is_repeated_sooner_than_the_channel_allows() -> None:
    close = _openings(_radio("1", time(7, 30)), _radio("2", time(17, 0)))
    plan = _plan(close, (_candidate(1),))
    assert _numbers(plan, MONDAY_EVENING) == []
    assert "chưa thể lặp lại" in _note(plan, MONDAY_EVENING)


def test_a_network_posts_a_bulletin_again_only_after_days_or_never() -> None:
    slot = SlotRule("f", "facebook", (0, 1, 2, 3, 4), time(8, 0), 60)
    days = {3: [0, 3], None: [0]}
    for gap, expected in days.items():
        rule = ChannelRule("Facebook", 1, None if gap is None else timedelta(days=gap))
        plan = _plan(_openings(slot), (_candidate(1),), rules=_rules(channels={"facebook": rule}))
        posted = [i for i, one in enumerate(plan.openings) if one.picks]
        assert posted == expected


def test_zones_with_their_own_slots_each_hear_the_bulletin() -> None:
    openings = (
        *_openings(SlotRule("1", "radio", (0,), time(5, 30), 30, ("thôn 1",))),
        *_openings(SlotRule("2", "radio", (0,), time(6, 0), 30, ("thôn 2",))),
    )
    plan = _plan(openings, (_candidate(1),), rules=_rules(sessions_per_day=1))
    assert [_numbers(plan, key) for key in (MONDAY_MORNING, MONDAY_EVENING)] == [[1], [1]]
    assert not plan.picks()[MONDAY_EVENING][0].repeat
    assert plan.problems == ()


def test_air_time_with_framing_and_gaps_fits_the_opening() -> None:
    rules = _rules(framing_seconds=60, gap_seconds=10)
    short = _openings(_radio("1", time(5, 30), minutes=6))
    # 60 + 120 + 10 + 120 = 310 s of 360; a third would need 440.
    plan = _plan(short, tuple(_candidate(n) for n in range(1, 5)), rules=rules)
    assert _numbers(plan, MONDAY_MORNING) == [1, 2]
    assert plan.openings[0].seconds == 310


def test_a_gap_too_many_does_not_fit() -> None:
    short = _openings(_radio("1", time(5, 30), minutes=6))
    candidates = tuple(_candidate(n) for n in range(1, 5))
    assert len(_numbers(_plan(short, candidates), MONDAY_MORNING)) == 3
    with_gaps = _plan(short, candidates, rules=_rules(gap_seconds=0.5))
    assert len(_numbers(with_gaps, MONDAY_MORNING)) == 2


def test_a_shorter_bulletin_further_down_fills_the_rest() -> None:
    short = _openings(_radio("1", time(5, 30), minutes=5))
    candidates = (_candidate(1, seconds=200), _candidate(2, seconds=200), _candidate(3, seconds=90))
    assert _numbers(_plan(short, candidates), MONDAY_MORNING) == [1, 3]


def test_a_session_is_filled_only_as_far_as_the_rules_allow() -> None:
    plan = _plan(
        MORNING_AND_EVENING[:1],
        tuple(_candidate(n) for n in range(1, 5)),
        rules=_rules(minutes_per_session=4),
    )
    assert _numbers(plan, MONDAY_MORNING) == [1, 2]
    assert "mỗi buổi chỉ được 4 phút" in plan.problems[0].message


def test_nothing_goes_out_before_or_after_its_validity() -> None:
    slot = _radio("1", time(5, 30), tuple(range(7)))
    valid = _candidate(1, valid_from=date(2026, 11, 24), valid_until=date(2026, 11, 26))
    plan = _plan(_openings(slot), (valid,))
    aired = [one.opening.key for one in plan.openings if one.picks]
    assert aired == ["1@2026-11-24", "1@2026-11-25", "1@2026-11-26"]
    assert "còn hiệu lực" in _note(plan, "1@2026-11-23")


def test_validity_is_judged_by_the_day_of_the_station_not_of_utc() -> None:
    # 05:30 on Tuesday in Viet Nam is still Monday in UTC.
    slot = _radio("1", time(5, 30), (1,))
    plan = _plan(_openings(slot), (_candidate(1, valid_from=date(2026, 11, 24)),))
    assert _numbers(plan, "1@2026-11-24") == [1]


def test_an_opening_in_the_quiet_hours_stays_silent_and_is_a_problem() -> None:
    plan = _plan(_openings(_radio("1", time(4, 45))), (_candidate(1),))
    assert _numbers(plan, MONDAY_MORNING) == []
    assert "giờ yên tĩnh 21:00–05:00" in plan.problems[0].message
    assert not [note for note in plan.notes if note.opening]


def test_quiet_hours_do_not_bind_the_silent_networks() -> None:
    plan = _plan(_openings(SlotRule("f", "facebook", (0,), time(22, 0), 30)), (_candidate(1),))
    assert _numbers(plan, "f@2026-11-23") == [1]


def test_more_sessions_than_allowed_in_a_day_stay_silent() -> None:
    slots = [_radio(str(n), time(hour, 0)) for n, hour in enumerate((6, 11, 17), 1)]
    rules = replace(_one_item(), sessions_per_day=2)
    plan = _plan(_openings(*slots), tuple(_candidate(n) for n in range(5)), rules=rules)
    assert [bool(one.picks) for one in plan.openings] == [True, True, False]
    assert plan.problems[0].opening == "3@2026-11-23"
    assert "Quá 2 buổi" in plan.problems[0].message


def test_a_session_that_is_fixed_counts_before_an_earlier_one_that_is_not() -> None:
    fixed = {MONDAY_EVENING: (Pick(1, 1, 120, fixed=True),)}
    candidates = (_candidate(1), _candidate(2))
    rules = _rules(sessions_per_day=1)
    plan = _plan(MORNING_AND_EVENING, candidates, rules=rules, existing=fixed)
    assert [one.opening for one in plan.problems] == [MONDAY_MORNING]
    assert _numbers(plan, MONDAY_EVENING) == [1, 2]


def test_overlapping_openings_for_the_same_people_are_a_problem() -> None:
    plan = _plan(_openings(_radio("1", time(6, 0)), _radio("2", time(6, 15))), (_candidate(1),))
    assert [one.opening for one in plan.problems] == [MONDAY_EVENING]


def test_an_empty_library_is_said_so_for_each_opening() -> None:
    plan = _plan(MORNING_AND_EVENING, ())
    assert [note.message for note in plan.notes] == [
        "Để trống: chưa có bản tin nào được duyệt cho kênh loa truyền thanh."
    ] * 2


def test_a_half_empty_opening_is_noted() -> None:
    plan = _plan(MORNING_AND_EVENING[:1], (_candidate(1),))
    assert "Mới xếp được 2 trên 30 phút" in _note(plan, MONDAY_MORNING)


def test_bulletins_without_a_place_are_named() -> None:
    candidates = tuple(_candidate(n) for n in range(1, 6))
    plan = _plan(MORNING_AND_EVENING[:1], candidates, rules=_one_item())
    message = plan.notes[-1].message
    assert message.startswith(
        "4 bản tin chưa có chỗ trong tuần trên kênh loa truyền thanh: “Bản tin số 2”"
    )
    assert message.endswith("và 1 bản tin khác.")


def test_a_bulletin_for_another_channel_is_not_used() -> None:
    plan = _plan(MORNING_AND_EVENING[:1], (_candidate(1, channels=("zalo",)),))
    assert _numbers(plan, MONDAY_MORNING) == []


def test_a_rebuild_keeps_movable_picks_and_their_reasons() -> None:
    first = _plan(MORNING_AND_EVENING, tuple(_candidate(n) for n in range(1, 4)))
    more = tuple(_candidate(n) for n in range(4))
    second = _plan(MORNING_AND_EVENING, more, existing=first.picks())
    for key, picks in first.picks().items():
        assert set(picks) <= set(second.picks()[key])
    assert _numbers(second, MONDAY_MORNING) == [1, 2, 3, 0]


def test_a_withdrawn_bulletin_loses_its_place_and_the_hole_is_filled() -> None:
    first = _plan(MORNING_AND_EVENING[:1], (_candidate(1), _candidate(2)), rules=_one_item())
    second = _plan(
        MORNING_AND_EVENING[:1], (_candidate(2),), rules=_one_item(), existing=first.picks()
    )
    assert _numbers(second, MONDAY_MORNING) == [2]
    assert [(one.bulletin, "không còn được duyệt" in one.reason) for one in second.dropped] == [
        (1, True)
    ]


def test_a_new_revision_takes_the_place_of_the_old_one() -> None:
    first = _plan(MORNING_AND_EVENING[:1], (_candidate(1), _candidate(2)))
    renewed = (_candidate(1, revision=2, seconds=130), _candidate(2))
    second = _plan(MORNING_AND_EVENING[:1], renewed, existing=first.picks())
    assert [(p.bulletin, p.revision, p.seconds) for p in second.picks()[MONDAY_MORNING]] == [
        (1, 2, 130),
        (2, 1, 120),
    ]
    assert second.dropped == ()


def test_a_new_bulletin_takes_the_place_of_the_latest_repeat_only() -> None:
    slot = _radio("1", time(5, 30), (0, 1, 2, 3))
    first = _plan(_openings(slot), (_candidate(1), _candidate(2)), rules=_one_item())
    order = [one.picks[0].bulletin for one in first.openings]
    assert order == [1, 2, 1, 2]
    grown = (_candidate(1), _candidate(2), _candidate(3))
    second = _plan(_openings(slot), grown, rules=_one_item(), existing=first.picks())
    assert [one.picks[0].bulletin for one in second.openings] == [1, 2, 1, 3]
    assert "Thay “Bản tin số 2”" in second.openings[3].picks[0].reason
    assert [(one.opening, one.bulletin) for one in second.dropped] == [("1@2026-11-26", 2)]


def test_a_never_aired_bulletin_takes_the_place_of_one_known_from_earlier_weeks() -> None:
    history = (Airing(1, "radio", WEEK.start - timedelta(days=8)),)
    one = MORNING_AND_EVENING[:1]
    first = _plan(one, (_candidate(1),), rules=_one_item(), history=history)
    both = (_candidate(1), _candidate(2))
    second = _plan(one, both, rules=_one_item(), history=history, existing=first.picks())
    assert _numbers(second, MONDAY_MORNING) == [2]


def test_a_new_bulletin_does_not_take_the_place_of_a_more_urgent_one() -> None:
    history = (Airing(1, "radio", WEEK.start - timedelta(days=8)),)
    one = MORNING_AND_EVENING[:1]
    urgent = _candidate(1, priority=Priority.PRIORITY)
    first = _plan(one, (urgent,), rules=_one_item(), history=history)
    both = (urgent, _candidate(2))
    second = _plan(one, both, rules=_one_item(), history=history, existing=first.picks())
    assert _numbers(second, MONDAY_MORNING) == [1]


def test_an_urgent_bulletin_takes_the_place_of_a_normal_one() -> None:
    one = MORNING_AND_EVENING[:1]
    first = _plan(one, (_candidate(1),), rules=_one_item())
    both = (_candidate(1), _candidate(2, priority=Priority.PRIORITY))
    second = _plan(one, both, rules=_one_item(), existing=first.picks())
    assert _numbers(second, MONDAY_MORNING) == [2]
    third = _plan(one, (_candidate(1), _candidate(2)), rules=_one_item(), existing=first.picks())
    assert _numbers(third, MONDAY_MORNING) == [1]


def test_fixed_picks_are_never_touched_even_when_they_break_every_rule() -> None:
    pick = Pick(77, 3, 99_999.0, fixed=True, reason="Xếp tay.")
    plan = _plan(
        _openings(_radio("1", time(3, 15))),
        (_candidate(1, priority=Priority.EMERGENCY),),
        existing={MONDAY_MORNING: (pick, pick)},
    )
    assert plan.picks()[MONDAY_MORNING] == (pick, pick)


def test_a_fixed_pick_counts_for_the_distance_of_repeats() -> None:
    fixed = {MONDAY_EVENING: (Pick(1, 1, 120, fixed=True),)}
    close = _openings(_radio("1", time(11, 0)), _radio("2", time(17, 0)))
    plan = _plan(close, (_candidate(1),), existing=fixed)
    assert _numbers(plan, MONDAY_MORNING) == []


def test_openings_that_have_begun_are_left_as_they_are() -> None:
    existing = {MONDAY_MORNING: (Pick(9, 1, 60, reason="cũ"),)}
    plan = _plan(
        MORNING_AND_EVENING,
        (_candidate(1),),
        existing=existing,
        not_before=WEEK.start + timedelta(hours=12),
    )
    assert plan.picks()[MONDAY_MORNING] == existing[MONDAY_MORNING]
    assert _numbers(plan, MONDAY_EVENING) == [1]


def test_a_promise_of_airings_a_week_is_kept_before_the_week_is_spread_thin() -> None:
    slot = _radio("1", time(5, 30), (0, 1, 2))
    candidates = (_candidate(9, task="1"), *(_candidate(n) for n in range(1, 6)))
    tasks = (TaskNeed("1", per_week=2),)
    plan = _plan(_openings(slot), candidates, rules=_one_item(), tasks=tasks)
    assert [one.picks[0].bulletin for one in plan.openings] == [9, 9, 1]


def _note(plan: WeekPlan, key: str) -> str:
    return next(note.message for note in plan.notes if note.opening == key)
