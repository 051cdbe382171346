"""Official papers (văn bản hành chính, Nghị định 30/2020/NĐ-CP): from templates to docx and pdf."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import cast

from broadcaster.papers.paper import Paper, printable
from content.errors import UserError
from content.files import write_for_user

FORMATS = {"docx": "broadcaster.papers.as_docx", "pdf": "broadcaster.papers.as_pdf"}
"""Format -> module with `render(paper) -> bytes`; imported when used, because both are heavy."""


def render(paper: Paper, fmt: str) -> bytes:
    """The file's bytes; the same paper gives the same bytes."""
    return cast(bytes, import_module(FORMATS[fmt]).render(printable(paper)))


def format_of(path: Path, known: tuple[str, ...] = tuple(FORMATS)) -> str:
    """What the file's name asks for. Raises UserError."""
    fmt = path.suffix.lower().removeprefix(".")
    if fmt not in known:
        raise UserError(
            f"Không ghi được văn bản vào “{path.name}”: đuôi tệp không có định dạng.",
            f"Hãy đặt tên tệp kết thúc bằng: {', '.join('.' + one for one in known)}.",
        )
    return fmt


def write(path: Path, data: bytes) -> None:
    """Write a file whole or not at all. Raises UserError when it cannot be written."""
    write_for_user(path, data)
