"""The taxonomy of topics (nội dung tuyên truyền) and which of them a text is about."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

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
    return tuple(
        Topic(item["code"], item["name"], tuple(item["strong"]), tuple(item["keywords"]))
        for item in _data()["topic"]
    )


@cache
def common_words() -> frozenset[str]:
    """Folded syllables that stand in nearly every task and bulletin."""
    return frozenset(map(fold, _data()["common"]))


@cache
def _data() -> dict[str, Any]:
    text = resources.files("content").joinpath("data/topics.toml").read_text("utf-8")
    return tomllib.loads(text)


@dataclass(frozen=True, slots=True)
class TopicMatch:
    """A topic that a text is about, how strongly, and the words that say so, as printed."""

    topic: Topic
    score: float
    words: tuple[str, ...]


def topic_codes(text: str) -> tuple[str, ...]:
    """The codes of the topics that `text` is about, best first; ("other",) when none is known."""
    return tuple(match.topic.code for match in topic_matches(text)) or (OTHER,)


def topic_matches(text: str) -> tuple[TopicMatch, ...]:
    """The topics that `text` is about, best first.

    Words near the beginning, where an item names its subject, count up to twice.
    """
    printed = " ".join(unicodedata.normalize("NFC", text).split())
    scores: dict[str, float] = {}
    words: dict[str, dict[str, str]] = {}
    for match in _keywords().finditer(fold(printed)):
        for code, weight in _weights()[match.group("word")]:
            nearness = 1 + max(0.0, 1 - match.start() / 200)
            scores[code] = scores.get(code, 0.0) + weight * nearness
            found = printed[match.start() : match.end()]
            words.setdefault(code, {}).setdefault(match.group("word"), found)
    if not scores:
        return ()
    ranked = sorted(scores, key=lambda code: -scores[code])
    least = _SHARE_OF_BEST * scores[ranked[0]]
    by_code = {topic.code: topic for topic in all_topics()}
    return tuple(
        TopicMatch(by_code[code], scores[code], tuple(words[code].values()))
        for code in ranked
        if scores[code] >= least
    )


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
