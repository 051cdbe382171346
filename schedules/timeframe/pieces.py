"""The nouns of the grammar: a day, week, month, quarter, half or year as a phrase names it."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass, replace
from enum import StrEnum

from content.folding import strip_marks
from schedules.timeframe.scanner import Pattern, Scanner

FIRST_YEAR, LAST_YEAR = 2000, 2100
"""Years outside these are not read as years of a schedule."""

YEAR = r"(?P<year>20\d\d)"
_AFTER = r"(?P<next>sau|tới|kế tiếp|tiếp theo|liền kề)"
_YEAR_SUFFIX = rf"(?:~[/.-]?~{YEAR}|~,?~(?:trong |của )?năm~{YEAR.replace('year', 'year2')}"
_YEAR_SUFFIX += rf"| (?:của )?năm {_AFTER})?"
_NUMERALS = ("một", "hai", "ba", "tư|bốn", "lăm", "sáu", "bảy", "tám", "chín", "mười")
_NUMERAL_WORDS = {word: n for n, both in enumerate(_NUMERALS, 1) for word in both.split("|")}
_MONTH_WORDS = {"giêng": 1, "chạp": 12, "mười một": 11, "mười hai": 12, **_NUMERAL_WORDS}
_NUMBERS = {strip_marks(word): n for word, n in _MONTH_WORDS.items()}
_MONTH_NAMES = "|".join(sorted(_MONTH_WORDS, key=len, reverse=True))
_ROMANS = {"iy": 2, "i": 1, "ii": 2, "iii": 3, "iv": 4, "iiii": 4}
_ROMAN = r"(?P<roman>ly|[il1][il1]{0,3}|[il1]v|[1-4]|một|hai|ba|bốn|tư)"
_MOST_DAYS = 28
_SECOND_YEAR = YEAR.replace("year", "until")


class Grain(StrEnum):
    """How long a piece of the calendar is; ISSUE is the day the plan was signed."""

    DAY = "day"
    DAYS = "days"
    """The first or last so many days of a month."""
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    MONTHS = "months"
    YEAR = "year"
    YEARS = "years"
    ISSUE = "issue"


class Part(StrEnum):
    """đầu, giữa, cuối; nửa đầu, nửa cuối."""

    EARLY = "early"
    MIDDLE = "middle"
    LATE = "late"
    FIRST_HALF = "first_half"
    SECOND_HALF = "second_half"


_PARTS = {
    "nửa đầu": Part.FIRST_HALF,
    "nửa cuối": Part.SECOND_HALF,
    "nửa sau": Part.SECOND_HALF,
    "thượng tuần": Part.EARLY,
    "trung tuần": Part.MIDDLE,
    "hạ tuần": Part.LATE,
    "đầu": Part.EARLY,
    "giữa": Part.MIDDLE,
    "cuối": Part.LATE,
}


@dataclass(frozen=True, slots=True)
class Piece:
    """A named stretch of the calendar, its year perhaps left to the plan."""

    grain: Grain
    number: int = 0
    month: int | None = None
    year: int | None = None
    until: int | None = None
    """Last year of YEARS."""
    part: Part | None = None
    next_year: bool = False

    @property
    def is_vague(self) -> bool:
        """Its edges are custom, not law ("đầu tháng" = 1st to 10th)."""
        return self.part is not None and self.grain not in (Grain.MONTHS, Grain.DAYS)

    @property
    def is_ambiguous(self) -> bool:
        """ "6 tháng năm 2025": neither đầu nor cuối is said."""
        return self.grain is Grain.MONTHS and self.part is None


_PART = Pattern(rf"(?P<part>{'|'.join(_PARTS)})(?: của)?(?= (?:tháng|quý|quí|quỹ|năm|q)~[\dilv]?)")
_DAY = Pattern(
    rf"(?:ngày~)?(?P<day>\d{{1,2}})~(?:(?P<sign>[/.-])~(?P<month>\d{{1,2}})~(?P=sign)~"
    rf"(?:{YEAR}|(?P<short>\d\d))|/~(?P<month2>\d{{1,2}})(?!~[/\d])"
    rf"(?:~,?~năm~{YEAR.replace('year', 'year3')}| (?:của )?năm {_AFTER})?"
    rf"|tháng~(?P<month3>\d{{1,2}}|{_MONTH_NAMES})(?:~/~{YEAR.replace('year', 'year4')}"
    rf"|~,?~năm~{YEAR.replace('year', 'year2')})?)"
)
_BARE_DAY = Pattern(r"ngày~(?:mùng |mồng )?(?P<day>\d{1,2})")
_WEEK = Pattern(
    r"tuần~(?:lễ )?(?:thứ )?(?P<week>\d|một|nhất|hai|ba|tư|bốn|đầu(?: tiên)?|cuối(?: cùng)?)"
    rf"~,?~(?:của )?tháng~(?P<month>\d{{1,2}}){_YEAR_SUFFIX}"
)
_DAYS = Pattern(
    rf"(?P<count>\d{{1,2}}|hai|ba|mười) (?P<unit>ngày|tuần)(?: lễ)? (?P<part>đầu|cuối)"
    rf"(?: (?:của|trong))? tháng~(?P<month>\d{{1,2}}){_YEAR_SUFFIX}"
)
_MONTH = Pattern(rf"(?:tháng|t)~(?P<month>\d{{1,2}}|{_MONTH_NAMES}){_YEAR_SUFFIX}")
_MONTH_ROMANS = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii")
_ROMAN_MONTHS = "|".join(sorted(_MONTH_ROMANS, key=len, reverse=True))
_ROMAN_MONTH = Pattern(rf"tháng~(?P<month>{_ROMAN_MONTHS}){_YEAR_SUFFIX}")
_NEXT_ROMAN_MONTH = Pattern(rf"(?P<month>{_ROMAN_MONTHS}){_YEAR_SUFFIX}")
_MONTH_AND_YEAR = Pattern(rf"(?<![/\d])(?P<month>\d{{1,2}})~[/]~{YEAR}")
_QUARTER = Pattern(rf"(?:quý|quí|quỹ|qúi|quy|q)~\.?~{_ROMAN}{_YEAR_SUFFIX}")
_MONTHS = Pattern(
    rf"(?P<count>\d{{1,2}}|ba|sáu|chín) tháng(?: (?P<part>đầu|cuối|còn lại))?"
    rf"(?:~(?:của )?năm(?:~{YEAR}| {_AFTER})?|~/~{YEAR.replace('year', 'year2')})"
)
_MONTHS_PART = Pattern(r"(?P<count>\d{1,2}|ba|sáu|chín) tháng (?P<part>đầu|cuối)")
_QUARTERS = Pattern(
    rf"(?P<count>0?[23]|hai|ba) quý (?P<part>đầu|cuối)(?: (?:của )?năm(?:~{YEAR}| {_AFTER})?)?"
)
_HALF = Pattern(rf"nửa (?P<part>đầu|cuối|sau) năm(?:~{YEAR}| {_AFTER})?")
_YEARS = Pattern(
    rf"(?:(?:giai đoạn|các năm|từ năm|năm) )?{YEAR}~(?:-|đến(?: hết)?(?: năm)?)~{_SECOND_YEAR}"
)
_YEAR = Pattern(
    rf"(?:(?:trong|cả|suốt|toàn|quanh|hết|của|trọn) )*năm~(?:{YEAR}|{_AFTER})(?! (?:cấp|lần))"
)
_ONLY_YEAR = Pattern(rf"(?<![/\d]){YEAR}(?!~[/.]~\d)")
_THIS_YEAR = Pattern(
    r"(?:(?:trong|cả|suốt|toàn|quanh|trọn) )+năm(?: (?:nay|này|kế hoạch))?|năm (?:nay|này)"
)
_BARE_YEAR = Pattern("năm")
_WHOLE_YEAR = Pattern(r"năm(?=~(?:$|[,;.()]))")
_ISSUE = Pattern(
    r"(?:hiện )?nay|bây giờ|(?:ngày|khi|lúc|thời điểm)(?: (?:bản|có))?(?: kế hoạch(?: này)?)?"
    r" (?:được )?(?:ký|ban hành|phê duyệt|có hiệu lực)"
    r"(?:,? (?:ký|ban hành|phê duyệt))*(?: kế hoạch)?(?: này)?"
)
_NEXT_ROMAN = Pattern(_ROMAN + _YEAR_SUFFIX)
_NEXT_NUMBER = Pattern(r"(?P<month>\d{1,2})(?!~/~\d{1,2}(?!\d))" + _YEAR_SUFFIX)
_NEXT_DAY = Pattern(r"(?P<day>\d{1,2})(?!~[/.]~\d)")


def take_piece(scanner: Scanner, previous: Piece | None = None) -> Piece | None:
    """The piece at the scanner's position, or None with the scanner unmoved.

    After `previous` a bare number is the next one of its kind ("Quý II, III").
    """
    start = scanner.position
    piece = _with_part(scanner) or _plain(scanner) or _next_of_kind(scanner, previous)
    if piece is None or not is_sane(piece):
        scanner.position = start
        return None
    return piece


def is_sane(piece: Piece) -> bool:
    """Whether such a month, day and year exist."""
    month = piece.number if piece.grain is Grain.MONTH else piece.month
    if month is not None and not 1 <= month <= 12:
        return False
    if piece.grain is Grain.DAY:
        days = monthrange(piece.year or 2024, month)[1] if month else 31
        return 1 <= piece.number <= days
    if piece.grain is Grain.MONTHS:
        return 2 <= piece.number <= 11
    return piece.until is None or piece.year is None or piece.year <= piece.until


def _with_part(scanner: Scanner) -> Piece | None:
    match = scanner.take(_PART)
    if not match:
        return None
    piece = _plain(scanner) or _bare_year(scanner)
    if piece is None or piece.grain not in (Grain.MONTH, Grain.QUARTER, Grain.YEAR):
        return None
    return replace(piece, part=_part(match["part"]))


def _part(words: str) -> Part:
    bare = strip_marks(words)
    return next(part for name, part in _PARTS.items() if strip_marks(name) == bare)


def _bare_year(scanner: Scanner) -> Piece | None:
    return Piece(Grain.YEAR) if scanner.take(_BARE_YEAR) else None


def _plain(scanner: Scanner) -> Piece | None:
    for read in (_months, _week, _days, _day, _quarter, _years, _month, _year, _issue):
        if piece := read(scanner):
            return piece
    return None


def _year_of(match: re.Match[str]) -> int | None:
    groups = match.groupdict()
    found = next((groups[k] for k in ("year", "year2", "year3", "year4") if groups.get(k)), None)
    return int(found) if found else None


def _is_next(match: re.Match[str]) -> bool:
    return bool(match.groupdict().get("next"))


def read_number(word: str) -> int:
    """1 for "01", "một" or "mot"."""
    return int(word) if word.isdigit() else _NUMBERS[strip_marks(word)]


def take_whole_year(scanner: Scanner) -> Piece | None:
    """A bare "năm" that ends its clause: the year in hand ("từ nay đến hết năm")."""
    return Piece(Grain.YEAR) if scanner.take(_WHOLE_YEAR) else None


def _months(scanner: Scanner) -> Piece | None:
    if match := scanner.take(_HALF):
        late = not match["part"].startswith(("đ", "d"))
        half = Part.LATE if late else Part.EARLY
        return Piece(Grain.MONTHS, 6, year=_year_of(match), part=half, next_year=_is_next(match))
    quarters = scanner.take(_QUARTERS)
    match = quarters or scanner.take(_MONTHS) or scanner.take(_MONTHS_PART)
    if not match:
        return None
    named = match["part"]
    part = None if not named else Part.EARLY if named[0] in "đd" else Part.LATE
    count = read_number(match["count"]) * (3 if quarters else 1)
    return Piece(Grain.MONTHS, count, year=_year_of(match), part=part, next_year=_is_next(match))


def _week(scanner: Scanner) -> Piece | None:
    match = scanner.take(_WEEK)
    if not match:
        return None
    word = match["week"]
    last = word[0] == "c"
    number = -1 if last else 1 if word[0] in "đdn" else read_number(word)
    if not (last or 1 <= number <= 5):
        return None
    return Piece(Grain.WEEK, number, int(match["month"]), _year_of(match))


def _days(scanner: Scanner) -> Piece | None:
    match = scanner.take(_DAYS)
    if not match:
        return None
    count = read_number(match["count"]) * (7 if match["unit"][0] == "t" else 1)
    if not 1 <= count <= _MOST_DAYS:
        return None
    part = Part.EARLY if match["part"][0] in "đd" else Part.LATE
    return Piece(Grain.DAYS, count, int(match["month"]), _year_of(match), part=part)


def _day(scanner: Scanner) -> Piece | None:
    match = scanner.take(_DAY)
    if not match:
        return None
    month = match["month"] or match["month2"] or match["month3"]
    year = _year_of(match) or (2000 + int(match["short"]) if match["short"] else None)
    return Piece(Grain.DAY, int(match["day"]), read_number(month), year, next_year=_is_next(match))


def _quarter(scanner: Scanner) -> Piece | None:
    return _as_quarter(scanner.take(_QUARTER))


def _as_quarter(match: re.Match[str] | None) -> Piece | None:
    if not match:
        return None
    word = match["roman"]
    if word in "1234":
        number = int(word)
    elif word[0] in "il1":
        number = _ROMANS.get(word.replace("l", "i").replace("1", "i"), 0)
    else:
        number = read_number(word)
    if not number:
        return None
    return Piece(Grain.QUARTER, number, year=_year_of(match), next_year=_is_next(match))


def _years(scanner: Scanner) -> Piece | None:
    match = scanner.take(_YEARS)
    if not match:
        return None
    return Piece(Grain.YEARS, year=int(match["year"]), until=int(match["until"]))


def _month(scanner: Scanner) -> Piece | None:
    arabic = scanner.take(_MONTH) or scanner.take(_MONTH_AND_YEAR)
    return _as_month(arabic or scanner.take(_ROMAN_MONTH))


def _as_month(match: re.Match[str] | None) -> Piece | None:
    if not match:
        return None
    word = match["month"]
    number = _MONTH_ROMANS.index(word) + 1 if word in _MONTH_ROMANS else read_number(word)
    return Piece(Grain.MONTH, number, year=_year_of(match), next_year=_is_next(match))


def _year(scanner: Scanner) -> Piece | None:
    if match := scanner.take(_YEAR) or scanner.take(_ONLY_YEAR):
        return Piece(Grain.YEAR, year=_year_of(match), next_year=_is_next(match))
    return Piece(Grain.YEAR) if scanner.take(_THIS_YEAR) else None


def _issue(scanner: Scanner) -> Piece | None:
    return Piece(Grain.ISSUE) if scanner.take(_ISSUE) else None


def take_bare_day(scanner: Scanner) -> Piece | None:
    """ "ngày 10" whose month comes later ("đến ngày 15/5")."""
    match = scanner.take(_BARE_DAY)
    return Piece(Grain.DAY, int(match["day"])) if match else None


def _next_of_kind(scanner: Scanner, previous: Piece | None) -> Piece | None:
    if previous is None:
        return None
    if previous.grain is Grain.QUARTER:
        return _as_quarter(scanner.take(_NEXT_ROMAN))
    if previous.grain is Grain.MONTH:
        return _as_month(scanner.take(_NEXT_NUMBER) or scanner.take(_NEXT_ROMAN_MONTH))
    if previous.grain is Grain.DAY and previous.month is None:
        match = scanner.take(_NEXT_DAY)
        return Piece(Grain.DAY, int(match["day"])) if match else None
    return None
