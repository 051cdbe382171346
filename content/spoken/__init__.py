"""Written administrative Vietnamese to what a voice says: pure text, rules' data in files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from content.spoken.abbreviations import read_abbreviations
from content.spoken.addresses import read_addresses
from content.spoken.cleaning import clean
from content.spoken.dates import read_dates
from content.spoken.documents import read_documents
from content.spoken.draft import LONGEST_LINE, Draft
from content.spoken.gloss import definitions, drop_glosses
from content.spoken.layout import Line, lines
from content.spoken.lexicon import OwnReadings
from content.spoken.phones import read_phones
from content.spoken.quantities import read_numbers, read_per, read_ranges, read_shares, read_units
from content.spoken.roman import read_head, read_romans
from content.spoken.times import read_times
from content.spoken.timing import estimate_seconds, sentences, syllables
from content.spoken.words import (
    part_words,
    read_codes,
    read_identifiers,
    read_lists,
    read_symbols,
    read_words,
    tidy,
)

__all__ = ["Spoken", "estimate_seconds", "sentences", "speak", "syllables"]

_UNREAD = re.compile(r"[\d/@%]")


@dataclass(frozen=True, slots=True)
class Spoken:
    """What is written, what is said, and what was left unreadable (as it stands in `spoken`).

    `spoken` is NFC in lower case, with ". , ; ? !" and line breaks for the pauses of the voice;
    only residue keeps its capitals.
    """

    text: str
    spoken: str
    residue: tuple[str, ...] = ()

    def to_json(self) -> dict[str, object]:
        """The form that `speech say --json` prints."""
        return {"text": self.text, "spoken": self.spoken, "residue": list(self.residue)}


def speak(text: str, lexicon: Mapping[str, str] | None = None) -> Spoken:
    """Say `text` in Northern Vietnamese; `lexicon` (written -> spoken) wins over every rule.

    Never raises for any string, and says its own result unchanged.
    """
    own = OwnReadings(lexicon or {})
    page = clean(text)
    defined = definitions(page)
    said: list[str] = []
    left: list[str] = []
    for line in lines(page):
        spoken = _line(line, own, defined, left)
        if spoken:
            said += [spoken, "\n" * line.breaks]
    while said and said[-1].strip("\n") == "":
        said.pop()
    spoken = "".join(_closed(said))
    left += [word.strip(".,;?!") for word in spoken.split() if _UNREAD.search(word)]
    return Spoken(text, spoken, tuple(dict.fromkeys(token for token in left if token in spoken)))


def _line(line: Line, own: OwnReadings, defined: Mapping[str, str], left: list[str]) -> str:
    said: list[str] = []
    for number, piece in enumerate(_pieces(line.text)):
        draft = Draft(piece)
        _passes(draft, own, defined, starts_line=number == 0)
        left += draft.left
        said.append(draft.finish())
    return tidy(" ".join(said))


def _passes(
    draft: Draft, own: OwnReadings, defined: Mapping[str, str], *, starts_line: bool
) -> None:
    own.apply(draft)
    read_addresses(draft)
    part_words(draft)
    drop_glosses(draft, defined)
    if starts_line:
        read_head(draft)
    read_identifiers(draft)
    read_documents(draft)
    read_phones(draft)
    read_romans(draft)
    read_times(draft)
    read_dates(draft)
    read_shares(draft)
    read_units(draft)
    read_per(draft)
    read_ranges(draft)
    read_lists(draft)
    read_abbreviations(draft, defined)
    read_codes(draft)
    read_numbers(draft)
    read_symbols(draft)
    read_words(draft)


def _pieces(line: str) -> Iterator[str]:
    """Cut an endless line at blanks so that a draft never runs out of marks."""
    while len(line) > LONGEST_LINE:
        cut = line.rfind(" ", 1, LONGEST_LINE + 1)
        cut = LONGEST_LINE if cut < 0 else cut
        yield line[:cut]
        line = line[cut:].lstrip()
    yield line


def _closed(said: list[str]) -> Iterator[str]:
    """End every line but the last with a sentence mark, so that the voice rests there."""
    for place, part in enumerate(said):
        if place == len(said) - 1 or part.startswith("\n") or part.endswith((".", ";", "?", "!")):
            yield part
        else:
            yield f"{part}."
