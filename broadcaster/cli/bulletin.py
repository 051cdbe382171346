"""`bulletin`: the library and its review."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from broadcaster import editorial, takedowns
from broadcaster.cli.console import counting, moment, note, print_json, say, table, warn
from broadcaster.cli.session import opened
from broadcaster.editorial import Acted
from broadcaster.evidence import iso
from broadcaster.records import Takedown
from broadcaster.suggestions import Suggestions, marked, suggest
from content import library
from content.bulletin import BulletinStatus, ReviewAction
from content.errors import UserError
from content.workflow import ACTION_LABELS, STATUS_LABELS

_Id = Annotated[int, typer.Argument(help="Số của bản tin.")]
_File = Annotated[Path, typer.Argument(help="Tệp .md, .docx hoặc .txt.")]
_Json = Annotated[bool, typer.Option("--json", help="In JSON.")]
_Note = Annotated[str | None, typer.Option("--note", help="Lý do.")]


def register(app: typer.Typer, name: str, line: str) -> None:
    """Add the noun."""
    noun = typer.Typer(help=line, no_args_is_help=True)
    noun.command("add", help="Thêm bản tin từ tệp.")(add)
    noun.command("fetch", help="Lấy tin mới từ RSS của cổng thông tin làm bản nháp.")(fetch)
    noun.command("list", help="Danh sách bản tin.")(list_bulletins)
    noun.command("show", help="Nội dung, các lần sửa và các bước duyệt.")(show)
    noun.command("edit", help="Thay nội dung bằng tệp mới; phải duyệt lại.")(edit)
    noun.command("submit", help="Trình duyệt.")(submit)
    noun.command("approve", help="Duyệt (người khác người soạn).")(approve)
    noun.command("return", help="Trả lại cho biên tập viên.")(return_)
    noun.command("withdraw", help="Gỡ khỏi sử dụng.")(withdraw)
    noun.command("sheet", help="Phiếu duyệt tin, bài để in và ký.")(sheet)
    noun.command("preview", help="Xem đúng nội dung sẽ phát hoặc đăng.")(preview)
    noun.command("poster", help="Áp phích, tờ rơi, băng rôn để in (PDF), có mã QR.")(poster)
    app.add_typer(noun, name=name)


def add(file: _File, as_json: _Json = False) -> None:
    """Read a file into the library."""
    with opened() as app:
        acted = editorial.add(app, _read(file))
        suggested = suggest(app, acted.article)
    following = "Tiếp theo: broadcaster bulletin submit"
    _done(acted, as_json, following, {"suggestions": suggested.to_json()})
    if not as_json:
        _print_suggestions(acted.article.id, suggested)


def fetch(
    address: Annotated[
        str | None, typer.Argument(help="Địa chỉ RSS/Atom (mặc định: feed trong mục [portal]).")
    ] = None,
    most: Annotated[int, typer.Option("--most", min=1, help="Lấy nhiều nhất mấy tin.")] = 10,
    as_json: _Json = False,
) -> None:
    """News of the portal as drafts; never the same one twice."""
    from broadcaster import inbox

    with opened() as app:
        fetched = inbox.fetch(app, address, most)
    if as_json:
        print_json([_record(article) for article in fetched.added])
        return
    for article in fetched.added:
        say(f"Bản tin {article.id}: bản nháp — {article.revision.title}")
    say(f"{len(fetched.added)} tin mới, {fetched.known} tin đã biết.")
    if fetched.passed_over:
        note(f"Bỏ qua {fetched.passed_over} tin cũ hơn (lấy nhiều hơn: --most).")
    if fetched.added:
        note("Hãy đọc lại từng tin rồi trình duyệt: broadcaster bulletin submit SỐ")


def edit(
    bulletin: _Id,
    file: Annotated[
        Path | None, typer.Argument(help="Tệp mới (.md, .docx, .txt); bỏ trống để giữ nội dung.")
    ] = None,
    topic: Annotated[str | None, typer.Option("--topic", help="Mã chủ đề.")] = None,
    task: Annotated[str | None, typer.Option("--task", help="Số nhiệm vụ của kế hoạch.")] = None,
    as_json: _Json = False,
) -> None:
    """A new revision from a file, or with another topic or task."""
    if file is None and topic is None and task is None:
        raise UserError("Chưa cho biết sửa gì.", "Hãy thêm TỆP, --topic MÃ hoặc --task SỐ.")
    with opened() as app:
        draft = _read(file) if file else marked(app, bulletin, topic, task)
        if file is not None and (topic or task):
            draft = replace(draft, topic=topic or draft.topic, task=task or draft.task)
        acted = editorial.edit(app, bulletin, draft)
        _done(acted, as_json, "Tiếp theo: broadcaster bulletin submit")


def submit(bulletin: _Id, as_json: _Json = False) -> None:
    """Hand over for approval."""
    with opened() as app:
        _done(editorial.submit(app, bulletin), as_json, "Chờ duyệt: broadcaster bulletin approve")


def approve(
    bulletin: _Id,
    accept_residue: Annotated[
        bool, typer.Option("--accept-residue", help="Duyệt dù loa có chỗ không đọc được.")
    ] = False,
    as_json: _Json = False,
) -> None:
    """Let it go out."""
    from broadcaster import rehearsal

    with opened() as app:
        with counting("Dựng âm thanh") as count:
            sound = rehearsal.rehearse(app, bulletin, count)
        acted = editorial.approve(app, bulletin, accept_residue=accept_residue, rehearsed=sound)
        _done(acted, as_json)
    for problem in sound.problems if sound else ():
        warn(f"Loa chưa phát được: {problem}")


def return_(bulletin: _Id, reason: _Note = None, as_json: _Json = False) -> None:
    """Back to the editor."""
    with opened() as app:
        _done(editorial.send_back(app, bulletin, reason), as_json)


def withdraw(bulletin: _Id, reason: _Note = None, as_json: _Json = False) -> None:
    """Out of use."""
    with opened() as app:
        acted = editorial.withdraw(app, bulletin, reason)
    remaining = [{"channel": name, "permalink": link} for name, link in acted.remaining]
    more = {"taking_down": acted.taking_down, "remaining": remaining}
    _done(acted, as_json, more=more)
    if as_json:
        return
    if acted.taking_down:
        note(
            "Chương trình phát sẽ gỡ bài khỏi cổng thông tin và thử lại đến khi xong; "
            f"xem: broadcaster bulletin show {bulletin}"
        )
    for name, link in acted.remaining:
        warn(f"Bài trên {name} vẫn còn, hãy gỡ bằng tay: {link}")


def list_bulletins(
    status: Annotated[BulletinStatus | None, typer.Option(help="Chỉ trạng thái này.")] = None,
    as_json: _Json = False,
) -> None:
    """All bulletins with their newest revisions."""
    with opened() as app, app.database.reading() as session:
        found = library.list_articles(session, app.station_id, status)
    if as_json:
        print_json([_record(article) for article in found])
        return
    table(
        ["Số", "Tên bài", "Bản", "Trạng thái", "Kênh"],
        [
            (
                article.id,
                article.revision.title,
                article.revision.number,
                STATUS_LABELS[BulletinStatus(article.bulletin.status)],
                ", ".join(article.revision.channels) or "tất cả",
            )
            for article in found
        ],
    )


def show(bulletin: _Id, as_json: _Json = False) -> None:
    """The text, its revisions, its review."""
    with opened() as app, app.database.reading() as session:
        article = library.get_article(session, app.station_id, bulletin)
        past = library.history(session, bulletin)
        down = takedowns.of_bulletin(session, bulletin)
        zone = app.zone
        suggested = suggest(app, article)
    steps = [
        {
            "revision": revision.number,
            "action": step.action,
            "person": step.person,
            "at": iso(step.at),
            "note": step.note,
            "residue_accepted": step.residue_accepted,
        }
        for revision, reviews in past
        for step in reviews
    ]
    if as_json:
        body = {"body": article.revision.body, "reviews": steps}
        body["takedowns"] = [_takedown(row) for row in down]
        print_json(_record(article) | body | {"suggestions": suggested.to_json()})
        return
    status = STATUS_LABELS[BulletinStatus(article.bulletin.status)]
    say(f"{article.revision.title}", "bold")
    say(f"Bản tin {bulletin}, bản {article.revision.number}, {status}\n")
    say(article.revision.body)
    if steps:
        table(
            ["Bản", "Việc", "Người", "Lúc", "Ghi chú"],
            [
                (
                    revision.number,
                    ACTION_LABELS[ReviewAction(step.action)],
                    step.person,
                    moment(step.at, zone),
                    step.note,
                )
                for revision, reviews in past
                for step in reviews
            ],
        )
    for row in down:
        when = f" lúc {moment(row.done_at, zone)}" if row.done_at else ""
        say(f"Gỡ khỏi {row.channel} ({row.target}): {takedowns.told(row)}{when}")
    _print_suggestions(article.id, suggested)


def preview(
    bulletin: _Id,
    channel: Annotated[
        str | None,
        typer.Option(
            "--channel", help="Kênh: radio, facebook, zalo, portal (bỏ trống: kiểm tra mọi kênh)."
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Ghi ra tệp (mp3 hoặc html).")
    ] = None,
    as_json: _Json = False,
) -> None:
    """Exactly what will go out, and everything that would stop it."""
    from broadcaster.preview import preview as make_preview

    if channel is None:
        _preview_all(bulletin, output, as_json)
        return
    with opened() as app, counting("Dựng âm thanh") as count:
        made = make_preview(app, bulletin, channel, output, count)
    if as_json:
        print_json(made.to_json())
        return
    say(made.text)
    if made.seconds:
        note(f"Thời lượng: {made.seconds:.0f} giây")
    for item in made.residue:
        say(f"Loa không đọc được: “{item}”", "yellow")
    for problem in made.problems:
        say(f"Không đăng được: {problem}", "bold red")
    if output is not None:
        note(f"Đã ghi: {output}")


def sheet(
    bulletin: _Id,
    output: Annotated[Path, typer.Option("-o", "--output", help="Tệp .docx hoặc .pdf.")],
) -> None:
    """The approval sheet: the text, its hashes, who decided what and when."""
    from broadcaster.documents import SHEET, About, make_document
    from broadcaster.papers import format_of, render, write

    fmt = format_of(output)
    with opened() as app:
        paper = make_document(app, SHEET, About(bulletin=bulletin))
    write(output, render(paper, fmt))
    say(f"Đã ghi {output}")


def poster(
    bulletin: _Id,
    output: Annotated[Path, typer.Option("-o", "--output", help="Tệp PDF.")],
    form: Annotated[
        str, typer.Option("--form", help="poster (áp phích), leaflet (tờ rơi), banner (băng rôn).")
    ] = "poster",
    paper: Annotated[str, typer.Option("--paper", help="Khổ áp phích: a4, a3.")] = "a4",
    link: Annotated[
        str | None, typer.Option("--link", help="Địa chỉ của mã QR (mặc định: link của bản tin).")
    ] = None,
    slogan: Annotated[
        str | None, typer.Option("--slogan", help="Khẩu hiệu của băng rôn (mặc định: tên bài).")
    ] = None,
    as_json: _Json = False,
) -> None:
    """A print-ready PDF of an approved bulletin."""
    from broadcaster import posters
    from channels.print_sheets import Form

    if form not in list(Form):
        raise UserError(f"Không có hình thức “{form}”.", f"Hãy chọn: {', '.join(Form)}.")
    with opened() as app:
        wish = posters.Wish(Form(form), paper, link, slogan)
        sheet = posters.make(app, bulletin, wish, output)
    if as_json:
        print_json({"file": str(output), "form": form, "link": sheet.link or None})
        return
    say(f"Đã ghi {output}")
    if not sheet.link:
        say("Bản tin không có link nên không có mã QR; thêm bằng --link https://….", "yellow")


def _preview_all(bulletin: int, output: Path | None, as_json: bool) -> None:
    """Every channel at once, problems only."""
    from broadcaster.preflight import check_bulletin

    if output is not None:
        raise UserError("Ghi ra tệp thì phải chọn một kênh.", "Hãy thêm: --channel radio.")
    with opened() as app:
        found = check_bulletin(app, bulletin)
    if as_json:
        print_json([one.to_json() for findings in found.values() for one in findings])
        return
    for name, findings in found.items():
        if not findings:
            say(f"✓ {name}: không có gì vướng", "green")
        for one in findings:
            say(f"✗ {name}: {one.message}", "bold red")


def _read(file: Path) -> Any:
    from broadcaster.registry import CHANNELS
    from content.reader import read_bulletin

    return read_bulletin(file, known_channels=tuple(CHANNELS))


def _record(article: library.Article) -> dict[str, Any]:
    revision = article.revision
    return {
        "id": article.id,
        "revision": revision.number,
        "status": article.bulletin.status,
        "title": revision.title,
        "topic": revision.topic,
        "task": revision.task,
        "channels": revision.channels,
        "priority": revision.priority,
        "valid_from": revision.valid_from.isoformat() if revision.valid_from else None,
        "valid_until": revision.valid_until.isoformat() if revision.valid_until else None,
        "image": revision.image,
        "recording": revision.recording,
        "relay": revision.relay,
        "link": revision.link,
        "sha256": revision.sha256,
    }


def _takedown(row: Takedown) -> dict[str, Any]:
    return {
        "channel": row.channel,
        "target": row.target,
        "revision": row.revision,
        "asked_at": iso(row.asked_at),
        "done_at": iso(row.done_at) if row.done_at else None,
        "result": row.result,
        "tries": row.tries,
        "trouble": row.trouble,
    }


def _print_suggestions(bulletin: int, suggested: Suggestions) -> None:
    """What the words point to, and the command that confirms it."""
    options = []
    if suggested.topics:
        best = suggested.topics[0]
        words = ", ".join(f"“{word}”" for word in best.words[:3])
        note(f"Gợi ý: chủ đề {best.topic.code} ({best.topic.name}) vì có {words}.")
        options.append(f"--topic {best.topic.code}")
    for one in suggested.tasks:
        note(f"Gợi ý: nhiệm vụ {one.no} vì {one.reason}.")
    if suggested.tasks:
        options.append(f"--task {suggested.tasks[0].no}")
    if options:
        note(f"Xác nhận: broadcaster bulletin edit {bulletin} {' '.join(options)}")


def _done(
    acted: Acted, as_json: bool, following: str = "", more: dict[str, Any] | None = None
) -> None:
    article = acted.article
    if as_json:
        print_json(
            {
                "id": article.id,
                "revision": article.revision.number,
                "status": article.bulletin.status,
                "cancelled": acted.cancelled,
            }
            | (more or {})
        )
        return
    status = STATUS_LABELS[BulletinStatus(article.bulletin.status)]
    say(
        f"Bản tin {article.id} (bản {article.revision.number}): {status} — {article.revision.title}"
    )
    if acted.cancelled:
        say(f"Đã rút khỏi lịch {acted.cancelled} lượt chưa phát.", "yellow")
    if following:
        note(f"{following} {article.id}")
