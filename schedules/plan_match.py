"""Which task of a corrected plan is which task of the old one. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from content.folding import fold

_ALIKE = 0.6
"""Likeness of two contents (0 to 1) from which they are one task."""
_ALIKE_AT_SAME_NUMBER = 0.4
_SHARED_WORDS = 0.35
"""Below this share of common words the slow comparison is left out."""
FIELDS = ("content", "form", "channels", "timeframe", "lead", "support", "product")
"""What a correction may change of a task."""
FIELD_LABELS: Mapping[str, str] = {
    "content": "nội dung",
    "form": "hình thức",
    "channels": "kênh",
    "timeframe": "thời gian",
    "lead": "chủ trì",
    "support": "phối hợp",
    "product": "sản phẩm",
}

Entry = Mapping[str, Any]
"""A task in the contract's form."""


@dataclass(frozen=True, slots=True)
class Change:
    """One field of a task, before and after."""

    field: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class Pair:
    """A task in both plans (indexes into the lists), and what changed."""

    old: int
    new: int
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Matching:
    """Every old and every new task is in exactly one of the three."""

    pairs: tuple[Pair, ...]
    gone: tuple[int, ...]
    added: tuple[int, ...]

    @property
    def changed(self) -> bool:
        return bool(self.gone or self.added or any(pair.changes for pair in self.pairs))


def match_tasks(old: Sequence[Entry], new: Sequence[Entry]) -> Matching:
    """Same words first, then same number and like words, then the likest words."""
    found: dict[int, int] = {}
    _match_same(old, new, found)
    _match_like(old, new, found)
    pairs = tuple(Pair(o, n, changes(old[o], new[n])) for n, o in sorted(found.items()))
    return Matching(
        pairs,
        tuple(i for i in range(len(old)) if i not in set(found.values())),
        tuple(i for i in range(len(new)) if i not in found),
    )


def changes(old: Entry, new: Entry) -> tuple[Change, ...]:
    """The fields that say something else now; a timeframe is compared by its phrase."""
    pairs = ((field, _value(old, field), _value(new, field)) for field in FIELDS)
    return tuple(Change(*three) for three in pairs if three[1] != three[2])


def _value(entry: Entry, field: str) -> Any:
    value = entry.get(field)
    if field == "timeframe":
        return (value or {}).get("text") or None
    return list(value) if isinstance(value, tuple) else value


def _match_same(old: Sequence[Entry], new: Sequence[Entry], found: dict[int, int]) -> None:
    """Equal contents; of several, those with the number in common first."""
    waiting: dict[str, list[int]] = {}
    for i, entry in enumerate(old):
        waiting.setdefault(_words(entry), []).append(i)
    by_number = sorted(range(len(new)), key=lambda n: not _same_number(waiting, old, new[n]))
    for n in by_number:
        same = waiting.get(_words(new[n]))
        if same:
            numbers = [i for i in same if old[i]["no"] == new[n]["no"]]
            chosen = (numbers or same)[0]
            same.remove(chosen)
            found[n] = chosen


def _same_number(waiting: Mapping[str, list[int]], old: Sequence[Entry], entry: Entry) -> bool:
    return any(old[i]["no"] == entry["no"] for i in waiting.get(_words(entry), ()))


def _match_like(old: Sequence[Entry], new: Sequence[Entry], found: dict[int, int]) -> None:
    taken = set(found.values())
    left = [i for i in range(len(old)) if i not in taken]
    scores = []
    for n in (i for i in range(len(new)) if i not in found):
        for o in left:
            score = likeness(old[o], new[n])
            same_number = old[o]["no"] == new[n]["no"] and old[o]["source"] == new[n]["source"]
            if score >= (_ALIKE_AT_SAME_NUMBER if same_number else _ALIKE):
                scores.append((-(score + 0.2 * same_number), n, o))
    for _, n, o in sorted(scores):
        if n not in found and o not in taken:
            found[n] = o
            taken.add(o)


def likeness(one: Entry, other: Entry) -> float:
    """Of the contents, 0 to 1."""
    a, b = _words(one).split(), _words(other).split()
    common = len(set(a) & set(b)) / max(1, min(len(set(a)), len(set(b))))
    return SequenceMatcher(None, a, b, autojunk=False).ratio() if common >= _SHARED_WORDS else 0.0


def _words(entry: Entry) -> str:
    return " ".join(fold(entry["content"]).split())
