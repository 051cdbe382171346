"""The week as one self-contained web page that prints like the official sheet."""

from __future__ import annotations

from html import escape
from importlib.resources import files

from schedules.export.sheet import (
    COUNTRY,
    MERGED,
    MOTTO,
    SIMULATED,
    SheetForm,
    SheetRow,
    WeekSheet,
    cells,
    days,
    footer,
    heights,
)


def render(sheet: WeekSheet) -> bytes:
    """UTF-8 HTML; style inside, nothing fetched from anywhere."""
    style = files("schedules.export").joinpath("schedule.css").read_text("utf-8")
    mark = f'<p class="simulated">{escape(SIMULATED)}</p>' if sheet.simulated else ""
    page = f"""<!DOCTYPE html>
<html lang="vi">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{sheet.form.name} {escape(sheet.week)} – {escape(sheet.station)}</title>
<style>
{style}</style>
</head>
<body class="{"log" if sheet.form.actual else "week"}">
{_letterhead(sheet)}
<h1>{sheet.form.title}<br><span>{escape(sheet.subtitle)}</span></h1>
{mark}
{_table(sheet)}
{_signatures(sheet)}
<footer>{sheet.anchor.svg() if sheet.anchor else ""}{escape(footer(sheet))}</footer>
</body>
</html>
"""
    return page.encode()


def _letterhead(sheet: WeekSheet) -> str:
    parent = f"<div>{escape(sheet.parent.upper())}</div>" if sheet.parent else ""
    return f"""<header>
<div>{parent}<div class="name">{escape(sheet.station.upper())}</div></div>
<div><div class="country">{COUNTRY}</div><div class="motto">{MOTTO}</div>
<div class="date">{escape(sheet.created)}</div></div>
</header>"""


def _table(sheet: WeekSheet) -> str:
    if not sheet.rows:
        return f'<p class="empty">{escape(sheet.form.empty)}</p>'
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in sheet.form.columns)
    body = "\n".join(_day(sheet.form, heading, rows) for heading, rows in days(sheet))
    return (
        f"<table>\n<thead><tr>{head}</tr></thead>\n{body}\n</table>\n"
        f'<p class="legend">{escape(sheet.form.legend)}</p>'
    )


def _day(form: SheetForm, heading: str, rows: list[SheetRow]) -> str:
    lines = [f'<tr class="day"><th colspan="{len(form.columns)}">{escape(heading)}</th></tr>']
    lines += [_row(form, row, height) for row, height in zip(rows, heights(rows), strict=True)]
    return "<tbody>\n" + "\n".join(lines) + "\n</tbody>"


def _row(form: SheetForm, row: SheetRow, height: int) -> str:
    span = f' rowspan="{height}"' if height > 1 else ""
    merged, single = cells(row, form)[:MERGED], cells(row, form)[MERGED:]
    parts = [
        f'<td class="c{column}"{span}>{escape(text)}</td>'
        for column, text in enumerate(merged if height else ())
    ]
    parts += [
        f'<td class="c{column}">{escape(text)}</td>'
        for column, text in enumerate(single, start=MERGED)
    ]
    return f"<tr>{''.join(parts)}</tr>"


def _signatures(sheet: WeekSheet) -> str:
    title = "<br>".join(escape(line.upper()) for line in sheet.approver_title.splitlines())
    return f"""<section>
<div class="role">{sheet.form.prepared}</div><div class="role">{title or "NGƯỜI DUYỆT"}</div>
<div class="signed">{escape(sheet.made_by)}</div><div class="signed">{escape(sheet.approver)}</div>
</section>"""
