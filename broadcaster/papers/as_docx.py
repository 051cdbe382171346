"""An official paper as a Word document to be edited and signed (Nghị định 30/2020/NĐ-CP, PL I)."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime
from itertools import groupby, zip_longest
from typing import Any

from docx import Document
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_COLOR_INDEX, WD_LINE_SPACING
from docx.shared import Mm, Pt

from broadcaster.papers.charts import picture
from broadcaster.papers.paper import (
    Annex,
    Block,
    Chart,
    Line,
    Look,
    Paper,
    Paragraph,
    Signature,
    Table,
    name_lines,
    plain,
    text_of,
)
from schedules.export.archive import without_times
from schedules.export.word import (
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

_LONG, _SHORT = 297, 210
_TOP, _LEFT, _RIGHT = 20, 30, 15
"""Margins in millimetres: top and bottom 20 to 25, left 30 to 35, right 15 to 20."""
_HALVES = (68, 97)
"""Of the letterhead; 165 in all: A4 less its margins."""
_BODY, _SMALL, _TABLE = 14, 13, 12
_INDENT = 12.7
_CHART_WIDTH = 150
_CODE = 12
_ANCHOR = 7.5
"""A hash and a record's number of seven digits in one line."""
_SIGNATURE_ROOM = 60
"""Points between the titles and the name."""
_HEAD_SHADE = "D9E2EC"
_FIXED_TIME = datetime(2020, 3, 5)  # noqa: DTZ001 - Word's properties carry no zone
"""Of file properties: the decree's day, for a paper must not change with the clock."""


def render(paper: Paper) -> bytes:
    """A4; the same paper gives the same bytes."""
    document = Document()
    set_fonts(document, _BODY)
    _set_page(document.sections[0], landscape=False)
    _page_numbers(document.sections[0], paper)
    _head(document, paper)
    _title(document, paper)
    _addressees(document, paper)
    _blocks(document, paper.blocks, _SHORT - _LEFT - _RIGHT)
    # A signature never stands alone on a page: the last words go with it.
    document.paragraphs[-1].paragraph_format.keep_with_next = True
    _foot(document, paper)
    for place, annex in enumerate(paper.annexes):
        _annex(document, paper, annex, place)
    _describe(document, paper)
    out = io.BytesIO()
    document.save(out)
    return without_times(out.getvalue())


def _set_page(section: Any, *, landscape: bool) -> None:
    width, height = (_LONG, _SHORT) if landscape else (_SHORT, _LONG)
    section.orientation = WD_ORIENT.LANDSCAPE if landscape else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = Mm(width), Mm(height)
    section.top_margin = section.bottom_margin = Mm(_TOP)
    section.left_margin, section.right_margin = Mm(_LEFT), Mm(_RIGHT)
    # The code in the foot is higher than a line: it begins lower, so that no text touches it.
    section.header_distance, section.footer_distance = Mm(10), Mm(6)
    # The number of the first page is not shown; every part of the paper counts from 1.
    section.different_first_page_header_footer = True
    section._sectPr.insert_element_before(
        element("w:pgNumType", start="1"), "w:cols", "w:titlePg", "w:docGrid"
    )


def _page_numbers(section: Any, paper: Paper) -> None:
    top = section.header.paragraphs[0]
    top.alignment = WD_ALIGN_PARAGRAPH.CENTER
    add_field(top, "PAGE", _SMALL)
    for part in (section.footer, section.first_page_footer):
        _anchor(part.paragraphs[0], paper)


def _anchor(paragraph: Any, paper: Paper) -> None:
    """The line that ties the paper to the evidence chain, its QR code in front."""
    if paper.anchor is None:
        return
    paragraph.add_run().add_picture(io.BytesIO(paper.anchor.png()), height=Mm(_CODE))
    put(paragraph, f"  {paper.anchor.line}", _ANCHOR, centred=True)


def _head(document: Any, paper: Paper) -> None:
    parent, station = ("\n".join(name_lines(one)) for one in (paper.parent, paper.station))
    letterhead(document, _HALVES, parent, station, 12)
    ((left, right),) = two_columns(document, *_HALVES)
    if paper.number:
        put(left.paragraphs[0], f"Số: {paper.number}", _SMALL, centred=True)
    put(right.paragraphs[0], paper.dated, _SMALL, italic=True, centred=True)


def _title(document: Any, paper: Paper) -> None:
    put(document.add_paragraph(), paper.kind.upper(), _BODY, bold=True, centred=True, space=14)
    subject = document.add_paragraph()
    subject.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _fill(subject, paper.subject, _BODY, bold=True)
    rule = document.add_paragraph()
    add_rule(rule, _SHORT - _LEFT - _RIGHT, 60)
    rule.paragraph_format.space_after = Pt(8)


def _addressees(document: Any, paper: Paper) -> None:
    if not paper.to:
        return
    lines = (
        [(*plain("Kính gửi: "), *paper.to[0], *plain("."))]
        if len(paper.to) == 1
        else [plain("Kính gửi:")]
        + [(*plain("- "), *line, *plain("." if line is paper.to[-1] else ";")) for line in paper.to]
    )
    for line in lines:
        paragraph = document.add_paragraph()
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        _fill(paragraph, line, _BODY)
    paragraph.paragraph_format.space_after = Pt(8)


def _blocks(document: Any, blocks: Sequence[Block], width: float) -> None:
    """The words that announce something (a table, a list, a hash) go with it."""
    for block, after in zip_longest(blocks, blocks[1:]):
        ends_open = isinstance(block, Paragraph) and text_of(block.line).rstrip().endswith(":")
        shown = after is not None and not isinstance(after, Paragraph)
        _block(document, block, width, announces=shown or ends_open)


def _block(document: Any, block: Block, width: float, *, announces: bool) -> None:
    if isinstance(block, Paragraph):
        _paragraph(document.add_paragraph(), block)
        if announces:
            document.paragraphs[-1].paragraph_format.keep_with_next = True
    elif isinstance(block, Table):
        _table(document, block, width)
    else:
        _chart(document, block)


def _paragraph(paragraph: Any, block: Paragraph) -> None:
    form = paragraph.paragraph_format
    form.space_after = Pt(6)
    form.line_spacing_rule = WD_LINE_SPACING.MULTIPLE
    form.line_spacing = 1.1
    heading = block.look in (Look.CHAPTER, Look.SECTION)
    if block.look is Look.CENTRED:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    else:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
        form.first_line_indent = Mm(_INDENT)
    form.keep_with_next = heading
    _fill(paragraph, block.line, _BODY, bold=heading, italic=block.look is Look.ITALIC)


def _fill(
    paragraph: Any, line: Line, size: int, *, bold: bool = False, italic: bool = False
) -> None:
    """The spans of a line; places for the officer are marked yellow."""
    for blank, spans in groupby(line, key=lambda span: span.blank):
        run = add_run(paragraph, "".join(span.text for span in spans), size)
        if bold:
            run.bold = True
        if italic or blank:
            run.italic = True
        if blank:
            run.font.highlight_color = WD_COLOR_INDEX.YELLOW


def _table(document: Any, block: Table, width: float) -> None:
    table = document.add_table(rows=0, cols=len(block.columns))
    table.style, table.alignment, table.autofit = "Table Grid", WD_TABLE_ALIGNMENT.CENTER, False
    pad_cells(table)
    whole = sum(column.width for column in block.columns)
    widths = [Mm(width * column.width / whole) for column in block.columns]
    for column, wide in zip(table.columns, widths, strict=True):
        column.width = wide
    head = _row(table, widths, repeated=True)
    for cell, column in zip(head, block.columns, strict=True):
        shade(cell, _HEAD_SHADE)
        put(cell.paragraphs[0], column.title, _TABLE, bold=True, centred=True)
        cell.paragraphs[0].paragraph_format.keep_with_next = True
    for place, row in enumerate(block.rows, start=2):
        for cell, column, line in zip(_row(table, widths), block.columns, row, strict=True):
            paragraph = cell.paragraphs[0]
            if column.centred:
                paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
            _fill(paragraph, line, _TABLE)
            # Neither the titles nor the sum stand alone on a page.
            paragraph.paragraph_format.keep_with_next = place == len(block.rows)
    document.add_paragraph().paragraph_format.line_spacing = Pt(6)


def _row(table: Any, widths: list[Any], *, repeated: bool = False) -> list[Any]:
    row = table.add_row()
    properties = row._tr.get_or_add_trPr()
    properties.append(element("w:cantSplit"))
    if repeated:
        properties.append(element("w:tblHeader"))
    cells = list(row.cells)
    for cell, width in zip(cells, widths, strict=True):
        cell.width = width
    return cells


def _chart(document: Any, block: Chart) -> None:
    paragraph = document.add_paragraph()
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    paragraph.paragraph_format.keep_with_next = True
    drawing = paragraph.add_run().add_picture(io.BytesIO(picture(block)), width=Mm(_CHART_WIDTH))
    said = "; ".join(f"{bar.label}: {bar.figure.shown}" for bar in block.bars)
    drawing._inline.docPr.set("descr", f"{block.title}. {said}")
    caption = document.add_paragraph()
    put(caption, f"Biểu đồ: {block.title}", _SMALL, italic=True, centred=True)
    caption.paragraph_format.space_after = Pt(6)


def _foot(document: Any, paper: Paper) -> None:
    """Nơi nhận on the left and the signature on the right, or two signatures."""
    gap = document.add_paragraph().paragraph_format
    gap.line_spacing, gap.keep_with_next = Pt(8), True
    if len(paper.signatures) > 1:
        cells = two_columns(document, 82, 83)[0]
        for cell, signature in zip(cells, paper.signatures, strict=False):
            _sign(cell, signature)
        return
    ((left, right),) = two_columns(document, 78, 87)
    _copies(left, paper)
    for signature in paper.signatures:
        _sign(right, signature)


def _copies(cell: Any, paper: Paper) -> None:
    if not paper.recipients:
        return
    put(cell.paragraphs[0], "Nơi nhận:", 12, bold=True, italic=True)
    for place, name in enumerate(paper.recipients, start=1):
        end = "." if place == len(paper.recipients) else ";"
        put(cell.add_paragraph(), f"- {name}{end}", 11)


def _sign(cell: Any, signature: Signature) -> None:
    for place, title in enumerate(signature.titles):
        paragraph = cell.add_paragraph() if place else cell.paragraphs[0]
        put(paragraph, title.upper(), _SMALL, bold=True, centred=True)
        paragraph.paragraph_format.keep_with_next = True
    if signature.note:
        put(cell.add_paragraph(), signature.note, _SMALL, italic=True, centred=True)
    put(cell.add_paragraph(), signature.name, _SMALL + 1, bold=True, centred=True,
        space=_SIGNATURE_ROOM)  # fmt: skip


def _annex(document: Any, paper: Paper, annex: Annex, place: int) -> None:
    section = document.add_section(WD_SECTION.NEW_PAGE)
    for old in section._sectPr.findall(element("w:pgNumType").tag):
        section._sectPr.remove(old)
    _set_page(section, landscape=annex.landscape)
    name = "Phụ lục" if len(paper.annexes) == 1 else f"Phụ lục {_ROMAN[place]}"
    put(document.add_paragraph(), name, _BODY, bold=True, centred=True)
    put(document.add_paragraph(), annex.title.upper(), _SMALL, bold=True, centred=True)
    note = document.add_paragraph()
    put(note, paper.attached_to, _SMALL, italic=True, centred=True)
    note.paragraph_format.space_after = Pt(8)
    width = (_LONG if annex.landscape else _SHORT) - _LEFT - _RIGHT
    _blocks(document, annex.blocks, width)


_ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X")


def _describe(document: Any, paper: Paper) -> None:
    """File properties from the content alone: python-docx would leave its template's own."""
    properties = document.core_properties
    properties.title = f"{paper.kind.capitalize()} {text_of(paper.subject)}"[:255]
    properties.author = properties.last_modified_by = paper.station[:255]
    properties.comments, properties.revision = "", 1
    properties.created = properties.modified = _FIXED_TIME
