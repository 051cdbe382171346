"""Templates (mẫu văn bản): plain text files that a commune can change, and what fills them.

A header of `key: value` lines, a line `---`, then the text, one paragraph a line:

    # I. CHAPTER        ## 1. Section       - item        > centred       // a remark
    {key}               a figure or a name; an empty one becomes a marked place
    [[words]]           a marked place for the officer
    @if key: …          the line only when there is something to say; @unless key: … the opposite
    @each list: …       the line once for each entry, its own keys in braces
    @table name         @chart name
    @annex title        what follows is an annex; "@annex landscape title" lies on its side
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

from broadcaster.papers.paper import (
    Annex,
    Block,
    Chart,
    Figure,
    Line,
    Look,
    Paragraph,
    Signature,
    Span,
    Table,
    text_of,
)
from content.draft import clean_line
from content.errors import Problem, UserError
from content.text_file import read_text

FOLDER = "templates"
"""Of the home: a file of the same name there is used instead of the program's own."""
SUFFIX = ".txt"
_FENCE = "---"
_MOST_NAMES = 12
_SINGLE = ("kind", "symbol", "subject", "needs")
_REPEATED = ("to", "recipient", "sign")
_REQUIRED = ("kind", "subject")
_TOKEN = re.compile(r"\{(?P<key>[^{}]*)\}|\[\[(?P<blank>.*?)\]\]")
_CONDITION = re.compile(r"@(?P<verb>if|unless|each) +(?P<key>[\w.]+) *: *(?P<rest>.*)")
_PART = re.compile(r"@(?P<verb>table|chart) +(?P<name>\w+)")
_ANNEX = re.compile(r"@annex +(?P<side>landscape +)?(?P<title>.+)")
_LOOKS = {"## ": Look.SECTION, "# ": Look.CHAPTER, "> ": Look.CENTRED}
_VERBS = "@if, @unless, @each, @table, @chart, @annex"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a template, with where it stands."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Template:
    """A template as read: header entries and body lines, nothing filled in yet."""

    name: str
    file: str
    header: Mapping[str, tuple[Row, ...]]
    body: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Filling:
    """What a template may use."""

    single: Mapping[str, Figure]
    lists: Mapping[str, Sequence[Mapping[str, Figure]]] = field(default_factory=dict)
    tables: Mapping[str, Table] = field(default_factory=dict)
    charts: Mapping[str, Chart] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Filled:
    """A template with everything filled in."""

    kind: str
    symbol: str
    subject: Line
    to: tuple[Line, ...]
    recipients: tuple[str, ...]
    signatures: tuple[Signature, ...]
    blocks: tuple[Block, ...]
    annexes: tuple[Annex, ...]


def names(home: Path) -> dict[str, Path | None]:
    """Every template by name; the file of the home that replaces or adds it, None for our own."""
    own = resources.files("broadcaster.papers").joinpath(FOLDER).iterdir()
    found: dict[str, Path | None] = {
        one.name.removesuffix(SUFFIX): None for one in own if one.name.endswith(SUFFIX)
    }
    for path in sorted((home / FOLDER).glob(f"*{SUFFIX}")):
        found[path.stem] = path
    return dict(sorted(found.items()))


def find(home: Path, name: str) -> Template:
    """The commune's template of this name, else the program's own. Raises UserError."""
    path = _known(home, name)
    return parse(text_of_template(home, name), name, str(path) if path else f"{name}{SUFFIX}")


def text_of_template(home: Path, name: str) -> str:
    """The text that `find` reads, to be copied and changed. Raises UserError."""
    path = _known(home, name)
    return read_text(path) if path is not None else source_of(name)


def source_of(name: str) -> str:
    """The text of the program's own template."""
    folder = resources.files("broadcaster.papers").joinpath(FOLDER)
    return folder.joinpath(f"{name}{SUFFIX}").read_text("utf-8")


def parse(text: str, name: str, file: str) -> Template:
    """Read a template. Raises UserError with every mistake of its header."""
    rows = [Row(number, line.rstrip()) for number, line in enumerate(text.splitlines(), start=1)]
    end = next((index for index, row in enumerate(rows) if row.text == _FENCE), None)
    if end is None:
        raise UserError(
            "Mẫu văn bản không có dòng “---”.",
            "Hãy thêm một dòng “---” giữa phần khai báo và phần nội dung.",
            file=file,
            line=1,
        )
    header, problems = _header(rows[:end], file)
    problems += [
        Problem(f"Thiếu mục “{key}”.", f"Hãy thêm một dòng “{key}: …”.", file, end + 1)
        for key in _REQUIRED
        if key not in header
    ]
    if problems:
        raise UserError("", problems=problems)
    body = tuple(row for row in rows[end + 1 :] if row.text and not row.text.startswith("//"))
    return Template(name, file, {key: tuple(found) for key, found in header.items()}, body)


def fill(template: Template, filling: Filling) -> Filled:
    """Put the figures in. Raises UserError with every mistake: file, line and mend."""
    filler = _Filler(template.file, filling)
    head = {key: filler.lines(rows) for key, rows in template.header.items()}
    blocks: list[Block] = []
    annexes: list[tuple[str, bool, list[Block]]] = []
    for row in template.body:
        if annex := _ANNEX.fullmatch(row.text):
            annexes.append((annex["title"], bool(annex["side"]), []))
        else:
            (annexes[-1][2] if annexes else blocks).extend(filler.blocks(row))
    if filler.problems:
        raise UserError("", problems=filler.problems)
    return Filled(
        kind=text_of(head["kind"][0]),
        symbol=text_of(head["symbol"][0]) if head.get("symbol") else "",
        subject=head["subject"][0],
        to=tuple(head.get("to", ())),
        recipients=tuple(text_of(line) for line in head.get("recipient", ())),
        signatures=tuple(_signature(line) for line in head.get("sign", ())),
        blocks=tuple(blocks),
        annexes=tuple(Annex(title, tuple(found), side) for title, side, found in annexes),
    )


def _known(home: Path, name: str) -> Path | None:
    known = names(home)
    if name not in known:
        raise UserError(f"Không có mẫu văn bản “{name}”.", f"Các mẫu: {', '.join(known)}.")
    return known[name]


def _header(rows: Iterable[Row], file: str) -> tuple[dict[str, list[Row]], list[Problem]]:
    found: dict[str, list[Row]] = {}
    problems = []
    for row in rows:
        if not row.text or row.text.startswith("//"):
            continue
        key, colon, value = row.text.partition(":")
        key = key.strip()
        if not colon or key not in (*_SINGLE, *_REPEATED):
            wanted = ", ".join((*_SINGLE, *_REPEATED))
            problems.append(
                Problem(f"Không hiểu mục “{key}”.", f"Các mục: {wanted}.", file, row.number)
            )
        elif key in found and key in _SINGLE:
            problems.append(
                Problem(f"Mục “{key}” viết hai lần.", "Hãy bỏ bớt một dòng.", file, row.number)
            )
        else:
            found.setdefault(key, []).append(Row(row.number, value.strip()))
    return found, problems


def _signature(line: Line) -> Signature:
    """ "TM. ỦY BAN NHÂN DÂN / CHỦ TỊCH | Trần Thu Hòa | (Ký, đóng dấu)"; no name is no name."""
    text = "".join(span.text for span in line if not span.blank)
    titles, name, note, *_ = (*(part.strip() for part in text.split("|")), "", "")
    return Signature(tuple(part.strip() for part in titles.split(" / ")), name, note)


class _Filler:
    """Fills lines and remembers every mistake."""

    def __init__(self, file: str, filling: Filling) -> None:
        self._file = file
        self._filling = filling
        self.problems: list[Problem] = []

    def lines(self, rows: Iterable[Row]) -> list[Line]:
        """Header entries: conditions and lists work there too."""
        found = [block for row in rows for block in self._blocks(row.number, row.text, {})]
        return [block.line for block in found if isinstance(block, Paragraph)]

    def blocks(self, row: Row) -> list[Block]:
        """What one line of the body becomes: nothing, one block, or one for each entry."""
        return self._blocks(row.number, row.text, {})

    def _blocks(self, number: int, text: str, own: Mapping[str, Figure]) -> list[Block]:
        if not text.startswith("@"):
            mark = next((one for one in _LOOKS if text.startswith(one)), "")
            line = self._line(number, text.removeprefix(mark), own)
            return [Paragraph(line, _LOOKS.get(mark, Look.TEXT))]
        if part := _PART.fullmatch(text):
            return self._part(number, part["verb"], part["name"])
        if (found := _CONDITION.fullmatch(text)) is None:
            self._mistake(number, f"Không hiểu lệnh “{text.split(' ')[0]}”.", "", ())
            return []
        verb, key, rest = found["verb"], found["key"], found["rest"]
        if verb == "each":
            return self._each(number, key, rest)
        value = self._value(number, key, own)
        # The other branch is read too, so that its mistakes do not wait for another year.
        inner = self._blocks(number, rest, own)
        return inner if bool(value) == (verb == "if") else []

    def _part(self, number: int, verb: str, name: str) -> list[Block]:
        filling = self._filling
        known: Mapping[str, Block] = filling.tables if verb == "table" else filling.charts
        if name in known:
            return [known[name]]
        what = "bảng" if verb == "table" else "biểu đồ"
        self._mistake(number, f"Không có {what} “{name}”.", name, known)
        return []

    def _each(self, number: int, name: str, rest: str) -> list[Block]:
        if name not in self._filling.lists:
            self._mistake(number, f"Không có danh sách “{name}”.", name, self._filling.lists)
            return []
        entries = self._filling.lists[name]
        return [block for entry in entries for block in self._blocks(number, rest, entry)]

    def _line(self, number: int, text: str, own: Mapping[str, Figure]) -> Line:
        spans: list[Span] = []
        position = 0
        for token in _TOKEN.finditer(text):
            spans.append(Span(text[position : token.start()]))
            position = token.end()
            if token["blank"] is not None:
                spans.append(Span(f"[{token['blank']}]", blank=True))
            elif (value := self._value(number, token["key"], own)) is not None:
                spans.append(_span(value))
        spans.append(Span(text[position:]))
        if any(brace in span.text for span in spans if span.figure is None for brace in "{}"):
            self._mistake(number, "Dấu ngoặc nhọn không đủ đôi.", "", ())
        return tuple(span for span in spans if span.text)

    def _value(self, number: int, key: str, own: Mapping[str, Figure]) -> Figure | None:
        known = {**self._filling.single, **own}
        if (found := known.get(key.strip())) is None:
            self._mistake(number, f"Không có trường “{key.strip()}”.", key.strip(), known)
        return found

    def _mistake(self, number: int, message: str, given: str, known: Iterable[str]) -> None:
        """One problem; with the names that look like what was written."""
        names = sorted(known)
        near = difflib.get_close_matches(given, names, n=3, cutoff=0.6) if given else []
        family = [name for name in names if name.partition(".")[0] == given.partition(".")[0]]
        if near:
            mend = f"Có phải ý bạn là: {', '.join(near)}?"
        elif given:
            usable = ", ".join((family or names)[:_MOST_NAMES]) or "(không có)"
            mend = f"Dùng được: {usable}{' …' if len(family or names) > _MOST_NAMES else ''}."
        else:
            mend = f"Các lệnh: {_VERBS}; trường viết như {{station.name}}."
        self.problems.append(Problem(message, mend, self._file, number))


def _span(figure: Figure) -> Span:
    """A figure in a text; one that nobody knows is a marked place."""
    shown = clean_line(figure.shown)
    return Span(shown, figure) if shown else Span(f"[{figure.rule.partition(':')[0]}]", blank=True)
