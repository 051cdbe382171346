"""Which tasks of a plan a bulletin may serve, by its words, each with the reason. Pure."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from content.folding import fold
from content.topics import OTHER, TopicMatch, common_words, topic_matches

_SAME_BEST, _SAME_TOPIC = 4.0, 1.0
_LEAST = 2.0
"""Below this a likeness is chance."""
_WORDS, _MOST_FOR_WORDS = 0.4, 3.0
_MOST_WORDS_SAID = 3
_MOST = 3
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class TaskWords:
    """A task as far as its words go."""

    no: str
    content: str
    channels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A task that a bulletin may serve; `reason` is for the editor."""

    no: str
    score: float
    reason: str


def suggest_tasks(
    text: str, channels: Iterable[str], tasks: Sequence[TaskWords]
) -> tuple[Suggestion, ...]:
    """At most three tasks, best first; `channels` are the bulletin's own, empty for all."""
    wanted = set(channels)
    matches = topic_matches(text)
    rarity = _rarity(tasks)
    found = []
    for place, task in enumerate(tasks):
        if wanted and task.channels and not wanted & set(task.channels):
            continue
        score, reason = _compare(task, text, matches, rarity)
        if score >= _LEAST:
            found.append((-score, place, Suggestion(task.no, round(score, 2), reason)))
    return tuple(suggestion for _, _, suggestion in sorted(found, key=lambda f: f[:2])[:_MOST])


def _compare(
    task: TaskWords, text: str, matches: Sequence[TopicMatch], rarity: dict[str, float]
) -> tuple[float, str]:
    own = [match.topic for match in matches]
    score, parts = 0.0, []
    theirs = [match.topic for match in topic_matches(task.content)]
    shared = [topic for topic in theirs if topic in own and topic.code != OTHER]
    if shared:
        same_best = shared[0] == own[0] == theirs[0]
        score += _SAME_BEST if same_best else _SAME_TOPIC
        parts.append(f"cùng chủ đề “{shared[0].name}”")
    common = {pair for pair, _ in _pairs(text)} & {pair for pair, _ in _pairs(task.content)}
    score += min(_MOST_FOR_WORDS, _WORDS * sum(rarity[pair] for pair in sorted(common)))
    if said := _runs(text, common)[:_MOST_WORDS_SAID]:
        parts.append("cùng nhắc " + ", ".join(f"“{run}”" for run in said))
    return score, "; ".join(parts)


def _runs(text: str, common: set[str]) -> list[str]:
    """The longest stretches of words in common, as printed, the longest first."""
    runs: list[list[str]] = []
    before = ""
    for pair, printed in _pairs(text):
        if pair in common and before and pair.split()[0] == before.split()[-1]:
            runs[-1].append(printed.split()[-1])
        elif pair in common:
            runs.append(printed.split())
        before = pair if pair in common else ""
    longest: dict[str, str] = {}
    for run in sorted(runs, key=len, reverse=True):
        folded = fold(" ".join(run))
        if not any(folded in known for known in longest):
            longest[folded] = " ".join(run)
    return list(longest.values())


def _rarity(tasks: Sequence[TaskWords]) -> dict[str, float]:
    """How much a pair of words tells: what stands in every task tells nothing."""
    counts = Counter(pair for task in tasks for pair in {p for p, _ in _pairs(task.content)})
    return {pair: math.log((len(tasks) + 1) / count) for pair, count in counts.items()}


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    """Neighbouring syllables, folded and as printed; pairs with an empty word left out."""
    for first, second in pairwise(_WORD.findall(text)):
        folded = fold(first), fold(second)
        if not any(word in common_words() or word.isdigit() for word in folded):
            yield " ".join(folded), f"{first} {second}"
