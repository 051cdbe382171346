"""The best that any schedule could reach: the year as an integer programme, solved exactly."""

from __future__ import annotations

from collections import defaultdict

import numpy
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

from schedules.openings import Opening, occurrences
from schedules.quota import inside
from schedules.week_board import share_audience, to_milliseconds
from schedules.week_plan import Candidate
from schedules.year_plan import YearRequest
from schedules.year_planner import counting_task


def best_completion(request: YearRequest, seconds: float = 60.0) -> float:
    """The largest `YearPlan.completion` that the rules allow; raises when not proved in time.

    Each (bulletin, opening) is a yes or no; an opening's length and number of items, the distance
    between two airings and each task's quota bound them. Existing picks are not considered.
    """
    needed = sum(task.quota.total for task in request.tasks)
    done = sum(min(task.done, task.quota.total) for task in request.tasks)
    if not needed:
        return 1.0
    return (done + _most_airings(request, seconds)) / needed


def _most_airings(request: YearRequest, seconds: float) -> int:
    tasks = {task.no: task for task in request.tasks}
    openings = [
        one
        for week in request.weeks
        for slot in request.slots
        for one in occurrences(slot, week, request.zone)
        if request.not_before is None or one.start >= request.not_before
    ]
    choices = [
        (candidate, opening, task.no)
        for opening in openings
        for candidate in request.candidates
        for day in (opening.start.astimezone(request.zone).date(),)
        if (task := counting_task(candidate, tasks, opening.channel, day)) is not None
        and _may(request, candidate, opening)
        and inside(task.quota.windows, day)
    ]
    if not choices:
        return 0
    lines = _lines(request, choices)
    numbers = {no: len(choices) + at for at, no in enumerate(tasks)}
    for no, task in tasks.items():
        mine = {at: -1.0 for at, choice in enumerate(choices) if choice[2] == no}
        lines.append((mine | {numbers[no]: 1.0}, 0.0))
        lines.append(({numbers[no]: 1.0}, float(max(0, task.quota.total - task.done))))
    size = len(choices) + len(tasks)
    goal = numpy.zeros(size)
    goal[len(choices) :] = -1.0
    upper = numpy.ones(size)
    upper[len(choices) :] = numpy.inf
    rows, columns, values = [], [], []
    for row, (line, _) in enumerate(lines):
        for column, value in line.items():
            rows.append(row)
            columns.append(column)
            values.append(value)
    table = coo_array((values, (rows, columns)), shape=(len(lines), size)).tocsr()
    found = milp(
        goal,
        integrality=numpy.ones(size),
        bounds=Bounds(0, upper),
        constraints=LinearConstraint(table, ub=[limit for _, limit in lines]),
        options={"time_limit": seconds},
    )
    if found.status != 0:
        raise RuntimeError(f"not solved: {found.message}")
    return round(-found.fun)


def _may(request: YearRequest, candidate: Candidate, opening: Opening) -> bool:
    day = opening.start.astimezone(request.zone).date()
    return (
        (not candidate.channels or opening.channel in candidate.channels)
        and (candidate.valid_from is None or candidate.valid_from <= day)
        and (candidate.valid_until is None or day <= candidate.valid_until)
        and day not in request.days_off
    )


def _lines(
    request: YearRequest, choices: list[tuple[Candidate, Opening, str]]
) -> list[tuple[dict[int, float], float]]:
    """Each constraint as its coefficients and its upper limit."""
    by_opening: defaultdict[str, list[int]] = defaultdict(list)
    by_bulletin: defaultdict[tuple[int, str], list[int]] = defaultdict(list)
    for at, (candidate, opening, _) in enumerate(choices):
        by_opening[opening.key].append(at)
        by_bulletin[candidate.bulletin, opening.channel].append(at)
    lines: list[tuple[dict[int, float], float]] = []
    for mine in by_opening.values():
        opening = choices[mine[0]][1]
        rule = request.rules.of(opening.channel)
        lines.append((dict.fromkeys(mine, 1.0), float(rule.max_items)))
        if rule.audible:
            gap = to_milliseconds(request.rules.gap_seconds)
            span = (opening.end - opening.start).total_seconds()
            if request.rules.minutes_per_session is not None:
                span = min(span, request.rules.minutes_per_session * 60)
            room = to_milliseconds(span - request.rules.framing_seconds) + gap
            line = {at: float(to_milliseconds(choices[at][0].seconds) + gap) for at in mine}
            lines.append((line, float(room)))
    for (_, channel), mine in by_bulletin.items():
        reach = request.rules.of(channel).repeat_after
        for at in mine:
            first = choices[at][1]
            near = {
                other: 1.0
                for other in mine
                if choices[other][1].start >= first.start
                and (reach is None or choices[other][1].start - first.start < reach)
                and share_audience(choices[other][1].targets, first.targets)
            }
            if len(near) > 1:
                lines.append((near, 1.0))
    return lines
