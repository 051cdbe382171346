"""The week as a spreadsheet: real dates and times, a frozen header, ready to print."""

from __future__ import annotations

import io
import math
import zipfile
from datetime import date, time, timedelta

from openpyxl import Workbook
from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.header_footer import HeaderFooterItem, _HeaderFooterPart
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet
from openpyxl.writer.excel import ExcelWriter

from schedules.export.archive import without_times
from schedules.export.sheet import (
    COUNTRY,
    MOTTO,
    SIMULATED,
    WEEKDAYS,
    SheetForm,
    SheetRow,
    WeekSheet,
    footer,
)

_Column = tuple[str, int, bool]
"""Heading, width in characters, left-aligned."""
_BEFORE: tuple[_Column, ...] = (
    ("Thứ", 9, False),
    ("Ngày", 11, False),
    ("Buổi", 7, False),
    ("Bắt đầu", 7, False),
    ("Kết thúc", 7, False),
    ("Kênh", 13, True),
    ("Nơi nhận", 14, True),
    ("Tên bản tin", 38, True),
    ("Thể loại", 6, False),
)
_AFTER: tuple[_Column, ...] = (
    ("Thời lượng", 7, False),
    ("Người thực hiện", 15, False),
    ("Người duyệt", 15, False),
    ("Trạng thái", 11, False),
    ("Ghi chú", 13, True),
)
_HALF = 7
_HEAD_ROW = 7
_LINE_HEIGHT, _HIGHEST_ROW = 14.5, 409.0
"""Points; more than 409 is refused."""
_FONT = "Times New Roman"
_THIN = Side(style="thin")
_BOX = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)

Value = str | date | time | timedelta | None


def render(sheet: WeekSheet) -> bytes:
    """One worksheet; the cells of texts are texts even where they begin like a formula."""
    book = Workbook()
    page = book.active
    if not isinstance(page, Worksheet):
        raise TypeError("a new workbook has no worksheet")
    page.title = f"Tuần {sheet.week}"
    _heading(page, sheet)
    last = _rows(page, sheet)
    _signatures(page, sheet, last + 2)
    _print_setup(page, sheet)
    return _saved(book, sheet)


def _heading(page: Worksheet, sheet: WeekSheet) -> None:
    last = len(_columns(sheet.form))
    _across(page, 1, 1, _HALF, sheet.parent.upper())
    _across(page, 2, 1, _HALF, sheet.station.upper(), bold=True)
    _across(page, 1, _HALF + 1, last, COUNTRY, bold=True)
    _across(page, 2, _HALF + 1, last, MOTTO, bold=True)
    _across(page, 3, _HALF + 1, last, sheet.created, italic=True)
    _across(page, 4, 1, last, sheet.form.title, bold=True, size=14)
    _across(page, 5, 1, last, sheet.subtitle, bold=True)
    _across(page, 6, 1, last, SIMULATED if sheet.simulated else "", bold=True)
    for column, (name, width, _) in enumerate(_columns(sheet.form), start=1):
        cell = page.cell(_HEAD_ROW, column)
        _set_text(cell, name)
        cell.font = Font(name=_FONT, size=11, bold=True)
        cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
        cell.fill = PatternFill("solid", fgColor="D9E2EC")
        cell.border = _BOX
        page.column_dimensions[get_column_letter(column)].width = width
    for row in range(1, _HEAD_ROW):
        page.row_dimensions[row].height = 20
    page.row_dimensions[_HEAD_ROW].height = 33


def _rows(page: Worksheet, sheet: WeekSheet) -> int:
    """Writes the items; returns the last row used."""
    at, columns = _HEAD_ROW, _columns(sheet.form)
    width = len(columns)
    if not sheet.rows:
        _across(page, at + 1, 1, width, sheet.form.empty, italic=True)
        return at + 1
    for row in sheet.rows:
        at += 1
        for column, value in enumerate(_values(row, sheet.form), start=1):
            _set_item(page.cell(at, column), value, left=columns[column - 1][2])
        page.row_dimensions[at].height = _row_height(_values(row, sheet.form), columns)
    page.auto_filter.ref = f"A{_HEAD_ROW}:{get_column_letter(width)}{at}"
    _across(page, at + 1, 1, width, sheet.form.legend, italic=True, centred=False)
    return at + 1


def _columns(form: SheetForm) -> tuple[_Column, ...]:
    actual: tuple[_Column, ...] = (("Hình thức", 14, False), ("Thực tế", 18, False))
    return (*_BEFORE, *(actual if form.actual else ()), *_AFTER)


def _values(row: SheetRow, form: SheetForm) -> tuple[Value, ...]:
    return (
        WEEKDAYS[row.day.weekday()],
        row.day,
        row.session,
        row.starts,
        row.ends,
        row.channel_label,
        ", ".join(row.targets),
        row.title or form.no_title,
        row.kind,
        *((row.medium, row.actual) if form.actual else ()),
        row.duration or None,
        row.made_by,
        row.approved_by,
        row.status,
        row.note,
    )


def _row_height(values: tuple[Value, ...], columns: tuple[_Column, ...]) -> float:
    """Points for the longest text; the programs disagree on whether to measure it themselves."""
    lines = max(
        math.ceil(len(value) / width)
        for value, (_, width, _) in zip(values, columns, strict=True)
        if isinstance(value, str)
    )
    return min(_LINE_HEIGHT * max(lines, 1) + 3, _HIGHEST_ROW)


def _set_item(cell: Cell | MergedCell, value: Value, *, left: bool) -> None:
    if isinstance(value, str):
        _set_text(cell, value)
    else:
        cell.value = value
    if isinstance(value, date):
        cell.number_format = "dd/mm/yyyy"
    elif isinstance(value, time):
        cell.number_format = "hh:mm"
    elif isinstance(value, timedelta):
        cell.number_format = "[m]:ss"
    cell.font = Font(name=_FONT, size=11)
    side = "left" if left else "center"
    cell.alignment = Alignment(
        horizontal=side, vertical="center", wrap_text=True, indent=1 if left else 0
    )
    cell.border = _BOX


def _set_text(cell: Cell | MergedCell, text: str) -> None:
    cell.value = text or None
    if text:
        cell.data_type = "s"  # openpyxl makes a formula of every text that begins with "="


def _across(
    page: Worksheet,
    row: int,
    first: int,
    last: int,
    text: str,
    *,
    bold: bool = False,
    italic: bool = False,
    size: int = 13,
    centred: bool = True,
) -> None:
    cell = page.cell(row, first)
    _set_text(cell, text)
    cell.font = Font(name=_FONT, size=size, bold=bold, italic=italic)
    cell.alignment = Alignment(horizontal="center" if centred else "left", vertical="center")
    page.merge_cells(start_row=row, end_row=row, start_column=first, end_column=last)


def _signatures(page: Worksheet, sheet: WeekSheet, row: int) -> None:
    last = len(_columns(sheet.form))
    titles = [line.upper() for line in sheet.approver_title.splitlines()] or ["NGƯỜI DUYỆT"]
    _across(page, row, 1, _HALF, sheet.form.prepared, bold=True)
    for number, title in enumerate(titles):
        _across(page, row + number, _HALF + 1, last, title, bold=True)
    name_row = row + len(titles) + 4
    _across(page, name_row, 1, _HALF, sheet.made_by, bold=True)
    _across(page, name_row, _HALF + 1, last, sheet.approver, bold=True)


def _print_setup(page: Worksheet, sheet: WeekSheet) -> None:
    page.freeze_panes = f"A{_HEAD_ROW + 1}"
    page.print_title_rows = f"{_HEAD_ROW}:{_HEAD_ROW}"
    page.page_setup.orientation = "landscape"
    page.page_setup.paperSize = 9  # A4
    page.page_setup.fitToWidth, page.page_setup.fitToHeight = 1, 0
    page.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    page.print_options.horizontalCentered = True
    inch = 25.4
    page.page_margins.left, page.page_margins.right = 30 / inch, 15 / inch
    page.page_margins.top = page.page_margins.bottom = 20 / inch
    chain = footer(sheet).replace("&", "&&")
    centre = f"Trang &P/&N – {chain}" if chain else "Trang &P/&N"
    page.HeaderFooter.oddFooter = HeaderFooterItem(center=_HeaderFooterPart(centre, size=8))


def _saved(book: Workbook, sheet: WeekSheet) -> bytes:
    properties = book.properties
    properties.title, properties.creator = (
        f"{sheet.form.title.capitalize()} – {sheet.subtitle}",
        sheet.station,
    )
    properties.created = properties.modified = sheet.moment.replace(tzinfo=None)
    out = io.BytesIO()
    # Workbook.save would write the present time into the properties.
    archive = zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED)
    ExcelWriter(book, archive).save()
    return without_times(out.getvalue())
