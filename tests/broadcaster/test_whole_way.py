"""The whole way of a plan: read, reviewed, filled, aired week by week, complete with proofs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from broadcaster import editorial, manual_work, plans, timetables, week
from broadcaster.app import App, open_app
from broadcaster.plan_progress import progress
from broadcaster.plan_review import decide, open_review
from broadcaster.services import make_dispatcher
from broadcaster.setup import make_home
from broadcaster.year import forecast
from content.draft import BulletinDraft
from content.people import Role, add_person
from schedules.openings import Week
from schedules.plan_review import accepted, read_answer
from tests.channels_fake import FakeChannel
from tests.clocks import HandClock

PLAN = """# KẾ HOẠCH
Tuyên truyền cải cách hành chính tháng 12 năm 2026

ỦY BAN NHÂN DÂN XÃ AN BÌNH

Phụ lục

| TT | Nội dung tuyên truyền | Hình thức | Thời gian | Chủ trì |
|---|---|---|---|---|
| 1 | Hướng dẫn nộp hồ sơ trực tuyến | Loa truyền thanh | Tháng 12/2026 | Văn phòng |
| 2 | Cổ động trực quan | Áp phích, Facebook | Tháng 12/2026 | Văn phòng |
| 3 | Tổ chức hội nghị | Hội nghị | Tháng 12/2026 | Các thôn |
"""
HALF_A_DAY = 12 * 3600.0


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    clock = HandClock(datetime(2026, 11, 29, 18, 0, tzinfo=UTC))
    home = tmp_path / "nhà"
    make_home(home, clock, name="UBND xã An Bình", parent="", place="An Bình", person="Lan").close()
    opened = open_app(home, clock=clock, person="Lan")
    opened.__dict__["channels"] = {
        name: FakeChannel(name, ("một",)) for name in ("radio", "facebook")
    }
    with opened.database.writing() as session:
        for name, role in (("Lan", Role.EDITOR), ("Minh", Role.APPROVER)):
            add_person(session, opened.station_id, name, role, "Lan", clock.now())
    yield opened
    opened.close()


def review_all(app: App) -> None:
    review = open_review(app, 1)
    given = list(accepted(review.questions, review.plan.document))
    for question in review.questions:
        if any(ask.field == "frequency" for ask in question.asks):
            answer = read_answer(question, "frequency", "mỗi tuần 1 tin", review.plan.document)
            assert answer is not None
            given.append(answer)
    decide(app, 1, given)


def write_what_is_lacking(app: App) -> int:
    leader = App(app.home, app.settings, app.clock, "Minh")
    written = 0
    for shortage in forecast(app, 2026).shortages:
        for _ in range(shortage.bulletins):
            written += 1
            draft = BulletinDraft(f"Tin số {written}", "Bà con xem tại xã.", task=shortage.no)
            number = editorial.add(app, draft).article.id
            editorial.submit(app, number)
            editorial.approve(leader, number)
    leader.close()
    return written


def live_through(app: App, last: datetime) -> None:
    """Build each week on its Monday and send what falls due, until `last`."""
    clock = app.clock
    assert isinstance(clock, HandClock)
    dispatcher = make_dispatcher(app)
    built = None
    while clock.now() < last:
        this = Week.of(clock.now().astimezone(app.zone).date(), app.zone)
        if this.label != built:
            week.build(app, this)
            built = this.label
        wakes = dispatcher.next_wakes()
        if not wakes:
            clock.forward(HALF_A_DAY)
            continue
        lane, at = min(wakes.items(), key=lambda one: (one[1], str(one[0])))
        clock.forward(max(0.0, (at - clock.now()).total_seconds()))
        dispatcher.run_lane(lane)


def test_a_plan_reaches_all_it_asks_for_and_every_part_of_it_is_proved(
    app: App, tmp_path: Path
) -> None:
    source = tmp_path / "kế hoạch.md"
    source.write_text(PLAN, encoding="utf-8")
    plans.import_plan(app, source)
    review_all(app)
    for channel in ("radio", "facebook"):
        timetables.add(app, channel, "17:00", "t2,t5", 15, targets=())
    first = forecast(app, 2026)
    assert {one.no for one in first.shortages} == {"1", "2"}
    assert write_what_is_lacking(app) >= 2
    assert forecast(app, 2026).shortages == ()

    live_through(app, datetime(2026, 12, 31, 1, 0, tzinfo=UTC))

    rows = {row.task.no: row for row in progress(app, 1).rows}
    for no in ("1", "2"):
        assert rows[no].work.airings >= rows[no].work.airings_needed > 0
    assert rows["3"].work.airings_needed == 0
    photo = tmp_path / "ảnh hội nghị.txt"
    photo.write_text("Danh sách dự họp", encoding="utf-8")
    for no in ("2", "3"):
        manual_work.add(app, [photo], manual_work.Said(task=no))
    found = progress(app, 1)
    assert (found.done, found.share) == (3, 1.0)


def test_a_missing_slot_is_named_for_the_machines_channels_only(app: App, tmp_path: Path) -> None:
    source = tmp_path / "kế hoạch.md"
    source.write_text(PLAN, encoding="utf-8")
    plans.import_plan(app, source)
    reasons = {one.no: one.reason for one in forecast(app, 2026).shortages}
    assert reasons["2"] == "chưa có khung giờ trên kênh facebook"
