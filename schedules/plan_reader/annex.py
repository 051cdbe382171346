"""Tasks out of the tables of an annex (phụ lục)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from content.errors import Problem
from content.folding import fold
from schedules.plan_reader.channels import OTHER, named_channels
from schedules.plan_reader.columns import Field, known_titles, match_titles
from schedules.plan_reader.document import PlanTask, PlanWarning
from schedules.plan_reader.source import SourceTable, TableRow, clean
from schedules.timeframe import Kind, PlanContext, Timeframe, find_obligations, read_timeframe
from schedules.timeframe.resolution import months

_INDEX_CELL = re.compile(r"\(?(?:\d{1,2}|[A-Z])\)?")
_ROMAN_NO = re.compile(r"(?:[IVX]+|[A-HĐ])[.)]?")
_DITTO = re.compile(r"[\s\-\"'.(]*(?:nt|như trên|n/t|//|\"|''|〃)[\s\-\"'.)]*")
_INHERITED = (Field.TIMEFRAME, Field.LEAD, Field.SUPPORT)
_NAMES = {
    Field.FORM: "hình thức",
    Field.TIMEFRAME: "thời gian",
    Field.LEAD: "đơn vị chủ trì",
    Field.SUPPORT: "đơn vị phối hợp",
    Field.PRODUCT: "sản phẩm",
}
_MOST_HEADER_ROWS = 4
_REPORT = fold("báo cáo")


@dataclass(slots=True)
class AnnexResult:
    """Tasks of all annexes, what was doubtful, and tables that could not be used at all."""

    tasks: list[PlanTask]
    warnings: list[PlanWarning]
    problems: list[Problem]
    unknown: list[SourceTable]


@dataclass(frozen=True, slots=True)
class _Row:
    no: int
    cells: dict[Field, str]
    group: str = ""
    """The heading over the whole table that it stands under."""

    def get(self, field: Field) -> str:
        return self.cells.get(field, "")


def read_annexes(
    tables: Sequence[SourceTable], context: PlanContext, plan_time: str | None
) -> AnnexResult:
    """Tasks of every table with a content column.

    `plan_time` is the plan's own time phrase, used where a table has no time column.
    """
    result = AnnexResult([], [], [], [])
    for table in tables:
        _read_table(table, context, plan_time, result)
    _number(result)
    return result


def _read_table(
    table: SourceTable, context: PlanContext, plan_time: str | None, result: AnnexResult
) -> None:
    header = _header(table.rows)
    if header is None:
        result.problems.append(_unknown_table(table))
        result.unknown.append(table)
        return
    fields, rows_used = header
    titles = table.rows[rows_used - 1]
    if Field.CONTENT not in fields:
        message = "Bảng không có cột nội dung nên không lấy nhiệm vụ từ bảng này."
        result.warnings.append(PlanWarning("table_without_content", titles.no, message))
        return
    result.warnings.extend(_column_warnings(fields, titles))
    rows = list(_rows(table.rows[rows_used:], fields, result.warnings))
    previous: _Row | None = None
    for row in rows:
        row = _complete(row, previous, fields, result.warnings)
        result.tasks.append(_task(row, context, plan_time, result.warnings))
        previous = row


def _header(rows: Sequence[TableRow]) -> tuple[list[Field | None], int] | None:
    """The fields of the columns and how many rows the header takes."""
    known = [sum(f is not None for f in match_titles(r.cells)) for r in rows[:_MOST_HEADER_ROWS]]
    if not known or max(known) == 0:
        return None
    at = known.index(max(known))
    fields = match_titles(rows[at].cells)
    if at + 1 < len(rows) and (merged := _two_storeys(rows[at], rows[at + 1])):
        return merged, at + 2
    return fields, at + 1


def _two_storeys(upper: TableRow, lower: TableRow) -> list[Field | None] | None:
    """ "Đơn vị" over "Chủ trì | Phối hợp": the lower title counts where there is one."""
    if len(lower.cells) > len(upper.cells):
        return None
    below = [c for c in lower.cells if c]
    if not below or len(below) == len(upper.cells) or None in match_titles(below):
        return None
    padded = [*lower.cells, *[""] * (len(upper.cells) - len(lower.cells))]
    titles = [low or up for up, low in zip(upper.cells, padded, strict=True)]
    return match_titles(titles)


def _unknown_table(table: SourceTable) -> Problem:
    return Problem(
        "Không nhận ra cột nào của bảng.",
        f"Hãy đặt tên cột theo một trong các tên: {', '.join(known_titles())}.",
        line=table.rows[0].no,
    )


def _column_warnings(fields: Sequence[Field | None], titles: TableRow) -> Iterator[PlanWarning]:
    for field, title in zip(fields, titles.cells, strict=False):
        if field is None and title.strip():
            message = f"Không nhận ra cột “{title}”; nội dung cột này không được dùng."
            yield PlanWarning("unknown_column", titles.no, message)
    if Field.FORM not in fields:
        message = "Bảng không có cột hình thức; kênh được suy từ nội dung và đơn vị chủ trì."
        yield PlanWarning("no_form_column", titles.no, message)
    if Field.TIMEFRAME not in fields:
        message = "Bảng không có cột thời gian; lấy thời gian chung của kế hoạch."
        yield PlanWarning("no_timeframe_column", titles.no, message)


def _rows(
    rows: Sequence[TableRow], fields: Sequence[Field | None], warnings: list[PlanWarning]
) -> Iterator[_Row]:
    """Rows that ask for something; a row broken over two is put together again."""
    pending: _Row | None = None
    group = ""
    for row in rows:
        current = replace(_as_row(row, fields, warnings), group=group)
        if not any(current.cells.values()) or _repeats_header(row) or _is_index(row):
            continue
        if _is_group(current):
            if pending:
                yield pending
            pending = None
            group = current.get(Field.CONTENT) or current.get(Field.NO)
        elif pending and not current.get(Field.CONTENT) and not current.get(Field.NO):
            pending = replace(pending, cells=_joined(pending.cells, current.cells))
        else:
            if pending:
                yield pending
            pending = current
    if pending:
        yield pending


def _as_row(row: TableRow, fields: Sequence[Field | None], warnings: list[PlanWarning]) -> _Row:
    cells: dict[Field, str] = {}
    for field, cell in zip(fields, row.cells, strict=False):
        if field is not None and field is not Field.NOTE:
            cells[field] = clean(cell) if not re.fullmatch(r"\s*\d+\s*", cell) else cell.strip()
            if _DITTO.fullmatch(fold(cell)):
                cells[field] = cell.strip()
    extra = [cell for cell in row.cells[len(fields) :] if cell.strip()]
    if extra:
        message = f"Dòng có nhiều ô hơn tiêu đề; chưa dùng: “{'; '.join(extra)}”."
        warnings.append(PlanWarning("row_too_long", row.no, message))
    return _Row(row.no, cells)


def _repeats_header(row: TableRow) -> bool:
    """The header printed again at the top of a new page."""
    fields = match_titles(row.cells)
    return Field.NO in fields and Field.CONTENT in fields and len(set(fields)) >= 3


def _is_index(row: TableRow) -> bool:
    """ "(1) | (2) | (3)" under the titles."""
    cells = [c.strip() for c in row.cells if c.strip()]
    return len(cells) >= 3 and all(_INDEX_CELL.fullmatch(c) for c in cells)


def _is_group(row: _Row) -> bool:
    """A line over the whole table that only names a group of tasks ("I. Công tác chỉ đạo")."""
    others = [v for f, v in row.cells.items() if v and f not in (Field.NO, Field.CONTENT)]
    number = row.get(Field.NO)
    if others or number.rstrip(".)").isdigit():
        return False
    return not number or not row.get(Field.CONTENT) or _ROMAN_NO.fullmatch(number) is not None


def _joined(above: dict[Field, str], below: dict[Field, str]) -> dict[Field, str]:
    return {f: f"{above.get(f, '')} {below.get(f, '')}".strip() for f in {**above, **below}}


def _complete(
    row: _Row,
    previous: _Row | None,
    fields: Sequence[Field | None],
    warnings: list[PlanWarning],
) -> _Row:
    """Fill "nt" and merged cells from the row above; say what was filled and what is missing."""
    cells = dict(row.cells)
    missing = []
    for field, name in _NAMES.items():
        if field not in fields:
            continue
        above = previous.get(field) if previous else ""
        if _DITTO.fullmatch(fold(cells.get(field, ""))):
            cells[field] = above
        if cells.get(field):
            continue
        if field in _INHERITED and above:
            cells[field] = above
            message = f"Ô {name} để trống; lấy theo dòng trên: “{above}”."
            warnings.append(PlanWarning("inherited_cell", row.no, message))
        else:
            missing.append(name)
    if not cells.get(Field.CONTENT):
        missing.insert(0, "nội dung")
    if missing:
        message = f"Dòng {cells.get(Field.NO) or '?'} của phụ lục để trống: {', '.join(missing)}."
        warnings.append(PlanWarning("missing_cell", row.no, message))
    return replace(row, cells=cells)


def _task(
    row: _Row, context: PlanContext, plan_time: str | None, warnings: list[PlanWarning]
) -> PlanTask:
    content, form = row.get(Field.CONTENT), row.get(Field.FORM) or None
    channels = (
        named_channels(form)
        or named_channels(content)
        or named_channels(row.group)
        or named_channels(row.get(Field.LEAD))
        or (OTHER,)
    )
    phrase = _phrase(row, context, plan_time or "")
    timeframe = _with_reports(read_timeframe(phrase, context), content, context, row.no, warnings)
    warnings.extend(timeframe_warnings(timeframe, row.no))
    return PlanTask(
        no=row.get(Field.NO).rstrip(".)"),
        content=content,
        form=form,
        channels=channels,
        timeframe=timeframe,
        lead=row.get(Field.LEAD) or None,
        support=row.get(Field.SUPPORT) or None,
        product=row.get(Field.PRODUCT) or None,
        source="annex",
        line=row.no,
    )


def _phrase(row: _Row, context: PlanContext, plan_time: str) -> str:
    """What the columns of time say together, as one phrase."""
    begin, until = row.get(Field.TIMEFRAME), row.get(Field.UNTIL)
    phrase = begin or ("" if until else plan_time)
    if until:
        first = read_timeframe(begin, context).windows
        one_day = len(first) == 1 and first[0][0] == first[0][1]
        phrase = f"từ {begin} đến {until}" if one_day else f"{begin}, chậm nhất {until}"
    return ", ".join(filter(None, (phrase.strip(" ,"), row.get(Field.FREQUENCY))))


def timeframe_warnings(timeframe: Timeframe, line: int) -> Iterator[PlanWarning]:
    """What a person should look at in a reading."""
    if timeframe.kind is Kind.AMBIGUOUS:
        message = f"Thời gian “{timeframe.text}” có thể hiểu nhiều cách; hãy xác nhận."
        yield PlanWarning("ambiguous_timeframe", line, message)
    elif timeframe.kind in (Kind.UNSPECIFIED, Kind.NOT_SCHEDULE):
        message = f"Chưa hiểu thời gian “{timeframe.text}”; hãy nhập thời gian cụ thể."
        yield PlanWarning("timeframe_unknown", line, message)
    elif timeframe.unread:
        message = f"Phần “{timeframe.unread}” trong thời gian “{timeframe.text}” chưa được hiểu."
        yield PlanWarning("timeframe_unread", line, message)


def _with_reports(
    timeframe: Timeframe,
    content: str,
    context: PlanContext,
    line: int,
    warnings: list[PlanWarning],
) -> Timeframe:
    """ "Báo cáo 6 tháng và 1 năm" in a row dated only "Trong năm": one report at each end."""
    if timeframe.kind is not Kind.WINDOW or not fold(content).startswith(_REPORT):
        return timeframe
    found = [o.timeframe for o in find_obligations(content, context)]
    codes = tuple(dict.fromkeys(c for f in found for c in f.recurrence if not f.due))
    due = sorted({day for code in codes for day in _ends(code, timeframe.windows[0])})
    if not due:
        return timeframe
    days = ", ".join(f"{day:%d/%m/%Y}" for day in due)
    message = f"Nội dung nêu kỳ báo cáo; tạm lấy hạn vào cuối mỗi kỳ: {days}."
    warnings.append(PlanWarning("timeframe_from_content", line, message))
    return replace(timeframe, kind=Kind.RECURRING, recurrence=codes, due=tuple(due))


def _ends(code: str, window: tuple[date, date]) -> Iterator[date]:
    """Last days of the periods of `code` inside `window`."""
    step = {"monthly": 1, "quarterly": 3, "half_yearly": 6, "yearly": 12}.get(code)
    if step is None:
        return
    for year in range(window[0].year, window[1].year + 1):
        for last in range(step, 13, step):
            end = months(year, last, last)[1]
            if window[0] <= end <= window[1]:
                yield end


def _number(result: AnnexResult) -> None:
    """Give every task a number of its own: "2.2" for a row without one, "2-2" on a clash."""
    turns: dict[str, int] = {}
    last = ""
    for i, task in enumerate(result.tasks):
        last = task.no or last
        wanted = last or str(i + 1)
        turns[wanted] = turns.get(wanted, 0) + 1
        if turns[wanted] > 1:
            joint = "-" if task.no else "."
            wanted = f"{wanted}{joint}{turns[wanted]}"
        result.tasks[i] = replace(task, no=wanted)
