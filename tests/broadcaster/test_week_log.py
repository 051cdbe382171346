"""The log book: planned beside actual, the reason where it failed, the same bytes again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from broadcaster import evidence
from broadcaster.app import open_app
from broadcaster.delivery import Outcome, move
from broadcaster.evidence import Kind
from broadcaster.records import Delivery
from broadcaster.records import DeliveryStatus as Status
from schedules.export import FORMATS
from tests.broadcaster.desks import Desk, StillClock

WEEK = "2026-W49"
AIRED = {"form": "recording", "seconds": 61.0}


def live(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A week was built and has passed: one went out, one failed, one was only simulated."""
    desk.approved("Giờ làm việc của bộ phận một cửa", "2")
    desk.approved("Hướng dẫn nộp hồ sơ trực tuyến", "1")
    desk.ok("schedule", "build", "--week", "next")
    app = open_app(desk.home, clock=StillClock(), person="Lan")
    with app.database.writing() as session:
        first, second, third, fourth, *_ = session.exec(select(Delivery).order_by(Delivery.id))
        begun = first.scheduled_at + timedelta(seconds=2)
        times = {"started_at": begun, "ended_at": begun + timedelta(seconds=61)}
        for row, simulated in ((first, False), (third, True)):
            for to in (Status.READY, Status.SENDING):
                move(session, row, to, Outcome("đến giờ"), begun)
            move(
                session,
                row,
                Status.SENT,
                Outcome("đã ra", times, simulated=simulated, details=AIRED),
                begun,
            )
        move(session, second, Status.READY, Outcome("đến giờ"), begun)
        move(session, second, Status.MISSED, Outcome("mất điện từ 05:10 đến 07:40"), begun)
        move(session, fourth, Status.CANCELLED, Outcome("lịch tuần được xếp lại"), begun)
    app.close()
    monkeypatch.setattr(StillClock, "moment", datetime(2026, 12, 7, 2, 0, tzinfo=UTC))


def test_planned_stands_beside_actual_with_the_reason_where_it_failed(
    planned_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    live(planned_desk, monkeypatch)
    rows = planned_desk.json("schedule", "log", "--week", WEEK)["items"]
    sent, missed, tried = rows[:3]
    assert (sent["starts"], sent["actual"]) == ("05:30", "05:30:02–05:31:03")
    assert sent["status"] == "đã phát"
    assert (missed["actual"], missed["status"]) == (None, "lỡ giờ")
    assert missed["note"] == "mất điện từ 05:10 đến 07:40"
    assert tried["status"] == "đã phát (thử)"


def test_what_sounded_and_was_cut_bears_its_real_times(
    planned_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    live(planned_desk, monkeypatch)
    app = open_app(planned_desk.home, clock=StillClock(), person="Lan")
    with app.database.writing() as session:
        row = session.exec(select(Delivery).order_by(Delivery.id)).all()[4]
        begun = row.scheduled_at + timedelta(seconds=1)
        cut = {
            "relay": True, "samples": 9, "seconds": 30.0, "onset": begun.isoformat(),
            "ended": (begun + timedelta(seconds=30)).isoformat(),
        }  # fmt: skip
        for to, details in ((Status.READY, {}), (Status.SENDING, {}), (Status.FAILED, cut)):
            move(session, row, to, Outcome("mất luồng", details=details), begun)
        at = row.scheduled_at.astimezone(app.zone)
    app.close()
    rows = planned_desk.json("schedule", "log", "--week", WEEK)["items"]
    (shown,) = [one for one in rows if one["status"] == "hỏng"]
    assert shown["actual"] == f"{at:%H:%M}:01–{at:%H:%M}:31"
    assert shown["medium"] == "Tiếp âm"


def noticed(desk: Desk, kind: Kind, message: str, at: datetime, delivery: int | None) -> None:
    app = open_app(desk.home, clock=StillClock(), person="Lan")
    facts = {"channel": "radio", "target": "toan-xa", "delivery": delivery, "simulated": False}
    with app.database.writing() as session:
        evidence.append(session, 1, kind, at, facts, details={"message": message})
    app.close()


def test_an_air_check_or_an_alarm_stands_beside_what_it_is_about(
    planned_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    live(planned_desk, monkeypatch)
    day = datetime(2026, 12, 1, 3, 0, tzinfo=UTC)
    noticed(planned_desk, Kind.CHECK, "Người nghe đã nhận đúng chương trình", day, 1)
    noticed(planned_desk, Kind.ALARM, "Đầu ra alsa: hỏng: rút dây", day, 2)
    noticed(planned_desk, Kind.ALARM, "Loa có tiếng ngoài khung giờ", day, None)
    noticed(planned_desk, Kind.ALARM, "tuần trước", day - timedelta(days=7), None)
    rows = planned_desk.json("schedule", "log", "--week", WEEK)["items"]
    sent, missed = rows[:2]
    assert (sent["actual"], sent["medium"]) == ("05:30:02–05:31:03", "Bản thu")
    assert sent["note"] == "Kiểm tra âm: Người nghe đã nhận đúng chương trình"
    assert missed["note"] == "mất điện từ 05:10 đến 07:40; BÁO ĐỘNG: Đầu ra alsa: hỏng: rút dây"
    (stray,) = [row for row in rows if row["title"] == "(ngoài lịch)"]
    assert (stray["actual"], stray["note"]) == (
        "10:00:00",
        "BÁO ĐỘNG: Loa có tiếng ngoài khung giờ",
    )
    assert "tuần trước" not in str(rows)


def test_what_the_planner_took_out_again_is_no_event(
    planned_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    live(planned_desk, monkeypatch)
    rows = planned_desk.json("schedule", "log", "--week", WEEK)["items"]
    assert "đã hủy" not in {row["status"] for row in rows}
    assert len(rows) == 13


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_is_written_and_the_same_again(
    planned_desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, form: str
) -> None:
    live(planned_desk, monkeypatch)
    paths = [tmp_path / "một", tmp_path / "hai"]
    for path in paths:
        planned_desk.ok("schedule", "log", "--week", WEEK, "--format", form, "-o", str(path))
    first, second = (path / f"So-nhat-ky-{WEEK}.{form}" for path in paths)
    assert first.read_bytes() == second.read_bytes()


def test_the_texts_formats_say_log_and_reason(
    planned_desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    live(planned_desk, monkeypatch)
    planned_desk.ok(
        "schedule", "log", "--week", WEEK, "--format", "html,csv,json", "-o", str(tmp_path)
    )
    for form in ("html", "csv", "json"):
        text = (tmp_path / f"So-nhat-ky-{WEEK}.{form}").read_text(encoding="utf-8")
        assert "mất điện từ 05:10 đến 07:40" in text
        assert "05:30:02–05:31:03" in text
    assert "SỔ NHẬT KÝ" in (tmp_path / f"So-nhat-ky-{WEEK}.html").read_text(encoding="utf-8")


def test_a_week_without_events_says_so(planned_desk: Desk, tmp_path: Path) -> None:
    planned_desk.ok(
        "schedule", "log", "--week", "2026-W20", "--format", "pdf,html", "-o", str(tmp_path)
    )
    assert "được ghi nhận" in (tmp_path / "So-nhat-ky-2026-W20.html").read_text(encoding="utf-8")


def test_the_log_fits_eighty_columns(planned_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    live(planned_desk, monkeypatch)
    shown = planned_desk.ok("schedule", "log", "--week", WEEK)
    assert max(len(line) for line in shown.splitlines()) <= 80
