"""Several runs of things in turns: how long each took, how they compare, how sure that is."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

NOISY = 0.15
"""Half the middle spread over the median: beyond this more rounds are run."""
MORE_ROUNDS = 3
"""At most this many times the rounds that were asked for."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What one thing cost in each round: seconds, or megabytes."""

    values: tuple[float, ...]

    @classmethod
    def one(cls, value: float) -> Sample:
        """A figure that is no repetition: a percentile, a maximum."""
        return cls((value,))

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def quartiles(self) -> tuple[float, float]:
        if len(self.values) < 2:
            return self.values[0], self.values[0]
        low, _, high = statistics.quantiles(self.values, n=4, method="inclusive")
        return low, high

    @property
    def spread(self) -> float | None:
        """Half the middle spread as a share of the median; None where nothing was repeated."""
        if len(self.values) < 2 or not self.median:
            return None
        low, high = self.quartiles
        return (high - low) / 2 / abs(self.median)

    def over(self, base: Sample) -> Sample:
        """Round by round, because what disturbs a round disturbs both; else of the medians."""
        if len(self.values) != len(base.values):
            return Sample.one(self.median / base.median)
        return Sample(tuple(a / b for a, b in zip(self.values, base.values, strict=True)))


class Verdict(StrEnum):
    """How a figure stands to its aim."""

    MET = "met"
    MISSED = "missed"
    NOISY = "noisy"
    """The aim lies inside the spread, and the spread is wide: run it again in quiet."""
    NONE = "-"


@dataclass(frozen=True, slots=True)
class Aim:
    """At most `limit`, of the cost itself or of the ratio to the baseline."""

    limit: float
    of_ratio: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. Costs only: a rate is shown as `count` over the cost."""

    what: str
    cost: Sample
    unit: str
    """"s", "MB", or what is counted in a second: "records"."""
    against: str
    base: Sample
    aim: Aim | None = None
    count: float | None = None
    ratio: Sample = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "ratio", self.cost.over(self.base))

    @property
    def decisive(self) -> Sample:
        return self.ratio if self.aim is not None and self.aim.of_ratio else self.cost

    def verdict(self) -> Verdict:
        if self.aim is None:
            return Verdict.NONE
        low, high = self.decisive.quartiles
        if high <= self.aim.limit:
            return Verdict.MET
        if low > self.aim.limit:
            return Verdict.MISSED
        if (self.decisive.spread or 0) > NOISY:
            return Verdict.NOISY
        return Verdict.MET if self.decisive.median <= self.aim.limit else Verdict.MISSED

    def to_json(self) -> dict[str, Any]:
        """Figures as numbers, in the base unit of the row."""
        aim = self.aim
        return {
            "what": self.what,
            "unit": self.unit if self.count is None else f"{self.unit}/s",
            "measured": self.shown(self.cost),
            "spread": self.cost.spread,
            "runs": len(self.cost.values),
            "against": self.against,
            "baseline": self.shown(self.base),
            "ratio": self.ratio.median,
            "ratio_spread": self.ratio.spread,
            "aim": None if aim is None else {"at_most": aim.limit, "of_ratio": aim.of_ratio},
            "verdict": str(self.verdict()),
        }

    def shown(self, sample: Sample) -> float:
        """The median as people read it: the cost, or the rate."""
        return sample.median if self.count is None else self.count / sample.median


def timed(call: Callable[[], object]) -> float:
    """Seconds on the steady clock, garbage collection included.

    What stood in memory before is frozen: going through it is no cost of this call.
    """
    gc.collect()
    gc.freeze()
    try:
        start = time.perf_counter()
        call()
        return time.perf_counter() - start
    finally:
        gc.unfreeze()


def in_turns(rounds: int, *things: Callable[[], float]) -> list[Sample]:
    """Each thing once a round, the first round thrown away; more rounds while it is noisy.

    A thing returns its own cost, so that its preparation need not count.
    """
    for thing in things:
        thing()
    found: list[list[float]] = [[] for _ in things]
    for done in range(rounds * MORE_ROUNDS):
        if done >= rounds and not any(_noisy(values) for values in found):
            break
        for values, thing in zip(found, things, strict=True):
            values.append(thing())
    return [Sample(tuple(values)) for values in found]


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that at least this share of all values does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100).__trunc__() - 1)]


def _noisy(values: Sequence[float]) -> bool:
    spread = Sample(tuple(values)).spread
    return spread is not None and spread > NOISY
