"""PDF documents with a text layer as paragraphs and tables, joined over lines and pages."""

from __future__ import annotations

import io
import re
import struct
import unicodedata
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from content.errors import UserError
from schedules.plan_reader.columns import match_titles
from schedules.plan_reader.paragraphs import Mark, mark_of, opens_paragraph
from schedules.plan_reader.pdf_guard import guard_pdf
from schedules.plan_reader.source import Block, SourceLine, SourceTable, TableRow
from schedules.plan_reader.tables import is_furniture, split_tables

MAX_PAGES = 1000
_PAGE_NUMBER = re.compile(r"\W*(?:trang\s*)?\d{1,4}(?:\s*/\s*\d{1,4})?\W*", re.I)
_EDGE = 0.09
"""Share of the page's height at its top and bottom where running heads stand."""
_REPEATED = 3
"""On so many pages the same line at an edge is a running head."""
_COLUMN_GAP = 18.0
"""Points between two words from which they stand in different columns."""
_SLACK = 6.0
_INDENT = 12.0
_PARAGRAPH_GAP = 1.2
"""Times the document's usual step from line to line, from which a new paragraph begins."""
_LEAST_GLYPHS = 0.02
"""Share of glyphs without a known letter from which the text layer is of no use."""
_UNKNOWN_GLYPH = re.compile(r"\(cid:\d+\)|\ufffd|[\ue000-\uf8ff]")
_DINGBATS = str.maketrans({"\uf0b7": "-", "\uf02d": "-", "\uf0a7": "-", "\uf0d8": "-"})
_SOFT = "\u00ad"
_ON_DAMAGE = (  # what pdfminer raises on damaged parts, found by damaging them
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    RecursionError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)
Count = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class _Line:
    """Words on one height; positions are in points from the page's top left corner."""

    page: int
    no: int
    text: str
    left: float
    right: float
    top: float
    bottom: float
    first_word: float
    """Width of the first word."""
    bold: bool = False
    column: bool = False
    """One of two columns side by side."""


@dataclass(frozen=True, slots=True)
class _Table:
    page: int
    left: float
    right: float
    rows: tuple[TableRow, ...]


@dataclass(frozen=True, slots=True)
class _Shape:
    """How a document is set: right margins by page, and its step from line to line."""

    margins: dict[int, float]
    step: float


@dataclass(slots=True)
class PdfText:
    """What a PDF holds; `page_of` tells the page of a line's number."""

    blocks: list[Block]
    page_of: dict[int, int]
    unread_pages: tuple[int, ...]
    """Pages that are only a picture."""


def pdf_text(data: bytes, name: str, count: Count = lambda done, total: None) -> PdfText:
    """Read the text layer; `count` is told (pages done, of how many).

    Raises UserError for a locked, damaged, far too large or scanned document.
    """
    guard_pdf(data, name)
    items, pages, empty = _items_of_pages(data, name, count)
    if not items:
        raise _scanned(name, pages)
    _refuse_unreadable(items, name)
    lines = [item for item in items if isinstance(item, _Line)]
    shape = _Shape(_right_margins(lines), _usual_step(lines))
    page_of = {item.no: item.page for item in lines}
    page_of |= {
        row.no: item.page for item in items if isinstance(item, _Table) for row in item.rows
    }
    return PdfText(list(_blocks(_without_heads(items, pages), shape)), page_of, tuple(empty))


_Item = _Line | _Table


def _items_of_pages(data: bytes, name: str, count: Count) -> tuple[list[_Item], int, list[int]]:
    import pdfplumber
    from pdfminer.pdfdocument import PDFEncryptionError, PDFPasswordIncorrect
    from pdfminer.psexceptions import PSException
    from pdfplumber.utils.exceptions import MalformedPDFException, PdfminerException

    items: list[_Item] = []
    empty: list[int] = []
    try:
        with pdfplumber.open(io.BytesIO(data)) as document:
            pages = len(document.pages)
            if pages > MAX_PAGES:
                raise _too_many(name, pages)
            numbers = _Numbers()
            for page in document.pages:
                _read_letters_lean(page)
                found = list(_items_of(page, numbers))
                items += found
                if not found and page.images:
                    empty.append(page.page_number)
                page.close()  # what was read of a page is kept otherwise: memory would grow
                count(page.page_number, pages)
    except UserError:
        raise
    except PdfminerException as error:
        locked = (PDFPasswordIncorrect, PDFEncryptionError)
        if any(isinstance(cause, locked) for cause in (*error.args, error.__cause__)):
            raise _locked(name) from error
        raise _damaged(name) from error
    except (PDFPasswordIncorrect, PDFEncryptionError) as error:
        raise _locked(name) from error
    except (PSException, MalformedPDFException, *_ON_DAMAGE) as error:
        raise _damaged(name) from error
    if not pages:
        raise _damaged(name)
    return items, pages, empty


_LETTER = ("x0", "y0", "x1", "y1", "width", "height", "size", "upright", "matrix", "adv")


def _read_letters_lean(page: Any) -> None:
    """Let pdfplumber keep of each letter only what words and tables are made of.

    Resolving every attribute of every letter was a fifth of the time of a whole document.
    """
    from pdfminer.layout import LTChar

    whole = page.process_object
    left, top = page.mediabox[:2]
    foot = page.height + top

    def process(item: Any) -> dict[str, Any]:
        if type(item) is not LTChar or not isinstance(item.fontname, str):
            found: dict[str, Any] = whole(item)
            return found
        kept = {name: getattr(item, name) for name in _LETTER}
        kept["x0"] += left
        kept["x1"] += left
        kept["top"] = foot - item.y1
        kept["bottom"] = foot - item.y0
        kept["doctop"] = page.initial_doctop + kept["top"]
        kept |= {"object_type": "char", "text": item.get_text(), "fontname": item.fontname}
        kept["page_number"] = page.page_number
        return kept

    page.process_object = process


class _Numbers:
    """Numbers lines and rows through the whole document, from 1."""

    def __init__(self) -> None:
        self._last = 0

    def next(self) -> int:
        self._last += 1
        return self._last


def _items_of(page: Any, numbers: _Numbers) -> Iterator[_Item]:
    """Lines and tables of one page, from top to bottom."""
    found = [t for t in page.find_tables() if len(t.rows) > 0]
    words = page.extract_words(
        use_text_flow=False, keep_blank_chars=False, x_tolerance=1.5, return_chars=True
    )
    tables = [(t, _rows(t)) for t in found]
    tables = [(t, rows) for t, rows in tables if max((len(r) for r in rows), default=0) > 1]
    boxes = [t.bbox for t, _ in tables]
    free = [word for word in words if not any(_inside(word, box) for box in boxes)]
    places: list[tuple[float, Any]] = [(line[0]["top"], line) for line in _same_height(free)]
    places += [(t.bbox[1], (t, rows)) for t, rows in tables]
    for _, item in sorted(places, key=lambda place: place[0]):
        if isinstance(item, tuple):
            table, rows = item
            numbered = tuple(TableRow(numbers.next(), tuple(row)) for row in rows)
            yield _Table(page.page_number, table.bbox[0], table.bbox[2], numbered)
        else:
            yield from _halves(page, item, numbers)


def _rows(table: Any) -> list[list[str]]:
    rows = [[_cell(cell) for cell in row] for row in table.extract(x_tolerance=1.5)]
    return [row for row in rows if any(row)]


def _cell(text: str | None) -> str:
    joined = ""
    for part in (text or "").split("\n"):
        joined = _join(joined, _clean(part))
    return joined


def _inside(word: dict[str, Any], box: tuple[float, float, float, float]) -> bool:
    middle = (word["x0"] + word["x1"]) / 2, (word["top"] + word["bottom"]) / 2
    return bool(box[0] <= middle[0] <= box[2] and box[1] <= middle[1] <= box[3])


def _same_height(words: Sequence[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Words grouped by line, left to right."""
    line: list[dict[str, Any]] = []
    for word in sorted(words, key=lambda w: (w["bottom"], w["x0"])):
        if line and word["bottom"] - line[0]["bottom"] > 0.45 * (word["bottom"] - word["top"]):
            yield sorted(line, key=lambda w: w["x0"])
            line = []
        line.append(word)
    if line:
        yield sorted(line, key=lambda w: w["x0"])


def _halves(page: Any, words: list[dict[str, Any]], numbers: _Numbers) -> Iterator[_Line]:
    """A line, or its two halves where a wide gap lies about the middle of the page."""
    no = numbers.next()
    gaps = [(_gap(page, words, i), i) for i in range(1, len(words))]
    widest, at = max(gaps, default=(0.0, 0))
    if widest >= _COLUMN_GAP:
        yield replace(_line(page, no, words[:at]), column=True)
        yield replace(_line(page, no, words[at:]), column=True)
    else:
        yield _line(page, no, words)


def _gap(page: Any, words: Sequence[dict[str, Any]], i: int) -> float:
    """Points before word `i` if a right column may begin there; not in "ngày      tháng"."""
    middle = (words[i]["x0"] + words[i - 1]["x1"]) / 2 / float(page.width)
    begins = words[i]["text"][:1].isupper() or words[i]["text"][:1] == "("
    if not (0.2 <= middle <= 0.8 and begins):
        return 0.0
    return float(words[i]["x0"] - words[i - 1]["x1"])


def _line(page: Any, no: int, words: Sequence[dict[str, Any]]) -> _Line:
    height = float(page.height)
    return _Line(
        page=page.page_number,
        no=no,
        text=_clean(" ".join(word["text"] for word in words)),
        left=words[0]["x0"],
        right=words[-1]["x1"],
        top=words[0]["top"] / height,
        bottom=words[0]["bottom"] / height,
        first_word=words[0]["x1"] - words[0]["x0"],
        bold=_is_bold([char for word in words for char in word["chars"]]),
    )


def _is_bold(chars: Sequence[dict[str, Any]]) -> bool:
    """Nearly all of it: a font without Vietnamese letters borrows them from another."""
    return sum("bold" in char["fontname"].lower() for char in chars) > 0.9 * len(chars)


def _clean(text: str) -> str:
    text = unicodedata.normalize("NFC", text.translate(_DINGBATS).replace("\u00a0", " "))
    return " ".join(text.replace("\u200b", "").replace("\ufeff", "").split())


def _without_heads(items: Sequence[_Item], pages: int) -> Iterator[_Item]:
    """Leave out page numbers and running heads and feet."""
    edges = Counter(
        _undated(item.text) for item in items if isinstance(item, _Line) and _at_edge(item)
    )
    for item in items:
        if isinstance(item, _Line) and _at_edge(item):
            if _PAGE_NUMBER.fullmatch(item.text):
                continue
            if pages >= _REPEATED and edges[_undated(item.text)] >= max(_REPEATED, pages // 2):
                continue
        yield item


def _at_edge(line: _Line) -> bool:
    return line.bottom < _EDGE or line.top > 1 - _EDGE


def _undated(text: str) -> str:
    return re.sub(r"\d+", "#", text)


def _right_margins(lines: Sequence[_Line]) -> dict[int, float]:
    """How far the text of each page reaches; that of the whole document where a page is short."""
    whole = _margin([line.right for line in lines if not line.column])
    pages: dict[int, list[float]] = {}
    for line in lines:
        if not line.column:
            pages.setdefault(line.page, []).append(line.right)
    return {
        line.page: _margin(pages[line.page]) if len(pages.get(line.page, ())) >= 12 else whole
        for line in lines
    }


def _usual_step(lines: Sequence[_Line]) -> float:
    steps = [
        round(b.top - a.top, 3) for a, b in pairwise(lines) if a.page == b.page and b.top > a.top
    ]
    return Counter(steps).most_common(1)[0][0] if steps else 1.0


def _margin(rights: Sequence[float]) -> float:
    return sorted(rights)[int(len(rights) * 0.97)] if rights else 0.0


def _blocks(items: Iterator[_Item], shape: _Shape) -> Iterator[Block]:
    run: list[_Line] = []
    table: _Table | None = None
    for item in items:
        if isinstance(item, _Line):
            if table is not None:
                yield from _finished(table)
                table = None
            run.append(item)
            continue
        yield from _paragraphs(run, shape)
        run = []
        if table is not None and _goes_on(table, item):
            table = replace(table, page=item.page, rows=_continued(table.rows, item.rows))
        else:
            if table is not None:
                yield from _finished(table)
            table = item
    if table is not None:
        yield from _finished(table)
    yield from _paragraphs(run, shape)


def _goes_on(table: _Table, following: _Table) -> bool:
    """The next page's part of the same table, with nothing between them."""
    same_edges = abs(table.left - following.left) < 15 and abs(table.right - following.right) < 15
    same_width = len(table.rows[0].cells) == len(following.rows[0].cells)
    return following.page == table.page + 1 and same_edges and same_width


def _continued(above: tuple[TableRow, ...], below: tuple[TableRow, ...]) -> tuple[TableRow, ...]:
    """A row cut by the page's end is put together again; a header printed again is left out."""
    if below[0].cells == above[0].cells:
        below = below[1:]
    elif below and not below[0].cells[0].strip() and not _titled(below[0]):
        last, first = above[-1], below[0]
        cells = tuple(_join(a, b) for a, b in zip(last.cells, first.cells, strict=True))
        above, below = (*above[:-1], TableRow(last.no, cells)), below[1:]
    return above + below


def _titled(row: TableRow) -> bool:
    return sum(field is not None for field in match_titles(row.cells)) >= 3


def _finished(table: _Table) -> Iterator[Block]:
    source = SourceTable(table.rows)
    if not is_furniture(source):
        yield source
        return
    for column in range(max(len(row.cells) for row in table.rows)):
        for row in table.rows:
            if column < len(row.cells) and row.cells[column]:
                yield SourceLine(row.no, row.cells[column])
                yield SourceLine(row.no, "")


def _paragraphs(lines: Sequence[_Line], shape: _Shape) -> Iterator[Block]:
    found: list[SourceLine] = []
    last: _Line | None = None
    for line in _columns_in_order(lines):
        if last is not None and _wraps(last, line, shape):
            joined = _join(found[-2].text.strip("*"), line.text)
            found[-2] = SourceLine(found[-2].no, _marked(joined, line.bold and last.bold))
        else:
            found += [SourceLine(line.no, _marked(line.text, line.bold)), SourceLine(line.no, "")]
        last = line
    yield from split_tables(found)


def _marked(text: str, bold: bool) -> str:
    return f"**{text}**" if bold and text else text


def _columns_in_order(lines: Sequence[_Line]) -> Iterator[_Line]:
    """Where two columns stand side by side, all of the left one and then all of the right one."""
    i = 0
    while i < len(lines):
        if not lines[i].column:
            yield lines[i]
            i += 1
            continue
        end, split = _end_of_columns(lines, i)
        block = lines[i:end]
        yield from (line for line in block if line.right <= split)
        yield from (line for line in block if line.right > split)
        i = end


def _end_of_columns(lines: Sequence[_Line], start: int) -> tuple[int, float]:
    """Up to the first line that lies across both columns, and where the left one ends."""
    lefts = [line.right for line in lines[start : start + 1]]
    end = start
    right_from = lines[start + 1].left if start + 1 < len(lines) else lines[start].right
    while end < len(lines) and lines[end].page == lines[start].page:
        line = lines[end]
        if line.column:
            pair = lines[end : end + 2]
            if len(pair) < 2 or pair[0].no != pair[1].no or pair[0].right >= right_from:
                break
            right_from = min(right_from, pair[1].left)
            lefts.append(pair[0].right)
            if max(lefts) >= right_from:
                break
            end += 2
        elif line.right < right_from or line.left > max(lefts):
            end += 1
        else:
            break
    return max(end, start + 2), right_from - 0.1


def _wraps(last: _Line, line: _Line, shape: _Shape) -> bool:
    """Whether `line` goes on in the paragraph of `last`, whose next word had no more room."""
    if last.column or line.column or last.bold != line.bold or _begins(line.text):
        return False
    if last.page == line.page and line.top - last.top > _PARAGRAPH_GAP * shape.step:
        return False
    margin = shape.margins[last.page]
    full = last.right + line.first_word + _SLACK / 2 > margin - _SLACK
    if not full:
        return False
    ended = re.search(r"[.;:]$|\./\.$", last.text) is not None
    indented = line.left - last.left > _INDENT
    return not (ended and (indented or (line.text[:1].isupper() and last.right < margin - _SLACK)))


def _begins(text: str) -> bool:
    """A new item of a list, or words that only a new paragraph begins with."""
    if opens_paragraph(text):
        return True
    mark, _, rest = mark_of(text)
    if mark in (Mark.DASH, Mark.PLUS):
        return not (rest[:1].isdigit() or rest[:1].islower())  # "2021" "- 2030", broken there
    return mark is not Mark.PLAIN


def _join(above: str, below: str) -> str:
    """Two pieces of a broken line; a soft hyphen goes, a hard one closes up ("KH-" "UBND")."""
    if not above or not below:
        return above or below
    if above.endswith(_SOFT):
        return above[:-1] + below
    if re.search(r"\w[-/]$", above) and below[0].isalnum():
        return above + below
    return f"{above} {below}"


def _refuse_unreadable(items: Sequence[_Item], name: str) -> None:
    text = "".join(i.text for i in items if isinstance(i, _Line))
    text += "".join(c for i in items if isinstance(i, _Table) for r in i.rows for c in r.cells)
    unknown = sum(len(m) for m in _UNKNOWN_GLYPH.findall(text))
    if unknown > _LEAST_GLYPHS * max(len(text), 1):
        raise UserError(
            "PDF có chữ nhưng không cho biết đó là chữ gì (phông chữ thiếu bảng mã).",
            "Hãy lấy bản Word gốc, hoặc chạy nhận dạng chữ (OCR) tiếng Việt cho tệp này.",
            file=name,
        )


def _scanned(name: str, pages: int) -> UserError:
    return UserError(
        f"PDF này là ảnh quét ({pages} trang), không có lớp chữ để đọc.",
        "Hãy lấy bản Word gốc, hoặc chạy nhận dạng chữ (OCR) tiếng Việt rồi nhập lại"
        " (ví dụ: ocrmypdf -l vie vào.pdf ra.pdf).",
        file=name,
    )


def _locked(name: str) -> UserError:
    return UserError(
        "PDF có mật khẩu.", "Hãy mở bằng mật khẩu rồi lưu một bản không khóa.", file=name
    )


def _damaged(name: str) -> UserError:
    return UserError(
        "PDF bị hỏng hoặc bị cắt cụt, không đọc được.",
        "Hãy tải hoặc chép lại tệp; nếu vẫn lỗi, hãy dùng bản Word gốc.",
        file=name,
    )


def _too_many(name: str, pages: int) -> UserError:
    return UserError(
        f"PDF có {pages} trang (giới hạn {MAX_PAGES} trang).",
        "Hãy tách phần kế hoạch và phụ lục ra tệp riêng.",
        file=name,
    )
