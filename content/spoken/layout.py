"""The page to lines to be said: Markdown, tables, bullets and wrapped lines resolved."""

from __future__ import annotations

import re
from dataclasses import dataclass

_COMMENT = re.compile(r"<!--.{0,300}?-->", re.DOTALL)
_BREAKING_TAG = re.compile(r"</?(?:br|p|li|ul|ol|div|tr|h[1-6])\b[^<>\n]{0,200}>", re.IGNORECASE)
_TAG = re.compile(r"</?[A-Za-z][A-Za-z0-9]{0,20}(?:\s[^<>\n]{0,200})?/?>")
_LINK = re.compile(r"!?\[([^\[\]\n]{0,300})\]\([^()\n]{0,500}\)")
_BARE_LINK = re.compile(r"<((?:https?://|mailto:)[^<>\s]{1,500})>")
_RULE = re.compile(r"[\s|:+=*_–-]*")
_BULLET = re.compile(
    r"(?:[-–+*•~>](?=\s|$)|[-–+•>](?=[^\W\d_]|[\"'(])|#{1,6}(?=\s|$)|>|\*+(?=\w)"
    r"|\[[ xX]?\](?=\s)|\s)+"
)
_EMPHASIS = re.compile(r"(?<![\d\s])[ ]?\*+|\*+(?!\s?\d)|`+|~~+")
_UNDERSCORES = re.compile(r"_{2,}|(?<!\w)_|_(?!\w)")
_BLANKS = re.compile(r"[ •]+")
_ITEM_START = re.compile(
    r"\s*(?:[-–+*•>#|]|\d{1,2}(?:\.\d{1,2})*[.)/]\s|[^\W\d_]\)\s|\(?\d{1,2}\))"
)
_WAITING = re.compile(
    r"\b(?:số|ngày|tháng|năm|giai đoạn|quý|khóa|khoá|điều|khoản|mục|đến|và|từ)\s?$", re.IGNORECASE
)
_ENDS = (".", ";", "?", "!", ":")


@dataclass(frozen=True, slots=True)
class Line:
    """One line to be said and how many line breaks (0 to 2) stand after it."""

    text: str
    breaks: int


def lines(text: str) -> list[Line]:
    """Split a cleaned page into lines to be said; a wrapped line is joined to its start."""
    text = _COMMENT.sub(" ", text)
    text = _BARE_LINK.sub(r" \1 ", _LINK.sub(r" \1 ", text))
    text = _TAG.sub(" ", _BREAKING_TAG.sub("\n•", text))
    found: list[Line] = []
    for paragraph in _paragraphs(text):
        said = [line for line in map(_strip_markdown, _unwrapped(paragraph)) if line]
        found += [Line(line, 1) for line in said[:-1]]
        found += [Line(line, 2) for line in said[-1:]]
    if found:
        found[-1] = Line(found[-1].text, 0)
    return found


def _paragraphs(text: str) -> list[list[str]]:
    paragraphs: list[list[str]] = [[]]
    for line in text.split("\n"):
        if line.strip(" •"):
            paragraphs[-1].append(line.strip())
        elif paragraphs[-1]:
            paragraphs.append([])
    return paragraphs


def _unwrapped(paragraph: list[str]) -> list[str]:
    """Join a line to the one before it when the sentence plainly goes on."""
    joined: list[list[str]] = []
    for line in paragraph:
        if joined and _goes_on(joined[-1][-1], line):
            joined[-1].append(line)
        else:
            joined.append([line])
    return [" ".join(parts) for parts in joined]


def _goes_on(before: str, line: str) -> bool:
    if before.endswith(_ENDS) or "|" in before or before.startswith("#") or _ITEM_START.match(line):
        return False
    return line[0].islower() or (line[0].isdigit() and bool(_WAITING.search(before[-20:])))


def _strip_markdown(line: str) -> str:
    if _RULE.fullmatch(line):
        return ""
    if line.startswith("|") or line.count("|") > 1:
        line = ", ".join(cell.strip() for cell in line.split("|") if cell.strip(" •"))
    line = _BULLET.sub("", line, count=1) if _BULLET.match(line) else line
    line = _UNDERSCORES.sub(" ", _EMPHASIS.sub("", line)).replace("|", ", ")
    return _BLANKS.sub(" ", line).strip()
