"""The last passes: codes, symbols, and every word that is left, in lower case."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from content.spoken import numbers, roman
from content.spoken.draft import ANY_MARK, Draft, Kind
from content.spoken.lexicon import any_phrase, pairs
from content.syllables import is_syllable

_ROAD = re.compile(r"(?<!\w)(QL|TL|HL|ĐT)\.?\s?(?=[1-9]\d{0,3}[A-Z]?(?![\w]|[. ]\d))")
_ROADS = {"QL": "quốc lộ", "TL": "tỉnh lộ", "HL": "hương lộ", "ĐT": "đường tỉnh"}
_POST = re.compile(r"(?<!\w)K[mM]\s?(?=\d)")
_RECORD = re.compile(
    r"(?<![\w.-])(?=[0-9.-]{0,12}[A-ZĐ])[A-ZĐ]{0,3}\d{1,12}[A-ZĐ]{0,3}\d{0,2}"
    r"(?:[.-][A-ZĐ]{0,3}\d{1,14}){2,5}(?![\w/])"
)
_CODE = re.compile(r"(?<!\w)(?=\w*\d)(?=\w*[^\W\d_])\w+")
_RUNS = re.compile(r"\d+|[^\W\d_]+")
_UNDERSCORES = re.compile(r"_+")
_ABOUT_NUMBER = rf"[\d{Kind.NUMBER.marks}]"
_END_MARK = re.compile(r"[.\s]{0,8}/\s?\.(?!\w)")
_AND_SO_ON = re.compile(
    r"(?:[,;]\s?|\s)(?:\.{2,}|v\.\s?v\.{0,5}|v\.v(?!\w))(?P<more>\s?\w)?|v\.\s?v\.{0,5}(?!\w)"
)
_INITIALS = re.compile(r"(?<!\w)([A-ZĐ])\.(?=[A-ZĐ])")
_DOTS = re.compile(r"\.(?:\s?\.)+")
_SIGNED = (
    (re.compile(rf"(?<=[\w{ANY_MARK}])\s?=\s?(?=[\w{ANY_MARK}])"), "bằng"),
    (re.compile(rf"\+\s?(?=[\w{ANY_MARK}])"), "cộng"),
    (re.compile(rf"(?:≥|>=)\s?(?={_ABOUT_NUMBER})"), "từ"),
    (re.compile(rf"(?:≤|<=)\s?(?={_ABOUT_NUMBER})"), "không quá"),
    (re.compile(rf">\s?(?={_ABOUT_NUMBER})"), "trên"),
    (re.compile(rf"<\s?(?={_ABOUT_NUMBER})"), "dưới"),
    (re.compile(rf"[~≈]\s?(?={_ABOUT_NUMBER})"), "khoảng"),
    (re.compile(r"±"), "cộng trừ"),
    (re.compile(r"[×]"), "nhân"),
    (re.compile(r"÷"), "chia"),
    (re.compile(r"&"), "và"),
    (re.compile(r"%"), "phần trăm"),
    (re.compile(r"‰"), "phần nghìn"),
    (re.compile(r"°"), "độ"),
    (re.compile(r"[₫]"), "đồng"),
    (re.compile(r"\$"), "đô la"),
    (re.compile(r"€"), "ơ rô"),
    (
        re.compile(
            rf"(?<=[\d{Kind.NUMBER.marks}{Kind.DATE.marks}])\s?/\s?(?=[\d{Kind.NUMBER.marks}{Kind.DATE.marks}])"
        ),
        "trên",
    ),
)
_TITLE_DASH = re.compile(rf"\s[-–]\s(?=(?:{any_phrase('titles')})(?!\w))|\s–\s")
_SLASHES = re.compile(r"\s?/[/\s]*")
_SOFT = re.compile(r"[-–\"'`*_^~#<>=+\\•|]")
_HARD = re.compile(r"[(){}\[\]:]")
_LEFT = re.compile(rf"[^\w\s.,;?!{ANY_MARK}]+")
_PUNCTUATION_RUN = re.compile(r"\s*([.,;?!])(?:\s*[.,;?!])*")
_WORD = re.compile(r"[^\W\d_]+")
_ROMAN = re.compile(r"(?!VI$|XI$)[IVX]{2,7}")
"""A Roman numeral that no word announced; "VI" and "XI" may be syllables in a heading."""
_VOWEL = re.compile(r"[aeiouyăâêôơư]")
_STRENGTH = ",;.!?"


def read_identifiers(draft: Draft) -> None:
    """Say roads, kilometre posts, plates and file numbers: "QL1A", "Km12", "H56.01.02-0001"."""
    draft.replace(_ROAD, lambda match: f"{draft.say(_ROADS[match[1]])} ")
    draft.replace(_POST, lambda _: f"{draft.say('ki lô mét')} ")
    draft.replace(_RECORD, lambda match: _record(draft, match[0]))


def part_words(draft: Draft) -> None:
    """Underscores are blanks once the addresses are said: "UBND_xã" holds a word to be read."""
    draft.replace(_UNDERSCORES, lambda _: " ")


def read_codes(draft: Draft) -> None:
    """Say short codes of letters and digits ("5G", "H5N1", "QL1A"); longer ones are residue."""
    draft.replace(_CODE, lambda match: _code(draft, match[0]))


def read_lists(draft: Draft) -> None:
    """Say ",..." and "v.v." as "vân vân" and drop the closing "./."."""
    draft.replace(_END_MARK, lambda _: ".")
    draft.replace(_AND_SO_ON, lambda match: _and_so_on(draft, match))
    draft.replace(_INITIALS, lambda match: f"{match[1]} ")
    draft.replace(_DOTS, lambda match: _dots(match))


def read_symbols(draft: Draft) -> None:
    """Say or drop the signs that are left; what has no reading is residue."""
    for pattern, spoken in _SIGNED:
        _say_each(draft, pattern, spoken)
    draft.replace(_TITLE_DASH, lambda _: ", ")
    draft.replace(_SLASHES, lambda _: " ")
    draft.replace(_HARD, lambda _: ", ")
    draft.replace(_SOFT, lambda _: " ")
    draft.replace(_LEFT, lambda match: draft.leave(match[0]))


def read_words(draft: Draft) -> None:
    """Put the words that are left into lower case; unknown capitals stay and are residue."""
    draft.replace(_WORD, lambda match: _word(draft, match))


def tidy(spoken: str) -> str:
    """One blank between words, none before punctuation, one mark where several met."""
    spoken = _PUNCTUATION_RUN.sub(_strongest, spoken)
    return unicodedata.normalize("NFC", " ".join(spoken.split()).strip(", ").lstrip(".;?! "))


def _say_each(draft: Draft, pattern: re.Pattern[str], spoken: str) -> None:
    draft.replace(pattern, lambda _: f" {draft.say(spoken)} ")


def _record(draft: Draft, written: str) -> str:
    groups = (_RUNS.findall(group) for group in re.split("[.-]", written))
    said = (
        " ".join(numbers.one_by_one(r) if r.isdigit() else _spell(r) for r in g) for g in groups
    )
    return draft.say(", ".join(said))


def _code(draft: Draft, written: str) -> str:
    runs = _RUNS.findall(written)
    letters = [run for run in runs if not run.isdigit()]
    spelt = all(run.isupper() or len(run) == 1 for run in letters)
    if len(runs) > 5 or sum(map(len, letters)) > 4 or len(written) > 12 or not spelt:
        return draft.leave(written)
    said = (_spell(run) if not run.isdigit() else _digits(run) for run in runs)
    return draft.say(" ".join(said), Kind.NUMBER)


def _digits(run: str) -> str:
    return numbers.one_by_one(run) if len(run) > 4 else numbers.numeral(run)


def _spell(letters: str) -> str:
    known = pairs("letters")
    return " ".join(known.get(letter, letter) for letter in letters.lower())


def _and_so_on(draft: Draft, match: re.Match[str]) -> str | None:
    if match[0].lstrip()[:2] == ".." and match["more"]:
        return f" {match['more']}"
    return (
        f", {draft.say('vân vân')}. "
        if not match["more"]
        else f", {draft.say('vân vân')}, {match['more']}"
    )


def _dots(match: re.Match[str]) -> str:
    """Dots in the middle of a sentence are a blank to fill in; before a capital they end one."""
    following = match.string[match.end() :].lstrip()[:1]
    return ". " if not following or following.isupper() else " "


def _word(draft: Draft, match: re.Match[str]) -> str:
    written = match[0]
    if len(written) == 1 and (written.isascii() or written in "đĐ"):
        lower = written.lower()
        return draft.say(lower if _VOWEL.match(lower) else _spell(lower))
    if not _is_latin(written):
        return draft.leave(written)
    if _ROMAN.fullmatch(written) and (number := roman.value(written)):
        return draft.say(numbers.cardinal(number), Kind.NUMBER)
    if written[:2].isupper() and not is_syllable(written):
        return draft.leave(written)
    lower = written.lower()
    if len(lower) <= 6 and not _VOWEL.search(_toneless(lower)):
        return draft.say(_spell(lower))
    return draft.say(lower)


@lru_cache(maxsize=8192)
def _toneless(word: str) -> str:
    return "".join(
        sign for sign in unicodedata.normalize("NFD", word) if not unicodedata.combining(sign)
    )


@lru_cache(maxsize=8192)
def _is_latin(word: str) -> bool:
    return all(sign.isascii() or unicodedata.name(sign, "").startswith("LATIN") for sign in word)


def _strongest(match: re.Match[str]) -> str:
    return max((sign for sign in match[0] if sign in _STRENGTH), key=_STRENGTH.index) + " "
