"""`plan`: import a document, show what was read, read a timeframe."""

from __future__ import annotations

import sys
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from broadcaster import plans
from broadcaster.cli.console import brief, bullet, counting, note, print_json, say, table
from broadcaster.cli.session import opened
from broadcaster.cli.year_table import show_calendar
from broadcaster.plan_correction import Correction
from broadcaster.plan_progress import TaskProgress
from content.errors import UserError
from schedules.plan import Task
from schedules.standing import STATE_LABELS, State

_Json = Annotated[bool, typer.Option("--json", help="In JSON.")]


def register(app: typer.Typer, name: str, line: str) -> None:
    """Add the noun."""
    noun = typer.Typer(help=line, no_args_is_help=True)
    noun.command("import", help="Nhập văn bản kế hoạch (.docx, .pdf, .txt, .md).")(import_)
    noun.command("list", help="Các kế hoạch đã nhập.")(list_plans)
    noun.command("show", help="Xem một kế hoạch: nhiệm vụ và cảnh báo.")(show)
    noun.command("review", help="Duyệt những chỗ cần người quyết định.")(review)
    noun.command("status", help="Mỗi nhiệm vụ đã làm đến đâu.")(status)
    noun.command("calendar", help="Bức tranh cả năm: nhiệm vụ là thanh, buổi phát là chấm.")(
        calendar
    )
    noun.command("timeframe", help="Đọc cụm từ chỉ thời gian (“-” = mỗi dòng một cụm).")(timeframe)
    app.add_typer(noun, name=name)


def import_(
    file: Annotated[Path, typer.Argument(help="Tệp kế hoạch.")],
    replaces: Annotated[
        int | None, typer.Option("--replaces", help="Số kế hoạch mà bản này sửa.")
    ] = None,
    another: Annotated[
        bool, typer.Option("--another", help="Là kế hoạch khác, dù rất giống bản đã nhập.")
    ] = False,
    as_json: _Json = False,
) -> None:
    """Import a document and print what was read."""
    confirm = _told if replaces is not None else _asked if sys.stdin.isatty() else None
    with opened() as app:
        with counting("Đang đọc") as count:
            read = plans.read_document(app, file, count)
        imported = plans.keep_document(
            app, read, replaces=replaces, another=another, confirm=confirm
        )
    if imported.again:
        note(f"Văn bản này đã nhập trước đây, là kế hoạch số {imported.plan.id}.")
    if as_json:
        changes = {"changes": imported.changes.to_json()} if imported.changes else {}
        print_json(plans.to_json(imported.plan) | changes)
    else:
        _print(imported)
        note(f"Tiếp theo, xem và xác nhận: broadcaster plan review {imported.plan.id}")


def _told(change: Correction) -> bool:
    for line in change.lines():
        note(line)
    return True


def _asked(change: Correction) -> bool:
    word = "" if change.sure else "có lẽ "
    note(f"Đây {word}là bản sửa của kế hoạch số {change.plan.id} ({change.plan.source_name}):")
    _told(change)
    return typer.confirm("Thay bản cũ bằng bản này?", default=False, err=True)


def list_plans(as_json: _Json = False) -> None:
    """All plans."""
    with opened() as app:
        found = plans.all_plans(app)
    if as_json:
        print_json([plans.to_json(plan) for plan in found])
        return
    table(
        ["Số", "Kế hoạch", "Từ", "Đến", "Tệp"],
        [
            (plan.id, plan.title, _day(plan.period_start), _day(plan.period_end), plan.source_name)
            for plan in found
        ],
    )


def show(
    plan: Annotated[int | None, typer.Argument(help="Số kế hoạch (mặc định: mới nhất).")] = None,
    task: Annotated[
        str | None, typer.Option("--task", help="Một nhiệm vụ, toàn văn: ND1, 3 …")
    ] = None,
    as_json: _Json = False,
) -> None:
    """One plan with its tasks and warnings, or one task whole."""
    with opened() as app:
        imported = plans.get_plan(app, plan)
    if task is not None:
        _print_task(imported, task, as_json)
    elif as_json:
        print_json(plans.to_json(imported.plan))
    else:
        _print(imported)


def review(
    plan: Annotated[int | None, typer.Argument(help="Số kế hoạch (mặc định: mới nhất).")] = None,
    export: Annotated[
        Path | None, typer.Option("--export", help="Ghi các câu hỏi ra tệp để sửa.")
    ] = None,
    answers: Annotated[Path | None, typer.Option("--from", help="Đọc tệp đã sửa.")] = None,
    accept: Annotated[
        bool, typer.Option("--accept", help="Xác nhận tất cả đúng như đã đọc và tạm tính.")
    ] = False,
    as_json: _Json = False,
) -> None:
    """Decide what needs a person: on the terminal, or in a file."""
    from broadcaster.cli.plan_review import review_plan

    review_plan(plan, export, answers, accept=accept, as_json=as_json)


def status(
    plan: Annotated[int | None, typer.Argument(help="Số kế hoạch (mặc định: mới nhất).")] = None,
    score: Annotated[
        bool, typer.Option("--score", help="Chỉ điểm theo các bộ chỉ số (nguồn ghi kèm).")
    ] = False,
    as_json: _Json = False,
) -> None:
    """How far each task is, what proves it, and the points it earns."""
    from broadcaster import plan_progress

    with opened() as app:
        found = plan_progress.progress(app, plan)
    if as_json:
        print_json(found.scores_json() if score else found.tasks_json())
        return
    say(f"Kế hoạch số {found.plan.id}: {found.plan.title or '(không rõ tên)'}", "bold")
    if not score:
        table(
            ["Số", "Nhiệm vụ", "Thời gian", "Đạt", "%", "Tình trạng", "Điểm"],
            [_progress_row(row, found.points_each) for row in found.rows],
            wide="Nhiệm vụ",
        )
        for row in found.rows:
            if row.standing.why:
                bullet(f"Nhiệm vụ {row.task.no}: {row.standing.why}.", "yellow")
            for problem in row.work.quota.problems:
                bullet(f"Nhiệm vụ {row.task.no}: {problem}", "yellow")
    say(f"Hoàn thành {found.done}/{found.counted} nhiệm vụ ({100 * found.share:.0f} %).", "bold")
    table(
        ["Tiêu chí", "Điểm", "Tối đa", "Vì"],
        [(one.name, f"{one.points:g}", f"{one.most:g}", one.how) for one in found.scores],
    )
    for source in dict.fromkeys(one.source for one in found.scores):
        note(f"Nguồn: {source}.")


def calendar(
    plan: Annotated[int | None, typer.Argument(help="Số kế hoạch (mặc định: mới nhất).")] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Ghi ra tệp HTML để xem, in.")
    ] = None,
    as_json: _Json = False,
) -> None:
    """The year as a picture: tasks as bars, broadcasts as dots."""
    from broadcaster import plan_calendar

    with opened() as app, counting("Dự báo cả năm") as count:
        picture = plan_calendar.picture(app, plan, count)
    if output is not None:
        plan_calendar.write(picture, output)
    if as_json:
        print_json(picture.to_json())
    elif output is not None:
        say(f"Đã ghi {output}")
    else:
        show_calendar(picture)


def timeframe(
    text: Annotated[str, typer.Argument(help="Cụm từ, hoặc “-” để đọc từ đầu vào.")],
    year: Annotated[int | None, typer.Option(help="Năm của kế hoạch.")] = None,
    start: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Đầu kỳ.")] = None,
    end: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Cuối kỳ.")] = None,
    issued: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Ngày ban hành.")
    ] = None,
    as_json: _Json = False,
) -> None:
    """Read one phrase, or one a line."""
    from broadcaster.clock import SystemClock
    from schedules.timeframe import PlanContext, read_timeframe

    year = year or (start.year if start else SystemClock().now().year)
    context = PlanContext(
        year=year,
        start=start.date() if start else date(year, 1, 1),
        end=end.date() if end else date(year, 12, 31),
        issued=issued.date() if issued else None,
    )
    many = text == "-"
    phrases = [line for line in sys.stdin.read().splitlines() if line.strip()] if many else [text]
    found = [read_timeframe(phrase, context).to_json() for phrase in phrases]
    if as_json:
        print_json(found)
        return
    table(
        ["Cụm từ", "Loại", "Khoảng", "Hạn", "Lặp lại", "Chưa đọc"],
        [
            (
                item["text"],
                item["kind"],
                "\n".join(f"{a} → {b}" for a, b in item["windows"]),
                "\n".join(item["due"]),
                ", ".join(item["recurrence"]),
                item["unread"] or "",
            )
            for item in found
        ],
    )


def _progress_row(row: TaskProgress, points: float) -> tuple[str, ...]:
    work = row.work
    parts = []
    if work.airings_needed:
        parts.append(f"{work.airings}/{work.airings_needed}{'*' * work.quota.assumed} lượt")
    if work.proofs_needed:
        parts.append(f"{work.proofs}/{work.proofs_needed} minh chứng")
    done = row.counted and row.standing.state is State.DONE
    return (
        row.task.no,
        brief(row.task.content),
        _time(row.task),
        "\n".join(parts),
        f"{100 * work.share:.0f}",
        STATE_LABELS[row.standing.state],
        f"{points:.2f}" if done else "0",
    )


def _print_task(imported: plans.Imported, no: str, as_json: bool) -> None:
    found = next((task for task in imported.tasks if task.no.lower() == no.strip().lower()), None)
    if found is None:
        numbers = ", ".join(task.no for task in imported.tasks)
        raise UserError(f"Kế hoạch này không có nhiệm vụ {no}.", f"Các nhiệm vụ: {numbers}.")
    if as_json:
        print_json(plans.task_json(found))
        return
    say(f"Nhiệm vụ {found.no} của kế hoạch số {imported.plan.id}", "bold")
    say(found.content)
    for label, value in (
        ("Hình thức", found.form),
        ("Kênh", ", ".join(found.channels)),
        ("Thời gian", _time(found)),
        ("Chủ trì", found.lead),
        ("Phối hợp", found.support),
        ("Sản phẩm", found.product),
        ("Nguồn", _source(found)),
    ):
        bullet(f"{label}: {value or '—'}")


def _print(imported: plans.Imported) -> None:
    plan, document = imported.plan, imported.plan.document
    say(f"Kế hoạch số {plan.id}: {plan.title or '(không rõ tên)'}", "bold")
    say(
        f"Cơ quan: {document['issuer'] or '(không rõ)'}   "
        f"Số hiệu: {document['number'] or '(trống)'}/{document['symbol'] or '(trống)'}"
    )
    say(f"Thời gian: {_day(plan.period_start)} – {_day(plan.period_end)}")
    table(
        ["Số", "Nhiệm vụ", "Kênh", "Thời gian", "Chủ trì", "Nguồn"],
        [
            (t.no, brief(t.content), "\n".join(t.channels), _time(t), t.lead, _source(t))
            for t in imported.tasks
        ],
        wide="Nhiệm vụ",
    )
    _print_warnings(document["warnings"])


def _time(task: Task) -> str:
    return " ".join(str(task.reading().get("text") or "—").split())


def _source(task: Task) -> str:
    """Where a task comes from; what the program derived waits for a person's word."""
    word = {"annex": "phụ lục", "derived": "suy ra", "duty": "phân công"}[task.source]
    if task.confirmed_at is not None:
        return f"{word}, đã xác nhận"
    return word if task.source == "annex" else f"{word}, chờ xác nhận"


def _print_warnings(warnings: list[dict[str, Any]]) -> None:
    if not warnings:
        return
    say(f"Cần xem lại {len(warnings)} chỗ:", "bold yellow")
    for warning in warnings:
        line = f"dòng {warning['line']}" if warning["line"] else ""
        where = warning.get("place") or line
        bullet(f"{where}: {warning['message']}" if where else warning["message"])


def _day(value: date | None) -> str:
    return f"{value:%d/%m/%Y}" if value else "(không rõ)"
