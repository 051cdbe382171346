"""Official papers: the decree's layout read back, names that Word dislikes, templates' mistakes."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Pt

from broadcaster.papers import FORMATS, render
from broadcaster.papers.as_pdf import pictures
from broadcaster.papers.paper import (
    Annex,
    Bar,
    Chart,
    Column,
    Figure,
    Look,
    Paper,
    Paragraph,
    Signature,
    Span,
    Table,
    plain,
    said,
)
from broadcaster.papers.template import Filling, fill, names, parse, source_of
from content.anchor import Anchor
from content.errors import UserError

NASTY = "A\x00B\x07 & <b>“kép” ]]> \u202eلغة\u202c #[*_$`\\ {x} \ud800🎉 " + "dài " * 60
TEN = Figure("ten", "10", "cách tính", 10, (1, 2))
PAPER = Paper(
    kind="BÁO CÁO",
    subject=plain("Kết quả năm 2026"),
    station="Ủy ban nhân dân xã An Bình",
    parent="Ủy ban nhân dân tỉnh Hòa Thuận",
    number="12/BC-UBND",
    dated="An Bình, ngày 05 tháng 01 năm 2026",
    to=(plain("Sở Nội vụ"),),
    blocks=(
        Paragraph(plain("I. CHỈ ĐẠO"), Look.CHAPTER),
        Paragraph((Span("Có "), *said(TEN), Span(" lượt. "), Span("[thêm]", blank=True))),
        Chart("Theo tháng", (Bar("Tháng 1", 10, TEN), Bar("Tháng 2", 0, TEN))),
        Table((Column("TT", 1, centred=True), Column("Nội dung", 5)), ((plain("1"), said(TEN)),)),
        Paragraph(plain("Trên đây là báo cáo.")),
    ),
    recipients=("Như trên", "Lưu: VT"),
    signatures=(
        Signature(("TM. ỦY BAN NHÂN DÂN", "KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH"), "Trần Thu Hòa"),
    ),
    annexes=(
        Annex(
            "Nhiệm vụ",
            (Table((Column("STT", 1), Column("Việc", 5)), tuple(
                (plain(str(n)), plain(f"Nhiệm vụ {n}")) for n in range(1, 90))),),
            landscape=True,
        ),
    ),
    anchor=Anchor("ab" * 32, 214),
)  # fmt: skip
NASTY_PAPER = replace(
    PAPER,
    station=NASTY[:60],
    subject=plain(NASTY),
    blocks=(Paragraph(plain(NASTY)), Chart(NASTY, (Bar(NASTY, 3, TEN),)),
            Table((Column(NASTY, 1),), ((plain(NASTY * 9),),))),
)  # fmt: skip


def word(paper: Paper) -> Document:
    return Document(io.BytesIO(render(paper, "docx")))


def pages(data: bytes, tmp_path: Path) -> list[str]:
    """The text of each page of a pdf."""
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext (poppler-utils) is not on this machine")
    path = tmp_path / "trang.pdf"
    path.write_bytes(data)
    done = subprocess.run(
        ["pdftotext", "-layout", str(path), "-"], capture_output=True, text=True, check=True
    )
    return done.stdout.split("\f")[:-1]


@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize("paper", [PAPER, NASTY_PAPER], ids=["plain", "nasty"])
def test_the_same_paper_gives_the_same_bytes(fmt: str, paper: Paper) -> None:
    assert render(paper, fmt) == render(paper, fmt)


def test_margins_sizes_and_fonts_are_those_of_the_decree() -> None:
    document = word(PAPER)
    main, annex = document.sections
    assert (round(main.page_width.mm), round(main.page_height.mm)) == (210, 297)
    assert (annex.orientation, round(annex.page_width.mm)) == (WD_ORIENT.LANDSCAPE, 297)
    for section in (main, annex):
        assert 20 <= round(section.top_margin.mm, 1) <= 25
        assert 20 <= round(section.bottom_margin.mm, 1) <= 25
        assert 30 <= round(section.left_margin.mm, 1) <= 35
        assert 15 <= round(section.right_margin.mm, 1) <= 20
    fonts = document.styles["Normal"].element.rPr.rFonts
    assert {fonts.get(qn(f"w:{one}")) for one in ("ascii", "hAnsi", "cs", "eastAsia")} == {
        "Times New Roman"
    }
    body = next(p for p in document.paragraphs if p.text.startswith("Có 10"))
    assert {run.font.size for run in body.runs} == {Pt(14)}
    assert body.alignment == WD_ALIGN_PARAGRAPH.JUSTIFY
    assert round(body.paragraph_format.first_line_indent.mm, 1) == 12.7
    assert body.paragraph_format.space_after == Pt(6)
    assert 1.0 <= body.paragraph_format.line_spacing <= 1.5


def test_pages_are_numbered_at_the_top_from_the_second_and_the_annex_on_its_own() -> None:
    document = word(PAPER)
    for section in document.sections:
        assert section.different_first_page_header_footer
        assert section._sectPr.find(qn("w:pgNumType")).get(qn("w:start")) == "1"
    header = document.sections[0].header.paragraphs[0]
    assert header.alignment == WD_ALIGN_PARAGRAPH.CENTER
    field = header._p.find(qn("w:fldSimple"))
    assert field.get(qn("w:instr")) == "PAGE"
    assert document.sections[0].first_page_header.paragraphs[0].text == ""


def test_the_letterhead_title_addressee_and_signature_are_all_there() -> None:
    document = word(PAPER)
    letterhead, numbers, *_ = document.tables
    left, right = (cell.text for cell in letterhead.rows[0].cells)
    assert left.split("\n")[:4] == [
        "ỦY BAN NHÂN DÂN",
        "TỈNH HÒA THUẬN",
        "ỦY BAN NHÂN DÂN",
        "XÃ AN BÌNH",
    ]
    assert right.startswith("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nĐộc lập - Tự do - Hạnh phúc")
    assert [cell.text for cell in numbers.rows[0].cells] == [
        "Số: 12/BC-UBND", "An Bình, ngày 05 tháng 01 năm 2026"
    ]  # fmt: skip
    lines = [paragraph.text for paragraph in document.paragraphs]
    assert "BÁO CÁO" in lines
    assert "Kính gửi: Sở Nội vụ." in lines
    assert "Trên đây là báo cáo./." in lines
    copies, sign = (cell.text for cell in document.tables[-2].rows[0].cells)
    assert copies == "Nơi nhận:\n- Như trên;\n- Lưu: VT."
    assert sign == "TM. ỦY BAN NHÂN DÂN\nKT. CHỦ TỊCH\nPHÓ CHỦ TỊCH\nTrần Thu Hòa"
    attached = "(Kèm theo Báo cáo số 12/BC-UBND ngày 05 tháng 01 năm 2026 của"
    assert any(line.startswith(attached) for line in lines)


def test_the_officers_places_are_marked_and_charts_say_what_they_show() -> None:
    with zipfile.ZipFile(io.BytesIO(render(PAPER, "docx"))) as archive:
        xml = archive.read("word/document.xml").decode()
        media = [name for name in archive.namelist() if name.startswith("word/media/")]
    assert xml.count('<w:highlight w:val="yellow"/>') == 1
    assert 'descr="Theo tháng. Tháng 1: 10; Tháng 2: 10"' in xml
    assert len(media) == 2


def test_the_footer_carries_the_anchor_and_its_code_on_every_page() -> None:
    section = word(PAPER).sections[0]
    for footer in (section.footer, section.first_page_footer):
        assert f"bản ghi số 214: {'ab' * 32}" in footer.paragraphs[0].text
        assert footer.paragraphs[0]._p.findall(f".//{qn('w:drawing')}")
    bare = word(replace(PAPER, anchor=None)).sections[0]
    assert bare.footer.paragraphs[0].text == ""


def test_names_that_word_dislikes_are_cleaned_and_nothing_else_is_lost() -> None:
    text = "\n".join(paragraph.text for paragraph in word(NASTY_PAPER).paragraphs)
    assert "& <b>“kép” ]]>" in text
    assert "لغة" in text
    assert "#[*_$`\\ {x}" in text
    assert not re.search("[\x00\x07\u202e\ud800]", text)


def test_the_pdf_has_the_same_words_and_the_same_pages_numbering(tmp_path: Path) -> None:
    first, *others = pages(render(PAPER, "pdf"), tmp_path)
    assert "Độc lập - Tự do - Hạnh phúc" in first
    assert "Kính gửi: Sở Nội vụ." in first
    assert first.splitlines()[0].strip() != "1"
    assert len(others) >= 2
    assert "Phụ lục" in others[0]
    assert not others[0].lstrip().startswith("2")  # the annex counts on its own
    assert others[1].lstrip().startswith("2")
    assert "Nhiệm vụ 89" in "".join(others)
    assert all(f"bản ghi số 214: {'ab' * 32}" in page for page in (first, *others))


def test_a_signature_never_stands_alone_on_a_page(tmp_path: Path) -> None:
    """The last words go with it, wherever the page ends."""
    broken = 0
    for count in range(20, 34):
        lines = tuple(Paragraph(plain(f"Dòng thứ {n}.")) for n in range(count))
        paper = replace(PAPER, annexes=(), blocks=(*lines, PAPER.blocks[-1]))
        signed = next(page for page in pages(render(paper, "pdf"), tmp_path) if "Trần Thu" in page)
        assert "Trên đây là báo cáo." in signed, count
        broken += "Dòng thứ 0." not in signed
    assert broken > 0  # some of them did not fit on one page
    last = word(PAPER).paragraphs
    foot = next(n for n, one in enumerate(last) if one.text.startswith("Trên đây"))
    assert all(one.paragraph_format.keep_with_next for one in last[foot : foot + 2])


def test_an_annex_leaves_room_for_the_day_that_is_written_by_hand() -> None:
    for dated in ("Ngày      tháng      năm 2026", "An Bình, ngày      tháng      năm 2026"):
        attached = replace(PAPER, dated=dated).attached_to
        assert "ngày       tháng      năm 2026 của Ủy ban" in attached


def test_a_row_longer_than_a_page_is_not_lost_in_the_pdf(tmp_path: Path) -> None:
    long = Table((Column("A", 1), Column("B", 1)), ((plain("chữ " * 3000 + "HẾT"), plain("x")),))
    text = "".join(pages(render(replace(PAPER, blocks=(long,), annexes=()), "pdf"), tmp_path))
    assert "HẾT" in text


def test_nasty_names_give_pages_too() -> None:
    assert len(pictures(NASTY_PAPER)) >= 2


def test_libreoffice_opens_the_docx_and_keeps_every_page(tmp_path: Path) -> None:
    office = shutil.which("soffice") or shutil.which("libreoffice")
    if office is None:
        pytest.skip("LibreOffice is not on this machine")
    (tmp_path / "báo cáo.docx").write_bytes(render(PAPER, "docx"))
    subprocess.run(
        [office, f"-env:UserInstallation=file://{tmp_path}/office", "--headless", "--convert-to",
         "pdf", "--outdir", str(tmp_path), str(tmp_path / "báo cáo.docx")],
        capture_output=True, check=True, timeout=150,
    )  # fmt: skip
    text = pages((tmp_path / "báo cáo.pdf").read_bytes(), tmp_path)
    assert "BÁO CÁO" in text[0]
    assert "Nhiệm vụ 89" in "".join(text)


HEAD = "kind: BÁO CÁO\nsubject: Về {name}\n---\n"
FILLING = Filling(
    single={"name": Figure("name", "An", "tên"), "none": Figure("none", "", "người họp: rule"),
            "zero": Figure("zero", "0", "đếm", 0)},
    lists={"all": [{"one": Figure("one", str(n), "đếm", n)} for n in (1, 2)]},
    tables={"t": Table((), ())},
)  # fmt: skip


def lines(text: str) -> list[str]:
    filled = fill(parse(HEAD + text, "mau", "mau.txt"), FILLING)
    return ["".join(s.text for s in b.line) for b in filled.blocks if isinstance(b, Paragraph)]


def test_a_template_says_things_once_never_or_for_each() -> None:
    assert lines("// bỏ qua\n\nChào {name}") == ["Chào An"]
    assert lines("@if name: có\n@if zero: không\n@unless zero: trống") == ["có", "trống"]
    assert lines("@each all: - {one} {name}") == ["- 1 An", "- 2 An"]
    assert lines("@if name: @each all: {one}") == ["1", "2"]
    assert lines("Tại [[địa điểm]] với {none}.") == ["Tại [địa điểm] với [người họp]."]


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("ok\n{nmae}", 5, "name"),
        ("@iff name: x", 4, "@if"),
        ("@if lạ: x", 4, "lạ"),
        ("@each none: x", 4, "none"),
        ("@table x", 4, "bảng “x”"),
        ("@chart x", 4, "biểu đồ “x”"),
        ("a {name", 4, "ngoặc"),
        ("@unless name: {lạ}", 4, "lạ"),
    ],
)
def test_a_mistake_in_a_template_is_told_with_file_line_and_mend(
    text: str, line: int, says: str
) -> None:
    with pytest.raises(UserError) as refused:
        lines(text)
    (problem,) = refused.value.problems
    assert (problem.file, problem.line) == ("mau.txt", line)
    assert says in str(problem)
    assert problem.mend


@pytest.mark.parametrize("text", ["", "kind: A\n", "kind: A\nsubjekt: B\n---\n", "---\nx"])
def test_a_template_without_a_proper_head_is_refused(text: str) -> None:
    with pytest.raises(UserError, match=r"mau\.txt, dòng"):
        parse(text, "mau", "mau.txt")


def test_every_own_template_can_be_read(tmp_path: Path) -> None:
    assert set(names(tmp_path)) == {"bao-cao", "giay-moi", "niem-yet", "phieu-duyet"}
    for name in names(tmp_path):
        assert parse(source_of(name), name, name).body
