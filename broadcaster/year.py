"""The year's forecast of a station: rows in, the pure planner asked, nothing written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlmodel import Session, col, select

from broadcaster.achievements import achievements
from broadcaster.app import App
from broadcaster.delivery import LABELS
from broadcaster.fixed_slots import fixed_picks, with_fixed
from broadcaster.records import Delivery
from broadcaster.records import DeliveryStatus as Status
from broadcaster.task_names import task_names
from broadcaster.week_request import (
    FRAMING_SECONDS,
    MEMORY,
    candidates,
    days_off,
    existing_picks,
    history,
    locked_keys,
    plan_rules,
    slot_rule,
    slots,
    tasks_in_force,
    year_tasks,
)
from content.errors import UserError
from schedules.holidays import unknown_years
from schedules.openings import Week, occurrences
from schedules.plan import Plan, Task
from schedules.task_names import TaskKey, TaskNames
from schedules.year_plan import (
    Placement,
    Shortage,
    TaskForecast,
    YearPlan,
    YearRequest,
)
from schedules.year_planner import Count, plan_year
from schedules.year_shortage import find_shortages

_GONE = frozenset({Status.CANCELLED, Status.FAILED, Status.MISSED})
"""What stands in an opening in one of these states reached nobody."""
_FIRST_YEAR, _LAST_YEAR = 2020, 2100


@dataclass(frozen=True, slots=True)
class PastWeek:
    """One week that is over: what the ledger proves of it, and what went wrong."""

    week: Week
    proved: int
    """Bulletins in broadcasts."""
    by_task: dict[str, int]
    states: dict[str, int]
    """Deliveries by their state."""


@dataclass(frozen=True, slots=True)
class TaskLine:
    """A task of the year with its forecast; None for one that people do."""

    no: str
    """Its number, with the plan's in front where two plans of the year have it."""
    task: Task
    forecast: TaskForecast | None
    assumed: bool = False
    """The plan names no number; once a week is the house's."""
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Year:
    """What `schedule build --year` shows."""

    year: int
    past: tuple[PastWeek, ...]
    plan: YearPlan
    tasks: tuple[TaskLine, ...]
    shortages: tuple[Shortage, ...]
    topics: tuple[dict[str, Any], ...]
    """Topics of the plans without an approved bulletin: code, text."""
    remarks: tuple[str, ...] = field(default=())


def forecast(
    app: App, year: int | None, count: Callable[[int, int], None] = lambda _done, _total: None
) -> Year:
    """Look ahead over a year (the present one for None). Raises UserError."""
    now = app.clock.now()
    year = year or now.astimezone(app.zone).year
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        raise UserError(f"Năm {year} không dùng được.", "Hãy ghi như --year 2026.")
    first, last = date(year, 1, 1), date(year, 12, 31)
    with app.database.reading() as session:
        request = year_request(app, session, year, now)
        plan = plan_year(request, lambda done, total: count(done, 2 * total))
        shortages = find_shortages(
            request, plan, lambda done, total: count(total + done, 2 * total)
        )
        in_force = tasks_in_force(session, app.station_id, first, last)
        past = tuple(_past(app, session, year, now))
        topics = tuple(_bare_topics([plan for _, plan in in_force], request))
        names = _names(app, session, year)
    forecasts = {one.no: one for one in plan.tasks}
    quotas = {one.no: one.quota for one in request.tasks}
    lines = tuple(
        TaskLine(
            no,
            task,
            forecasts.get(no),
            no in quotas and quotas[no].assumed,
            quotas[no].problems if no in quotas else (),
        )
        for task, _ in in_force
        for no in (names.label(task.key),)
    )
    return Year(year, past, plan, lines, shortages, topics, tuple(_remarks(app, request, year)))


def placements(
    app: App, year: int, now: datetime, count: Count = lambda _done, _total: None
) -> list[tuple[TaskKey, Placement]]:
    """What the forecast puts where for which task, in order of time."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    with app.database.reading() as session:
        plan = plan_year(year_request(app, session, year, now), count)
        names = _names(app, session, year)
        in_force = tasks_in_force(session, app.station_id, first, last)
        keys = {names.label(task.key): task.key for task, _ in in_force}
    return [
        (keys[one.task], one) for week in plan.weeks for one in week.placements if one.task in keys
    ]


def year_request(app: App, session: Session, year: int, now: datetime) -> YearRequest:
    """Everything that decides the rest of the year, as it stands now."""
    weeks = tuple(week for week in _weeks(app, year) if week.end > now)
    first, last = date(year, 1, 1), date(year, 12, 31)
    timetable = slots(session, app.station_id)
    rules = [slot_rule(slot) for slot in timetable]
    names = _names(app, session, year)
    openings = [
        one for week in weeks for rule in rules for one in occurrences(rule, week, app.zone)
    ]
    keys = {opening.key for opening in openings}
    begin = weeks[0].start if weeks else now
    fixed = fixed_picks(session, timetable, openings, app.zone, FRAMING_SECONDS)
    return YearRequest(
        weeks=weeks,
        zone=app.zone,
        rules=plan_rules(app),
        slots=tuple(rules),
        candidates=tuple(candidates(session, app.station_id, names)),
        tasks=tuple(year_tasks(app, session, first, last, keys)),
        history=tuple(history(app, session, begin - MEMORY, weeks[-1].end if weeks else now, keys)),
        existing=with_fixed(existing_picks(app, session, openings, without=_GONE), fixed.picks),
        not_before=now,
        locked=locked_keys(app, session, openings),
        days_off=days_off(app.settings, first, last + timedelta(days=6)),
    )


def to_json(found: Year) -> dict[str, Any]:
    """For scripts: weeks, tasks, what is lacking."""
    return {
        "year": found.year,
        "completion": round(found.plan.completion, 4),
        "past": [
            {
                "week": one.week.name,
                "proved": one.proved,
                "tasks": one.by_task,
                "states": one.states,
            }
            for one in found.past
        ],
        "weeks": [_week_json(one) for one in found.plan.weeks],
        "tasks": [_line_json(line) for line in found.tasks],
        "shortages": [
            {
                "task": one.no,
                "missing": one.missing,
                "bulletins": one.bulletins,
                "still_missing": one.slots,
                "reason": one.reason,
            }
            for one in found.shortages
        ],
        "topics_without_bulletin": list(found.topics),
        "remarks": list(found.remarks),
    }


def _week_json(one: Any) -> dict[str, Any]:
    return {
        "week": one.week.name,
        "openings": one.openings,
        "empty": one.empty,
        "days_off": list(one.days_off),
        "items": [
            {
                "day": item.day.isoformat(),
                "channel": item.channel,
                "bulletin": item.bulletin,
                "task": item.task,
                "topic": item.topic,
                "kind": "PL" if item.repeat else "PM",
                "seconds": item.seconds,
            }
            for item in one.placements
        ],
    }


def _line_json(line: TaskLine) -> dict[str, Any]:
    known = line.forecast
    return {
        "no": line.no,
        "content": line.task.content,
        "manual": known is None,
        "needed": known.needed if known else None,
        "done": known.done if known else None,
        "planned": known.planned if known else None,
        "missing": known.missing if known else None,
        "full_on": known.full_on.isoformat() if known and known.full_on else None,
        "assumed": line.assumed,
        "problems": list(line.problems),
    }


def _weeks(app: App, year: int) -> list[Week]:
    """The ISO weeks that hold a day of the year."""
    week = Week.of(date(year, 1, 1), app.zone)
    weeks = []
    while week.monday <= date(year, 12, 31):
        weeks.append(week)
        week = Week.of(week.monday + timedelta(days=7), app.zone)
    return weeks


def _names(app: App, session: Session, year: int) -> TaskNames:
    """What the tasks are called within the year, when several plans have the same numbers."""
    return task_names(session, app.station_id).within(date(year, 1, 1), date(year, 12, 31))


def _past(app: App, session: Session, year: int, now: datetime) -> list[PastWeek]:
    weeks = [week for week in _weeks(app, year) if week.end <= now]
    if not weeks:
        return []
    proved = achievements(session, app.station_id, app.zone, weeks[0].monday)
    names = _names(app, session, year)
    query = select(Delivery.scheduled_at, Delivery.status).where(
        Delivery.station_id == app.station_id,
        col(Delivery.scheduled_at) >= weeks[0].start,
        col(Delivery.scheduled_at) < weeks[-1].end,
    )
    states: dict[date, Counter[str]] = {}
    for at, status in session.exec(query).all():
        states.setdefault(_monday(at.astimezone(app.zone).date()), Counter())[status] += 1
    found = []
    for week in weeks:
        mine = [one for one in proved if week.start <= one.at < week.end]
        tasks = Counter(names.label(one.task) for one in mine if one.task)
        found.append(PastWeek(week, len(mine), dict(tasks), dict(states.get(week.monday, {}))))
    return found


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _bare_topics(plans: list[Plan], request: YearRequest) -> list[dict[str, Any]]:
    """The plans' topics that no approved bulletin is about."""
    present = {one.topic for one in request.candidates if one.topic}
    found: dict[str, dict[str, Any]] = {}
    for plan in plans:
        for topic in plan.document.get("topics") or []:
            code = topic.get("code")
            if code and code not in present:
                found.setdefault(code, {"code": code, "text": topic.get("text")})
    return list(found.values())


def _remarks(app: App, request: YearRequest, year: int) -> list[str]:
    said = []
    if not request.slots:
        said.append("Chưa có khung giờ nào. Hãy thêm: broadcaster slot add.")
    if not request.tasks:
        said.append("Năm này chưa có nhiệm vụ nào phát tự động. Hãy nhập kế hoạch.")
    used = sorted({slot.channel for slot in request.slots})
    tried = [name for name in used if name in app.channels and app.channels[name].simulated]
    if tried:
        said.append(
            f"Kênh {', '.join(tried)} đang ở chế độ thử: "
            "lượt phát thử không được tính là minh chứng."
        )
    if app.settings.schedule.holidays == "off" and (
        unknown := unknown_years(date(year, 1, 1), date(year, 12, 31))
    ):
        said.append(f"Chưa có lịch nghỉ lễ năm {unknown[0]}: hãy ghi các ngày vào days_off.")
    return said


def state_label(status: str) -> str:
    """Of a delivery's state, for people."""
    return LABELS[Status(status)]
