"""Text files: Unicode is read, everything else is named."""

from __future__ import annotations

import os
import random
import tomllib
import unicodedata
from collections.abc import Callable
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.errors import UserError
from content.text_file import MAX_BYTES, decode, read_text

SHARED = Path(__file__).resolve().parents[2].parent / "shared"
MOTTO = "Cộng hòa xã hội chủ nghĩa Việt Nam\nĐộc lập - Tự do - Hạnh phúc"
TONES = "\u0300\u0301\u0303\u0309\u0323"


def refusal(data: bytes, name: str = "thông-báo.txt") -> UserError:
    with pytest.raises(UserError) as caught:
        decode(data, name)
    return caught.value


def old_font(key: str) -> Callable[[str], str]:
    """How a text typed in an old font looks when its bytes are shown as Western letters."""
    path = resources.files("content") / "data" / "encodings.toml"
    pairs = tomllib.loads(path.read_text(encoding="utf-8"))[key]["letters"].split()
    shown: dict[str, str] = {}
    for pair in pairs:
        left, right = pair.split("=")
        shown.setdefault(right, left)
        shown.setdefault(right.upper(), left.upper() if key == "vni" else left)
    return lambda text: "".join(shown.get(letter, letter) for letter in text)


def windows_1258(text: str) -> bytes:
    """Tone marks are letters of their own unless the code page has the whole letter."""
    data = b""
    for letter in text:
        try:
            data += letter.encode("cp1258")
        except UnicodeEncodeError:
            marks = unicodedata.normalize("NFD", letter)
            base = "".join(mark for mark in marks if mark not in TONES)
            tone = "".join(mark for mark in marks if mark in TONES)
            data += (unicodedata.normalize("NFC", base) + tone).encode("cp1258")
    return data


to_tcvn3 = old_font("tcvn3")
to_vni = old_font("vni")


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16"])
def test_unicode_comes_back_composed_without_a_mark(codec: str, form: str) -> None:
    data = unicodedata.normalize(form, MOTTO).encode(codec)  # type: ignore[arg-type]
    assert decode(data, "a.txt") == MOTTO


def test_big_endian_utf16_with_a_mark_is_read() -> None:
    assert decode(b"\xfe\xff" + MOTTO.encode("utf-16-be"), "a.txt") == MOTTO


def test_line_ends_become_newlines() -> None:
    assert decode(b"a\r\nb\rc\n", "a.txt") == "a\nb\nc\n"


@pytest.mark.parametrize(
    ("data", "seems", "mend"),
    [
        (to_tcvn3(MOTTO).encode("latin-1"), "TCVN3 (ABC)", "Unikey"),
        (to_tcvn3(MOTTO.upper()).encode("latin-1"), "TCVN3 (ABC)", "Unikey"),
        (to_vni(MOTTO).encode("latin-1"), "VNI", "Unikey"),
        (windows_1258(MOTTO), "Windows-1258", "UTF-8"),
        (MOTTO.encode("utf-16-le"), "UTF-16 không có dấu BOM", "UTF-8"),
        (MOTTO.encode("utf-16-be"), "UTF-16 không có dấu BOM", "UTF-8"),
        (MOTTO.encode("utf-32"), "UTF-32", "UTF-8"),
        ("町役場からのお知らせ".encode("shift-jis"), "bảng mã cũ không nhận ra", "UTF-8"),
        ("garçon, forêt, Noël".encode("latin-1"), "bảng mã cũ không nhận ra", "UTF-8"),
    ],
)
def test_other_encodings_are_named_with_the_mend(data: bytes, seems: str, mend: str) -> None:
    error = refusal(data)
    (problem,) = error.problems
    assert problem.file == "thông-báo.txt"
    assert f"có vẻ là {seems}" in problem.message or seems in problem.message
    assert mend in problem.mend


@pytest.mark.parametrize(
    ("passage", "seems"),
    [
        (to_tcvn3(MOTTO), "TCVN3 (ABC)"),
        (to_tcvn3(MOTTO.upper()), "TCVN3 (ABC)"),
        (to_vni(MOTTO), "VNI"),
        (to_vni(MOTTO.upper()), "VNI"),
        (MOTTO.encode().decode("latin-1"), "UTF-8 bị đọc nhầm"),
        (MOTTO.encode().decode("cp1252", "ignore"), "UTF-8 bị đọc nhầm"),
        (MOTTO.encode().decode("mac_roman"), "UTF-8 bị đọc nhầm"),
        (windows_1258(MOTTO).decode("cp1252"), "Windows-1258"),
    ],
)
def test_a_pasted_passage_is_found_with_its_line(passage: str, seems: str) -> None:
    proper = "Kính gửi: Trưởng các thôn trên địa bàn xã.\n" * 6
    (problem,) = refusal((proper + passage).encode()).problems
    assert problem.line == 7
    assert f"có vẻ là {seems}" in problem.message


@pytest.mark.parametrize("lost", ["h?i ch? ngh?a Vi?t Nam ti?p t?c", "C\ufffdng h\ufffda"])
def test_letters_lost_by_a_wrong_save_are_found(lost: str) -> None:
    (problem,) = refusal(f"Thông báo\n{lost}".encode()).problems
    assert problem.line == 2
    assert "mất dấu" in problem.message


FOREIGN = [
    "Le café crème où l'été à Noël: garçon, déjà vu, très bientôt, naïf, Thaï, laïc, Loïc, Caïn.",
    "Il est né à Orléans, élève de l'École; là où ça coûte, forêt, août, maître, cœur, « thé ».",
    "Die Straße in München: größer, Häuser, Bäume, schön, über, für, Köln, Müller, Schröder.",
    "São Paulo, João, não, mãe, coração, avião, informações, você, está, São Tomé, Guimarães.",
    "El niño español está aquí: más, día, qué, señor, año, mañana, corazón, también, Bogotá.",
    "Città, perché, più, così, università, è, può, lunedì.",
    "Malmö, Göteborg, Ångström, smörgåsbord, København, Tromsø, små, på, Reykjavík, Björk.",
    "Zażółć gęślą jaźń, Łódź; Příliš žluťoučký kůň; İstanbul, Türkiye, güneş, çocuk.",
    "10 µm, 20 °C, 5 m², ½ cốc, ± 3, Zalo®, Windows™, § 5, · mục, • mục, 100 £, naïve façade",
    "“TOÀN XÃ”, XÃ–HUYỆN, XÃ\u00a0HỘI, XÃ…, «toàn xã», Hà Nội–Huế, khá… tốt",
    "Đắk Lắk, Krông Pắc, Plêi Kần, Ê Đê, Bru-Vân Kiều, Kôn Tum, Hrê, Xơ Đăng, Mnông, Cơ Ho",
    "Uỷ ban, hoá đơn, thuỷ lợi, quý, quốc, giếng, khuỷu, xoong, quàng, nghuệch ngoạc, ngoằn ngoèo",
    "Bạn hỏi gì? Có. Ai?Có. https://dichvucong.gov.vn/a?b=c&d?e=f x?y",
    "Привет мир, 你好, 안녕하세요, สวัสดี, 😀👨‍👩‍👧",
]


@pytest.mark.parametrize("text", [*FOREIGN, "\n".join(FOREIGN)])
def test_proper_and_foreign_texts_raise_no_alarm(text: str) -> None:
    assert decode(text.encode(), "a.txt") == unicodedata.normalize("NFC", text)


def test_the_real_plans_and_the_speech_gold_raise_no_alarm() -> None:
    files = [*SHARED.glob("plans/*.txt"), *SHARED.glob("data/speech_gold.tsv")]
    if not files:
        pytest.skip("the shared plans are not beside this checkout")
    for file in files:
        assert read_text(file)
        for line in read_text(file).split("\n"):
            assert decode(f"{line}\n".encode(), file.name) == f"{line}\n"


def test_the_real_plans_are_recognised_in_every_old_form() -> None:
    files = list(SHARED.glob("plans/*.txt"))
    if not files:
        pytest.skip("the shared plans are not beside this checkout")
    for file in files:
        text = read_text(file)
        assert "TCVN3" in str(refusal(to_tcvn3(text).encode()))
        assert "VNI" in str(refusal(to_vni(text).encode()))
        assert "UTF-8 bị đọc nhầm" in str(refusal(text.encode().decode("latin-1").encode()))


def syllables() -> list[str]:
    path = resources.files("content") / "data" / "syllables.toml"
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    initials = [i for i in table["initials"].split() if i not in ("q", "qu", "gi", "gh", "ngh")]
    return [i + r for i in initials for r in table["rhymes"].split() if r[0] not in "iyeê"]


SYLLABLES = syllables()
VOWELS = "aăâeêioôơuưy"


def toned(syllable: str, tone: str) -> str:
    place = max(n for n, letter in enumerate(syllable) if letter in VOWELS)
    return unicodedata.normalize("NFC", syllable[: place + 1] + tone + syllable[place + 1 :])


words = st.builds(toned, st.sampled_from(SYLLABLES), st.sampled_from("\u0301\u0323"))
open_words = st.sampled_from([s for s in SYLLABLES if s[-1] not in "cpth"])
all_words = words | st.builds(toned, open_words, st.sampled_from(["", *TONES]))


@given(st.lists(all_words, min_size=1, max_size=40))
def test_no_run_of_vietnamese_syllables_raises_an_alarm(run: list[str]) -> None:
    text = " ".join(run)
    assert decode(text.encode(), "a.txt") == text
    assert decode(text.upper().encode(), "a.txt") == text.upper()
    assert decode(text.title().encode(), "a.txt") == text.title()


@given(st.lists(words, min_size=12, max_size=40, unique=True))
def test_runs_of_syllables_in_old_fonts_are_recognised(run: list[str]) -> None:
    text = " ".join(run)
    for mangle, seems in (
        (to_tcvn3, "TCVN3"),
        (to_vni, "VNI"),
        (lambda proper: proper.encode().decode("latin-1"), "UTF-8 bị đọc nhầm"),
    ):
        assert seems in str(refusal(mangle(text).encode()))


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused_with_one_clear_error(data: bytes) -> None:
    try:
        text = decode(data, "tệp.txt")
    except UserError as error:
        (problem,) = error.problems
        assert problem.file == "tệp.txt"
        assert problem.mend
    else:
        assert unicodedata.is_normalized("NFC", text)
        assert "\r" not in text


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"PK\x03\x04rest", "zip"),
        (b"%PDF-1.7", "PDF"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"\xff\xd8\xff\xe0", "JPEG"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", ".doc"),
        (rb"{\rtf1\ansi", "RTF"),
        (b"abc\x00def\x00\x01\x02", "nhị phân"),
        (bytes(range(1, 9)) * 10, "nhị phân"),
        (random.Random(7).randbytes(4096), "nhị phân"),
        (b"", "trống"),
    ],
)
def test_binary_and_empty_files_are_told_apart(data: bytes, kind: str) -> None:
    assert kind in str(refusal(data))


def test_a_missing_file_a_folder_and_a_pipe_have_errors_of_their_own(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "ống")
    for path, words_of_it in (
        (tmp_path / "không-có.txt", "Không tìm thấy"),
        (tmp_path, "thư mục"),
        (tmp_path / "ống", "không phải tệp thường"),
        (tmp_path / ("dài" * 200), "Không đọc được"),
        (Path("a\0b"), "Không đọc được"),
    ):
        with pytest.raises(UserError, match=words_of_it):
            read_text(path)


def test_an_unreadable_file_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "khóa.txt"
    file.write_text("nội dung", encoding="utf-8")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(UserError, match="Không có quyền đọc"):
        read_text(file)


def test_a_file_over_the_limit_is_refused_unread(tmp_path: Path) -> None:
    file = tmp_path / "lớn.txt"
    with file.open("wb") as hollow:
        hollow.truncate(MAX_BYTES + 1)
    with pytest.raises(UserError, match="20 MB"):
        read_text(file)
