"""The taxonomy of topics (nội dung tuyên truyền) and which of them a text is about."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

from content.folding import fold

OTHER = "other"
_STRONG, _PLAIN = 3.0, 1.0
_SHARE_OF_BEST = 0.34
"""A topic is named beside the best one when it scores at least this part of it."""


@dataclass(frozen=True, slots=True)
class Topic:
    """One subject: its code, its Vietnamese name, and the words that point to it."""

    code: str
    name: str
    strong: tuple[str, ...]
    keywords: tuple[str, ...]


@cache
def all_topics() -> tuple[Topic, ...]:
    """Every topic, in the order of data/topics.toml."""
    text = resources.files("content").joinpath("data/topics.toml").read_text("utf-8")
    return tuple(
        Topic(item["code"], item["name"], tuple(item["strong"]), tuple(item["keywords"]))
        for item in tomllib.loads(text)["topic"]
    )


def topic_codes(text: str) -> tuple[str, ...]:
    """The codes of the topics that `text` is about, best first; ("other",) when none is known.

    Words near the beginning, where an item names its subject, count up to twice.
    """
    folded = " ".join(fold(text).split())
    scores: dict[str, float] = {}
    for match in _keywords().finditer(folded):
        for code, weight in _weights()[match.group("word")]:
            nearness = 1 + max(0.0, 1 - match.start() / 200)
            scores[code] = scores.get(code, 0.0) + weight * nearness
    if not scores:
        return (OTHER,)
    ranked = sorted(scores, key=lambda code: -scores[code])
    least = _SHARE_OF_BEST * scores[ranked[0]]
    return tuple(code for code in ranked if scores[code] >= least)


@cache
def _weights() -> dict[str, list[tuple[str, float]]]:
    """What each folded keyword says: (code, weight)."""
    weights: dict[str, list[tuple[str, float]]] = {}
    for topic in all_topics():
        for words, weight in ((topic.strong, _STRONG), (topic.keywords, _PLAIN)):
            for word in words:
                weights.setdefault(fold(word), []).append((topic.code, weight))
    return weights


@cache
def _keywords() -> re.Pattern[str]:
    """All keywords, the longest first, so that a phrase is counted once."""
    longest_first = sorted(_weights(), key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?P<word>{'|'.join(map(re.escape, longest_first))})(?!\w)")
