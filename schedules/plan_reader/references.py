"""Citations of other documents: type, number, symbol, day."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from schedules.plan_reader.document import Reference
from schedules.plan_reader.paragraphs import Paragraph

_TYPES = (
    "Quyết định|Kế hoạch|Nghị quyết|Nghị định|Chỉ thị|Thông tư liên tịch|Thông tư|Công văn"
    "|Công điện|Chương trình hành động|Chương trình|Kết luận|Hướng dẫn|Thông báo|Quy định|Quy chế"
    "|Luật|Pháp lệnh|Báo cáo|Tờ trình|Đề án|Văn bản"
)
_SYMBOL = r"[A-ZĐ][A-Za-zĐđ]{0,9}\d{0,2}(?:\s?[-–/]\s?[A-ZĐ][A-Za-zĐđ]{0,9}){0,3}"
_DATE = (
    r"(?:\s*,?\s*(?:ban hành\s+)?ngày\s*(?P<date>(?P<day>\d{0,2})\s*(?:/|tháng|-)"
    r"\s*(?P<month>\d{1,2})(?:\s*(?:/|năm|-)\s*(?P<year>\d{4}))?))?"
)
_CITATION = re.compile(
    rf"(?P<type>{_TYPES})(?P<about>(?:\s[^\W\d]+,?){{0,14}}?)\s*(?:số\s*:?\s*)?"
    rf"(?P<number>\d+(?:/\d{{4}})?)?\s?[-–/]\s?(?P<symbol>{_SYMBOL}){_DATE}"
)
_UNNUMBERED = re.compile(
    r"(?:^|[Cc]ăn cứ\s)(?P<type>Luật|Pháp lệnh|Hiến pháp)(?P<about>[^;.\d]{0,150}?)\s"
    r"ngày\s*(?P<date>(?P<day>\d{1,2})\s*(?:/|tháng)\s*(?P<month>\d{1,2})\s*(?:/|năm)"
    r"\s*(?P<year>\d{4}))"
)


@dataclass(frozen=True, slots=True)
class _Span:
    start: int
    end: int


def cited(text: str) -> list[re.Match[str]]:
    """Every citation with a symbol in `text`."""
    return [m for m in _CITATION.finditer(text) if _is_citation(m)]


def find_references(paragraphs: Sequence[Paragraph]) -> Iterator[Reference]:
    """Every citation in the paragraphs, in order."""
    for paragraph in paragraphs:
        matches = cited(paragraph.text)
        taken = [_Span(*m.span()) for m in matches]
        for match in _UNNUMBERED.finditer(paragraph.text):
            if not any(s.start < match.end() and match.start() < s.end for s in taken):
                matches.append(match)
        for match in sorted(matches, key=lambda m: m.start()):
            yield reference(match, paragraph.line_at(match.start("type")))


def reference(match: re.Match[str], line: int) -> Reference:
    """A citation as a value."""
    groups = match.groupdict()
    symbol = groups.get("symbol")
    day = _day(groups)
    return Reference(
        type=groups["type"],
        number=groups.get("number"),
        symbol=normal_symbol(symbol) if symbol else None,
        date=day,
        line=line,
        text=" ".join(match.group().split()),
        date_text=None if day else groups.get("date"),
    )


def normal_symbol(symbol: str) -> str:
    """ "QĐ – UBND" as "QĐ-UBND"."""
    return re.sub(r"\s*[-–]\s*", "-", re.sub(r"\s*/\s*", "/", symbol))


def _is_citation(match: re.Match[str]) -> bool:
    """A number is needed, or the word "số" with a blank ("Kế hoạch số /KH-UBND")."""
    return match["number"] is not None or re.search(r"số\s*/", match.group()) is not None


def _day(groups: dict[str, str | None]) -> date | None:
    day, month, year = groups.get("day"), groups.get("month"), groups.get("year")
    if not (day and month and year):
        return None
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None
