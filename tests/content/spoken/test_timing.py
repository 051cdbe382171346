"""How long a spoken text takes and how it is cut for the voice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.spoken import estimate_seconds, sentences, speak, syllables


def test_a_vietnamese_word_is_one_syllable_and_a_foreign_one_several() -> None:
    assert syllables("ủy ban nhân dân xã.") == 5
    assert syllables("facebook") == 3
    assert syllables("") == 0


def test_time_is_syllables_at_the_rate_and_pauses_at_sentences_and_paragraphs() -> None:
    assert estimate_seconds("xã " * 165) == pytest.approx(60)
    assert estimate_seconds("xã " * 165, 330) == pytest.approx(30)
    assert estimate_seconds("xã. xã.") > estimate_seconds("xã xã.") > estimate_seconds("xã xã")
    assert estimate_seconds("xã.\n\nxã") > estimate_seconds("xã. xã")


def test_a_rate_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="positive"):
        estimate_seconds("xã", 0)


def test_sentences_end_at_their_marks_and_at_line_breaks() -> None:
    assert sentences("kính thưa bà con. hôm nay, xã họp!\nmời dự") == [
        "kính thưa bà con.",
        "hôm nay, xã họp!",
        "mời dự",
    ]


def test_a_long_sentence_is_cut_at_a_clause() -> None:
    assert sentences("một hai ba, bốn năm sáu, bảy tám", longest=16) == [
        "một hai ba,",
        "bốn năm sáu,",
        "bảy tám",
    ]


@given(st.text(max_size=200), st.integers(1, 60))
def test_cutting_loses_no_word_and_keeps_to_the_length(text: str, longest: int) -> None:
    spoken = speak(text).spoken
    pieces = sentences(spoken, longest)
    assert "".join("".join(pieces).split()) == "".join(spoken.split())
    assert all(len(piece) <= longest + 1 or " " not in piece for piece in pieces)
