"""Find the tables of a text export: tabs, Markdown pipes, or columns of spaces."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from content.folding import fold
from schedules.plan_reader.columns import Field, match_titles
from schedules.plan_reader.letters import UPPER
from schedules.plan_reader.source import Block, SourceLine, SourceTable, TableRow

_RULE = re.compile(r"\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*")
_GRID = re.compile(r"\s*\+(?:[-=]+\+)+\s*")
_SIDE_BY_SIDE = re.compile(rf"(?<=[^\s.][^\s])\s{{3,}}(?=[({UPPER}])")
_GAP = re.compile(r"\s{2,}")
_NUMBER = re.compile(r"\(?(?:\d{1,3}|[IVX]{1,5})[.)]?")
_FURNITURE = re.compile(fold(r"cộng hòa xã hội|độc lập\s*-|nơi nhận|tm\.|kt\."))
_LEAST_COLUMNS = 3
_MOST_COLUMNS = 20
_LONGEST_LAID_OUT = 400
"""Characters; a longer line is a paragraph."""
_LEAST_TITLES = 3


def split_tables(lines: Sequence[SourceLine]) -> list[Block]:
    """The lines with every table taken out of them and put in its place as one block."""
    blocks: list[Block] = []
    position = 0
    while position < len(lines):
        for read in (_read_pipes, _read_tabs, _read_spaces):
            if found := read(lines, position):
                table, position = found
                blocks.extend(_taken_apart(table) if is_furniture(table) else [table])
                break
        else:
            blocks.extend(_flattened(lines[position]))
            position += 1
    return blocks


def is_furniture(table: SourceTable) -> bool:
    """A letterhead or signature block that was laid out as a table."""
    text = fold(" ".join(cell for row in table.rows[:8] for cell in row.cells))
    return _FURNITURE.search(text) is not None and not _has_titles(table.rows)


def _taken_apart(table: SourceTable) -> Iterator[SourceLine]:
    """Column by column, as the two halves of such a block are read."""
    for column in range(max(len(row.cells) for row in table.rows)):
        for row in table.rows:
            if column < len(row.cells) and row.cells[column]:
                yield SourceLine(row.no, row.cells[column])


def _flattened(line: SourceLine) -> list[SourceLine]:
    """Two columns side by side (letterhead, signature) are two lines with one number."""
    if "\t" in line.text.strip():
        halves = line.text.split("\t")
    elif len(line.text) <= _LONGEST_LAID_OUT:
        halves = _SIDE_BY_SIDE.split(line.text.strip())
    else:
        halves = [line.text]
    return [SourceLine(line.no, half.strip()) for half in halves if half.strip()] or [line]


Found = tuple[SourceTable, int] | None


def _read_pipes(lines: Sequence[SourceLine], start: int) -> Found:
    if lines[start].text.count("|") < _LEAST_COLUMNS - 1:
        return None
    rows: list[TableRow] = []
    position = start
    while (position < len(lines) and "|" in lines[position].text) or _is_grid(lines, position):
        line = lines[position]
        if not _RULE.fullmatch(line.text) and not _GRID.fullmatch(line.text):
            rows.append(TableRow(line.no, _pipe_cells(line.text)))
        position += 1
    if len(rows) < 2 and not _has_titles(rows):
        return None
    return SourceTable(tuple(rows)), position


def _is_grid(lines: Sequence[SourceLine], position: int) -> bool:
    return position < len(lines) and _GRID.fullmatch(lines[position].text) is not None


def _pipe_cells(text: str) -> tuple[str, ...]:
    inner = text.strip().removeprefix("|").removesuffix("|")
    cells = re.split(r"(?<!\\)\|", inner)
    return tuple(cell.replace("\\|", "|").strip() for cell in cells)


def _read_tabs(lines: Sequence[SourceLine], start: int) -> Found:
    if lines[start].text.count("\t") < _LEAST_COLUMNS - 1:
        return None
    header = TableRow(lines[start].no, _tab_cells(lines[start].text))
    width = len(header.cells)
    rows = [header]
    position = start + 1
    while position < len(lines):
        row, position_after = _tab_row(lines, position, width)
        if row is None:
            break
        rows.append(row)
        position = position_after
    if len(rows) < 2 and not _has_titles(rows):
        return None
    return SourceTable(tuple(rows)), position


def _tab_cells(text: str) -> tuple[str, ...]:
    return tuple(cell.strip() for cell in text.split("\t"))


def _tab_row(lines: Sequence[SourceLine], position: int, width: int) -> tuple[TableRow | None, int]:
    """The next row; one that was broken inside a cell goes on over the following lines."""
    while position < len(lines) and not lines[position].text.strip():
        position += 1
    if position >= len(lines) or "\t" not in lines[position].text:
        return None, position
    first = lines[position]
    cells = list(_tab_cells(first.text))
    position += 1
    while len(cells) < width and position < len(lines):
        text = lines[position].text
        following = _tab_cells(text)
        if not text.strip() or _NUMBER.fullmatch(following[0]):
            break
        if len(cells) + len(following) - 1 > width:
            break
        cells[-1] = f"{cells[-1]} {following[0]}".strip()
        cells.extend(following[1:])
        position += 1
    return TableRow(first.no, tuple(cells)), position


def _read_spaces(lines: Sequence[SourceLine], start: int) -> Found:
    """A table laid out with spaces: known only by a header of three known titles or more."""
    text = lines[start].text
    if len(text) > _LONGEST_LAID_OUT:
        return None
    starts = _column_starts(text)
    if not _LEAST_COLUMNS <= len(starts) <= _MOST_COLUMNS or "\t" in text or "|" in text:
        return None
    header = _cut(text, starts)
    if sum(title is not None for title in match_titles(header)) < _LEAST_TITLES:
        return None
    rows = [TableRow(lines[start].no, header)]
    position, blanks = start + 1, 0
    while position < len(lines) and blanks < 3:
        text = lines[position].text
        if not text.strip():
            blanks += 1
        elif _belongs(text, starts):
            _add_spaced(rows, lines[position], _cut(text, starts))
            blanks = 0
        else:
            break
        position += 1
    return (SourceTable(tuple(rows)), position) if len(rows) > 1 else None


def _column_starts(text: str) -> list[int]:
    starts, position = [], 0
    for part in _GAP.split(text.strip()):
        position = text.index(part, position) if part else position
        starts.append(position)
        position += len(part)
    return starts


def _cut(text: str, starts: list[int]) -> tuple[str, ...]:
    """Give each run of words to the column that begins nearest to it."""
    cells = [""] * len(starts)
    position = 0
    for part in _GAP.split(text.strip()):
        position = text.index(part, position)
        nearest = min(range(len(starts)), key=lambda i: abs(starts[i] - position))
        cells[nearest] = f"{cells[nearest]} {part}".strip()
        position += len(part)
    return tuple(cells)


def _belongs(text: str, starts: list[int]) -> bool:
    indented = len(text) - len(text.lstrip()) >= starts[1] - 1
    return indented or len(_GAP.split(text.strip())) >= _LEAST_COLUMNS


def _add_spaced(rows: list[TableRow], line: SourceLine, cells: tuple[str, ...]) -> None:
    """A line without a number in the first column goes on with the row above."""
    if _NUMBER.fullmatch(cells[0]) or len(rows) == 1:
        rows.append(TableRow(line.no, cells))
        return
    above = rows[-1]
    joined = (f"{a} {b}".strip() for a, b in zip(above.cells, cells, strict=True))
    rows[-1] = TableRow(above.no, tuple(joined))


def _has_titles(rows: Sequence[TableRow]) -> bool:
    known = sum(t not in (None, Field.NOTE) for t in match_titles(rows[0].cells)) if rows else 0
    return known >= _LEAST_TITLES
