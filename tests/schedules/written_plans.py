"""Turns a plan's text into the .docx and the .pdf that an office would have sent."""

from __future__ import annotations

import io
import json
import re
from typing import Any

import docx
import typst

from schedules.plan_reader.source import SourceTable, lines_of
from schedules.plan_reader.tables import split_tables

_TYPST = """
#let blocks = json(bytes(sys.inputs.blocks))
#set page(paper: "a4", margin: (left: 30mm, right: 15mm, y: 20mm), numbering: "1",
  number-align: top + center)
#set text(lang: "vi", size: 13pt, font: "Libertinus Serif")
#set par(justify: true, spacing: 8pt, leading: 6pt)
#for block in blocks {
  if type(block) == str { par(block) } else {
    set text(size: 10pt)
    table(columns: (1fr,) * block.at(0).len(), ..block.flatten().map(it => [#it]))
  }
}
"""


def blocks_of(text: str) -> list[Any]:
    """Paragraphs as strings and tables as lists of rows, in order; hard lines as they are."""
    found: list[Any] = []
    for block in split_tables(lines_of(text)):
        if isinstance(block, SourceTable):
            width = max(len(row.cells) for row in block.rows)
            found.append([[*row.cells, *[""] * (width - len(row.cells))] for row in block.rows])
        else:
            found.append(re.sub(r"\*\*|^#+ |^\*(?=\S)|(?<=\S)\*$", "", block.text))
    return found


def as_docx(text: str) -> bytes:
    """Each line a paragraph, each table a Word table."""
    document = docx.Document()
    for block in blocks_of(text):
        if isinstance(block, str):
            document.add_paragraph(block)
            continue
        table = document.add_table(len(block), len(block[0]))
        for row, cells in zip(table.rows, block, strict=True):
            for cell, value in zip(row.cells, cells, strict=True):
                cell.text = value
    return docx_bytes(document)


def docx_bytes(document: Any) -> bytes:
    """What python-docx would save."""
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def as_pdf(text: str) -> bytes:
    """Wrapped and justified on A4 with page numbers; blank lines only part paragraphs."""
    blocks = [block for block in blocks_of(text) if block]
    return compiled(_TYPST, blocks=json.dumps(blocks, ensure_ascii=False))


def compiled(source: str, **inputs: str) -> bytes:
    """A PDF set by Typst with the fonts of its wheel."""
    made: Any = typst.compile(
        source.encode(),
        format="pdf",
        font_paths=typst.Fonts(include_system_fonts=False, include_embedded_fonts=True),
        sys_inputs=inputs,
    )
    return bytes(made)
