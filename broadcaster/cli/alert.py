"""`alert`: what the officers were told, and whether telling them works."""

from __future__ import annotations

from typing import Annotated

import typer

from broadcaster.cli.console import moment, print_json, say, table
from broadcaster.cli.session import opened
from content.errors import UserError

_Json = Annotated[bool, typer.Option("--json", help="In JSON.")]


def register(app: typer.Typer, name: str, line: str) -> None:
    """Add the noun."""
    noun = typer.Typer(help=line, no_args_is_help=True)
    noun.command("test", help="Gửi thử một cảnh báo qua mọi đường.")(send_test)
    noun.command("list", help="Các cảnh báo gần đây và đã gửi chưa.")(list_alerts)
    app.add_typer(noun, name=name)


def send_test(as_json: _Json = False) -> None:
    """Exit code 1 when a route failed."""
    from broadcaster import alerts

    with opened() as app:
        went = alerts.send_test(app.settings, app.station.name, app.clock)
    if not went:
        raise UserError(
            "Chưa có đường cảnh báo nào.",
            "Hãy điền smtp_host và to trong mục [alerts], hoặc đặt BROADCASTER_ALERTS__WEBHOOK.",
        )
    if as_json:
        print_json(
            [{"route": name, "ok": why is None, "message": why} for name, why in went.items()]
        )
    else:
        for name, why in went.items():
            say(f"✓ {name}: đã gửi" if why is None else f"✗ {name}: {why}")
    raise typer.Exit(0 if all(why is None for why in went.values()) else 1)


def list_alerts(as_json: _Json = False) -> None:
    """The newest ones."""
    from broadcaster import alerts

    with opened() as app, app.database.reading() as session:
        rows = alerts.listed(session, app.station_id)
        zone = app.zone
    if as_json:
        print_json(
            [
                {
                    "key": row.key,
                    "route": row.route,
                    "subject": row.subject,
                    "body": row.body,
                    "raised_at": row.raised_at.isoformat(),
                    "sent_at": row.sent_at.isoformat() if row.sent_at else None,
                    "tries": row.tries,
                    "trouble": row.trouble,
                }
                for row in rows
            ]
        )
        return
    table(
        ["Lúc", "Đường", "Việc", "Đã gửi"],
        [
            (
                moment(row.raised_at, zone),
                row.route,
                row.subject,
                moment(row.sent_at, zone) if row.sent_at else (row.trouble or "chưa"),
            )
            for row in rows
        ],
    )
