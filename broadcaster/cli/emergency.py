"""`emergency`: on the air at once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from broadcaster import bookings, emergencies
from broadcaster.cli.console import note, print_json, say
from broadcaster.cli.session import opened


def register(app: typer.Typer, name: str, line: str) -> None:
    """Add the command."""
    app.command(name, help=line)(emergency)


def emergency(
    text: Annotated[str, typer.Argument(help="Câu cần phát, hoặc tên tệp .txt, .md, .docx.")],
    reason: Annotated[
        str | None, typer.Option("--reason", help="Lý do, ghi vào minh chứng (mặc định: câu đầu).")
    ] = None,
    zone: Annotated[
        list[str] | None, typer.Option("--zone", help="Cụm loa (mặc định: tất cả).")
    ] = None,
    repeat: Annotated[int, typer.Option("--repeat", min=1, max=10, help="Số lần đọc.")] = 2,
    minutes: Annotated[
        int, typer.Option("--minutes", min=1, max=1440, help="Sau số phút này thì thôi.")
    ] = 30,
    as_json: Annotated[bool, typer.Option("--json", help="In JSON.")] = False,
) -> None:
    """Cut what sounds and say this, at any hour."""
    words = _text_of(text)
    call = emergencies.Call(words, reason or words.strip()[:80], zone or (), repeat, minutes)
    with opened() as app:
        booked = emergencies.raise_alarm(app, call)
        running = _daemon_runs(app.home)
    if as_json:
        print_json(bookings.to_json(booked))
        return
    zones = ", ".join(item.target for item in booked.deliveries)
    say(f"PHÁT KHẨN CẤP, buổi {booked.broadcast.id}, cụm loa: {zones}", "bold red")
    if not running:
        say("Chương trình phát KHÔNG chạy nên chưa có tiếng. Hãy chạy ngay: broadcaster run", "red")
    note(
        "Sau đó một người duyệt khác xác nhận: "
        f"broadcaster broadcast confirm {booked.broadcast.id} --as “HỌ TÊN”"
    )
    note(f"Dừng: broadcaster broadcast cancel {booked.broadcast.id}")


def _text_of(text: str) -> str:
    """A file's words when there is such a file, else the words themselves."""
    from content.draft import clean_text, read_aloud
    from content.front_matter import FENCE
    from content.reader import read_bulletin
    from content.text_file import read_text

    path = Path(text)
    try:
        is_file = path.is_file()
    except OSError:  # far too long for a file name
        is_file = False
    if not is_file:
        return text
    if path.suffix.lower() == ".txt":  # a single line is enough here; it needs no title
        words = clean_text(read_text(path))
        if not words.startswith(FENCE):
            return words
    draft = read_bulletin(path)
    return read_aloud(draft.title, draft.body)


def _daemon_runs(home: Path) -> bool:
    from broadcaster.overview import daemon_of

    return daemon_of(home) is not None
