"""Print-ready PDF of a bulletin for the forms that people carry out: poster, leaflet, banner."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from typing import Any

import segno

from channels.bulletin_text import plain_body
from channels.plain_text import paragraphs
from content.typeset import PageForm, typeset

_PICTURE_SIGN = re.compile(
    "[\U0001f000-\U0010ffff\ufe0e\ufe0f\u200b-\u200f\u202a-\u202e\u2066-\u2069]"
)
"""What the fonts in the wheel do not have, and marks of writing direction."""
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")
MOST_LINK = 1000
"""Characters that a QR code of readable fineness holds."""


class Form(StrEnum):
    """Áp phích, tờ rơi, băng rôn."""

    POSTER = "poster"
    LEAFLET = "leaflet"
    BANNER = "banner"


@dataclass(frozen=True, slots=True)
class PrintSheet:
    """All that is printed. `link` is what the QR code leads to; empty: no code."""

    form: Form
    station: str
    title: str
    body: str
    """Markdown, as in the bulletin."""
    link: str = ""
    slogan: str = ""
    """Of a banner; the title where empty."""
    foot: str = ""
    paper: str = "a4"
    """Of a poster: "a4" or "a3"; a leaflet is A5, both sides."""
    size: tuple[int, int] = (4000, 800)
    """Of a banner, in millimetres: width, height."""


def pdf(sheet: PrintSheet) -> bytes:
    """The sheet as PDF with its fonts inside; the same sheet gives the same bytes."""
    return _set(sheet, "pdf")[0]


def pictures(sheet: PrintSheet) -> list[bytes]:
    """The pages as PNG, for a look on the screen."""
    return _set(sheet, "png")


def qr_svg(link: str) -> str:
    """The code of a link, with error correction M (15 % may be dirty) and its quiet zone."""
    out = io.BytesIO()
    segno.make(link, error="m", micro=False).save(out, kind="svg", xmldecl=False, border=4)
    return out.getvalue().decode()


def _set(sheet: PrintSheet, form: PageForm) -> list[bytes]:
    template = files("channels").joinpath("data/print.typ").read_bytes()
    ppi = 36.0 if sheet.form is Form.BANNER and form == "png" else None
    return typeset(template, form, "sheet", _data(sheet), ppi=ppi)


def _data(sheet: PrintSheet) -> dict[str, Any]:
    body = [_plain(part) for part in paragraphs(plain_body(sheet.title, sheet.body))]
    width, height = sheet.size
    return {
        "form": sheet.form,
        "station": _plain(sheet.station),
        "station_caps": _plain(sheet.station).upper(),
        "title": _plain(sheet.title),
        "paragraphs": body or [""],
        "slogan": _plain(sheet.slogan or sheet.title).upper(),
        "foot": _plain(sheet.foot),
        "paper": sheet.paper,
        "width": width,
        "height": height,
        "qr": qr_svg(sheet.link) if sheet.link else "",
        "link_shown": _breakable(_plain(sheet.link)),
        "more": "(Còn nữa – xem toàn văn theo mã QR.)" if sheet.link else "(Còn nữa.)",
    }


def _plain(text: str) -> str:
    return _CONTROL.sub(" ", _PICTURE_SIGN.sub("", text)).strip()


def _breakable(link: str) -> str:
    """A long address may break after its signs; a zero-width space shows nothing."""
    return re.sub(r"([/?&=._-])", "\\1\u200b", link)
