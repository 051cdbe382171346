"""Word documents (.docx) as lines and tables; a line's number is that of its paragraph."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from content.docx_text import DocxPiece, DocxTable, docx_pieces
from schedules.plan_reader.source import Block, SourceLine, SourceTable, TableRow, lines_of
from schedules.plan_reader.tables import is_furniture, split_tables

_HARD_WRAPPED = 0.25
"""Share of blank paragraphs from which a document looks pasted line by line."""
_EMPHASIS = re.compile(r"\*\*")


def word_blocks(data: bytes, name: str) -> list[Block]:
    """The blocks of a .docx. Raises UserError for what is none, is locked or damaged."""
    pieces = docx_pieces(data, name)
    blank = sum(piece == "" for piece in pieces)
    return _Numbered(own_blanks=blank > _HARD_WRAPPED * len(pieces)).blocks(pieces)


class _Numbered:
    """Counts the paragraphs of one document as they are taken out."""

    def __init__(self, own_blanks: bool) -> None:
        self._own_blanks = own_blanks
        self._last = 0

    def blocks(self, pieces: Iterable[DocxPiece]) -> list[Block]:
        """Tables stay tables; a letterhead, a signature block or a frame becomes lines."""
        found: list[Block] = []
        run: list[SourceLine] = []
        for block in self._blocks(pieces):
            if isinstance(block, SourceLine):
                run.append(block)
            else:
                found += [*split_tables(run), block]
                run = []
        return found + split_tables(run)

    def _blocks(self, pieces: Iterable[DocxPiece]) -> Iterator[Block]:
        for piece in pieces:
            if isinstance(piece, DocxTable):
                yield from self._table(piece)
            else:
                yield from self._lines(piece)

    def _lines(self, text: str) -> Iterator[SourceLine]:
        if not text and not self._own_blanks:
            return
        self._last += 1
        for line in lines_of(text):
            yield SourceLine(self._last, line.text)
        if not self._own_blanks:
            yield SourceLine(self._last, "")

    def _table(self, table: DocxTable) -> Iterator[Block]:
        first = self._last + 1
        rows = [row for row in table.rows if any(row)]
        source = SourceTable(tuple(TableRow(first + i, _texts(row)) for i, row in enumerate(rows)))
        width = max((sum(map(bool, row.cells)) for row in source.rows), default=0)
        if width <= 1 or is_furniture(source):
            yield from self._taken_apart(rows)
        else:
            self._last += len(rows)
            yield source

    def _taken_apart(self, rows: Sequence[Sequence[Sequence[DocxPiece]]]) -> Iterator[Block]:
        """Column by column, as the two halves of such a block are read."""
        for column in range(max(map(len, rows), default=0)):
            for row in rows:
                if column < len(row):
                    yield from self._blocks(row[column])


def _texts(row: Sequence[Sequence[DocxPiece]]) -> tuple[str, ...]:
    return tuple(" ".join(_words(cell)).strip() for cell in row)


def _words(cell: Sequence[DocxPiece]) -> Iterator[str]:
    for piece in cell:
        if isinstance(piece, DocxTable):
            yield from (text for row in piece.rows for text in _texts(row) if text)
        else:
            text = " ".join(line.text for line in lines_of(piece))
            yield " ".join(_EMPHASIS.sub("", text).split())
