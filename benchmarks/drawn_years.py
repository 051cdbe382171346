"""Years to forecast: tight ones of eight weeks for an exact solver, and a whole commune's year."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from benchmarks.homes import SLOTS, TASKS, random_facts, task_windows
from schedules.openings import QuietHours, SlotRule, Week
from schedules.quota import Quota
from schedules.week_plan import RADIO_RULE, Candidate, ChannelRule, PlanRules
from schedules.year_plan import YearRequest, YearTask

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
FIRST = date(2026, 3, 2)
"""The Monday on which the tight years begin."""
_APPROVED = datetime(2026, 1, 5, tzinfo=UTC)


def tight_year(number: int) -> YearRequest:
    """Eight weeks in which more is asked than there is room for; the same for a number."""
    draw = random.Random(number)
    slots = {(one.channel, one.starts): one for one in map(_slot, [draw] * draw.randint(1, 3))}
    count = draw.randint(2, 5)
    tasks = [
        tight_task(str(no), draw.randint(2, 12), *sorted((draw.randint(0, 7), draw.randint(0, 7))))
        for no in range(count)
    ]
    bulletins = [
        Candidate(
            key,
            1,
            f"Bài {key}",
            _APPROVED,
            seconds=draw.choice([60.0, 90.0, 200.0, 400.0]),
            task=str(draw.randrange(count)) if draw.random() < 0.85 else None,
        )
        for key in range(1, draw.randint(3, 10))
    ]
    return YearRequest(
        weeks_from(FIRST, 8),
        ZONE,
        station_rules(draw.randint(1, 3)),
        tuple(slots.values()),
        tuple(bulletins),
        tuple(tasks),
    )


def commune_year(number: int, bulletins: int) -> YearRequest:
    """A commune's year: twelve tasks once a week each, a usual timetable, so many bulletins."""
    draw = random.Random(number)
    slots = [
        SlotRule(str(key), channel, days, time.fromisoformat(starts), minutes)
        for key, (channel, starts, days, minutes) in enumerate(SLOTS, start=1)
    ]
    return YearRequest(
        weeks_from(date(2025, 12, 29), 53),
        ZONE,
        station_rules(6),
        tuple(slots),
        tuple(_candidate(key, draw) for key in range(1, bulletins + 1)),
        tuple(YearTask(str(no), Quota(task_windows(), 52)) for no in range(1, TASKS + 1)),
    )


def weeks_from(monday: date, count: int) -> tuple[Week, ...]:
    return tuple(Week.of(monday + timedelta(weeks=number), ZONE) for number in range(count))


def tight_task(no: str, total: int, first: int = 0, last: int = 7, done: int = 0) -> YearTask:
    """Its window from one week to another, counted from FIRST."""
    window = FIRST + timedelta(weeks=first), FIRST + timedelta(weeks=last, days=6)
    return YearTask(no, Quota((window,), total), done=done)


def station_rules(radio_items: int) -> PlanRules:
    return PlanRules(
        quiet_hours=QuietHours.parse(["21:00-05:00"], ZONE),
        channels={
            "radio": ChannelRule(
                RADIO_RULE.label, radio_items, RADIO_RULE.repeat_after, audible=True
            ),
            "facebook": ChannelRule("Facebook"),
            "zalo": ChannelRule("Zalo"),
        },
        framing_seconds=25.0,
        gap_seconds=3.0,
    )


def _slot(draw: random.Random) -> SlotRule:
    return SlotRule(
        str(draw.random()),
        draw.choice(["radio", "facebook"]),
        tuple(sorted(draw.sample(range(7), draw.randint(1, 3)))),
        time.fromisoformat(draw.choice(["05:30", "11:00", "17:00"])),
        10,
    )


def _candidate(key: int, draw: random.Random) -> Candidate:
    facts = random_facts(draw) | {"valid_until": None}
    facts["channels"] = tuple(facts["channels"])
    return Candidate(bulletin=key, revision=1, title=f"Bản tin số {key}", **facts)
