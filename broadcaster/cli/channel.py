"""`channel`: what goes out how, and whether it could."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from broadcaster.cli.console import moment, note, print_json, say, table
from broadcaster.cli.session import opened
from broadcaster.evidence import iso
from content.errors import UserError

_Json = Annotated[bool, typer.Option("--json", help="In JSON.")]


def register(app: typer.Typer, name: str, line: str) -> None:
    """Add the noun."""
    noun = typer.Typer(help=line, no_args_is_help=True)
    noun.command("list", help="Các kênh và nơi nhận.")(list_channels)
    noun.command("check", help="Kiểm tra kênh có gửi được không (không gửi gì).")(check)
    noun.command("login", help="Cấp quyền cho chương trình dùng tài khoản của kênh.")(login)
    app.add_typer(noun, name=name)


def list_channels(as_json: _Json = False) -> None:
    """Channels and their targets."""
    with opened() as app:
        found = [
            (name, channel.simulated, [target.name for target in channel.targets()])
            for name, channel in app.channels.items()
        ]
    if as_json:
        print_json(
            [
                {"name": name, "simulated": simulated, "targets": targets}
                for name, simulated, targets in found
            ]
        )
        return
    table(
        ["Kênh", "Chế độ", "Nơi nhận"],
        [
            (name, "mô phỏng" if simulated else "thật", ", ".join(targets))
            for name, simulated, targets in found
        ],
    )


def check(
    name: Annotated[str | None, typer.Argument(help="Tên kênh (mặc định: tất cả).")] = None,
    as_json: _Json = False,
) -> None:
    """Exit code 1 when a channel could not deliver now."""
    from broadcaster import accounts

    with opened() as app:
        if name is not None and name not in app.channels:
            raise UserError(
                f"Không có kênh “{name}”.", f"Các kênh hiện có: {', '.join(app.channels)}."
            )
        wanted = [name] if name else list(app.channels)
        found = [(one, health) for one in wanted for health in accounts.check(app, one)]
    if as_json:
        print_json(
            [{"channel": one, "name": h.name, "ok": h.ok, "message": h.message} for one, h in found]
        )
    else:
        for one, health in found:
            mark, style = ("✓", "green") if health.ok else ("✗", "red")
            say(f"{mark} {one}: {health.name} — {health.message}", style)
    raise typer.Exit(0 if all(health.ok for _, health in found) else 1)


def login(
    name: Annotated[str, typer.Argument(help="Tên kênh: zalo.")],
    paste: Annotated[
        bool, typer.Option("--paste", help="Dán địa chỉ trả về thay vì chờ trình duyệt.")
    ] = False,
    as_json: _Json = False,
) -> None:
    """The code comes from the browser or from stdin, never from the command line."""
    from broadcaster import logins
    from channels.zalo_login import listen

    if name != "zalo":
        raise UserError(f"Kênh “{name}” không đăng nhập bằng lệnh này.", "Chỉ có: zalo.")
    with opened() as app:
        attempt = logins.begin_zalo(app)
        note("Hãy mở liên kết sau bằng trình duyệt, đăng nhập Zalo và cấp quyền cho OA:")
        sys.stderr.write(f"{attempt.link}\n")
        if attempt.listens() and not paste:
            note("Đang chờ trình duyệt trả lời (tối đa 10 phút)…")
            ends = logins.finish_zalo(app, attempt, lambda: listen(attempt, app.clock))
        else:
            note("Dán địa chỉ mà trình duyệt được chuyển tới (hoặc mã code) rồi nhấn Enter:")
            ends = logins.finish_zalo(app, attempt, sys.stdin.readline)
        zone = app.zone
    if as_json:
        print_json({"channel": name, "expires_at": iso(ends)})
    else:
        say(f"Đã đăng nhập Zalo; mã truy cập dùng đến {moment(ends, zone)}, sẽ tự làm mới.")
        note("Kiểm tra: broadcaster channel check zalo")
