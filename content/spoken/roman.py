"""Roman numerals where a word announces them, quarters, and the numbers of headings and items."""

from __future__ import annotations

import re
from functools import cache

from content.spoken import numbers
from content.spoken.draft import Draft, Kind
from content.spoken.lexicon import alternation, pairs

_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}
_CANONICAL = re.compile(r"M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})")
_NUMERAL = r"[IVXLCDM]{1,9}(?!\w)"
_QUARTER = re.compile(
    r"(?<!\w)(?P<word>qu[ýí])\s(?P<list>(?:(?-i:I{1,3}|IV)|[1-4])(?!\w)"
    r"(?:(?:\s?[,–-]\s?|\svà\s)(?:qu[ýí]\s)?(?-i:I{1,3}|IV)(?!\w)){0,3})"
    r"(?:\s?[/–-]\s?(?P<year>(?:19|20)\d\d)(?!\d))?(?![.,]\d)",
    re.IGNORECASE,
)
_SPLIT = re.compile(r"(\s?[–-]\s?|\s?,\s?|\s(?:và|đến)\s)(?:qu[ýí]\s)?", re.IGNORECASE)
_LETTERS = ("C", "D", "L", "M")
"""As single letters these name a section ("mục C") and not a hundred."""
_SYLLABLES = ("VI", "XI")
_HEAD = re.compile(
    r"^\s*(?:(?P<roman>[IVX]{1,6})(?:[.)](?![A-ZĐ]\.)|/(?=\s)|\s?[-–:](?=\s))"
    r"|(?P<number>\d{1,2}(?:\.\d{1,2}){0,3})(?:[.)](?!\d)|/(?=\s)|\.(?=[^\W\d_]))"
    r"|(?P<levels>\d{1,2}(?:\.\d{1,2}){1,3})(?=\s[^\W\d_a-z])"
    r"|\((?P<inside>\d{1,2}|[a-zđ])\)|(?P<letter>[a-zđ])\)|(?P<capital>[A-EĐGH])[.)](?=\s))\s*(?=(?P<rest>\S?))"
)


def value(numeral: str) -> int | None:
    """The number a canonical Roman numeral stands for, else None."""
    if not numeral or not _CANONICAL.fullmatch(numeral):
        return None
    total = 0
    for sign, following in zip(numeral, [*numeral[1:], "I"], strict=True):
        total += -_VALUES[sign] if _VALUES[sign] < _VALUES[following] else _VALUES[sign]
    return total


def read_head(draft: Draft) -> None:
    """Say the number or letter at the head of a line: "1.1." -> "một chấm một,"."""
    draft.replace(_HEAD, lambda match: _head(draft, match))


def read_romans(draft: Draft) -> None:
    """Say quarters ("Quý II, III/2026") and Roman numerals after the words that announce them."""
    draft.replace(_QUARTER, lambda match: _quarters(draft, match))
    draft.replace(_announced(), lambda match: _listed(draft, match))


def _head(draft: Draft, match: re.Match[str]) -> str | None:
    dotted = match["number"] or match["levels"]
    if dotted:
        said = " chấm ".join(numbers.count(level) for level in dotted.split("."))
    elif match["roman"]:
        number = value(match["roman"])
        if number is None:
            return None
        said = numbers.cardinal(number)
    else:
        sign = (match["inside"] or match["letter"] or match["capital"]).lower()
        said = numbers.count(sign) if sign.isdigit() else pairs("letters")[sign]
    return f"{draft.say(said)}, " if match["rest"] else draft.say(said)


@cache
def _announced() -> re.Pattern[str]:
    words = alternation(list(pairs("roman")))
    return re.compile(
        rf"(?<!\w)(?P<word>(?i:{words}))\s(?P<list>{_NUMERAL}"
        rf"(?:(?:\s?[,–-]\s?|\s(?:và|đến)\s){_NUMERAL}){{0,9}})(?P<after>\s[^\W\d_]+)?"
    )


def _quarters(draft: Draft, match: re.Match[str]) -> str:
    said: list[str] = []
    for part in _SPLIT.split(match["list"]):
        sign = part.strip()
        number = int(sign) if sign.isdigit() else value(sign)
        quarter = f"{match['word'].lower()} {numbers.cardinal(number)}" if number else _joint(sign)
        said.append(quarter)
    year = f" năm {numbers.cardinal(int(match['year']))}" if match["year"] else ""
    return draft.say(" ".join(said).replace(" ,", ",") + year, Kind.MONTH)


def _listed(draft: Draft, match: re.Match[str]) -> str | None:
    reading = (
        numbers.ordinal if pairs("roman")[match["word"].lower()] == "ordinal" else numbers.cardinal
    )
    parts = _SPLIT.split(match["list"])
    after = match["after"] or ""
    if parts[-1] in _SYLLABLES and len(after) > 2 and after.isupper():
        return None
    said: list[str] = []
    for part in parts:
        sign = part.strip()
        number = value(sign)
        if sign.isalpha() and sign.isupper() and (number is None or sign in _LETTERS):
            return None
        said.append(reading(number) if number else _joint(sign))
    return f"{match['word']} {draft.say(' '.join(said).replace(' ,', ','))}{after}"


def _joint(sign: str) -> str:
    return "đến" if sign in ("-", "–") else sign.lower()
