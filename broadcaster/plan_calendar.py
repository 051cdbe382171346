"""The year as a picture: a plan's tasks as bars, its broadcasts and proofs as dots."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

from broadcaster import year as years
from broadcaster.app import App
from broadcaster.plan_progress import PlanProgress, TaskProgress, progress
from content.files import write_for_user
from schedules.quota import Window
from schedules.standing import STATE_LABELS, State
from schedules.task_names import TaskKey
from schedules.year_planner import Count


@dataclass(frozen=True, slots=True)
class Bar:
    """One task of the picture."""

    no: str
    content: str
    state: State
    done: int
    needed: int
    windows: tuple[Window, ...]
    proved: tuple[date, ...]
    """Days with a proved broadcast or a proof."""
    planned: tuple[date, ...]
    """Days with a forecast broadcast."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A plan's year."""

    station: str
    title: str
    first: date
    last: date
    today: date
    bars: tuple[Bar, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "title": self.title,
            "first": self.first.isoformat(),
            "last": self.last.isoformat(),
            "today": self.today.isoformat(),
            "tasks": [
                {
                    "no": bar.no,
                    "content": bar.content,
                    "state": str(bar.state),
                    "windows": [[a.isoformat(), b.isoformat()] for a, b in bar.windows],
                    "proved": [day.isoformat() for day in bar.proved],
                    "planned": [day.isoformat() for day in bar.planned],
                }
                for bar in self.bars
            ],
        }


def picture(app: App, plan_id: int | None, count: Count = lambda _done, _total: None) -> Picture:
    """The year of a plan (the newest for None), with what is forecast of it. Raises UserError."""
    found = progress(app, plan_id)
    first, last = _year_of(found)
    planned = _planned(app, first.year, count)
    return Picture(
        app.station.name,
        found.plan.title or "Kế hoạch",
        first,
        last,
        found.today,
        tuple(_bar(row, planned) for row in found.rows),
    )


def write(shown: Picture, path: Path) -> None:
    """As one self-contained web page. Raises UserError."""
    write_for_user(path, to_html(shown).encode())


def to_html(shown: Picture) -> str:
    """UTF-8 HTML that prints on A4 landscape; nothing is fetched from anywhere."""
    style = files("broadcaster").joinpath("data/calendar.css").read_text("utf-8")
    months = "".join(
        f'<span style="left:{_at(shown, day)}%">Tháng {day.month}</span>' for day in _months(shown)
    )
    rules = "".join(f'<i style="left:{_at(shown, day)}%"></i>' for day in _months(shown))
    if shown.first <= shown.today <= shown.last:
        rules += f'<i class="today" style="left:{_at(shown, shown.today)}%"></i>'
    rows = "\n".join(_bar_html(shown, bar, rules) for bar in shown.bars)
    return f"""<!DOCTYPE html>
<html lang="vi">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(shown.title)}</title>
<style>
{style}</style>
</head>
<body>
<p class="station">{escape(shown.station)}</p>
<h1>{escape(shown.title)}</h1>
<p class="key"><b class="bar"></b> thời gian thực hiện <b class="dot"></b> đã phát, có minh chứng
<b class="dot planned"></b> dự kiến <b class="line"></b> hôm nay {shown.today:%d/%m/%Y}</p>
<table>
<thead><tr><th>Số</th><th>Nhiệm vụ</th><th>Đạt</th><th>Tình trạng</th>
<th class="time"><div class="months">{months}</div></th></tr></thead>
<tbody>
{rows}
</tbody>
</table>
</body>
</html>
"""


def _bar_html(shown: Picture, bar: Bar, rules: str) -> str:
    parts = [
        f'<b class="bar" style="left:{_at(shown, a)}%;'
        f'width:{_at(shown, b + timedelta(days=1)) - _at(shown, a):.2f}%"></b>'
        for a, b in _clipped(shown, bar.windows)
    ]
    for kind, days in ((" planned", bar.planned), ("", bar.proved)):
        parts += [
            f'<b class="dot{kind}" style="left:{_at(shown, day)}%"></b>'
            for day in days
            if shown.first <= day <= shown.last
        ]
    return (
        f'<tr class="{bar.state}"><td>{escape(bar.no)}</td><td class="what">'
        f"{escape(bar.content)}</td><td>{bar.done}/{bar.needed}</td>"
        f"<td>{STATE_LABELS[bar.state]}</td>"
        f'<td class="time"><div class="row">{rules}{"".join(parts)}</div></td></tr>'
    )


def _at(shown: Picture, day: date) -> float:
    """Per cent of the width."""
    whole = (shown.last - shown.first).days + 1
    return round(100 * (day - shown.first).days / whole, 2)


def _months(shown: Picture) -> list[date]:
    first = shown.first
    count = (shown.last.year - first.year) * 12 + shown.last.month - first.month + 1
    return [
        date(first.year + (first.month - 1 + n) // 12, (first.month - 1 + n) % 12 + 1, 1)
        for n in range(count)
    ]


def _clipped(shown: Picture, windows: tuple[Window, ...]) -> list[Window]:
    return [
        (max(a, shown.first), min(b, shown.last))
        for a, b in windows
        if a <= shown.last and b >= shown.first
    ]


def _year_of(found: PlanProgress) -> tuple[date, date]:
    """The calendar years that the plan touches, at most two."""
    start = found.plan.period_start or found.today
    end = found.plan.period_end or date(start.year, 12, 31)
    last = min(max(end.year, start.year), start.year + 1)
    return date(start.year, 1, 1), date(last, 12, 31)


def _planned(app: App, year: int, count: Count) -> dict[TaskKey, set[date]]:
    now = app.clock.now()
    days: dict[TaskKey, set[date]] = {}
    for key, one in years.placements(app, year, now, count):
        days.setdefault(key, set()).add(one.day)
    return days


def _bar(row: TaskProgress, planned: dict[TaskKey, set[date]]) -> Bar:
    proved = {one.day for one in row.airings} | {one.day for one in row.proofs}
    coming = planned.get(row.task.key, set()) if row.work.airings_needed else set()
    return Bar(
        row.task.no,
        row.task.content,
        row.standing.state,
        row.work.done,
        row.work.needed,
        row.work.quota.windows,
        tuple(sorted(proved)),
        tuple(sorted(coming - proved)),
    )
