"""The year on a terminal of 80 columns: the forecast, and the picture of a plan."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import groupby

from rich.text import Text

from broadcaster.cli.console import OUT, brief, bullet, note, say, table
from broadcaster.plan_calendar import Bar, Picture
from broadcaster.year import PastWeek, TaskLine, Year, state_label
from schedules.openings import Week
from schedules.standing import State
from schedules.year_plan import Shortage, YearWeek


def show_year(found: Year) -> None:
    """Weeks, tasks, and what is lacking."""
    say(f"Dự báo năm {found.year}", "bold")
    for remark in found.remarks:
        bullet(remark, "yellow")
    table(
        ["Tuần", "Từ ngày", "Khung giờ", "Xếp được", "Trống", "Nhiệm vụ được phục vụ"],
        [*_past_rows(found.past), *_week_rows(found.plan.weeks)],
    )
    say("Các nhiệm vụ", "bold")
    table(
        ["Số", "Nhiệm vụ", "Cần", "Đã có", "Sẽ có", "Thiếu", "Đủ vào"],
        [_task_row(line) for line in found.tasks],
    )
    if found.plan.tasks:
        say(f"Dự kiến hoàn thành: {100 * found.plan.completion:.0f} % số lượt kế hoạch yêu cầu.")
    _show_lacking(found)
    note("Đây là dự báo, chưa ghi gì. Xếp một tuần: broadcaster schedule build --week next")


def _past_rows(weeks: tuple[PastWeek, ...]) -> list[tuple[str, ...]]:
    return [
        (*_name(group[0].week, group[-1].week), *shown)
        for shown, group in ((shown, list(alike)) for shown, alike in groupby(weeks, key=_past_row))
    ]


def _past_row(one: PastWeek) -> tuple[str, ...]:
    states = ", ".join(f"{count} {state_label(state)}" for state, count in one.states.items())
    served = _tasks(one.by_task)
    return (
        "đã qua",
        str(one.proved),
        "",
        "; ".join(filter(None, (served, states))),
    )


def _week_rows(weeks: tuple[YearWeek, ...]) -> list[tuple[str, ...]]:
    """Equal neighbours are one line: fifty weeks alike tell nothing."""
    return [
        (*_name(group[0].week, group[-1].week), *shown)
        for shown, group in ((shown, list(alike)) for shown, alike in groupby(weeks, key=_week_row))
    ]


def _name(first: Week, last: Week) -> tuple[str, str]:
    same_year = first.name[:4] == last.name[:4]
    until = last.name[5:] if same_year else last.name
    name = first.name if first == last else f"{first.name}…{until}"
    return name, f"{first.monday:%d/%m}"


def _week_row(one: YearWeek) -> tuple[str, ...]:
    counts: dict[str, int] = {}
    for item in one.placements:
        if item.task:
            counts[item.task] = counts.get(item.task, 0) + 1
    served = "; ".join(filter(None, (_tasks(counts), "nghỉ " + ", ".join(one.days_off))))
    return (
        str(one.openings),
        str(len(one.placements)),
        str(one.empty or ""),
        served if one.days_off else _tasks(counts),
    )


def _tasks(counts: dict[str, int]) -> str:
    return ", ".join(f"{no}×{count}" for no, count in sorted(counts.items()))


def _task_row(line: TaskLine) -> tuple[str, ...]:
    known = line.forecast
    if known is None:
        return (line.no, brief(line.task.content), "thủ công", "", "", "", "")
    needed = f"{known.needed}*" if line.assumed else str(known.needed)
    full = "đã đủ" if known.done >= known.needed else "—"
    if known.full_on:
        full = f"{known.full_on:%d/%m}"
    return (
        line.no,
        brief(line.task.content),
        needed,
        str(known.done),
        str(known.planned),
        str(known.missing or ""),
        full,
    )


def _show_lacking(found: Year) -> None:
    if any(line.assumed for line in found.tasks):
        note("* Kế hoạch không nêu số lần: tính mỗi tuần một lần.")
    for line in found.tasks:
        for problem in line.problems:
            bullet(f"Nhiệm vụ {line.no}: {problem}", "yellow")
    if found.shortages:
        say("Sẽ không đạt nếu không bổ sung:", "bold yellow")
    for one in found.shortages:
        bullet(_lack(one), "yellow")
    if found.topics:
        say("Nội dung của kế hoạch chưa có bản tin nào được duyệt:", "bold yellow")
    for topic in found.topics:
        bullet(brief(str(topic["text"] or topic["code"])), "yellow")


def _lack(one: Shortage) -> str:
    text = f"Nhiệm vụ {one.no} thiếu {one.missing} lượt: {one.reason}."
    if one.bulletins:
        text += f" Cần thêm {one.bulletins} bản tin."
    if one.bulletins and one.slots:
        text += f" Vẫn thiếu {one.slots} lượt: cần thêm khung giờ."
    return text


_LABEL, _CELLS = 24, 53
"""Columns of text; weeks. Together with the numbers they fit 80 columns."""
_COLOURS = {
    State.DONE: "green",
    State.UPCOMING: "blue",
    State.ON_TIME: "blue",
    State.AT_RISK: "yellow",
    State.LATE: "red",
}


def show_calendar(shown: Picture) -> None:
    """One line a task, one character a week."""
    span = (shown.last - shown.first).days + 1
    cells = min(_CELLS, -(-span // 7))
    say(shown.title, "bold")
    OUT.print(Text(" " * (_LABEL + 1) + _months(shown, span, cells), style="dim"))
    for bar in shown.bars:
        line = Text(f"{_short(f'{bar.no}. {bar.content}'):<{_LABEL}} ")
        line.append(_weeks(shown, bar, span, cells), style=_COLOURS[bar.state])
        OUT.print(line, soft_wrap=True)
    if shown.first <= shown.today <= shown.last:
        at = _cell(shown, shown.today, span, cells)
        OUT.print(Text(" " * (_LABEL + 1 + at) + "▲", style="red"))
    note("━ thời gian thực hiện, ● đã phát hoặc có minh chứng, ○ dự kiến, ▲ hôm nay")


def _weeks(shown: Picture, bar: Bar, span: int, cells: int) -> str:
    line = ["·"] * cells
    for first, last in bar.windows:
        if first <= shown.last and last >= shown.first:
            a = _cell(shown, max(first, shown.first), span, cells)
            b = _cell(shown, min(last, shown.last), span, cells)
            line[a : b + 1] = "━" * (b + 1 - a)
    for sign, days in (("○", bar.planned), ("●", bar.proved)):
        for day in days:
            if shown.first <= day <= shown.last:
                line[_cell(shown, day, span, cells)] = sign
    return "".join(line)


def _months(shown: Picture, span: int, cells: int) -> str:
    """The months' numbers above their first weeks."""
    line = [" "] * (cells + 2)
    day = shown.first
    while day <= shown.last:
        at = _cell(shown, day, span, cells)
        line[at : at + len(str(day.month))] = str(day.month)
        day = (day.replace(day=28) + timedelta(days=4)).replace(day=1)
    return "".join(line).rstrip()


def _cell(shown: Picture, day: date, span: int, cells: int) -> int:
    return (day - shown.first).days * cells // span


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _LABEL else text[: _LABEL - 1] + "…"
