"""Spoilt inputs end in a message that a person can act on, and soon; past failures stay mended."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.__main__ import CORPUS, tried
from tests.fuzz.mutation import spoilt
from tests.fuzz.targets import TARGETS, seeds

_POOLS = {name: list(seeds(name)) for name in TARGETS}


@pytest.mark.parametrize("target", TARGETS)
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(number=st.integers(0, 2**32))
def test_a_spoilt_input_is_refused_in_words_or_read(target: str, number: int) -> None:
    draw = random.Random(number)
    pool = _POOLS[target]
    assert tried(target, spoilt(draw.choice(pool), draw, pool)) is None


@pytest.mark.parametrize("target", TARGETS)
def test_a_right_input_is_read(target: str) -> None:
    for seed in _POOLS[target][:2]:
        assert tried(target, seed) is None


@pytest.mark.parametrize("path", sorted(CORPUS.iterdir()), ids=lambda path: path.name)
def test_a_past_failure_stays_mended(path: Path) -> None:
    assert tried(path.name.rpartition("-")[0], path.read_bytes()) is None
