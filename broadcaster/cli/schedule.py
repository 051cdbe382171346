"""`schedule`: the week, built, shown and exported."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from broadcaster import locks
from broadcaster import week as weeks
from broadcaster.app import App
from broadcaster.cli.console import bullet, counting, note, print_json, say, table
from broadcaster.cli.session import opened
from broadcaster.cli.year_table import show_year
from broadcaster.week_sheet import week_sheet
from content.errors import UserError
from schedules.export import FORMATS, SheetRow, WeekSheet, export, named_format
from schedules.openings import Week, read_week
from schedules.week_plan import Note

_Json = Annotated[bool, typer.Option("--json", help="In JSON.")]
_WeekName = Annotated[
    str, typer.Option("--week", help="Tuần: 2026-W48, this, next hoặc một ngày (mặc định: this).")
]
_Output = Annotated[
    Path,
    typer.Option("-o", "--output", help="Thư mục ghi tệp, hoặc tên tệp (đuôi tệp là định dạng)."),
]
_DAYS = ("T2", "T3", "T4", "T5", "T6", "T7", "CN")


def register(app: typer.Typer, name: str, line: str) -> None:
    """Add the noun."""
    noun = typer.Typer(help=line, no_args_is_help=True)
    noun.command(
        "build", cls=_Build, help="Xếp lịch tuần, chạy lại chỉ đổi chỗ cần đổi; --year: cả năm."
    )(build)
    noun.command("lock", help="Giữ nguyên một tuần hoặc một buổi phát khi xếp lại.")(lock)
    noun.command("unlock", help="Cho xếp lại.")(unlock)
    noun.command("show", help="Xem lịch tuần.")(show)
    noun.command("export", help="Xuất lịch tuần ra tệp để in, gửi.")(export_)
    noun.command("log", help="Sổ nhật ký tuần: lịch và thực tế; --format để xuất ra tệp.")(log)
    app.add_typer(noun, name=name)


def build(
    year: Annotated[
        bool, typer.Option("--year", help="Dự báo cả năm (không ghi gì): --year 2026.")
    ] = False,
    which: Annotated[
        int | None, typer.Argument(metavar="[NĂM]", help="Năm của --year (mặc định: năm nay).")
    ] = None,
    week: _WeekName = "this",
    render: Annotated[
        bool, typer.Option("--render/--no-render", help="Dựng sẵn âm thanh của các buổi phát loa.")
    ] = True,
    as_json: _Json = False,
) -> None:
    """Propose the week and keep it, or look ahead over the year."""
    from broadcaster import rehearsal

    if year:
        _forecast(which, as_json)
        return
    if which is not None:
        raise UserError(f"Không hiểu “{which}”.", f"Hãy ghi: --year {which}, hoặc --week TUẦN.")
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
    if built.locked:
        say("Tuần này đã khóa: giữ nguyên. Mở khóa: broadcaster schedule unlock --week …", "yellow")
        return
    say(f"Thêm {built.added} lượt, rút {built.removed}, giữ nguyên {built.kept}.")
    _say_each_once([item.message for item in built.problems], "bold yellow")
    _say_each_once([item.message for item in built.notes], "yellow")
    if built.changed:
        note(f"Xem: broadcaster schedule show --week {built.week.name}")


_Broadcast = Annotated[
    int | None, typer.Argument(help="Số của buổi phát (xem: broadcaster broadcast list).")
]
_LockedWeek = Annotated[
    str | None, typer.Option("--week", help="Cả tuần: 2026-W48, this, next hoặc một ngày.")
]


def lock(broadcast: _Broadcast = None, week: _LockedWeek = None, as_json: _Json = False) -> None:
    """Keep a week or a broadcast as it is."""
    _one_of(broadcast, week)
    with opened() as app:
        if broadcast is not None:
            new = locks.lock_broadcast(app, broadcast)
        else:
            new = locks.lock_week(app, _week(app, week or "this"))
    if as_json:
        print_json({"locked": True, "new": new})
    else:
        say("Đã khóa: xếp lại lịch sẽ không thay đổi." if new else "Đã khóa từ trước.")


def unlock(broadcast: _Broadcast = None, week: _LockedWeek = None, as_json: _Json = False) -> None:
    """Let a week or a broadcast be planned again."""
    _one_of(broadcast, week)
    with opened() as app:
        found = _week(app, week) if week is not None else None
        released = locks.unlock(app, found, broadcast)
    if as_json:
        print_json({"locked": False, "released": released})
    else:
        say("Đã mở khóa." if released else "Không có khóa nào để mở.")


def _one_of(broadcast: int | None, week: str | None) -> None:
    if (broadcast is None) == (week is None):
        raise UserError(
            "Cần đúng một trong hai: số của buổi phát hoặc --week TUẦN.",
            "Ví dụ: broadcaster schedule lock 12, broadcaster schedule lock --week next.",
        )


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
        str | None,
        typer.Option(
            "--format", help=f"Định dạng: {', '.join(FORMATS)} (cách bởi dấu phẩy; mặc định: docx)."
        ),
    ] = None,
    output: _Output = Path(),
    as_json: _Json = False,
) -> None:
    """One file a format."""
    wanted = _formats(formats, output)
    with opened() as app:
        sheet = week_sheet(app, _week(app, week))
    _write(sheet, wanted, output, as_json)


def log(
    week: _WeekName = "this",
    formats: Annotated[
        str | None, typer.Option("--format", help=f"Xuất ra tệp: {', '.join(FORMATS)}.")
    ] = None,
    output: _Output = Path(),
    as_json: _Json = False,
) -> None:
    """What was planned beside what happened."""
    from broadcaster.week_log import log_sheet

    to_file = formats is not None or output != Path()
    wanted = _formats(formats, output) if to_file else []
    with opened() as app:
        sheet = log_sheet(app, _week(app, week))
    if wanted:
        _write(sheet, wanted, output, as_json)
    elif as_json:
        print_json(_sheet_json(sheet))
    else:
        say(f"Sổ nhật ký {sheet.subtitle}", "bold")
        table(
            ["Ngày", "Lịch", "Thực tế", "Kênh", "Bản tin", "Kết quả"],
            [
                (
                    f"{_DAYS[row.day.weekday()]} {row.day:%d/%m}",
                    f"{row.starts:%H:%M}",
                    row.actual.replace("–", "\n"),
                    "\n".join(filter(None, (row.channel_label, row.medium))),
                    row.title or "(trống)",
                    "; ".join(filter(None, (row.status, row.note))),
                )
                for row in sheet.rows
            ],
        )


def _formats(text: str | None, output: Path) -> list[str]:
    """Those of `--format`, or the one by which `-o` names a file; docx where neither says."""
    named = named_format(output)
    wanted = [one.strip().lower() for one in (text or named or "docx").split(",") if one.strip()]
    unknown = [one for one in wanted if one not in FORMATS]
    if unknown or not wanted:
        raise UserError(
            f"Không có định dạng “{', '.join(unknown)}”.", f"Hãy chọn: {', '.join(FORMATS)}."
        )
    if named is not None and wanted != [named]:
        raise UserError(
            f"Tệp “{output.name}” không hợp với --format {text}.",
            "Hãy bỏ --format, hoặc ghi thư mục sau -o.",
        )
    return wanted


def _write(sheet: WeekSheet, formats: Sequence[str], where: Path, as_json: bool) -> None:
    paths = [export(sheet, one, where) for one in formats]
    if as_json:
        print_json([str(path) for path in paths])
        return
    for path in paths:
        say(f"Đã ghi {path}")


class _Build(TyperCommand):
    """Takes `--year=2026` as well as `--year 2026` and `--year` alone."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        split = [part for word in args for part in _split_year(word)]
        return super().parse_args(ctx, split)


def _split_year(word: str) -> list[str]:
    name, equals, value = word.partition("=")
    return [name, value] if name == "--year" and equals else [word]


def _forecast(which: int | None, as_json: bool) -> None:
    from broadcaster import year as years

    with opened() as app, counting("Dự báo cả năm") as count:
        found = years.forecast(app, which, count)
    if as_json:
        print_json(years.to_json(found))
    else:
        show_year(found)


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
        "locked": built.locked,
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
        "actual": row.actual or None,
        "medium": row.medium or None,
        "note": row.note or None,
        "made_by": row.made_by or None,
        "approved_by": row.approved_by or None,
    }
