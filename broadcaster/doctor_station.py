"""What `doctor` looks at in the station: database, queue, daemon, backups, evidence, channels."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import text
from sqlmodel import col, func, select

from broadcaster import (
    alert_routes,
    alerts,
    backups,
    checkpoints,
    doctor_machine,
    evidence,
    gates,
    reach,
    stamps,
    verified,
)
from broadcaster.app import App, open_app
from broadcaster.delivery import OPEN
from broadcaster.doctor import Check, Finding, Level, Look, bad, examine, ok, warn
from broadcaster.overview import daemon_of
from broadcaster.records import Delivery, Secret
from broadcaster.records import DeliveryStatus as Status
from broadcaster.settings import Settings, load_settings
from broadcaster.vault import KEY_FILE
from channels.base import Channel, Clock
from channels.facebook_check import check_version
from content.errors import UserError

_RECENT = timedelta(days=7)
_LATE = timedelta(minutes=5)
_SOON = timedelta(hours=24)
_VERIFY_EVERY = timedelta(days=31)
_STAMP_LATE = timedelta(days=3)
_REFRESH_LIFE = timedelta(days=90)
"""A Zalo refresh token is good for one use within three months."""
_REFRESH_SOON = timedelta(days=21)
_REACH_SECONDS = 3.0
_CHANNEL_SECONDS = 20.0


def look(
    home: Path, clock: Clock, on_done: Callable[[int, int], None] = lambda _done, _total: None
) -> list[Finding]:
    """Everything, also where settings or database are broken: then the rest is looked at."""
    if not home.is_dir():
        return [bad("Thư mục làm việc", f"chưa có “{home}”", "Hãy chạy: broadcaster init.")]
    try:
        settings = load_settings(home)
    except UserError as error:
        found = [bad("Cài đặt", str(problem)) for problem in error.problems]
        return [*found, *examine(_machine_checks(home, Settings(), clock), on_done)]
    machine = _machine_checks(home, settings, clock)
    try:
        app = open_app(home, clock=clock)
        app.database.require_whole()
    except UserError as error:
        found = [bad("Cơ sở dữ liệu", p.message, p.mend) for p in error.problems]
        return [*found, *examine(machine, on_done)]
    try:
        return examine([*_station_checks(app), *machine], on_done)
    finally:
        app.close()


def _machine_checks(home: Path, settings: Settings, clock: Clock) -> list[Check]:
    listen = settings.health.listen
    return [
        Check("Ổ đĩa", lambda: doctor_machine.disk(home)),
        Check("Đồng hồ", lambda: doctor_machine.clock(settings.clock, clock), 12.0),
        Check("Múi giờ", lambda: doctor_machine.zone(settings.station.timezone, clock.now())),
        Check("Quyền tệp", lambda: doctor_machine.files(home)),
        Check("Gói phần mềm", doctor_machine.packages),
        Check("Cổng sức khỏe", lambda: doctor_machine.port(listen, daemon_of(home))),
    ]


def _station_checks(app: App) -> list[Check]:
    checks = [
        Check("Cơ sở dữ liệu", lambda: database(app), 30.0),
        Check("Chương trình phát", lambda: daemon(app)),
        Check("Hàng đợi", lambda: queue(app)),
        Check("Sao lưu", lambda: backup(app)),
        Check("Sổ minh chứng", lambda: ledger(app)),
        Check("Khóa bí mật", lambda: secrets(app)),
        Check("Cảnh báo", lambda: officers(app)),
    ]
    for name, channel in app.channels.items():
        checks.append(Check(f"Kênh {name}", _channel_look(app, name, channel), _CHANNEL_SECONDS))
    return checks


def database(app: App) -> Iterator[Finding]:
    """Whole, and answering."""
    app.database.require_whole()
    with app.database.reading() as session:
        session.execute(text("SELECT 1"))
    size = app.database.file.stat().st_size if app.database.is_sqlite else 0
    where = f"SQLite, {size / 1e6:.1f} MB" if app.database.is_sqlite else "PostgreSQL"
    yield ok("Cơ sở dữ liệu", f"nguyên vẹn ({where})")


def daemon(app: App) -> Iterator[Finding]:
    """Running, or needed."""
    name, pid = "Chương trình phát", daemon_of(app.home)
    if pid is not None:
        yield ok(name, f"đang chạy (tiến trình {pid})")
        return
    soon = app.clock.now() + _SOON
    waiting = _count(app, col(Delivery.status).in_(OPEN), col(Delivery.scheduled_at) < soon)
    if waiting:
        mend = "Hãy chạy: broadcaster run (hoặc systemctl start broadcaster)."
        yield bad(name, f"KHÔNG chạy mà 24 giờ tới có {waiting} lượt", mend)
    else:
        yield warn(name, "không chạy; 24 giờ tới không có lượt nào", "Hãy chạy: broadcaster run.")


def queue(app: App) -> Iterator[Finding]:
    """What waits for a person, and what should have gone out by now."""
    now, name = app.clock.now(), "Hàng đợi"
    recent = col(Delivery.scheduled_at) > now - _RECENT
    late = (
        col(Delivery.status).in_(OPEN),
        col(Delivery.scheduled_at) < now - _LATE,
        col(Delivery.next_at).is_(None) | (col(Delivery.next_at) < now - _LATE),
    )
    mend = "Xem: broadcaster broadcast list."
    lines = [
        (_count(app, col(Delivery.status) == Status.UNKNOWN), "lượt chưa rõ kết quả"),
        (_count(app, col(Delivery.status) == Status.FAILED, recent), "lượt hỏng trong 7 ngày"),
        (_count(app, col(Delivery.status) == Status.MISSED, recent), "lượt lỡ giờ trong 7 ngày"),
    ]
    found = [warn(name, f"{count} {text}", mend) for count, text in lines if count]
    if overdue := _count(app, *late):
        found.append(bad(name, f"{overdue} lượt đã đến giờ mà chưa ra", "Xem: broadcaster status."))
    yield from found or [ok(name, "không có gì chờ người xử lý")]
    with app.database.reading() as session:
        last = evidence.last_moment(session, app.station_id)
    yield from doctor_machine.ledger_clock(last, now)


def backup(app: App) -> Iterator[Finding]:
    """How old the last automatic copy is, and whether it stands where it should."""
    name, chosen, now = "Sao lưu", app.settings.backup, app.clock.now()
    mend = "Hãy chạy: broadcaster backup TỆP.zip, và xem [backup] trong tệp cài đặt."
    if app.settings.database.url:
        yield ok(name, "PostgreSQL: sao lưu bằng pg_dump trên máy chủ đó")
        return
    if chosen.folder and not Path(chosen.folder).expanduser().is_dir():
        yield warn(name, f"không thấy thư mục “{chosen.folder}”", "Hãy cắm lại ổ hoặc USB.")
    last = backups.newest(app.home, app.settings)
    if last is None:
        yield warn(name, "chưa có bản sao tự động nào", mend)
    elif now - last[1] > timedelta(hours=2 * (chosen.every or 24)):
        yield warn(name, f"bản gần nhất từ {last[1].astimezone(app.zone):%d/%m/%Y %H:%M}", mend)
    else:
        yield ok(name, f"bản gần nhất {last[1].astimezone(app.zone):%d/%m/%Y %H:%M}")


def ledger(app: App) -> Iterator[Finding]:
    """When the whole chain was last walked, and what came of it."""
    name, mend = "Sổ minh chứng", "Hãy chạy: broadcaster evidence verify."
    last = verified.last(app.home)
    if last is None:
        yield warn(name, "chưa kiểm tra lần nào", mend)
    else:
        yield _verdict(app, last)
    yield from _stamps(app)


def _verdict(app: App, last: verified.LastVerified) -> Finding:
    name, mend = "Sổ minh chứng", "Hãy chạy: broadcaster evidence verify."
    when = f"{last.at.astimezone(app.zone):%d/%m/%Y %H:%M}"
    if not last.ok:
        return bad(name, f"HỎNG khi kiểm tra lúc {when}: {last.what}", "Hãy báo người phụ trách.")
    if app.clock.now() - last.at > _VERIFY_EVERY:
        return warn(name, f"kiểm tra lần cuối {when}", mend)
    return ok(name, f"nguyên vẹn ({last.records} bản ghi, {when})")


def _stamps(app: App) -> Iterator[Finding]:
    """Whether the authority that should stamp the checkpoints has done so lately."""
    if not app.settings.evidence.tsa_url:
        return
    with app.database.reading() as session:
        newest = checkpoints.newest(session, app.station_id)
        found = stamps.listed(session, app.station_id)
    last = found[-1][0].at if found else None
    if newest is not None and (last is None or newest.at - last > _STAMP_LATE):
        when = f"lần cuối {last.astimezone(app.zone):%d/%m/%Y}" if last else "chưa lần nào"
        mend = "Hãy thử: broadcaster evidence stamp."
        yield warn("Dấu thời gian", f"mốc niêm phong mới chưa có dấu ({when})", mend)
    else:
        yield ok("Dấu thời gian", "mốc niêm phong mới đã có dấu" if last else "chưa có mốc nào")


def secrets(app: App) -> Iterator[Finding]:
    """Whether the key opens what is kept, and how long Zalo's refresh token still lasts."""
    name = "Khóa bí mật"
    with app.database.reading() as session:
        rows = session.exec(select(Secret)).all()
    if rows and app.vault.key_file() is None:
        yield bad(
            name,
            f"thiếu tệp khóa {KEY_FILE} nên không mở được {len(rows)} bí mật",
            "Hãy chép lại tệp khóa đã cất riêng.",
        )
        return
    for row in rows:
        app.vault.get(row.name)
    yield ok(name, f"mở được {len(rows)} bí mật" if rows else "chưa giữ bí mật nào")
    for row in rows:
        end = row.changed_at + _REFRESH_LIFE
        if row.name == "zalo.tokens" and end - app.clock.now() < _REFRESH_SOON:
            yield warn(
                "Kênh zalo",
                f"mã làm mới hết hạn khoảng {end:%d/%m/%Y} nếu không được dùng",
                "Hãy chạy: broadcaster channel check zalo khi có Internet.",
            )


def officers(app: App) -> Iterator[Finding]:
    """Whether the officers can be told of trouble, and what they have not got."""
    name = "Cảnh báo"
    if not alert_routes.routes_of(app.settings, app.clock):
        mend = "Hãy điền [alerts] smtp_host và to, rồi thử: broadcaster alert test."
        yield warn(name, "chưa có đường báo cho cán bộ khi có sự cố", mend)
        return
    with app.database.reading() as session:
        stuck = [row for row in alerts.waiting(session, app.station_id) if row.trouble]
    if stuck:
        text = f"{len(stuck)} cảnh báo chưa gửi được: {stuck[-1].trouble}"
        yield warn(name, text, "Hãy xem lại [alerts], rồi thử: broadcaster alert test.")
    else:
        yield ok(name, "sẵn sàng")


def _channel_look(app: App, name: str, channel: Channel) -> Look:
    def channel_findings() -> Iterator[Finding]:
        label = f"Kênh {name}"
        if name == "facebook":
            yield from _graph_version(app)
        if channel.simulated:
            text = "chế độ mô phỏng: không gửi gì ra ngoài"
            yield warn(label, text, f'Khi sẵn sàng: [{name}] mode = "live".')
            if name != gates.SOUND:
                return
        section = getattr(app.settings, name)
        if not channel.simulated and (host := _unreachable(getattr(section, "api_url", ""))):
            yield warn(label, f"không tới được {host}; chưa kiểm tra được mã", "Xem lại Internet.")
            return
        for health in channel.check():
            level = Level.OK if health.ok else Level.BAD
            yield Finding(f"{label}: {health.name}", level, health.message)
        if (untold := reach.trouble(app, name)) is not None:
            mend = "Sau khi mở quyền, hãy chạy: broadcaster evidence reach."
            yield warn(f"{label}: Số liệu tiếp cận", untold.why, mend)

    return channel_findings


def _graph_version(app: App) -> Iterator[Finding]:
    health = check_version(app.settings.facebook.graph_version, None, app.clock.now())
    yield Finding("Kênh facebook", Level.OK if health.ok else Level.WARN, health.message)


def _unreachable(url: str) -> str | None:
    """The host of a platform that cannot be reached now; None when it can, or there is none."""
    address = urlsplit(url)
    if not address.hostname:
        return None
    port = address.port or (443 if address.scheme == "https" else 80)
    try:
        socket.create_connection((address.hostname, port), _REACH_SECONDS).close()
    except OSError:
        return address.hostname
    return None


def _count(app: App, *conditions: Any) -> int:
    query = select(func.count()).select_from(Delivery).where(Delivery.station_id == app.station_id)
    with app.database.reading() as session:
        return int(session.exec(query.where(*conditions)).one())
