"""Telephone numbers and short codes, digit by digit."""

from __future__ import annotations

import re

from content.spoken import numbers
from content.spoken.draft import Draft, Kind
from content.spoken.lexicon import any_phrase

_DIAL = rf"(?<!\w)(?:{any_phrase('dial')})(?!\w)"
_TOWARDS = (
    rf"\s?:?\s?(?:(?:{any_phrase('dial_towards')})\s){{0,2}}"
    rf"(?:(?:{any_phrase('dial_named')})\s)?(?:số\s)?(?::\s?)?"
)
_LIST = r"(?:\s?[,/;]\s?|\s?,?\s(?:hoặc|và|hay)\s(?:số\s)?)"
_COUNTED = rf"(?!\w|[.,/]\d|\s?%|\s?[-–]\s?\d|\s(?:{any_phrase('not_a_code')})(?!\w))"
_SHORT = re.compile(
    rf"({_DIAL}{_TOWARDS}(?:[{Kind.WORDS.marks}]{_LIST}){{0,6}})(\d{{3,5}}(?:{_LIST}\d{{3,5}}){{0,6}}){_COUNTED}",
    re.IGNORECASE,
)
_NAMED = re.compile(rf"{_DIAL}{_TOWARDS}$", re.IGNORECASE)
_LONG = re.compile(
    r"(?<![\w.,/+-])(?:\(?\+\s?84\)?[ .-]?(?:\(0\))?|\(?0)\d{1,4}\)?"
    r"(?:[ .-]{0,2}\d{1,8}){1,5}(?![\w/]|[.,-]\d)"
)
_HOTLINE = re.compile(r"(?<![\w.,/-])1[89]00(?:[ .-]?\d{2,6}){1,3}(?![\w/]|[.,-]\d)")
_DATE = re.compile(r"\d{1,2}[.-]\d{1,2}[.-]\d{4}\b")
_NOT_DIGIT = re.compile(r"\D+")


def read_phones(draft: Draft) -> None:
    """Say mobile, landline and hotline numbers anywhere, short codes after a word like "gọi"."""
    draft.replace(_LONG, lambda match: _long(draft, match))
    draft.replace(_HOTLINE, lambda match: _hotline(draft, match))
    draft.replace(_SHORT, lambda match: match[1] + _codes(draft, match[2]))


def _long(draft: Draft, match: re.Match[str]) -> str | None:
    written = match[0]
    if _DATE.match(written):
        return None
    digits = _NOT_DIGIT.sub("", written)
    if written.lstrip("(").startswith("+"):
        national = digits[2:].removeprefix("0")
        return (
            draft.say(f"cộng tám bốn {numbers.one_by_one(national)}")
            if 8 <= len(national) <= 10
            else None
        )
    return draft.say(numbers.one_by_one(digits)) if len(digits) in (10, 11) else None


def _hotline(draft: Draft, match: re.Match[str]) -> str | None:
    digits = _NOT_DIGIT.sub("", match[0])
    named = _NAMED.search(match.string[max(0, match.start() - 60) : match.start()])
    if not 6 <= len(digits) <= 10 or ("-" in match[0] and not named):
        return None
    if len(digits) not in (8, 10) and not named:
        return None
    return draft.say(numbers.one_by_one(digits))


def _codes(draft: Draft, listed: str) -> str:
    return re.sub(r"\d+", lambda code: draft.say(numbers.one_by_one(code[0])), listed).replace(
        "/", ", "
    )
