"""`evidence`: the ledger, its records, its checkpoints and its verdict."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from broadcaster import evidence, verified
from broadcaster.cli.console import ERR, bullet, counting, note, print_json, say, table, warn
from broadcaster.cli.session import opened, step_back
from content.errors import UserError

_Json = Annotated[bool, typer.Option("--json", help="In JSON.")]


def register(app: typer.Typer, name: str, line: str) -> None:
    """Add the noun."""
    noun = typer.Typer(help=line, no_args_is_help=True)
    noun.command("add", help="Thêm ảnh, giấy mời, danh sách của một nhiệm vụ làm thủ công.")(add)
    noun.command("list", help="Các bản ghi, theo thứ tự.")(list_records)
    noun.command("show", help="Một bản ghi, đầy đủ, và các tệp của nó.")(show)
    noun.command("verify", help="Kiểm tra toàn bộ sổ và các tệp minh chứng.")(verify)
    noun.command("checkpoint", help="Niêm phong sổ ngay bây giờ (hằng ngày máy tự làm).")(
        checkpoint
    )
    noun.command("stamp", help="Lấy dấu thời gian (RFC 3161) cho mốc niêm phong mới nhất.")(stamp)
    noun.command("reach", help="Hỏi các mạng: bài đã đăng tiếp cận bao nhiêu (máy tự hỏi).")(reach)
    noun.command("rotate-key", help="Thay khóa ký của mốc niêm phong.")(rotate_key)
    noun.command("correct", help="Đính chính một bản ghi bằng bản ghi mới.")(correct)
    noun.command("prune", help="Xóa các tệp đã hết hạn lưu; mã băm và bản ghi còn mãi.")(prune)
    noun.command("export", help="Xuất gói minh chứng (zip) để nộp, để thanh tra tự kiểm tra.")(
        export
    )
    app.add_typer(noun, name=name)


def add(
    files: Annotated[list[Path], typer.Argument(help="Các tệp: ảnh, pdf, docx …")],
    task: Annotated[str, typer.Option("--task", help="Số của nhiệm vụ trong kế hoạch.")],
    plan: Annotated[
        int | None, typer.Option("--plan", help="Số kế hoạch (mặc định: mới nhất có nhiệm vụ này).")
    ] = None,
    day: Annotated[
        str | None, typer.Option("--date", help="Ngày làm việc này: 2026-11-23 hoặc 23/11/2026.")
    ] = None,
    form: Annotated[
        str | None, typer.Option("--form", help="Hình thức: poster, conference, training …")
    ] = None,
    people: Annotated[
        int | None, typer.Option("--people", min=0, help="Số người được tuyên truyền trực tiếp.")
    ] = None,
    remark: Annotated[str | None, typer.Option("--note", help="Ghi chú.")] = None,
    as_json: _Json = False,
) -> None:
    """Proofs of what people did."""
    from broadcaster import manual_work

    said = manual_work.Said(task, plan, manual_work.read_date(day), form, people, remark)
    with opened() as app:
        added = manual_work.add(app, files, said)
    if as_json:
        print_json(
            {
                "seq": added.seq,
                "task": added.task,
                "files": added.files,
                "remarks": added.remarks,
            }
        )
        return
    for told in added.remarks:
        bullet(told, "yellow")
    if added.seq is None:
        say("Không có tệp mới nào, sổ minh chứng không đổi.")
    else:
        say(f"Đã ghi {len(added.files)} tệp cho nhiệm vụ {added.task}, bản ghi số {added.seq}.")


def list_records(as_json: _Json = False) -> None:
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
    printed: Annotated[
        str | None,
        typer.Option(help="Mã băm in ở chân trang (ít nhất 12 ký tự đầu), hoặc lời của mã QR."),
    ] = None,
    copies: Annotated[
        list[Path] | None,
        typer.Option("--checkpoints", help="Thư mục giữ bản sao các mốc niêm phong."),
    ] = None,
    calm: Annotated[
        bool, typer.Option("--calm", help="Nhường máy cho việc phát sóng (máy tự chạy).")
    ] = False,
    as_json: _Json = False,
) -> None:
    """Exit code 0 when everything holds, 1 with the first broken record otherwise."""
    from rich.progress import Progress

    from broadcaster import stamps, verification
    from broadcaster.checkpoints import copies_in

    if calm:
        step_back()
    with opened() as app, app.database.snapshot() as session:
        folders, trust = copies_in(app, copies or []), stamps.trusted(app)
        total = evidence.head(session, app.station_id).seq
        with Progress(console=ERR, transient=True, disable=not ERR.is_terminal) as progress:
            task = progress.add_task("Kiểm tra sổ minh chứng", total=total)
            verdict = verification.verify(
                session,
                app.station_id,
                app.store,
                lambda: progress.advance(task),
                copies=folders,
                printed=printed,
                trust=trust,
            )
        verified.note(app.home, verdict, app.clock.now())
    if as_json:
        print_json(verdict.to_json())
    else:
        _say_verdict(verdict)
    raise typer.Exit(0 if verdict.ok else 1)


def checkpoint(as_json: _Json = False) -> None:
    """Sign the head of the chain now."""
    from broadcaster import checkpoints, seals

    with opened() as app:
        made = checkpoints.make_checkpoint(app)
    if made is None:
        raise UserError("Sổ minh chứng chưa có bản ghi nào để niêm phong.")
    seal = made.seal
    if as_json:
        print_json({"no": seal.no, "seq": seal.seq, "hash": seal.hash, "at": seal.at,
                    "key": seal.key, "signature": seal.signature, "new": made.new})  # fmt: skip
        return
    how = "Đã niêm phong" if made.new else "Không có gì mới; mốc gần nhất vẫn là"
    say(f"{how} mốc số {seal.no}: bản ghi {seal.seq}")
    say(f"Mã băm: {seal.hash}")
    note(f"Nên chép thư mục {seals.FOLDER} và tệp {seals.PUBLIC_KEY_FILE} sang máy khác.")


def stamp(as_json: _Json = False) -> None:
    """Ask the authority now; the daemon does so once an hour until there is one."""
    from broadcaster import stamps

    with opened() as app:
        made = stamps.stamp_newest(app)
        zone = app.zone
    if made is None:
        raise UserError(
            "Chưa có mốc niêm phong nào.", "Hãy chạy trước: broadcaster evidence checkpoint."
        )
    if as_json:
        print_json({"no": made.no, "seq": made.seq, "stamped_at": evidence.iso(made.at),
                    "url": made.url, "new": made.new})  # fmt: skip
        return
    how = "Đã lấy dấu thời gian" if made.new else "Đã có dấu thời gian"
    say(f"{how} cho mốc số {made.no}: {made.at.astimezone(zone):%H:%M:%S ngày %d/%m/%Y}")


def reach(
    period: Annotated[
        str | None,
        typer.Option(help="Kỳ cần số liệu: 2026-H2, 2026-Q3, 2026-11 (mặc định: tháng này)."),
    ] = None,
    as_json: _Json = False,
) -> None:
    """Ask now, before a report is drawn up. Exit code 1 where a network did not answer."""
    from broadcaster import reach_now

    with opened() as app:
        with counting("Đọc số liệu tiếp cận") as count:
            found = reach_now.ask(app, period, count)
        zone = app.zone
    if as_json:
        print_json(found.to_json())
    else:
        table(["Ngày đăng", "Kênh", "Tin, bài", *reach_now.HEADINGS], found.cells(zone))
        say(f"Đã đọc và ghi sổ {len(found.looks)}/{found.asked} lượt đăng ({found.words}).")
    for why in found.refusals:
        warn(why)
    raise typer.Exit(1 if found.refusals else 0)


def export(
    output: Annotated[Path, typer.Option("-o", "--output", help="Tệp zip sẽ ghi.")],
    period: Annotated[
        str | None,
        typer.Option(help="Kỳ: 2026-H2, 2026-Q3, 2026-11, 2026 hoặc 2026-01-15..2026-06-30."),
    ] = None,
    task: Annotated[str | None, typer.Option(help="Chỉ nhiệm vụ mang số này.")] = None,
    plan: Annotated[int | None, typer.Option(help="Chỉ kế hoạch mang số này.")] = None,
    as_json: _Json = False,
) -> None:
    """The whole chain, and the files of what is in scope."""
    from broadcaster.pack.export import export as make
    from broadcaster.pack.scope import read_scope

    with opened() as app:
        scope = read_scope(app, period, task, plan)
        with counting("Xuất gói minh chứng") as count:
            packed = make(app, output, scope, count)
    if packed.unsigned:
        note(f"Gói không có chữ ký: {packed.unsigned}")
    for name in packed.missing[:10]:
        note(f"Tệp không còn trên máy: {name}")
    for name in packed.changed[:10]:
        warn(f"Tệp không còn như lúc ghi sổ: {name}")
    if packed.broken is not None:
        warn(f"Sổ minh chứng không nguyên vẹn từ bản ghi {packed.broken}.")
    if packed.changed or packed.broken is not None:
        warn("Ai kiểm tra gói này cũng sẽ thấy. Hãy chạy trước: broadcaster evidence verify")
    if as_json:
        print_json({"path": str(packed.path), "records": packed.records, "items": packed.items,
                    "simulated": packed.simulated, "missing": len(packed.missing),
                    "changed": len(packed.changed), "broken": packed.broken,
                    "signed": packed.unsigned is None,
                    "head": {"seq": packed.head.seq, "hash": packed.head.hash}})  # fmt: skip
        return
    say(f"Đã ghi {packed.path}: {packed.items} tài liệu ({scope.words}).")
    if packed.simulated:
        say(f"{packed.simulated} kết quả mô phỏng để riêng, không dùng làm minh chứng.", "yellow")


def rotate_key(
    lost: Annotated[
        bool, typer.Option("--lost", help="Khóa cũ đã mất: thay mà không có chữ ký của nó.")
    ] = False,
    as_json: _Json = False,
) -> None:
    """A new signing key; the old one vouches for it."""
    from broadcaster import checkpoints, seals

    with opened() as app:
        key = checkpoints.rotate_key(app, lost=lost)
        path = app.home / seals.PUBLIC_KEY_FILE
    if as_json:
        print_json({"key": key.key_id, "public_key": key.public_key, "seq": key.seq})
        return
    say(f"Khóa ký mới: {key.key_id} (bản ghi {key.seq})")
    say(f"Khóa công khai: {path}")


def correct(
    seq: Annotated[int, typer.Argument(help="Số thứ tự của bản ghi cần đính chính.")],
    text: Annotated[str, typer.Option("--note", help="Điều cần đính chính.")],
    withdraw: Annotated[
        bool, typer.Option("--withdraw", help="Rút lại: bản ghi ấy không còn tính là minh chứng.")
    ] = False,
    as_json: _Json = False,
) -> None:
    """The old record stays; the new one points to it."""
    from broadcaster import corrections

    with opened() as app:
        record = corrections.correct(app, seq, text, withdraw=withdraw)
    if as_json:
        print_json(evidence.to_json(record))
        return
    say(f"Đã ghi bản ghi {record.seq}, đính chính bản ghi {seq}.")


def prune(as_json: _Json = False) -> None:
    """What the settings keep no longer."""
    from broadcaster import retention

    with opened() as app:
        pruned = retention.prune(app)
    if as_json:
        print_json({"files": pruned.files, "bytes": pruned.bytes})
        return
    say(f"Đã xóa {pruned.files} tệp hết hạn lưu ({pruned.bytes:,} byte), có ghi sổ.")


def _say_verdict(verdict: Any) -> None:
    if verdict.ok:
        say(
            f"Sổ minh chứng nguyên vẹn: {verdict.records} bản ghi, {verdict.artefacts} lượt dẫn "
            f"tệp, {verdict.checkpoints} mốc niêm phong.\nMã băm cuối: {verdict.head.hash}",
            "green",
        )
        if verdict.stamps:
            say(f"{verdict.stamps} mốc có dấu thời gian của cơ quan cấp bên ngoài.")
        if verdict.pruned:
            say(f"{verdict.pruned} lượt dẫn tệp đã hết hạn lưu và được xóa có ghi sổ.")
    elif verdict.broken == "printed_unknown":
        say(f"MÃ TRÊN GIẤY KHÔNG KHỚP VỚI SỔ: {verdict.what}.", "bold red")
        say("Hãy xem lại mã đã gõ; nếu đúng như giấy in, hãy báo người phụ trách kỹ thuật.")
    else:
        where = f" ở bản ghi {verdict.seq}" if verdict.seq is not None else ""
        say(f"SỔ MINH CHỨNG BỊ HỎNG{where}: {verdict.what}.", "bold red")
        say(f"Loại: {verdict.broken}")
        say("Hãy giữ nguyên máy và báo người phụ trách kỹ thuật; bản sao ở thư mục backups.")
    for one in verdict.notes:
        bullet(one.what, "yellow")


def _outcome(record: dict[str, Any]) -> str:
    details = record["details"]
    if record["kind"] == evidence.Kind.REACH:
        from broadcaster.reach import words

        return words(details.get("figures") or {})
    text = record["outcome"] or details.get("action") or details.get("event") or "—"
    return f"{text} (mô phỏng)" if record["simulated"] else str(text)
