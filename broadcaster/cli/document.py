"""`document`: papers filled from templates that a commune can change."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from broadcaster.cli.console import note, print_json, say, table
from broadcaster.cli.session import opened

_Name = Annotated[str, typer.Argument(help="Tên mẫu; xem: broadcaster document list.")]
_Json = Annotated[bool, typer.Option("--json", help="In JSON.")]


def register(app: typer.Typer, name: str, line: str) -> None:
    """Add the noun."""
    noun = typer.Typer(help=line, no_args_is_help=True)
    noun.command("list", help="Các mẫu văn bản.")(list_templates)
    noun.command("template", help="Chép một mẫu ra tệp để sửa theo ý xã.")(template)
    noun.command("make", help="Lập văn bản theo mẫu.")(make)
    app.add_typer(noun, name=name)


def list_templates(as_json: _Json = False) -> None:
    """Every template and where it comes from."""
    from broadcaster.papers import template as templates

    with opened() as app:
        found = templates.names(app.home)
        kinds = {name: templates.find(app.home, name).header["kind"][0].text for name in found}
    if as_json:
        print_json(
            [
                {"name": name, "kind": kinds[name], "file": str(path) if path else None}
                for name, path in found.items()
            ]
        )
        return
    table(
        ["Mẫu", "Loại văn bản", "Nguồn"],
        [(name, kinds[name], path.name if path else "có sẵn") for name, path in found.items()],
    )


def template(
    name: _Name,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Tệp .txt (mặc định: in ra màn hình).")
    ] = None,
) -> None:
    """The text of a template, to be changed and kept in the home's folder `templates`."""
    from broadcaster.papers import template as templates
    from broadcaster.papers import write

    with opened() as app:
        text = templates.text_of_template(app.home, name)
        folder = app.home / templates.FOLDER
    if output is None:
        typer.echo(text, nl=False)
    else:
        write(output, text.encode())
        say(f"Đã ghi {output}")
    note(f"Sửa xong, đặt vào: {folder / (name + templates.SUFFIX)}")


def make(
    name: _Name,
    output: Annotated[Path, typer.Option("-o", "--output", help="Tệp .docx hoặc .pdf.")],
    task: Annotated[str | None, typer.Option("--task", help="Nhiệm vụ của kế hoạch.")] = None,
    plan: Annotated[int | None, typer.Option("--plan", help="Số của kế hoạch.")] = None,
    bulletin: Annotated[int | None, typer.Option("--bulletin", help="Số của bản tin.")] = None,
    number: Annotated[str, typer.Option("--number", help="Số văn bản, ví dụ 12.")] = "",
    issued: Annotated[
        str | None, typer.Option("--date", help="Ngày ban hành, ví dụ 14/12/2026.")
    ] = None,
) -> None:
    """Fill a template and write it."""
    from broadcaster.documents import About, make_document
    from broadcaster.papers import format_of, render, write
    from schedules.moments import require_day

    fmt = format_of(output)
    about = About(task, plan, bulletin, number, require_day(issued) if issued else None)
    with opened() as app:
        paper = make_document(app, name, about)
    write(output, render(paper, fmt))
    say(f"Đã ghi {output}")
