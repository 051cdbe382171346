"""Markdown becomes readable text, and long text is cut at a sentence end, never in a word."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.plain_text import from_markdown, length, paragraphs, shorten


@pytest.mark.parametrize(
    ("markdown", "plain"),
    [
        ("# Tiêu đề #", "Tiêu đề"),
        ("Tiêu đề\n=======\nNội dung", "Tiêu đề\nNội dung"),
        ("Một dòng\nnối tiếp", "Một dòng nối tiếp"),
        ("Xuống dòng  \nở đây", "Xuống dòng\nở đây"),
        ("Xuống dòng\\\nở đây", "Xuống dòng\nở đây"),
        ("Đoạn một\n\n\n\nĐoạn hai", "Đoạn một\n\nĐoạn hai"),
        ("**đậm** và *nghiêng* và ***cả hai*** và ~~bỏ~~", "đậm và nghiêng và cả hai và bỏ"),
        ("__đậm__ và _nghiêng_", "đậm và nghiêng"),
        ("giữ ten_bien_nay và 2 * 3 * 4", "giữ ten_bien_nay và 2 * 3 * 4"),
        ("- một\n* hai\n+ ba", "• một\n• hai\n• ba"),
        ("- [ ] chưa\n- [x] xong", "• chưa\n• xong"),
        ("1. một\n2. hai", "1. một\n2. hai"),
        ("- mục dài\n  nối tiếp\n- mục hai", "• mục dài nối tiếp\n• mục hai"),
        ("> trích\n> dẫn", "trích dẫn"),
        ("[Cổng](https://x.vn/a_b_c)", "Cổng (https://x.vn/a_b_c)"),
        ("[https://x.vn](https://x.vn/)", "https://x.vn"),
        ("**[Cổng](https://x.vn)**", "Cổng (https://x.vn)"),
        ("<https://x.vn/a*b*c> <mailto:a@b.vn> <a@b.vn>", "https://x.vn/a*b*c a@b.vn a@b.vn"),
        ("xem https://x.vn/a_b_c_d.", "xem https://x.vn/a_b_c_d."),
        ("**https://x.vn/a**", "https://x.vn/a"),
        ("![ảnh trụ sở](tru-so.jpg)", "ảnh trụ sở"),
        ("gõ `broadcaster run` rồi", "gõ broadcaster run rồi"),
        ("```\na = b_c_d\n\nx*y*z\n```", "a = b_c_d\nx*y*z"),
        (r"\*giữ sao\* và 1\. không phải mục", "*giữ sao* và 1. không phải mục"),
        ("a &amp; b &lt; c &quot;d&quot;", 'a & b < c "d"'),
        ("a < b và c > d", "a < b và c > d"),
        ("một<br>hai <b>ba</b> <!-- ẩn -->", "một\nhai ba"),
        ("| Thủ tục | Phí |\n|---|:-:|\n| A | 1 |", "Thủ tục – Phí\nA – 1"),
        ("trên\n\n---\n\ndưới", "trên\n\ndưới"),
        ("", ""),
    ],
)
def test_markdown_reads_as_plain_text(markdown: str, plain: str) -> None:
    assert from_markdown(markdown) == plain


def test_decomposed_letters_are_composed() -> None:
    assert from_markdown(unicodedata.normalize("NFD", "Thủ tục")) == "Thủ tục"


@given(st.text())
def test_any_text_is_converted_and_is_then_stable_in_its_spaces(text: str) -> None:
    plain = from_markdown(text)
    assert plain == plain.strip()
    assert "\ue000" not in plain
    assert not re.search(r"\n{3,}", plain)


@given(st.lists(st.from_regex(r"[a-zđê0-9]{1,9}", fullmatch=True), min_size=1))
def test_no_word_is_lost(words: list[str]) -> None:
    marks = ["**{}**", "_{}_", "`{}`", "[{}](https://x.vn)", "{}", "- {}", "# {}", "> {}"]
    markdown = "\n\n".join(marks[n % len(marks)].format(word) for n, word in enumerate(words))
    plain = re.sub(r" \(https://x\.vn\)", "", from_markdown(markdown)).replace("• ", "")
    assert plain.split() == words


SENTENCES = "Câu thứ nhất. Câu thứ hai! Câu thứ ba? Câu thứ tư."


@pytest.mark.parametrize(
    ("text", "limit", "short"),
    [
        (SENTENCES, 100, SENTENCES),
        (SENTENCES, len(SENTENCES), SENTENCES),
        (SENTENCES, len(SENTENCES) - 1, "Câu thứ nhất. Câu thứ hai! Câu thứ ba?"),
        (SENTENCES, 30, "Câu thứ nhất. Câu thứ hai!"),
        ("Chỉ một câu rất dài không có dấu chấm", 20, "Chỉ một câu rất dài…"),
        ("Ở TP. Hà Nội và Q. Ba Đình có việc rất dài", 30, "Ở TP. Hà Nội và Q. Ba Đình có…"),
        ("Ngắn. Một câu sau đó rất là dài và không hề có dấu", 30, "Ngắn. Một câu sau đó rất là…"),
        ("• mục một\n• mục hai\n\n• mục ba dài hơn", 28, "• mục một\n• mục hai"),
        ("Mức phí 1.500.000 đồng một năm", 14, "Mức phí…"),
        ("dàiliềnmộtmạchkhôngcách", 10, ""),
    ],
)
def test_long_text_ends_with_a_whole_sentence_or_else_a_whole_word(
    text: str, limit: int, short: str
) -> None:
    assert shorten(text, limit) == short


def test_the_ending_always_stands_and_is_counted() -> None:
    assert shorten("Câu ngắn.", 50, " Xem: x.vn") == "Câu ngắn. Xem: x.vn"
    assert shorten(SENTENCES, 42, " Xem: x.vn") == "Câu thứ nhất. Câu thứ hai! Xem: x.vn"


@given(st.text(), st.integers(0, 60), st.text(max_size=10))
def test_it_never_exceeds_the_limit_and_never_cuts_a_word(
    text: str, limit: int, ending: str
) -> None:
    short = shorten(text, limit, ending)
    if length(ending) <= limit:
        assert length(short) <= limit
    assert short.endswith(ending)
    kept = short[: len(short) - len(ending)] if ending else short
    if kept == text or not kept:
        return
    kept = kept.removesuffix("…") if not text.startswith(kept) else kept
    assert text.startswith(kept)
    rest = text[len(kept) :]
    assert not rest or not kept or not (kept[-1].isalnum() and rest[0].isalnum())


def test_an_emoji_counts_as_two() -> None:
    assert length("a😀") == 3


def test_paragraphs_are_told_apart() -> None:
    assert paragraphs("một\nhai\n\n\nba\n") == ("một\nhai", "ba")
