"""Read a timeframe phrase: rules from left to right, then the plan's dates put in."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator

from content.folding import fold
from schedules.timeframe.assembly import Found, assemble
from schedules.timeframe.constituents import (
    Constituent,
    DaysOfPeriod,
    Frequency,
    Limits,
    Spans,
    Weekdays,
)
from schedules.timeframe.events import (
    take_before_occasion,
    take_event,
    take_false_friend,
    take_mark,
    take_occasion,
)
from schedules.timeframe.frequency import take_frequency, take_times, take_units, take_weekdays
from schedules.timeframe.limits import take_limits
from schedules.timeframe.scanner import Pattern, Scanner
from schedules.timeframe.spans import take_spans, take_until
from schedules.timeframe.values import Kind, Obligation, PlanContext, Timeframe

_DITTO = re.compile(
    r'[\s\-"\'.(]*(?:nt(?:[ ,;]+nt)*|(?:tương tự )?như (?:ở )?trên'
    r"|(?:tương tự )?như (?:mục|dòng|ý|điểm) (?:trên|\d{1,2})"
    r"""|n/t|//|"|''|〃|-"-)[\s\-"'.)]*"""
)
_SENTENCE = re.compile(r"[.;](?=\s|$)|\n")
_TRIGGER = re.compile(r"\d|hằng|hàng|mỗi|từng|lần|định kỳ|thứ|chủ nhật")
_REPORT = Pattern(
    r"báo cáo(?: kết quả)?(?: (?:thực hiện|tuyên truyền|cchc|công tác))*(?: định kỳ)?"
)


def read_timeframe(text: str, context: PlanContext) -> Timeframe:
    """The reading of one phrase in its plan. Never raises; what it cannot read is in `unread`."""
    printed = " ".join(unicodedata.normalize("NFC", text).split())
    if _DITTO.fullmatch(fold(printed)):
        return Timeframe(printed, Kind.DITTO, consumed=((0, len(printed)),))
    if not re.search(r"\w", printed):
        return Timeframe(printed, Kind.UNSPECIFIED, confidence=0.0)
    return assemble(printed, list(_scan(printed, context)), context)


def find_obligations(text: str, context: PlanContext) -> list[Obligation]:
    """Deadlines and frequencies in running text ("… báo cáo … trước ngày 15/12/2025"), in order.

    Windows, "thường xuyên" and events are not obligations; nor is a date before the plan.
    """
    obligations = []
    for sentence in _SENTENCE.split(unicodedata.normalize("NFC", text)):
        sentence = " ".join(sentence.split())
        if not _TRIGGER.search(sentence.lower()):
            continue
        kinds = (Limits, DaysOfPeriod, Frequency, Weekdays)
        found = [f for f in _scan(sentence, context, running=True) if isinstance(f.value, kinds)]
        if not any(isinstance(f.value, kinds[:3]) for f in found):
            continue
        reading = assemble(*_phrase(sentence, found), context, running=True)
        start = context.period[0] if context.period else None
        if not reading.due or start is None or max(reading.due) >= start:
            obligations.append(Obligation(sentence, reading))
    return obligations


def _phrase(sentence: str, found: list[Found]) -> tuple[str, list[Found]]:
    """The stretch from the first to the last constituent, positions counted in it."""
    start, end = found[0].start, found[-1].end
    moved = [Found(f.value, f.start - start, f.end - start) for f in found]
    return sentence[start:end], moved


def _scan(text: str, context: PlanContext, running: bool = False) -> Iterator[Found]:
    scanner = Scanner(text)
    while True:
        scanner.skip_spaces()
        if scanner.at_end:
            return
        start = scanner.position
        value = take_false_friend(scanner, context.plan_year) or _take_report(scanner)
        value = value or _first(scanner, _RULES[:-1] if running else _RULES)
        if value is None:
            scanner.position = start
            scanner.skip_word()
        elif scanner.position > start:
            yield Found(value, start, scanner.position)
        else:
            scanner.skip_word()


def _take_report(scanner: Scanner) -> Constituent | None:
    """ "báo cáo 6 tháng, năm": the periods that are reported on."""
    start = scanner.position
    if scanner.take(_REPORT) and (units := take_units(scanner)):
        return units
    scanner.position = start
    return None


def _first(scanner: Scanner, rules: tuple[Rule, ...]) -> Constituent | None:
    start = scanner.position
    for rule in rules:
        value = rule(scanner)
        if value is not None:
            return value
        scanner.position = start
    return None


def _take_bare_units(scanner: Scanner) -> Constituent | None:
    """ "6 tháng, 1 năm" with nothing said about it: only where the clause ends behind it."""
    units = take_units(scanner)
    scanner.skip_spaces()
    ends = scanner.at_end or scanner.folded[scanner.position] in ",;.()/"
    return units if ends else None


Rule = Callable[[Scanner], Constituent | None]
_RULES: tuple[Rule, ...] = (
    take_before_occasion,
    take_event,
    take_occasion,
    take_limits,
    take_until,
    take_frequency,
    take_weekdays,
    take_times,
    take_spans,
    take_mark,
    _take_bare_units,
)


def find_period(text: str, context: PlanContext) -> Timeframe | None:
    """The first window named in running text, such as a title: "6 tháng cuối năm 2025".

    `text` of the answer is the phrase as printed. Single days are not periods.
    """
    printed = " ".join(unicodedata.normalize("NFC", text).split())
    for found in _scan(printed, context, running=True):
        if isinstance(found.value, Spans) and not found.value.is_one_day:
            period = read_timeframe(printed[found.start : found.end], context)
            if period.windows:
                return period
    return None
