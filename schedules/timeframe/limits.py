"""Rules for deadlines: "trước ngày 15/12", "chậm nhất …", "ngày 25 hằng tháng"."""

from __future__ import annotations

import re

from schedules.timeframe.constituents import Cycle, DaysOfPeriod, Limits
from schedules.timeframe.frequency import take_times
from schedules.timeframe.pieces import Grain, Piece, take_piece
from schedules.timeframe.scanner import Pattern, Scanner
from schedules.timeframe.spans import share_years, take_and

_BEFORE = Pattern(r"(?:xong |xong trước |phải )?trước(?: (?:thời hạn|thời điểm|hạn))?(?: là)?")
_LATEST = Pattern(
    r"(?:chậm nhất|muộn nhất|trễ nhất|hạn cuối(?: cùng)?|hạn chót|thời hạn|hạn|không muộn hơn"
    r"|không chậm hơn|không quá|không trễ hơn|chậm nhất là)~:?"
    r"(?: (?:là|vào|trong|đến|tới|hết|cuối|nộp|gửi|báo cáo))*"
)
_UNTIL_DAY = Pattern(r"(?:cho )?(?:đến|tới)(?: hết)?|hết")
_AGAIN = Pattern(r"trước|chậm nhất|đến hết|đến")
_DAY = r"(?:ngày~)?(?P<day>\d{1,2})(?:~(?:,|và|;|-|đến)~(?:ngày )?(?P<day2>\d{1,2}))?"
_EVERY = r"(?:hằng|hàng|mỗi|từng|các)"
_IN_MONTH = Pattern(
    rf"{_DAY}~,?~(?:(?:của |trong )?{_EVERY} tháng|(?:của |trong )tháng(?!~\d)(?! (?:đầu|cuối|thứ))"
    r"|(?:của )?tháng (?P<next>sau|tiếp theo|kế tiếp|liền kề|kế sau)|/tháng|tháng báo cáo)"
    r"(?: báo cáo)?(?P<next2> (?:sau|tiếp theo|kế tiếp|liền kề))?"
)
_IN_QUARTER = Pattern(
    rf"{_DAY}~,?~(?:của |trong )?(?:{_EVERY} )?tháng (?P<month>đầu(?: tiên)?|giữa|cuối(?: cùng)?"
    rf"|thứ (?:nhất|hai|ba|1|2|3))~,?~(?:của |trong )?(?:{_EVERY} )?quý(?!~[\dil])"
    r"(?P<next> (?:sau|tiếp theo|kế tiếp|liền kề))?"
)
_LAST_DAY = Pattern(
    rf"(?:ngày cuối(?: cùng)? (?:của )?(?:{_EVERY} )?|cuối (?:{_EVERY} )?)"
    r"(?P<unit>tháng|quý)(?!~(?:\d|[il]+v?(?!\w)))"
    rf"|ngày cuối(?: cùng)? (?:của )?(?:{_EVERY} )?(?P<unit2>năm)(?!~\d)"
)
_MONTHLY_FIRST = Pattern(
    rf"(?:định kỳ )?{_EVERY} tháng~[,:(]?~(?:(?:vào|gửi|nộp|báo cáo) )*"
    r"(?P<limit>(?:xong )?trước|chậm nhất|muộn nhất|không quá)?~(?:(?:là|vào) )*"
    r"ngày~(?P<day>\d{1,2})(?!~[/.-]~\d)(?! tháng)"
)
_FROM_DAY = Pattern(r"(?:kể )?từ(?= ngày)")
_MONTHS = {"d": 1, "g": 2, "c": 3, "1": 1, "2": 2, "3": 3, "n": 1, "h": 2, "b": 3}


def take_limits(scanner: Scanner) -> Limits | DaysOfPeriod | None:
    """A limit introduced by its word; a plain "ngày 25 hằng tháng" is one as well."""
    start = scanner.position
    for introduced, exclusive in ((_BEFORE, True), (_LATEST, False)):
        if scanner.take(introduced):
            found = _take_after_word(scanner, exclusive)
            if found:
                return found
            scanner.position = start
    if found := _take_days_of_period(scanner, exclusive=False):
        return found
    if scanner.take(_UNTIL_DAY):
        if found := _take_days_of_period(scanner, exclusive=False):
            return found
        pieces = _take_pieces(scanner)
        if pieces and all(p.grain is Grain.DAY for p in pieces):
            return Limits(pieces, exclusive=False)
    scanner.position = start
    return None


def _take_after_word(scanner: Scanner, exclusive: bool) -> Limits | DaysOfPeriod | None:
    at_an_hour = take_times(scanner) is not None
    scanner.take_sign(",")
    if found := _take_days_of_period(scanner, exclusive and not at_an_hour):
        return found
    pieces = _take_pieces(scanner)
    return Limits(pieces, exclusive and not at_an_hour) if pieces else None


def _take_pieces(scanner: Scanner) -> tuple[Piece, ...]:
    pieces: list[Piece] = []
    while piece := take_piece(scanner, pieces[-1] if pieces else None):
        pieces.append(piece)
        end = scanner.position
        if not take_and(scanner):
            break
        scanner.take(_AGAIN)
        following = scanner.position
        if not take_piece(scanner, piece):
            scanner.position = end
            break
        scanner.position = following
    return tuple(share_years(pieces))


def _take_days_of_period(scanner: Scanner, exclusive: bool) -> DaysOfPeriod | None:
    start = scanner.position
    scanner.take(_FROM_DAY)
    if match := scanner.take(_MONTHLY_FIRST):
        before = "trước" in (match["limit"] or "") or "truoc" in (match["limit"] or "")
        return _checked(scanner, start, int(match["day"]), exclusive or before)
    if match := scanner.take(_IN_QUARTER):
        key = match["month"].removeprefix("thứ ").removeprefix("thu ")[0].replace("đ", "d")
        found = _days(match, Cycle.QUARTER, exclusive, _MONTHS[key])
    elif match := scanner.take(_IN_MONTH):
        found = _days(match, Cycle.MONTH, exclusive, 1)
    elif match := scanner.take(_LAST_DAY):
        unit = (match["unit"] or match["unit2"])[0]
        cycle = {"t": Cycle.MONTH, "q": Cycle.QUARTER, "n": Cycle.YEAR}[unit]
        last_month = {Cycle.MONTH: 1, Cycle.QUARTER: 3, Cycle.YEAR: 12}[cycle]
        return DaysOfPeriod((0,), cycle, exclusive, last_month)
    else:
        found = None
    if found is None:
        scanner.position = start
    return found


def _checked(scanner: Scanner, start: int, day: int, exclusive: bool) -> DaysOfPeriod | None:
    if 1 <= day <= 31:
        return DaysOfPeriod((day,), Cycle.MONTH, exclusive)
    scanner.position = start
    return None


def _days(match: re.Match[str], cycle: Cycle, exclusive: bool, month: int) -> DaysOfPeriod | None:
    days = tuple(int(d) for d in (match["day"], match["day2"]) if d)
    if not all(1 <= day <= 31 for day in days):
        return None
    groups = match.groupdict()
    later = 1 if groups.get("next") or groups.get("next2") else 0
    joined = match.group()[: match.end("day2") - match.start()] if match["day2"] else ""
    if "-" in joined or "đến" in joined or "den" in joined:
        if days[0] > days[1]:
            return None
        return DaysOfPeriod(days[:1], cycle, False, month, later, until=days[1])
    return DaysOfPeriod(days, cycle, exclusive, month, later)
