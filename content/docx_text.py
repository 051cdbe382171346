"""The text of a Word document (.docx) as Markdown: headings, lists, tables, bold, links."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from content.docx_lists import ListLabels, style_chain
from content.errors import UserError
from content.text_file import empty_file

MAX_UNCOMPRESSED = 100 * 1024 * 1024
MAX_XML = 10 * 1024 * 1024
MAX_MEMBERS = 2000

_OLE = b"\xd0\xcf\x11\xe0"
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_NOT_TEXT = {_W + name for name in ("del", "moveFrom", "pPr", "rPr", "txbxContent")} | {_FALLBACK}
_SIGNS = {
    _W + "tab": "\t",
    _W + "br": "\n",
    _W + "cr": "\n",
    _W + "noBreakHyphen": "-",
}
_TITLE = -1
_MAX_COLUMNS = 63
"""Word's own limit."""
_RESAVE = "Hãy mở bằng Word, lưu lại dạng .docx, rồi thử lại."


@dataclass(frozen=True, slots=True)
class DocxTable:
    """A table: rows of cells, a cell is its paragraphs and nested tables in order.

    Of merged cells the first has the text, the others are empty.
    """

    rows: tuple[tuple[tuple[DocxPiece, ...], ...], ...]


DocxPiece: TypeAlias = "str | DocxTable"
"""A paragraph as Markdown, its soft line breaks kept, or a table."""
_Read = TypeVar("_Read")


def docx_to_markdown(data: bytes, name: str) -> str:
    """The document's text in order, deletions left out; raises UserError naming the file."""
    return _read(data, name, lambda reader, body: "\n\n".join(reader.blocks(body)))


def docx_pieces(data: bytes, name: str) -> list[DocxPiece]:
    """As `docx_to_markdown`, but tables are told apart and blank paragraphs are kept ("")."""
    return _read(data, name, lambda reader, body: reader.pieces(body))


def _read(data: bytes, name: str, read: Callable[[_Reader, Any], _Read]) -> _Read:
    guard_docx(data, name)
    import docx
    from docx.opc.exceptions import OpcError
    from docx.oxml.exceptions import InvalidXmlError

    try:
        document = docx.Document(io.BytesIO(data))
        return read(_Reader(document), document.element.body)
    except (  # what python-docx and lxml raise on damaged parts, found by damaging them
        OpcError,
        InvalidXmlError,
        zipfile.BadZipFile,
        zlib.error,
        SyntaxError,  # lxml's parse errors
        LookupError,
        ValueError,
        AttributeError,
        TypeError,
        NotImplementedError,
        EOFError,
        OSError,
        RecursionError,
    ) as error:
        raise UserError("Tệp Word bị hỏng, không đọc được.", _RESAVE, file=name) from error


def guard_docx(data: bytes, name: str) -> None:
    """Refuse what is no .docx, is locked, or would unpack to far too much (a zip bomb)."""
    if not data:
        raise empty_file(name)
    if data.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise _locked(name)
        raise UserError("Đây là tệp Word cũ (.doc) mang đuôi .docx.", _RESAVE, file=name)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError, OSError):
        raise UserError(
            "Tệp không phải tệp Word (.docx) hoặc đã bị hỏng.", _RESAVE, file=name
        ) from None
    _guard_size(members, name)
    if any(member.flag_bits & 1 for member in members):
        raise _locked(name)
    if "word/document.xml" not in {member.filename for member in members}:
        raise UserError(
            "Tệp nén này không phải tài liệu Word.",
            "Hãy chọn tệp .docx do Word lưu.",
            file=name,
        )


def _guard_size(members: list[zipfile.ZipInfo], name: str) -> None:
    total = sum(member.file_size for member in members)
    xml = sum(member.file_size for member in members if member.filename.endswith((".xml", ".rels")))
    if len(members) > MAX_MEMBERS or total > MAX_UNCOMPRESSED or xml > MAX_XML:
        raise UserError(
            "Tệp Word khi giải nén quá lớn, có thể là tệp độc hại "
            f"(giới hạn {MAX_UNCOMPRESSED // (1024 * 1024)} MB, {MAX_MEMBERS} thành phần).",
            "Hãy bỏ bớt hình ảnh hoặc chép nội dung sang tệp mới.",
            file=name,
        )


def _locked(name: str) -> UserError:
    return UserError("Tệp Word có mật khẩu.", "Hãy bỏ mật khẩu trong Word rồi lưu lại.", file=name)


class _Reader:
    """Walks the XML itself, for python-docx skips content controls, insertions and text boxes."""

    def __init__(self, document: Any) -> None:
        self._document = document
        self._labels = ListLabels(document)
        self._levels: dict[str | None, int] = {}
        paragraphs = document.element.body.iter(_W + "p")
        styles = {paragraph.style for paragraph in paragraphs}
        self._has_title = any(self._style_level(style) == _TITLE for style in styles)

    def blocks(self, container: Any) -> Iterator[str]:
        """Paragraphs and tables in order, as Markdown blocks; the items of a list stay together."""
        items: list[str] = []
        for is_item, piece in self._pieces(container):
            block = _markdown_table(piece) if isinstance(piece, DocxTable) else piece
            if not block:
                continue
            if items and not is_item:
                yield "\n".join(items)
                items = []
            if is_item:
                items.append(block)
            else:
                yield block
        if items:
            yield "\n".join(items)

    def pieces(self, container: Any) -> list[DocxPiece]:
        """Paragraphs and tables in order."""
        return [piece for _, piece in self._pieces(container)]

    def _pieces(self, container: Any) -> Iterator[tuple[bool, DocxPiece]]:
        for element in container:
            if element.tag == _W + "p":
                yield from self._paragraph(element)
            elif element.tag == _W + "tbl":
                yield False, self._table(element)
            elif element.tag not in _NOT_TEXT and isinstance(element.tag, str):
                yield from self._pieces(element)  # w:sdt, w:ins, w:customXml

    def _paragraph(self, element: Any) -> Iterator[tuple[bool, DocxPiece]]:
        text = _inline(element).strip()
        if not text:
            yield False, ""
        else:
            level = self._heading_level(element)
            label = None if level else self._labels.label(element)
            if level:
                yield False, "#" * level + " " + _one_line(_plain(text))
            elif label is not None:
                yield True, label + _one_line(text)
            else:
                yield False, text
        for box in element.iter(_W + "txbxContent"):
            if _nearest(box, "p") is element and not _is_fallback(box):
                yield from self._pieces(box)

    def _heading_level(self, element: Any) -> int:
        """1 to 6, 0 for ordinary text; below a Title every heading steps down by one."""
        name = element.style
        if name not in self._levels:
            self._levels[name] = self._style_level(name)
        level = self._levels[name]
        return min(level + self._has_title, 6) if level > 0 else int(level == _TITLE)

    def _style_level(self, name: str | None) -> int:
        """Its heading level, _TITLE, or 0."""
        for style in style_chain(self._document.styles, name):
            if style.name == "Title":
                return _TITLE
            if found := re.fullmatch(r"[Hh]eading ([1-9])", style.name or ""):
                return int(found.group(1))
        return 0

    def _table(self, table: Any) -> DocxTable:
        rows = [row for row in table.iter(_W + "tr") if _nearest(row, "tbl") is table]
        return DocxTable(tuple(self._cells(row) for row in rows))

    def _cells(self, row: Any) -> tuple[tuple[DocxPiece, ...], ...]:
        cells: list[tuple[DocxPiece, ...]] = [()] * _skipped(row)
        for cell in row.iter(_W + "tc"):
            if _nearest(cell, "tr") is not row:
                continue
            hidden = _is_merged_away(cell)
            cells.append(() if hidden else tuple(p for p in self.pieces(cell) if p))
            span = cell.find(f"{_W}tcPr/{_W}gridSpan")
            columns = int(span.get(_W + "val", "1")) if span is not None else 1
            cells.extend([()] * min(columns - 1, _MAX_COLUMNS))
        return tuple(cells)


def _is_merged_away(cell: Any) -> bool:
    """Covered by the cell above it; what may still stand in the file is not shown."""
    merge = cell.find(f"{_W}tcPr/{_W}vMerge")
    return merge is not None and merge.get(_W + "val", "continue") == "continue"


def _skipped(row: Any) -> int:
    """Grid columns that a row leaves out at its beginning."""
    before = row.find(f"{_W}trPr/{_W}gridBefore")
    return min(int(before.get(_W + "val", "0")), _MAX_COLUMNS) if before is not None else 0


def _nearest(element: Any, name: str) -> Any:
    """The nearest element of this name around one (tables and text boxes may be nested)."""
    return next(element.iterancestors(_W + name), None)


def _is_fallback(element: Any) -> bool:
    """Word writes a text box twice, once for old programs."""
    return next(element.iterancestors(_FALLBACK), None) is not None


def _markdown_table(table: DocxTable) -> str:
    rows = [[_one_line(_cell_text(cell)) for cell in row] for row in table.rows]
    rows = [row for row in rows if any(row)]
    if not rows:
        return ""
    width = min(max(map(len, rows)), _MAX_COLUMNS)
    if width == 1:
        return "\n\n".join(row[0] for row in rows)
    lines = [_table_line(row + [""] * (width - len(row))) for row in rows]
    return "\n".join([lines[0], "|" + " --- |" * width, *lines[1:]])


def _cell_text(cell: tuple[DocxPiece, ...]) -> str:
    return " ".join(_markdown_table(p) if isinstance(p, DocxTable) else p for p in cell)


def _table_line(cells: list[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _inline(paragraph: Any) -> str:
    """The paragraph's runs with bold as Markdown; neighbours of one weight are one stretch."""
    stretches: list[tuple[bool, str]] = []
    for run in _runs(paragraph):
        text = _run_text(run)
        bold = _is_bold(run) if text.strip() else bool(stretches and stretches[-1][0])
        if stretches and stretches[-1][0] == bold:
            text = stretches.pop()[1] + text
        if text:
            stretches.append((bold, text))
    return "".join(_strong(text) if bold else text for bold, text in stretches)


def _runs(element: Any) -> Iterator[Any]:
    for child in element:
        if child.tag == _W + "r":
            yield child
        elif child.tag not in _NOT_TEXT:
            yield from _runs(child)  # hyperlinks, insertions, fields, smart tags


def _run_text(run: Any) -> str:
    parts = []
    for child in run:
        if child.tag == _W + "t":
            parts.append(child.text or "")
        elif child.tag in _SIGNS:
            parts.append(_SIGNS[child.tag])
    return "".join(parts)


def _is_bold(run: Any) -> bool:
    mark = run.find(f"{_W}rPr/{_W}b")
    return mark is not None and mark.get(_W + "val", "1") not in ("0", "false", "off")


def _strong(text: str) -> str:
    """Bold without the blanks at its ends, line by line, as Markdown wants it."""
    return "\n".join(
        re.sub(r"^(\s*)(.*?)(\s*)$", r"\1**\2**\3", line) if line.strip() else line
        for line in text.split("\n")
    )


def _plain(text: str) -> str:
    return text.replace("**", "")


def _one_line(text: str) -> str:
    return " ".join(text.split())
