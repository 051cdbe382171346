"""The main job, whole, in a throw-away home: from a plan document to evidence on three channels.

Everything is the real code on real files; only the clock is set to a Monday afternoon, and the
channels are in sandbox mode, so nothing leaves this machine and every output is marked so.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.resources import as_file, files
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlmodel import col, select

from broadcaster import bookings, editorial, evidence, plans, timetables, verification, week
from broadcaster.app import App, open_app
from broadcaster.clock import ShiftedClock
from broadcaster.logs import log_to
from broadcaster.outgoing import outgoing_for
from broadcaster.records import Delivery
from broadcaster.records import DeliveryStatus as Status
from broadcaster.services import make_daemon
from broadcaster.settings import FILE_NAME
from broadcaster.setup import make_home
from broadcaster.week_sheet import week_sheet
from channels.base import Clock
from content.files import write_atomically
from content.library import get_article
from content.people import Role, add_person
from content.reader import read_bulletin
from schedules.export import export
from schedules.openings import Week
from schedules.plan import Plan

EDITOR, LEADER = "Nguyễn Thị Lan", "Trần Văn Minh"
FORMATS = ("docx", "pdf", "html", "xlsx")
_AIR = timedelta(hours=17)
"""The demonstration lives around the 17:00 opening of a Monday."""
_MORNING_OF_WORK = timedelta(minutes=20)
_LAST_SECONDS = timedelta(seconds=2)
_PATIENCE_SECONDS = 120.0
# Heard on a desk and not from a horn across the fields: quicker, and not band-limited.
_SETTINGS = """
[radio]
mode = "sandbox"
engines = ["espeak"]
rate = 140
profile = "indoor"
items_per_session = 1
"""
_SLOTS = (
    ("radio", "05:30", "daily", 15),
    ("radio", "17:00", "daily", 15),
    ("facebook", "17:00", "daily", 60),
    ("zalo", "17:00", "t2,t4,t6", 60),
)
_CHANNELS = {channel for channel, *_ in _SLOTS}
"""Those that have something to say; the portal waits for settings of its own."""


@dataclass(frozen=True, slots=True)
class Went:
    """One line of the final table."""

    delivery: Delivery
    title: str


@dataclass(frozen=True, slots=True)
class Demonstrated:
    """What the demonstration leaves behind."""

    went: Sequence[Went]
    verdict: verification.Verification
    exports: Sequence[Path]
    opened: Sequence[tuple[str, Path]]
    """Things worth opening, each with a Vietnamese label."""


@dataclass(slots=True)
class Demo:
    """One run: `steps` yields a line for each step and leaves the end in `result`."""

    home: Path
    clock: Clock
    result: Demonstrated | None = None

    def steps(self) -> Iterator[str]:
        """Do the job, saying after each step what was done."""
        monday = _next_monday(self.clock.now())
        log_to(self.home, console=False)
        app = self._home(_at(monday, _AIR - _MORNING_OF_WORK))
        yield f"Tạo thư mục làm việc {self.home}"
        imported = _import_plan(app)
        yield f"Nhập kế hoạch: {len(imported.tasks)} nhiệm vụ, kỳ {_period(imported.plan)}"
        count = _fill_library(app)
        yield f"Thêm {count} bản tin do {EDITOR} soạn; {LEADER} duyệt"
        for slot in _SLOTS:
            timetables.add(app, *slot, targets=())
        yield "Đặt khung giờ: loa 05:30 và 17:00, Facebook và Zalo 17:00"
        this = Week.of(monday.date(), app.zone)
        built = week.build(app, this)
        yield f"Xếp lịch {built.week.label}: {built.added} lượt"
        exports = [export(week_sheet(app, this), one, self.home / "lich-tuan") for one in FORMATS]
        yield f"Xuất lịch tuần để in: {', '.join(FORMATS)}"
        _render_first(app)
        app.close()
        yield "Dựng sẵn âm thanh của buổi phát đầu tiên"
        app = self._reopened(_at(monday, _AIR - _LAST_SECONDS))
        yield "Bật chương trình phát, chờ 17:00; loa phát đúng thời gian thật …"
        yield from self._air(app)
        self.result = _result(app, exports)
        app.close()

    def _home(self, start: datetime) -> App:
        make_home(
            self.home,
            self.clock,
            name="Ủy ban nhân dân xã An Bình",
            parent="Ủy ban nhân dân tỉnh Hòa Thuận",
            place="An Bình",
            person=EDITOR,
        ).close()
        _write_settings(self.home / FILE_NAME)
        app = self._reopened(start)
        with app.database.writing() as session:
            for name, role in ((EDITOR, Role.EDITOR), (LEADER, Role.APPROVER)):
                add_person(session, app.station_id, name, role, EDITOR, app.clock.now())
        return app

    def _reopened(self, start: datetime) -> App:
        return open_app(self.home, clock=ShiftedClock(self.clock, start), person=EDITOR)

    def _air(self, app: App) -> Iterator[str]:
        """Run the daemon until one broadcast on each channel has gone out."""
        daemon = make_daemon(app)
        thread = threading.Thread(target=daemon.run, name="daemon", daemon=True)
        thread.start()
        said: set[int] = set()
        deadline = self.clock.monotonic() + _PATIENCE_SECONDS
        try:
            while self.clock.monotonic() < deadline:
                for row in _news(app, said):
                    yield _line(app, row)
                if _done_channels(app) >= _CHANNELS:
                    break
                self.clock.sleep(0.1)
        finally:
            daemon.stop()
            thread.join()


def _next_monday(now: datetime) -> datetime:
    """Monday 00:00 of next week, on the demonstration's wall clock (no summer time there)."""
    local = now.astimezone(ZoneInfo("Asia/Ho_Chi_Minh"))
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(days=7 - local.weekday())


def _at(monday: datetime, time_of_day: timedelta) -> datetime:
    return monday + time_of_day


def _write_settings(path: Path) -> None:
    """The file that `init` made, with the demonstration's own [radio] table."""
    before, _, rest = path.read_text(encoding="utf-8").partition("[radio]\n")
    after = rest[rest.index("[radio.zones") :]
    write_atomically(path, f"{before.rstrip()}\n{_SETTINGS}\n{after}".encode())


def _import_plan(app: App) -> plans.Imported:
    with as_file(files("broadcaster.samples")) as folder:
        return plans.import_plan(app, next(folder.glob("ke-hoach-*.md")))


def _fill_library(app: App) -> int:
    leader = App(app.home, app.settings, app.clock, LEADER)
    with as_file(files("broadcaster.samples") / "bulletins") as folder:
        paths = sorted(path for path in folder.iterdir() if path.suffix in (".md", ".txt"))
        for path in paths:
            article = editorial.add(app, read_bulletin(path, tuple(app.channels))).article
            editorial.submit(app, article.id)
            editorial.approve(leader, article.id)
    leader.close()
    return len(paths)


def _render_first(app: App) -> None:
    """Render what the next loudspeaker session says, as the daemon does half an hour ahead."""
    with app.database.reading() as session:
        query = select(Delivery).where(Delivery.channel == "radio")
        first = session.exec(query.order_by(col(Delivery.scheduled_at))).first()
        if first is not None:
            app.channels["radio"].prepare(outgoing_for(session, app.station, first, app.media))


def _news(app: App, said: set[int]) -> list[Delivery]:
    with app.database.reading() as session:
        rows = session.exec(select(Delivery).where(col(Delivery.status) == Status.SENT)).all()
    news = [row for row in rows if row.id is not None and row.id not in said]
    said.update(row.id for row in news if row.id is not None)
    return news


def _done_channels(app: App) -> set[str]:
    """Channels with a broadcast whose deliveries have all gone out."""
    return {
        booked.broadcast.channel
        for booked in bookings.listed(app)
        if booked.deliveries and all(row.status == Status.SENT for row in booked.deliveries)
    }


def _line(app: App, row: Delivery) -> str:
    at = row.started_at.astimezone(app.zone) if row.started_at else None
    when = f"{at:%H:%M:%S}" if at else "—"
    return f"{when}  {row.channel} → {row.target}: đã ra ngoài (mô phỏng)"


def _result(app: App, exports: Sequence[Path]) -> Demonstrated:
    with app.database.reading() as session:
        rows = session.exec(
            select(Delivery).where(col(Delivery.status) == Status.SENT).order_by(col(Delivery.id))
        ).all()
        verdict = verification.verify(session, app.station_id, app.store)
    went = [Went(row, _title(app, row)) for row in rows]
    opened = [("Lịch tuần để in", exports[0]), ("Lịch tuần (PDF)", exports[1])]
    opened += [found for row in rows if (found := _worth_opening(app, row)) is not None]
    return Demonstrated(went, verdict, exports, opened)


def _title(app: App, row: Delivery) -> str:
    with app.database.reading() as session:
        return get_article(session, app.station_id, row.bulletin_id).revision.title


_WORTH = {
    "radio": ("Âm thanh đã phát", "audio/"),
    "facebook": ("Bài Facebook", "text/html"),
    "zalo": ("Bài Zalo", "text/html"),
}


def _worth_opening(app: App, row: Delivery) -> tuple[str, Path] | None:
    """A copy, under a readable name, of the artefact that shows best what went out."""
    label, wanted = _WORTH[row.channel]
    with app.database.reading() as session:
        records = [r for r in evidence.records(session, app.station_id) if r.delivery_id == row.id]
    artefacts = [item for record in records for item in evidence.to_json(record)["artefacts"]]
    chosen = next((item for item in artefacts if item["media_type"].startswith(wanted)), None)
    if chosen is None:
        return None
    target = app.home / "xem" / f"{row.channel}{Path(chosen['name']).suffix}"
    write_atomically(target, app.store.path(chosen["sha256"]).read_bytes())
    return label, target


def _period(plan: Plan) -> str:
    start, end = plan.period_start, plan.period_end
    return f"{start:%d/%m/%Y}–{end:%d/%m/%Y}" if start and end else "chưa rõ"
