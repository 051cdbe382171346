"""The whole year as a forecast: week after week by the week's own planner (pure, deterministic).

Each week asks for what its tasks still miss, spread over the weeks left of their windows; what it
places is the next week's history. Nothing is written: a week becomes real when it is built, and a
change of bulletins, slots or tasks changes only what is still to come.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from schedules.openings import Opening, SlotRule, Week, occurrences
from schedules.planner import plan_week
from schedules.quota import inside, week_share
from schedules.week_plan import (
    Airing,
    Candidate,
    Pick,
    PlanRequest,
    PlanRules,
    TaskNeed,
    WeekPlan,
)
from schedules.year_plan import (
    Placement,
    TaskForecast,
    YearPlan,
    YearRequest,
    YearTask,
    YearWeek,
)

Count = Callable[[int, int], None]
"""Told (weeks done, of how many)."""


def plan_year(request: YearRequest, count: Count = lambda _done, _total: None) -> YearPlan:
    """Forecast the weeks of the request. The same request, in any order, gives the same plan."""
    walk = _Walk(request)
    weeks = []
    for number, week in enumerate(request.weeks, start=1):
        weeks.append(walk.plan(week))
        count(number, len(request.weeks))
    return YearPlan(tuple(weeks), walk.forecasts())


def week_request_of(request: YearRequest, number: int = 0) -> PlanRequest:
    """The question that the year asks first about one of its weeks, nothing being placed yet."""
    walk = _Walk(request)
    week = request.weeks[number]
    return walk.question(week, walk.openings(week))


def need_of(task: YearTask, done: int, week: Week, places: int) -> TaskNeed:
    """What one week should do for a task that has `done` airings behind it.

    `places` is what the timetable offers a task in a week (see `weekly_places`). Outside its
    windows it asks for nothing: what is said then would not count.
    """
    now = not task.quota.windows or any(
        first <= week.sunday and last >= week.monday for first, last in task.quota.windows
    )
    share = week_share(task.quota, done, week.monday)
    return TaskNeed(
        task.no,
        task.channels,
        task.quota.windows,
        share,
        task.quota.total if now else None,
        done,
        closing=share >= places,
    )


def weekly_places(task: YearTask, slots: Iterable[SlotRule], rules: PlanRules) -> int:
    """How many items of a task the timetable could hold in a week."""
    return sum(
        len(set(slot.weekdays)) * rules.of(slot.channel).max_items
        for slot in slots
        if not task.channels or slot.channel in task.channels
    )


def counting_task(
    candidate: Candidate, tasks: dict[str, YearTask], channel: str, day: date
) -> YearTask | None:
    """The task that an airing of this bulletin on this channel and day counts for."""
    named = candidate.task_on(day)
    task = tasks.get(named) if named else None
    if task is None or (task.channels and channel not in task.channels):
        return None
    return task


@dataclass(slots=True)
class _Walk:
    """The state between two weeks."""

    request: YearRequest
    tasks: dict[str, YearTask] = field(init=False)
    bulletins: dict[int, Candidate] = field(init=False)
    planned: dict[str, int] = field(init=False)
    places: dict[str, int] = field(init=False)
    full_on: dict[str, date] = field(default_factory=dict)
    latest: dict[tuple[int, str, tuple[str, ...]], datetime] = field(default_factory=dict)
    """Of what the forecast placed: the last airing is all that a later week asks for."""

    def __post_init__(self) -> None:
        self.tasks = {task.no: task for task in sorted(self.request.tasks, key=_by_number)}
        self.bulletins = {one.bulletin: one for one in self.request.candidates}
        self.planned = dict.fromkeys(self.tasks, 0)
        self.places = {
            no: weekly_places(task, self.request.slots, self.request.rules)
            for no, task in self.tasks.items()
        }

    def plan(self, week: Week) -> YearWeek:
        openings = self.openings(week)
        plan = plan_week(self.question(week, openings))
        placements = tuple(self._note(plan))
        empty = sum(not planned.picks for planned in plan.openings)
        named = (self.request.days_off.get(day) for day in week.days)
        names = tuple(dict.fromkeys(name for name in named if name))
        return YearWeek(week, len(openings), empty, placements, names)

    def forecasts(self) -> tuple[TaskForecast, ...]:
        return tuple(
            TaskForecast(no, task.quota.total, task.done, self.planned[no], self.full_on.get(no))
            for no, task in self.tasks.items()
        )

    def openings(self, week: Week) -> list[Opening]:
        asked = self.request
        return [one for slot in asked.slots for one in occurrences(slot, week, asked.zone)]

    def question(self, week: Week, openings: list[Opening]) -> PlanRequest:
        asked = self.request
        placed = (
            Airing(bulletin, channel, at, targets)
            for (bulletin, channel, targets), at in self.latest.items()
        )
        return PlanRequest(
            week=week,
            zone=asked.zone,
            rules=asked.rules,
            openings=tuple(openings),
            candidates=asked.candidates,
            tasks=tuple(
                need_of(task, task.done + self.planned[no], week, self.places[no])
                for no, task in self.tasks.items()
            ),
            history=(*asked.history, *placed),
            existing={
                one.key: asked.existing[one.key] for one in openings if one.key in asked.existing
            },
            not_before=asked.not_before,
            locked=asked.locked,
            days_off=asked.days_off,
        )

    def _note(self, plan: WeekPlan) -> Iterable[Placement]:
        for planned in plan.openings:
            opening = planned.opening
            day = opening.start.astimezone(self.request.zone).date()
            for pick in planned.picks:
                self.latest[pick.bulletin, opening.channel, opening.targets] = opening.start
                yield self._placement(pick, opening.channel, day)

    def _placement(self, pick: Pick, channel: str, day: date) -> Placement:
        candidate = self.bulletins.get(pick.bulletin)
        task = counting_task(candidate, self.tasks, channel, day) if candidate else None
        if task is not None and not inside(task.quota.windows, day):
            task = None
        if task is not None:
            self.planned[task.no] += 1
            if task.done + self.planned[task.no] == task.quota.total:
                self.full_on[task.no] = day
        return Placement(
            day,
            channel,
            pick.bulletin,
            task.no if task else None,
            candidate.topic if candidate else None,
            pick.repeat,
            pick.seconds,
        )


def _by_number(task: YearTask) -> tuple[int, str]:
    """As people count: 2 before 10."""
    digits = "".join(letter for letter in task.no if letter.isdigit())
    return (int(digits) if digits else 0, task.no)
