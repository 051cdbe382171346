"""Rules for how often: "mỗi tháng 02 lần", "thứ 3, thứ 5 hằng tuần", "sáng từ 5h30 - 6h"."""

from __future__ import annotations

import re

from schedules.timeframe.constituents import Frequency, Mark, Times, Weekdays, WeekOfMonth
from schedules.timeframe.pieces import read_number
from schedules.timeframe.scanner import Pattern, Scanner
from schedules.timeframe.spans import take_and

_EVERY = Pattern(
    r"(?:theo )?(?:(?:định kỳ|thường kỳ)(?: (?:hằng|hàng|mỗi|theo|từng))?|hằng|hàng"
    r"|mỗi|từng|mọi|cứ)"
)
_N = r"(?P<n>\d{1,3}|một|hai|ba|bốn|sáu|chín|mười hai)"
_NOUN = (
    r"(?:lần|lượt|tin bài|tin|bài viết|bài|bản tin|buổi|kỳ|số|chuyên mục|chuyên đề|chuyên trang"
    r"|chương trình|phóng sự|hội nghị|cuộc họp|cuộc|đợt|lớp|video|clip|phiên|ca|bản|mẩu tin"
    r"|hội thi|bài đăng|tin nhắn|phát thanh)"
)
_NOUNS = rf"{_NOUN}(?:~(?:,|/|và)?~{_NOUN}(?! ngày| tuần| tháng| quý| năm))*(?: phát(?: thanh)?)?"
_LEAST = r"(?:(?:ít nhất|tối thiểu|không dưới|không ít hơn|trung bình|đăng|phát|có)(?: là)? )*"
_COUNT = rf"{_LEAST}(?:từ )?{_N}~(?:-~\d+~|đến \d+ )?~{_NOUNS}"
_UNIT = r"(?:(?P<n>\d{1,2}|một|hai|ba|sáu|chín) )?(?P<unit>ngày|tuần|tháng|quý|năm)"
_UNIT_ITEM = Pattern(_UNIT + r"(?!~\d)(?!~/~20)(?! (?:đầu|cuối|sau|tới|cả|này|nay)(?!\w))")
_LAST_UNIT = Pattern(r"cả năm(?!~\d)(?! (?:nay|này|kế hoạch))")
_AGAIN = Pattern(r"hằng|hàng|mỗi|từng")
_ALL_OF_YEAR = Pattern(
    r"(?:trong )?(?:các|những|tất cả các|cả 4|cả bốn) (?P<unit>ngày|tuần|tháng|quý)"
    r"(?= (?:trong|của) năm)"
)
_MONTH_OF_QUARTER = Pattern(
    r"tháng (?:đầu(?: tiên)?|giữa|cuối(?: cùng)?|thứ (?:nhất|hai|ba|[1-3]))"
    r" (?:của )?(?:hằng |hàng |mỗi |từng |các )?quý(?!~[\dil])"
)
_UNIT_PER = Pattern(rf"(?:cứ |định kỳ )?{_UNIT}~(?:/~(?:lần|kỳ|số)|(?:một|1|01) lần(?!~/))")
_COUNT_PER = Pattern(
    rf"{_COUNT}~(?:/|mỗi|một|trong(?: một| 1)?|hằng|hàng|trên|trong mỗi)"
    rf"~(?:{_UNIT.replace('<n>', '<m>')})"
)
_UNIT_COUNT = Pattern(rf"(?:mỗi |hằng |hàng |cứ )?{_UNIT.replace('<n>', '<m>')}~,?:?~{_COUNT}")
_COUNT_ALONE = Pattern(_COUNT)
_COUNT_SIGNS = ",:("
_DAILY = Pattern(
    r"(?:các|mọi|tất cả các) ngày(?: trong tuần)?(?! (?:làm việc|thứ|lễ|\d))|ngày nào cũng"
)
_WORKDAYS = Pattern(r"(?:vào )?(?:các |mọi |những )?ngày làm việc(?: trong tuần| hằng tuần)?")
_WEEKEND = Pattern(r"(?:vào )?(?:các |dịp |ngày nghỉ |những ngày )*cuối tuần(?: hằng tuần)?")
_WEEK = Pattern(
    r"(?:vào )?tuần (?:thứ )?(?P<n>\d|nhất|hai|ba|tư|đầu(?: tiên)?|cuối(?: cùng)?) "
    r"(?:của )?(?:hằng |hàng |mỗi |các |từng )?tháng(?!~\d)"
)
_DAY_NAME = (
    r"(?:thứ|t)~(?P<n>[2-7]|hai|ba|tư|năm|sáu|bảy|bẩy)(?!~/~\d)|(?P<sunday>chủ nhật|chúa nhật|cn)"
)
_WEEKDAY = Pattern(rf"(?:vào |các |ngày |sáng |chiều )*(?:{_DAY_NAME})(?! tháng)")
_NEXT_WEEKDAY = Pattern(r"(?:ngày |thứ )?(?P<n>[2-7]|hai|ba|tư|năm|sáu|bảy|bẩy)(?! (?:lần|tin))")
_FROM = Pattern(r"(?:kể )?từ")
_TO = Pattern(r"đến|tới")
_CODES = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
_DAY_NUMBERS = {"hai": 2, "ba": 3, "tu": 4, "nam": 5, "sau": 6, "bay": 7}
_CLOCK = r"(?P<hour>\d{1,2})~(?:(?:h|g|giờ)~(?P<minute>\d{2})?|:~(?P<minute2>\d{2}))(?: ?phút)?"
_TIME = Pattern(
    r"(?P<part>(?:(?:vào |buổi |các |lúc |khoảng |từ )*(?:sáng|trưa|chiều|tối)~:?~)?)"
    rf"(?:lúc |từ |vào lúc |vào |khoảng )*{_CLOCK}"
)
_PART_OF_DAY = Pattern(r"(?:vào )?(?:các )?buổi (?:sáng|trưa|chiều|tối)")
_PER = {
    ("ngày", 1): "daily",
    ("tuần", 1): "weekly",
    ("tháng", 1): "monthly",
    ("tháng", 3): "quarterly",
    ("tháng", 6): "half_yearly",
    ("tháng", 12): "yearly",
    ("quý", 1): "quarterly",
    ("quý", 2): "half_yearly",
    ("năm", 1): "yearly",
}
_ENGLISH = {"ngày": "days", "tuần": "weeks", "tháng": "months", "quý": "quarters", "năm": "years"}
_UNITS = {"ngay": "ngày", "tuan": "tuần", "thang": "tháng", "quy": "quý", "nam": "năm"}


def take_frequency(scanner: Scanner) -> Frequency | Mark | None:
    """A frequency with its count, in any of the usual orders."""
    if match := scanner.take(_UNIT_PER):
        return Frequency((_code(match["unit"], match["n"]),))
    if match := scanner.take(_COUNT_PER) or scanner.take(_UNIT_COUNT):
        return Frequency((_code(match["unit"], match["m"]),), read_number(match["n"]))
    if match := scanner.take(_ALL_OF_YEAR):
        return Frequency((_code(match["unit"], None),))
    if scanner.take(_DAILY):
        return Frequency(("daily",))
    if scanner.take(_MONTH_OF_QUARTER):
        return Frequency(("quarterly",))
    return _take_every(scanner)


def take_units(scanner: Scanner) -> Frequency | None:
    """A bare list of reporting periods: "6 tháng, 1 năm", "tháng, quý, 6 tháng, năm"."""
    codes: list[str] = []
    end = scanner.position
    while match := scanner.take(_UNIT_ITEM) or _take_last_unit(scanner, codes):
        groups = match.groupdict()
        codes.append(_code(groups.get("unit") or "năm", groups.get("n")))
        end = scanner.position
        if not take_and(scanner):
            break
        scanner.take(_AGAIN)
    scanner.position = end
    return Frequency(tuple(dict.fromkeys(codes))) if codes else None


def _take_last_unit(scanner: Scanner, codes: list[str]) -> re.Match[str] | None:
    """ "6 tháng và cả năm"; behind a shorter unit "cả năm" says how long, not how often."""
    longer = {"half_yearly", "every_9_months"}
    return scanner.take(_LAST_UNIT) if longer & set(codes) else None


def take_weekdays(scanner: Scanner) -> Weekdays | WeekOfMonth | None:
    """Days of the week: a list "TUE,THU" or a run "MON-FRI"."""
    if scanner.take(_WORKDAYS):
        return Weekdays("MON-FRI")
    if scanner.take(_WEEKEND):
        return Weekdays("SAT,SUN")
    if match := scanner.take(_WEEK):
        return _week_of_month(match["n"])
    start = scanner.position
    is_run = scanner.take(_FROM) is not None
    first = _take_weekday(scanner, _WEEKDAY)
    if first is None:
        scanner.position = start
        return None
    joined = scanner.take(_TO) is not None or scanner.take_sign("-")
    if (is_run or joined) and joined and (last := _take_next_weekday(scanner)) is not None:
        return Weekdays(f"{_CODES[first]}-{_CODES[last]}")
    return Weekdays(_rest_of_list(scanner, [first]))


def take_times(scanner: Scanner) -> Times | None:
    """Times of day; "chiều 5h" is 17:00."""
    values: list[str] = []
    end = scanner.position
    while found := _take_time(scanner):
        opening, part = found
        end = scanner.position
        if (scanner.take_sign("-") or scanner.take(_TO)) and (closing := _take_time(scanner, part)):
            opening, end = f"{opening}-{closing[0]}", scanner.position
        else:
            scanner.position = end
        values.append(opening)
        take_and(scanner)
    scanner.position = end
    if values:
        return Times(tuple(values))
    return Times(()) if scanner.take(_PART_OF_DAY) else None


def _take_every(scanner: Scanner) -> Frequency | Mark | None:
    start = scanner.position
    every = scanner.take(_EVERY)
    if not every:
        return None
    periodic = "kỳ" in every.group() or "ky" in every.group()
    units = take_units(scanner)
    if units is None:
        if periodic:
            return Mark.PERIODIC
        scanner.position = start
        return None
    return Frequency(units.codes, _take_count(scanner))


def _take_count(scanner: Scanner) -> int | None:
    start = scanner.position
    scanner.take_sign(_COUNT_SIGNS)
    match = scanner.take(_COUNT_ALONE)
    if match and not scanner.take_sign("/"):
        return read_number(match["n"])
    scanner.position = start
    return None


def _code(unit: str, count: str | None) -> str:
    unit = (
        unit
        if unit in _ENGLISH
        else next((u for u in _ENGLISH if _plain(u) == _plain(unit)), "tháng")
    )
    number = read_number(count) if count else 1
    return _PER.get((unit, number)) or f"every_{number}_{_ENGLISH[unit]}"


def _plain(word: str) -> str:
    from content.folding import strip_marks

    return strip_marks(word)


def _week_of_month(word: str) -> WeekOfMonth | None:
    if word.isdigit():
        return WeekOfMonth(int(word)) if 1 <= int(word) <= 5 else None
    key = _plain(word)
    ordinals = {"nhat": 1, "hai": 2, "ba": 3, "tu": 4}
    return WeekOfMonth(-1 if key.startswith("cuoi") else ordinals.get(key, 1))


def _take_weekday(scanner: Scanner, pattern: Pattern) -> int | None:
    match = scanner.take(pattern)
    if not match:
        return None
    if match.groupdict().get("sunday"):
        return 6
    word = match["n"]
    return (int(word) if word.isdigit() else _DAY_NUMBERS[_plain(word)]) - 2


def _take_next_weekday(scanner: Scanner) -> int | None:
    day = _take_weekday(scanner, _WEEKDAY)
    return day if day is not None else _take_weekday(scanner, _NEXT_WEEKDAY)


def _rest_of_list(scanner: Scanner, days: list[int]) -> str:
    while True:
        end = scanner.position
        if not take_and(scanner) or (day := _take_next_weekday(scanner)) is None:
            scanner.position = end
            return ",".join(_CODES[day] for day in dict.fromkeys(days))
        days.append(day)


def _take_time(scanner: Scanner, part: str = "") -> tuple[str, str] | None:
    start = scanner.position
    match = scanner.take(_TIME)
    if not match:
        return None
    part = _part_of_day(match) or part
    hour, minute = int(match["hour"]), int(match["minute"] or match["minute2"] or 0)
    if part in ("chieu", "toi") and hour < 12:
        hour += 12
    if hour > 23 or minute > 59:
        scanner.position = start
        return None
    return f"{hour:02}:{minute:02}", part


def _part_of_day(match: re.Match[str]) -> str:
    words = re.findall(r"sang|trua|chieu|toi", _plain(match["part"]))
    return words[-1] if words else ""
