"""Every known pair is said as written down, and unseen text of the same kind nearly always."""

from __future__ import annotations

from pathlib import Path

import pytest

from content.spoken import speak
from tests.content.spoken.pairs import Pair, plain, read_pairs

GOLD = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "speech_gold.tsv"
HELD_OUT = Path(__file__).with_name("held_out.tsv")


def _wrong(pairs: list[Pair]) -> list[str]:
    return [
        f"{pair.id} {pair.category}: {pair.written!r} -> {speak(pair.written).spoken!r}"
        for pair in pairs
        if plain(speak(pair.written).spoken) not in map(plain, pair.accepted)
    ]


@pytest.mark.skipif(
    not GOLD.exists(), reason="../shared/data/speech_gold.tsv is not beside the checkout"
)
def test_every_gold_pair_is_said_in_an_accepted_way() -> None:
    pairs = read_pairs(GOLD)
    assert len(pairs) >= 184
    assert _wrong(pairs) == []


def test_every_held_out_pair_is_said_in_an_accepted_way() -> None:
    pairs = read_pairs(HELD_OUT)
    assert len(pairs) >= 120
    assert _wrong(pairs) == []


@pytest.mark.parametrize("pair", read_pairs(HELD_OUT), ids=lambda pair: pair.id)
def test_what_is_said_leaves_nothing_unread_and_is_said_again_unchanged(pair: Pair) -> None:
    said = speak(pair.written)
    assert said.residue == ()
    assert speak(said.spoken).spoken == said.spoken
