"""Plans as received: .docx and .pdf say what the text says; what cannot be read says why."""

from __future__ import annotations

import io
import zipfile
import zlib
from functools import cache
from pathlib import Path
from typing import Any

import docx
import pytest

from content.errors import UserError
from schedules.plan_reader import PlanDocument, read_plan, read_plan_bytes
from tests.schedules.test_plan_reader import BODY, HEAD
from tests.schedules.written_plans import as_docx, as_pdf, compiled, docx_bytes
from tests.shared_data import PLANS

ANNEX = """
PHỤ LỤC
STT\tNội dung\tHình thức\tThời gian\tChủ trì\tPhối hợp\tSản phẩm
1\tTin về dịch vụ công trực tuyến\tLoa truyền thanh\tQuý I/2026\tVăn phòng\tCác thôn\tTin
2\tTin về chuyển đổi số\tnt\tQuý II/2026\tVăn phòng\tCác thôn\tTin
"""
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504


def _facts(plan: PlanDocument) -> dict[str, Any]:
    """All that is scored; where a warning stands is told differently in each format."""
    value = plan.to_json()
    value["warnings"] = sorted((w["code"], w["message"]) for w in value["warnings"])
    return value


@cache
def _texts() -> dict[str, str]:
    found = {path.name[:3]: path.read_text("utf-8") for path in sorted(PLANS.glob("*.txt"))}
    return {"own": HEAD + BODY + ANNEX, **found}


@pytest.mark.parametrize("write", [as_docx, as_pdf], ids=["docx", "pdf"])
@pytest.mark.parametrize("name", ["own", "000", "001", "002", "003", "004"])
def test_a_plan_says_the_same_in_every_format(name: str, write: Any) -> None:
    if name not in _texts():
        pytest.skip("the shared plans are not here")
    text = _texts()[name]
    assert _facts(read_plan_bytes(write(text), "plan")) == _facts(read_plan(text, "plan"))


def test_the_kind_is_told_by_the_first_bytes_and_not_by_the_name() -> None:
    text = HEAD + BODY
    for data in (text.encode(), as_docx(text), as_pdf(text)):
        assert read_plan_bytes(data, "kế hoạch.jpg").number == "15"


# Word


def _office() -> Any:
    """A plan as Word users lay it out: the letterhead and the signature are tables."""
    document = docx.Document()
    document.sections[0].header.paragraphs[0].text = "DỰ THẢO LẦN 2"
    document.sections[0].footer.paragraphs[0].text = "Trang 1"
    left, right = document.add_table(1, 2).rows[0].cells
    left.text = "UBND HUYỆN CHƯƠNG MỸ\nỦY BAN NHÂN DÂN\nTHỊ TRẤN XUÂN MAI\nSố: 37/KH-UBND"
    right.text = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nĐộc lập - Tự do - Hạnh phúc"
    right.add_paragraph("Xuân Mai, ngày 12 tháng 02 năm 2026")
    document.add_paragraph("KẾ HOẠCH")
    document.add_paragraph("Tuyên truyền cải cách hành chính năm 2026\nthị trấn Xuân Mai")
    document.add_paragraph("Căn cứ Kế hoạch số 25/KH-UBND ngày 20/01/2026 của UBND huyện;")
    document.add_paragraph("I. NỘI DUNG")
    document.add_paragraph("Dịch vụ công trực tuyến.", style="List Number")
    document.add_paragraph("Chuyển đổi số ở cơ sở.", style="List Number")
    document.add_paragraph("II. HÌNH THỨC")
    document.add_paragraph("Trên hệ thống truyền thanh thị trấn.", style="List Bullet")
    left, right = document.add_table(1, 2).rows[0].cells
    left.text = "Nơi nhận:\n- UBND huyện (để b/c);\n- Các ban, ngành, tổ dân phố;\n- Lưu: VT."
    right.text = "TM. ỦY BAN NHÂN DÂN\nKT. CHỦ TỊCH\nPHÓ CHỦ TỊCH\n\nNguyễn Thị Bích Hạnh"
    return document


def _annex_table(document: Any) -> Any:
    """Two-storey titles and a group row, as merged cells."""
    rows = [
        ["TT", "Nội dung", "Hình thức", "Thời gian", "Đơn vị", ""],
        ["", "", "", "", "Chủ trì", "Phối hợp"],
        ["I", "Công tác tuyên truyền trên loa", "", "", "", ""],
        ["1", "Tin về một cửa", "Truyền thanh", "Quý I/2026", "Văn phòng", "Các tổ dân phố"],
        ["2", "Tin về VNeID", "nt", "", "Công an", "-nt-"],
    ]
    table = document.add_table(len(rows), 6)
    for row, cells in zip(table.rows, rows, strict=True):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text
    table.cell(0, 4).merge(table.cell(0, 5))
    for column in range(4):
        table.cell(0, column).merge(table.cell(1, column))
    table.cell(2, 1).merge(table.cell(2, 5))
    table.cell(3, 3).merge(table.cell(4, 3))
    return table


def test_word_letterhead_and_signature_tables_are_read_column_by_column() -> None:
    plan = read_plan_bytes(docx_bytes(_office()), "kế hoạch.docx")
    assert plan.issuer == "Ủy ban nhân dân thị trấn Xuân Mai"
    assert (plan.number, plan.symbol, plan.place) == ("37", "KH-UBND", "Xuân Mai")
    assert plan.title == "Tuyên truyền cải cách hành chính năm 2026 thị trấn Xuân Mai"
    assert (plan.signer.name, plan.signer.title) == ("Nguyễn Thị Bích Hạnh", "Phó Chủ tịch")
    assert [r.name for r in plan.recipients] == [
        "UBND huyện",
        "Các ban, ngành, tổ dân phố",
        "Lưu: VT",
    ]
    assert [(t.no, t.text) for t in plan.topics] == [
        (1, "Dịch vụ công trực tuyến."),
        (2, "Chuyển đổi số ở cơ sở."),
    ]
    assert not [w for w in plan.warnings if "DỰ THẢO" in w.message]


def test_merged_cells_of_word_and_ditto_take_the_row_above() -> None:
    document = _office()
    document.add_paragraph("PHỤ LỤC")
    _annex_table(document)
    plan = read_plan_bytes(docx_bytes(document), "plan.docx")
    rows = [(t.no, t.content, t.form, t.timeframe.text, t.lead, t.support) for t in plan.tasks]
    assert rows == [
        ("1", "Tin về một cửa", "Truyền thanh", "Quý I/2026", "Văn phòng", "Các tổ dân phố"),
        ("2", "Tin về VNeID", "Truyền thanh", "Quý I/2026", "Công an", "Các tổ dân phố"),
    ]


def test_several_annexes_number_their_tasks_apart() -> None:
    document = _office()
    for _ in range(2):
        document.add_paragraph("PHỤ LỤC")
        _annex_table(document)
    plan = read_plan_bytes(docx_bytes(document), "plan.docx")
    assert [task.no for task in plan.tasks] == ["1", "2", "1-2", "2-2"]


def test_a_table_inside_a_frame_is_still_an_annex() -> None:
    document = _office()
    frame = document.add_table(1, 1).cell(0, 0)
    frame.text = "PHỤ LỤC"
    table = frame.add_table(2, 3)
    for cell, text in zip(table.rows[0].cells, ["TT", "Nội dung", "Thời gian"], strict=True):
        cell.text = text
    for cell, text in zip(table.rows[1].cells, ["1", "Đăng Zalo", "Quý I/2026"], strict=True):
        cell.text = text
    plan = read_plan_bytes(docx_bytes(document), "plan.docx")
    assert [(t.content, t.channels) for t in plan.tasks] == [("Đăng Zalo", ("zalo",))]


def test_an_unknown_table_beside_topics_is_told_and_not_dropped() -> None:
    document = _office()
    table = document.add_table(2, 3)
    for cell, text in zip(table.rows[1].cells, ["Xóm Đông", "120 hộ", "3 loa"], strict=True):
        cell.text = text
    plan = read_plan_bytes(docx_bytes(document), "plan.docx")
    (warning,) = [w for w in plan.warnings if w.code == "table_unknown"]
    assert "Xóm Đông | 120 hộ | 3 loa" in warning.message
    assert (warning.place or "").startswith("đoạn ")


# PDF

_TWO_COLUMNS = """
#set page(paper: "a4", margin: 20mm, numbering: "1", number-align: top + center)
#set text(lang: "vi", font: "Libertinus Serif", size: 12pt)
#grid(columns: (1fr, 1fr), align: center, row-gutter: 6pt,
  [UBND HUYỆN AN PHÚ], [CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM],
  [*ỦY BAN NHÂN DÂN XÃ AN BÌNH*], [*Độc lập - Tự do - Hạnh phúc*],
  [Số: #h(8mm)/KH-UBND], [An Bình, ngày #h(8mm) tháng 02 năm 2026])
#align(center)[*KẾ HOẠCH* \\ *Tuyên truyền cải cách hành chính năm 2026*]
Căn cứ Kế hoạch số 8/KH-UBND ngày 05/01/2026 của UBND huyện An Phú;

*I. NỘI DUNG*

1. #lorem(60) trên Cổng dịch vụ công.

2. Chuyển đổi số.

#grid(columns: (1fr, 1fr),
  [*Nơi nhận:* \\ - UBND huyện An Phú, Phòng Nội vụ và các ban của huyện có liên quan
   (để báo cáo); \\ - Lưu: VT.],
  align(center)[*TM. ỦY BAN NHÂN DÂN* \\ *CHỦ TỊCH* \\ \\ \\ *Trần Văn Bình*])
#pagebreak()
*PHỤ LỤC*
#table(columns: (1cm, 6cm, 3cm, 3cm), [TT], [Nội dung], [Hình thức], [Thời gian],
  ..range(1, 41).map(i => ([#i], [Chuyên đề số #i về dịch vụ công trực tuyến và một cửa],
    [Loa truyền thanh xã], [Quý I/2026])).flatten())
"""


def test_a_pdf_with_two_columns_page_numbers_and_a_table_over_pages() -> None:
    plan = read_plan_bytes(compiled(_TWO_COLUMNS), "plan.pdf")
    assert plan.issuer == "Ủy ban nhân dân xã An Bình"
    assert (plan.number, plan.place, plan.date.day, plan.date.month) == (None, "An Bình", None, 2)
    assert plan.title == "Tuyên truyền cải cách hành chính năm 2026"
    assert (plan.signer.name, plan.signer.title) == ("Trần Văn Bình", "Chủ tịch")
    assert [r.name for r in plan.recipients] == [
        "UBND huyện An Phú, Phòng Nội vụ và các ban của huyện có liên quan",
        "Lưu: VT",
    ]
    assert [t.no for t in plan.tasks] == [str(i) for i in range(1, 41)]
    assert all(t.content.endswith("về dịch vụ công trực tuyến và một cửa") for t in plan.tasks)
    assert len(plan.topics) == 2


def test_reading_many_pages_tells_how_far_it_is() -> None:
    told: list[tuple[int, int]] = []
    read_plan_bytes(
        compiled(_TWO_COLUMNS), "plan.pdf", lambda done, total: told.append((done, total))
    )
    assert told == [(i + 1, len(told)) for i in range(len(told))]
    assert len(told) >= 3


def _scan(pages: int, text: str = "") -> bytes:
    """Pages that are pictures, the last with `text`."""
    png = zlib.compress(b"\0" + b"\xff" * 3)
    return compiled(
        "#let dot = bytes("
        + str(tuple(_png(png)))
        + ")\n"
        + "#pagebreak()\n".join(["#image(dot, width: 100%)\n"] * pages)
        + text
    )


def _png(pixels: bytes) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return (
            len(body).to_bytes(4, "big") + name + body + zlib.crc32(name + body).to_bytes(4, "big")
        )

    head = (1).to_bytes(4, "big") * 2 + bytes((8, 2, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


def test_a_scanned_pdf_says_so_and_names_the_way() -> None:
    with pytest.raises(UserError, match=r"^quét\.pdf: PDF này là ảnh quét \(2 trang\)") as caught:
        read_plan_bytes(_scan(2), "quét.pdf")
    assert "OCR" in str(caught.value)


def test_a_scanned_page_among_others_is_named() -> None:
    plan = read_plan_bytes(
        _scan(2, "#pagebreak()\nKẾ HOẠCH\n\nNăm 2026\n\nI. NỘI DUNG\n\n1. Chuyển đổi số."), "p.pdf"
    )
    pages = [w.place for w in plan.warnings if w.code == "page_without_text"]
    assert pages == ["trang 1", "trang 2"]


# What cannot be read


def _zip(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml"), data)
    return file.getvalue()


def _bomb_pdf() -> bytes:
    packed = zlib.compress(b"\0" * (210 * 1024 * 1024), 9)
    return b"%PDF-1.4\n1 0 obj\n<</Length 1>>\nstream\n" + packed + b"\nendstream\nendobj\n"


@pytest.mark.parametrize(
    ("data", "said", "mend"),
    [
        (b"", "Tệp trống", "có nội dung"),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "Tệp Word có mật khẩu", "bỏ mật khẩu"),
        (OLE + "WordDocument".encode("utf-16-le"), "Word cũ (.doc)", "lưu dạng .docx"),
        (OLE + "Workbook".encode("utf-16-le"), "Excel cũ", ".docx"),
        (OLE, "bị cắt cụt", ".docx"),
        (b"{\\rtf1 abc}", "RTF", "lưu dạng .docx"),
        (b"<html><body>KH</body></html>", "trang web", ".docx"),
        (b"\x89PNG\r\n\x1a\n....", "ảnh PNG", ".docx"),
        (_zip(xl__workbook_xml=b"<a/>"), "Excel (.xlsx)", ".docx"),
        (_zip(anything=b"x"), "không phải tài liệu Word", ".docx"),
        (_zip(word__document_xml=b" " * 50_000_000), "giải nén quá lớn", "sang tệp mới"),
        (b"PK\x03\x04 cut off", "bị hỏng", "lưu lại"),
        (as_docx(HEAD)[:-200], "bị hỏng", "lưu lại"),
        (as_pdf(HEAD)[:900], "bị hỏng hoặc bị cắt cụt", "bản Word gốc"),
        (b"%PDF-1.7\n", "bị hỏng hoặc bị cắt cụt", "bản Word gốc"),
        (_bomb_pdf(), "giải nén quá lớn", "bản Word"),
    ],
)
def test_a_file_that_cannot_be_read_says_what_it_is_and_what_to_do(
    data: bytes, said: str, mend: str
) -> None:
    with pytest.raises(UserError) as caught:
        read_plan_bytes(data, "kế hoạch 2026.docx")
    (problem,) = caught.value.problems
    assert problem.file == "kế hoạch 2026.docx"
    assert said in problem.message
    assert mend in problem.mend


def test_a_pdf_with_a_password_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="PDF có mật khẩu"):
        read_plan_bytes(_locked_pdf(), "khóa.pdf")


def _locked_pdf() -> bytes:
    """An empty page under the standard handler (RC4, 40 bit) with an unknown user password."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>",
        b"<</Filter/Standard/V 1/R 2/P -4/O<" + b"41" * 32 + b">/U<" + b"42" * 32 + b">>>",
    ]
    file = bytearray(b"%PDF-1.4\n")
    offsets = []
    for i, body in enumerate(objects, 1):
        offsets.append(len(file))
        file += b"%d 0 obj\n%s\nendobj\n" % (i, body)
    start = len(file)
    file += b"xref\n0 5\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % o for o in offsets)
    file += (
        b"trailer\n<</Size 5/Root 1 0 R/Encrypt 4 0 R/ID[<00><00>]>>\nstartxref\n%d\n%%%%EOF"
        % start
    )
    return bytes(file)


def _refusal(data: bytes) -> str:
    """ "" where the file was read."""
    try:
        read_plan_bytes(data, "cắt.bin")
    except UserError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("write", [as_docx, as_pdf], ids=["docx", "pdf"])
def test_any_cut_of_a_file_is_read_or_refused_in_vietnamese(write: Any) -> None:
    data = write(HEAD + BODY)
    refusals = {_refusal(data[:cut]) for cut in range(0, len(data), max(1, len(data) // 40))}
    assert {said.partition(": ")[0] for said in refusals - {""}} == {"cắt.bin"}
