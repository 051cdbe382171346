"""A report as an official paper: the template's words, the figures, tables, charts, the annex."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

from broadcaster.anchor import anchor_of
from broadcaster.app import App
from broadcaster.completion import LABELS, TaskResult
from broadcaster.figures import Figures, figures_of, number, ranges
from broadcaster.papers import template
from broadcaster.papers.letter import Letter
from broadcaster.papers.paper import (
    Bar,
    Block,
    Chart,
    Column,
    Figure,
    Line,
    Paper,
    Paragraph,
    Span,
    Table,
    plain,
    said,
)
from broadcaster.report import Report, channel_label
from broadcaster.tally import Output
from content.draft import clean_line

TEMPLATE = "bao-cao"
_LONGEST_PROOF = 60
"""Characters of record numbers in a cell; the rest is in the JSON."""
_LINKS = 2
_NO_PROOF = "–"
_FOOTNOTE = " ⁽¹⁾"
"""Of tasks whose number of times the commune assumed; the template explains it under the table."""
_BREAKDOWNS = {
    "topics": "Nội dung",
    "forms": "Hình thức theo kế hoạch",
    "channels": "Kênh",
    "months": "Tháng",
    "classes": "Loại hình",
}


def report_paper(app: App, report: Report, letter: Letter) -> Paper:
    """The report in words. Raises UserError for a mistake in the commune's template."""
    figures = figures_of(report)
    filling = template.Filling(
        single={**letter.fields(), **figures.single},
        lists={**letter.lists(), **figures.lists},
        tables={
            **_breakdowns(report, figures),
            "reach": _reach_table(figures),
            "tasks": _task_table(report),
        },
        charts=_charts(report, figures),
    )
    paper = letter.paper(template.fill(template.find(app.home, TEMPLATE), filling))
    return _with_footnote(paper, figures.single["tasks.assumed"], report.station)


def _with_footnote(paper: Paper, assumed: Figure, station: str) -> Paper:
    """A commune's own, older template may show the mark and not say what it means."""
    if not assumed or any(one.key == assumed.key for one in paper.figures()):
        return paper
    line = (
        Span(f"{_FOOTNOTE.strip()} Kế hoạch không nêu số lần thực hiện của "),
        *said(assumed),
        Span(f" nhiệm vụ; số lần yêu cầu ghi ở đây do {station} tự xác định để theo dõi."),
    )
    return replace(
        paper,
        blocks=tuple(_after_marks(paper.blocks, line)),
        annexes=tuple(
            replace(one, blocks=tuple(_after_marks(one.blocks, line))) for one in paper.annexes
        ),
    )


def _after_marks(blocks: Iterable[Block], line: Line) -> Iterator[Block]:
    for block in blocks:
        yield block
        if isinstance(block, Table) and any(_is_marked(row) for row in block.rows):
            yield Paragraph(line)


def _is_marked(row: Iterable[Line]) -> bool:
    return any(_FOOTNOTE in span.text for line in row for span in line)


def letter_for(app: App, report: Report, number: str = "", day: date | None = None) -> Letter:
    """The report's letterhead, number, addressee, signer and anchor."""
    with app.database.reading() as session:
        anchor = anchor_of(session, app.station_id)
    return Letter(
        station=app.station,
        settings=app.settings.papers,
        plan=report.plan,
        number=number,
        day=day,
        today=app.clock.now().astimezone(app.zone).date(),
        anchor=anchor,
    )


def _breakdowns(report: Report, figures: Figures) -> Mapping[str, Table]:
    return {name: _breakdown(title, figures.lists[name]) for name, title in _BREAKDOWNS.items()}


def _breakdown(title: str, lines: Sequence[Mapping[str, Figure]]) -> Table:
    """One line a group, and their sum; tin, bài are not summed, for one may be in two groups."""
    columns = (
        Column("TT", 1, centred=True),
        Column(title, 7.5),
        Column("Số tin, bài", 1.7, centred=True),
        Column("Số lượt", 1.7, centred=True),
        Column("Thời lượng", 2.3, centred=True),
        Column("Lượt tiếp cận", 1.9, centred=True),
    )
    rows = [
        (
            plain(str(place)),
            said(line["label"]),
            said(line["bulletins"]),
            said(line["outputs"]),
            said(line["length"]),
            said(line["reach"]),
        )
        for place, line in enumerate(lines, start=1)
    ]
    return Table(columns, (*rows, _sum(lines)))


def _reach_table(figures: Figures) -> Table:
    columns = (
        Column("Kênh", 4.6),
        Column("Số lượt", 1.8, centred=True),
        Column("Số người tiếp cận", 2.3, centred=True),
        Column("Lượt xem", 2, centred=True),
        Column("Lượt tương tác", 2, centred=True),
        Column("Ngày đọc số liệu", 3.4, centred=True),
    )
    names = ("label", "outputs", "people", "views", "reactions", "read")
    rows = [tuple(said(line[name]) for name in names) for line in figures.lists["reach"]]
    return Table(columns, tuple(rows))


def _sum(lines: Sequence[Mapping[str, Figure]]) -> tuple[Line, ...]:
    parts = [line["outputs"] for line in lines]
    seqs = tuple(sorted(seq for one in parts for seq in one.seqs))
    name = parts[0].key.split(".")[0] if parts else "none"
    total = Figure(f"{name}.sum", number(len(seqs)), "cộng các dòng của bảng", len(seqs), seqs)
    return ((), plain("Cộng"), (), said(total), (), ())


def _charts(report: Report, figures: Figures) -> Mapping[str, Chart]:
    return {
        name: Chart(title, tuple(_bars(figures.lists[name])))
        for name, title in (
            ("months", "Số lượt phát, đăng tải theo tháng"),
            ("channels", "Số lượt theo kênh"),
            ("topics", "Số lượt theo nội dung tuyên truyền"),
            ("forms", "Số lượt theo hình thức"),
        )
    }


def _bars(lines: Iterable[Mapping[str, Figure]]) -> Iterable[Bar]:
    for line in lines:
        outputs = line["outputs"]
        yield Bar(line["label"].shown, float(len(outputs.seqs)), outputs)


def _task_table(report: Report) -> Table:
    columns = (
        Column("STT", 1.5, centred=True),
        Column("Nhiệm vụ", 6),
        Column("Hình thức", 3.6),
        Column("Thời hạn", 2.5, centred=True),
        Column("Chủ trì", 2.8),
        Column("Sản phẩm", 2.8),
        Column("Kết quả", 2.8, centred=True),
        Column("Tài liệu kiểm chứng", 7),
    )
    return Table(columns, tuple(_task_row(task) for task in report.tasks))


def _task_row(task: TaskResult) -> tuple[Line, ...]:
    form = task.form or ", ".join(channel_label(name) for name in task.channels)
    return (
        _of_plan(task, "no", task.no),
        _of_plan(task, "content", task.content),
        _of_plan(task, "form", form),
        _of_plan(task, "timeframe", task.timeframe),
        _of_plan(task, "lead", task.lead),
        _of_plan(task, "product", task.product),
        _result(task),
        tuple(_proof(task)),
    )


def _of_plan(task: TaskResult, name: str, text: str | None) -> Line:
    """Words of the plan itself: whatever numbers are in them stand in its row."""
    shown = clean_line(text or "")
    key = f"tasks.{task.no}.{name}"
    return said(Figure(key, shown, "kế hoạch", shown, rows=(f"task {task.row}",)))


def _result(task: TaskResult) -> Line:
    label = LABELS[task.state]
    if not task.counted:
        return plain(label)
    done = _of_task(task, "done", number(task.done), "số lần có minh chứng", task.outputs)
    needed = _of_task(task, "needed", number(task.needed), "số lần kế hoạch yêu cầu trong kỳ", ())
    return (
        Span(f"{label} ("),
        done,
        Span("/"),
        needed,
        Span(f" lần){_FOOTNOTE}" if task.assumed else " lần)"),
    )


def _proof(task: TaskResult) -> Iterator[Span]:
    """By channel: how many outputs, their record numbers, and the first links."""
    if not task.outputs:
        yield Span(_NO_PROOF)
    by_channel: dict[str, list[Output]] = defaultdict(list)
    for one in task.outputs:
        by_channel[one.channel].append(one)
    for place, (channel, found) in enumerate(by_channel.items()):
        yield Span(f"{'; ' if place else ''}{channel_label(channel)}: ")
        yield _of_task(task, channel, number(len(found)), "lượt trên kênh này", found)
        yield Span(" lượt (minh chứng số ")
        numbers = _short(ranges(one.seq for one in found))
        yield _of_task(task, f"{channel}.records", numbers, "số của bản ghi trong sổ", found)
        yield Span(")")
        links = [one.link for one in found if one.link and one.link.startswith("http")]
        if links:
            shown = " " + ", ".join(links[:_LINKS])
            yield _of_task(task, f"{channel}.links", shown, "liên kết ghi trong bản ghi", found)


def _of_task(task: TaskResult, name: str, shown: str, rule: str, outputs: Sequence[Output]) -> Span:
    seqs = tuple(one.seq for one in outputs)
    key = f"tasks.{task.no}.{name}"
    return Span(shown, Figure(key, shown, rule, shown, seqs, (f"task {task.row}",)))


def _short(text: str) -> str:
    if len(text) <= _LONGEST_PROOF:
        return text
    return text[:_LONGEST_PROOF].rsplit(",", 1)[0] + ", …"
