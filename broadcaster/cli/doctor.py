"""`doctor`: is everything well, and what is to be done where it is not."""

from __future__ import annotations

from typing import Annotated

import typer

from broadcaster.cli.console import bullet, counting, print_json, say


def register(app: typer.Typer, name: str, line: str) -> None:
    """Add the command."""
    app.command(name, help=line)(doctor)


def doctor(as_json: Annotated[bool, typer.Option("--json", help="In JSON.")] = False) -> None:
    """Exit code 1 when something is bad."""
    from broadcaster.clock import SystemClock
    from broadcaster.doctor import Level, is_bad
    from broadcaster.doctor_station import look
    from broadcaster.settings import default_home

    with counting("Khám máy") as count:
        found = look(default_home(), SystemClock(), count)
    if as_json:
        print_json([finding.to_json() for finding in found])
        raise typer.Exit(1 if is_bad(found) else 0)
    marks = {Level.OK: ("✓", "green"), Level.WARN: ("!", "yellow"), Level.BAD: ("✗", "bold red")}
    for finding in found:
        mark, style = marks[finding.level]
        say(f"{mark} {finding.check}: {finding.message}", style)
        if finding.mend:
            bullet(finding.mend)
    levels = [finding.level for finding in found]
    say(f"{levels.count(Level.BAD)} việc phải xử lý, {levels.count(Level.WARN)} việc nên xem.")
    raise typer.Exit(1 if is_bad(found) else 0)
