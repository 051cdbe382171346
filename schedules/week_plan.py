"""What the planner is given and what it gives back: plain frozen values, no rows, no clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo

from content.bulletin import Priority
from schedules.openings import Opening, QuietHours, Week
from schedules.task_names import Days


@dataclass(frozen=True, slots=True)
class TaskClaim:
    """The days on which a bulletin serves a task."""

    no: str
    days: Days


@dataclass(frozen=True, slots=True)
class Candidate:
    """An approved bulletin revision that may go out."""

    bulletin: int
    revision: int
    title: str
    approved_at: datetime
    channels: tuple[str, ...] = ()
    """Empty means every channel."""
    priority: Priority = Priority.NORMAL
    valid_from: date | None = None
    valid_until: date | None = None
    """The last day on which it may go out."""
    seconds: float = 0.0
    """Air time on the loudspeakers."""
    topic: str | None = None
    task: str | None = None

    claims: tuple[TaskClaim, ...] = ()
    """Where its task is another plan's on other days: all of them, what goes first first."""

    def task_on(self, day: date) -> str | None:
        """The task that an airing of this day would serve."""
        if not self.claims:
            return self.task
        return next((one.no for one in self.claims if day in one.days), None)

    @property
    def tasks(self) -> tuple[str, ...]:
        """Every task that it may serve."""
        if self.claims:
            return tuple(dict.fromkeys(one.no for one in self.claims))
        return (self.task,) if self.task else ()


@dataclass(frozen=True, slots=True)
class TaskNeed:
    """How often a task (nhiệm vụ) of the plan wants to be heard, and how often it was."""

    no: str
    channels: tuple[str, ...] = ()
    """Whose airings count; empty means every channel."""
    windows: tuple[tuple[date, date], ...] = ()
    """First and last days; empty means always."""
    per_week: int | None = None
    total: int | None = None
    """Airings wanted over all windows, spread evenly."""
    done: int = 0
    """Airings before the planned week began (the week's own are counted from its picks)."""
    closing: bool = False
    """Nearly every opening left of its windows is needed: it goes before all that can wait."""


@dataclass(frozen=True, slots=True)
class Airing:
    """One time that a bulletin went out, or surely will, outside the picks of the request."""

    bulletin: int
    channel: str
    at: datetime
    targets: tuple[str, ...] = ()
    """Empty means all of the channel."""


@dataclass(frozen=True, slots=True)
class Pick:
    """One bulletin in one opening."""

    bulletin: int
    revision: int
    seconds: float = 0.0
    fixed: bool = False
    """Gone out, locked or placed by hand: the planner never touches it."""
    pinned: bool = False
    """Placed by the timetable itself: it stands fast before it has been written down."""
    repeat: bool = False
    """PL (phát lại) where true, PM (phát mới) where not."""
    reason: str = ""
    """Vietnamese: why this one, here."""


@dataclass(frozen=True, slots=True)
class ChannelRule:
    """How one channel may be filled."""

    label: str
    """For people: "loa truyền thanh"."""
    max_items: int = 1
    """Bulletins in one opening."""
    repeat_after: timedelta | None = timedelta(days=3)
    """The same bulletin to the same people not sooner than this; None: never again."""
    audible: bool = False
    """Heard by everybody: air time, quiet hours and the limit of sessions apply."""


RADIO_RULE = ChannelRule("loa truyền thanh", 6, timedelta(hours=10), audible=True)
"""The evening may repeat the morning (05:30 and 17:00 are common), never the hour before."""


@dataclass(frozen=True, slots=True)
class PlanRules:
    """The station's own rules. A channel without a rule of its own gets a network's."""

    quiet_hours: QuietHours
    channels: Mapping[str, ChannelRule] = field(default_factory=lambda: {"radio": RADIO_RULE})
    sessions_per_day: int | None = None
    minutes_per_session: int | None = None
    framing_seconds: float = 0.0
    """Signature tune, greeting and goodbye: once per audible opening that has an item."""
    gap_seconds: float = 0.0
    """Between two items of an audible opening."""

    def of(self, channel: str) -> ChannelRule:
        return self.channels.get(channel) or ChannelRule(channel)


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """All that decides a week. The order inside the tuples means nothing, except in `existing`."""

    week: Week
    zone: tzinfo
    rules: PlanRules
    openings: tuple[Opening, ...]
    candidates: tuple[Candidate, ...]
    tasks: tuple[TaskNeed, ...] = ()
    history: tuple[Airing, ...] = ()
    existing: Mapping[str, tuple[Pick, ...]] = field(default_factory=dict)
    """By opening key, in the order of the programme."""
    not_before: datetime | None = None
    """Openings that begin sooner are left as they are (a rebuild in the middle of the week)."""
    locked: frozenset[str] = frozenset()
    """Keys of openings that a person has locked: left as they are, whatever stands in them."""
    days_off: Mapping[date, str] = field(default_factory=dict)
    """Days on which nothing goes out, each with its name: "Tết Nguyên đán"."""


@dataclass(frozen=True, slots=True)
class Note:
    """Something a person should know about the week; `opening` is a key, None for the whole."""

    opening: str | None
    message: str


@dataclass(frozen=True, slots=True)
class Dropped:
    """An existing movable pick that lost its place, and why (Vietnamese)."""

    opening: str
    bulletin: int
    revision: int
    reason: str


@dataclass(frozen=True, slots=True)
class PlannedOpening:
    """One opening with its ordered items."""

    opening: Opening
    picks: tuple[Pick, ...]
    seconds: float
    """Air time used, framing included; 0 on the networks."""


@dataclass(frozen=True, slots=True)
class WeekPlan:
    """The proposed week: openings in order of time, channel and key."""

    openings: tuple[PlannedOpening, ...]
    notes: tuple[Note, ...] = ()
    """Openings left empty or half empty, bulletins without a place."""
    problems: tuple[Note, ...] = ()
    """Rules that the timetable itself breaks: quiet hours, sessions per day."""
    dropped: tuple[Dropped, ...] = ()

    def picks(self) -> dict[str, tuple[Pick, ...]]:
        """By opening key: fit to be the `existing` of the next request."""
        return {planned.opening.key: planned.picks for planned in self.openings}
