"""Whether a word is spelt like a Vietnamese syllable: initial, rhyme, tone."""

from __future__ import annotations

import tomllib
import unicodedata
from functools import cache
from importlib import resources

_TONES = {"\u0300", "\u0301", "\u0303", "\u0309", "\u0323"}
_ACUTE_OR_DOT = {"\u0301", "\u0323"}
_STOPS = ("c", "ch", "p", "t")


def is_syllable(word: str) -> bool:
    """True for one Vietnamese syllable in any case; both "hoà" and "hòa" count.

    A rhyme that ends in a stop (c, ch, p, t) takes only sắc or nặng, or is written without a
    tone in capitals and abbreviations, which are not syllables here.
    """
    toneless, tones = _split_tone(word.lower())
    if len(tones) > 1 or toneless not in _toneless_syllables():
        return False
    return not toneless.endswith(_STOPS) or (bool(tones) and tones[0] in _ACUTE_OR_DOT)


def _split_tone(word: str) -> tuple[str, list[str]]:
    decomposed = unicodedata.normalize("NFD", word)
    tones = [mark for mark in decomposed if mark in _TONES]
    toneless = "".join(mark for mark in decomposed if mark not in _TONES)
    return unicodedata.normalize("NFC", toneless), tones


@cache
def _toneless_syllables() -> frozenset[str]:
    text = (resources.files("content") / "data" / "syllables.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    initials = ["", *table["initials"].split()]
    return frozenset(initial + rhyme for initial in initials for rhyme in table["rhymes"].split())
