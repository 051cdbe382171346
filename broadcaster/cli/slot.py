"""`slot`: the weekly timetable."""

from __future__ import annotations

from typing import Annotated

import typer

from broadcaster import timetables
from broadcaster.cli.console import print_json, say, table
from broadcaster.cli.session import opened
from schedules.timetable import Slot

_Json = Annotated[bool, typer.Option("--json", help="In JSON.")]
_DAYS = ("T2", "T3", "T4", "T5", "T6", "T7", "CN")


def register(app: typer.Typer, name: str, line: str) -> None:
    """Add the noun."""
    noun = typer.Typer(help=line, no_args_is_help=True)
    noun.command("add", help="Thêm khung giờ, ví dụ: slot add --channel radio --at 05:30")(add)
    noun.command("list", help="Các khung giờ đang dùng.")(list_slots)
    noun.command("remove", help="Bỏ một khung giờ.")(remove)
    app.add_typer(noun, name=name)


def add(
    channel: Annotated[str, typer.Option("--channel", help="Kênh: radio, facebook, zalo, portal.")],
    at: Annotated[str, typer.Option("--at", help="Giờ bắt đầu, ví dụ 05:30.")],
    days: Annotated[
        str, typer.Option("--days", help="Ngày: daily, mon-fri, t2,t4,t6, cn …")
    ] = "daily",
    minutes: Annotated[int, typer.Option("--minutes", help="Độ dài (phút).", min=1)] = 30,
    target: Annotated[
        list[str] | None, typer.Option("--target", help="Cụm loa hoặc nơi nhận (mặc định: tất cả).")
    ] = None,
    bulletin: Annotated[
        int | None,
        typer.Option("--bulletin", help="Luôn phát bản tin này (tiếp sóng, quốc ca …)."),
    ] = None,
    as_json: _Json = False,
) -> None:
    """Add a recurring opening."""
    with opened() as app:
        slot = timetables.add(app, channel, at, days, minutes, target or [], bulletin)
    if as_json:
        print_json(_record(slot))
    else:
        say(f"Khung giờ {slot.id}: {slot.channel} {slot.starts}, {_days(slot)}")


def list_slots(as_json: _Json = False) -> None:
    """The timetable."""
    with opened() as app:
        found = timetables.listed(app)
    if as_json:
        print_json([_record(slot) for slot in found])
        return
    table(
        ["Số", "Kênh", "Giờ", "Phút", "Ngày", "Nơi nhận", "Bản tin"],
        [
            (
                s.id,
                s.channel,
                s.starts,
                s.minutes,
                _days(s),
                ", ".join(s.targets) or "tất cả",
                s.bulletin_id or "theo lịch tuần",
            )
            for s in found
        ],
    )


def remove(slot: Annotated[int, typer.Argument(help="Số của khung giờ.")]) -> None:
    """Take an opening out of the timetable."""
    with opened() as app:
        timetables.remove(app, slot)
    say(f"Đã bỏ khung giờ {slot}. Chạy broadcaster schedule build để cập nhật lịch tuần.")


def _record(slot: Slot) -> dict[str, object]:
    return {
        "id": slot.id,
        "channel": slot.channel,
        "weekdays": slot.weekdays,
        "starts": slot.starts,
        "minutes": slot.minutes,
        "targets": slot.targets,
        "bulletin": slot.bulletin_id,
    }


def _days(slot: Slot) -> str:
    return "hằng ngày" if len(slot.weekdays) == 7 else ", ".join(_DAYS[d] for d in slot.weekdays)
