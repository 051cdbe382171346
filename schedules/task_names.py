"""Which task of which plan a bulletin's `task` means: the one rule of it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

_NAMED = re.compile(r"(?P<plan>\d{1,9})\s*/\s*(?P<no>.+)")
_FIRST_YEAR, _LAST_YEAR = 2000, 2199
"""A number between is a year, any other a plan's own number."""


@dataclass(frozen=True, slots=True)
class TaskKey:
    """A task of one plan: the plan's number in the database and the task's printed number."""

    plan: int
    no: str


@dataclass(frozen=True, slots=True)
class Days:
    """A plan's first and last day, both included; None: no limit."""

    first: date | None
    last: date | None

    def __contains__(self, day: date) -> bool:
        return self.touches(day, day)

    def touches(self, first: date, last: date) -> bool:
        return (self.first is None or self.first <= last) and (
            self.last is None or first <= self.last
        )

    def cover(self, other: Days) -> bool:
        """Whether no day of `other` lies outside."""
        from_before = self.first is None or (other.first is not None and self.first <= other.first)
        to_after = self.last is None or (other.last is not None and other.last <= self.last)
        return from_before and to_after


@dataclass(frozen=True, slots=True)
class Claim:
    """When a name means a task."""

    key: TaskKey
    days: Days


@dataclass(frozen=True, slots=True)
class KnownPlan:
    """A plan as far as the names of its tasks go."""

    id: int
    days: Days
    known_from: datetime
    """When its first document was imported."""
    numbers: frozenset[str]
    """Of all its tasks, those no longer asked for too: their airings stay theirs."""

    def is_called(self, name: int) -> bool:
        """By its number, or by a year that it covers."""
        if not _FIRST_YEAR <= name <= _LAST_YEAR:
            return name == self.id
        return self.days.touches(date(name, 1, 1), date(name, 12, 31))

    def claim(self, said: str) -> Claim | None:
        """Its task of this number, however the letters are written."""
        wanted = said.strip().lower()
        found = next((no for no in self.numbers if no.lower() == wanted), None)
        return Claim(TaskKey(self.id, found), self.days) if found else None


class TaskNames:
    """Reads "3" and "2026/3" (or "1/3", by the plan's number).

    "2026/3" is task 3 of that plan; of several the newest. A plain "3" means the newest plan that
    has it and covers the day. Of two that cover it, one that came after the words were written
    stands back: importing a plan takes nothing away from another.
    """

    def __init__(self, plans: Iterable[KnownPlan]) -> None:
        self._plans = sorted(plans, key=lambda plan: plan.id, reverse=True)

    def within(self, first: date, last: date) -> TaskNames:
        """Only of the plans that touch these days."""
        return TaskNames(plan for plan in self._plans if plan.days.touches(first, last))

    def claims(self, said: str | None, written: datetime | None = None) -> tuple[Claim, ...]:
        """All that the words may mean, what goes first first; () when no plan has such a task."""
        if not said:
            return ()
        named = _NAMED.fullmatch(said.strip())
        found = self._of_plan(int(named["plan"]), named["no"]) if named else []
        return tuple(_standing(found or self._of_number(said, written)))

    def meant(self, said: str | None, day: date, written: datetime | None = None) -> TaskKey | None:
        """The task that an output of this day counts for."""
        found = (one.key for one in self.claims(said, written) if day in one.days)
        return next(found, None)

    def label(self, key: TaskKey) -> str:
        """Its number; with the plan's in front where two of these plans have the number."""
        alone = sum(plan.claim(key.no) is not None for plan in self._plans) < 2
        return key.no if alone else _whole(key)

    def shortest(self, key: TaskKey, day: date) -> str:
        """What a person may write now to mean this task."""
        return key.no if self.meant(key.no, day) == key else _whole(key)

    def _of_plan(self, name: int, said: str) -> list[Claim]:
        claims = (plan.claim(said) for plan in self._plans if plan.is_called(name))
        return [claim for claim in claims if claim]

    def _of_number(self, said: str, written: datetime | None) -> list[Claim]:
        there: list[Claim] = []
        later: list[Claim] = []
        for plan in self._plans:
            if claim := plan.claim(said):
                known = written is None or plan.known_from <= written
                (there if known else later).append(claim)
        return there + later


def _whole(key: TaskKey) -> str:
    return f"{key.plan}/{key.no}"


def _standing(claims: Sequence[Claim]) -> Iterator[Claim]:
    for place, claim in enumerate(claims):
        if not any(before.days.cover(claim.days) for before in claims[:place]):
            yield claim
