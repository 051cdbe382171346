"""`demo`: the main job on the bundled sample."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from broadcaster.demo import Demonstrated


def register(app: typer.Typer, name: str, line: str) -> None:
    """Add the command."""
    app.command(name, help=line)(demo)


def demo(
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="Thư mục để lại kết quả (mặc định: thư mục tạm)."),
    ] = None,
) -> None:
    """Everything from a plan document to evidence, in under a minute."""
    from broadcaster.cli.console import say
    from broadcaster.clock import SystemClock
    from broadcaster.demo import Demo
    from content.errors import UserError

    home = output or Path(tempfile.mkdtemp(prefix="broadcaster-demo-"))
    if output is not None and output.exists() and any(output.iterdir()):
        raise UserError(f"Thư mục “{output}” không trống.", "Hãy chọn thư mục mới.")
    clock = SystemClock()
    began = clock.monotonic()
    say("Chạy thử toàn bộ công việc. Mọi kênh ở chế độ mô phỏng: không gửi gì ra ngoài.", "bold")
    say("Đồng hồ được đặt tới chiều thứ Hai tuần sau, ngay trước giờ phát 17:00.\n", "dim")
    run = Demo(home, clock)
    for number, line in enumerate(run.steps(), start=1):
        say(f"{number:>2}. {line}")
    if run.result is None or not run.result.went:
        raise UserError("Bản chạy thử không phát được gì.", f"Xem {home}/logs.")
    _show(run.result, home)
    say(f"\nXong sau {clock.monotonic() - began:.0f} giây.", "dim")
    raise typer.Exit(0 if run.result.verdict.ok else 1)


def _show(result: Demonstrated, home: Path) -> None:
    from zoneinfo import ZoneInfo

    from broadcaster.cli.console import moment, say, table
    from broadcaster.delivery import LABELS
    from broadcaster.records import DeliveryStatus

    zone = ZoneInfo("Asia/Ho_Chi_Minh")
    say("\nĐã ra ngoài (mô phỏng)", "bold")
    table(
        ["Kênh", "Nơi nhận", "Bản tin", "Từ", "Kết quả"],
        [
            (
                one.delivery.channel,
                one.delivery.target,
                one.title,
                moment(one.delivery.started_at, zone, seconds=True),
                LABELS[DeliveryStatus(one.delivery.status)],
            )
            for one in result.went
        ],
    )
    verdict = result.verdict
    if verdict.ok:
        say(
            f"Sổ minh chứng nguyên vẹn: {verdict.records} bản ghi, {verdict.artefacts} tệp,\n"
            f"mã băm cuối {verdict.head.hash}",
            "green",
        )
    else:
        say(f"Sổ minh chứng hỏng ở bản ghi {verdict.seq}: {verdict.what}", "bold red")
    say(f"\nNên mở xem, trong {home}:", "bold")
    for label, path in result.opened:
        say(f"  {label + ':':<18} {path.relative_to(home)}")
