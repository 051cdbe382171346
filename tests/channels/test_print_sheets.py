"""Posters, leaflets and banners: pages, letters, long texts, and the code of the link."""

from __future__ import annotations

from dataclasses import replace

import pytest

from channels.print_sheets import Form, PrintSheet, pdf, pictures, qr_svg

SHEET = PrintSheet(
    Form.POSTER,
    "Ủy ban nhân dân xã An Bình",
    "Nộp hồ sơ trực tuyến bằng VNeID",
    "Bà con nộp hồ sơ trên Cổng dịch vụ công.\n\n- Nhanh\n- Rẻ",
    "https://anbinh.gov.vn/bai/1",
)


@pytest.mark.parametrize(("form", "pages"), [(Form.POSTER, 1), (Form.LEAFLET, 2), (Form.BANNER, 1)])
def test_each_form_keeps_its_number_of_pages_however_long_the_text(form: Form, pages: int) -> None:
    for body in ("", SHEET.body, "Một câu dài của bản tin. " * 900, ("Đoạn văn.\n\n" * 300)):
        sheet = replace(SHEET, form=form, body=body)
        assert len(pictures(sheet)) == pages
    assert len(pictures(replace(SHEET, form=form, title="Tên rất dài " * 40))) == pages


def test_the_same_sheet_gives_the_same_bytes() -> None:
    assert pdf(SHEET) == pdf(SHEET)
    assert pdf(SHEET).startswith(b"%PDF")


def test_texts_are_never_read_as_markup() -> None:
    evil = '#panic("x") $a_b$ *b* ] } \\ // <a> #read("/etc/passwd") \x07 🎉 \u202eabc'
    for form in Form:
        sheet = replace(SHEET, form=form, title=evil, body=evil, station=evil, slogan=evil)
        assert pdf(sheet).startswith(b"%PDF")


def test_a_longer_text_is_set_smaller_before_anything_is_left_out() -> None:
    short = pictures(SHEET)[0]
    longer = pictures(replace(SHEET, body="Một câu của bản tin. " * 40))[0]
    assert short != longer


def test_the_code_carries_the_link() -> None:
    assert qr_svg("https://a.vn/1") == qr_svg("https://a.vn/1")
    assert qr_svg("https://a.vn/1") != qr_svg("https://a.vn/2")
    assert pictures(SHEET) != pictures(replace(SHEET, link=""))
