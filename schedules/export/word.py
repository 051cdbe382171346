"""Pieces of official Word documents (Nghị định 30/2020/NĐ-CP, PL I) that every paper shares."""

from __future__ import annotations

from typing import Any

from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from schedules.export.sheet import COUNTRY, MOTTO

FONT = "Times New Roman"
AFTER_SHADE = ("w:noWrap", "w:tcMar", "w:textDirection", "w:tcFitText", "w:vAlign", "w:hideMark")
AFTER_MERGE = ("w:tcBorders", "w:shd", *AFTER_SHADE)
"""The schema's order of a cell's properties; Word refuses a file that breaks it."""
_STATION_RULE, _MOTTO_RULE = 32, 59
"""Millimetres: a third to a half of the station's name, and as long as the motto."""


def set_fonts(document: Any, size: int = 13) -> None:
    """Times New Roman in every script, Vietnamese as the language, no space between paragraphs."""
    style = document.styles["Normal"]
    style.font.name, style.font.size = FONT, Pt(size)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for script in ("w:eastAsia", "w:cs", "w:hAnsi"):
        fonts.set(qn(script), FONT)
    style.element.rPr.append(element("w:lang", val="vi-VN", eastAsia="vi-VN"))
    style.paragraph_format.space_after = Pt(0)


def letterhead(
    document: Any, halves: tuple[int, int], parent: str, station: str, size: int = 13
) -> tuple[Any, Any]:
    """Names on the left, country and motto on the right, each with its rule; the two cells.

    `halves` are the widths of the two sides in millimetres; `size` in points, the motto's is one
    more.
    """
    left_half, right_half = halves
    ((left, right),) = two_columns(document, left_half, right_half)
    name = left.paragraphs[0]
    if parent:
        put(name, parent.upper(), size, centred=True)
        name = left.add_paragraph()
    put(name, station.upper(), size, bold=True, centred=True)
    add_rule(left.add_paragraph(), left_half, _STATION_RULE)
    put(right.paragraphs[0], COUNTRY, size, bold=True, centred=True)
    put(right.add_paragraph(), MOTTO, size + 1, bold=True, centred=True)
    add_rule(right.add_paragraph(), right_half, _MOTTO_RULE)
    return left, right


def two_columns(document: Any, left: int, right: int, rows: int = 1) -> list[Any]:
    """Rows of two cells side by side without lines; widths in millimetres."""
    table = document.add_table(rows=rows, cols=2)
    table.alignment, table.autofit = WD_TABLE_ALIGNMENT.CENTER, False
    for column, width in zip(table.columns, (left, right), strict=True):
        column.width = Mm(width)
    for row in table.rows:
        row._tr.get_or_add_trPr().append(element("w:cantSplit"))
        for cell, width in zip(row.cells, (left, right), strict=True):
            cell.width = Mm(width)
    return [row.cells for row in table.rows]


def put(
    paragraph: Any,
    text: str,
    size: float,
    *,
    bold: bool = False,
    italic: bool = False,
    centred: bool = False,
    space: int = 0,
) -> None:
    """Put one line of text into an empty paragraph; `size` and `space` above it in points."""
    run = add_run(paragraph, text, size)
    run.bold, run.italic = bold, italic
    paragraph.paragraph_format.space_before = Pt(space)
    if centred:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER


def add_run(paragraph: Any, text: str, size: float) -> Any:
    """One more piece of text in a paragraph."""
    run = paragraph.add_run(text)
    run.font.size = Pt(size)
    return run


def add_field(paragraph: Any, code: str, size: int = 9) -> None:
    """A number that Word fills in: PAGE, NUMPAGES."""
    field = element("w:fldSimple", instr=code)
    run = OxmlElement("w:r")
    properties = OxmlElement("w:rPr")
    properties.append(element("w:sz", val=str(2 * size)))
    run.append(properties)
    shown = OxmlElement("w:t")
    shown.text = "1"
    run.append(shown)
    field.append(run)
    paragraph._p.append(field)


def add_rule(paragraph: Any, width: float, length: float) -> None:
    """A centred rule of `length` in a column of `width` millimetres."""
    form = paragraph.paragraph_format
    form.left_indent = form.right_indent = Mm((width - length) / 2)
    form.space_before, form.line_spacing = Pt(3), Pt(4)
    borders = OxmlElement("w:pBdr")
    borders.append(element("w:top", val="single", sz="6", space="1", color="000000"))
    paragraph._p.get_or_add_pPr().insert_element_before(
        borders, "w:shd", "w:tabs", "w:spacing", "w:ind", "w:jc", "w:rPr"
    )


def shade(cell: Any, colour: str) -> None:
    """A cell's background, "D9E2EC"."""
    fill = element("w:shd", val="clear", color="auto", fill=colour)
    cell._tc.get_or_add_tcPr().insert_element_before(fill, *AFTER_SHADE)


def pad_cells(table: Any) -> None:
    """Room between the text and the lines of a table."""
    margins = OxmlElement("w:tblCellMar")
    for side, width in (("top", 30), ("left", 60), ("bottom", 30), ("right", 60)):
        margins.append(element(f"w:{side}", w=str(width), type="dxa"))
    table._tbl.tblPr.insert_element_before(margins, "w:tblLook", "w:tblCaption")


def element(tag: str, **attributes: str) -> Any:
    """An element of the schema with attributes of the same namespace."""
    made = OxmlElement(tag)
    for name, value in attributes.items():
        made.set(qn(f"w:{name}"), value)
    return made
