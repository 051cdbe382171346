"""The week as a Word document, laid out after Nghị định 30/2020/NĐ-CP, Phụ lục I."""

from __future__ import annotations

import io
from typing import Any

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Mm, Pt

from schedules.export.archive import without_times
from schedules.export.sheet import (
    KEPT_TOGETHER,
    MERGED,
    SIMULATED,
    SheetForm,
    SheetRow,
    WeekSheet,
    cells,
    days,
    footer,
    heights,
)
from schedules.export.word import (
    AFTER_MERGE,
    add_field,
    add_rule,
    add_run,
    element,
    letterhead,
    pad_cells,
    put,
    set_fonts,
    shade,
    two_columns,
)

_LEFT_HALF, _RIGHT_HALF = 112, 140
_CODE = 14
"""Millimetres; the QR code in the footer."""
_HEAD_SHADE, _DAY_SHADE = "D9E2EC", "EEF2F6"


def render(sheet: WeekSheet) -> bytes:
    """A4 landscape; the header row repeats, rows do not split, the footer names the chain."""
    document = Document()
    _set_page(document, sheet)
    _letterhead(document, sheet)
    _title(document, sheet)
    if sheet.rows:
        _table(document, sheet)
        legend = document.add_paragraph()
        put(legend, sheet.form.legend, 11, italic=True)
        legend.paragraph_format.keep_with_next = True
    else:
        put(document.add_paragraph(), sheet.form.empty, 13, italic=True, centred=True, space=18)
    _signatures(document, sheet)
    _describe(document, sheet)
    out = io.BytesIO()
    document.save(out)
    return without_times(out.getvalue())


def _set_page(document: Any, sheet: WeekSheet) -> None:
    set_fonts(document)
    section = document.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Mm(297), Mm(210)
    section.top_margin = section.bottom_margin = Mm(20)
    section.left_margin, section.right_margin = Mm(30), Mm(15)
    section.footer_distance = Mm(5 if sheet.anchor else 10)
    _footer(section.footer, sheet)


def _footer(part: Any, sheet: WeekSheet) -> None:
    pages = part.paragraphs[0]
    if sheet.anchor:
        middle, right = _beside_a_code(part)
        right.paragraphs[0].add_run().add_picture(io.BytesIO(sheet.anchor.png()), width=Mm(_CODE))
        pages._p.getparent().remove(pages._p)
        part = middle
        pages = part.paragraphs[0]
    pages.alignment = WD_ALIGN_PARAGRAPH.CENTER
    add_run(pages, "Trang ", 9)
    add_field(pages, "PAGE")
    add_run(pages, "/", 9)
    add_field(pages, "NUMPAGES")
    if text := footer(sheet):
        put(part.add_paragraph(), text, 9, centred=True)


def _beside_a_code(part: Any) -> tuple[Any, Any]:
    """The footer's middle and its right end; Word wants a paragraph after every table."""
    table = part.add_table(rows=1, cols=3, width=Mm(_LEFT_HALF + _RIGHT_HALF))
    table.autofit = False
    widths = (_CODE, _LEFT_HALF + _RIGHT_HALF - 2 * _CODE - 2, _CODE + 2)
    for column, cell, width in zip(table.columns, table.rows[0].cells, widths, strict=True):
        column.width = cell.width = Mm(width)
        cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
    put(part.add_paragraph(), "", 1)
    _, middle, right = table.rows[0].cells
    return middle, right


def _letterhead(document: Any, sheet: WeekSheet) -> None:
    _, right = letterhead(document, (_LEFT_HALF, _RIGHT_HALF), sheet.parent, sheet.station)
    if sheet.created:
        put(right.add_paragraph(), sheet.created, 13, italic=True, centred=True)


def _title(document: Any, sheet: WeekSheet) -> None:
    put(document.add_paragraph(), sheet.form.title, 14, bold=True, centred=True, space=14)
    put(document.add_paragraph(), sheet.subtitle, 13, bold=True, centred=True)
    rule = document.add_paragraph()
    add_rule(rule, _LEFT_HALF + _RIGHT_HALF, 60)
    rule.paragraph_format.space_after = Pt(8)
    if sheet.simulated:
        mark = document.add_paragraph()
        put(mark, SIMULATED, 13, bold=True, centred=True)
        mark.paragraph_format.space_after = Pt(8)


def _table(document: Any, sheet: WeekSheet) -> None:
    table = document.add_table(rows=0, cols=len(sheet.form.columns))
    table.style, table.alignment, table.autofit = "Table Grid", WD_TABLE_ALIGNMENT.CENTER, False
    pad_cells(table)
    for column, width in zip(table.columns, sheet.form.widths, strict=True):
        column.width = Mm(width)
    head = _add_row(table, sheet.form)
    head._tr.get_or_add_trPr().append(element("w:tblHeader"))
    for cell, name in zip(head.cells, sheet.form.columns, strict=True):
        shade(cell, _HEAD_SHADE)
        put(cell.paragraphs[0], name, 12, bold=True, centred=True)
    by_day = list(days(sheet))
    for day, (heading, rows) in enumerate(by_day, 1):
        _day_band(table, sheet.form, heading)
        left = 0
        for number, (row, height) in enumerate(zip(rows, heights(rows), strict=True), 1):
            left = (height or left) - 1
            # The last row goes with the signatures, which never stand on a page of their own.
            last = day == len(by_day) and number == len(rows)
            _item(table, sheet.form, row, height, together=last or 0 < left < KEPT_TOGETHER)


def _day_band(table: Any, form: SheetForm, heading: str) -> None:
    parts = _add_row(table, form).cells
    band = parts[0].merge(parts[-1])
    shade(band, _DAY_SHADE)
    paragraph = band.paragraphs[0]
    put(paragraph, heading, 12, bold=True)
    paragraph.paragraph_format.keep_with_next = True


def _item(table: Any, form: SheetForm, row: SheetRow, height: int, *, together: bool) -> None:
    """One row; `together` keeps it on the page of the next one, which is of the same opening."""
    for column, (cell, text) in enumerate(
        zip(_add_row(table, form).cells, cells(row, form), strict=True)
    ):
        paragraph = cell.paragraphs[0]
        paragraph.paragraph_format.keep_with_next = together
        if column < MERGED and height != 1:
            _merge_down(cell, "restart" if height else "continue")
        if column >= MERGED or height:
            put(paragraph, text, 12, centred=column in form.centred)


def _merge_down(cell: Any, kind: str) -> None:
    merge = element("w:vMerge", val=kind)
    cell._tc.get_or_add_tcPr().insert_element_before(merge, *AFTER_MERGE)


def _add_row(table: Any, form: SheetForm) -> Any:
    row = table.add_row()
    row._tr.get_or_add_trPr().append(element("w:cantSplit"))
    for cell, width in zip(row.cells, form.widths, strict=True):
        cell.width = Mm(width)
        cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
    return row


def _signatures(document: Any, sheet: WeekSheet) -> None:
    document.add_paragraph().paragraph_format.keep_with_next = True
    half = (_LEFT_HALF + _RIGHT_HALF) // 2
    titles, names = two_columns(document, half, half, rows=2)
    approver = [line.upper() for line in sheet.approver_title.splitlines()] or ["NGƯỜI DUYỆT"]
    for cell, lines in zip(titles, ([sheet.form.prepared], approver), strict=True):
        for number, line in enumerate(lines):
            paragraph = cell.add_paragraph() if number else cell.paragraphs[0]
            put(paragraph, line, 13, bold=True, centred=True)
            paragraph.paragraph_format.keep_with_next = True
    for cell, name in zip(names, (sheet.made_by, sheet.approver), strict=True):
        put(cell.paragraphs[0], name, 13, bold=True, centred=True, space=62)


def _describe(document: Any, sheet: WeekSheet) -> None:
    """File properties from the content alone: python-docx would leave its template's own."""
    properties = document.core_properties
    properties.title = f"{sheet.form.title.capitalize()} – {sheet.subtitle}"[:255]
    properties.author = properties.last_modified_by = sheet.station[:255]
    properties.comments, properties.revision = "", 1
    properties.created = properties.modified = sheet.moment.replace(tzinfo=None)
