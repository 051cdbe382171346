"""`broadcast`: one-off broadcasts, and what became of any of them."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from broadcaster import bookings, countersigning
from broadcaster.cli.console import moment, note, print_json, say, table
from broadcaster.cli.session import opened
from broadcaster.delivery import LABELS
from broadcaster.records import DeliveryStatus
from schedules.openings import read_moment

_Json = Annotated[bool, typer.Option("--json", help="In JSON.")]
_Id = Annotated[int, typer.Argument(help="Số của buổi phát.")]


def register(app: typer.Typer, name: str, line: str) -> None:
    """Add the noun."""
    noun = typer.Typer(help=line, no_args_is_help=True)
    noun.command("add", help="Đặt một buổi phát riêng cho bản tin đã duyệt.")(add)
    noun.command("list", help="Các buổi phát và kết quả từng lượt.")(list_broadcasts)
    noun.command("cancel", help="Hủy phần chưa phát của một buổi.")(cancel)
    noun.command("why", help="Vì sao đã phát hoặc không phát: các quyết định theo thứ tự.")(why)
    noun.command("settle", help="Xác nhận một lượt “chưa rõ kết quả”.")(settle)
    noun.command("confirm", help="Người thứ hai xác nhận một tin khẩn cấp đã phát.")(confirm)
    app.add_typer(noun, name=name)


def add(
    bulletin: Annotated[int, typer.Argument(help="Số của bản tin đã duyệt.")],
    channel: Annotated[str, typer.Option("--channel", help="Kênh: radio, facebook, zalo, portal.")],
    at: Annotated[str, typer.Option("--at", help="Lúc phát: “2026-11-23 05:30”, “17:00”, “now”.")],
    target: Annotated[
        list[str] | None, typer.Option("--target", help="Cụm loa hoặc nơi nhận (mặc định: tất cả).")
    ] = None,
    minutes: Annotated[
        int | None,
        typer.Option("--minutes", min=1, help="Khung dài bao nhiêu phút (tiếp sóng thì bắt buộc)."),
    ] = None,
    as_json: _Json = False,
) -> None:
    """Book one broadcast."""
    with opened() as app:
        when = read_moment(at, app.clock.now(), app.zone)
        booked = bookings.add(app, bulletin, channel, target or [], when, minutes)
        zone = app.zone
    if as_json:
        print_json(bookings.to_json(booked))
        return
    names = ", ".join(item.target for item in booked.deliveries)
    when_text = moment(booked.broadcast.starts_at, zone, seconds=True)
    say(f"Buổi phát {booked.broadcast.id}: bản tin {bulletin}, {channel} ({names}), {when_text}")
    note("Chương trình phát (broadcaster run) sẽ tự thực hiện đúng giờ.")


def list_broadcasts(as_json: _Json = False) -> None:
    """All broadcasts with their deliveries."""
    with opened() as app:
        found = bookings.listed(app)
        zone = app.zone
    if as_json:
        print_json([bookings.to_json(booked) for booked in found])
        return
    table(
        ["Số", "Lúc", "Kênh", "Lượt", "Nơi nhận", "Bản tin", "Kết quả"],
        [
            (
                booked.broadcast.id,
                moment(booked.broadcast.starts_at, zone),
                booked.broadcast.channel,
                item.id,
                item.target,
                item.bulletin_id,
                LABELS[DeliveryStatus(item.status)],
            )
            for booked in found
            for item in booked.deliveries
        ],
    )


def cancel(broadcast: _Id) -> None:
    """Cancel what has not begun."""
    with opened() as app:
        count = bookings.cancel(app, broadcast)
    say(f"Đã hủy {count} lượt chưa phát của buổi {broadcast}.")


def why(broadcast: _Id, as_json: _Json = False) -> None:
    """The decisions, in order, with their times."""
    with opened() as app:
        booked = bookings.get(app, broadcast)
        decisions = bookings.why(app, broadcast)
        zone = app.zone
    if as_json:
        print_json(
            bookings.to_json(booked)
            | {
                "decisions": [
                    {"at": row.at.isoformat(), "delivery": row.delivery_id, "text": row.text}
                    for row in decisions
                ]
            }
        )
        return
    row = booked.broadcast
    say(f"Buổi phát {row.id}: {row.channel}, {moment(row.starts_at, zone, seconds=True)}", "bold")
    table(
        ["Lúc", "Lượt", "Quyết định"],
        [(moment(d.at, zone, seconds=True), d.delivery_id, d.text) for d in decisions],
    )


def confirm(
    broadcast: _Id,
    remark: Annotated[str | None, typer.Option("--note", help="Ghi chú, vào minh chứng.")] = None,
    as_json: _Json = False,
) -> None:
    """The second signature under an emergency."""
    with opened() as app:
        signed = countersigning.confirm(app, broadcast, remark)
    if as_json:
        print_json(
            {
                "broadcast": signed.broadcast,
                "raised_by": signed.by,
                "confirmed_by": signed.confirmed_by,
                "note": signed.note,
            }
        )
    else:
        say(f"{signed.confirmed_by} đã xác nhận tin khẩn cấp {broadcast} (phát: {signed.by}).")


def settle(
    delivery: Annotated[int, typer.Argument(help="Số của lượt phát.")],
    sent: Annotated[
        str | None, typer.Option("--sent", metavar="URL", help="Đã ra ngoài, ở địa chỉ này.")
    ] = None,
    not_sent: Annotated[bool, typer.Option("--not-sent", help="Chắc chắn chưa ra ngoài.")] = False,
    as_json: _Json = False,
) -> None:
    """A person says what became of an unknown delivery."""
    if (sent is None) == (not not_sent):
        raise typer.BadParameter("Hãy chọn một: --sent URL hoặc --not-sent.")
    with opened() as app:
        row = bookings.settle(app, delivery, permalink=sent)
    if as_json:
        result: dict[str, Any] = {"id": row.id, "target": row.target, "status": row.status}
        print_json(result)
    else:
        say(f"Lượt {row.id}: {LABELS[DeliveryStatus(row.status)]} — {row.reason}")
