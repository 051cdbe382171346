"""`speech`: the spoken text, its sound, and the commune's own readings."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from broadcaster import lexicon
from broadcaster.app import App
from broadcaster.cli.console import counting, note, print_json, say, table
from broadcaster.cli.session import opened
from content.errors import UserError
from content.spoken import Spoken, speak

_Json = Annotated[bool, typer.Option("--json", help="In JSON.")]


def register(app: typer.Typer, name: str, line: str) -> None:
    """Add the noun."""
    noun = typer.Typer(help=line, no_args_is_help=True)
    noun.command("say", help="Lời mà loa sẽ đọc (“-” = mỗi dòng một câu từ đầu vào).")(say_)
    noun.command("audio", help="Đọc một tệp thành âm thanh sẵn sàng phát.")(audio)
    words = typer.Typer(help="Cách đọc riêng của xã: tên thôn, tên người.", no_args_is_help=True)
    words.command("add", help='Thêm cách đọc: lexicon add "NTM" "nông thôn mới"')(add)
    words.command("list", help="Các cách đọc riêng.")(list_entries)
    noun.add_typer(words, name="lexicon")
    app.add_typer(noun, name=name)


def say_(
    text: Annotated[str, typer.Argument(help="Câu chữ, hoặc “-” để đọc từ đầu vào.")],
    as_json: _Json = False,
) -> None:
    """Written → spoken; with a home, its own readings win."""
    many = text == "-"
    texts = sys.stdin.read().splitlines() if many else [text]
    found = _spoken(texts)
    if as_json:
        print_json([spoken.to_json() for spoken in found])
        return
    for spoken in found:
        say(spoken.spoken)
        if spoken.residue:
            note("Không đọc được: " + ", ".join(f"“{item}”" for item in spoken.residue))


def audio(
    file: Annotated[str, typer.Argument(help="Tệp .md, .txt, .docx, hoặc “-” cho đầu vào.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Tệp mp3 sẽ ghi.")],
    as_json: _Json = False,
) -> None:
    """Text → air-ready sound."""
    from broadcaster.registry import radio_of

    text = sys.stdin.read() if file == "-" else _text_of(Path(file))
    with opened() as app, counting("Đang dựng âm thanh") as on_progress:
        made = radio_of(app).speech_to_file(text, output, on_progress)
        seconds = made.duration.total_seconds()
    if as_json:
        print_json({"file": str(output), "seconds": round(seconds, 3)})
    else:
        say(f"Đã ghi {output} ({seconds:.1f} giây).")


def add(
    written: Annotated[str, typer.Argument(help="Chữ viết.")],
    spoken: Annotated[str, typer.Argument(help="Cách đọc.")],
) -> None:
    """One reading of the commune's own."""
    with opened() as app:
        lexicon.add(app, written, spoken)
    say(f"“{written}” sẽ được đọc là “{spoken}”.")


def list_entries(as_json: _Json = False) -> None:
    """All of them."""
    with opened() as app:
        entries = app.lexicon()
    if as_json:
        print_json([{"written": w, "spoken": s} for w, s in entries.items()])
        return
    table(["Chữ viết", "Cách đọc"], entries.items())


def _spoken(texts: list[str]) -> list[Spoken]:
    """With the home's own readings where there is a home."""
    try:
        with opened() as app:
            return _with(app, texts)
    except UserError as error:
        if "broadcaster init" not in error.mend:
            raise
        return [speak(text) for text in texts]


def _with(app: App, texts: list[str]) -> list[Spoken]:
    own = app.lexicon()
    return [speak(text, own) for text in texts]


def _text_of(path: Path) -> str:
    from content.draft import read_aloud
    from content.reader import read_bulletin

    draft = read_bulletin(path)
    return read_aloud(draft.title, draft.body)
