"""`status`: today at a glance, and what needs a person."""

from __future__ import annotations

from typing import Annotated

import typer

from broadcaster import overview
from broadcaster.cli.console import bullet, moment, print_json, say, table
from broadcaster.cli.session import opened


def register(app: typer.Typer, name: str, line: str) -> None:
    """Add the command."""
    app.command(name, help=line)(status)


def status(as_json: Annotated[bool, typer.Option("--json", help="In JSON.")] = False) -> None:
    """What runs, what comes, what waits for somebody."""
    with opened() as app:
        seen = overview.look(app)
        zone = app.zone
    if as_json:
        print_json(seen.to_json())
        return
    say(f"{seen.station} — {moment(seen.now, zone, seconds=True)}", "bold")
    running = f"đang chạy (tiến trình {seen.daemon})" if seen.daemon else "KHÔNG chạy"
    say(f"Chương trình phát: {running}", "" if seen.daemon else "bold red")
    if not seen.daemon:
        say("  Hãy chạy: broadcaster run")
    for line in seen.needs:
        bullet(line, "yellow")
    say("Sắp tới:")
    table(
        ["Lúc", "Kênh", "Nơi nhận", "Bản tin"],
        [(moment(c.at, zone), c.channel, c.target, c.title) for c in seen.coming],
    )
