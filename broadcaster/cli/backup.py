"""`backup`: everything in one file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from broadcaster.cli.console import counting, note, print_json, say
from content.errors import UserError


def register(app: typer.Typer, name: str, line: str) -> None:
    """Add the command."""
    app.command(name, help=line)(backup)


def backup(
    file: Annotated[Path | None, typer.Argument(help="Tệp sẽ ghi (đuôi .zip).")] = None,
    automatic: Annotated[
        bool, typer.Option("--auto", help="Ghi vào thư mục trong [backup] và xoay vòng.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="In JSON.")] = False,
) -> None:
    """Also while the daemon works."""
    from broadcaster import backups
    from broadcaster.cli.session import opened, step_back

    if (file is None) != automatic:
        raise UserError("Hãy ghi tên tệp sao lưu, hoặc dùng --auto.", "broadcaster backup TỆP.zip")
    if automatic:
        step_back()
    with opened() as app, counting("Sao lưu") as count:
        home, settings, now = app.home, app.settings, app.clock.now()
        if file is None:
            made = backups.rotate(home, settings, now, count)
        else:
            made = backups.make(home, settings, file, now, count)
    if as_json:
        print_json(
            {
                "file": str(made.path),
                "bytes": made.bytes,
                "files": len(made.manifest.files),
                "created_at": made.manifest.created_at.isoformat(),
            }
        )
        return
    say(f"Đã sao lưu {len(made.manifest.files)} tệp vào {made.path} ({made.bytes:,} byte).")
    say("Đã đọc lại và đối chiếu mã băm.")
    note("Khóa bí mật (vault.key) không nằm trong bản sao; hãy cất riêng một bản của tệp đó.")
