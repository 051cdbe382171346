"""The week as a calendar for phones and mail programs (RFC 5545), in UTC."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event

from schedules.export.sheet import SheetRow, WeekSheet, cells, show_where


def render(sheet: WeekSheet) -> bytes:
    """One event per item; the same item has the same UID in every export.

    An empty week is one all-day entry that says so: a calendar needs at least one component.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//broadcaster//Lich phat song//VI")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", f"{sheet.form.title.capitalize()} – {sheet.station}")
    seen: dict[str, int] = {}
    for row in sheet.rows:
        uid = _uid(sheet, row)
        seen[uid] = seen.get(uid, 0) + 1
        suffix = "" if seen[uid] == 1 else f"-{seen[uid]}"
        calendar.add_component(_event(sheet, row, f"{uid}{suffix}@broadcaster"))
    if not sheet.rows:
        calendar.add_component(_nothing(sheet))
    data: bytes = calendar.to_ical()
    return data


def _event(sheet: WeekSheet, row: SheetRow, uid: str) -> Event:
    start, end = _moment(sheet, row.day, row.starts), _moment(sheet, row.day, row.ends)
    if end < start:
        end = _moment(sheet, row.day + timedelta(days=1), row.ends)
    event = Event()
    event.add("uid", uid)
    event.add("dtstamp", sheet.moment)
    event.add("dtstart", start)
    event.add("dtend", end)
    event.add("summary", f"{row.channel_label}: {row.title or sheet.form.no_title}")
    event.add("location", show_where(row))
    event.add("categories", [row.channel])
    if details := _details(sheet, row):
        event.add("description", details)
    return event


def _details(sheet: WeekSheet, row: SheetRow) -> str:
    *_, duration, made_by, approved_by, remarks = cells(row, sheet.form)
    named = (
        ("Thể loại", row.kind),
        ("Thực tế", row.actual if sheet.form.actual else ""),
        ("Hình thức", row.medium if sheet.form.actual else ""),
        ("Thời lượng", duration),
        ("Người thực hiện", made_by),
        ("Người duyệt", approved_by),
        ("Trạng thái", remarks),
        ("Chế độ", "thử nghiệm" if sheet.simulated else ""),
    )
    return "\n".join(f"{name}: {text}" for name, text in named if text)


def _nothing(sheet: WeekSheet) -> Event:
    event = Event()
    event.add("uid", f"{_digest(sheet.station, sheet.week)}@broadcaster")
    event.add("dtstamp", sheet.moment)
    event.add("dtstart", sheet.monday)
    event.add("dtend", sheet.monday + timedelta(days=7))
    event.add("summary", sheet.form.empty)
    event.add("transp", "TRANSPARENT")
    return event


def _moment(sheet: WeekSheet, day: date, at: time) -> datetime:
    return datetime.combine(day, at, ZoneInfo(sheet.timezone)).astimezone(UTC)


def _uid(sheet: WeekSheet, row: SheetRow) -> str:
    """From the item's key; without one from its place in the week, so that a new title keeps it."""
    if row.key:
        return _digest(sheet.station, row.key)
    place = (row.day.isoformat(), row.starts.isoformat(), row.channel, *row.targets)
    return _digest(sheet.station, *place)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]
