"""What holds for any text: no crash, nothing unread unless listed, stable, no word lost, linear."""

from __future__ import annotations

import re
import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content.spoken import speak
from content.spoken.lexicon import pairs, table

PIECES = [
    *(
        "UBND",
        "CCHC",
        "TT",
        "CT",
        "PCT",
        "BCH",
        "TP.",
        "TM.",
        "XYZT",
        "AI",
        "Zalo",
        "online",
        "VNeID",
        "HĐND-UBND",
    ),
    *(
        "Quyết định số",
        "841/QĐ-UBND",
        "49/2024/NĐ-CP",
        "57- NQ/TW",
        "Đề án 06/CP",
        "số",
        "ngày",
        "tháng",
        "thứ",
    ),
    *(
        "30/8/2025",
        "10-12/3/2026",
        "2/3",
        "24/7",
        "32/13/2025",
        "4",
        "02",
        "2021 - 2030",
        "1.254",
        "98,75%",
        "I",
        "IV",
    ),
    *(
        "quý",
        "Quý II, III/2026",
        "lần thứ XX",
        "17h30",
        "7 giờ 30",
        "5h30 - 6h00",
        "06:15",
        "0987.654.321",
        "gọi 113",
    ),
    *(
        "50.000đ/bản",
        "1,5 triệu đồng",
        "40 km/h",
        "m2",
        "100 m2",
        "37°C",
        "01 lần/quý",
        "5G",
        "aB3dE9",
        "H56.01",
    ),
    *(
        "(TTHC)",
        "thủ tục hành chính",
        "(PAR INDEX)",
        "dichvucong.gov.vn",
        "a@b.vn",
        "https://x.vn/a/b?c=1",
        "v.v.",
        "...",
    ),
    *(
        "./.",
        ",",
        ".",
        ";",
        ":",
        "?",
        "!",
        "-",
        "–",
        "/",
        "&",
        "@",
        "%",
        "*",
        "**",
        "#",
        "(",
        ")",
        "|",
        "\n",
        "\n\n",
        "\t",
    ),
    *(
        "xã",
        "thôn",
        "của",
        "là",
        "hộ",
        "bà con",
        "MỤC ĐÍCH",
        "Nguyễn Văn A",
        "Đ/c",
        "b/c",
        "😀",
        "\u200b",
        "топ",
        "x",
        "m",
    ),
]
VIETNAMESE = [
    *("xã", "thôn", "bản", "đường", "lối", "chủ", "trương", "của", "và", "về", "hộ", "dân", "nghị"),
    *("quyết", "kế", "hoạch", "người", "hoà", "thuỷ", "học", "nắng", "mưa", "ruộng", "nước", "uỷ"),
    *("giếng", "khuya", "quyền", "nghiêng", "ngoằn", "bài", "mới"),
]
JOINTS = [
    *(" ", ", ", ". ", "\n", "\n- ", " - ", "; ", ": ", " UBND ", " 15 ", " / ", "/", " (", ") "),
]

tricky = st.lists(st.sampled_from(PIECES), max_size=14).flatmap(
    lambda pieces: st.sampled_from(["", " ", "  "]).map(lambda joint: joint.join(pieces))
)
any_text = st.one_of(st.text(max_size=60), tricky)


@settings(max_examples=400, deadline=None)
@given(st.text(st.characters(), max_size=60))
def test_no_string_makes_it_fail(text: str) -> None:
    assert speak(text).text == text


def test_even_lone_surrogates_and_private_marks_do_no_harm() -> None:
    assert speak("xã \ud800\U000f0000\U0010fffd mới").spoken == "xã mới"


@settings(max_examples=600, deadline=None)
@given(any_text)
def test_its_own_words_are_said_unchanged(text: str) -> None:
    said = speak(text).spoken
    assert speak(said).spoken == said


@settings(max_examples=400, deadline=None)
@given(any_text)
def test_what_is_unreadable_is_listed_as_residue(text: str) -> None:
    said = speak(text)
    rest = said.spoken
    for token in sorted(said.residue, key=len, reverse=True):
        assert token in said.spoken
        rest = rest.replace(token, " ")
    assert not re.search(r"[\d/@%&#*_|<>=+~\\^$°]", rest)
    assert not re.search(r"[^\W\d_a-z]", re.sub(r"[^\W\d_A-Z]", "", rest))


@settings(max_examples=300, deadline=None)
@given(any_text)
def test_what_is_said_is_composed_and_tidy(text: str) -> None:
    said = speak(text).spoken
    assert unicodedata.is_normalized("NFC", said)
    assert said == said.strip()
    assert not re.search(r"[ \t]{2,}|[ ][.,;?!]|\n{3,}", said)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.sampled_from(VIETNAMESE), min_size=1, max_size=12),
    st.lists(st.sampled_from(JOINTS), min_size=12, max_size=12),
)
def test_no_vietnamese_word_is_lost_and_none_changes_place(
    words: list[str], joints: list[str]
) -> None:
    text = "".join(word + joint for word, joint in zip(words, joints, strict=False))
    said = iter(re.findall(r"\w+", speak(text).spoken))
    assert all(word in said for word in words), speak(text).spoken


@pytest.mark.parametrize(
    "unit",
    [
        *(
            "UBND xã ngày 30/8/2025 họp lúc 7h30 - 9h00 về Quyết định số 841/QĐ-UBND, đạt 98,5%. ",
            "1",
            "1.",
            "1/",
            "A",
        ),
        *(
            "a-",
            "a.",
            "(",
            "[",
            "<a ",
            ". ",
            "gọi ",
            "Quý I, ",
            "số 1/QĐ-",
            "http://",
            "a@",
            "(ABC) ",
            "a\u0301\u0301",
        ),
    ],
)
def test_time_grows_with_the_length_and_not_faster(unit: str) -> None:
    speak(unit * 20)
    short, long = (unit * 50_000)[:12_500], (unit * 50_000)[:50_000]
    quick = min(_seconds(short) for _ in range(3))
    slow = min(_seconds(long) for _ in range(2))
    assert slow < 5, "seconds for 50,000 characters; about one is usual"
    assert slow < 9 * max(quick, 0.01)


def _seconds(text: str) -> float:
    start = time.process_time()
    speak(text)
    return time.process_time() - start


def test_every_reading_in_the_lexicon_is_said_as_it_stands() -> None:
    readings = {row["spoken"] for row in table("abbreviations")}
    for name in ("foreign", "units", "hosts", "documents"):
        readings |= set(pairs(name).values())
    assert [spoken for spoken in sorted(readings) if speak(spoken).spoken != spoken] == []


def test_every_abbreviation_of_several_hundred_has_a_reading_without_context() -> None:
    rules: dict[str, list[bool]] = {}
    for row in table("abbreviations"):
        rules.setdefault(row["written"], []).append(bool(row["before"] or row["after"]))
    assert len(rules) > 600
    letters = {written for written in rules if len(written) > 2 or "." not in written}
    assert [written for written in sorted(letters) if all(rules[written])] == []
