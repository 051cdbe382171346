"""How long a spoken text takes, and its sentences for a voice that reads in pieces."""

from __future__ import annotations

import re

from content.syllables import is_syllable

SENTENCE_PAUSE = 0.5
"""Seconds after a sentence."""
CLAUSE_PAUSE = 0.2
PARAGRAPH_PAUSE = 0.9

_SENTENCE = re.compile(r"[^.?!\n]*[.?!]+|[^.?!\n]+")
_VOWELS = re.compile(r"[aeiouyàáảãạăằắẳẵặâầấẩẫậèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵ]+")


def syllables(spoken: str) -> int:
    """How many syllables are said; capitals and digits that are left count one each."""
    return sum(_of_word(word.strip(".,;?!")) for word in spoken.split())


def estimate_seconds(spoken: str, syllables_per_minute: int = 165) -> float:
    """Seconds the text takes at the rate, with pauses at clauses, sentences and paragraphs."""
    if syllables_per_minute <= 0:
        raise ValueError("syllables_per_minute must be positive")
    text = spoken.strip()
    seconds = syllables(text) * 60 / syllables_per_minute
    seconds += CLAUSE_PAUSE * (text.count(",") + text.count(";"))
    seconds += SENTENCE_PAUSE * len(re.findall(r"[.?!]+", text))
    return seconds + PARAGRAPH_PAUSE * len(re.findall(r"\n+", text))


def sentences(spoken: str, longest: int = 240) -> list[str]:
    """Split at sentence ends and line breaks; more than `longest` characters at clauses.

    A sentence without a clause mark in reach is cut between words, so no piece is longer
    unless a single word is.
    """
    pieces = (piece.strip() for piece in _SENTENCE.findall(spoken))
    return [part for piece in pieces if piece for part in _parts(piece, max(1, longest))]


def _parts(sentence: str, longest: int) -> list[str]:
    parts: list[str] = []
    while len(sentence) > longest:
        reach = sentence[: longest + 1]
        cut = max(reach.rfind(", "), reach.rfind("; ")) + 1 or reach.rfind(" ")
        if cut <= 0:
            cut = sentence.find(" ")
        if cut <= 0:
            break
        parts.append(sentence[:cut].strip())
        sentence = sentence[cut:].strip()
    return [*parts, sentence]


def _of_word(word: str) -> int:
    if not word or is_syllable(word):
        return bool(word)
    if word.isupper() or any(sign.isdigit() for sign in word):
        return len(word)
    return max(1, len(_VOWELS.findall(word)))
