"""File names in a pack: any text becomes one that Windows and Word take."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadcaster.pack.names import Taken, plain, plain_file


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Đẩy mạnh tuyên truyền", "Day-manh-tuyen-truyen"),
        ("CON", "CON-"),
        ("lpt1", "lpt1-"),
        ("../../etc/passwd", "etc-passwd"),
        ("???", "khong-ten"),
        ("", "khong-ten"),
        ("x" * 300, "x" * 40),
    ],
)
def test_a_title_becomes_a_plain_name(text: str, name: str) -> None:
    assert plain(text) == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("giấy mời.PDF", "giay-moi.pdf"),
        ("nul.txt", "nul-.txt"),
        ("bài <đăng> *.html", "bai-dang.html"),
        ("a.tar.gz", "a-tar.gz"),
        (".hidden", "khong-ten.hidden"),
    ],
)
def test_a_files_suffix_is_kept(text: str, name: str) -> None:
    assert plain_file(name) == name
    assert plain_file(text) == name


@given(st.text(max_size=400))
def test_any_text_gives_a_name_of_ascii_letters(text: str) -> None:
    for name in (plain(text), plain_file(text)):
        assert name
        assert name.isascii()
        assert len(name) <= 61
        assert not set(name) & set('\\/:*?"<>| ')
        assert not name.endswith((".", " "))


def test_a_name_is_given_once_whatever_its_case() -> None:
    taken = Taken()
    assert [taken.free(n) for n in ("a.txt", "A.TXT", "a.txt", "b")] == [
        "a.txt",
        "A-2.TXT",
        "a-3.txt",
        "b",
    ]
