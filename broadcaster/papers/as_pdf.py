"""An official paper as PDF to be read, set by Typst with the fonts inside the wheel."""

from __future__ import annotations

from typing import Any

from broadcaster.papers.charts import data_of, source
from broadcaster.papers.paper import Block, Chart, Line, Paper, Paragraph, name_lines, printable
from content.typeset import PageForm, typeset
from schedules.export.sheet import COUNTRY, MOTTO

_FIXED_TIME = 1583366400
"""Of file properties, in seconds: the decree's day, for a paper must not change with the clock."""
_FIRST_PICTURE_SIGN = 0x1F000
_JOINERS = "\ufe0e\ufe0f\u200d"


def render(paper: Paper) -> bytes:
    """A4; no system font is used, so every machine gives the same bytes."""
    return _set(paper, "pdf")[0]


def pictures(paper: Paper) -> list[bytes]:
    """The same pages as PNG, for a look on the screen."""
    return _set(printable(paper), "png")


def _set(paper: Paper, form: PageForm) -> list[bytes]:
    sources = {"main.typ": source("paper.typ"), "chart.typ": source("chart.typ")}
    return typeset(sources, form, "paper", _drawable(_data(paper)), timestamp=_FIXED_TIME)


def _data(paper: Paper) -> dict[str, Any]:
    return {
        "kind": paper.kind.upper(),
        "subject": _line(paper.subject),
        "parent": name_lines(paper.parent.upper()),
        "station": name_lines(paper.station.upper()),
        "country": COUNTRY,
        "motto": MOTTO,
        "number": f"Số: {paper.number}" if paper.number else "",
        "dated": paper.dated,
        "to": [_line(line) for line in paper.to],
        "blocks": [_block(block) for block in paper.blocks],
        "recipients": list(paper.recipients),
        "signatures": [
            {"titles": [one.upper() for one in sign.titles], "name": sign.name, "note": sign.note}
            for sign in paper.signatures
        ],
        "attached_to": paper.attached_to,
        "annexes": [
            {
                "title": annex.title.upper(),
                "landscape": annex.landscape,
                "blocks": [_block(block) for block in annex.blocks],
            }
            for annex in paper.annexes
        ],
        "anchor": paper.anchor.line if paper.anchor else "",
        # Numbers, because Typst takes no other file than text from memory.
        "qr": list(paper.anchor.png()) if paper.anchor else [],
    }


def _line(line: Line) -> list[dict[str, Any]]:
    return [{"text": span.text, "blank": span.blank} for span in line]


def _block(block: Block) -> dict[str, Any]:
    if isinstance(block, Paragraph):
        return {"what": "paragraph", "look": str(block.look), "line": _line(block.line)}
    if isinstance(block, Chart):
        return {"what": "chart", **data_of(block)}
    return {
        "what": "table",
        "columns": [
            {"title": one.title, "width": one.width, "centred": one.centred}
            for one in block.columns
        ],
        "rows": [[_line(line) for line in row] for row in block.rows],
    }


def _drawable(value: Any) -> Any:
    """Without emoji, which the fonts inside do not have: better none than an empty box."""
    if isinstance(value, dict):
        return {key: _drawable(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_drawable(part) for part in value]
    if isinstance(value, str):
        return "".join(c for c in value if ord(c) < _FIRST_PICTURE_SIGN and c not in _JOINERS)
    return value
