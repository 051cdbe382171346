"""Numbers as Northern Vietnamese words: nghìn, linh, mười lăm, hai mươi mốt, hai mươi tư."""

from __future__ import annotations

from functools import lru_cache

_DIGITS = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
_SCALES = ("", "nghìn", "triệu")
_BILLION = 1_000_000_000
_LONGEST = 18
"""Digits up to which a number is said as a number and not digit by digit."""


@lru_cache(maxsize=4096)
def cardinal(number: int) -> str:
    """Say a whole number: 1005 -> "một nghìn không trăm linh năm"."""
    if number < 0:
        return f"âm {cardinal(-number)}"
    if len(str(number)) > _LONGEST:
        return one_by_one(str(number))
    if number < _BILLION:
        return _below_billion(number, leading=True)
    billions, rest = divmod(number, _BILLION)
    words = f"{cardinal(billions)} tỷ"
    return f"{words} {_below_billion(rest, leading=False)}" if rest else words


def ordinal(number: int) -> str:
    """Say what follows "thứ": 1 -> "nhất", 4 -> "tư", else the cardinal."""
    return {1: "nhất", 4: "tư"}.get(number) or cardinal(number)


def month(number: int) -> str:
    """Say a month's number: 4 -> "tư"."""
    return "tư" if number == 4 else cardinal(number)


def one_by_one(digits: str) -> str:
    """Say each digit: "098" -> "không chín tám"."""
    return " ".join(_DIGITS[int(digit)] for digit in digits)


def numeral(digits: str) -> str:
    """Say the number of a document: as a number, its leading zeros kept ("06" -> "không sáu")."""
    bare = digits.lstrip("0")
    zeros = one_by_one("0" * (len(digits) - len(bare)))
    if not bare:
        return zeros
    said = one_by_one(bare) if len(bare) > _LONGEST else cardinal(int(bare))
    return f"{zeros} {said}".strip()


def count(digits: str) -> str:
    """Say a count: leading zeros are not said ("02" -> "hai"); very long ones digit by digit."""
    bare = digits.lstrip("0")
    if not bare:
        return one_by_one(digits)
    return one_by_one(bare) if len(bare) > _LONGEST else cardinal(int(bare))


def decimal(whole: str, fraction: str, mark: str = "phẩy") -> str:
    """Say a decimal: ("87", "05") -> "tám mươi bảy phẩy không năm"."""
    plain = len(fraction) > 3 or fraction.startswith("0")
    tail = one_by_one(fraction) if plain else cardinal(int(fraction))
    return f"{count(whole)} {mark} {tail}"


def _below_billion(number: int, *, leading: bool) -> str:
    """Say a number under a billion; not `leading` keeps its empty hundreds."""
    words: list[str] = []
    for power in (2, 1, 0):
        group = number // 1000**power % 1000
        if not group and (number or power):
            continue
        words.append(_group(group, padded=bool(words) or not leading))
        if _SCALES[power]:
            words.append(_SCALES[power])
    return " ".join(words)


def _group(number: int, *, padded: bool) -> str:
    hundreds, rest = divmod(number, 100)
    words: list[str] = []
    if hundreds or padded:
        words += [_DIGITS[hundreds], "trăm"]
    if rest or not words:
        words.append(_below_hundred(rest, after_hundreds=bool(words)))
    return " ".join(words)


def _below_hundred(number: int, *, after_hundreds: bool) -> str:
    tens, ones = divmod(number, 10)
    if tens == 0:
        return f"linh {_DIGITS[ones]}" if after_hundreds else _DIGITS[ones]
    words = "mười" if tens == 1 else f"{_DIGITS[tens]} mươi"
    if ones == 0:
        return words
    last = _DIGITS[ones]
    if ones == 5:
        last = "lăm"
    elif tens > 1 and ones in (1, 4):
        last = "mốt" if ones == 1 else "tư"
    return f"{words} {last}"
