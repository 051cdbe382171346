"""Numbers in Northern words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.spoken import numbers


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (0, "không"),
        (10, "mười"),
        (14, "mười bốn"),
        (15, "mười lăm"),
        (21, "hai mươi mốt"),
        (24, "hai mươi tư"),
        (55, "năm mươi lăm"),
        (104, "một trăm linh bốn"),
        (110, "một trăm mười"),
        (111, "một trăm mười một"),
        (1005, "một nghìn không trăm linh năm"),
        (1_000_050, "một triệu không trăm năm mươi"),
        (2_000_000_000, "hai tỷ"),
        (1_000_000_001, "một tỷ không trăm linh một"),
        (12_345_000_000_000, "mười hai nghìn ba trăm bốn mươi lăm tỷ"),
        (-5, "âm năm"),
    ],
)
def test_a_number_is_said_the_northern_way(number: int, said: str) -> None:
    assert numbers.cardinal(number) == said


@given(st.integers(0, 10**18 - 1), st.integers(0, 10**18 - 1))
def test_two_numbers_are_never_said_alike(one: int, other: int) -> None:
    assert (numbers.cardinal(one) == numbers.cardinal(other)) == (one == other)


@given(st.text("0123456789", min_size=1, max_size=40))
def test_any_digits_can_be_said(digits: str) -> None:
    for say in (numbers.numeral, numbers.count, numbers.one_by_one):
        assert say(digits)
        assert not any(sign.isdigit() for sign in say(digits))


def test_leading_zeros_are_said_in_a_document_s_number_and_not_in_a_count() -> None:
    assert numbers.numeral("06") == "không sáu"
    assert numbers.count("06") == "sáu"
    assert numbers.decimal("87", "05") == "tám mươi bảy phẩy không năm"
