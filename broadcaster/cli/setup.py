"""`init`: make the home."""

from __future__ import annotations

from typing import Annotated

import typer


def register(app: typer.Typer, name: str, line: str) -> None:
    """Add the command."""
    app.command(name, help=line)(init)


def init(
    station: Annotated[
        str, typer.Option("--name", help="Tên đơn vị, như trên tiêu đề văn bản.")
    ] = "Ủy ban nhân dân xã",
    parent: Annotated[str, typer.Option(help="Cơ quan cấp trên.")] = "",
    place: Annotated[str, typer.Option(help="Địa danh ghi trước ngày tháng.")] = "",
) -> None:
    """Make the home, its settings and its database."""
    from broadcaster.cli.console import say
    from broadcaster.clock import SystemClock
    from broadcaster.settings import FILE_NAME, default_home
    from broadcaster.setup import make_home

    home = default_home()
    app = make_home(home, SystemClock(), name=station, parent=parent, place=place)
    app.close()
    say(f"Thư mục làm việc: {home}")
    say(f"Tệp cài đặt: {home / FILE_NAME} — hãy mở ra và điền tên đơn vị, các kênh.")
    say(f"Quản trị viên: {app.person}")
    say('Tiếp theo, thêm người duyệt: broadcaster person add "HỌ TÊN" --role approver')
