"""An official paper as plain values: what every format prints, and the figures inside its text."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any

from content.anchor import Anchor
from content.draft import drop_controls

_COMMITTEE = "ủy ban nhân dân"
_SHORT_NAME = 22
"""Characters that fit in one line of the letterhead."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A value in a text, and where it comes from."""

    key: str
    shown: str
    """As printed; empty where it is not known, which leaves a marked place for the officer."""
    rule: str
    """In Vietnamese: how it was counted, or where it was read."""
    value: int | float | str | None = None
    seqs: tuple[int, ...] = ()
    """The evidence records that it rests on."""
    rows: tuple[str, ...] = ()
    """Rows of the database that it rests on: "plan 1", "task 3"."""

    def __bool__(self) -> bool:
        """Whether there is something to say: neither empty nor zero."""
        return bool(self.shown) and self.value != 0


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a line: fixed words, a figure, or a marked place that the officer fills in."""

    text: str
    figure: Figure | None = None
    blank: bool = False


Line = tuple[Span, ...]


class Look(StrEnum):
    """How a paragraph looks."""

    CHAPTER = "chapter"
    """ "I. …": capitals, bold."""
    SECTION = "section"
    """ "1. …": bold."""
    TEXT = "text"
    CENTRED = "centred"
    ITALIC = "italic"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph of the body."""

    line: Line
    look: Look = Look.TEXT


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; `width` is its share of the line."""

    title: str
    width: float
    centred: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a heading row that repeats on every page."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Line, ...], ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a chart."""

    label: str
    value: float
    figure: Figure


@dataclass(frozen=True, slots=True)
class Chart:
    """A bar chart."""

    title: str
    bars: tuple[Bar, ...]


Block = Paragraph | Table | Chart


@dataclass(frozen=True, slots=True)
class Signature:
    """Above the name: "TM. ỦY BAN NHÂN DÂN", "KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH"."""

    titles: tuple[str, ...]
    name: str = ""
    note: str = ""
    """Under the titles, in italics: "(Ký, ghi rõ họ tên)"."""


@dataclass(frozen=True, slots=True)
class Annex:
    """A phụ lục: pages of its own, numbered on their own."""

    title: str
    blocks: tuple[Block, ...]
    landscape: bool = False


@dataclass(frozen=True, slots=True)
class Paper:
    """One paper, whole. Texts are Vietnamese; nothing in them is markup."""

    kind: str
    """Tên loại: "BÁO CÁO"."""
    subject: Line
    """Trích yếu."""
    station: str
    parent: str
    number: str
    """ "12/BC-UBND"; without its number "     /BC-UBND". Empty: no such line."""
    dated: str
    """ "An Bình, ngày 05 tháng 01 năm 2026", or with gaps to be filled in by hand."""
    to: tuple[Line, ...]
    """Kính gửi."""
    blocks: tuple[Block, ...]
    recipients: tuple[str, ...]
    """Nơi nhận, without dashes and stops."""
    signatures: tuple[Signature, ...]
    annexes: tuple[Annex, ...] = ()
    anchor: Anchor | None = None

    @property
    def attached_to(self) -> str:
        """What stands under an annex's title: "(Kèm theo Báo cáo số 12/BC-UBND ngày … của …)"."""
        day = self.dated.lower().partition("ngày")[2]
        # The gaps that are to be filled in by hand stay wide.
        day = day.strip() if any(map(str.isdigit, day.split("năm")[0])) else day.rstrip()
        number = f" số {self.number}" if self.number else ""
        return f"(Kèm theo {self.kind.capitalize()}{number} ngày {day} của {self.station})"

    def figures(self) -> Iterator[Figure]:
        """Every figure, in the order in which it is read."""
        for line in (self.subject, *self.to):
            yield from _of_line(line)
        yield from _of_blocks(self.blocks)
        for annex in self.annexes:
            yield from _of_blocks(annex.blocks)


def name_lines(name: str) -> list[str]:
    """A long name in two lines, broken where people break it: after "Ủy ban nhân dân"."""
    if len(name) > _SHORT_NAME and name[: len(_COMMITTEE)].lower() == _COMMITTEE:
        return [name[: len(_COMMITTEE)], name[len(_COMMITTEE) :].strip()]
    return [name] if name else []


def printable(paper: Paper) -> Paper:
    """The paper's texts NFC and free of what no format can hold; a numbered one ends "./."."""
    cleaned: Paper = _cleaned(paper)
    if not cleaned.number:
        return cleaned
    blocks = list(cleaned.blocks)
    for place in range(len(blocks) - 1, -1, -1):
        block = blocks[place]
        if isinstance(block, Paragraph):
            blocks[place] = replace(block, line=_ended(block.line))
            break
    return replace(cleaned, blocks=tuple(blocks))


def _ended(line: Line) -> Line:
    if not line:
        return plain("./.")
    last = line[-1]
    if last.blank:
        return (*line, Span("./."))
    return (*line[:-1], replace(last, text=f"{last.text.rstrip(' .;')}./."))


def _cleaned(value: Any) -> Any:
    """Every text inside, control and direction marks gone; figures keep what they are."""
    if isinstance(value, Look):
        return value
    if isinstance(value, str):
        return drop_controls(unicodedata.normalize("NFC", value)).replace("\n", " ")
    if isinstance(value, tuple):
        return tuple(_cleaned(part) for part in value)
    if isinstance(value, Paragraph | Table | Column | Chart | Bar | Signature | Annex | Paper):
        parts = {one.name: _cleaned(getattr(value, one.name)) for one in fields(value)}
        return replace(value, **parts)
    if isinstance(value, Span):
        return replace(value, text=_cleaned(value.text))
    return value


def plain(text: str) -> Line:
    """A line of fixed words."""
    return (Span(text),)


def said(figure: Figure) -> Line:
    """A line that is one figure."""
    return (Span(figure.shown, figure),)


def text_of(line: Line) -> str:
    """What is printed."""
    return "".join(span.text for span in line)


def _of_blocks(blocks: Sequence[Block]) -> Iterator[Figure]:
    for block in blocks:
        if isinstance(block, Paragraph):
            yield from _of_line(block.line)
        elif isinstance(block, Table):
            for row in block.rows:
                for line in row:
                    yield from _of_line(line)
        else:
            yield from (bar.figure for bar in block.bars)


def _of_line(line: Line) -> Iterator[Figure]:
    return (span.figure for span in line if span.figure is not None)
