"""Dates, months and weekdays: "30/4" -> "ba mươi tháng tư", "thứ 4" -> "thứ tư"."""

from __future__ import annotations

import calendar
import re

from content.spoken import numbers
from content.spoken.draft import Draft, Kind
from content.spoken.lexicon import any_phrase

_YEAR = r"(?:1[5-9]|20|21)\d\d"
_START = r"(?<![\w.,/:-])"
_END = r"(?![\w/]|[.,-]\d)"
_ISO = re.compile(rf"{_START}({_YEAR})-(\d{{2}})-(\d{{2}}){_END}")
_SPAN = re.compile(
    rf"{_START}(?P<word>(?i:ngày)\s)?(?P<first>\d{{1,2}})\s?[-–]\s?(?P<day>\d{{1,2}})/(?P<month>\d{{1,2}})"
    rf"(?:/(?P<year>{_YEAR}))?{_END}"
)
_FULL = re.compile(
    rf"(?<![\w.,/:])(?P<day>\d{{1,2}})\s?(?P<sign>[/.])\s?(?P<month>\d{{1,2}})\s?(?P=sign)\s?"
    rf"(?P<year>{_YEAR})(?![\w/]|[.,]\d)"
)
_DASHED = re.compile(
    rf"{_START}(?P<day>\d{{1,2}})\s?-\s?(?P<month>\d{{1,2}})\s?-\s?(?P<year>{_YEAR})(?![\w/]|[.,]\d)"
)
_BLANK_DAY = re.compile(
    rf"(?<!\w)(ngày)[\s.]{{0,30}}/\s?(\d{{1,2}})\s?/\s?({_YEAR})(?![\w/])", re.IGNORECASE
)
_DAY_MONTH = re.compile(
    r"(?<![\w.,/:])(?P<day>\d{1,2})/(?P<month>\d{1,2})(?![\w/]|[.,]\d|-\d(?!\d?/\d))"
)
_MONTHS = re.compile(
    rf"(?<!\w)(?P<word>tháng|tháng\s?giêng,)\s(?P<list>\d{{1,2}}(?!\d)"
    rf"(?:(?:\s?[,–-]\s?|\svà\s|\sđến\s)\d{{1,2}}(?![\w%]|[.,]\d|\s?%)){{0,11}})"
    rf"(?:\s?[/-]\s?(?P<year>{_YEAR}))?(?![\w/%]|[.,]\d)",
    re.IGNORECASE,
)
_MONTH_YEAR = re.compile(rf"{_START}(?:[Tt]\.?)?(?P<month>\d{{1,2}})/(?P<year>{_YEAR}){_END}")
_SHORT_MONTH = re.compile(rf"{_START}T\.?(?P<month>\d{{1,2}})/(?P<year>{_YEAR}){_END}")
_ORDINALS = re.compile(
    r"(?<!\w)(?P<word>thứ)\s(?P<list>\d{1,4}(?!\d)(?:(?:\s?[,–-]\s?|\svà\s|\sđến\s)[2-7](?!\w)){0,6})(?![\w%/]|[.,]\d)",
    re.IGNORECASE,
)
_SHORT_WEEKDAYS = re.compile(r"(?<!\w)T([2-7])\s?([-–,])\s?(?:T([2-7])|CN)(?!\w)")
_BAD = re.compile(
    r"(?<!\w)(?P<word>ngày\s)(?P<date>\d{1,4}/\d{1,4}(?:/\d{1,4})?)(?![\w/])", re.IGNORECASE
)
_SPLIT = re.compile(r"(\s?[–-]\s?|\s?,\s?|\s(?:và|đến)\s)", re.IGNORECASE)
_DATE_BEFORE = re.compile(
    rf"(?:(?<!\w)(?:{any_phrase('date_before')}|thứ\s\w{{2,4}},?)\s?|[(])$", re.IGNORECASE
)
_SHARE_BEFORE = re.compile(rf"(?<!\w)(?:{any_phrase('share_before')})\s?$", re.IGNORECASE)
_SHARE_AFTER = re.compile(rf"\s?(?:(?:{any_phrase('share_after')})(?!\w)|%)")
_HOLIDAYS = frozenset(
    {
        (30, 4),
        (1, 5),
        (2, 9),
        (8, 3),
        (20, 11),
        (20, 10),
        (19, 5),
        (27, 7),
        (10, 3),
        (1, 6),
        (22, 12),
        (3, 2),
    }
    | {
        (26, 3),
        (28, 6),
        (21, 6),
        (19, 8),
        (10, 10),
        (18, 11),
        (9, 11),
        (27, 2),
        (17, 10),
        (4, 10),
        (1, 1),
    }
)
"""Days that people name by their date alone: 30/4, 2/9, 20/11 …"""
_NEXT_DATE = re.compile(
    rf"\s?(?:[-–,]|đến|và)\s?(?:ngày\s)?(?:[{Kind.DATE.marks}]|\d{{1,2}}/\d{{1,2}}(?![\d/]))"
)
_LUNAR = re.compile(
    r"(?<![\w/.,-])(?P<day>\d{1,2})\s?[-/]\s?(?P<month>\d{1,2})(?:\s\(?(?:âm lịch|ÂL|AL)(?!\w)\)?)"
)
_LUNAR_DAYS = 30
_LIST_ENDS = re.compile(rf"\s?(?:$|[,.;:)!?]|(?:{any_phrase('after_weekdays')})(?!\w))")


def read_dates(draft: Draft) -> None:
    """Say dates, months and "thứ …"; a date that is in no calendar is left as residue."""
    draft.replace(_ISO, lambda m: _date(draft, m[3], m[2], m[1]))
    draft.replace(_SPAN, lambda match: _span(draft, match))
    draft.replace(_BLANK_DAY, lambda m: f"{m[1]} tháng {m[2]}/{m[3]}")
    draft.replace(_FULL, lambda m: _date(draft, m["day"], m["month"], m["year"]))
    draft.replace(_DASHED, lambda m: _date(draft, m["day"], m["month"], m["year"]))
    draft.replace(_LUNAR, lambda m: _lunar(draft, m))
    draft.replace(_DAY_MONTH, lambda match: _day_month(draft, match))
    draft.replace(_BAD, lambda match: _bad(draft, match))
    draft.replace(_MONTHS, lambda match: _months(draft, match))
    draft.replace(_SHORT_MONTH, lambda match: _month_year(draft, match))
    draft.replace(_MONTH_YEAR, lambda match: _month_year(draft, match))
    draft.replace(_SHORT_WEEKDAYS, lambda match: _weekdays(draft, match))
    draft.replace(_ORDINALS, lambda match: _ordinals(draft, match))


def _exists(day: int, month: int, year: int = 2000) -> bool:
    return 1 <= month <= 12 and 1 <= day <= calendar.monthrange(year, month)[1]


def _day(day: str, month: str, year: str | None = None) -> str:
    said = f"{numbers.cardinal(int(day))} tháng {numbers.month(int(month))}"
    return f"{said} năm {numbers.cardinal(int(year))}" if year else said


def _date(draft: Draft, day: str, month: str, year: str) -> str | None:
    if not _exists(int(day), int(month), int(year)):
        return None
    return draft.say(_day(day, month, year), Kind.DATE)


def _span(draft: Draft, match: re.Match[str]) -> str | None:
    """Two days of one month: "10-12/3/2026"."""
    first, day, month = (int(match[name]) for name in ("first", "day", "month"))
    if not (_exists(day, month) and 0 < first < day):
        return None
    word = match["word"] or ""
    last = draft.say(_day(match["day"], match["month"], match["year"]), Kind.DATE)
    return f"{word}{draft.say(numbers.cardinal(first), Kind.DATE)} đến {word.lower()}{last}"


def _lunar(draft: Draft, match: re.Match[str]) -> str | None:
    """ "10-3 âm lịch", "10/3 (ÂL)": no other calendar has a month of its own there."""
    day, month = int(match["day"]), int(match["month"])
    if not (1 <= day <= _LUNAR_DAYS and 1 <= month <= 12):
        return None
    return draft.say(f"{_day(match['day'], match['month'])} âm lịch", Kind.DATE)


def _day_month(draft: Draft, match: re.Match[str]) -> str | None:
    if not _is_date(match):
        return None
    return draft.say(_day(match["day"], match["month"]), Kind.DATE)


def _is_date(match: re.Match[str]) -> bool:
    """A day and month, and not a share or a score such as "12/15 chỉ tiêu" or "24/7"."""
    day, month = int(match["day"]), int(match["month"])
    before = match.string[max(0, match.start() - 30) : match.start()]
    if not _exists(day, month) or _SHARE_AFTER.match(match.string, match.end()):
        return False
    if (day, month) == (24, 7) and before.endswith("("):
        return False  # "(24/7)": open all hours
    if _DATE_BEFORE.search(before) or _NEXT_DATE.match(match.string, match.end()):
        return True
    if _SHARE_BEFORE.search(before) or (day, month) == (24, 7):
        return False
    listed = re.search(
        rf"(?:[{Kind.DATE.marks}]|\d/\d{{1,2}})(?:\s?[-–,]\s?|\s(?:và|đến)\s)(?:ngày\s)?$", before
    )
    return (day, month) in _HOLIDAYS or day > month or listed is not None


def _bad(draft: Draft, match: re.Match[str]) -> str | None:
    parts = match["date"].split("/")
    if len(parts) == 2 and _exists(int(parts[0]), int(parts[1])):
        return None
    return f"{match['word']}{draft.leave(match['date'])}"


def _months(draft: Draft, match: re.Match[str]) -> str | None:
    parts = _SPLIT.split(match["list"])
    values = [int(part) for part in parts[::2]]
    if not all(1 <= number <= 12 for number in values):
        return None
    comma_list = any("," in sign for sign in parts[1::2])
    if comma_list and (
        values != sorted(values)
        or not (match["year"] or _LIST_ENDS.match(match.string, match.end()))
    ):
        return None
    said = numbers.month(values[0])
    for sign, number in zip(parts[1::2], values[1:], strict=True):
        said += (
            f" đến tháng {numbers.month(number)}"
            if _ranges(sign)
            else f"{_joint(sign)} {numbers.month(number)}"
        )
    year = f" năm {numbers.cardinal(int(match['year']))}" if match["year"] else ""
    return f"{match['word']} {draft.say(said + year, Kind.MONTH)}"


def _month_year(draft: Draft, match: re.Match[str]) -> str | None:
    month = int(match["month"])
    if not 1 <= month <= 12:
        return None
    return draft.say(
        f"tháng {numbers.month(month)} năm {numbers.cardinal(int(match['year']))}", Kind.DATE
    )


def _weekdays(draft: Draft, match: re.Match[str]) -> str:
    last = f"thứ {numbers.ordinal(int(match[3]))}" if match[3] else "chủ nhật"
    joint = "," if match[2] == "," else " đến"
    return draft.say(f"thứ {numbers.ordinal(int(match[1]))}{joint} {last}")


def _ordinals(draft: Draft, match: re.Match[str]) -> str:
    """ "thứ 4" -> "thứ tư"; a list goes on only over weekdays ("thứ 2, 4, 6 hằng tuần")."""
    parts = _SPLIT.split(match["list"])
    values = [int(part) for part in parts[::2]]
    weekdays = all(2 <= number <= 7 for number in values) and values == sorted(set(values))
    if len(values) > 1 and not (weekdays and _LIST_ENDS.match(match.string, match.end())):
        rest = match["list"][len(parts[0]) :]
        return f"{match['word']} {draft.say(numbers.ordinal(values[0]), Kind.MONTH)}{rest}"
    said = numbers.ordinal(values[0])
    for sign, number in zip(parts[1::2], values[1:], strict=True):
        said += (
            f" đến thứ {numbers.ordinal(number)}"
            if _ranges(sign)
            else f"{_joint(sign)} {numbers.ordinal(number)}"
        )
    return f"{match['word']} {draft.say(said, Kind.MONTH)}"


def _ranges(sign: str) -> bool:
    return sign.strip().lower() in ("-", "–", "đến")


def _joint(sign: str) -> str:
    return "," if sign.strip() == "," else " và"
