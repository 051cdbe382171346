"""The head of a plan: number and symbol, place and day, title."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from content.folding import fold
from schedules.plan_reader.document import PlanDate
from schedules.plan_reader.letters import UPPER
from schedules.plan_reader.paragraphs import Mark, Paragraph
from schedules.plan_reader.references import cited, normal_symbol

_BLANK = r"[\s._…]{0,40}"
_NUMBER = re.compile(
    rf"(?:^|\s)[Ss][Ốố]\s*:?{_BLANK}(?P<number>\d+[a-z]?(?:/\d{{4}})?)?{_BLANK}[/-]\s*"
    rf"(?P<symbol>[{UPPER}]{{2,6}}(?:\s?[-–/&]\s?[{UPPER}]{{1,10}}){{0,3}})"
)
_DATE = re.compile(
    rf"(?P<place>[{UPPER}][^,;:\d]{{1,40}}?)\s*,\s*ngày{_BLANK}(?P<day>\d{{1,2}})?{_BLANK}"
    rf"(?:tháng|/){_BLANK}(?P<month>\d{{1,2}})?{_BLANK}(?:năm|/){_BLANK}(?P<year>20\d\d)?"
)
_HEADING = re.compile(r"k ?[ếê] ?h ?o ?[ạa] ?c ?h(?P<rest>\W.*)?")
_BODY = re.compile(
    fold(r"căn cứ|xét|theo đề nghị|nhằm|để (?:triển khai|thực hiện|đẩy mạnh)|thực hiện")
)
_ANNOUNCES = re.compile(fold(r"(?:ủy ban nhân dân|ubnd)\b.{0,60}(?:ban hành|xây dựng) kế hoạch"))
"""The sentence that leads to the sections, where no basis is cited before it."""
_LONGEST_TITLE = 400


@dataclass(frozen=True, slots=True)
class Header:
    """What stands before the body; lines are where it was printed."""

    number: str | None = None
    symbol: str | None = None
    number_line: int | None = None
    place: str | None = None
    date: PlanDate = field(default_factory=PlanDate)
    date_line: int | None = None
    title: str | None = None
    title_line: int | None = None
    letterhead: tuple[Paragraph, ...] = ()
    body_from: int = 0
    """Index of the first paragraph of the body."""
    has_heading: bool = False


def read_header(paragraphs: Sequence[Paragraph]) -> Header:
    """Read the paragraphs up to the first of the body."""
    heading = _heading(paragraphs)
    head = paragraphs[: heading if heading is not None else _first_section(paragraphs)]
    number = _search(_NUMBER, head)
    place = _search(_DATE, head)
    title, title_line, body_from = _title(paragraphs, heading, len(head))
    return Header(
        number=number[0]["number"] if number else None,
        symbol=normal_symbol(number[0]["symbol"]) if number else None,
        number_line=number[1] if number else None,
        place=_place(place[0]["place"]) if place else None,
        date=_date(place[0]) if place else PlanDate(),
        date_line=place[1] if place else None,
        title=title,
        title_line=title_line,
        letterhead=tuple(head),
        body_from=body_from,
        has_heading=heading is not None,
    )


def _heading(paragraphs: Sequence[Paragraph]) -> int | None:
    """The paragraph "KẾ HOẠCH", alone or at the beginning of the title in capitals."""
    for i, paragraph in enumerate(paragraphs):
        match = _HEADING.fullmatch(fold(paragraph.text))
        if (
            match
            and paragraph.mark is Mark.PLAIN
            and (not match["rest"] or paragraph.heading or paragraph.text[:8].isupper())
        ):
            return i
        if paragraph.mark is Mark.ROMAN:
            return None
    return None


def _first_section(paragraphs: Sequence[Paragraph]) -> int:
    sections = (i for i, p in enumerate(paragraphs) if p.mark is not Mark.PLAIN)
    return next(sections, min(len(paragraphs), 8))


def _search(
    pattern: re.Pattern[str], paragraphs: Sequence[Paragraph]
) -> tuple[re.Match[str], int] | None:
    for paragraph in paragraphs:
        if match := pattern.search(paragraph.text):
            return match, paragraph.line_at(match.start())
    return None


def _title(
    paragraphs: Sequence[Paragraph], heading: int | None, head_length: int
) -> tuple[str | None, int | None, int]:
    if heading is None:
        return None, None, _after_letterhead(paragraphs, head_length)
    rest = paragraphs[heading].text[len("KẾ HOẠCH") :].strip(" :-–")
    parts, line = ([rest], paragraphs[heading].no) if rest else ([], None)
    position = heading + 1
    while position < len(paragraphs) and not _is_body(paragraphs[position], first=not parts):
        parts.append(paragraphs[position].text)
        line = line or paragraphs[position].no
        position += 1
    return " ".join(parts) or None, line, position


def _after_letterhead(paragraphs: Sequence[Paragraph], head_length: int) -> int:
    """Without a heading the body begins at the first cited basis, or at the first section."""
    for i, paragraph in enumerate(paragraphs[:head_length]):
        if _BODY.match(fold(paragraph.text)):
            return i
    return head_length


def _is_body(paragraph: Paragraph, first: bool) -> bool:
    if paragraph.mark is not Mark.PLAIN or paragraph.in_tail:
        return True
    if len(paragraph.text) > _LONGEST_TITLE or _ANNOUNCES.match(fold(paragraph.text)):
        return True
    if not _BODY.match(fold(paragraph.text)):
        return bool(cited(paragraph.text)) and not first
    return (
        not first or bool(cited(paragraph.text)) or fold(paragraph.text).startswith(fold("căn cứ"))
    )


def _place(text: str) -> str:
    """The place alone, where a number or a motto stands on the same line."""
    return re.split(r"\s{3,}|Hạnh phúc\s+", text)[-1].strip(" *_-")


def _date(match: re.Match[str]) -> PlanDate:
    def number(name: str, highest: int) -> int | None:
        value = int(match[name]) if match[name] else None
        return value if value and value <= highest else None

    return PlanDate(number("day", 31), number("month", 12), number("year", 2100))
