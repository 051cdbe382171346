"""`person`: who may do what."""

from __future__ import annotations

from typing import Annotated

import typer

from broadcaster.cli.console import print_json, say, table
from broadcaster.cli.session import opened
from content.people import ROLE_LABELS, Role, add_person, people, require_role


def register(app: typer.Typer, name: str, line: str) -> None:
    """Add the noun."""
    noun = typer.Typer(help=line, no_args_is_help=True)
    noun.command("add", help="Thêm người, hoặc thêm vai trò cho người đã có.")(add)
    noun.command("list", help="Danh sách người và vai trò.")(list_people)
    app.add_typer(noun, name=name)


def add(
    name: Annotated[str, typer.Argument(help="Họ và tên.")],
    role: Annotated[
        Role, typer.Option(help="editor = biên tập, approver = duyệt, admin = quản trị.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="In JSON.")] = False,
) -> None:
    """Add a person, or a role to a known one."""
    with opened() as app:
        with app.database.writing() as session:
            require_role(session, app.station_id, app.person, Role.ADMIN)
            person = add_person(session, app.station_id, name, role, app.person, app.clock.now())
        if as_json:
            print_json({"name": person.name, "role": str(role)})
        else:
            say(f"{person.name}: {ROLE_LABELS[role]}")


def list_people(
    as_json: Annotated[bool, typer.Option("--json", help="In JSON.")] = False,
) -> None:
    """Everybody and their roles."""
    with opened() as app, app.database.reading() as session:
        rows = people(session, app.station_id)
    if as_json:
        print_json([{"name": p.name, "roles": [str(r) for r in roles]} for p, roles in rows])
        return
    table(
        ["Họ tên", "Vai trò"],
        [(person.name, ", ".join(ROLE_LABELS[role] for role in roles)) for person, roles in rows],
    )
