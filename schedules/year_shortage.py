"""Why a forecast does not reach a task's quota, and how many more bulletins it would take.

The number is not only estimated: the year is forecast once more with so many imagined bulletins,
and what is missing even then is put down to the timetable.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from statistics import median

from schedules.openings import Opening, occurrences
from schedules.quota import inside
from schedules.week_plan import Candidate
from schedules.year_plan import Shortage, TaskForecast, YearPlan, YearRequest, YearTask
from schedules.year_planner import Count, plan_year

_USUAL_SECONDS = 90.0
"""Air time of a bulletin that nobody has written yet, where there is none to compare with."""


def find_shortages(
    request: YearRequest, plan: YearPlan, count: Count = lambda _done, _total: None
) -> tuple[Shortage, ...]:
    """The tasks that the forecast leaves incomplete, in the forecast's order."""
    tasks = {task.no: task for task in request.tasks}
    lacking = [(forecast, tasks[forecast.no]) for forecast in plan.tasks if forecast.missing]
    if not lacking:
        return ()
    openings = {task.no: _openings_for(request, task) for _, task in lacking}
    wanted = {
        task.no: _bulletins_for(request, task, forecast.missing, openings[task.no])
        for forecast, task in lacking
    }
    fuller = plan_year(_with_imagined(request, tasks, wanted), count)
    left = {forecast.no: forecast.missing for forecast in fuller.tasks}
    return tuple(
        _shortage(request, forecast, task, wanted[task.no], left[task.no], openings[task.no])
        for forecast, task in lacking
    )


def _openings_for(request: YearRequest, task: YearTask) -> list[Opening]:
    """Openings still to come that could serve a task."""
    found = []
    for slot in request.slots:
        if task.channels and slot.channel not in task.channels:
            continue
        for week in request.weeks:
            for one in occurrences(slot, week, request.zone):
                day = one.start.astimezone(request.zone).date()
                early = request.not_before is not None and one.start < request.not_before
                shut = one.key in request.locked or day in request.days_off
                if not early and not shut and inside(task.quota.windows, day):
                    found.append(one)
    return sorted(found, key=lambda one: (one.start, one.key))


def _bulletins_for(
    request: YearRequest, task: YearTask, missing: int, openings: Sequence[Opening]
) -> int:
    """How many bulletins could bring `missing` airings, each as often as the distance allows."""
    most = _airings_of_one(request, openings)
    return math.ceil(missing / most) if most else 0


def _airings_of_one(request: YearRequest, openings: Sequence[Opening]) -> int:
    last: dict[str, datetime] = {}
    airings = 0
    for one in openings:
        reach = request.rules.of(one.channel).repeat_after
        before = last.get(one.channel)
        if before is None or (reach is not None and one.start - before >= reach):
            last[one.channel] = one.start
            airings += 1
    return airings


def _with_imagined(
    request: YearRequest, tasks: dict[str, YearTask], wanted: dict[str, int]
) -> YearRequest:
    known = [one.seconds for one in request.candidates if one.seconds]
    seconds = median(known) if known else _USUAL_SECONDS
    # Behind every real number, and approved after all others.
    number = max((one.bulletin for one in request.candidates), default=0)
    at = datetime.max.replace(tzinfo=UTC) - timedelta(days=2)
    imagined = []
    for no, count in wanted.items():
        for _ in range(count):
            number += 1
            topic = tasks[no].topic
            imagined.append(Candidate(number, 1, "", at, seconds=seconds, topic=topic, task=no))
    return replace(request, candidates=(*request.candidates, *imagined))


def _shortage(
    request: YearRequest,
    forecast: TaskForecast,
    task: YearTask,
    bulletins: int,
    left: int,
    openings: Sequence[Opening],
) -> Shortage:
    channels = {slot.channel for slot in request.slots}
    heard = not task.channels or bool(channels & set(task.channels))
    present = heard and any(task.no in one.tasks for one in request.candidates)
    reason = _reason(request, forecast, task, present, openings)
    helped = forecast.missing - left
    return Shortage(task.no, forecast.missing, bulletins if helped > 0 else 0, left, reason)


def _reason(
    request: YearRequest,
    forecast: TaskForecast,
    task: YearTask,
    has_bulletins: bool,
    openings: Sequence[Opening],
) -> str:
    windows = task.quota.windows
    first = request.weeks[0].monday if request.weeks else None
    if first is None or (windows and windows[-1][1] < first):
        return "đã hết thời gian thực hiện"
    if not any(not task.channels or slot.channel in task.channels for slot in request.slots):
        named = ", ".join(task.channels) or "nào"
        return f"chưa có khung giờ trên kênh {named}"
    if not openings:
        return "không còn khung giờ nào trong thời gian thực hiện"
    if not has_bulletins:
        return "chưa có bản tin nào được duyệt cho nhiệm vụ này"
    if len(openings) < forecast.missing:
        return f"chỉ còn {len(openings)} khung giờ trong thời gian thực hiện"
    return (
        "các bản tin hiện có đã phát hết mức cho phép (khoảng cách phát lại, thời hạn, chỗ trống)"
    )
