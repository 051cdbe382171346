"""The index as a Word document, A4 landscape; its links lead to the files beside it."""

from __future__ import annotations

import io
import re
import shutil
import zipfile
from collections.abc import Iterable, Iterator
from typing import IO, TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from broadcaster.pack import rows

if TYPE_CHECKING:
    from broadcaster.pack.export import Entry, Index, Link

_FONT = "Times New Roman"
_WIDTHS = (11, 32, 38, 72, 36, 42, 21)
"""Millimetres; 252 in all: A4 landscape less 30 left and 15 right."""
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_TWIPS = 56.7
_ALARM_WIDTHS = (11, 38, 46, 122, 35)
_BODY = "word/document.xml"
_HERE = "@@tables@@"
"""A paragraph of this text is where the tables go."""


def write(index: Index, out: IO[bytes]) -> None:
    """One table a task, streamed as XML: ten thousand rows are not rare, and the PC is small."""
    frame = zipfile.ZipFile(io.BytesIO(_frame(index)))
    with frame, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for info in frame.infolist():
            with frame.open(info) as source, made.open(info, "w", force_zip64=True) as target:
                if info.filename != _BODY:
                    shutil.copyfileobj(source, target)
                    continue
                before, after = _around(source.read().decode("utf-8"))
                target.write(before.encode("utf-8"))
                for piece in _tables(index):
                    target.write(piece.encode("utf-8"))
                target.write(after.encode("utf-8"))


def _around(xml: str) -> tuple[str, str]:
    """What stands before and after the paragraph that marks the tables' place."""
    at = xml.index(_HERE)
    begin = max(xml.rfind("<w:p>", 0, at), xml.rfind("<w:p ", 0, at))
    return xml[:begin], xml[xml.index("</w:p>", at) + len("</w:p>") :]


def _tables(index: Index) -> Iterator[str]:
    for heading, entries in index.tasks:
        lines = (_line(number, entry, index) for number, entry in enumerate(entries, 1))
        yield from _table(heading, rows.COLUMNS, _WIDTHS, lines)
    if index.alarms:
        lines = (
            _cells(rows.alarm_cells(number, alarm, index), _ALARM_WIDTHS)
            for number, alarm in enumerate(index.alarms, 1)
        )
        yield from _table(rows.ALARMS, rows.ALARM_COLUMNS, _ALARM_WIDTHS, lines)
    if index.simulated:
        lines = (_line(number, entry, index) for number, entry in enumerate(index.simulated, 1))
        yield from _table(rows.SIMULATED, rows.COLUMNS, _WIDTHS, lines)


def _frame(index: Index) -> bytes:
    """The document without its tables."""
    document = Document()
    _set_page(document)
    title = _paragraph(document, rows.TITLE, 14, bold=True)
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for line in rows.notes(index):
        _paragraph(document, line, 12)
    if index.plans:
        names = ", ".join(link.label for link in index.plans)
        _paragraph(document, f"Văn bản kế hoạch (thư mục ke-hoach): {names}", 12)
    if not index.tasks:
        _paragraph(document, "Không có tài liệu nào trong phạm vi này.", 13)
    _paragraph(document, _HERE, 12)
    document.core_properties.title = "Danh mục tài liệu kiểm chứng"
    document.core_properties.author = clean(index.station)[:255]
    document.core_properties.comments = ""
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def clean(text: str) -> str:
    """Without what XML, and so Word, cannot hold."""
    return _NOT_XML.sub("", text)


def _set_page(document: Any) -> None:
    style = document.styles["Normal"]
    style.font.name, style.font.size = _FONT, Pt(12)
    style.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), _FONT)
    style.paragraph_format.space_after = Pt(2)
    section = document.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Mm(297), Mm(210)
    section.top_margin = section.bottom_margin = Mm(20)
    section.left_margin, section.right_margin = Mm(30), Mm(15)


def _paragraph(document: Any, text: str, size: int, *, bold: bool = False) -> Any:
    paragraph = document.add_paragraph()
    run = paragraph.add_run(clean(text))
    run.font.size, run.bold = Pt(size), bold
    return paragraph


def _table(
    heading: str, columns: tuple[str, ...], widths: tuple[int, ...], lines: Iterable[str]
) -> Iterator[str]:
    yield (
        '<w:p><w:pPr><w:keepNext/><w:spacing w:before="200" w:after="40"/></w:pPr><w:r><w:rPr>'
        '<w:b/><w:sz w:val="26"/></w:rPr>'
        f'<w:t xml:space="preserve">{escape(clean(heading))}</w:t></w:r></w:p>'
    )
    head = "".join(
        _cell(_text(name, bold=True), width, fill="D9E2EC")
        for name, width in zip(columns, widths, strict=True)
    )
    grid = "".join(f'<w:gridCol w:w="{_twips(width)}"/>' for width in widths)
    borders = "".join(
        f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="000000"/>'
        for side in ("top", "left", "bottom", "right", "insideH", "insideV")
    )
    yield (
        f'<w:tbl><w:tblPr><w:tblW w:w="{_twips(sum(widths))}" w:type="dxa"/>'
        f'<w:tblBorders>{borders}</w:tblBorders><w:tblLayout w:type="fixed"/></w:tblPr>'
        f"<w:tblGrid>{grid}</w:tblGrid>"
        f"<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>{head}</w:tr>"
    )
    yield from lines
    yield "</w:tbl>"


def _line(number: int, entry: Entry, index: Index) -> str:
    texts = rows.cells(number, entry, index)
    parts = [_text(text) for text in texts]
    links = [_link(link) for link in entry.links]
    if entry.item.permalink and entry.item.permalink.startswith("http"):
        links.insert(0, _text(entry.item.permalink))
    parts[-2] = "".join(links) or _text("—")
    cells = "".join(_cell(part, width) for part, width in zip(parts, _WIDTHS, strict=True))
    return f"<w:tr><w:trPr><w:cantSplit/></w:trPr>{cells}</w:tr>"


def _cells(texts: tuple[str, ...], widths: tuple[int, ...]) -> str:
    cells = "".join(_cell(_text(text), width) for text, width in zip(texts, widths, strict=True))
    return f"<w:tr><w:trPr><w:cantSplit/></w:trPr>{cells}</w:tr>"


def _cell(content: str, width: int, fill: str = "") -> str:
    shade = f'<w:shd w:val="clear" w:color="auto" w:fill="{fill}"/>' if fill else ""
    return (
        f'<w:tc><w:tcPr><w:tcW w:w="{_twips(width)}" w:type="dxa"/>{shade}</w:tcPr>{content}</w:tc>'
    )


def _text(text: str, *, bold: bool = False) -> str:
    weight = "<w:b/>" if bold else ""
    runs = "<w:br/>".join(
        f'<w:t xml:space="preserve">{escape(line)}</w:t>' for line in clean(text).split("\n")
    )
    return f'<w:p><w:r><w:rPr>{weight}<w:sz w:val="20"/></w:rPr>{runs}</w:r></w:p>'


def _link(link: Link) -> str:
    """A field, because a relationship for each of many thousand files would cost minutes."""
    if link.path is None:
        return _text(f"{link.label} (tệp không còn)")
    style = '<w:rPr><w:color w:val="0B5394"/><w:sz w:val="20"/><w:u w:val="single"/></w:rPr>'
    return (
        f'<w:p><w:fldSimple w:instr=" HYPERLINK &quot;{escape(link.path)}&quot; "><w:r>{style}'
        f'<w:t xml:space="preserve">{escape(clean(link.label))}</w:t></w:r></w:fldSimple></w:p>'
    )


def _twips(millimetres: float) -> int:
    return round(millimetres * _TWIPS)
