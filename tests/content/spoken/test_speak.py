"""Single rules of the speech: context, layout, residue, the commune's own lexicon."""

from __future__ import annotations

import unicodedata

import pytest

from content.spoken import Spoken, speak


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("CT UBND xã", "chủ tịch ủy ban nhân dân xã"),
        ("thực hiện CT 23", "thực hiện chỉ thị hai mươi ba"),
        ("BCH Quân sự và BCH Đoàn xã", "ban chỉ huy quân sự và ban chấp hành đoàn xã"),
        ("TT PVHCC, TT HĐND", "trung tâm phục vụ hành chính công, thường trực hội đồng nhân dân"),
        ("báo cáo ĐTM của dự án", "báo cáo đánh giá tác động môi trường của dự án"),
        ("ứng dụng AI giúp ai?", "ứng dụng ây ai giúp ai?"),
        ("AI LÀ NGƯỜI ĐƯỢC HƯỞNG", "ai là người được hưởng"),
        ("BCĐCCHC xã", "ban chỉ đạo cải cách hành chính xã"),
        ("HĐND-UBND", "hội đồng nhân dân ủy ban nhân dân"),
    ],
)  # fmt: skip
def test_an_abbreviation_is_read_by_its_neighbours(written: str, spoken: str) -> None:
    assert speak(written).spoken == spoken


def test_an_abbreviation_that_the_text_explains_is_said_in_full_afterwards() -> None:
    said = speak("Ban Quản lý chợ xã An Bình (BQLCXAB) thông báo.\n\nLiên hệ BQLCXAB.")
    assert (
        said.spoken
        == "ban quản lý chợ xã an bình thông báo.\n\nliên hệ ban quản lý chợ xã an bình."
    )
    assert said.residue == ()


@pytest.mark.parametrize("unknown", ["XYZT", "QWZ", "aB3dE9", "∑", "топ"])
def test_what_nobody_knows_stays_as_written_and_is_residue(unknown: str) -> None:
    said = speak(f"Hồ sơ {unknown} của xã")
    assert said.spoken == f"hồ sơ {unknown} của xã"
    assert said.residue == (unknown,)


def test_a_date_in_no_calendar_is_residue() -> None:
    said = speak("nộp trước ngày 32/13/2025 tại xã")
    assert said.residue == ("32/13/2025",)
    assert said.spoken == "nộp trước ngày 32/13/2025 tại xã"


def test_capitals_that_are_vietnamese_words_are_ordinary_words() -> None:
    said = speak("THÔNG BÁO LỊCH TIẾP CÔNG DÂN")
    assert said == Spoken("THÔNG BÁO LỊCH TIẾP CÔNG DÂN", "thông báo lịch tiếp công dân", ())


def test_the_commune_s_own_reading_wins_over_every_rule() -> None:
    own = {
        "Pù Nhi": "pù nhi",
        "TT": "thị trấn",
        "BQ12": "bê quy mười hai",
        "Thôn 5": "thôn lăm",
        "UBND": "ủy ban",
    }
    said = speak("UBND TT Mường Lát, xã PÙ NHI, Thôn 5, mã BQ12", own)
    assert said.spoken == "ủy ban thị trấn mường lát, xã pù nhi, thôn lăm, mã bê quy mười hai"
    assert said.residue == ()


def test_an_own_reading_in_capitals_leaves_the_small_word_alone() -> None:
    assert speak("AI và ai", {"AI": "trí tuệ"}).spoken == "trí tuệ và ai"


def test_an_own_reading_is_found_only_as_a_whole_word() -> None:
    assert speak("Bản Lát, Bản Lá", {"Bản Lá": "bản lá xanh"}).spoken == "bản lát, bản lá xanh"


def test_both_forms_of_unicode_and_both_tone_styles_are_read() -> None:
    composed = "Uỷ ban nhân dân khoá XV, Ủy ban khóa XV, ngày 01/5"
    said = "uỷ ban nhân dân khoá mười lăm, ủy ban khóa mười lăm, ngày một tháng năm"
    assert speak(composed).spoken == said
    assert speak(unicodedata.normalize("NFD", composed)).spoken == said


def test_line_ends_of_windows_are_line_ends() -> None:
    assert speak("Mục một\r\n\r\n- Thôn A\r\n- Thôn Lá").spoken == "mục một.\n\nthôn a.\nthôn lá"


def test_a_wrapped_line_is_one_sentence_and_an_item_is_its_own() -> None:
    text = "Thực hiện nhiệm vụ trọng\ntâm từ ngày\n01/7/2025 đến nay\n- Công khai"
    date = "một tháng bảy năm hai nghìn không trăm hai mươi lăm"
    expected = f"thực hiện nhiệm vụ trọng tâm từ ngày {date} đến nay.\ncông khai"
    assert speak(text).spoken == expected


@pytest.mark.parametrize(
    ("markdown", "spoken"),
    [
        ("# Thông báo\n\n**Kính gửi** _bà con_:", "thông báo.\n\nkính gửi bà con"),
        (
            "| Nội dung | Hạn |\n|---|---|\n| Nộp thuế | 15/6 |",
            "nội dung, hạn.\nnộp thuế, mười lăm tháng sáu",
        ),
        (
            "> Lời dặn\n\n---\n\n1. [Cổng](https://a.vn) mở\n2. Hết",
            "lời dặn.\n\nmột, cổng mở.\nhai, hết",
        ),
        ("<p>Xin chào<br>bà con &amp; cô bác</p>", "xin chào.\nbà con và cô bác"),
        ("✅ Nộp hồ sơ 👉 tại xã 😀", "nộp hồ sơ tại xã"),
    ],
)
def test_markdown_signs_and_emoji_are_not_said(markdown: str, spoken: str) -> None:
    assert speak(markdown).spoken == spoken
    assert speak(markdown).residue == ()


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("15 (mười lăm) ngày", "mười lăm ngày"),
        ("mười lăm (15) ngày", "mười lăm ngày"),
        ("CCHC (cải cách hành chính)", "cải cách hành chính"),
        ("Mặt trận Tổ quốc (sau đây gọi tắt là MTTQ)", "mặt trận tổ quốc"),
        ("họp (tại nhà văn hóa) lúc tối", "họp, tại nhà văn hóa, lúc tối"),
    ],
)
def test_brackets_are_dropped_only_when_they_repeat(written: str, spoken: str) -> None:
    assert speak(written).spoken == spoken


@pytest.mark.parametrize("text", ["", " \n\t ", "😀", "---", "\u200b"])
def test_a_text_that_says_nothing_gives_nothing(text: str) -> None:
    assert speak(text) == Spoken(text, "", ())


def test_json_is_the_contract_s() -> None:
    assert speak("xã XYZT").to_json() == {
        "text": "xã XYZT",
        "spoken": "xã XYZT",
        "residue": ["XYZT"],
    }


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("mã H56.01.02-0001", "mã hát năm sáu, không một, không hai, không không không một"),
        ("QCVN 01:2021/BYT", "quy chuẩn việt nam không một năm hai nghìn không trăm hai mươi mốt"),
        ("QL1A, Km12+500", "quốc lộ một a, ki lô mét mười hai cộng năm trăm"),
        ("Kế hoạch 05 năm và Đề án 06", "kế hoạch năm năm và đề án không sáu"),
        ("đợt 01/7-30/9", "đợt một tháng bảy đến ba mươi tháng chín"),
        ("gọi điện cho 150 hộ", "gọi điện cho một trăm năm mươi hộ"),
        ("ông V.I.Lênin ở Q.3", "ông vê i lênin ở quận ba"),
        ("<5% và >= 10 hộ", "dưới năm phần trăm và từ mười hộ"),
        ("nhiệt độ -5°C", "nhiệt độ âm năm độ xê"),
        ("tỷ số 2-1", "tỷ số hai một"),
        ("PAGE_0 của UBND_xã", "pết không của ủy ban nhân dân xã"),
        ("bóng chuyền: An Bình 3-1 Hòa Phú", "bóng chuyền, an bình ba một hòa phú"),
        ("thi đấu, mỗi đội 7-9 người", "thi đấu, mỗi đội bảy đến chín người"),
        ("giỗ Tổ 10-3 âm lịch", "giỗ tổ mười tháng ba âm lịch"),
        ("tết Thanh minh 3/3 (ÂL)", "tết thanh minh ba tháng ba âm lịch"),
        ("2.5km, phiên bản 2.0", "hai phẩy năm ki lô mét, phiên bản hai chấm không"),
        ("K'Bang", "ca bang"),
        ("mức 3.000 - 5.000 đ/m2", "mức ba nghìn đến năm nghìn đồng một mét vuông"),
        ("mã 038099012345", "mã không ba tám không chín chín không một hai ba bốn năm"),
    ],
)  # fmt: skip
def test_rules_that_the_pairs_do_not_show(written: str, spoken: str) -> None:
    assert speak(written).spoken == spoken
    assert speak(written).residue == ()


def test_numbers_after_the_first_of_a_list_of_documents_get_their_type_from_the_symbol() -> None:
    said = speak("Quyết định số 12/QĐ-UBND, 7/KH-UBND").spoken
    assert said == "quyết định số mười hai, kế hoạch số bảy"
