"""`evidence`: the ledger, its records and its verdict."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from broadcaster import evidence, verified
from broadcaster.cli.console import ERR, print_json, say, table
from broadcaster.cli.session import opened
from content.errors import UserError


def register(app: typer.Typer, name: str, line: str) -> None:
    """Add the noun."""
    noun = typer.Typer(help=line, no_args_is_help=True)
    noun.command("list", help="Các bản ghi, theo thứ tự.")(list_records)
    noun.command("show", help="Một bản ghi, đầy đủ, và các tệp của nó.")(show)
    noun.command("verify", help="Kiểm tra toàn bộ sổ và các tệp minh chứng.")(verify)
    app.add_typer(noun, name=name)


def list_records(
    as_json: Annotated[bool, typer.Option("--json", help="In JSON.")] = False,
) -> None:
    """All records in order."""
    with opened() as app, app.database.reading() as session:
        found = [evidence.to_json(row) for row in evidence.records(session, app.station_id)]
    if as_json:
        print_json(found)
        return
    table(
        ["Số", "Lúc (UTC)", "Loại", "Kênh", "Bản tin", "Kết quả"],
        [
            (
                record["seq"],
                record["at"][:19].replace("T", " "),
                record["kind"],
                record["channel"],
                record["bulletin"],
                _outcome(record),
            )
            for record in found
        ],
    )


def show(seq: Annotated[int, typer.Argument(help="Số thứ tự của bản ghi.")]) -> None:
    """One record and the paths of its artefacts, as JSON."""
    with opened() as app, app.database.reading() as session:
        for row in evidence.records(session, app.station_id, after=seq - 1, batch=1):
            if row.seq == seq:
                record = evidence.to_json(row)
                paths = {
                    item["name"]: str(app.store.path(item["sha256"]))
                    for item in record["artefacts"]
                }
                print_json(record | {"artefact_paths": paths})
                return
            break
    raise UserError(f"Không có bản ghi số {seq}.", "Xem danh sách: broadcaster evidence list.")


def verify(
    as_json: Annotated[bool, typer.Option("--json", help="In JSON.")] = False,
) -> None:
    """Exit code 0 when everything holds, 1 with the first broken record otherwise."""
    from rich.progress import Progress

    with opened() as app, app.database.reading() as session:
        total = evidence.head(session, app.station_id).seq
        with Progress(console=ERR, transient=True, disable=not ERR.is_terminal) as progress:
            task = progress.add_task("Kiểm tra sổ minh chứng", total=total)
            verdict = evidence.verify(
                session, app.station_id, app.store, lambda: progress.advance(task)
            )
        verified.note(app.home, verdict, app.clock.now())
    if as_json:
        print_json(_verdict_json(verdict))
    elif verdict.ok:
        say(
            f"Sổ minh chứng nguyên vẹn: {verdict.records} bản ghi, {verdict.artefacts} tệp.\n"
            f"Mã băm cuối: {verdict.head.hash}",
            "green",
        )
    else:
        say(f"SỔ MINH CHỨNG BỊ HỎNG ở bản ghi {verdict.seq}: {verdict.what}.", "bold red")
        say("Hãy giữ nguyên máy và báo người phụ trách kỹ thuật; bản sao ở thư mục backups.")
    raise typer.Exit(0 if verdict.ok else 1)


def _outcome(record: dict[str, Any]) -> str:
    details = record["details"]
    text = record["outcome"] or details.get("action") or details.get("event") or "—"
    return f"{text} (mô phỏng)" if record["simulated"] else str(text)


def _verdict_json(verdict: evidence.Verification) -> dict[str, Any]:
    return {
        "ok": verdict.ok,
        "records": verdict.records,
        "artefacts": verdict.artefacts,
        "head": {"seq": verdict.head.seq, "hash": verdict.head.hash},
        "broken": None
        if verdict.ok
        else {"kind": str(verdict.broken), "seq": verdict.seq, "what": verdict.what},
    }
