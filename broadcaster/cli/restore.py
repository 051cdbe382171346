"""`restore`: the home as a backup has it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from broadcaster.cli.console import bullet, counting, moment, print_json, say

if TYPE_CHECKING:
    from broadcaster.restore import Restored


def register(app: typer.Typer, name: str, line: str) -> None:
    """Add the command."""
    app.command(name, help=line)(restore)


def restore(
    file: Annotated[Path, typer.Argument(help="Tệp do lệnh backup tạo ra.")],
    as_json: Annotated[bool, typer.Option("--json", help="In JSON.")] = False,
) -> None:
    """Refuses while the daemon runs; exit code 1 when the restored ledger does not hold."""
    from broadcaster import restore as restoring
    from broadcaster.app import acting_person
    from broadcaster.clock import SystemClock
    from broadcaster.settings import default_home, load_settings

    home = default_home()
    with counting("Khôi phục") as count:
        done = restoring.restore(home, file, SystemClock(), acting_person(), count)
    if as_json:
        print_json(
            {
                "ok": done.verdict.ok,
                "created_at": done.manifest.created_at.isoformat(),
                "stations": list(done.manifest.stations),
                "records": done.verdict.records,
                "artefacts": done.verdict.artefacts,
                "held": done.held,
                "lost": [{"first": first, "last": last} for first, last in done.lost],
                "old_ledger_unread": done.unread,
                "secrets_kept": done.secrets_kept,
                "key_missing": done.key_missing,
                "old_state": str(done.old_state),
            }
        )
    else:
        zone = load_settings(home).station.zone
        _tell(done, moment(done.manifest.created_at, zone))
    raise typer.Exit(0 if done.verdict.ok else 1)


def _tell(done: Restored, when: str) -> None:
    say(f"Đã khôi phục bản sao lúc {when} của {', '.join(done.manifest.stations)}.", "bold")
    if done.verdict.ok:
        say(
            f"Sổ minh chứng nguyên vẹn: {done.verdict.records} bản ghi, "
            f"{done.verdict.artefacts} tệp.",
            "green",
        )
    else:
        say(f"SỔ MINH CHỨNG BỊ HỎNG ở bản ghi {done.verdict.seq}: {done.verdict.what}.", "bold red")
    for first, last in done.lost:
        bullet(
            f"Bản sao không có bản ghi {first} đến {last} của sổ cũ ({last - first + 1} bản ghi); "
            "chúng còn trong dữ liệu cũ, báo cáo từ nay không tính đến chúng.",
            "yellow",
        )
    if done.unread:
        bullet(
            "Không đọc được cuối sổ cũ: có thể bản sao còn thiếu các bản ghi khác nữa.", "yellow"
        )
    if done.held:
        bullet(
            f"{done.held} lượt có thể đã ra ngoài sau khi sao lưu: chương trình sẽ tìm lại hoặc "
            "đợi bạn xác nhận (broadcaster status).",
            "yellow",
        )
    if done.key_missing:
        bullet(
            "Thiếu tệp khóa vault.key: hãy chép lại tệp đã cất riêng, hoặc cấp lại các mã "
            "truy cập.",
            "yellow",
        )
    say(f"Dữ liệu cũ được giữ ở {done.old_state}")
