"""Letters that a scan took for digits, and the other way round, read as what was printed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from schedules.plan_reader.document import PlanWarning
from schedules.plan_reader.letters import UPPER
from schedules.plan_reader.source import Block, SourceLine, SourceTable, TableRow

_MISREAD = r"(?=[\dlIOo]*\d)(?=\d*[lIOo])[\dlIOo]{1,4}"
_NUMBER = re.compile(
    rf"(?:(?<=ngày )|(?<=tháng )|(?<=[Ss]ố )|(?<=[Ss]ố: )|(?<=[/\-]))(?P<a>{_MISREAD})(?!\w)"
    rf"|(?<!\w)(?P<b>{_MISREAD})(?=/[\d{UPPER}lo])"
)
_CAPITAL = re.compile(rf"(?<=[{UPPER}]{{2}})l\b|(?<=[{UPPER}])l(?=[{UPPER}])")
_DIGITS = str.maketrans("lIOo", "1100")


def mended(blocks: Sequence[Block]) -> tuple[list[Block], list[PlanWarning]]:
    """The same blocks with "ngày 1O" as "ngày 10", "NỘl" as "NỘI"; each place is told."""
    warnings: list[PlanWarning] = []
    found: list[Block] = []
    for block in blocks:
        if isinstance(block, SourceLine):
            found.append(replace(block, text=_mend(block.text, block.no, warnings)))
        else:
            rows = (_row(row, warnings) for row in block.rows)
            found.append(SourceTable(tuple(rows)))
    return found, warnings


def _row(row: TableRow, warnings: list[PlanWarning]) -> TableRow:
    return replace(row, cells=tuple(_mend(cell, row.no, warnings) for cell in row.cells))


def _mend(text: str, line: int, warnings: list[PlanWarning]) -> str:
    """Of the same length, so that positions in the line stay."""

    def number(match: re.Match[str]) -> str:
        meant = match.group().translate(_DIGITS)
        message = f"“{match.group()}” được đọc là “{meant}”; hãy kiểm tra với bản in."
        warnings.append(PlanWarning("misread_number", line, message))
        return meant

    return _CAPITAL.sub("I", _NUMBER.sub(number, text))
