"""The week as CSV: UTF-8 with a byte-order mark, as Excel wants it, safe against formulas."""

from __future__ import annotations

import csv
import io

from schedules.export.sheet import WEEKDAYS, WeekSheet, cells, show_day

_FORMULA = ("=", "+", "-", "@")
"""Tabs and line ends, which some programs skip before these, were taken out by `printable`."""


def render(sheet: WeekSheet) -> bytes:
    """One line per item; an empty week says so in its only line."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(("Thứ", "Ngày", *sheet.form.columns))
    for row in sheet.rows:
        line = (WEEKDAYS[row.day.weekday()], show_day(row.day), *cells(row, sheet.form))
        writer.writerow([_guarded(cell) for cell in line])
    if not sheet.rows:
        writer.writerow((sheet.form.empty,))
    return text.getvalue().encode("utf-8-sig")


def _guarded(cell: str) -> str:
    """A spreadsheet would run a cell that begins like a formula; a quote makes it text (OWASP)."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
