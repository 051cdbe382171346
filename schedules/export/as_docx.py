"""The week as a Word document, laid out after Nghị định 30/2020/NĐ-CP, Phụ lục I."""

from __future__ import annotations

import io
from typing import Any

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from schedules.export.archive import without_times
from schedules.export.sheet import (
    COLUMNS,
    COUNTRY,
    EMPTY,
    KEPT_TOGETHER,
    LEGEND,
    MERGED,
    MOTTO,
    SIMULATED,
    TITLE,
    SheetRow,
    WeekSheet,
    cells,
    days,
    footer,
    heights,
)

_FONT = "Times New Roman"
_WIDTHS = (14, 25, 30, 74, 12, 15, 27, 27, 28)
"""Millimetres, one for each column; 252 in all: A4 landscape less 30 left and 15 right."""
_LEFT_HALF, _RIGHT_HALF = 112, 140
_CODE = 14
"""Millimetres; the QR code in the footer."""
_CENTRED = (0, 1, 4, 5, 6, 7)
_AFTER_SHADE = ("w:noWrap", "w:tcMar", "w:textDirection", "w:tcFitText", "w:vAlign", "w:hideMark")
_AFTER_MERGE = ("w:tcBorders", "w:shd", *_AFTER_SHADE)
"""The schema's order of a cell's properties; Word refuses a file that breaks it."""
_HEAD_SHADE, _DAY_SHADE = "D9E2EC", "EEF2F6"


def render(sheet: WeekSheet) -> bytes:
    """A4 landscape; the header row repeats, rows do not split, the footer names the chain."""
    document = Document()
    _set_page(document, sheet)
    _letterhead(document, sheet)
    _title(document, sheet)
    if sheet.rows:
        _table(document, sheet)
        _line(document.add_paragraph(), LEGEND, 11, italic=True)
    else:
        _line(document.add_paragraph(), EMPTY, 13, italic=True, centred=True, space=18)
    _signatures(document, sheet)
    _describe(document, sheet)
    out = io.BytesIO()
    document.save(out)
    return without_times(out.getvalue())


def _set_page(document: Any, sheet: WeekSheet) -> None:
    style = document.styles["Normal"]
    style.font.name, style.font.size = _FONT, Pt(13)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for script in ("w:eastAsia", "w:cs", "w:hAnsi"):
        fonts.set(qn(script), _FONT)
    style.element.rPr.append(_element("w:lang", val="vi-VN", eastAsia="vi-VN"))
    style.paragraph_format.space_after = Pt(0)
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
    _run(pages, "Trang ", 9)
    _field(pages, "PAGE")
    _run(pages, "/", 9)
    _field(pages, "NUMPAGES")
    if text := footer(sheet):
        _line(part.add_paragraph(), text, 9, centred=True)


def _beside_a_code(part: Any) -> tuple[Any, Any]:
    """The footer's middle and its right end; Word wants a paragraph after every table."""
    table = part.add_table(rows=1, cols=3, width=Mm(_LEFT_HALF + _RIGHT_HALF))
    table.autofit = False
    widths = (_CODE, _LEFT_HALF + _RIGHT_HALF - 2 * _CODE - 2, _CODE + 2)
    for column, cell, width in zip(table.columns, table.rows[0].cells, widths, strict=True):
        column.width = cell.width = Mm(width)
        cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
    _line(part.add_paragraph(), "", 1)
    _, middle, right = table.rows[0].cells
    return middle, right


def _letterhead(document: Any, sheet: WeekSheet) -> None:
    ((left, right),) = _two_columns(document, _LEFT_HALF, _RIGHT_HALF)
    if sheet.parent:
        _line(left.paragraphs[0], sheet.parent.upper(), 13, centred=True)
        name = left.add_paragraph()
    else:
        name = left.paragraphs[0]
    _line(name, sheet.station.upper(), 13, bold=True, centred=True)
    _rule(left.add_paragraph(), _LEFT_HALF, 32)
    _line(right.paragraphs[0], COUNTRY, 13, bold=True, centred=True)
    _line(right.add_paragraph(), MOTTO, 14, bold=True, centred=True)
    _rule(right.add_paragraph(), _RIGHT_HALF, 59)
    if sheet.created:
        _line(right.add_paragraph(), sheet.created, 13, italic=True, centred=True)


def _title(document: Any, sheet: WeekSheet) -> None:
    _line(document.add_paragraph(), TITLE, 14, bold=True, centred=True, space=14)
    _line(document.add_paragraph(), sheet.subtitle, 13, bold=True, centred=True)
    rule = document.add_paragraph()
    _rule(rule, _LEFT_HALF + _RIGHT_HALF, 60)
    rule.paragraph_format.space_after = Pt(8)
    if sheet.simulated:
        mark = document.add_paragraph()
        _line(mark, SIMULATED, 13, bold=True, centred=True)
        mark.paragraph_format.space_after = Pt(8)


def _table(document: Any, sheet: WeekSheet) -> None:
    table = document.add_table(rows=0, cols=len(COLUMNS))
    table.style, table.alignment, table.autofit = "Table Grid", WD_TABLE_ALIGNMENT.CENTER, False
    _pad_cells(table)
    for column, width in zip(table.columns, _WIDTHS, strict=True):
        column.width = Mm(width)
    head = _add_row(table)
    head._tr.get_or_add_trPr().append(_element("w:tblHeader"))
    for cell, name in zip(head.cells, COLUMNS, strict=True):
        _shade(cell, _HEAD_SHADE)
        _line(cell.paragraphs[0], name, 12, bold=True, centred=True)
    for heading, rows in days(sheet):
        _day_band(table, heading)
        left = 0
        for row, height in zip(rows, heights(rows), strict=True):
            left = (height or left) - 1
            _item(table, row, height, together=0 < left < KEPT_TOGETHER)


def _day_band(table: Any, heading: str) -> None:
    parts = _add_row(table).cells
    band = parts[0].merge(parts[-1])
    _shade(band, _DAY_SHADE)
    paragraph = band.paragraphs[0]
    _line(paragraph, heading, 12, bold=True)
    paragraph.paragraph_format.keep_with_next = True


def _item(table: Any, row: SheetRow, height: int, *, together: bool) -> None:
    """One row; `together` keeps it on the page of the next one, which is of the same opening."""
    for column, (cell, text) in enumerate(zip(_add_row(table).cells, cells(row), strict=True)):
        paragraph = cell.paragraphs[0]
        paragraph.paragraph_format.keep_with_next = together
        if column < MERGED and height != 1:
            _merge_down(cell, "restart" if height else "continue")
        if column >= MERGED or height:
            _line(paragraph, text, 12, centred=column in _CENTRED)


def _merge_down(cell: Any, kind: str) -> None:
    merge = _element("w:vMerge", val=kind)
    cell._tc.get_or_add_tcPr().insert_element_before(merge, *_AFTER_MERGE)


def _add_row(table: Any) -> Any:
    row = table.add_row()
    row._tr.get_or_add_trPr().append(_element("w:cantSplit"))
    for cell, width in zip(row.cells, _WIDTHS, strict=True):
        cell.width = Mm(width)
        cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
    return row


def _signatures(document: Any, sheet: WeekSheet) -> None:
    document.add_paragraph()
    half = (_LEFT_HALF + _RIGHT_HALF) // 2
    titles, names = _two_columns(document, half, half, rows=2)
    approver = [line.upper() for line in sheet.approver_title.splitlines()] or ["NGƯỜI DUYỆT"]
    for cell, lines in zip(titles, (["NGƯỜI LẬP LỊCH"], approver), strict=True):
        for number, line in enumerate(lines):
            paragraph = cell.add_paragraph() if number else cell.paragraphs[0]
            _line(paragraph, line, 13, bold=True, centred=True)
            paragraph.paragraph_format.keep_with_next = True
    for cell, name in zip(names, (sheet.made_by, sheet.approver), strict=True):
        _line(cell.paragraphs[0], name, 13, bold=True, centred=True, space=62)


def _two_columns(document: Any, left: int, right: int, rows: int = 1) -> list[Any]:
    """Rows of two cells side by side without lines; widths in millimetres."""
    table = document.add_table(rows=rows, cols=2)
    table.alignment, table.autofit = WD_TABLE_ALIGNMENT.CENTER, False
    for column, width in zip(table.columns, (left, right), strict=True):
        column.width = Mm(width)
    for row in table.rows:
        row._tr.get_or_add_trPr().append(_element("w:cantSplit"))
        for cell, width in zip(row.cells, (left, right), strict=True):
            cell.width = Mm(width)
    return [row.cells for row in table.rows]


def _line(
    paragraph: Any,
    text: str,
    size: int,
    *,
    bold: bool = False,
    italic: bool = False,
    centred: bool = False,
    space: int = 0,
) -> None:
    """Put one line of text into an empty paragraph; `size` and `space` above it in points."""
    run = _run(paragraph, text, size)
    run.bold, run.italic = bold, italic
    paragraph.paragraph_format.space_before = Pt(space)
    if centred:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER


def _run(paragraph: Any, text: str, size: int) -> Any:
    run = paragraph.add_run(text)
    run.font.size = Pt(size)
    return run


def _field(paragraph: Any, code: str) -> None:
    field = _element("w:fldSimple", instr=code)
    run = OxmlElement("w:r")
    properties = OxmlElement("w:rPr")
    properties.append(_element("w:sz", val="18"))
    run.append(properties)
    shown = OxmlElement("w:t")
    shown.text = "1"
    run.append(shown)
    field.append(run)
    paragraph._p.append(field)


def _rule(paragraph: Any, width: int, length: int) -> None:
    """A centred rule of `length` in a column of `width` millimetres."""
    form = paragraph.paragraph_format
    form.left_indent = form.right_indent = Mm((width - length) / 2)
    form.space_before, form.line_spacing = Pt(3), Pt(4)
    borders = OxmlElement("w:pBdr")
    borders.append(_element("w:top", val="single", sz="6", space="1", color="000000"))
    paragraph._p.get_or_add_pPr().insert_element_before(
        borders, "w:shd", "w:tabs", "w:spacing", "w:ind", "w:jc", "w:rPr"
    )


def _shade(cell: Any, colour: str) -> None:
    shade = _element("w:shd", val="clear", color="auto", fill=colour)
    cell._tc.get_or_add_tcPr().insert_element_before(shade, *_AFTER_SHADE)


def _pad_cells(table: Any) -> None:
    margins = OxmlElement("w:tblCellMar")
    for side, width in (("top", 30), ("left", 60), ("bottom", 30), ("right", 60)):
        margins.append(_element(f"w:{side}", w=str(width), type="dxa"))
    table._tbl.tblPr.insert_element_before(margins, "w:tblLook", "w:tblCaption")


def _element(tag: str, **attributes: str) -> Any:
    element = OxmlElement(tag)
    for name, value in attributes.items():
        element.set(qn(f"w:{name}"), value)
    return element


def _describe(document: Any, sheet: WeekSheet) -> None:
    """File properties from the content alone: python-docx would leave its template's own."""
    properties = document.core_properties
    properties.title = f"{TITLE.capitalize()} – {sheet.subtitle}"[:255]
    properties.author = properties.last_modified_by = sheet.station[:255]
    properties.comments, properties.revision = "", 1
    properties.created = properties.modified = sheet.moment.replace(tzinfo=None)
