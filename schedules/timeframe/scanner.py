"""Patterns over folded Vietnamese, and a position in a phrase that they move forward."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Final

from content.folding import fold, strip_marks

_ASCII: Final = re.compile(r"[\x00-\x7f]*")


class Pattern:
    """A regular expression written in plain Vietnamese that matches any tone-mark style.

    In `source` a space means one or more spaces and "~" any number of them; classes written
    in capitals (`\\S`) cannot be used. It matches whole words only.
    """

    def __init__(self, source: str) -> None:
        self._source = source

    @cached_property
    def marked(self) -> re.Pattern[str]:
        return re.compile(f"(?:{self._expression()})(?!\\w)")

    @cached_property
    def unmarked(self) -> re.Pattern[str]:
        """For phrases typed without diacritics."""
        return re.compile(f"(?:{strip_marks(self._expression())})(?!\\w)")

    def _expression(self) -> str:
        return fold(self._source).replace("(?p", "(?P").replace(" ", " +").replace("~", " *")


class Scanner:
    """A phrase being read from left to right; a failed rule puts `position` back."""

    def __init__(self, text: str) -> None:
        self.folded = fold(text)
        self.without_marks = _ASCII.fullmatch(self.folded) is not None
        """Typed without any diacritics ("Quy II"): patterns are compared without them."""
        self.position = 0

    def take(self, pattern: Pattern) -> re.Match[str] | None:
        """Match `pattern` at the position (after spaces) and move behind it."""
        match = self.peek(pattern)
        if match:
            self.position = match.end()
        return match

    def peek(self, pattern: Pattern) -> re.Match[str] | None:
        # A hundred times for every word of a plan: nothing is called that need not be.
        if self.folded.startswith(" ", self.position):
            self.skip_spaces()
        compiled = pattern.unmarked if self.without_marks else pattern.marked
        return compiled.match(self.folded, self.position)

    def take_sign(self, signs: str) -> bool:
        """Move behind one of the characters in `signs`; True if there was one."""
        self.skip_spaces()
        if not self.at_end and self.folded[self.position] in signs:
            self.position += 1
            return True
        return False

    def skip_spaces(self) -> None:
        folded, position = self.folded, self.position
        while position < len(folded) and folded[position] == " ":
            position += 1
        self.position = position

    def skip_word(self) -> None:
        """Move behind the next run of letters and digits, or one other character."""
        start = self.position
        while not self.at_end and self.folded[self.position].isalnum():
            self.position += 1
        if self.position == start:
            self.position += 1

    @property
    def at_end(self) -> bool:
        return self.position >= len(self.folded)
