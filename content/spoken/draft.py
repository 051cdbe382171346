"""One line on its way from written to spoken: what a pass has said, no later pass can touch."""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import IntEnum
from typing import TypeAlias

Reading: TypeAlias = Callable[[re.Match[str]], "str | None"]
"""What replaces a match (raw text and marks mixed); None leaves it as it is."""

LONGEST_LINE = 4_000
"""Characters of one draft; a line holds at most a few marks for each of its characters."""

_FIRST = 0xF0000
_ROOM = 0x4000


class Kind(IntEnum):
    """What a protected stretch says: later passes see the kind, never the words."""

    WORDS = 0
    TIME = 1
    DATE = 2
    MONTH = 3
    NUMBER = 4
    LEFT = 5
    """Left as written: it could not be read."""

    @property
    def marks(self) -> str:
        """The marks of this kind, as the inside of a regex character class."""
        first = _FIRST + self * _ROOM
        return f"{chr(first)}-{chr(first + _ROOM - 1)}"


ANY_MARK = f"{chr(_FIRST)}-{chr(_FIRST + (max(Kind) + 1) * _ROOM - 1)}"
"""All marks, as the inside of a regex character class."""

_MARK = re.compile(f"[{ANY_MARK}]")


class Draft:
    """Text in which every stretch that has been said is one private-use character, its mark.

    The marks are no word characters, so word boundaries hold beside them; cleaning removes
    private-use characters from the input, so every one met is ours.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._said: dict[str, str] = {}
        self._next = dict.fromkeys(Kind, 0)
        self.left: list[str] = []

    def say(self, spoken: str, kind: Kind = Kind.WORDS) -> str:
        """Protect `spoken` and return its mark; marks inside it are resolved first."""
        mark = chr(_FIRST + kind * _ROOM + self._next[kind])
        self._next[kind] = (self._next[kind] + 1) % _ROOM
        self._said[mark] = self.resolve(spoken)
        return mark

    def leave(self, written: str) -> str:
        """Protect what cannot be read, as written, and note it as residue."""
        self.left.append(written)
        return self.say(written, Kind.LEFT)

    def replace(self, pattern: re.Pattern[str], reading: Reading) -> None:
        """Put what `reading` returns in place of each match in the text not yet said."""

        def read(match: re.Match[str]) -> str:
            replacement = reading(match)
            return match[0] if replacement is None else replacement

        self.text = pattern.sub(read, self.text)

    def resolve(self, text: str) -> str:
        """Put the words back in place of the marks, blanks around them."""
        return _MARK.sub(lambda match: f" {self._said[match[0]]} ", text)

    def finish(self) -> str:
        """Give the whole line as spoken."""
        return self.resolve(self.text)
