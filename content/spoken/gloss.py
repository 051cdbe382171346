"""Brackets that only repeat the words before them, and abbreviations a text explains itself."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from content.spoken import numbers
from content.spoken.abbreviations import expansion
from content.spoken.draft import Draft

_BRACKET = re.compile(r"\s?\(\s?([^()\n]{1,160}?)\s?\)")
_SHORT_FOR = re.compile(
    r"^(?:sau đây\s)?(?:gọi|viết|được gọi|được viết)?\s?(?:chung\s)?(?:tắt\s)?(?:là|tắt)?\s?:?\s?",
    re.IGNORECASE,
)
_QUOTES = "\"' "
_ABBREVIATION = re.compile(
    r"[A-ZĐƯÂÊÔ][A-Za-zĐđƯưÂÊÔ]{0,14}(?:[-&., ]{1,3}[A-ZĐƯ][A-Za-zĐđƯư]{0,9}){0,3}"
)
_WORD = re.compile(r"[^\W\d_]+")
_PLAIN_WORDS = re.compile(r"[^\W\d_]+(?:(?:, ?| | ?- ?| & )[^\W\d_]+)*")
_LAST_TOKEN = re.compile(r"(?<!\w)([A-ZĐƯÂÊÔ][A-ZĐƯÂÊÔ&-]{1,14})$")
_LAST_NUMBER = re.compile(r"(?<![\d.,])(\d{1,6})$")
_SKIPPED = frozenset({"và", "của", "về", "các", "cho", "theo", "trên", "trong", "ở", "tại", "với"})
_WINDOW = 200
_TONES = {"\u0300", "\u0301", "\u0303", "\u0309", "\u0323"}
_ENOUGH = 0.7
"""Share of an expansion's words that the phrase before must hold for a gloss to repeat it."""


def definitions(text: str) -> dict[str, str]:
    """Abbreviations that `text` explains: "Trung tâm Dịch vụ tổng hợp (TTDVTH)"."""
    found: dict[str, str] = {}
    for match in _BRACKET.finditer(text):
        before = text[max(0, match.start() - _WINDOW) : match.start()]
        inner = _inner(match[1])
        phrase = explained(before, inner) if _is_abbreviation(inner) else None
        if phrase is not None:
            found.setdefault(inner, phrase)
            continue
        token = _LAST_TOKEN.search(before)
        if token and explained(inner, token[1]) == inner:
            found.setdefault(token[1], inner)
    return {
        written: " ".join(_spelt_out(phrase.replace("-", " ").replace("&", " và ")).split())
        for written, phrase in found.items()
        if " " in phrase and _PLAIN_WORDS.fullmatch(phrase)
    }


def drop_glosses(draft: Draft, defined: Mapping[str, str]) -> None:
    """Remove the brackets of the line that say again what stands before them."""
    draft.replace(_BRACKET, lambda match: "" if _repeats(match, defined) else None)


def explained(before: str, abbreviation: str) -> str | None:
    """The end of `before` whose initials make `abbreviation`, else None.

    Small words ("và", "của") may be skipped, and a word in capitals counts as its letters.
    """
    letters = [letter for letter in abbreviation if letter.isalpha()]
    if len(letters) < 2:
        return None
    start = len(before)
    for word in reversed(list(_WORD.finditer(before.rstrip(_QUOTES)))):
        if not letters:
            break
        own = (
            list(word[0])
            if word[0].isupper() and len(word[0]) > 1 and expansion(word[0])
            else [word[0][0]]
        )
        tail = letters[-len(own) :]
        if [letter.casefold() for letter in own] == [letter.casefold() for letter in tail]:
            del letters[-len(own) :]
            start = word.start()
        elif word[0].lower() not in _SKIPPED:
            return None
    return None if letters else before[start:].strip(_QUOTES)


def _repeats(match: re.Match[str], defined: Mapping[str, str]) -> bool:
    before = match.string[max(0, match.start() - _WINDOW) : match.start()].rstrip()
    inner = _inner(match[1])
    if _is_abbreviation(inner):
        return explained(before, inner) is not None or _says_expansion(before, inner)
    number = _LAST_NUMBER.search(before)
    if number and _key(inner) == _key(numbers.cardinal(int(number[1]))):
        return True
    if inner.isdecimal() and len(inner) <= 6:
        return _key(before).endswith(_key(numbers.cardinal(int(inner))))
    token = _LAST_TOKEN.search(before)
    return token is not None and _key(defined.get(token[1]) or expansion(token[1]) or "") == _key(
        inner
    )


def _inner(written: str) -> str:
    return _SHORT_FOR.sub("", written.strip(_QUOTES)).strip(_QUOTES)


def _is_abbreviation(inner: str) -> bool:
    return _ABBREVIATION.fullmatch(inner) is not None and sum(map(str.isupper, inner)) > 1


def _says_expansion(before: str, inner: str) -> bool:
    said = expansion(inner)
    if said is None:
        return False
    words = _key(said)
    nearby = set(_key(_spelt_out(before))[-len(words) - 12 :])
    return sum(word in nearby for word in words) >= _ENOUGH * len(words)


def _spelt_out(phrase: str) -> str:
    """Replace the abbreviations inside a phrase by what they stand for."""
    return _WORD.sub(
        lambda word: (expansion(word[0]) if len(word[0]) > 1 else None) or word[0], phrase
    ).lower()


class _Key(tuple[str, ...]):
    """Words without regard to case, punctuation and the place of the tone mark."""

    __slots__ = ()

    def endswith(self, other: _Key) -> bool:
        return bool(other) and self[-len(other) :] == other


def _key(phrase: str) -> _Key:
    return _Key(_toned(word[0]) for word in _WORD.finditer(phrase.lower()))


def _toned(word: str) -> str:
    """A word with its tone at the end, so that "hòa" and "hoà" are one."""
    decomposed = unicodedata.normalize("NFD", word)
    tone = "".join(mark for mark in decomposed if mark in _TONES)
    return "".join(mark for mark in decomposed if mark not in _TONES) + tone
