"""`report`: what was done in a period, as an official report."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from broadcaster.app import App
from broadcaster.cli.console import brief, counting, note, print_json, say, table
from broadcaster.cli.session import opened
from broadcaster.periods import Period, period_due, read_period
from broadcaster.report import Report, make_report
from content.errors import UserError
from schedules.moments import require_day


def register(app: typer.Typer, name: str, line: str) -> None:
    """Add the command."""
    app.command(name, help=line, short_help=line)(report)


def report(
    period: Annotated[
        str | None,
        typer.Option(
            "--period", help="Kỳ: 2026-H1, 2026-H2, 2026, 2026-Q3, 2026-11 hoặc TỪ_NGÀY..ĐẾN_NGÀY."
        ),
    ] = None,
    due: Annotated[
        str | None,
        typer.Option("--due", help="Hạn báo cáo trong kế hoạch: 2026-12-15, hoặc next."),
    ] = None,
    plan: Annotated[int | None, typer.Option("--plan", help="Số của kế hoạch.")] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Ghi ra tệp .docx, .pdf hoặc .json.")
    ] = None,
    number: Annotated[str, typer.Option("--number", help="Số văn bản, ví dụ 12.")] = "",
    issued: Annotated[
        str | None, typer.Option("--date", help="Ngày ban hành, ví dụ 14/12/2026.")
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Mỗi con số: cách tính và các minh chứng.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="In JSON.")] = False,
) -> None:
    """Count the evidence of a period; write, explain or show it."""
    from broadcaster.explain import report_json

    day = require_day(issued) if issued else None
    with opened() as app:
        wanted = _period(app, period, due, plan)
        with counting("Đếm minh chứng") as count:
            made = make_report(app, wanted, plan, count)
        if made.tally.broken:
            note("Sổ minh chứng không nguyên vẹn; hãy chạy: broadcaster evidence verify")
        if explain:
            _explain(app, made, number, day, as_json=as_json)
        if output is not None:
            _write(app, made, output, number, day)
            say(f"Đã ghi {output}") if not as_json and not explain else None
        if as_json and not explain:
            print_json(report_json(made))
        elif not explain and output is None:
            _show(made)


def _period(app: App, period: str | None, due: str | None, plan: int | None) -> Period:
    from broadcaster import plans

    if (period is None) == (due is None):
        raise UserError(
            "Hãy cho biết kỳ báo cáo, bằng --period hoặc bằng --due.",
            "Ví dụ: broadcaster report --period 2026-H2 -o bao-cao.docx.",
        )
    if period is not None:
        return read_period(period)
    today = app.clock.now().astimezone(app.zone).date()
    return period_due(plans.get_plan(app, plan).tasks, due or "", today).period


def _write(app: App, made: Report, output: Path, number: str, day: date | None) -> None:
    from broadcaster.explain import render_json
    from broadcaster.papers import FORMATS, format_of, render, write

    fmt = format_of(output, (*FORMATS, "json"))
    if fmt == "json":
        write(output, render_json(made))
        return
    from broadcaster.report_paper import letter_for, report_paper

    write(output, render(report_paper(app, made, letter_for(app, made, number, day)), fmt))


def _explain(app: App, made: Report, number: str, day: date | None, *, as_json: bool) -> None:
    from broadcaster.explain import explained, figure_json
    from broadcaster.figures import ranges
    from broadcaster.report_paper import letter_for, report_paper

    paper = report_paper(app, made, letter_for(app, made, number, day))
    if as_json:
        print_json([figure_json(one) for one in explained(paper)])
        return
    for one in explained(paper):
        say(f"{one.key} = {one.shown}", "bold")
        say(f"   {one.rule}")
        if one.seqs:
            say(f"   Minh chứng số: {ranges(one.seqs)}")
        if one.rows:
            say(f"   Dòng dữ liệu: {', '.join(one.rows)}")


def _show(made: Report) -> None:
    from broadcaster.completion import LABELS
    from broadcaster.figures import figures_of, number

    figures = figures_of(made).single
    say(f"Kết quả {made.period.words}, số liệu đến hết ngày {figures['cutoff'].shown}", "bold")
    if made.is_empty:
        say("Sổ minh chứng không ghi nhận lượt phát, đăng tải nào trong kỳ.", "yellow")
    say(f"Tin, bài: {figures['total.bulletins'].shown}; lượt: {figures['total.outputs'].shown}")
    if figures["sessions"]:
        say(f"Đúng giờ: {figures['sessions.share'].shown}")
    if figures["tasks.counted"]:
        say(f"Hoàn thành nhiệm vụ: {figures['tasks.done'].shown}/"
            f"{figures['tasks.counted'].shown} ({figures['tasks.share'].shown})")  # fmt: skip
    table(
        ["Kênh", "Số", "Tin, bài"],
        [(g.label, number(g.count.outputs), number(len(g.count.bulletins))) for g in made.channels],
    )
    table(
        ["NV", "Nội dung", "Kết quả", "Đạt", "Lượt"],
        [
            (t.no, brief(t.content), LABELS[t.state], f"{t.done}/{t.needed}", len(t.outputs))
            for t in made.tasks
        ],
    )
