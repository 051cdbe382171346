"""Homes with rows put straight into the database: a library, a timetable, eight weeks of history.

Drawn with a fixed seed, so that every run measures the same work.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlmodel import Session, insert

from broadcaster.app import App
from broadcaster.records import Broadcast, Delivery, DeliveryStatus, Origin
from content.bulletin import Bulletin, BulletinStatus, Priority, Review, ReviewAction, Revision
from schedules.plan import Plan, Task
from schedules.timetable import Slot

MONDAY = date(2026, 3, 2)
"""Of the week that is built."""
EVE = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)
"""When it is built: the Sunday before, 10:00 in Vietnam."""
TOPICS = ("DVC", "TTHC", "SO", "PHI", "MCLT", "DLCN")
TASKS = 12
SLOTS = (
    ("radio", "05:30", tuple(range(7)), 30),
    ("radio", "17:00", tuple(range(7)), 30),
    ("facebook", "19:00", tuple(range(7)), 60),
    ("zalo", "11:30", (0, 2, 4), 60),
)
_WEEKS_OF_HISTORY = 8
_ITEMS = {"radio": 4}
_TARGETS = {"radio": "toan-xa", "facebook": "page", "zalo": "followers"}
_SHA = "0" * 64
_BODY = "Bà con nộp hồ sơ trên Cổng dịch vụ công quốc gia, nhận kết quả tại nhà. " * 8


def add_bulletins(app: App, count: int) -> None:
    """Approved bulletins with different lengths, topics, tasks and dates."""
    draw = random.Random(count)
    made = [_bulletin(app, number, draw) for number in range(1, count + 1)]
    with app.database.writing() as session:
        for model, place in ((Bulletin, 0), (Revision, 1), (Review, 2)):
            session.execute(insert(model), [rows[place] for rows in made])


def add_week_rows(app: App, bulletins: int) -> None:
    """Timetable, a plan with tasks, and what went out of the first bulletins in earlier weeks."""
    with app.database.writing() as session:
        session.execute(insert(Slot), [_slot(app, *slot) for slot in SLOTS])
        session.add(_plan(app))
        session.flush()
        session.execute(insert(Task), [_task(app, number) for number in range(1, TASKS + 1)])
        _add_history(app, session, min(bulletins, 100))


def task_windows() -> tuple[tuple[date, date], ...]:
    """Of every task: the whole year."""
    return ((date(2026, 1, 1), date(2026, 12, 31)),)


def random_facts(draw: random.Random) -> dict[str, Any]:
    """What differs between bulletins, in the words of the planner's candidates."""
    until = MONDAY + timedelta(days=draw.randrange(2, 120)) if draw.random() < 0.3 else None
    return {
        "topic": draw.choice(TOPICS),
        "task": str(draw.randint(1, TASKS)) if draw.random() < 0.5 else None,
        "channels": draw.choice(([], [], ["radio"], ["facebook", "zalo"])),
        "priority": Priority.PRIORITY if draw.random() < 0.05 else Priority.NORMAL,
        "valid_until": until,
        "seconds": float(draw.randint(40, 300)),
        "approved_at": EVE - timedelta(hours=draw.randint(1, 4_000)),
    }


def _bulletin(app: App, number: int, draw: random.Random) -> tuple[dict[str, Any], ...]:
    facts = random_facts(draw)
    seconds, at = facts.pop("seconds"), facts.pop("approved_at")
    made = {"created_at": at, "created_by": "Lan"}
    bulletin = {
        "id": number, "station_id": app.station_id, "status": BulletinStatus.APPROVED,
        "revision": 1, **made,
    }  # fmt: skip
    revision = {
        "id": number, "bulletin_id": number, "number": 1, "title": f"Bản tin số {number}",
        "body": _BODY, "sha256": _SHA, **facts, **made,
    }  # fmt: skip
    review = {
        "id": number, "revision_id": number, "action": ReviewAction.APPROVE, "person": "Minh",
        "at": at, "sha256": _SHA, "spoken_sha256": _SHA, "air_seconds": seconds,
        "residue_accepted": [],
    }  # fmt: skip
    return bulletin, revision, review


def _slot(
    app: App, channel: str, starts: str, days: tuple[int, ...], minutes: int
) -> dict[str, Any]:
    return {
        "station_id": app.station_id, "channel": channel, "weekdays": list(days),
        "starts": starts, "minutes": minutes, "targets": [], "created_at": EVE, "created_by": "Lan",
    }  # fmt: skip


def _plan(app: App) -> Plan:
    return Plan(
        id=1,
        station_id=app.station_id,
        title="Kế hoạch",
        period_start=date(2026, 1, 1),
        period_end=date(2026, 12, 31),
        document={},
        source_name="ke-hoach.md",
        source_sha256=_SHA,
        imported_at=EVE,
        imported_by="Lan",
    )


def _task(app: App, number: int) -> dict[str, Any]:
    windows = [[first.isoformat(), last.isoformat()] for first, last in task_windows()]
    return {
        "station_id": app.station_id, "plan_id": 1, "no": str(number),
        "content": f"Nhiệm vụ {number}", "channels": [], "timeframe": {"windows": windows},
    }  # fmt: skip


def _add_history(app: App, session: Session, bulletins: int) -> None:
    broadcasts: list[dict[str, Any]] = []
    deliveries: list[dict[str, Any]] = []
    for number, (slot, start, items) in enumerate(past_openings(app), start=1):
        channel, minutes = SLOTS[slot - 1][0], SLOTS[slot - 1][3]
        end = start + timedelta(minutes=minutes)
        broadcasts.append({
            "id": number, "station_id": app.station_id, "slot_id": slot, "channel": channel,
            "origin": Origin.SLOT, "starts_at": start, "ends_at": end,
            "created_at": start, "created_by": "Lan",
        })  # fmt: skip
        for position in range(items):
            bulletin = (number * items + position) % bulletins + 1
            deliveries.append({
                "station_id": app.station_id, "broadcast_id": number, "bulletin_id": bulletin,
                "revision_id": bulletin, "revision": 1, "channel": channel,
                "target": _TARGETS[channel], "position": position,
                "status": DeliveryStatus.SENT, "scheduled_at": start, "expires_at": end,
                "started_at": start, "ended_at": end, "progress": {},
            })  # fmt: skip
    session.execute(insert(Broadcast), broadcasts)
    session.execute(insert(Delivery), deliveries)


def past_openings(app: App) -> Iterator[tuple[int, datetime, int]]:
    """Slot number, start and number of items of every opening of the earlier weeks."""
    first = MONDAY - timedelta(weeks=_WEEKS_OF_HISTORY)
    for day in (first + timedelta(days=n) for n in range(7 * _WEEKS_OF_HISTORY)):
        for number, (channel, starts, days, _) in enumerate(SLOTS, start=1):
            if day.weekday() in days:
                local = datetime.combine(day, time.fromisoformat(starts), app.zone)
                yield number, local.astimezone(UTC), _ITEMS.get(channel, 1)
