"""Lines joined to paragraphs: hard wraps, page breaks inside sentences, list marks."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from content.folding import fold
from schedules.plan_reader.letters import UPPER, is_capitals
from schedules.plan_reader.source import SourceLine, clean, is_heading


class Mark(IntEnum):
    """The mark in front of a paragraph; the smaller, the higher in the outline."""

    LETTER_SECTION = 0
    ROMAN = 1
    NUMBER = 2
    SUB_NUMBER = 3
    LETTER = 4
    DASH = 5
    PLUS = 6
    PLAIN = 7


_MARKS = (
    (
        Mark.ROMAN,
        re.compile(rf"(?:Phần\s+)?(?P<no>[IVX]{{1,5}}|[IVl1]*[IVl])[.)/:\-]\s*(?=[{UPPER}])"),
    ),
    (Mark.LETTER_SECTION, re.compile(rf"(?P<no>[A-HĐ])[.)]\s+(?=[{UPPER}]{{2}})")),
    (Mark.SUB_NUMBER, re.compile(r"(?P<no>\d{1,2}(?:\.\d{1,2})+)[.)]?\s+(?=\S)")),
    (Mark.NUMBER, re.compile(r"(?P<no>\d{1,2})[.)]\s*(?=[^\W\d]|[\"“(])")),
    (Mark.LETTER, re.compile(r"(?P<no>[a-zđ])[.)]\s+(?=\S)")),
    (Mark.DASH, re.compile(r"(?P<no>)[-–—]\s*(?=[^\W_]|[\"“(])")),
    (Mark.PLUS, re.compile(r"(?P<no>)\+\s*(?=[^\W_]|[\"“(])")),
)
_ENDS = re.compile(r"[.;:/!?…]\W*$")
_DANGLES = re.compile(
    fold(
        r"(?:,|(?<!\w)(?:của|và|hoặc|trên|tại|về|với|trong|ngoài|cho|từ|đến|do|là|bằng|theo|các|những"
        r"|để|nhằm|vào|ở|qua|được|như|ủy ban|nhân|hành|thành|bộ))$"
    )
)
"""A line that ends so is not finished."""
_STARTS = re.compile(
    fold(
        r"(?:căn cứ|thực hiện (?:kế hoạch|quyết định|nghị quyết|chỉ thị|công văn)|trên đây là|số ?:"
        r"|cộng hòa xã hội|độc lập|nơi nhận|kế hoạch$|phụ lục"
        r"|biểu(?! (?:dương|diễn|hiện))|\(?kèm theo|tm\.|kt\.|tuq\.)"
    )
)
_ANNOUNCES = re.compile(fold(r"(?:ủy ban nhân dân|ubnd)\b.{0,60}(?:ban hành|xây dựng) kế hoạch"))
"""The sentence that leads to the sections, behind a title that no basis follows."""
_MOTTO = re.compile(fold(r"cộng hòa xã hội|độc lập\s*-"))
_TAIL = re.compile(fold(r"nơi(?: nhận)?\s*:?|nơi nhận\s*:.*"))
_TITLE_OF_SIGNER = re.compile(rf"(?:TM|KT|TUQ|TL|Q)\.\s*[{UPPER}]")
_ANNEX = re.compile(
    fold(
        r"(?:phụ lục|biểu(?! (?:dương|diễn|hiện))|danh mục|nhiệm vụ|bảng|kế hoạch chi tiết"
        r"|phân công|lịch)|\(?kèm theo"
    )
)
_LIST_MARKS = (Mark.LETTER, Mark.DASH, Mark.PLUS)
_WRAP_WIDTH = 120


@dataclass(slots=True)
class Paragraph:
    """Joined text with its mark taken off; `line_at` maps a position back to its line."""

    no: int
    text: str
    mark: Mark
    label: str
    heading: bool
    in_tail: bool = False
    """After "Nơi nhận" or the signature block."""
    starts: list[tuple[int, int]] = field(default_factory=list)

    def line_at(self, position: int) -> int:
        index = bisect_right(self.starts, (position, 1 << 60)) - 1
        return self.starts[index][1] if index >= 0 else self.no

    def add(self, text: str, no: int) -> None:
        self.text = f"{self.text} {text}" if self.text else text
        self.starts.append((len(self.text) - len(text), no))


@dataclass(frozen=True, slots=True)
class _Clean:
    no: int
    text: str
    heading: bool
    gap: bool
    """A blank line stands before it."""


def paragraphs_of(lines: Sequence[SourceLine]) -> list[Paragraph]:
    """The paragraphs of a run of lines, in order."""
    cleaned = _cleaned(lines)
    width = _wrap_width(cleaned)
    paragraphs: list[Paragraph] = []
    last: _Clean | None = None
    tail = False
    for line in cleaned:
        mark, label, text = mark_of(line.text)
        begins_tail = _begins_tail(line, mark)
        tail = (tail or begins_tail) and not _leaves_tail(line, mark)
        joined = last is not None and paragraphs and not begins_tail
        if joined and last and _continues(paragraphs[-1], last, line, mark, width, tail):
            paragraphs[-1].add(line.text, line.no)
        else:
            paragraphs.append(Paragraph(line.no, "", mark, label, line.heading, tail))
            paragraphs[-1].add(text, line.no)
        last = line
    return paragraphs


def opens_paragraph(text: str) -> bool:
    """Begins with words that stand at the head of a paragraph ("Căn cứ", "Nơi nhận", "KT.")."""
    return text[:1].isupper() and _STARTS.match(fold(text)) is not None


def _cleaned(lines: Sequence[SourceLine]) -> list[_Clean]:
    cleaned: list[_Clean] = []
    gap = True
    for line in lines:
        text = clean(line.text)
        if text:
            cleaned.append(_Clean(line.no, text, is_heading(line.text), gap))
        gap = not line.text.strip()
    return cleaned


def _wrap_width(lines: Sequence[_Clean]) -> int | None:
    """How wide a hard-wrapped document is; None when its lines are whole paragraphs."""
    lengths = sorted(len(line.text) for line in lines)
    if len(lengths) < 10 or lengths[int(len(lengths) * 0.95)] > _WRAP_WIDTH:
        return None
    return lengths[int(len(lengths) * 0.9)]


def mark_of(text: str) -> tuple[Mark, str, str]:
    for mark, pattern in _MARKS:
        match = pattern.match(text)
        if match and not (mark is Mark.ROMAN and _is_not_roman(match, text)):
            return mark, match["no"], text[match.end() :].strip()
    return Mark.PLAIN, "", text


def _is_not_roman(match: re.Match[str], text: str) -> bool:
    """ "l." and "1V." are Roman numbers misread, but only in front of a title in capitals."""
    misread = set(match["no"]) & set("l1")
    return bool(misread) and text[match.end() :].upper() != text[match.end() :]


def _begins_tail(line: _Clean, mark: Mark) -> bool:
    if mark not in (Mark.PLAIN, Mark.ROMAN, Mark.LETTER_SECTION):
        return False
    return bool(_TAIL.fullmatch(fold(line.text)) or _TITLE_OF_SIGNER.match(line.text))


def _leaves_tail(line: _Clean, mark: Mark) -> bool:
    """An annex heading, or a section, after the signature."""
    if mark is Mark.ROMAN and not _TITLE_OF_SIGNER.match(line.text):
        return True
    return mark is Mark.PLAIN and _ANNEX.match(fold(line.text)) is not None


def _continues(
    paragraph: Paragraph, last: _Clean, line: _Clean, mark: Mark, width: int | None, tail: bool
) -> bool:
    """Whether `line` goes on with the paragraph that `last` stands in."""
    folded = fold(line.text)
    if tail:
        if paragraph.mark is Mark.DASH and mark is Mark.PLAIN and not _ENDS.search(last.text):
            return line.text[0].islower() or line.text[0] == "("
        return fold(last.text) == fold("nơi") and folded.startswith(fold("nhận"))
    if mark is not Mark.PLAIN or _STARTS.match(folded) or _MOTTO.match(fold(last.text)):
        return False
    if line.heading and not (last.heading and not line.gap):
        return False
    if is_capitals(last.text) or is_capitals(line.text):
        return is_capitals(last.text) and is_capitals(line.text) and not line.gap
    if _ENDS.search(last.text):
        return False
    if line.text[0].islower() or line.text[0] in '("“0123456789':
        return line.text[0].islower() or width is not None or not line.gap
    if _DANGLES.search(fold(last.text)) or (not line.gap and paragraph.mark in _LIST_MARKS):
        return True
    if _ANNOUNCES.match(folded):
        return False
    return width is not None and len(last.text) >= 0.7 * width and paragraph.mark is not Mark.ROMAN
