"""The week as PDF, set by Typst from `schedule.typ` with the fonts inside the wheel."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from content.typeset import PageForm, typeset
from schedules.export.sheet import (
    COUNTRY,
    KEPT_TOGETHER,
    MERGED,
    MOTTO,
    SIMULATED,
    WeekSheet,
    cells,
    days,
    footer,
    heights,
)


def render(sheet: WeekSheet) -> bytes:
    """A4 landscape PDF. No system font is used, so every machine gives the same bytes."""
    return _set(sheet, "pdf")[0]


def pictures(sheet: WeekSheet) -> list[bytes]:
    """The same pages as PNG, for a look on the screen."""
    return _set(sheet, "png")


def _set(sheet: WeekSheet, form: PageForm) -> list[bytes]:
    template = files("schedules.export").joinpath("schedule.typ").read_bytes()
    data = _plain(_data(sheet))
    return typeset(template, form, "sheet", data, timestamp=int(sheet.moment.timestamp()))


def _data(sheet: WeekSheet) -> dict[str, Any]:
    return {
        "week": sheet.week,
        "parent": sheet.parent.upper(),
        "station": sheet.station.upper(),
        "country": COUNTRY,
        "motto": MOTTO,
        "created": sheet.created,
        "title": sheet.form.title,
        "name": sheet.form.name,
        "widths": sheet.form.widths,
        "centred": sheet.form.centred,
        "prepared": sheet.form.prepared,
        "subtitle": sheet.subtitle,
        "simulated": SIMULATED if sheet.simulated else "",
        "columns": sheet.form.columns,
        "merged": MERGED,
        "kept_together": KEPT_TOGETHER,
        "days": [
            {
                "heading": heading,
                "rows": [
                    {"cells": cells(row, sheet.form), "height": height}
                    for row, height in zip(rows, heights(rows), strict=True)
                ],
            }
            for heading, rows in days(sheet)
        ],
        "empty": sheet.form.empty,
        "legend": sheet.form.legend,
        "approver_title": [line.upper() for line in sheet.approver_title.splitlines()]
        or ["NGƯỜI DUYỆT"],
        "approver": sheet.approver,
        "made_by": sheet.made_by,
        "footer": footer(sheet),
        "qr": sheet.anchor.svg() if sheet.anchor else "",
    }


_FIRST_PICTURE_SIGN = 0x1F000
_JOINERS = "\ufe0e\ufe0f\u200d"


def _plain(value: Any) -> Any:
    """Without emoji, which the fonts inside do not have: better none than an empty box."""
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, str):
        kept = (c for c in value if ord(c) < _FIRST_PICTURE_SIGN and c not in _JOINERS)
        return " ".join("".join(kept).split())
    return value
