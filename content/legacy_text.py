"""Recognises Vietnamese that is not proper Unicode: TCVN3, VNI, and bytes read as another code.

Nothing is recognised by sample: every word that is no Vietnamese syllable as it stands is read
again under each candidate, and a candidate wins by the number of words that become syllables.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib import resources
from itertools import pairwise

from content.syllables import is_syllable

_WORD = re.compile(r"[^\x00-\x40\x5b-\x60\x7b-\x7f]+")
"""Everything between ASCII blanks, digits and signs: old fonts keep letters in odd places."""
_JOINTS = re.compile("[\u2010-\u2015\u2022\u2026\u00a0]+")
_QUOTES = "“”‘’‚„…–—•\u00a0"
_LOST = re.compile(r"(?<![\w/?.=&%-])[^\W\d_]*\?[^\W\d_]+(?![\w/=&%-])")
_LOST_ENOUGH = 3
_FEWEST = 2
"""Different words: a lone one may be a name or a typing slip."""

_WEAK, _STRONG = 1, 2
_ENOUGH = 3
_FEWEST = 2
"""Different words: a lone one may be a name or a typing slip."""
_EXCERPT = 40


@dataclass(frozen=True, slots=True)
class Encoding:
    """A way in which Vietnamese may have been written or misread; texts are Vietnamese."""

    key: str
    name: str
    origin: str
    mend: str
    reread: Callable[[str], str | None] = field(repr=False)
    """A word as it was meant, or None where this encoding cannot have made it."""


@dataclass(frozen=True, slots=True)
class Suspicion:
    """What a text seems to be, and the first place (line from 1) that shows it."""

    encoding: Encoding
    line: int
    excerpt: str


@dataclass(slots=True)
class _Tally:
    """The words of a passage weighed under one encoding."""

    words: int = 0
    against: int = 0
    score: int = 0
    found: set[str] = field(default_factory=set)

    def add(self, other: _Tally) -> None:
        self.words += other.words
        self.against += other.against
        for word in other.found:
            if word not in self.found:
                self.score += _weight(word)
        self.found |= other.found

    def convinces(self, share: float) -> bool:
        """Enough different words, hardly any against, and no mere sprinkling."""
        found = len(self.found)
        if found < _FEWEST or self.against * 2 > found or found < share * self.words:
            return False
        return self.score >= _ENOUGH or found * 2 >= self.words


def find_legacy_text(text: str) -> Suspicion | None:
    """The encoding that a text (or one of its lines) seems to be written in, or None."""
    if text.isascii():
        return None
    lines = text.split("\n")
    odd = {word for word in _WORD.findall(text) if not (word.isascii() or _is_proper(word))}
    best: tuple[int, Suspicion] | None = None
    for encoding in encodings():
        if sum(_was_meant(word, encoding) for word in odd) < _FEWEST:
            continue
        tallies = [_weigh(line, encoding) for line in lines]
        line = _first_suspicious(tallies)
        if line is None:
            continue
        score = sum(tally.score for tally in tallies)
        if best is None or score > best[0]:
            best = score, Suspicion(encoding, line, _excerpt(lines[line - 1], encoding))
    return best[1] if best else None


def likeliest_encoding(data: bytes) -> Encoding | None:
    """For bytes that surely are no UTF-8: the best candidate, or None if all are poor."""
    shown = {byte: letter for letter, byte in _byte_table("cp1252").items() if letter != "\ufffd"}
    text = "".join(shown[byte] for byte in data)
    whole = {encoding.key: _Tally() for encoding in encodings()}
    for line in text.split("\n"):
        for encoding in encodings():
            whole[encoding.key].add(_weigh(line, encoding))
    best = max(encodings(), key=lambda encoding: whole[encoding.key].score)
    tally = whole[best.key]
    return best if tally.found and tally.against <= len(tally.found) else None


def find_lost_letters(text: str) -> int | None:
    """The first line (from 1) of a text whose letters were lost: "�", or "h?i ch? ngh?a"."""
    for number, line in enumerate(text.split("\n"), start=1):
        if "\ufffd" in line:
            return number
        lost = {word for word in _LOST.findall(line) if not word.startswith("?")}
        if len(lost) >= _LOST_ENOUGH and len(lost) * 4 >= len(line.split()):
            return number
    return None


@cache
def encodings() -> tuple[Encoding, ...]:
    """All candidates, from `data/encodings.toml`."""
    text = (resources.files("content") / "data" / "encodings.toml").read_text(encoding="utf-8")
    return tuple(_encoding(key, table) for key, table in tomllib.loads(text).items())


def _encoding(key: str, table: dict[str, str]) -> Encoding:
    if "letters" in table:
        reread = _font_reader(table["letters"], both_cases=key == "vni")
    else:
        reread = _bytes_reader(written=table["written"], read=table["read"])
    return Encoding(key, table["name"], table["origin"], table["mend"], lru_cache(4096)(reread))


def _font_reader(letters: str, *, both_cases: bool) -> Callable[[str], str | None]:
    meant = dict(pair.split("=") for pair in letters.split())
    if both_cases:
        for shown, letter in list(meant.items()):
            meant.setdefault(shown.upper(), letter.upper())
            meant.setdefault(shown[0].upper() + shown[1:], letter.upper())
    pairs = sorted((re.escape(shown) for shown in meant), key=len, reverse=True)
    pattern = re.compile("|".join([*pairs, "[A-Za-z]"]))

    def reread(word: str) -> str | None:
        parts = pattern.findall(word)
        if sum(map(len, parts)) != len(word):
            return None
        return "".join(meant.get(part, part) for part in parts)

    return reread


def _bytes_reader(*, written: str, read: str) -> Callable[[str], str | None]:
    byte_of = _byte_table(read)

    def reread(word: str) -> str | None:
        try:
            data = bytes(byte_of[letter] for letter in word)
            return unicodedata.normalize("NFC", data.decode(written))
        except (KeyError, UnicodeDecodeError):
            return None

    return reread


@cache
def _byte_table(codec: str) -> dict[str, int]:
    """The byte behind each shown letter; bytes 80-9F may also show as the C1 controls."""
    table = {bytes([byte]).decode(codec, "replace"): byte for byte in range(256)}
    return {chr(byte): byte for byte in range(0x80, 0xA0)} | table


def _first_suspicious(tallies: list[_Tally]) -> int | None:
    """The first line that convinces alone; else the first hit if the whole text convinces."""
    whole = _Tally()
    for tally in tallies:
        whole.add(tally)
    if whole.convinces(share=0.2):
        return next(number for number, tally in enumerate(tallies, start=1) if tally.found)
    for number, tally in enumerate(tallies, start=1):
        if tally.convinces(share=0.3):
            return number
    return None


def _weigh(line: str, encoding: Encoding) -> _Tally:
    tally = _Tally()
    for word in _words(line):
        tally.words += 1
        if word.isascii() or _is_proper(word):
            tally.against += not _is_western(word)
        elif _was_meant(word, encoding):
            tally.score += 0 if word in tally.found else _weight(word)
            tally.found.add(word)
        else:
            tally.against += 1
    return tally


def _words(line: str) -> Iterator[str]:
    return (match.group() for match in _WORD.finditer(line))


@lru_cache(8192)
def _is_proper(word: str) -> bool:
    """Vietnamese as it stands, signs around it and dashes within it aside."""
    pieces = [_bare(piece) for piece in _JOINTS.split(word)]
    return all(piece.isascii() or is_syllable(piece) for piece in pieces)


def _bare(word: str) -> str:
    start, end = 0, len(word)
    while start < end and not word[start].isalpha():
        start += 1
    while end > start and not word[end - 1].isalpha():
        end -= 1
    return word[start:end]


@lru_cache(8192)
def _is_western(word: str) -> bool:
    """False with a Vietnamese letter that no Western reading of old bytes can show."""
    return word.isascii() or all(letter in _byte_table("cp1252") for letter in word)


def _was_meant(word: str, encoding: Encoding) -> bool:
    for candidate in dict.fromkeys((word, word.strip(_QUOTES))):
        meant = encoding.reread(candidate)
        if meant and meant != candidate and not meant.isascii() and is_syllable(meant):
            return any(letter.isascii() for letter in candidate)
    return False


def _weight(word: str) -> int:
    """Signs or capitals inside a word ("ViÖt", "x¸c", not "hßa") are no foreign word's."""
    odd = any(
        not letter.isalpha() or (letter.isupper() and before.islower())
        for before, letter in pairwise(word)
    )
    return _STRONG if odd else _WEAK


def _excerpt(line: str, encoding: Encoding) -> str:
    """A few words from the first suspicious one on."""
    for match in _WORD.finditer(line):
        word = match.group()
        if not (word.isascii() or _is_proper(word)) and _was_meant(word, encoding):
            rest = line[match.start() :].strip()
            if len(rest) <= _EXCERPT:
                return rest
            return rest[:_EXCERPT].rsplit(" ", 1)[0] + "…"
    return line.strip()[:_EXCERPT]
