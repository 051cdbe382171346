"""The planner's working state: what is placed where, and what may still go there."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo

from content.bulletin import Priority
from schedules.openings import Opening
from schedules.week_plan import Candidate, ChannelRule, Pick, PlanRequest, TaskNeed

_RANKS = {Priority.NORMAL: 0, Priority.PRIORITY: 1, Priority.EMERGENCY: 2}
_FOREVER = date.max.toordinal()

CLOSING, FAR_BEHIND, BEHIND, ON_TIME, RESTING = range(5)
"""How a task stands: every opening left is needed; more than half of what it should have by now
is missing; some is; none; its time has not come yet or is over."""


@dataclass(slots=True)
class TaskProgress:
    """One task's count while the week is being filled."""

    no: str
    per_week: int
    expected: int
    """Of the total, by the end of the week."""
    done: int
    channels: tuple[str, ...]
    closing: bool = False
    active: bool = True
    week: int = 0
    level: int = ON_TIME

    @classmethod
    def of(cls, need: TaskNeed, monday: date, sunday: date) -> TaskProgress:
        active = not need.windows or any(a <= sunday and b >= monday for a, b in need.windows)
        expected = math.ceil((need.total or 0) * _elapsed_share(need.windows, sunday))
        per_week = (need.per_week or 0) if active else 0
        task = cls(need.no, per_week, expected, need.done, need.channels, need.closing, active)
        task.add(0)
        return task

    def missing(self) -> int:
        return max(self.per_week - self.week, self.expected - self.done - self.week, 0)

    def add(self, count: int) -> None:
        self.week += count
        missing = self.missing()
        most = max(self.per_week, self.expected)
        if missing == 0:
            self.level = ON_TIME if self.active else RESTING
        elif self.closing:
            self.level = CLOSING
        else:
            self.level = FAR_BEHIND if missing * 2 > most else BEHIND

    def missing_this_week(self) -> int:
        """What was promised for every week; a total that lags may catch up later."""
        return max(self.per_week - self.week, 0)

    def could_spare_one(self) -> bool:
        return self.per_week < self.week


@dataclass(slots=True)
class Entry:
    """One candidate on one channel, with what the week has done to it so far."""

    candidate: Candidate
    channel: str
    rank: int
    milliseconds: int
    first_day: int
    last_day: int
    task: TaskProgress | None
    """None also where the task does not count this channel's airings."""
    topic: str
    order: tuple[int, float, int]
    """Leaves first, was approved first, id: the last word among equals."""
    airings: list[tuple[float, tuple[str, ...]]] = field(default_factory=list)
    """Near enough to the week to forbid a repeat; this week's places included."""
    starts: list[float] = field(default_factory=list)
    """This week's places."""
    aired_before: float = 0.0
    """The last airing before the picks of this week; 0 for never."""
    aired: float = 0.0
    aired_day: int = 0

    def note_airing(self, zone: tzinfo) -> None:
        self.aired = max([self.aired_before, *self.starts])
        self.aired_day = 0
        if self.aired:
            self.aired_day = datetime.fromtimestamp(self.aired, zone).toordinal()


@dataclass(slots=True)
class Placed:
    """A pick in its place. `entry` is None for a fixed one that is no candidate any more."""

    pick: Pick
    entry: Entry | None
    settled: bool
    milliseconds: int
    existing: bool
    position: int


@dataclass(slots=True)
class Place:
    """One opening being filled."""

    opening: Opening
    rule: ChannelRule
    day: int
    start: float
    capacity: int
    """Milliseconds for the items and the gaps between them."""
    gap: int
    frozen: bool
    """Begins too soon to be changed, or is locked."""
    day_off: str | None = None
    """The name of the holiday on which nothing goes out."""
    blocked: str | None = None
    items: list[Placed] = field(default_factory=list)

    @property
    def open(self) -> bool:
        return not self.frozen and self.blocked is None

    def used(self) -> int:
        gaps = self.gap * max(0, len(self.items) - 1)
        return sum(item.milliseconds for item in self.items) + gaps

    def room(self, without: Placed | None = None) -> int:
        """Milliseconds that one more item (or one in the place of `without`) may last."""
        count = len(self.items) - (without is not None)
        taken = sum(item.milliseconds for item in self.items if item is not without)
        return self.capacity - taken - self.gap * count

    def full(self) -> bool:
        return len(self.items) >= self.rule.max_items


class Board:
    """All places, candidates and tasks of one week; every change goes through put and take."""

    def __init__(self, request: PlanRequest) -> None:
        self.request = request
        self.zone = request.zone
        week = request.week
        self.tasks = {
            need.no: TaskProgress.of(need, week.monday, week.sunday) for need in request.tasks
        }
        ordered = sorted(request.openings, key=lambda one: (one.start, one.channel, one.key))
        self.places = [_place(opening, request) for opening in ordered]
        self.topic_load: defaultdict[tuple[str, str], int] = defaultdict(int)
        newest = _newest_revisions(request.candidates)
        self.pools = {
            channel: self._pool(channel, newest)
            for channel in sorted({place.opening.channel for place in self.places})
        }
        self._entries = {
            (entry.channel, entry.candidate.bulletin): entry
            for pool in self.pools.values()
            for entry in pool
        }
        self._read_history()

    def entry(self, channel: str, bulletin: int) -> Entry | None:
        return self._entries.get((channel, bulletin))

    def put(self, place: Place, item: Placed, index: int | None = None) -> None:
        place.items.insert(len(place.items) if index is None else index, item)
        if item.entry is not None:
            item.entry.airings.append((place.start, place.opening.targets))
            item.entry.starts.append(place.start)
            self._count(item.entry, 1)

    def take(self, place: Place, item: Placed) -> int:
        """Take an item out; returns where it stood."""
        index = next(at for at, one in enumerate(place.items) if one is item)
        del place.items[index]
        if item.entry is not None:
            item.entry.airings.remove((place.start, place.opening.targets))
            item.entry.starts.remove(place.start)
            self._count(item.entry, -1)
        return index

    def refusal(self, place: Place, entry: Entry, instead: Placed | None = None) -> str | None:
        """Vietnamese reason why `entry` may not be in `place` (instead of an item); None: may."""
        if not entry.first_day <= place.day <= entry.last_day:
            return "ngoài thời hạn hiệu lực của bản tin"
        if instead is None and place.full():
            return "khung giờ đã đủ số bản tin"
        if entry.milliseconds > place.room(instead):
            return "không đủ thời lượng trong khung giờ"
        if any(is_same(item, entry) for item in place.items if item is not instead):
            return "bản tin đã có trong khung giờ này"
        if too_near(entry, place):
            return "quá gần một lượt phát khác của cùng bản tin"
        return None

    def _count(self, entry: Entry, step: int) -> None:
        entry.note_airing(self.zone)
        self.topic_load[entry.channel, entry.topic] += step
        if entry.task is not None:
            entry.task.add(step)

    def _pool(self, channel: str, candidates: list[Candidate]) -> list[Entry]:
        audible = self.request.rules.of(channel).audible
        monday = self.request.week.monday.toordinal()
        pool = []
        for one in candidates:
            first = one.valid_from.toordinal() if one.valid_from else 0
            last = one.valid_until.toordinal() if one.valid_until else _FOREVER
            if (
                (one.channels and channel not in one.channels)
                or last < monday
                or first > monday + 6
            ):
                continue
            task = self._task_of(one, channel)
            length = to_milliseconds(one.seconds) if audible else 0
            order = (min(last, monday + 7), one.approved_at.timestamp(), one.bulletin)
            pool.append(
                Entry(one, channel, _RANKS[one.priority], length, first, last, task,
                      one.topic or "", order)
            )  # fmt: skip
        return sorted(pool, key=lambda entry: entry.order)

    def _task_of(self, candidate: Candidate, channel: str) -> TaskProgress | None:
        days = (self.request.week.monday + timedelta(days=n) for n in (3, 6, 0))
        named = next((no for day in days if (no := candidate.task_on(day))), None)
        task = self.tasks.get(named) if named else None
        counts = task is not None and (not task.channels or channel in task.channels)
        return task if counts else None

    def _read_history(self) -> None:
        week, rules = self.request.week, self.request.rules
        for airing in self.request.history:
            entry = self.entry(airing.channel, airing.bulletin)
            if entry is None:
                continue
            entry.aired_before = max(entry.aired_before, airing.at.timestamp())
            reach = rules.of(airing.channel).repeat_after
            if reach is None or week.start - reach < airing.at < week.end + 2 * reach:
                entry.airings.append((airing.at.timestamp(), airing.targets))
            entry.note_airing(self.zone)


def too_near(entry: Entry, place: Place) -> bool:
    """Whether the same people hear the same bulletin too soon before or after."""
    if not entry.airings:
        return False
    reach = place.rule.repeat_after
    seconds = math.inf if reach is None else reach.total_seconds()
    return any(
        abs(at - place.start) < seconds and share_audience(targets, place.opening.targets)
        for at, targets in entry.airings
    )


def share_audience(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether two sets of targets meet; an empty one is everybody."""
    return not one or not other or not set(one).isdisjoint(other)


def is_same(item: Placed, entry: Entry) -> bool:
    return item.pick.bulletin == entry.candidate.bulletin


def to_milliseconds(seconds: float) -> int:
    """Rounded up: whole numbers add up to the same sum in any order."""
    return math.ceil(round(seconds * 1000, 3))


def _place(opening: Opening, request: PlanRequest) -> Place:
    rules, rule = request.rules, request.rules.of(opening.channel)
    seconds = (opening.end - opening.start).total_seconds()
    if rules.minutes_per_session is not None:
        seconds = min(seconds, rules.minutes_per_session * 60)
    early = request.not_before is not None and opening.start < request.not_before
    day = opening.start.astimezone(request.zone).date()
    return Place(
        opening,
        rule,
        day.toordinal(),
        opening.start.timestamp(),
        to_milliseconds(seconds - rules.framing_seconds) if rule.audible else 0,
        to_milliseconds(rules.gap_seconds) if rule.audible else 0,
        early or opening.key in request.locked,
        request.days_off.get(day),
    )


def _newest_revisions(candidates: tuple[Candidate, ...]) -> list[Candidate]:
    newest: dict[int, Candidate] = {}
    for one in candidates:
        known = newest.get(one.bulletin)
        if known is None or known.revision < one.revision:
            newest[one.bulletin] = one
    return list(newest.values())


def _elapsed_share(windows: tuple[tuple[date, date], ...], until: date) -> float:
    """Part of the windows' days that has passed by the end of `until`; 1 without windows."""
    whole = sum((last - first).days + 1 for first, last in windows)
    if whole <= 0:
        return 1.0
    passed = sum(max(0, (min(last, until) - first).days + 1) for first, last in windows)
    return passed / whole
