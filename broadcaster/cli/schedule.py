"""`schedule`: the week, built, shown and exported."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer

from broadcaster import week as weeks
from broadcaster.app import App
from broadcaster.cli.console import bullet, counting, note, print_json, say, table
from broadcaster.cli.session import opened
from broadcaster.week_sheet import week_sheet
from content.errors import UserError
from schedules.export import FORMATS, SheetRow, WeekSheet, export
from schedules.openings import Week, read_week
from schedules.week_plan import Note

_Json = Annotated[bool, typer.Option("--json", help="In JSON.")]
_WeekName = Annotated[
    str, typer.Option("--week", help="Tuần: 2026-W48, this, next hoặc một ngày (mặc định: this).")
]
_DAYS = ("T2", "T3", "T4", "T5", "T6", "T7", "CN")


def register(app: typer.Typer, name: str, line: str) -> None:
    """Add the noun."""
    noun = typer.Typer(help=line, no_args_is_help=True)
    noun.command("build", help="Xếp lịch tuần; chạy lại chỉ đổi chỗ cần đổi.")(build)
    noun.command("show", help="Xem lịch tuần.")(show)
    noun.command("export", help="Xuất lịch tuần ra tệp để in, gửi.")(export_)
    app.add_typer(noun, name=name)


def build(
    week: _WeekName = "this",
    render: Annotated[
        bool, typer.Option("--render/--no-render", help="Dựng sẵn âm thanh của các buổi phát loa.")
    ] = True,
    as_json: _Json = False,
) -> None:
    """Propose the week and keep it."""
    from broadcaster import rehearsal

    with opened() as app:
        built = weeks.build(app, _week(app, week))
        if render:
            with counting("Dựng sẵn âm thanh") as count:
                for problem in rehearsal.rehearse_week(app, built.week, count):
                    built.problems.append(Note(None, problem))
        sheet = week_sheet(app, built.week)
    if as_json:
        print_json(_built_json(built, sheet))
        return
    say(built.week.label, "bold")
    say(f"Thêm {built.added} lượt, rút {built.removed}, giữ nguyên {built.kept}.")
    _say_each_once([item.message for item in built.problems], "bold yellow")
    _say_each_once([item.message for item in built.notes], "yellow")
    if built.changed:
        note(f"Xem: broadcaster schedule show --week {built.week.name}")


def show(week: _WeekName = "this", as_json: _Json = False) -> None:
    """The week as it stands."""
    with opened() as app:
        sheet = week_sheet(app, _week(app, week))
    if as_json:
        print_json(_sheet_json(sheet))
        return
    say(f"{sheet.subtitle}", "bold")
    table(
        ["Ngày", "Giờ", "Kênh", "Bản tin", "Loại", "Trạng thái"],
        [
            (
                f"{_DAYS[row.day.weekday()]} {row.day:%d/%m}",
                f"{row.starts:%H:%M}",
                row.channel_label,
                row.title or "(trống)",
                row.kind,
                row.status,
            )
            for row in sheet.rows
        ],
    )


def export_(
    week: _WeekName = "this",
    formats: Annotated[
        str, typer.Option("--format", help=f"Định dạng: {', '.join(FORMATS)} (cách bởi dấu phẩy).")
    ] = "docx",
    output: Annotated[Path, typer.Option("-o", "--output", help="Thư mục ghi tệp.")] = Path(),
    as_json: _Json = False,
) -> None:
    """One file a format."""
    wanted = [one.strip().lower() for one in formats.split(",") if one.strip()]
    unknown = [one for one in wanted if one not in FORMATS]
    if unknown or not wanted:
        raise UserError(
            f"Không có định dạng “{', '.join(unknown)}”.", f"Hãy chọn: {', '.join(FORMATS)}."
        )
    with opened() as app:
        sheet = week_sheet(app, _week(app, week))
    paths = [export(sheet, one, output) for one in wanted]
    if as_json:
        print_json([str(path) for path in paths])
    else:
        for path in paths:
            say(f"Đã ghi {path}")


def _say_each_once(messages: list[str], style: str) -> None:
    """The same remark about seven openings is one remark."""
    for message, times in Counter(messages).items():
        bullet(f"{message} ({times} khung giờ)" if times > 1 else message, style)


def _week(app: App, text: str) -> Week:
    return read_week(text, app.clock.now(), app.zone)


def _built_json(built: weeks.Built, sheet: WeekSheet) -> dict[str, Any]:
    return {
        "week": built.week.name,
        "added": built.added,
        "removed": built.removed,
        "kept": built.kept,
        "problems": [item.message for item in built.problems],
        "notes": [item.message for item in built.notes],
        "items": [_row_json(row) for row in sheet.rows],
    }


def _sheet_json(sheet: WeekSheet) -> dict[str, Any]:
    return {
        "week": sheet.week,
        "station": sheet.station,
        "simulated": sheet.simulated,
        "items": [_row_json(row) for row in sheet.rows],
    }


def _row_json(row: SheetRow) -> dict[str, Any]:
    return {
        "day": row.day.isoformat(),
        "starts": f"{row.starts:%H:%M}",
        "ends": f"{row.ends:%H:%M}",
        "channel": row.channel,
        "targets": list(row.targets),
        "title": row.title or None,
        "kind": row.kind or None,
        "seconds": row.duration.total_seconds() if row.duration else None,
        "status": row.status or None,
        "made_by": row.made_by or None,
        "approved_by": row.approved_by or None,
    }
