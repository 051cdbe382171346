"""Word documents become Markdown drafts; broken, locked and dangerous ones are refused."""

from __future__ import annotations

import io
import random
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from content import docx_text
from content.errors import UserError
from content.reader import read_bulletin


def save(folder: Path, build: Callable[[Any], None], name: str = "tin.docx") -> Path:
    document = docx.Document()
    build(document)
    path = folder / name
    document.save(str(path))
    return path


def refusal(path: Path) -> str:
    with pytest.raises(UserError) as caught:
        read_bulletin(path)
    assert str(path) in str(caught.value)
    return str(caught.value)


def test_headings_lists_tables_bold_and_links_become_markdown(tmp_path: Path) -> None:
    def build(document: Any) -> None:
        document.add_heading("Giờ làm việc của bộ phận một cửa", 0)
        paragraph = document.add_paragraph("Bà con ")
        paragraph.add_run("lưu ").bold = True
        paragraph.add_run("ý ").bold = True
        paragraph.add_run("các điểm sau:")
        document.add_paragraph("Buổi sáng", "List Bullet")
        document.add_paragraph("Buổi chiều", "List Bullet")
        document.add_heading("Lịch", 1)
        table = document.add_table(rows=2, cols=3)
        for cell, text in zip(table.rows[0].cells, ("Buổi", "Từ", "Đến"), strict=True):
            cell.text = text
        table.rows[1].cells[0].text = "Sáng | trưa"
        table.rows[1].cells[1].merge(table.rows[1].cells[2]).text = "cả buổi"
        document.add_paragraph("Bước một", "List Number")
        document.add_paragraph("Bước hai", "List Number")

    draft = read_bulletin(save(tmp_path, build))
    assert draft.title == "Giờ làm việc của bộ phận một cửa"
    assert draft.body == (
        "Bà con **lưu ý** các điểm sau:\n\n"
        "- Buổi sáng\n- Buổi chiều\n\n"
        "## Lịch\n\n"
        "| Buổi | Từ | Đến |\n| --- | --- | --- |\n| Sáng \\| trưa | cả buổi |  |\n\n"
        "1. Bước một\n2. Bước hai"
    )
    assert draft.source_name == "tin.docx"


def test_without_headings_the_first_paragraph_is_the_title(tmp_path: Path) -> None:
    def build(document: Any) -> None:
        document.add_table(rows=1, cols=2).rows[0].cells[0].text = "UBND XÃ AN BÌNH"
        document.add_paragraph("")
        document.add_paragraph("").add_run("Thông báo lịch tiếp dân").bold = True
        document.add_paragraph("Thứ năm hằng tuần.")

    draft = read_bulletin(save(tmp_path, build))
    assert draft.title == "Thông báo lịch tiếp dân"
    assert draft.body == "| UBND XÃ AN BÌNH |  |\n| --- | --- |\n\nThứ năm hằng tuần."


def test_text_in_links_insertions_controls_and_boxes_is_kept_and_deletions_are_not(
    tmp_path: Path,
) -> None:
    def run(text: str) -> str:
        return f'<w:r><w:t xml:space="preserve">{text}</w:t></w:r>'

    def build(document: Any) -> None:
        document.add_paragraph("Tiêu đề")
        body = document.element.body
        for number, xml in enumerate(
            (
                f"<w:p><w:hyperlink>{run('liên kết ')}</w:hyperlink><w:ins>{run('thêm ')}</w:ins>"
                "<w:del><w:r><w:delText>xóa</w:delText></w:r></w:del>"
                f"<w:sdt><w:sdtContent>{run('ô nhập')}</w:sdtContent></w:sdt></w:p>",
                f"<w:sdt><w:sdtContent><w:p>{run('khối')}</w:p></w:sdtContent></w:sdt>",
                f"<w:p><w:r><w:pict><w:txbxContent><w:p>{run('khung')}</w:p></w:txbxContent>"
                "</w:pict></w:r></w:p>",
                "<w:p><w:r><w:t>dòng một</w:t><w:br/><w:t>dòng hai</w:t></w:r></w:p>",
            ),
            start=1,
        ):
            first_tag = xml.index(">")
            body.insert(number, parse_xml(xml[:first_tag] + " " + nsdecls("w") + xml[first_tag:]))

    draft = read_bulletin(save(tmp_path, build))
    assert draft.body == "liên kết thêm ô nhập\n\nkhối\n\nkhung\n\ndòng một\ndòng hai"


def test_lettered_and_nested_lists_are_counted_as_word_prints_them(tmp_path: Path) -> None:
    def build(document: Any) -> None:
        numbering = document.part.numbering_part.element
        levels = (("upperRoman", "%1."), ("decimal", "%1.%2."), ("lowerLetter", "%3)"))
        xml = "".join(
            f'<w:lvl w:ilvl="{level}"><w:start w:val="1"/><w:numFmt w:val="{kind}"/>'
            f'<w:lvlText w:val="{pattern}"/></w:lvl>'
            for level, (kind, pattern) in enumerate(levels)
        )
        for part in (
            f'<w:abstractNum {nsdecls("w")} w:abstractNumId="77">{xml}</w:abstractNum>',
            f'<w:num {nsdecls("w")} w:numId="77"><w:abstractNumId w:val="77"/></w:num>',
        ):
            numbering.append(parse_xml(part))
        document.add_paragraph("Tiêu đề")
        for level, text in ((0, "A"), (0, "B"), (1, "C"), (2, "D"), (2, "E"), (1, "F"), (2, "G")):
            paragraph = document.add_paragraph(text)
            properties = paragraph._p.get_or_add_pPr().get_or_add_numPr()
            properties.get_or_add_ilvl().val = level
            properties.get_or_add_numId().val = 77

    body = read_bulletin(save(tmp_path, build)).body
    assert [line.strip() for line in body.split("\n")] == [
        *("I. A", "II. B", "II.1. C", "a) D", "b) E", "II.2. F", "a) G")
    ]


def test_styles_that_are_based_on_each_other_do_not_hang(tmp_path: Path) -> None:
    def build(document: Any) -> None:
        first, second = (document.styles.add_style(name, 1) for name in ("Một", "Hai"))
        first.base_style, second.base_style = second, first
        document.add_paragraph("Tiêu đề", "Một")
        document.add_paragraph("Nội dung", "Hai")

    assert read_bulletin(save(tmp_path, build)).body == "Nội dung"


def test_text_boxes_in_text_boxes_are_read_once(tmp_path: Path) -> None:
    opening, closing = "<w:p><w:r><w:txbxContent>", "</w:txbxContent></w:r></w:p>"

    def build(document: Any) -> None:
        document.add_paragraph("Tiêu đề")
        inner = "<w:p><w:r><w:t>trong cùng</w:t></w:r></w:p>"
        xml = opening * 40 + inner + closing * 40
        xml = xml.replace("<w:p>", f"<w:p {nsdecls('w')}>", 1)
        document.element.body.insert(1, parse_xml(xml))

    assert read_bulletin(save(tmp_path, build)).body == "trong cùng"


def test_an_old_font_inside_a_word_document_is_named(tmp_path: Path) -> None:
    def build(document: Any) -> None:
        document.add_paragraph("Céng hßa x· héi chñ nghÜa ViÖt Nam")
        document.add_paragraph("§éc lËp - Tù do - H¹nh phóc")

    assert "TCVN3 (ABC)" in refusal(save(tmp_path, build))


def test_an_empty_document_has_neither_title_nor_body(tmp_path: Path) -> None:
    message = refusal(save(tmp_path, lambda document: None))
    assert "tiêu đề" in message
    assert "nội dung" in message


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "trống"),
        (b"PK\x03\x04 broken", "không phải tệp Word"),
        (b"plain text", "không phải tệp Word"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "Word cũ"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            "mật khẩu",
        ),
    ],
)
def test_what_is_no_word_document_is_refused(tmp_path: Path, data: bytes, words: str) -> None:
    path = tmp_path / "tin.docx"
    path.write_bytes(data)
    assert words in refusal(path)


def test_another_zip_file_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.docx", "w") as archive:
        archive.writestr("xl/workbook.xml", "<a/>")
    assert "không phải tài liệu Word" in refusal(tmp_path / "a.docx")


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.docx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b" " * (docx_text.MAX_XML + 1))
    assert (tmp_path / "a.docx").stat().st_size < 100_000
    assert "quá lớn" in refusal(tmp_path / "a.docx")
    with zipfile.ZipFile(tmp_path / "b.docx", "w") as archive:
        for number in range(docx_text.MAX_MEMBERS + 1):
            archive.writestr(str(number), "")
    assert "quá lớn" in refusal(tmp_path / "b.docx")


def test_an_encrypted_member_is_refused(tmp_path: Path) -> None:
    path = save(tmp_path, lambda document: document.add_paragraph("A"))
    data = bytearray(path.read_bytes())
    place = data.index(b"PK\x01\x02")
    struct.pack_into("<H", data, place + 8, 1)
    path.write_bytes(data)
    assert "mật khẩu" in refusal(path)


def test_entities_in_the_xml_expand_to_nothing(tmp_path: Path) -> None:
    path = save(tmp_path, lambda document: document.add_paragraph("Tiêu đề"))
    evil = (
        '<!DOCTYPE d [<!ENTITY a "chữ"><!ENTITY b SYSTEM "file:///etc/hostname">]>'
        '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
        "<w:body><w:p><w:r><w:t>Tiêu đề</w:t></w:r></w:p>"
        "<w:p><w:r><w:t>Nội dung &b;</w:t></w:r></w:p></w:body></w:document>"
    )
    replace_part(path, "word/document.xml", evil.encode())
    assert read_bulletin(path).body == "Nội dung"


def replace_part(path: Path, name: str, data: bytes) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(buffer, "w") as new:
        for member in old.namelist():
            new.writestr(member, data if member == name else old.read(member))
    path.write_bytes(buffer.getvalue())


def test_damaged_documents_are_read_or_refused_clearly(tmp_path: Path) -> None:
    def build(document: Any) -> None:
        document.add_heading("Tiêu đề", 1)
        document.add_paragraph("Nội dung", "List Number")
        document.add_table(rows=1, cols=2)

    whole = save(tmp_path, build).read_bytes()
    path = tmp_path / "hỏng.docx"
    chance = random.Random(11)
    refused = 0
    for _ in range(40):
        data = bytearray(whole)
        for _ in range(chance.randrange(1, 30)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        path.write_bytes(data[: chance.randrange(len(data) // 2, len(data) + 1)])
        try:
            read_bulletin(path)
        except UserError:
            refused += 1
    assert refused > 0


@pytest.mark.parametrize(
    "part",
    ["word/document.xml", "word/styles.xml", "word/numbering.xml", "[Content_Types].xml"],
)
@pytest.mark.parametrize("data", [b"", b"<a/>", b"<a", b'<w:x xmlns:w="urn:x"/>', b"\xff\xfe"])
def test_a_part_replaced_by_rubbish_is_read_or_refused_clearly(
    tmp_path: Path, part: str, data: bytes
) -> None:
    path = save(tmp_path, lambda document: document.add_paragraph("Một", "List Number"))
    replace_part(path, part, data)
    assert "Hãy" in refusal(path)
