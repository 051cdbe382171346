"""The labels of Word's automatic lists, which are not part of the text: "- ", "1. ", "a) "."""

from __future__ import annotations

import re
from typing import Any

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_BULLET = "- "
_ROMAN = (
    *((100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x")),
    *((9, "ix"), (5, "v"), (4, "iv"), (1, "i")),
)
_MAX_LEVEL = 8
_NO_LIST = "0"
_LONGEST_CHAIN = 20
_LARGEST_START = 9999


class ListLabels:
    """Counts the items of one document in reading order."""

    def __init__(self, document: Any) -> None:
        self._styles = document.styles
        self._formats = _formats(document)
        self._style_places: dict[str | None, tuple[str, int] | None] = {}
        self._counts: dict[str, list[int]] = {}

    def label(self, paragraph: Any) -> str | None:
        """What Word prints before this paragraph, with its indent; None outside lists."""
        place = self._place(paragraph)
        if place is None:
            return None
        number, level = place
        kind, pattern, _ = self._formats.get((number, level), ("bullet", "", 1))
        indent = "  " * level
        if kind == "bullet":
            return indent + _BULLET
        if kind == "none":
            return None
        counts = self._count(number, level)
        printed = re.sub(r"%([1-9])", lambda found: self._number(number, counts, found), pattern)
        return f"{indent}{printed.strip()} " if printed.strip() else None

    def _place(self, paragraph: Any) -> tuple[str, int] | None:
        """The list's number and level, from the paragraph or else from its style."""
        name = paragraph.style
        if name not in self._style_places:
            self._style_places[name] = self._style_place(name)
        place = _numbering(paragraph.find(_W + "pPr")) or self._style_places[name]
        return place if place and place[0] != _NO_LIST else None

    def _style_place(self, name: str | None) -> tuple[str, int] | None:
        chain = style_chain(self._styles, name)
        for style in chain:
            if place := _numbering(style.element.find(_W + "pPr")):
                return place
        is_bullet = any((style.name or "").startswith("List Bullet") for style in chain)
        return ("bullet", 0) if is_bullet else None

    def _count(self, number: str, level: int) -> list[int]:
        counts = self._counts.setdefault(number, [])
        del counts[level + 1 :]
        while len(counts) <= level:
            start = self._formats.get((number, len(counts)), ("", "", 1))[2]
            counts.append(start - 1 if len(counts) == level else start)
        counts[level] += 1
        return counts

    def _number(self, number: str, counts: list[int], found: re.Match[str]) -> str:
        level = int(found.group(1)) - 1
        if level >= len(counts):
            return ""
        kind = self._formats.get((number, level), ("decimal", "", 1))[0]
        return _written(counts[level], kind)


def style_chain(styles: Any, name: str | None) -> list[Any]:
    """A paragraph style and the styles it is based on, nearest first; a circle is cut."""
    chain: list[Any] = []
    style = styles.get_by_id(name, 1) if name else None
    while style is not None and len(chain) < _LONGEST_CHAIN:
        chain.append(style)
        style = style.base_style
    return chain


def _numbering(properties: Any) -> tuple[str, int] | None:
    found = properties.find(_W + "numPr") if properties is not None else None
    if found is None:
        return None
    number, level = found.find(_W + "numId"), found.find(_W + "ilvl")
    if number is None:
        return None
    depth = int(level.get(_W + "val", "0")) if level is not None else 0
    return number.get(_W + "val", "0"), min(max(depth, 0), _MAX_LEVEL)


def _formats(document: Any) -> dict[tuple[str, int], tuple[str, str, int]]:
    """Kind, pattern ("%1.") and first number of every level of every list."""
    from docx.opc.constants import RELATIONSHIP_TYPE

    try:
        root = document.part.part_related_by(RELATIONSHIP_TYPE.NUMBERING).element
    except KeyError:
        return {}
    abstract = {
        element.get(_W + "abstractNumId"): element for element in root.iter(_W + "abstractNum")
    }
    formats = {}
    for number in root.iter(_W + "num"):
        base = number.find(_W + "abstractNumId")
        definition = abstract.get(base.get(_W + "val")) if base is not None else None
        for level in definition.iter(_W + "lvl") if definition is not None else ():
            formats[number.get(_W + "numId"), int(level.get(_W + "ilvl", "0"))] = _level(level)
    return formats


def _level(level: Any) -> tuple[str, str, int]:
    kind, pattern, start = _value(level, "numFmt"), _value(level, "lvlText"), _value(level, "start")
    return kind or "decimal", pattern or "", min(int(start or 1), _LARGEST_START)


def _value(level: Any, name: str) -> str | None:
    found = level.find(_W + name)
    value: str | None = found.get(_W + "val") if found is not None else None
    return value


def _written(count: int, kind: str) -> str:
    if kind in ("lowerLetter", "upperLetter"):
        letters = chr(ord("a") + (count - 1) % 26) * ((count - 1) // 26 + 1)
        return letters if kind == "lowerLetter" else letters.upper()
    if kind in ("lowerRoman", "upperRoman"):
        roman = _roman(count)
        return roman if kind == "lowerRoman" else roman.upper()
    return f"{count:02d}" if kind == "decimalZero" else str(count)


def _roman(count: int) -> str:
    written = ""
    for value, letters in _ROMAN:
        written += letters * (count // value)
        count %= value
    return written
