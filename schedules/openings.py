"""Dated openings of the week: ISO weeks, recurring slots made into dates, and quiet hours."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from content.errors import Problem, UserError
from schedules.moments import read_day, read_moment, read_time_of_day, read_weekdays

__all__ = [
    "Opening",
    "QuietHours",
    "SlotRule",
    "Week",
    "occurrences",
    "read_moment",
    "read_time_of_day",
    "read_week",
    "read_weekdays",
]


@dataclass(frozen=True, slots=True)
class Week:
    """One ISO week, Monday to Sunday, of one station's time zone."""

    monday: date
    start: datetime
    """Monday 00:00 of the station, in UTC."""
    end: datetime
    """The next Monday 00:00 of the station, in UTC: the first moment that is not in the week."""

    @classmethod
    def of(cls, day: date, zone: tzinfo) -> Week:
        """The week that holds `day`. Raises UserError at the ends of the calendar."""
        try:
            monday = day - timedelta(days=day.weekday())
            start = _midnight(monday, zone)
            return cls(monday, start, _midnight(monday + timedelta(days=7), zone))
        except OverflowError:
            raise UserError(
                f"Ngày {day:%d/%m/%Y} nằm ngoài lịch dùng được.", "Hãy chọn một ngày gần đây hơn."
            ) from None

    @property
    def name(self) -> str:
        """ "2026-W48"."""
        year, week, _ = self.monday.isocalendar()
        return f"{year:04d}-W{week:02d}"

    @property
    def sunday(self) -> date:
        return self.monday + timedelta(days=6)

    @property
    def days(self) -> tuple[date, ...]:
        """Its seven days, Monday first."""
        return tuple(self.monday + timedelta(days=number) for number in range(7))

    @property
    def label(self) -> str:
        """ "Tuần 48, từ 23/11/2026 đến 29/11/2026"."""
        week = self.monday.isocalendar().week
        return f"Tuần {week:02d}, từ {self.monday:%d/%m/%Y} đến {self.sunday:%d/%m/%Y}"


@dataclass(frozen=True, slots=True)
class SlotRule:
    """A recurring weekly opening (khung giờ) on a channel, as the timetable holds it."""

    key: str
    """Names the slot for as long as it exists; the row's id is good."""
    channel: str
    weekdays: tuple[int, ...]
    """0 = Monday … 6 = Sunday."""
    starts: time
    """On the station's wall clock."""
    minutes: int
    targets: tuple[str, ...] = ()
    """Empty means all of the channel."""


@dataclass(frozen=True, slots=True)
class Opening:
    """One dated occurrence of a slot, or an approved one-off window."""

    key: str
    """Unique in the station: the slot's key and the day, "3@2026-11-23"."""
    channel: str
    start: datetime
    """Aware UTC, as is `end`."""
    end: datetime
    targets: tuple[str, ...] = ()
    """Empty means all of the channel."""


def occurrences(slot: SlotRule, week: Week, zone: tzinfo) -> list[Opening]:
    """The slot's openings that begin in `week`, in order of time."""
    return [
        _opening(slot, week.monday + timedelta(days=weekday), zone)
        for weekday in sorted(set(slot.weekdays))
    ]


_ISO_WEEK = re.compile(r"(\d{4})-?w(\d{1,2})", re.ASCII)
_WEEK_NUMBER = re.compile(
    r"(?:w|tuần\s*|tuan\s*)(\d{1,2})(?:\s*(?:/|năm|nam)\s*(\d{4}))?", re.ASCII
)
_RELATIVE_WEEKS = {
    "this": 0, "this week": 0, "tuần này": 0, "tuan nay": 0, "này": 0,
    "next": 1, "next week": 1, "tuần sau": 1, "tuần tới": 1, "tuan sau": 1, "tuan toi": 1,
    "last": -1, "last week": -1, "tuần trước": -1, "tuan truoc": -1,
}  # fmt: skip


def read_week(text: str, now: datetime, zone: tzinfo) -> Week:
    """Read "2026-W48", "this", "next", "tuần sau", "tuần 48", or a date inside the week.

    A week number without a year belongs to the ISO year of `now` in `zone`.
    Raises UserError for anything else, and for a week that the year does not have.
    """
    wanted = " ".join(text.lower().split())
    today = now.astimezone(zone).date()
    if wanted in _RELATIVE_WEEKS:
        return Week.of(today + timedelta(weeks=_RELATIVE_WEEKS[wanted]), zone)
    if match := _ISO_WEEK.fullmatch(wanted):
        return _numbered_week(int(match[1]), int(match[2]), zone)
    if match := _WEEK_NUMBER.fullmatch(wanted):
        year = int(match[2]) if match[2] else today.isocalendar().year
        return _numbered_week(year, int(match[1]), zone)
    if (day := read_day(wanted)) is not None:
        return Week.of(day, zone)
    raise UserError(
        f"Không hiểu tuần “{text}”.",
        "Hãy ghi như 2026-W48, this (tuần này), next (tuần sau) hoặc một ngày như 23/11/2026.",
    )


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Hours of the day in which nothing may be heard (giờ yên tĩnh), on the station's clock."""

    spans: tuple[tuple[time, time], ...]
    """From, to; a span whose end is not after its start runs over midnight."""
    zone: tzinfo

    @classmethod
    def parse(cls, texts: Sequence[str], zone: tzinfo) -> QuietHours:
        """Read ["21:00-05:00", …]. Raises one UserError that lists every bad entry."""
        spans: list[tuple[time, time]] = []
        problems: list[Problem] = []
        for text in texts:
            try:
                spans.append(_read_span(text))
            except UserError as error:
                problems.extend(error.problems)
        if problems:
            raise UserError(problems[0].message, problems[0].mend, problems=problems)
        return cls(tuple(spans), zone)

    def covers(self, start: datetime, end: datetime) -> bool:
        """Whether any moment of [start, end) is quiet; `start` itself where both are equal."""
        return self._span_over(start, end) is not None

    def reason(self, start: datetime, end: datetime) -> str | None:
        """Vietnamese sentence: why nothing may be heard then; None where it may."""
        span = self._span_over(start, end)
        if span is None:
            return None
        first, last = start.astimezone(self.zone), end.astimezone(self.zone)
        when = f"{first:%H:%M}" if start == end else f"{first:%H:%M} đến {last:%H:%M}"
        return f"{when} ngày {first:%d/%m/%Y} rơi vào giờ yên tĩnh {_show_span(*span)}."

    def _span_over(self, start: datetime, end: datetime) -> tuple[time, time] | None:
        # A span that began the evening before may still be running: look one day back.
        day = start.astimezone(self.zone).date() - timedelta(days=1)
        last = end.astimezone(self.zone).date()
        while day <= last:
            for span in self.spans:
                quiet_start, quiet_end = _span_on(day, *span, self.zone)
                if start < quiet_end and (quiet_start < end or quiet_start <= start):
                    return span
            day += timedelta(days=1)
        return None


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(0), zone).astimezone(UTC)


def _opening(slot: SlotRule, day: date, zone: tzinfo) -> Opening:
    start = datetime.combine(day, slot.starts, zone).astimezone(UTC)
    end = start + timedelta(minutes=slot.minutes)
    return Opening(f"{slot.key}@{day.isoformat()}", slot.channel, start, end, slot.targets)


def _numbered_week(year: int, number: int, zone: tzinfo) -> Week:
    try:
        monday = date.fromisocalendar(year, number, 1)
    except ValueError:
        raise UserError(
            f"Năm {year} không có tuần {number}.", "Hãy chọn một tuần từ 1 đến 52 hoặc 53."
        ) from None
    return Week.of(monday, zone)


def _read_span(text: str) -> tuple[time, time]:
    parts = re.split(r"\s*(?:-|–|—|đến|tới)\s*", text.strip().lower())
    if len(parts) != 2:
        raise _bad_span(text)
    to_midnight = parts[1] in ("24:00", "24h", "24h00")
    try:
        first = read_time_of_day(parts[0])
        last = time(0) if to_midnight else read_time_of_day(parts[1])
    except UserError:
        raise _bad_span(text) from None
    if first == last and not to_midnight:
        problem = Problem(
            f"Giờ yên tĩnh “{text}” có giờ đầu trùng giờ cuối.",
            "Hãy ghi như 21:00-05:00; cả ngày thì ghi 00:00-24:00.",
        )
        raise UserError(problem.message, problem.mend)
    return first, last


def _bad_span(text: str) -> UserError:
    return UserError(f"Không hiểu giờ yên tĩnh “{text}”.", "Hãy ghi như 21:00-05:00.")


def _span_on(day: date, first: time, last: time, zone: tzinfo) -> tuple[datetime, datetime]:
    until = day if first < last else day + timedelta(days=1)
    start = datetime.combine(day, first, zone).astimezone(UTC)
    return start, datetime.combine(until, last, zone).astimezone(UTC)


def _show_span(first: time, last: time) -> str:
    end = "24:00" if last == time(0) else f"{last:%H:%M}"
    return f"{first:%H:%M}–{end}"
