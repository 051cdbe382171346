"""Which channels a described form or means names."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

from content.folding import fold

OTHER = "other"


@dataclass(frozen=True, slots=True)
class ChannelWords:
    """A channel code with its Vietnamese label and the words that name it."""

    code: str
    label: str
    words: tuple[str, ...]
    automatable: bool = False
    manual: bool = False
    """Done by a person and worth a task of its own."""
    stands_for: tuple[str, ...] = ()
    """Channels meant when none of them is named ("mạng xã hội")."""


@cache
def all_channels() -> dict[str, ChannelWords]:
    """Every code of data/channels.toml, in its order."""
    file = resources.files("schedules.plan_reader").joinpath("data/channels.toml")
    items = tomllib.loads(file.read_text("utf-8"))["channel"]
    return {
        item["code"]: ChannelWords(
            item["code"],
            item["label"],
            tuple(item["words"]),
            item.get("automatable", False),
            item.get("manual", False),
            tuple(item.get("stands_for", ())),
        )
        for item in items
    }


def named_channels(text: str | None) -> tuple[str, ...]:
    """The codes named in `text`, in order of appearance; () when it names none."""
    if not text:
        return ()
    folded = " ".join(fold(text).split())
    found: list[str] = []
    position = 0
    while position < len(folded):
        match = _words().search(folded, position)
        if not match:
            break
        found.append(str(match.lastgroup))
        position = max(match.end(), position + 1)
    codes = dict.fromkeys(found)
    for code in list(codes):
        meant = all_channels()[code].stands_for
        if meant and not any(name in codes for name in meant):
            codes.update(dict.fromkeys(meant))
    return tuple(codes)


def channels_of(text: str | None) -> tuple[str, ...]:
    """As `named_channels`, but ("other",) when it names none."""
    return named_channels(text) or (OTHER,)


@cache
def _words() -> re.Pattern[str]:
    """One alternation over all words; the group's name is the code."""
    groups = (
        f"(?P<{c.code}>(?<!\\w)(?:{'|'.join(map(fold, c.words))})(?!\\w))"
        for c in all_channels().values()
    )
    return re.compile("|".join(groups))
