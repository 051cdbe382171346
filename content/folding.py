"""Comparison form of Vietnamese text: one case, one tone-mark style, one dash, same length."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_TONES = frozenset("\u0300\u0301\u0303\u0309\u0323")
_VOWELS = frozenset("aăâeêioôơuưy")
_WORD = re.compile(r"[^\W\d_]+")
_I_FOR_Y = re.compile(r"(?:qu|[hklmstv])i")
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−"), "-")
_SPACES = dict.fromkeys(map(ord, "\t\n\r\v\f\u00a0\u2007\u202f\u3000\u2009"), " ")
_QUOTES = {ord("“"): '"', ord("”"): '"', ord("’"): "'", ord("‘"): "'"}
_CHARACTERS = {**_DASHES, **_SPACES, **_QUOTES}


def fold(text: str) -> str:
    """`text` for comparing: lower case, "hoá" = "hóa", "quí" = "quý" = "qúy", "–" = "-".

    The result has the length of the NFC form of `text`, so positions can be carried back.
    """
    text = unicodedata.normalize("NFC", text).translate(_CHARACTERS)
    lowered = text.lower()
    if len(lowered) != len(text):  # "İ" and its like become two
        lowered = "".join(low if len(low := c.lower()) == 1 else c for c in text)
    return _WORD.sub(lambda match: _fold_word(match.group()), lowered)


def strip_marks(text: str) -> str:
    """`text` without any Vietnamese mark ("đầu quý" -> "dau quy"), same length for NFC text."""
    return "".join(_bare(c) for c in text)


@lru_cache(maxsize=1024)
def _bare(character: str) -> str:
    if character in "đĐ":
        return "d" if character == "đ" else "D"
    return unicodedata.normalize("NFD", character)[0]


@lru_cache(maxsize=16384)
def _fold_word(word: str) -> str:
    """Put the tone mark on the last vowel, whatever rule the writer followed."""
    tone = ""
    letters = []
    for character in word:
        parts = unicodedata.normalize("NFD", character)
        tone = next((mark for mark in parts if mark in _TONES), tone)
        letters.append(unicodedata.normalize("NFC", "".join(c for c in parts if c not in _TONES)))
    if _I_FOR_Y.fullmatch("".join(letters)):
        letters[-1] = "y"
    last_vowel = next((i for i in reversed(range(len(letters))) if letters[i] in _VOWELS), None)
    if tone and last_vowel is not None:
        letters[last_vowel] = unicodedata.normalize("NFC", letters[last_vowel] + tone)
    folded = "".join(letters)
    return folded if len(folded) == len(word) else word
