"""A plan from a file of any known kind, told by its first bytes and never by its name."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from content.errors import UserError
from content.text_file import decode, empty_file, read_bytes, refuse_legacy_text
from schedules.plan_reader.document import PlanDocument, PlanWarning
from schedules.plan_reader.reader import read_blocks, read_plan
from schedules.plan_reader.source import Block, SourceLine

Count = Callable[[int, int], None]

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_RESAVE = "Hãy mở bằng Word, chọn “Save As”, lưu dạng .docx rồi nhập lại."
_OLE_KINDS = (
    ("WordDocument", "Đây là tệp Word cũ (.doc)."),
    ("Workbook", "Đây là tệp Excel cũ (.xls), không phải văn bản kế hoạch."),
    ("PowerPoint Document", "Đây là tệp PowerPoint cũ (.ppt), không phải văn bản kế hoạch."),
)
_ZIP_KINDS = (
    (b"xl/workbook", "Đây là tệp Excel (.xlsx), không phải văn bản kế hoạch."),
    (b"ppt/presentation", "Đây là tệp PowerPoint (.pptx), không phải văn bản kế hoạch."),
    (b"application/vnd.oasis.opendocument", "Đây là tệp OpenDocument (.odt)."),
)
_HTML = re.compile(rb"\s*(?:<!doctype html|<html|<\?xml[^>]*>\s*<(?:html|w:wordDocument))", re.I)
_PDF_WITHIN = 1024


def read_plan_file(path: Path, count: Count = lambda done, total: None) -> PlanDocument:
    """Read a .docx, .pdf, .txt or .md file; `count` is told (pages done, of how many).

    Raises UserError naming the file, what is wrong with it, and the mend.
    """
    return read_plan_bytes(read_bytes(path), str(path), count)


def read_plan_bytes(
    data: bytes, name: str, count: Count = lambda done, total: None
) -> PlanDocument:
    """As `read_plan_file`, from the bytes of the file called `name`."""
    if not data:
        raise empty_file(name)
    if b"%PDF-" in data[:_PDF_WITHIN]:
        return _from_pdf(data, name, count)
    if data.startswith(b"PK"):
        return _from_word(data, name)
    if data.startswith(_OLE):
        raise _compound(data, name)
    if data.startswith(b"{\\rtf"):
        raise UserError("Đây là tệp RTF.", _RESAVE, file=name)
    if _HTML.match(data):
        raise UserError("Đây là trang web (HTML), dù tên tệp là gì.", _RESAVE, file=name)
    return read_plan(decode(data, name), name)


def _from_word(data: bytes, name: str) -> PlanDocument:
    from schedules.plan_reader.word import word_blocks

    for mark, message in _ZIP_KINDS:
        if mark in data:
            raise UserError(message, _RESAVE, file=name)
    blocks = word_blocks(data, name)
    refuse_legacy_text(_text(blocks), name, numbered=False)
    plan = read_blocks(blocks, name)
    return _with_places(plan, lambda line: f"đoạn {line}")


def _from_pdf(data: bytes, name: str, count: Count) -> PlanDocument:
    from schedules.plan_reader.pdf import pdf_text

    found = pdf_text(data, name, count)
    refuse_legacy_text(_text(found.blocks), name, numbered=False)
    plan = read_blocks(found.blocks, name)
    missing = tuple(
        PlanWarning(
            "page_without_text",
            None,
            f"Trang {page} là ảnh, không có lớp chữ; chưa đọc trang này."
            " Hãy chạy nhận dạng chữ (OCR) nếu trang có nội dung.",
            f"trang {page}",
        )
        for page in found.unread_pages
    )
    pages: Mapping[int, int] = found.page_of
    plan = _with_places(plan, lambda line: f"trang {pages.get(line, 1)}")
    return replace(plan, warnings=missing + plan.warnings)


def _compound(data: bytes, name: str) -> UserError:
    """What an OLE compound file holds: the old formats, or a new one under a password."""
    if "EncryptedPackage".encode("utf-16-le") in data:
        return UserError(
            "Tệp Word có mật khẩu.", "Hãy bỏ mật khẩu trong Word rồi lưu lại.", file=name
        )
    for stream, message in _OLE_KINDS:
        if stream.encode("utf-16-le") in data:
            return UserError(message, _RESAVE, file=name)
    return UserError("Đây là tệp Office cũ hoặc bị cắt cụt.", _RESAVE, file=name)


def _text(blocks: Sequence[Block]) -> str:
    parts = []
    for block in blocks:
        if isinstance(block, SourceLine):
            parts.append(block.text)
        else:
            parts += [cell for row in block.rows for cell in row.cells]
    return "\n".join(parts)


def _with_places(plan: PlanDocument, place: Callable[[int], str]) -> PlanDocument:
    """Say where a warning stands in the words of the format: nobody counts a PDF's lines."""
    placed = (
        replace(w, place=place(w.line)) if w.line is not None and w.place is None else w
        for w in plan.warnings
    )
    return replace(plan, warnings=tuple(placed))
