"""Rules for windows: a piece, a range ("từ … đến …"), a list of them."""

from __future__ import annotations

from dataclasses import replace

from schedules.timeframe.constituents import Range, Spans
from schedules.timeframe.pieces import (
    Grain,
    Part,
    Piece,
    take_bare_day,
    take_piece,
    take_whole_year,
)
from schedules.timeframe.scanner import Pattern, Scanner

_FROM = Pattern(r"(?:bắt đầu )?(?:kể )?từ|bắt đầu(?: vào)?")
_IN = Pattern(r"(?:trong|vào|khoảng|trong khoảng(?: thời gian)?|dự kiến)(?: (?:trong|vào|khoảng))*")
_TO = Pattern(r"(?:cho )?(?:đến|tới)(?: (?:hết|cuối(?= ngày)))?|hết")
_ONLY_TO = Pattern(r"(?:cho )?(?:đến|tới)(?: hết)?|hết")
_AND = Pattern(r"và|hoặc|cùng")
_NOT_A_PIECE = Pattern(r"(?:\d{1,2}|một|hai|ba) (?:lần|tin|bài|buổi|cấp|kỳ|đợt|lượt|số|chuyên)")


def take_spans(scanner: Scanner) -> Spans | None:
    """ "Quý I", "Tháng 3-5/2025", "Từ tháng 4 đến tháng 6", "Tháng 6, tháng 12/2026"."""
    start = scanner.position
    first = _take_range(scanner, None)
    if first is None:
        return None
    ranges = [first]
    while following := _take_next(scanner, ranges[-1]):
        ranges.append(following)
    shared = _share_years(ranges)
    if any(r.first.grain is Grain.DAY and r.first.month is None for r in shared):
        scanner.position = start
        return None
    return Spans(shared)


def take_until(scanner: Scanner) -> Spans | None:
    """ "Đến hết năm 2026": from the issue to its end. A single day is a limit, not a window."""
    start = scanner.position
    if scanner.take(_ONLY_TO):
        piece = take_piece(scanner) or take_whole_year(scanner)
        if piece and piece.grain is not Grain.DAY:
            return Spans((Range(Piece(Grain.ISSUE), piece),))
    scanner.position = start
    return None


def take_and(scanner: Scanner) -> bool:
    """A sign or word between the items of a list."""
    if scanner.take_sign(",;&+/"):
        scanner.take(_AND)
        return True
    return scanner.take(_AND) is not None


def share_years(pieces: list[Piece]) -> list[Piece]:
    """Give a piece without a year that of the next one in its list ("Tháng 6, tháng 12/2026")."""
    shared = list(pieces)
    for i in reversed(range(len(shared) - 1)):
        after = shared[i + 1]
        if shared[i].grain is Grain.DAY and shared[i].month is None:
            shared[i] = replace(shared[i], month=after.month)
        yearless = shared[i].year is None and not shared[i].next_year
        if yearless and after.year and shared[i].grain not in (Grain.ISSUE, Grain.YEAR):
            shared[i] = replace(shared[i], year=after.year)
    return shared


def _take_next(scanner: Scanner, previous: Range) -> Range | None:
    start = scanner.position
    if take_and(scanner) and not scanner.peek(_NOT_A_PIECE):
        following = _take_range(scanner, previous.last or previous.first)
        if following:
            return following
    scanner.position = start
    return None


def _take_range(scanner: Scanner, previous: Piece | None) -> Range | None:
    start = scanner.position
    first, is_open = take_piece(scanner, previous), False
    if first is None:
        scanner.take(_IN)
        is_open = scanner.take(_FROM) is not None
        first = take_piece(scanner, previous) or _day_before_its_month(scanner, is_open)
    if first is None:
        scanner.position = start
        return None
    last = _take_end(scanner, first)
    if last is None:
        return Range(first, None if is_open or first.grain is Grain.ISSUE else first)
    return Range(*_complete(first, last))


def _day_before_its_month(scanner: Scanner, is_open: bool) -> Piece | None:
    """ "ngày 10 (đến …)", or "15-20/10" with its first day bare."""
    if day := take_bare_day(scanner):
        return day
    start = scanner.position
    bare = take_piece(scanner, Piece(Grain.DAY))
    if bare and (is_open or (scanner.position < len(scanner.folded) and _has_dash(scanner))):
        return bare
    scanner.position = start
    return None


def _has_dash(scanner: Scanner) -> bool:
    scanner.skip_spaces()
    return not scanner.at_end and scanner.folded[scanner.position] == "-"


def _take_end(scanner: Scanner, first: Piece) -> Piece | None:
    start = scanner.position
    if scanner.take(_TO) or scanner.take_sign("-→"):
        previous = first if first.grain is not Grain.DAY else None
        if piece := take_piece(scanner, previous) or take_whole_year(scanner):
            return piece
    scanner.position = start
    return None


def _complete(first: Piece, last: Piece) -> tuple[Piece, Piece]:
    """Month and year of one end from the other; a range that runs backwards crosses the year."""
    if first.grain is Grain.DAY and first.month is None:
        return replace(first, month=last.month, year=last.year), last
    if first.grain is Grain.ISSUE:
        return first, last
    backwards = last.grain is not Grain.YEAR and order(first) > order(last)
    if first.year is None and last.year is not None and first.grain is not Grain.YEARS:
        return replace(first, year=last.year - backwards), last
    if last.year is None and not last.next_year:
        if first.year is not None:
            return first, replace(last, year=first.year + backwards)
        return first, replace(last, next_year=backwards)
    return first, last


def order(piece: Piece) -> tuple[int, int]:
    """Where in a year a piece begins: (month, day)."""
    match piece.grain:
        case Grain.DAY | Grain.WEEK | Grain.DAYS:
            return piece.month or 1, piece.number
        case Grain.MONTH:
            return piece.number, 1
        case Grain.QUARTER:
            return 3 * piece.number - 2, 1
        case Grain.MONTHS:
            return (1, 1) if piece.part is Part.EARLY else (13 - piece.number, 1)
    return 1, 1


def _share_years(ranges: list[Range]) -> tuple[Range, ...]:
    singles = [r.first for r in ranges]
    if any(r.last != r.first for r in ranges):
        return tuple(ranges)
    return tuple(Range(piece, piece) for piece in share_years(singles))
