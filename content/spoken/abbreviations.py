"""Abbreviations by their context, foreign words, and the letters of what nobody knows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from content.spoken.draft import ANY_MARK, Draft
from content.spoken.lexicon import alternation, pairs, table
from content.syllables import is_syllable

_TOKEN = re.compile(r"(?<!\w)[^\W\d_]+(?:[-&/.',][^\W\d_]+)*(?:\.(?=\d|\W|$)|(?!\w))")
_PARTS = re.compile(r"([-&/.',])")
_LONGEST = 5
"""Parts of a compound such as "VH,TT&DL" that are looked up together."""
_NEIGHBOUR = re.compile(r"\s?([^\W\d_]{2,12})(?!\w)")
_BEFORE = 40
_COMPOSED = 5
"""Letters from which a run-together abbreviation is taken apart ("BCĐCCHC")."""
_DIGIT = {r"[\d": rf"[\d{ANY_MARK}", r"\d": rf"[\d{ANY_MARK}]"}
_END_OF_LINE = re.compile(r"\s*$")


@dataclass(frozen=True, slots=True)
class _Rule:
    spoken: str
    before: re.Pattern[str] | None
    after: re.Pattern[str] | None

    def fits(self, text: str, start: int, end: int) -> bool:
        if self.before and not self.before.search(text[max(0, start - _BEFORE) : start]):
            return False
        return not self.after or self.after.match(text, end) is not None

    @property
    def conditional(self) -> bool:
        return self.before is not None or self.after is not None


def read_abbreviations(draft: Draft, defined: Mapping[str, str]) -> None:
    """Say abbreviations: those the text itself explains (`defined`), then the lexicon's.

    Which reading of an ambiguous one holds is decided by the rules of `abbreviations.tsv`
    on what stands before and after it as written.
    """
    draft.replace(_spaced(), lambda match: _spaced_reading(draft, match))
    draft.replace(_TOKEN, lambda match: _token(draft, match, defined))


def expansion(written: str) -> str | None:
    """What an abbreviation stands for when nothing around it decides, else None."""
    rules = _rules().get(written)
    return rules[-1].spoken if rules else _composed(written)


@cache
def _rules() -> Mapping[str, tuple[_Rule, ...]]:
    found: dict[str, list[_Rule]] = {}
    for row in table("abbreviations"):
        before = (
            re.compile(rf"(?<!\w)(?:{row['before']})$", re.IGNORECASE) if row["before"] else None
        )
        after = re.compile(_number_said(row["after"]), re.IGNORECASE) if row["after"] else None
        found.setdefault(row["written"], []).append(_Rule(row["spoken"], before, after))
    return {written: tuple(rules) for written, rules in found.items()}


def _number_said(pattern: str) -> str:
    """A digit in a rule also stands for a number that an earlier pass has said."""
    return re.sub(r"\[\\d|\\d", lambda digit: _DIGIT[digit[0]], pattern)


@cache
def _foreign() -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Foreign words written in capitals (exact) and the others (in any case)."""
    words = pairs("foreign")
    exact = {written: spoken for written, spoken in words.items() if written.isupper()}
    loose = {
        written.casefold(): spoken for written, spoken in words.items() if not written.isupper()
    }
    return exact, loose


@cache
def _spaced() -> re.Pattern[str]:
    """Names of several words: they must be found before their words are."""
    keys = [key for key in _rules() if " " in key]
    words = [key for key in pairs("foreign") if " " in key]
    starts = "".join(sorted({key[0] for key in keys} | {word[0] for word in words}))
    starts += starts.swapcase()
    return re.compile(
        rf"(?<!\w)(?=[{starts}])(?:(?P<abbreviation>{alternation(keys)})|(?P<foreign>(?i:{alternation(words)})))(?!\w)"
    )


def _spaced_reading(draft: Draft, match: re.Match[str]) -> str | None:
    if match["abbreviation"]:
        return _by_rule(draft, match["abbreviation"], match.string, match.start(), match.end())
    exact, loose = _foreign()
    said = exact.get(match[0]) or loose.get(match[0].casefold())
    return draft.say(said) if said else None


def _token(draft: Draft, match: re.Match[str], defined: Mapping[str, str]) -> str | None:
    """Read a compound from the left, the longest known stretch of its parts first."""
    text, start = match.string, match.start()
    written = match[0]
    if written.isalpha():
        return _word(draft, written, text, start, defined)
    parts = _PARTS.split(written)
    said: list[str] = []
    while parts:
        length, reading = _longest(draft, parts, text, start, defined)
        if length == 1 and said and not reading and parts[0] == "&":
            reading = f" {draft.say('và')} "
        taken = "".join(parts[:length])
        said.append(taken if reading is None else reading)
        start += len(taken)
        parts = parts[length:]
    return "".join(said)


def _longest(
    draft: Draft, parts: list[str], text: str, start: int, defined: Mapping[str, str]
) -> tuple[int, str | None]:
    longest = min(len(parts), 2 * _LONGEST) if parts[0] in _first_parts() else 2
    for length in range(longest, 0, -1):
        stretch = "".join(parts[:length])
        reading = _word(draft, stretch, text, start, defined) if stretch[:1].isalpha() else None
        if reading is None:
            continue
        dot_ends_line = stretch.endswith(".") and _END_OF_LINE.match(text, start + len(stretch))
        return length, f"{reading}." if dot_ends_line else reading
    return 1, None


@cache
def _first_parts() -> frozenset[str]:
    """What a known compound begins with; anything else need not be tried with its neighbours."""
    return frozenset(_PARTS.split(key)[0] for key in (*_rules(), *_foreign()[0])) | frozenset(
        form for key in _foreign()[1] for form in _forms(_PARTS.split(key)[0])
    )


def _forms(word: str) -> tuple[str, ...]:
    return word, word.capitalize(), word.upper()


def _word(
    draft: Draft, written: str, text: str, start: int, defined: Mapping[str, str]
) -> str | None:
    end = start + len(written)
    if written in defined:
        return draft.say(defined[written])
    if written in _rules():
        return _by_rule(draft, written, text, start, end)
    if written.lower() in _rules():
        return _by_rule(draft, written.lower(), text, start, end)
    exact, loose = _foreign()
    said = exact.get(written)
    if said and not (is_syllable(written) and _shouted(text, start, end)):
        return draft.say(said)
    said = loose.get(written.casefold()) or _composed(written)
    return draft.say(said) if said else None


def _by_rule(draft: Draft, written: str, text: str, start: int, end: int) -> str | None:
    for rule in _rules()[written]:
        if not rule.fits(text, start, end):
            continue
        if not rule.conditional and is_syllable(written) and _shouted(text, start, end):
            return None
        return draft.say(rule.spoken)
    return None


def _shouted(text: str, start: int, end: int) -> bool:
    """Whether the words beside it are capitals too, so that capitals mean nothing here."""
    beside = [_NEIGHBOUR.match(text, end)]
    words = text[max(0, start - 20) : start].split()
    neighbours = [match[1] for match in beside if match] + words[-1:]
    return any(
        word.isupper() and len(word) > 1 and is_syllable(word) and word not in _rules()
        for word in neighbours
    )


@lru_cache(maxsize=4096)
def _composed(written: str) -> str | None:
    """Take "BCĐCCHC" apart into the fewest unambiguous abbreviations, else None."""
    if not _COMPOSED <= len(written) <= 24 or not written.isupper() or not written.isalpha():
        return None
    best: list[tuple[str, ...] | None] = [()] + [None] * len(written)
    for end in range(2, len(written) + 1):
        for start in range(end - 2, -1, -1):
            so_far, piece = best[start], written[start:end]
            if so_far is None or not _is_piece(piece):
                continue
            known = best[end]
            if known is None or len(so_far) + 1 < len(known):
                best[end] = (*so_far, piece)
    pieces = best[-1]
    if not pieces or len(pieces) > 3 or max(map(len, pieces)) < 3:
        return None
    return " ".join(_rules()[piece][-1].spoken for piece in pieces)


_SHORT_PIECES = frozenset({"ĐU", "VP", "GĐ", "TP", "BT", "TT", "CC", "VC", "ĐV"})


def _is_piece(piece: str) -> bool:
    rules = _rules().get(piece)
    if not rules or rules[-1].conditional:
        return False
    return piece in _SHORT_PIECES if len(piece) == 2 else len(rules) == 1
