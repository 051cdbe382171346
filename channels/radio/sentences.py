"""Spoken text cut into paragraphs, sentences and pieces that an engine can take."""

from __future__ import annotations

import re

LONGEST_SENTENCE = 400
"""Characters; a longer one is spoken in pieces, so that one cache entry stays small."""

_SENTENCE_END = re.compile(r"""(?<=[.!?…])["”’»)\]]*\s+""")
_CLAUSE_END = re.compile(r"(?<=[,;:–—])\s+")
_SPACE = re.compile(r"\s+")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\ufeff]")


def paragraphs(text: str) -> list[list[str]]:
    """The speakable sentences of every paragraph; what holds no letter or digit is left out."""
    lines = (_CONTROL.sub(" ", line) for line in text.splitlines())
    found = ([s for s in _sentences(line) if is_speakable(s)] for line in lines)
    return [sentences for sentences in found if sentences]


def is_speakable(text: str) -> bool:
    """Whether an engine would make any sound of it."""
    return any(character.isalnum() for character in text)


def count_words(text: str) -> int:
    """Words with at least one letter or digit; in spoken Vietnamese these are the syllables."""
    return sum(1 for word in text.split() if is_speakable(word))


def pack(text: str, limit: int) -> list[str]:
    """Pieces of at most `limit` characters, as long as they can be.

    Cut at sentence ends; only where a sentence is too long at clauses, then spaces, then anywhere.
    """
    return _pack(" ".join(text.split()), limit, (_SENTENCE_END, _CLAUSE_END, _SPACE))


def _sentences(line: str) -> list[str]:
    found = (" ".join(part.split()) for part in _SENTENCE_END.split(line))
    return [piece for sentence in found if sentence for piece in pack(sentence, LONGEST_SENTENCE)]


def _pack(text: str, limit: int, ends: tuple[re.Pattern[str], ...]) -> list[str]:
    if len(text) <= limit:
        return [text] if text else []
    if not ends:
        return [text[start : start + limit] for start in range(0, len(text), limit)]
    packed: list[str] = []
    for unit in ends[0].split(text):
        if packed and len(packed[-1]) + 1 + len(unit) <= limit:
            packed[-1] += f" {unit}"
        else:
            packed += _pack(unit, limit, ends[1:])
    return packed
