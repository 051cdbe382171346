"""The five real plans, each from its document to a year that is complete with proofs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from sqlmodel import col, select

from broadcaster.app import App, open_app
from broadcaster.delivery import OPEN, Outcome, move
from broadcaster.records import Delivery
from broadcaster.records import DeliveryStatus as Status
from tests.broadcaster.desks import Desk, typed
from tests.channels_fake import FakeChannel
from tests.clocks import HandClock
from tests.shared_data import PLANS

CHANNELS = ("portal", "radio", "facebook", "zalo")
"""All that the program carries; here without wires, and real: what a sandbox did never counts."""
AIRED = timedelta(minutes=1)
BULLETIN = """---
title: {title}
task: "{task}"
---
Bà con xem hướng dẫn tại trụ sở Ủy ban nhân dân xã.
"""


@dataclass(frozen=True)
class Year:
    """One plan, the day on which it is imported, its last day, and a timetable with room for it."""

    name: str
    begins: date
    last: date
    slots: dict[str, str]


_WEEKLY = {"radio": "t2,t5", "portal": "t3", "facebook": "t4", "zalo": "t6"}
_DAILY = dict.fromkeys(("portal", "facebook", "zalo"), "t2,t3,t4,t5,t6")
YEARS = (
    Year("000_ab1695a5024b2980.txt", date(2025, 9, 8), date(2025, 12, 31), _WEEKLY),
    Year("001_b03aa447001753c0.txt", date(2024, 1, 2), date(2024, 12, 31),
         {"radio": "t2,t5", "portal": "t2,t5"}),
    Year("002_ef1cf9a82fe0ef62.txt", date(2026, 1, 20), date(2026, 12, 31),
         {"radio": "t2", "portal": "t3,t5", "facebook": "t4,t6"}),
    Year("003_9dc92b55759d7690.txt", date(2025, 8, 11), date(2025, 12, 31), _DAILY),
    Year("004_9004ded4a443d3e1.txt", date(2025, 8, 11), date(2025, 12, 31), _WEEKLY),
)  # fmt: skip


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def desk(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    clock: HandClock,
) -> Desk:
    """Channels that always succeed, and a clock that may stand in the years of the plans."""
    home = tmp_path / "nhà"
    channels = {name: FakeChannel(name, ("một",)) for name in CHANNELS}
    makers = {name: lambda _app, made=made: made for name, made in channels.items()}
    monkeypatch.setattr("broadcaster.registry.CHANNELS", makers)
    for module in ("broadcaster.app", "broadcaster.clock"):
        monkeypatch.setattr(f"{module}.SystemClock", lambda: clock)
    monkeypatch.setenv("BROADCASTER_HOME", str(home))
    monkeypatch.setenv("BROADCASTER_USER", "Lan")
    monkeypatch.setenv("BROADCASTER_RADIO__ENGINES", '["espeak"]')
    return Desk(home, typed(capsys))


def review(desk: Desk) -> None:
    """The officer edits the exported file: all is a task, a frequency, the blanks stay blank."""
    file = Path(desk.file("duyệt.toml", ""))
    desk.ok("plan", "review", 1, "--export", file)
    answers = {
        "keep = ": "có",
        "seen = ": "đã xem",
        "frequency = ": "mỗi tuần 1 tin",
        "number = ": "để trống",
        "date = ": "để trống",
    }
    lines = file.read_text(encoding="utf-8").splitlines()
    for at, line in enumerate(lines):
        for start, answer in answers.items():
            if line.startswith(start):
                lines[at] = f'{start}"{answer}"'
    file.write_text("\n".join(lines), encoding="utf-8")
    assert desk.json("plan", "review", 1, "--from", file)["questions"] == []


def write_what_is_lacking(desk: Desk, year: int) -> int:
    """The bulletins that the forecast asks for; how many."""
    written = 0
    for one in desk.json("schedule", "build", "--year", year)["shortages"]:
        for _ in range(one["bulletins"]):
            written += 1
            text = BULLETIN.format(title=f"Tin số {written}", task=one["task"])
            desk.approved_text(text)
    return written


def live_until(desk: Desk, clock: HandClock, last: date) -> None:
    """Each week is built on its first day at 00:00 UTC, and then carried out to its end."""
    while (today := clock.now().date()) <= last:
        desk.ok("schedule", "build", "--no-render")
        monday = midnight(today) + timedelta(days=7 - today.weekday())
        app = open_app(desk.home)
        carry_out(app, monday)
        app.close()
        stand(clock, monday)


def carry_out(app: App, end: datetime) -> None:
    """What the daemon writes when a channel succeeds, by the deliveries' own moves.

    The loudspeakers' last gate believes no clock before 2026, and four of the plans are older; the
    way through gates and channels is that of `test_whole_way`.
    """
    with app.database.writing() as session:
        due = select(Delivery).where(
            col(Delivery.status).in_(OPEN), col(Delivery.scheduled_at) < end
        )
        for row in session.exec(due).all():
            times = {"started_at": row.scheduled_at, "ended_at": row.scheduled_at + AIRED}
            if row.status == Status.PLANNED:
                move(session, row, Status.READY, Outcome("đến giờ"), row.scheduled_at)
            move(session, row, Status.SENDING, Outcome("đang phát"), row.scheduled_at)
            move(session, row, Status.SENT, Outcome("đã ra", times), row.scheduled_at + AIRED)


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(0), UTC)


def stand(clock: HandClock, at: datetime) -> None:
    clock.step((at - clock.now()).total_seconds())


def prove_what_people_did(desk: Desk) -> None:
    """A photo of each poster, conference … that the plan asks people for."""
    for row in desk.json("plan", "status"):
        for turn in range(row["proofs"]["needed"] - row["proofs"]["done"]):
            if row["counted"]:
                photo = desk.file(f"ảnh {row['no']}-{turn}.jpg", f"{row['no']} {turn}")
                last = row["windows"][-1][1]
                desk.ok("evidence", "add", photo, "--task", row["no"], "--date", last)


@pytest.mark.skipif(not PLANS.is_dir(), reason="the shared plans are not beside the checkout")
@pytest.mark.parametrize("year", YEARS, ids=lambda one: one.name[:3])
def test_a_real_plan_is_carried_out_whole(desk: Desk, clock: HandClock, year: Year) -> None:
    stand(clock, midnight(year.begins))
    desk.ok("init", "--name", "Ủy ban nhân dân xã")
    desk.ok("person", "add", "Minh", "--role", "approver")
    desk.ok("plan", "import", PLANS / year.name)
    review(desk)
    for channel, days in year.slots.items():
        desk.ok("slot", "add", "--channel", channel, "--at", "17:00", "--days", days)

    assert desk.json("schedule", "build", "--year", year.begins.year)["completion"] < 1
    assert write_what_is_lacking(desk, year.begins.year) > 0
    foreseen = desk.json("schedule", "build", "--year", year.begins.year)
    assert (foreseen["completion"], foreseen["shortages"]) == (1.0, [])

    live_until(desk, clock, year.last)
    assert desk.json("plan", "status", "--score")["completion"] < 1
    prove_what_people_did(desk)

    found = desk.json("plan", "status", "--score")
    assert (found["completion"], found["done"]) == (1.0, found["tasks"])
    desk.ok("report", "--period", year.begins.year, "-o", desk.home / "báo cáo.json")
    report = json.loads((desk.home / "báo cáo.json").read_text(encoding="utf-8"))
    counted = [task for task in report["tasks"] if task["counted"]]
    assert len(counted) == found["tasks"]
    assert {task["state"] for task in counted} == {"done"}
    desk.ok("evidence", "verify")
