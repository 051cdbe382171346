"""What `plan status`, `plan calendar`, `status` and `evidence add` show of a plan's work."""

from __future__ import annotations

import io
import sqlite3
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy.event import listen
from structlog.testing import capture_logs

from broadcaster import chores, evidence, manual_work
from broadcaster.achievements import achievements
from broadcaster.app import App, open_app
from broadcaster.delivery import Outcome, move
from broadcaster.records import Delivery
from broadcaster.records import DeliveryStatus as Status
from tests.broadcaster.desks import Desk, StillClock


def photo(taken: str | None = None, colour: str = "red") -> bytes:
    image = Image.new("RGB", (40, 30), colour)
    exif = image.getexif()
    if taken:
        exif.get_ifd(0x8769)[0x9003] = taken
    out = io.BytesIO()
    image.save(out, "JPEG", exif=exif)
    return out.getvalue()


def rows(desk: Desk) -> dict[str, dict[str, Any]]:
    return {row["no"]: row for row in desk.json("plan", "status")}


def air(desk: Desk, *, simulated: bool, count: int = 1) -> None:
    """Some deliveries of the coming week go out."""
    app = open_app(desk.home, clock=StillClock(), person="Lan")
    with app.database.writing() as session:
        from sqlmodel import select

        for row in session.exec(select(Delivery).order_by(Delivery.id).limit(count)).all():
            for to in (Status.READY, Status.SENDING, Status.SENT):
                outcome = Outcome("thử", {"started_at": row.scheduled_at}, simulated=simulated)
                move(session, row, to, outcome, row.scheduled_at)
    app.close()


def test_only_proved_outputs_that_were_not_simulated_count(planned_desk: Desk) -> None:
    planned_desk.approved("Giờ làm việc", "2")
    planned_desk.ok("schedule", "build", "--week", "next")
    assert rows(planned_desk)["2"]["sent"] == 0
    air(planned_desk, simulated=True)
    assert rows(planned_desk)["2"]["sent"] == 0


def test_proofs_are_looked_up_by_their_delivery_and_not_in_the_whole_chain(
    planned_desk: Desk,
) -> None:
    asked: list[tuple[str, Any]] = []
    app = open_app(planned_desk.home, clock=StillClock(), person="Lan")
    with app.database.reading() as session:
        listen(
            session.get_bind(),
            "before_cursor_execute",
            lambda _c, _k, text, values, _x, _m: asked.append((text, values)),
        )
        achievements(session, 1, app.zone, date(2026, 1, 1))
    app.close()
    (query,) = [one for one in asked if "JOIN evidence" in one[0]]
    with sqlite3.connect(planned_desk.home / "broadcaster.db") as database:
        steps = [row[3] for row in database.execute(f"EXPLAIN QUERY PLAN {query[0]}", query[1])]
    assert any("evidence USING INDEX ix_evidence_delivery_id" in step for step in steps), steps


def test_a_proved_output_counts_once_and_names_its_evidence(planned_desk: Desk) -> None:
    planned_desk.approved("Giờ làm việc", "2")
    planned_desk.ok("schedule", "build", "--week", "next")
    air(planned_desk, simulated=False, count=2)
    found = rows(planned_desk)["2"]
    assert found["sent"] == 2
    assert found["airings"]["done"] == 2
    assert len(found["evidence"]) == 2
    assert 0 < found["completion"] < 1


def test_a_task_that_lags_is_at_risk_and_an_early_one_is_late_when_its_time_is_over(
    planned_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = rows(planned_desk)
    assert found["1"]["state"] == "at_risk"
    assert "chưa có bản tin" in found["1"]["why"]
    monkeypatch.setattr(StillClock, "moment", datetime(2026, 12, 20, 2, 0, tzinfo=UTC))
    assert rows(planned_desk)["3"]["state"] == "late"


def test_the_completion_rule_gives_nothing_below_nine_tenths(planned_desk: Desk) -> None:
    planned_desk.ok("evidence", "add", planned_desk.file("a.jpg", photo()), "--task", "3")
    scored = planned_desk.json("plan", "status", "--score")
    points = {one["code"]: one["points"] for one in scored["scores"]}
    assert (scored["done"], scored["tasks"]) == (1, 3)
    assert points["xl-4.1"] == 0
    assert points["xl-4.2"] == 0.5
    assert rows(planned_desk)["3"]["points"] == pytest.approx(1 / 3, abs=1e-3)


def test_a_photo_is_kept_hashed_and_recorded_with_the_time_that_it_bears(
    planned_desk: Desk,
) -> None:
    path = planned_desk.file("ảnh hội nghị.jpg", photo("2026:11:20 08:30:00"))
    added = planned_desk.json("evidence", "add", path, "--task", "3", "--date", "20/11/2026")
    assert added["remarks"] == []
    assert added["files"][0]["taken"] == "2026-11-20T08:30:00"
    record = planned_desk.json("evidence", "list")[-1]
    assert (record["kind"], record["simulated"]) == ("manual", False)
    assert record["artefacts"][0]["name"] == "ảnh hội nghị.jpg"
    assert planned_desk.json("evidence", "verify")
    found = rows(planned_desk)["3"]
    assert (found["state"], found["evidence"]) == ("done", [added["seq"]])


def test_a_photo_that_contradicts_the_said_date_is_shown_beside_it(planned_desk: Desk) -> None:
    path = planned_desk.file("ảnh.jpg", photo("2025:03:01 08:30:00"))
    added = planned_desk.json("evidence", "add", path, "--task", "3", "--date", "20/11/2026")
    assert "08:30 01/03/2025" in added["remarks"][0]
    assert "20/11/2026" in added["remarks"][0]


def test_without_a_date_the_photo_says_it(planned_desk: Desk) -> None:
    path = planned_desk.file("ảnh.jpg", photo("2026:11:02 08:30:00"))
    planned_desk.ok("evidence", "add", path, "--task", "3")
    assert planned_desk.json("evidence", "list")[-1]["details"]["date"] == "2026-11-02"


def test_the_same_file_twice_is_said_and_not_recorded(planned_desk: Desk) -> None:
    one = planned_desk.file("một.jpg", photo())
    two = planned_desk.file("hai.jpg", photo())
    first = planned_desk.json("evidence", "add", one, two, "--task", "3")
    assert len(first["files"]) == 1
    assert "trùng" in first["remarks"][0]
    count = len(planned_desk.json("evidence", "list"))
    again = planned_desk.json("evidence", "add", two, "--task", "3")
    assert again["seq"] is None
    assert f"bản ghi {first['seq']}" in again["remarks"][0]
    assert len(planned_desk.json("evidence", "list")) == count
    other = planned_desk.json("evidence", "add", two, "--task", "1")
    assert "nhiệm vụ khác" in other["remarks"][0]


def test_all_unusable_files_are_named_at_once_and_nothing_is_written(
    planned_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manual_work, "MOST_MEGABYTES", 0.001)
    good = planned_desk.file("tốt.txt", "đủ nhỏ")
    big = planned_desk.file("to.bin", b"x" * 5000)
    empty = planned_desk.file("rỗng.jpg", b"")
    before = len(planned_desk.json("evidence", "list"))
    said = planned_desk.refused("evidence", "add", good, big, empty, "không có.jpg", "--task", "3")
    assert "to.bin" in said
    assert "Tệp rỗng" in said
    assert "không có.jpg" in said
    assert len(planned_desk.json("evidence", "list")) == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--task", "99"), "Không có nhiệm vụ"),
        (("--task", "3", "--date", "2027-01-01"), "chưa đến"),
        (("--task", "3", "--date", "hôm kia"), "Không hiểu ngày"),
        (("--task", "3", "--form", "kịch"), "Không có hình thức"),
    ],
)
def test_a_wrong_word_is_refused(planned_desk: Desk, words: tuple[str, ...], said: str) -> None:
    path = planned_desk.file("a.jpg", photo())
    assert said in planned_desk.refused("evidence", "add", path, *words)


def test_damaged_photos_are_kept_without_a_time() -> None:
    whole = photo("2026:11:20 08:30:00")
    assert manual_work.exif_time(whole) == datetime(2026, 11, 20, 8, 30)  # noqa: DTZ001
    assert manual_work.exif_time(photo("không phải giờ")) is None
    for cut in range(0, len(whole), 7):
        manual_work.exif_time(whole[:cut])
    assert manual_work.exif_time(b"") is None


def test_a_task_for_people_that_ends_soon_is_in_status_and_in_the_daemons_log(
    planned_desk: Desk,
) -> None:
    needs = planned_desk.json("status")["needs"]
    (reminder,) = [line for line in needs if "evidence add" in line]
    assert "còn 11 ngày, đến 04/12/2026" in reminder
    app = open_app(planned_desk.home, clock=StillClock(), person="Lan")
    with capture_logs() as logs:
        chores.remind(app)
    app.close()
    assert [entry["task"] for entry in logs if entry["event"] == "plan.reminder"] == ["3"]
    planned_desk.ok("evidence", "add", planned_desk.file("a.jpg", photo()), "--task", "3")
    assert not [line for line in planned_desk.json("status")["needs"] if "evidence add" in line]


def test_reminders_keep_to_the_set_number_of_days(
    planned_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BROADCASTER_SCHEDULE__REMIND_DAYS", "7")
    assert not [line for line in planned_desk.json("status")["needs"] if "evidence add" in line]
    later = StillClock.moment + timedelta(days=6)
    monkeypatch.setattr(StillClock, "moment", later)
    assert [line for line in planned_desk.json("status")["needs"] if "evidence add" in line]


def test_the_picture_fits_eighty_columns_and_the_page_escapes_what_it_shows(
    planned_desk: Desk, tmp_path: Path
) -> None:
    planned_desk.approved("Giờ làm việc", "2")
    shown = planned_desk.ok("plan", "calendar")
    assert max(len(line) for line in shown.splitlines()) <= 80
    assert "○" in shown
    page = tmp_path / "bức tranh.html"
    planned_desk.ok("plan", "calendar", "-o", str(page))
    text = page.read_text(encoding="utf-8")
    assert 'class="dot planned"' in text
    assert "http" not in text


def test_a_crash_between_the_files_and_the_record_leaves_no_half(planned_desk: Desk) -> None:
    path = Path(planned_desk.file("a.jpg", photo()))
    app: App = open_app(planned_desk.home, clock=StillClock(), person="Lan")
    with pytest.MonkeyPatch.context() as patch:

        def fails(*_: object, **__: object) -> None:
            raise RuntimeError("power cut")

        patch.setattr(evidence, "append", fails)
        with pytest.raises(RuntimeError):
            manual_work.add(app, [path], manual_work.Said("3"))
    added = manual_work.add(app, [path], manual_work.Said("3"))
    app.close()
    assert added.seq is not None
    assert added.remarks == []
