"""The text that the networks share: no doubled title, and a reference that is its own."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.bulletin_text import folded, mentions, plain_body, reference_line


@pytest.mark.parametrize(
    ("title", "body", "plain"),
    [
        ("Giờ làm việc", "# Giờ làm việc\n\nTừ 7 giờ.", "Từ 7 giờ."),
        ("Giờ làm việc.", "**GIỜ LÀM VIỆC**\n\nTừ 7 giờ.", "Từ 7 giờ."),
        ("Giờ làm việc", "Giờ làm việc mới từ 7 giờ.", "Giờ làm việc mới từ 7 giờ."),
        ("Giờ làm việc", "", ""),
    ],
)
def test_a_title_is_not_said_twice(title: str, body: str, plain: str) -> None:
    assert plain_body(title, body) == plain


REFERENCES = st.from_regex(r"[A-Z0-9]{1,6}(-[A-Z0-9]{1,4})?", fullmatch=True)


@given(st.text(), REFERENCES, st.sampled_from(["", "\n", " ", ".", "\n#cchc"]))
def test_a_reference_is_recognised_in_any_text(text: str, reference: str, after: str) -> None:
    assert mentions(f"{text}\n{reference_line(reference)}{after}", reference)


@given(REFERENCES, st.from_regex(r"-?[A-Z0-9]{1,3}", fullmatch=True))
def test_a_longer_reference_is_another_one(reference: str, more: str) -> None:
    assert not mentions(reference_line(reference + more), reference)


def test_decomposed_letters_from_a_platform_are_recognised() -> None:
    assert mentions(unicodedata.normalize("NFD", reference_line("AB-1")), "AB-1")
    assert folded(unicodedata.normalize("NFD", "Xã  An\nBình")) == "Xã An Bình"
