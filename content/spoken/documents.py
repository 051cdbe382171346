"""Document numbers: "Quyết định số 41/QĐ-UBND" -> "quyết định số bốn mươi mốt"."""

from __future__ import annotations

import re
from functools import cache

from content.spoken import numbers
from content.spoken.draft import Draft
from content.spoken.lexicon import alternation, any_phrase, pairs, table

_GROUP = r"[A-ZĐƯ][A-Za-zĐđƯư]{0,11}\d{0,2}(?![^\W_])"
_SHOUTED = r"[A-ZĐƯ][A-Za-zĐđ]{0,3}[A-ZĐƯ][A-Za-zĐđƯư]{0,8}\d{0,2}(?![^\W_])"
_SYMBOL = rf"{_GROUP}(?:\s?[-–/&.]\s?{_SHOUTED})?(?:[-–/&.]{_GROUP}){{0,4}}"
_YEAR = r"(?:19|20)\d\d"
_NUMBERED = re.compile(
    rf"(?P<so>(?<!\w)[Ss][ốỐ]\s?:?\s?)?(?<![\w.,/-])(?P<number>\d{{1,6}})(?P<letter>[a-z]?)"
    rf"(?:\s?/\s?(?P<year>{_YEAR}))?(?:\s?[/–-]\s?)(?P<symbol>{_SYMBOL})(?!\w)"
)
_BLANK = re.compile(rf"(?<!\w)[Ss][ốỐ]\s?:?\s?/\s?(?P<symbol>{_SYMBOL})(?!\w)")
_STANDARD = re.compile(
    rf"(?<!\w)(?P<name>[QT]CVN)\s?(?P<number>\d{{1,5}})(?:-(?P<part>\d{{1,3}}))?:(?P<year>{_YEAR})"
    rf"(?:/{_GROUP})?(?!\w)"
)
_OF_WHOM = {"CP": "của chính phủ", "TTg": "của thủ tướng chính phủ", "TW": "của trung ương"}
_AFTER_BARE = (
    rf"(?=\s?(?:$|[,.;:)\"?!])|\s(?:{any_phrase('after_document')})(?!\w)"
    r"|\snăm\s\d{4}(?!\d|\s?[-–]\s?\d))"
)


def read_documents(draft: Draft) -> None:
    """Say the numbers of documents; a symbol is dropped when the type word says the same.

    The year inside a number is said "năm …" (so broadcasters read it: "Nghị định 49 năm 2024").
    """
    draft.replace(_STANDARD, lambda match: _standard(draft, match))
    draft.replace(_NUMBERED, lambda match: _numbered(draft, match))
    draft.replace(_BLANK, lambda match: _blank(draft, match))
    draft.replace(_type_then_number(), lambda match: _plain(draft, match))


@cache
def _type_words() -> str:
    words = alternation([row["words"] for row in table("document_types")])
    symbols = alternation([symbol for symbol in pairs("documents") if len(symbol) > 1])
    return rf"(?<!\w)(?:(?i:{words})|(?:{symbols}))"


@cache
def _type_before() -> re.Pattern[str]:
    return re.compile(rf"{_type_words()}\s?(?i:số)?\s?:?\s?$")


@cache
def _type_then_number() -> re.Pattern[str]:
    number = rf"(?P<number>\d{{1,5}})(?:/(?P<year>{_YEAR}))?(?![\w/]|[.,]\d|\s?[-–]\s?\d|\s?%)"
    named = rf"(?P<named>(?i:số)(?:\s?:\s?|\s)){number}"
    bare = number.replace("<number>", "<bare>").replace("<year>", "<bare_year>")
    return re.compile(rf"(?P<type>{_type_words()}\s)(?:{named}|{bare}{_AFTER_BARE})")


def _numbered(draft: Draft, match: re.Match[str]) -> str | None:
    so, symbol = (match["so"] or "").replace(":", " "), match["symbol"]
    before = match.string[max(0, match.start() - 40) : match.start()]
    said = draft.say(_number(match["number"], match["letter"], match["year"]))
    groups = re.split(r"[-–/&.\s]+", symbol)
    typed = _type_before().search(before + so) is not None
    if len(groups) == 1 and groups[0] in _OF_WHOM and typed:
        owner = "" if match.string[match.end() :].startswith(" của") else _OF_WHOM[groups[0]]
        return f"{so}{said} {draft.say(owner) if owner else ''}"
    if typed:
        return f"{so}{said}"
    kind = _kind(groups)
    if kind is None:
        return f"{so}{said} {symbol}" if match["year"] or len(groups) > 1 else None
    return f"{draft.say(kind)} số {said}"


def _standard(draft: Draft, match: re.Match[str]) -> str:
    part = f" phần {numbers.numeral(match['part'])}" if match["part"] else ""
    said = f"{numbers.numeral(match['number'])}{part} năm {numbers.cardinal(int(match['year']))}"
    return f"{match['name']} {draft.say(said)}"


def _kind(groups: list[str]) -> str | None:
    """The type of document that a part of the symbol stands for."""
    return next((pairs("documents")[part] for part in groups if part in pairs("documents")), None)


def _blank(draft: Draft, match: re.Match[str]) -> str | None:
    """A number not given yet ("Số:   /KH-UBND") leaves the type and the word "số"."""
    groups = re.split(r"[-–/&.\s]+", match["symbol"])
    before = match.string[max(0, match.start() - 40) : match.start()]
    if _type_before().search(before):
        return "số"
    kind = _kind(groups)
    return f"{draft.say(kind)} số" if kind else None


def _plain(draft: Draft, match: re.Match[str]) -> str:
    number = match["number"] or match["bare"]
    year = match["year"] or match["bare_year"]
    return f"{match['type']}{match['named'] or ''}{draft.say(_number(number, '', year))}"


def _number(number: str, letter: str, year: str | None) -> str:
    said = numbers.numeral(number)
    if letter:
        said += f" {pairs('letters').get(letter, letter)}"
    return f"{said} năm {numbers.cardinal(int(year))}" if year else said
