"""Units, money and percent after a number, "đồng/bản", shares, ranges, and what numbers remain."""

from __future__ import annotations

import re
from functools import cache

from content.spoken import numbers
from content.spoken.draft import ANY_MARK, Draft, Kind
from content.spoken.lexicon import alternation, any_phrase, pairs

_PREFIXED = re.compile(
    r"(?P<sign>[$€£¥])\s?(?P<number>\d[\d.,]{0,20})(?P<scale>\s(?:triệu|tỷ|tỉ|nghìn|ngàn))?"
)
_BELOW_ZERO = re.compile(r"(?<![\w)])-\s?(?=\d{1,3}(?:[.,]\d{1,3})?\s?(?:°|độ))")
_TIMES = re.compile(r"(?<=\d)\s?[x×X*]\s?(?=\d)")
_ATTACHED_ONLY = ("s", "k", "K", "V", "W", "L", "đ.")
_NUMBER = r"\d{1,12}(?:[.,]\d{1,12}){0,6}"
_SHARE = re.compile(
    rf"(?<![\w.,/-])(?P<part>{_NUMBER})\s?/\s?(?P<whole>{_NUMBER})(?!\w|/\d|[.,]\d)"
)
_CHAIN = re.compile(r"(?<![\w.,/-])\d{1,12}(?:/\d{1,12}){2,9}(?![\w/])")
_COLON_RATIO = re.compile(r"(?<![\w.,:/-])(\d{1,6}):(\d{1,6})(?![\w:/]|[.,]\d)")
_SCORE = re.compile(
    r"(t[ỷỉ] số|thắng|thua|hòa|hoà)(\s\d{1,2})\s?[-–]\s?(\d{1,2})(?!\w)", re.IGNORECASE
)
_MATCH = re.compile(
    r"(?P<before>(?<!\w)(?:bóng|trận|thi đấu|vòng bảng|bán kết|chung kết|đội)\s[^.;!?\n]{0,80}?"
    r"(?P<side>\w{1,12}))\s(?P<scored>\d{1,2})\s?[-–]\s?(?P<conceded>\d{1,2})"
    r"(?=\s(?P<other>\w)|\s?[,.;)\n]|$)",
    re.IGNORECASE,
)
"""Two sides of a match with the score between them: "bóng đá: An Bình 3-1 Hòa Phú"."""
_WHOLE_COUNTED = re.compile(rf"\s(?:{any_phrase('counted_wholes')})(?!\w)")
_END_OF_NUMBER = f"[\\d{Kind.TIME.marks}{Kind.DATE.marks}{Kind.MONTH.marks}{Kind.NUMBER.marks}]"
_RANGE = re.compile(
    rf"(?<={_END_OF_NUMBER})\s?[-–]\s?(?=[{Kind.TIME.marks}{Kind.DATE.marks}{Kind.MONTH.marks}]"
    rf"|\d|(?i:ngày|tháng|thứ|quý|năm)\s[\d{ANY_MARK}])"
)
_CODE_BEFORE = re.compile(r"(?:[^\W\d_][\w.]*|\d[\d.,]*\s?[-–]\s?\d[\d.,]*)$")
_CODE_AFTER = re.compile(r"[\d.,]+(?:[^\W\d_]|-\d)")
_PER_TIME, _PER_THING = any_phrase("per_time"), any_phrase("per_thing")
_PER = re.compile(rf"(?<=[\w{ANY_MARK}])\s?/\s?(?P<thing>{_PER_TIME}|{_PER_THING})(?!\w)")
_TIME_WORD = re.compile(rf"(?<!\w)(?:{_PER_TIME})$")
_COUNT_BEFORE = re.compile(rf"[\d{Kind.NUMBER.marks}][^.;!?()\n]{{0,30}}$")
_FIGURES = re.compile(r"(?<![\w])\d+(?:[.,]\d+)*")
_PART_OF_CODE = re.compile(r"[^\W\d_]\d+$")
_AFTER_DECIMAL = re.compile(
    rf"\s?(?:[{Kind.NUMBER.marks}]|(?:triệu|tỷ|tỉ|nghìn|ngàn|lần|điểm|tấn|tạ|phần)(?!\w))"
)
_MONEY_AFTER = re.compile(
    rf"\s?(?:[{Kind.NUMBER.marks}]|(?:đồng|triệu|nghìn|người|lượt|hộ|con)(?!\w))"
)
_AS_NUMBER = 6
"""Digits without dots up to which a number is said as one; longer ones are accounts, codes."""


def read_units(draft: Draft) -> None:
    """Say the units that stand after numbers; the numbers themselves come later."""
    draft.replace(_PREFIXED, lambda m: f"{m['number']}{m['scale'] or ''} {_unit(draft, m['sign'])}")
    draft.replace(_BELOW_ZERO, lambda match: _below_zero(draft, match))
    draft.replace(_TIMES, lambda _: f" {draft.say('nhân')} ")
    draft.replace(_units(), lambda match: _after_number(draft, match))


def read_shares(draft: Draft) -> None:
    """Say "2/3 số hộ", "12/15 chỉ tiêu", "24/7", "1:500" and scores."""
    draft.replace(_SCORE, lambda m: f"{m[1]}{m[2]} {m[3]}")
    draft.replace(_MATCH, _score)
    draft.replace(_CHAIN, lambda m: draft.say(" trên ".join(map(numbers.count, m[0].split("/")))))
    draft.replace(_SHARE, lambda match: _share(draft, match))
    draft.replace(_COLON_RATIO, lambda m: f"{m[1]} {draft.say('trên')} {m[2]}")


def _score(match: re.Match[str]) -> str | None:
    """Only between names: "mỗi đội 7-9 người" is a range."""
    names = match["side"][0] + (match["other"] or "")
    if not names.isupper():
        return None
    return f"{match['before']} {match['scored']} {match['conceded']}"


def read_per(draft: Draft) -> None:
    """Say "/" as "một" before what a quantity is counted by: "đồng/bản", "lần/quý"."""
    draft.replace(_PER, lambda match: _per(draft, match))


def read_ranges(draft: Draft) -> None:
    """Say a dash between two numbers, times or dates as "đến"."""
    draft.replace(_RANGE, lambda match: _range(draft, match))


def read_numbers(draft: Draft) -> None:
    """Say every number that no earlier pass has said."""
    draft.replace(_FIGURES, lambda match: draft.say(_figure(match), Kind.NUMBER))


def _after_number(draft: Draft, match: re.Match[str]) -> str | None:
    """A unit, unless what stands before it is a code ("A0m") and not a number."""
    if _PART_OF_CODE.search(match.string[max(0, match.start() - 20) : match.start()]):
        return None
    return f" {_unit(draft, match['unit'])} "


def _below_zero(draft: Draft, match: re.Match[str]) -> str | None:
    before = match.string[max(0, match.start() - 2) : match.start()].rstrip()
    return None if before[-1:].isdigit() else f"{draft.say('âm')} "


def _unit(draft: Draft, unit: str) -> str:
    return draft.say(pairs("units")[unit], Kind.NUMBER)


@cache
def _units() -> re.Pattern[str]:
    known = pairs("units")
    attached = alternation([unit for unit in known if unit in _ATTACHED_ONLY])
    spaced = [unit for unit in known if unit not in _ATTACHED_ONLY]
    words = alternation([unit for unit in spaced if unit[-1].isalnum()])
    signs = alternation([unit for unit in spaced if not unit[-1].isalnum()])
    after_number = f"(?<=[\\d{Kind.NUMBER.marks}])"
    return re.compile(
        rf"{after_number}\s?(?P<unit>(?:{words})(?!\w)|(?:{signs})|(?<=\d)(?:{attached})(?!\w))"
    )


def _share(draft: Draft, match: re.Match[str]) -> str:
    part, whole = match["part"], match["whole"]
    counted = _WHOLE_COUNTED.match(match.string, match.end()) is not None
    plain = part.isdigit() and whole.isdigit()
    if plain and not counted and int(part) < int(whole) <= 10:
        return draft.say(f"{numbers.count(part)} phần {numbers.month(int(whole))}", Kind.NUMBER)
    return f"{part} {draft.say('trên')} {whole}"


def _per(draft: Draft, match: re.Match[str]) -> str | None:
    before = match.string[max(0, match.start() - 60) : match.start()]
    counted = _COUNT_BEFORE.search(before) is not None
    over_time = re.fullmatch(_PER_TIME, match["thing"]) is not None
    if not counted and (not over_time or _TIME_WORD.search(before)):
        return None
    thing = match["thing"]
    said = pairs("units").get(thing)
    return f" {draft.say(f'một {said}', Kind.NUMBER) if said else draft.say('một') + ' ' + thing}"


def _range(draft: Draft, match: re.Match[str]) -> str | None:
    before = match.string[max(0, match.start() - 30) : match.start()]
    if _CODE_BEFORE.search(before) or _CODE_AFTER.match(match.string, match.end()):
        return None
    return f" {draft.say('đến')} "


def _figure(match: re.Match[str]) -> str:
    written = match[0]
    if written.isdigit():
        money = _MONEY_AFTER.match(match.string, match.end())
        account = len(written) > _AS_NUMBER and not written.endswith("000") and not money
        return numbers.one_by_one(written) if account else numbers.count(written)
    dots, commas = written.count("."), written.count(",")
    groups = re.split(r"[.,]", written)
    thousands = (
        all(len(group) == 3 for group in groups[1:])
        and 0 < len(groups[0]) <= 3
        and groups[0] != "0"
    )
    if thousands and (not commas or (not dots and commas > 1)):
        return numbers.count("".join(groups))
    if commas == 1 and "," not in written[: written.rfind(".") + 1]:
        whole = written[: written.index(",")].split(".")
        if all(len(group) == 3 for group in whole[1:]):
            return numbers.decimal("".join(whole), groups[-1])
    if dots == 1 and not commas:
        unit = _AFTER_DECIMAL.match(match.string, match.end())
        return numbers.decimal(
            groups[0], groups[1], mark="phẩy" if unit or groups[0] == "0" else "chấm"
        )
    joint = " chấm " if not commas else ", "
    return joint.join(numbers.count(group) for group in groups)
