"""Medians, spreads, ratios and verdicts are what they say."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.measure import MORE_ROUNDS, Aim, Row, Sample, Verdict, in_turns, percentile

COSTS = st.lists(st.floats(0.001, 1000), min_size=1, max_size=20)


def row(*costs: float, aim: Aim | None = None, base: tuple[float, ...] = (1.0,)) -> Row:
    return Row("it", Sample(costs), "s", "that", Sample(base), aim)


@pytest.mark.parametrize(
    ("costs", "verdict"),
    [
        ((0.9, 0.95, 0.99), Verdict.MET),
        ((1.1, 1.2, 1.3), Verdict.MISSED),
        ((0.5, 0.9, 3.0, 4.0), Verdict.NOISY),
        ((0.98, 0.99, 1.01), Verdict.MET),
        ((0.2,), Verdict.MET),
        ((1.2,), Verdict.MISSED),
    ],
)
def test_a_verdict_is_given_only_where_the_spread_allows_one(
    costs: tuple[float, ...], verdict: Verdict
) -> None:
    assert row(*costs, aim=Aim(1.0)).verdict() is verdict


def test_an_aim_of_the_ratio_is_judged_by_the_ratio() -> None:
    assert row(300.0, base=(100.0,), aim=Aim(4.0, of_ratio=True)).verdict() is Verdict.MET
    assert row(300.0, base=(100.0,), aim=Aim(2.0, of_ratio=True)).verdict() is Verdict.MISSED


def test_without_an_aim_there_is_no_verdict() -> None:
    assert row(1.0).verdict() is Verdict.NONE


def test_the_ratio_is_taken_round_by_round() -> None:
    shaken = Sample((2.0, 20.0, 2.0)).over(Sample((1.0, 10.0, 1.0)))
    assert shaken == Sample((2.0, 2.0, 2.0))


@given(COSTS)
def test_the_median_lies_between_the_quartiles(values: list[float]) -> None:
    sample = Sample(tuple(values))
    low, high = sample.quartiles
    assert low - 1e-9 <= sample.median <= high + 1e-9


@given(COSTS, st.integers(1, 100))
def test_a_percentile_covers_its_share_and_no_smaller_value_does(
    values: list[float], percent: int
) -> None:
    found = percentile(values, percent)
    assert sum(value <= found for value in values) * 100 >= percent * len(values)
    assert sum(value < found for value in values) * 100 < percent * len(values)


def test_a_rate_is_the_count_over_the_cost() -> None:
    line = Row("it", Sample((0.5,)), "records", "that", Sample((0.25,)), count=100)
    assert line.to_json()["measured"] == 200
    assert line.to_json()["baseline"] == 400
    assert line.to_json()["ratio"] == 2


def recorded(values: list[float]) -> tuple[Callable[[], float], list[float]]:
    given_out: list[float] = []

    def once() -> float:
        given_out.append(values[len(given_out) % len(values)])
        return given_out[-1]

    return once, given_out


def test_the_first_round_warms_up_and_does_not_count() -> None:
    thing, _ = recorded([99.0, 1.0, 1.0, 1.0])
    assert in_turns(3, thing) == [Sample((1.0, 1.0, 1.0))]


def test_noise_is_answered_by_more_rounds_but_not_for_ever() -> None:
    noisy, calls = recorded([1.0, 9.0])
    found = in_turns(2, noisy)
    assert len(found[0].values) == 2 * MORE_ROUNDS
    assert len(calls) == 2 * MORE_ROUNDS + 1
