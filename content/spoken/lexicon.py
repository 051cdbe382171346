"""The lexicon's files, read once, and the commune's own readings, which win over them."""

from __future__ import annotations

import csv
import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources

from content.spoken.draft import Draft

_WORD = re.compile(r"\w+")


@cache
def table(name: str) -> tuple[dict[str, str], ...]:
    """Rows of `data/<name>.tsv` as dictionaries by column."""
    file = resources.files("content.spoken") / "data" / f"{name}.tsv"
    rows = csv.DictReader(
        file.read_text(encoding="utf-8").splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE
    )
    return tuple(rows)


@cache
def pairs(name: str) -> Mapping[str, str]:
    """The first two columns of `data/<name>.tsv`, the first row of a key kept."""
    found: dict[str, str] = {}
    for row in table(name):
        written, spoken = list(row.values())[:2]
        found.setdefault(written, spoken)
    return found


@cache
def phrases(name: str) -> tuple[str, ...]:
    """One list of `data/phrases.toml`: the words that decide how a number beside them is said."""
    file = resources.files("content.spoken") / "data" / "phrases.toml"
    return tuple(tomllib.loads(file.read_text(encoding="utf-8"))[name])


def any_phrase(name: str) -> str:
    """A regex that matches any phrase of a list, the longest first."""
    return alternation(phrases(name))


def alternation(words: Iterable[str]) -> str:
    """A regex that matches any of `words`, the longest first."""
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


class OwnReadings:
    """What this commune says its own way: village names, leaders, local abbreviations.

    A key in capitals matches only as written, any other in any case. Keys are found by their
    first word, so that a long lexicon costs no more than a short one.
    """

    def __init__(self, readings: Mapping[str, str]) -> None:
        self._by_first_word: dict[str, list[tuple[str, str]]] = {}
        for written, spoken in readings.items():
            key = " ".join(unicodedata.normalize("NFC", written).split())
            first = _WORD.search(key)
            if first is None or first.start() > 0:
                continue
            said = " ".join(unicodedata.normalize("NFC", spoken).split())
            self._by_first_word.setdefault(first[0].casefold(), []).append((key, said))
        for known in self._by_first_word.values():
            known.sort(key=lambda pair: len(pair[0]), reverse=True)

    def apply(self, draft: Draft) -> None:
        """Protect every reading of the commune's in the line."""
        if not self._by_first_word:
            return
        parts: list[str] = []
        end = 0
        for word in _WORD.finditer(draft.text):
            if word.start() < end:
                continue
            found = self._longest(draft.text, word)
            if found is not None:
                key_length, spoken = found
                parts += [draft.text[end : word.start()], draft.say(spoken)]
                end = word.start() + key_length
        draft.text = "".join([*parts, draft.text[end:]])

    def _longest(self, text: str, word: re.Match[str]) -> tuple[int, str] | None:
        for key, spoken in self._by_first_word.get(word[0].casefold(), ()):
            written = text[word.start() : word.start() + len(key)]
            same = written == key if key.isupper() else written.casefold() == key.casefold()
            after = text[word.start() + len(key) : word.start() + len(key) + 1]
            if same and not (key[-1].isalnum() and (after.isalnum() or after == "_")):
                return len(key), spoken
        return None
