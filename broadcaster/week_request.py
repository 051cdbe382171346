"""What the pure planner is asked for a week, gathered from the rows."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import groupby
from typing import Any

from sqlalchemy import select as sqlalchemy_select
from sqlmodel import Session, col, select

from broadcaster.achievements import achievements, automatic
from broadcaster.app import App
from broadcaster.completion import airing_days, quotas
from broadcaster.delivery import OPEN
from broadcaster.fixed_slots import fixed_picks, with_fixed
from broadcaster.gates import SOUND
from broadcaster.periods import days_of
from broadcaster.records import Broadcast, Delivery, ScheduleLock
from broadcaster.records import DeliveryStatus as Status
from broadcaster.settings import Settings
from broadcaster.task_names import task_names
from content.bulletin import Bulletin, BulletinStatus, Priority, Review, ReviewAction, Revision
from content.topics import topic_codes
from schedules.holidays import holidays_between
from schedules.openings import Opening, QuietHours, SlotRule, Week, occurrences
from schedules.plan import Plan, Task
from schedules.task_names import Days, TaskNames
from schedules.timetable import Slot
from schedules.week_plan import (
    RADIO_RULE,
    Airing,
    Candidate,
    ChannelRule,
    Note,
    Pick,
    PlanRequest,
    PlanRules,
    TaskClaim,
    TaskNeed,
)
from schedules.year_plan import YearTask
from schedules.year_planner import need_of, weekly_places

MEMORY = timedelta(days=60)
"""How far back airings matter for what is new and what is due again."""
FRAMING_SECONDS = 25.0
"""Signature tune, greeting and goodbye of a loudspeaker session."""
_GAP_SECONDS = 3.0


def week_request(
    app: App, session: Session, week: Week, now: datetime
) -> tuple[PlanRequest, list[Note]]:
    """Everything that decides this week as it stands now, and slots that cannot have their own."""
    timetable = slots(session, app.station_id)
    openings = [
        opening for slot in timetable for opening in occurrences(slot_rule(slot), week, app.zone)
    ]
    keys = {opening.key for opening in openings}
    fixed = fixed_picks(session, timetable, openings, app.zone, FRAMING_SECONDS)
    names = task_names(session, app.station_id).within(week.monday, week.sunday)
    request = PlanRequest(
        week=week,
        zone=app.zone,
        rules=plan_rules(app),
        openings=tuple(openings),
        candidates=tuple(candidates(session, app.station_id, names)),
        tasks=tuple(_needs(app, session, week, keys)),
        history=tuple(history(app, session, week.start - MEMORY, week.end, keys)),
        existing=with_fixed(existing_picks(app, session, openings), fixed.picks),
        not_before=now,
        locked=locked_keys(app, session, openings),
        days_off=days_off(app.settings, week.monday, week.sunday),
    )
    return request, fixed.problems


def slots(session: Session, station_id: int) -> Sequence[Slot]:
    """The timetable in force, by time of day."""
    query = select(Slot).where(Slot.station_id == station_id, col(Slot.removed_at).is_(None))
    return session.exec(query.order_by(col(Slot.starts), col(Slot.id))).all()


def candidates(session: Session, station_id: int, names: TaskNames) -> list[Candidate]:
    """Every bulletin whose newest revision is approved; `names` tell which tasks it serves.

    Columns and not rows: ten thousand bodies are not needed to plan a week.
    """
    query = (
        sqlalchemy_select(*_CANDIDATE)
        .join(Revision, col(Revision.bulletin_id) == col(Bulletin.id))
        .join(Review, col(Review.revision_id) == col(Revision.id))
        .where(
            col(Bulletin.station_id) == station_id,
            col(Bulletin.status) == BulletinStatus.APPROVED,
            col(Revision.number) == col(Bulletin.revision),
            col(Review.action) == ReviewAction.APPROVE,
            col(Revision.relay).is_(None),  # a relay has slots of its own
        )
        .order_by(col(Bulletin.id), col(Review.id))
    )
    rows: list[tuple[Any, ...]] = [tuple(row) for row in session.connection().execute(query)]
    found = {row[0]: _candidate(names, *row) for row in rows}
    heard = heard_lengths(session, station_id)
    return [
        replace(one, seconds=heard.get((one.bulletin, one.revision), one.seconds))
        for one in found.values()
    ]


def heard_lengths(session: Session, station_id: int) -> dict[tuple[int, int], float]:
    """Seconds that bulletins (id, revision) really took on the loudspeakers.

    Only from inside a session: its first item carries the signature tune and the greeting.
    """
    query = sqlalchemy_select(
        col(Delivery.bulletin_id),
        col(Delivery.revision),
        col(Delivery.started_at),
        col(Delivery.ended_at),
    ).where(
        col(Delivery.station_id) == station_id,
        col(Delivery.channel) == SOUND,
        col(Delivery.status) == Status.SENT,
        col(Delivery.position) > 0,
        col(Delivery.started_at).is_not(None),
        col(Delivery.ended_at).is_not(None),
    )
    found: dict[tuple[int, int], float] = {}
    rows: list[tuple[Any, ...]] = [tuple(row) for row in session.connection().execute(query)]
    for bulletin, revision, started, ended in rows:
        seconds = (ended - started).total_seconds()
        if seconds > 0:
            key = bulletin, revision
            found[key] = min(seconds, found.get(key, seconds))
    return found


_CANDIDATE = (
    col(Bulletin.id),
    col(Revision.number),
    col(Revision.title),
    col(Review.at),
    col(Revision.channels),
    col(Revision.priority),
    col(Revision.valid_from),
    col(Revision.valid_until),
    col(Review.air_seconds),
    col(Revision.topic),
    col(Revision.task),
    col(Revision.created_at),
)
"""In the order of `Candidate`'s own fields, and when the words were written."""


def broadcast_of(session: Session, opening: Opening) -> Broadcast | None:
    """The broadcast that was made of an opening."""
    return session.exec(
        select(Broadcast).where(
            Broadcast.slot_id == slot_id(opening), Broadcast.starts_at == opening.start
        )
    ).first()


def slot_id(opening: Opening) -> int:
    """The row of the slot that an opening comes from."""
    return int(opening.key.partition("@")[0])


def opening_key(broadcast: Broadcast, zone: tzinfo) -> str | None:
    """The opening's key that a slot's broadcast belongs to; None for a one-off."""
    if broadcast.slot_id is None:
        return None
    day = broadcast.starts_at.astimezone(zone).date()
    return f"{broadcast.slot_id}@{day.isoformat()}"


def days_off(settings: Settings, first: date, last: date) -> dict[date, str]:
    """Days on which nothing goes out: the station's own, and the holidays if it keeps them."""
    found = holidays_between(first, last) if settings.schedule.holidays == "off" else {}
    own = {day: "ngày đài nghỉ" for day in settings.schedule.days_off if first <= day <= last}
    return own | found


def locked_keys(app: App, session: Session, openings: Sequence[Opening]) -> frozenset[str]:
    """Keys of the openings that a person has locked, alone or with their week."""
    rows = session.exec(
        select(ScheduleLock).where(
            ScheduleLock.station_id == app.station_id, col(ScheduleLock.released_at).is_(None)
        )
    ).all()
    weeks = {row.monday for row in rows if row.broadcast_id is None}
    ids = {row.broadcast_id for row in rows if row.broadcast_id is not None}
    query = select(Broadcast).where(col(Broadcast.id).in_(ids))
    alone = {opening_key(row, app.zone) for row in session.exec(query).all()} if ids else set()
    return frozenset(
        one.key
        for one in openings
        if one.key in alone or _monday(one.start.astimezone(app.zone).date()) in weeks
    )


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def plan_rules(app: App) -> PlanRules:
    """The station's rules for filling openings."""
    chosen, layout = app.settings.broadcast, app.settings.schedule
    radio = timedelta(hours=layout.radio_repeat_hours)
    network = timedelta(hours=layout.network_repeat_hours)
    return PlanRules(
        quiet_hours=QuietHours.parse(chosen.quiet_hours, app.zone),
        channels={
            "radio": replace(
                RADIO_RULE, max_items=app.settings.radio.items_per_session, repeat_after=radio
            ),
            "facebook": ChannelRule("Facebook", repeat_after=network),
            "zalo": ChannelRule("Zalo", repeat_after=network),
        },
        sessions_per_day=chosen.sessions_per_day or None,
        minutes_per_session=chosen.minutes_per_session,
        framing_seconds=FRAMING_SECONDS,
        gap_seconds=_GAP_SECONDS,
    )


def slot_rule(slot: Slot) -> SlotRule:
    return SlotRule(
        key=str(slot.id),
        channel=slot.channel,
        weekdays=tuple(slot.weekdays),
        starts=time.fromisoformat(slot.starts),
        minutes=slot.minutes,
        targets=tuple(slot.targets),
    )


def _candidate(
    names: TaskNames,
    bulletin: int,
    revision: int,
    title: str,
    approved_at: datetime,
    channels: list[str],
    priority: str,
    valid_from: date | None,
    valid_until: date | None,
    seconds: float | None,
    topic: str | None,
    said: str | None,
    written: datetime,
) -> Candidate:
    claims = tuple(TaskClaim(names.label(one.key), one.days) for one in names.claims(said, written))
    return Candidate(
        bulletin,
        revision,
        title,
        approved_at,
        tuple(channels),
        Priority(priority),
        valid_from,
        valid_until,
        seconds or 0.0,
        topic,
        claims[0].no if claims else None,
        claims[1:] and claims,
    )


def existing_picks(
    app: App,
    session: Session,
    openings: Sequence[Opening],
    *,
    without: frozenset[Status] = frozenset({Status.CANCELLED}),
) -> dict[str, tuple[Pick, ...]]:
    """What already stands in these openings, by their keys, as the planner's picks."""
    keys = {opening.key for opening in openings}
    if not keys:
        return {}
    query = (
        select(Delivery, Broadcast)
        .join(Broadcast, col(Delivery.broadcast_id) == col(Broadcast.id))
        .where(
            Broadcast.station_id == app.station_id,
            col(Broadcast.slot_id).is_not(None),
            col(Broadcast.starts_at) >= min(opening.start for opening in openings),
            col(Broadcast.starts_at) <= max(opening.start for opening in openings),
            col(Delivery.status).not_in(without),
        )
        .order_by(col(Delivery.broadcast_id), col(Delivery.position), col(Delivery.id))
    )
    lengths = _lengths(session, app.station_id)
    heard = heard_lengths(session, app.station_id)
    found: dict[str, list[Pick]] = {}
    for (broadcast, _), pairs in groupby(
        session.exec(query).all(), key=lambda pair: (pair[1], pair[0].position)
    ):
        key = opening_key(broadcast, app.zone)
        if key in keys:
            rows = [row for row, _ in pairs]
            found.setdefault(key, []).append(_pick(rows, lengths, heard))
    return {key: tuple(picks) for key, picks in found.items()}


def _lengths(session: Session, station_id: int) -> dict[int, float]:
    """Air time of every approved revision, the last approval's."""
    query = (
        select(Review.revision_id, Review.air_seconds)
        .join(Revision, col(Review.revision_id) == col(Revision.id))
        .join(Bulletin, col(Revision.bulletin_id) == col(Bulletin.id))
        .where(Bulletin.station_id == station_id, Review.action == ReviewAction.APPROVE)
        .order_by(col(Review.id))
    )
    return {revision: seconds or 0.0 for revision, seconds in session.exec(query).all()}


def _pick(
    rows: list[Delivery], lengths: Mapping[int, float], heard: Mapping[tuple[int, int], float]
) -> Pick:
    first = rows[0]
    estimate = lengths.get(first.revision_id, 0.0)
    return Pick(
        bulletin=first.bulletin_id,
        revision=first.revision,
        seconds=heard.get((first.bulletin_id, first.revision), estimate),
        fixed=any(row.status not in OPEN for row in rows),
        repeat=first.repeat,
    )


def history(
    app: App, session: Session, since: datetime, until: datetime, planned: Container[str]
) -> list[Airing]:
    """What went out or surely will, other than in the openings (keys) that are being planned."""
    query = (
        select(Delivery, Broadcast)
        .join(Broadcast, col(Delivery.broadcast_id) == col(Broadcast.id))
        .where(
            Delivery.station_id == app.station_id,
            col(Delivery.scheduled_at) >= since,
            col(Delivery.scheduled_at) < until,
            col(Delivery.status).in_(
                (Status.SENT, Status.SENDING, Status.UNKNOWN, Status.PLANNED, Status.READY)
            ),
        )
    )
    return [
        Airing(row.bulletin_id, row.channel, row.started_at or row.scheduled_at, (row.target,))
        for row, broadcast in session.exec(query).all()
        if opening_key(broadcast, app.zone) not in planned
    ]


def tasks_in_force(
    session: Session, station_id: int, first: date, last: date
) -> list[tuple[Task, Plan]]:
    """The tasks of the plans that touch these days, the newest plan's first."""
    query = (
        select(Task, Plan)
        .join(Plan, col(Task.plan_id) == col(Plan.id))
        .where(Plan.station_id == station_id, col(Task.gone_at).is_(None))
        .order_by(col(Plan.id).desc(), col(Task.id))
    )
    return [
        (task, plan)
        for task, plan in session.exec(query).all()
        if Days(plan.period_start, plan.period_end).touches(first, last)
    ]


def _needs(app: App, session: Session, week: Week, planned: Container[str]) -> list[TaskNeed]:
    """What the tasks in force still want of this week."""
    tasks = year_tasks(app, session, week.monday, week.sunday, planned)
    rules = plan_rules(app)
    timetable = [slot_rule(slot) for slot in slots(session, app.station_id)]
    return [need_of(task, task.done, week, weekly_places(task, timetable, rules)) for task in tasks]


def year_tasks(
    app: App,
    session: Session,
    first: date,
    last: date,
    planned: Container[str],
) -> list[YearTask]:
    """The tasks in force that this program's channels carry, with what was proved of them.

    Airings in the `planned` openings (keys) are left to the planner's own count.
    """
    in_force = tasks_in_force(session, app.station_id, first, last)
    names = task_names(session, app.station_id).within(first, last)
    starts = [plan.period_start for _, plan in in_force]
    since = min((day for day in starts if day), default=None) if all(starts) else None
    proved = [
        one
        for one in achievements(session, app.station_id, app.zone, since)
        if one.opening is None or one.opening not in planned
    ]
    tasks = []
    for task, plan in in_force:
        quota, _ = quotas(task, days_of(plan), app.channels)
        if quota is None:
            continue
        mine = [one for one in proved if one.task == task.key]
        days = airing_days(task, mine, days_of(plan))
        quota = quota.from_here(first, days)
        done = quota.reached(days) + quota.behind
        topic = next(iter(topic_codes(task.content)), None)
        own = automatic(task.channels, app.channels) if task.channels else ()
        tasks.append(YearTask(names.label(task.key), quota, own, topic, done))
    return tasks
