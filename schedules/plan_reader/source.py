"""The seam to file formats: a document is a list of numbered lines and of tables."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TypeAlias

_LINE_END = re.compile(r"\r\n|\r|\n")
_NOISE = re.compile(r"[\s\-–—_=*#|.:+]*")
_PAGE_NUMBER = re.compile(
    r"\s*(?:[-–]\s*\d{1,3}\s*[-–]|\d{1,3}|trang\s+\d{1,3}(?:\s*/\s*\d+)?)\s*", re.I
)
_HEADING = re.compile(r"\s{0,3}#{1,6}\s+")
_EMPHASIS = re.compile(r"\*+|(?<!\w)_{1,3}(?=\S)|(?<=\S)_{1,3}(?!\w)|`+|</?[biu]>|</?strong>")
_BULLET = re.compile(r"^\s*[*•·●▪➢✓]\s+")
_BREAK = re.compile(r"<br\s*/?>|&nbsp;", re.I)


@dataclass(frozen=True, slots=True)
class SourceLine:
    """One line as a reader of the document sees it, with its number (from 1)."""

    no: int
    text: str


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row of a table; merged cells repeat nothing, they are empty."""

    no: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SourceTable:
    """A table, its header row (or two) included."""

    rows: tuple[TableRow, ...]


Block: TypeAlias = SourceLine | SourceTable


def lines_of(text: str) -> list[SourceLine]:
    """All lines of a text export, NFC, whatever its line ends; numbers as an editor shows them."""
    text = unicodedata.normalize("NFC", text.removeprefix("\ufeff"))
    text = text.replace("\x0c", "").replace("\u00ad", "").replace("\u200b", "")
    text = text.replace("\u00a0", " ")
    return [SourceLine(i, _without_blanks(line)) for i, line in enumerate(_LINE_END.split(text), 1)]


def _without_blanks(line: str) -> str:
    """Blanks at the end go, but not the tabs that stand for a row's last empty cells."""
    return line.rstrip(" ") if "\t" in line.strip() else line.rstrip()


def clean(text: str) -> str:
    """A line without Markdown marks, page numbers and rules; "" when nothing is left."""
    if _NOISE.fullmatch(text) or _PAGE_NUMBER.fullmatch(text):
        return ""
    text = _BREAK.sub(" ", text).replace("\\", "")
    text = _HEADING.sub("", text)
    text = _BULLET.sub("- ", text)
    return " ".join(_EMPHASIS.sub("", text).split())


def is_heading(text: str) -> bool:
    """Marked as a heading in Markdown, or wholly bold."""
    stripped = text.strip()
    bold = stripped.startswith("**") and stripped.endswith("**") and len(stripped) > 4
    return bold or _HEADING.match(text) is not None
