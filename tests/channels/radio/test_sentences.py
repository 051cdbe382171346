"""Cutting spoken text into what an engine can take."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from channels.radio.sentences import LONGEST_SENTENCE, count_words, pack, paragraphs


def test_paragraphs_hold_their_sentences_in_order() -> None:
    text = "Thông báo. Từ ngày mai, bà con chú ý!\n\nXin cảm ơn.\n"
    assert paragraphs(text) == [["Thông báo.", "Từ ngày mai, bà con chú ý!"], ["Xin cảm ơn."]]


def test_what_makes_no_sound_is_left_out() -> None:
    assert paragraphs("😀😀\n---\n. . .\nXin chào.\n\x00\x07") == [["Xin chào."]]
    assert paragraphs("") == []


def test_control_characters_never_reach_an_engine() -> None:
    assert paragraphs("Xin\x00 chào\u200b bà\x1b con.") == [["Xin chào bà con."]]


def test_short_sentences_share_a_piece_and_long_ones_break_at_clauses() -> None:
    text = "Một. Hai. Ba. " + "bốn năm sáu, " * 5 + "bảy."
    assert pack(text, 40) == [
        "Một. Hai. Ba.",
        "bốn năm sáu, bốn năm sáu, bốn năm sáu,",
        "bốn năm sáu, bốn năm sáu, bảy.",
    ]


def test_a_text_without_any_stop_is_still_cut() -> None:
    pieces = paragraphs("ba " * 1000)[0]
    assert all(len(piece) <= LONGEST_SENTENCE for piece in pieces)
    assert sum(count_words(piece) for piece in pieces) == 1000


@given(st.text(alphabet=st.sampled_from("aâbđ1.,!? \t;…\n"), max_size=400), st.integers(1, 60))
def test_packing_loses_no_letter_and_keeps_the_limit(text: str, limit: int) -> None:
    pieces = pack(text, limit)
    assert all(0 < len(piece) <= limit for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


@given(st.text(max_size=300))
def test_paragraphs_never_lose_a_letter_or_digit(text: str) -> None:
    found = "".join("".join(sentences) for sentences in paragraphs(text))
    assert [c for c in found if c.isalnum()] == [c for c in text if c.isalnum()]


def test_words_are_counted_without_lone_signs() -> None:
    assert count_words("Xin chào – bà con .") == 4
