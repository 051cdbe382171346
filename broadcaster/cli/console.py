"""Printing: tables for people (80 columns), one JSON document for scripts."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, tzinfo
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

OUT = Console(highlight=False, soft_wrap=False)
ERR = Console(stderr=True, highlight=False)


def print_json(value: Any) -> None:
    """One JSON document on stdout."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def say(text: str, style: str = "") -> None:
    """A message for a person, never read as markup."""
    OUT.print(Text(text, style=style))


def note(text: str) -> None:
    """A message beside the result: on stderr."""
    ERR.print(Text(text, style="dim"))


def warn(text: str) -> None:
    """What a person must not miss, beside the result: on stderr."""
    ERR.print(Text(text, style="bold yellow"))


def bullet(text: str, style: str = "") -> None:
    """One point of a list; its further lines stand under its first word."""
    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=3, justify="right")
    grid.add_column(overflow="fold")
    grid.add_row(Text("•", style=style), Text(text, style=style))
    OUT.print(grid)


@contextmanager
def counting(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar for long work, on a terminal; silent in a pipe. The yielded function takes
    (done, of how many) and may be called from another thread."""
    from rich.progress import Progress  # few commands take long

    with Progress(console=ERR, transient=True, disable=not ERR.is_terminal) as progress:
        task = progress.add_task(what, total=None)

        def count(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total)

        yield count


def brief(text: str, most: int = 90) -> str:
    """The beginning of a long text, cut between two words."""
    words = " ".join(text.split())
    return words if len(words) <= most else words[: most - 1].rsplit(" ", 1)[0].rstrip(" ,;:") + "…"


def table(
    columns: Sequence[str], rows: Iterable[Sequence[Any]], *, title: str = "", wide: str = ""
) -> None:
    """A table that fits the terminal; long cells wrap. The column `wide` keeps a third of it."""
    shown = Table(
        title=title or None, title_justify="left", box=SIMPLE_HEAD, pad_edge=False, expand=False
    )
    for column in columns:
        shown.add_column(
            column,
            overflow="fold",
            justify="right" if column == "Số" else "left",
            width=OUT.width // 3 if column == wide else None,
        )
    empty = True
    for row in rows:
        empty = False
        shown.add_row(*(Text(_cell(value)) for value in row))
    if empty:
        say("(chưa có gì)", "dim")
    else:
        OUT.print(shown)


def _cell(value: Any) -> str:
    if value is None:
        return "—"
    if isinstance(value, bool):
        return "có" if value else "không"
    return str(value)


def moment(value: datetime | None, zone: tzinfo, *, seconds: bool = False) -> str:
    """A moment on the station's clock: "T2 23/11 05:30"."""
    if value is None:
        return "—"
    local = value.astimezone(zone)
    day = "CN" if local.weekday() == 6 else f"T{local.weekday() + 2}"
    return f"{day} {local:%d/%m %H:%M:%S}" if seconds else f"{day} {local:%d/%m %H:%M}"
