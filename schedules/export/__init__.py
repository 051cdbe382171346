"""The week as docx, xlsx, pdf, html, ics, csv and json; a format is a line here and its module."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import cast

from content.errors import UserError
from content.files import write_for_user
from schedules.export.sheet import LOG, SheetRow, WeekSheet, official_date, printable, session_of

__all__ = [
    "FORMATS",
    "LOG",
    "SheetRow",
    "WeekSheet",
    "export",
    "file_name",
    "named_format",
    "official_date",
    "render",
    "session_of",
]

FORMATS = {
    "docx": "schedules.export.as_docx",
    "xlsx": "schedules.export.as_xlsx",
    "pdf": "schedules.export.as_pdf",
    "html": "schedules.export.as_html",
    "ics": "schedules.export.as_ics",
    "csv": "schedules.export.as_csv",
    "json": "schedules.export.as_json",
}
"""Format -> module with `render(sheet) -> bytes`; imported when used, because some are heavy."""


def export(sheet: WeekSheet, fmt: str, where: Path) -> Path:
    """Write the week in one format; returns the file: `where` itself when it ends as the format
    does, otherwise "Lich-phat-song-2026-W48.docx" in that folder ("So-nhat-ky-…" for the log).

    The same sheet gives the same bytes. Raises UserError for an unknown format or a folder that
    cannot be written.
    """
    data = render(sheet, fmt)
    path = where if named_format(where) == fmt else where / file_name(sheet, fmt)
    write_for_user(path, data)
    return path


def named_format(where: Path) -> str | None:
    """The format by which a path names a file; None for a folder."""
    ending = where.suffix.lower().removeprefix(".")
    return ending if ending in FORMATS and not where.is_dir() else None


def render(sheet: WeekSheet, fmt: str) -> bytes:
    """The file's bytes, nothing written. Raises UserError for an unknown format."""
    if fmt not in FORMATS:
        raise UserError(f"Không có định dạng “{fmt}”.", f"Hãy chọn trong: {', '.join(FORMATS)}.")
    return cast(bytes, import_module(FORMATS[fmt]).render(printable(sheet)))


def file_name(sheet: WeekSheet, fmt: str) -> str:
    """Plain ASCII, so that every file system and mail program keeps it."""
    return f"{sheet.form.file}-{sheet.week}.{fmt}"
