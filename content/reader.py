"""Reads a bulletin (bản tin) from Markdown with front matter, plain text or Word."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path

from content.bulletin_fields import FieldReader
from content.docx_text import docx_to_markdown
from content.draft import BulletinDraft, clean_line, clean_text, content_sha256
from content.errors import Problem, UserError
from content.front_matter import (
    FENCE,
    draft_to_front_matter,
    parse_front_matter,
    split_front_matter,
)
from content.text_file import decode, read_bytes, refuse_legacy_text

__all__ = ["BulletinDraft", "content_sha256", "draft_to_front_matter", "read_bulletin"]

TITLE_LIMIT = 300
BODY_LIMIT = 100_000
"""Characters. At the speaking rate of a loudspeaker 100,000 are about two hours."""
_LONGEST_HEADING = 4 * TITLE_LIMIT
"""With its markup; longer lines are not searched for any, which could take very long."""

_SAVE_AS_DOCX = "Hãy mở bằng Word, chọn “Save As” và lưu dạng .docx, rồi thêm lại."
_FOREIGN_KINDS = {
    ".doc": ("tệp Word cũ (.doc)", _SAVE_AS_DOCX),
    ".rtf": ("tệp RTF", _SAVE_AS_DOCX),
    ".odt": ("tệp OpenDocument (.odt)", _SAVE_AS_DOCX),
    ".wps": ("tệp WPS", _SAVE_AS_DOCX),
    ".docm": ("tệp Word có macro (.docm)", _SAVE_AS_DOCX),
    ".dot": ("tệp mẫu Word (.dot)", _SAVE_AS_DOCX),
    ".dotx": ("tệp mẫu Word (.dotx)", _SAVE_AS_DOCX),
    ".htm": ("trang web", _SAVE_AS_DOCX),
    ".html": ("trang web", _SAVE_AS_DOCX),
    ".pdf": ("tệp PDF", "Hãy lấy bản Word gốc, hoặc mở PDF bằng Word và lưu dạng .docx."),
}
_ATX = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*")
_CODE_FENCE = re.compile(r" {0,3}(```|~~~)")
_SETEXT = re.compile(r" {0,3}(=+|-+)[ \t]*")
_NO_TITLE_LINE = re.compile(r"\s*(?:\||[-*_=][-*_=\s]+$|!\[|```|~~~|<!--)")
_EMPHASIS = re.compile(r"(\*\*|__|\*|`)(?=\S)(.+?)(?<=\S)\1")


def read_bulletin(path: Path, known_channels: Collection[str] | None = None) -> BulletinDraft:
    """Read a .md, .txt or .docx file; `known_channels` None leaves channel names unchecked.

    Raises UserError with every problem of the file at once, with line numbers.
    """
    suffix = path.suffix.lower()
    read = _READERS.get(suffix)
    if read is None:
        raise _unknown_kind(path, suffix)
    draft, problems = read(path, known_channels)
    problems += _limits(draft, str(path))
    if problems:
        ordered = sorted(problems, key=lambda problem: problem.line or math.inf)
        raise UserError("Bản tin có chỗ cần sửa.", problems=ordered)
    return replace(draft, source_name=clean_line(path.name))


_Read = tuple[BulletinDraft, list[Problem]]


def _read_markdown(path: Path, known_channels: Collection[str] | None) -> _Read:
    text = decode(read_bytes(path), str(path))
    lines, line, body = split_front_matter(text)
    if lines is None:
        return _titled(path, *split_title(clean_text(text)))
    matter = parse_front_matter(lines, line, str(path))
    if not matter.readable:
        raise UserError("Bản tin có chỗ cần sửa.", problems=matter.problems)
    fields = FieldReader(matter, path)
    valid_from, valid_until = fields.validity()
    draft = BulletinDraft(
        title=fields.title(),
        body=clean_text(body),
        topic=fields.text("topic"),
        task=fields.task(),
        channels=fields.channels(known_channels),
        priority=fields.priority(),
        valid_from=valid_from,
        valid_until=valid_until,
        image=fields.image(),
        link=fields.link("link"),
        recording=fields.recording(),
        relay=fields.link("relay"),
    )
    return draft, fields.problems


def _read_plain_text(path: Path, known_channels: Collection[str] | None) -> _Read:
    text = decode(read_bytes(path), str(path))
    if re.match(rf"\s*{FENCE}[ \t]*\n\s*\w+[ \t]*:", text):
        return _read_markdown(path, known_channels)
    title, _, body = clean_text(text).partition("\n")
    return _titled(path, clean_line(title), clean_text(body))


def _read_word(path: Path, _: Collection[str] | None) -> _Read:
    text = clean_text(docx_to_markdown(read_bytes(path), str(path)))
    refuse_legacy_text(text, str(path), numbered=False)
    return _titled(path, *split_title(clean_text(text)))


_READERS: dict[str, Callable[[Path, Collection[str] | None], _Read]] = {
    ".md": _read_markdown,
    ".markdown": _read_markdown,
    ".txt": _read_plain_text,
    ".docx": _read_word,
}


def split_title(markdown: str) -> tuple[str, str]:
    """The title and the remaining body of cleaned Markdown without front matter.

    A heading on top is the title; else the only first-level heading; else the first line of
    text that is no table or picture.
    """
    lines = markdown.split("\n")
    headings = _headings(lines)
    first = next(
        (n for n, line in enumerate(lines) if line.strip() and not _NO_TITLE_LINE.match(line)), 0
    )
    top_level = [number for number, (level, _) in headings.items() if level == 1]
    place = top_level[0] if first not in headings and len(top_level) == 1 else first
    title = headings[place][1] if place in headings else lines[place]
    end = place + 1
    if place not in headings and end < len(lines) and _SETEXT.fullmatch(lines[end]):
        end += 1
    parts = (clean_text("\n".join(lines[:place])), clean_text("\n".join(lines[end:])))
    return _without_emphasis(clean_line(title)), "\n\n".join(part for part in parts if part)


def _headings(lines: list[str]) -> dict[int, tuple[int, str]]:
    """Level and text of every "#" heading by its place, those inside code blocks left out."""
    found: dict[int, tuple[int, str]] = {}
    in_code = False
    for number, line in enumerate(lines):
        if _CODE_FENCE.match(line):
            in_code = not in_code
        heading = _ATX.fullmatch(line) if len(line) <= _LONGEST_HEADING else None
        if heading and heading.group(2) and not in_code:
            found[number] = len(heading.group(1)), heading.group(2)
    return found


def _without_emphasis(title: str) -> str:
    return _EMPHASIS.sub(r"\2", title) if len(title) <= _LONGEST_HEADING else title


def _titled(path: Path, title: str, body: str) -> _Read:
    problems = []
    if not title:
        problems.append(
            Problem("Bản tin không có tiêu đề.", "Hãy viết tiêu đề ở dòng đầu.", str(path), 1)
        )
    return BulletinDraft(title, body), problems


def _limits(draft: BulletinDraft, file: str) -> list[Problem]:
    problems = []
    if len(draft.title) > TITLE_LIMIT:
        problems.append(
            Problem(
                f"Tiêu đề quá dài: {len(draft.title)} ký tự (giới hạn {TITLE_LIMIT}).",
                "Hãy viết tiêu đề ngắn ở một dòng riêng, nội dung ở các dòng sau.",
                file,
            )
        )
    if not draft.body:
        problems.append(
            Problem("Bản tin không có nội dung.", "Hãy viết nội dung sau tiêu đề.", file)
        )
    if len(draft.body) > BODY_LIMIT:
        problems.append(
            Problem(
                f"Nội dung quá dài: {len(draft.body)} ký tự (giới hạn {BODY_LIMIT}).",
                "Hãy tách thành nhiều bản tin.",
                file,
            )
        )
    return problems


def _unknown_kind(path: Path, suffix: str) -> UserError:
    if path.is_dir():
        return UserError("Đây là thư mục, không phải tệp.", "Hãy chọn một tệp.", file=str(path))
    if suffix in _FOREIGN_KINDS:
        kind, mend = _FOREIGN_KINDS[suffix]
        return UserError(f"Không nhận {kind}.", mend, file=str(path))
    named = f"đuôi “{suffix}”" if suffix else "tệp không có đuôi"
    return UserError(
        f"Không nhận {named} cho bản tin.", "Hãy dùng tệp .md, .txt hoặc .docx.", file=str(path)
    )
