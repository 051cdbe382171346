"""Folding: one form for comparing, positions kept."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from content.folding import fold, strip_marks


def test_both_tone_mark_styles_fold_to_one() -> None:
    assert fold("Uỷ ban, HOÁ, quí, Qúy") == fold("Ủy ban, hóa, quý, quý")


def test_words_that_differ_stay_different() -> None:
    assert len({fold(word) for word in ("ma", "má", "mà", "mả", "mã", "mạ", "mâ", "mă")}) == 8


def test_marks_are_stripped_letter_by_letter() -> None:
    assert strip_marks("Đầu quý, ưỡn ẹo") == "Dau quy, uon eo"


@given(st.text())
def test_positions_are_kept_and_folding_twice_changes_nothing(text: str) -> None:
    composed = unicodedata.normalize("NFC", text)
    assert len(fold(text)) == len(composed)
    assert fold(fold(text)) == fold(text)
