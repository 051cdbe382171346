"""The figures of reports: only what really went out, every number with its records."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from broadcaster import plans
from broadcaster.app import App
from broadcaster.completion import State, result_of
from broadcaster.evidence import Kind
from broadcaster.explain import explained, render_json
from broadcaster.figures import length, number, ranges, share
from broadcaster.papers.paper import Paper, Paragraph, Table, text_of
from broadcaster.periods import Period, read_period
from broadcaster.report import Report, make_report
from broadcaster.report_paper import letter_for, report_paper
from broadcaster.setup import make_home
from content.errors import UserError
from schedules.plan import Task
from tests.broadcaster.outputs import Outputs
from tests.clocks import HandClock

YEAR = read_period("2026")


def at(month: int, day: int, hour: int = 17) -> datetime:
    """On the station's clock."""
    return datetime(2026, month, day, hour, tzinfo=UTC) - timedelta(hours=7)


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    made = make_home(tmp_path / "nhà", HandClock(at(12, 20)), person="Lan",
                     name="Ủy ban nhân dân xã An Bình", place="An Bình")  # fmt: skip
    with as_file(files("broadcaster.samples")) as folder:
        plans.import_plan(made, next(folder.glob("ke-hoach-*.md")))
    yield made
    made.close()


@pytest.fixture
def outputs(app: App) -> Outputs:
    return Outputs(app)


def state(report: Report, no: str) -> State:
    return next(task.state for task in report.tasks if task.no == no)


def shown(paper: Paper) -> str:
    lines = [text_of(paper.subject)]
    for block in (*paper.blocks, *(b for annex in paper.annexes for b in annex.blocks)):
        if isinstance(block, Paragraph):
            lines.append(text_of(block.line))
        elif isinstance(block, Table):
            lines += [text_of(cell) for row in block.rows for cell in row]
    return "\n".join(lines)


def words(app: App, period: str = "2026") -> tuple[str, Paper]:
    report = make_report(app, read_period(period))
    paper = report_paper(app, report, letter_for(app, report))
    return shown(paper), paper


def test_one_delivery_is_one_output_however_many_records_it_has(outputs: Outputs) -> None:
    bulletin = outputs.bulletin(task="2", topic="dvctt")
    for outcome in ("ready", "sending", "unknown"):
        outputs.record(bulletin, at(3, 2), "facebook", outcome, delivery=7)
    seq = outputs.record(bulletin, at(3, 2), "facebook", "sent", delivery=7, kind=Kind.SETTLEMENT)
    report = make_report(outputs.app, YEAR)
    assert report.tally.total.seqs == (seq,)
    assert report.tally.unknown == ()
    assert [(g.key, g.count.outputs) for g in report.topics] == [("dvctt", 1)]


def test_simulated_outputs_are_never_counted(outputs: Outputs) -> None:
    bulletin = outputs.bulletin(task="2")
    for outcome in ("sent", "missed", "failed", "unknown"):
        outputs.record(bulletin, at(3, 2), outcome=outcome, simulated=True)
    report = make_report(outputs.app, YEAR)
    assert report.is_empty
    assert not report.tally.sessions
    assert not report.tally.missed
    assert report.tally.simulated == 1
    assert state(report, "2") is State.NOT_DONE


def test_a_day_is_the_stations_day(outputs: Outputs) -> None:
    bulletin = outputs.bulletin()
    outputs.record(bulletin, datetime(2026, 6, 30, 18, tzinfo=UTC))  # 01:00 of 1 July there
    assert make_report(outputs.app, read_period("2026-H1")).is_empty
    assert make_report(outputs.app, read_period("2026-07")).tally.total.outputs == 1


def test_evidence_added_by_hand_counts_for_its_task(outputs: Outputs) -> None:
    seq = outputs.by_hand(at(7, 1), task="7", channel="training", people=45, date="2026-06-20")
    report = make_report(outputs.app, YEAR)
    assert state(report, "7") is State.DONE
    assert report.tally.by_month["2026-06"].seqs == (seq,)
    assert report.tally.total.reach == 45


def test_a_session_is_on_time_when_its_first_item_is(outputs: Outputs) -> None:
    bulletin = outputs.bulletin()
    good = outputs.record(bulletin, at(3, 1), late=299)
    outputs.record(bulletin, at(3, 2), late=301)
    outputs.record(bulletin, at(3, 3), outcome="missed")
    outputs.record(bulletin, at(3, 4), outcome="failed")
    report = make_report(outputs.app, YEAR)
    assert report.tally.on_time == (good,)
    assert len(report.tally.sessions) == 4
    assert "Có 01 trên 04 buổi phát" in words(outputs.app)[0]


def test_how_sound_was_made_and_what_was_noticed_on_the_air_is_told(outputs: Outputs) -> None:
    bulletin = outputs.bulletin()
    spoken = outputs.record(bulletin, at(3, 1), form="tts")
    outputs.record(bulletin, at(3, 2), form="recording")
    relayed = outputs.record(bulletin, at(3, 3), relay=True)
    heard = outputs.noticed(at(3, 1), Kind.CHECK, delivery=1, air_check={"matched": True})
    outputs.noticed(at(3, 1), Kind.CHECK, delivery=2, air_check={"error": "không mở được"})
    alarm = outputs.noticed(at(3, 4), Kind.ALARM, message="Loa có tiếng ngoài khung giờ")
    outputs.noticed(at(3, 4), Kind.ALARM, simulated=True)
    report = make_report(outputs.app, YEAR)
    assert report.tally.total.outputs == 3
    assert {one.key: one.count.seqs for one in report.sounds}["tts"] == (spoken,)
    assert {one.key: one.count.seqs for one in report.sounds}["relay"] == (relayed,)
    assert (report.tally.heard, report.tally.alarms) == ((heard,), (alarm,))
    text, _ = words(outputs.app)
    assert "Trên loa, giọng máy (TTS): 01 lượt." in text
    assert "Trên loa, tiếp âm: 01 lượt." in text
    assert "Có 01 lượt phát loa được kiểm tra bằng bản thu" in text
    assert "01 báo động về âm thanh" in text


def test_reach_is_told_only_where_a_platform_tells_it(outputs: Outputs) -> None:
    bulletin = outputs.bulletin()
    outputs.record(bulletin, at(3, 1), "facebook")
    text, _ = words(outputs.app)
    assert "chưa cung cấp số người tiếp cận" in text
    outputs.record(bulletin, at(3, 2), "zalo", reach=120)
    assert "số lượt người tiếp cận là 120" in words(outputs.app)[0]


def test_a_clock_that_was_set_back_is_shown_and_changes_nothing(outputs: Outputs) -> None:
    bulletin = outputs.bulletin()
    outputs.record(bulletin, at(5, 9))
    wrong = outputs.record(bulletin, at(5, 2))
    report = make_report(outputs.app, YEAR)
    assert report.tally.out_of_order == (wrong,)
    assert report.tally.total.outputs == 2


def tamper(app: App, *statements: str) -> None:
    with sqlite3.connect(app.home / "broadcaster.db") as connection:
        for name in ("update", "delete"):
            connection.execute(f"DROP TRIGGER evidence_refuses_{name}")
        for statement in statements:
            connection.execute(statement)
    connection.close()


def test_a_record_that_was_edited_proves_nothing(outputs: Outputs) -> None:
    bulletin = outputs.bulletin()
    seqs = [outputs.record(bulletin, at(5, day), outcome="missed") for day in (1, 2, 3)]
    change = f"UPDATE evidence SET body = replace(body, 'missed', 'sent') WHERE seq = {seqs[1]}"
    tamper(outputs.app, change)
    report = make_report(outputs.app, YEAR)
    assert report.tally.broken == (seqs[1],)
    assert report.is_empty
    assert report.tally.missed == (seqs[0], seqs[2])
    assert "01 bản ghi không còn nguyên vẹn" in words(outputs.app)[0]


def test_a_record_behind_a_gap_proves_nothing(outputs: Outputs) -> None:
    bulletin = outputs.bulletin()
    seqs = [outputs.record(bulletin, at(5, day)) for day in (1, 2, 3, 4)]
    tamper(outputs.app, f"DELETE FROM evidence WHERE seq = {seqs[1]}")
    report = make_report(outputs.app, YEAR)
    assert report.tally.broken == (seqs[2],)
    assert report.tally.total.seqs == (seqs[0], seqs[3])


def test_what_a_correction_took_back_is_not_counted(outputs: Outputs) -> None:
    bulletin = outputs.bulletin()
    seqs = [outputs.record(bulletin, at(5, day)) for day in (1, 2)]
    outputs.correct(seqs[0], withdraws=True)
    outputs.correct(seqs[1], withdraws=False)
    report = make_report(outputs.app, YEAR)
    assert report.tally.total.seqs == (seqs[1],)
    assert report.tally.withdrawn == (seqs[0],)
    assert "Có 01 minh chứng đã được rút lại" in words(outputs.app)[0]


def test_evidence_for_another_plan_does_not_finish_this_ones_task(outputs: Outputs) -> None:
    outputs.by_hand(at(6, 1), task="7", channel="training", plan=2)
    assert state(make_report(outputs.app, YEAR), "7") is State.NOT_DONE
    outputs.by_hand(at(6, 2), task="7", channel="training", plan=1)
    assert state(make_report(outputs.app, YEAR), "7") is State.DONE


def test_a_ledger_that_was_cut_off_is_not_taken_for_whole(outputs: Outputs) -> None:
    bulletin = outputs.bulletin()
    seqs = [outputs.record(bulletin, at(5, day)) for day in (1, 2)]
    tamper(outputs.app, f"DELETE FROM evidence WHERE seq = {seqs[1]}")
    assert make_report(outputs.app, YEAR).tally.broken == (seqs[1],)


def test_long_counting_tells_how_far_it_is(outputs: Outputs) -> None:
    told: list[tuple[int, int]] = []
    bulletin = outputs.bulletin()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("broadcaster.tally._BATCH", 2)
        for day in range(1, 5):
            outputs.record(bulletin, at(5, day))
        report = make_report(outputs.app, YEAR, on_records=lambda *done: told.append(done))
    assert told == [(2, 5), (4, 5)]
    assert report.tally.total.outputs == 4


def test_an_empty_period_says_so(outputs: Outputs) -> None:
    text, paper = words(outputs.app, "2025-H1")
    assert "không ghi nhận lượt phát, đăng tải nào" in text
    assert "Không có kế hoạch nào đã nhập" in text
    assert not any(isinstance(block, Table) for block in paper.blocks)


def test_what_is_not_due_yet_is_not_held_against_the_plan(app: App, outputs: Outputs) -> None:
    first_half = make_report(app, read_period("2026-Q1"))
    assert state(first_half, "1") is State.NOT_DONE  # Quý I
    assert state(first_half, "6") is State.NOT_DUE
    assert state(first_half, "8") is State.NOT_COUNTED  # the report itself
    # What was over before the period is neither due nor still to come.
    assert state(make_report(app, read_period("2026-11")), "1") is State.NO_TIME
    assert "Thực hiện nhiệm vụ 1:" not in words(app, "2026-11")[0]


def test_what_was_done_early_serves_a_later_period_and_the_parts_sum_up(
    app: App, outputs: Outputs
) -> None:
    """Task 5, "từ tháng 3 đến tháng 6": 18 weeks that nobody has given a number."""
    bulletin = outputs.bulletin(task="5")
    for day in range(1, 19):
        outputs.record(bulletin, at(3, day), "facebook")
        outputs.record(bulletin, at(3, day), "radio")  # not a channel of this task
    outputs.by_hand(at(3, 5), task="5", plan=1, form="poster", date="2026-03-05")
    found = {}
    for name in ("2026", "2026-Q1", "2026-Q2"):
        report = make_report(app, read_period(name))
        found[name] = next(task for task in report.tasks if task.no == "5")
    assert found["2026-Q2"].done == found["2026-Q2"].needed > 10
    assert found["2026"].needed == found["2026-Q1"].needed + found["2026-Q2"].needed
    assert found["2026"].done == found["2026-Q1"].done + found["2026-Q2"].done
    assert found["2026"].assumed


def test_a_monthly_task_needs_something_every_month(app: App, outputs: Outputs) -> None:
    bulletin = outputs.bulletin(task="3")
    for month in (1, 2, 2, 3):
        outputs.record(bulletin, at(month, 10))
    report = make_report(app, read_period("2026-01-01..2026-04-30"))
    task = next(task for task in report.tasks if task.no == "3")
    assert (task.done, task.needed, task.state) == (3, 4, State.PARTLY)


def test_several_plans_of_one_period_are_not_guessed_between(app: App, tmp_path: Path) -> None:
    text = app.store.path(plans.all_plans(app)[0].source_sha256).read_text(encoding="utf-8")
    other = tmp_path / "khác.md"
    other.write_text(text.replace("15/KH-UBND", "16/KH-UBND"), encoding="utf-8")
    plans.import_plan(app, other)
    with pytest.raises(UserError, match="--plan"):
        make_report(app, YEAR)
    assert make_report(app, YEAR, 2).plan is not None


@pytest.mark.parametrize("period", ["2026", "2026-Q1", "2025"])
def test_explain_covers_every_number_in_the_text(app: App, outputs: Outputs, period: str) -> None:
    fill(outputs, [(m, d, c, o) for m in (1, 3, 9) for d in (2, 20)
                   for c in ("radio", "zalo") for o in ("sent", "missed")])  # fmt: skip
    text, paper = words(app, period)
    known = {one for figure in explained(paper) for one in re.findall(r"\d+", figure.shown)}
    template = files("broadcaster.papers").joinpath("templates/bao-cao.txt").read_text("utf-8")
    # What no figure says is the numbering of headings and of table rows: nothing else.
    fixed = set(re.findall(r"\d+", template)) | {str(place) for place in range(1, 13)}
    missing = [one for one in re.findall(r"\d+", text) if one not in known and one not in fixed]
    assert missing == []
    for figure in explained(paper):
        assert figure.rule
        if isinstance(figure.value, int) and figure.value and figure.key.endswith("outputs"):
            assert figure.seqs or figure.key == "simulated.outputs"


def test_every_record_behind_a_figure_is_real_and_in_the_ledger(outputs: Outputs) -> None:
    fill(outputs, [(2, 3, "radio", "sent"), (2, 4, "zalo", "missed"), (5, 5, "radio", "failed")])
    _, paper = words(outputs.app)
    seqs = {seq for figure in explained(paper) for seq in figure.seqs}
    assert seqs <= set(range(1, 5))


def fill(outputs: Outputs, rows: list[tuple[int, int, str, str]], **more: Any) -> None:
    ids = {no: outputs.bulletin(f"Bài {no}", task=no, topic="dvctt") for no in ("1", "2", "3")}
    for place, (month, day, channel, outcome) in enumerate(rows):
        task = str(place % 3 + 1)
        outputs.record(ids[task], at(month, day), channel, outcome, **more)


rows = st.lists(
    st.tuples(
        st.integers(1, 12),
        st.integers(1, 28),
        st.sampled_from(["radio", "facebook", "zalo", "portal"]),
        st.sampled_from(["sent", "sent", "missed", "failed", "unknown", "cancelled"]),
        st.booleans(),
        st.sampled_from([None, "1", "3", "99"]),
        st.sampled_from([None, "dvctt", "chuyên mục lạ"]),
    ),
    max_size=12,
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows)
def test_every_breakdown_sums_up_to_the_total(
    tmp_path_factory: pytest.TempPathFactory, given_rows: list[Any]
) -> None:
    clock = HandClock(at(12, 31))
    app = make_home(tmp_path_factory.mktemp("nhà"), clock, person="Lan")
    outputs = Outputs(app)
    real = 0
    for month, day, channel, outcome, simulated, task, topic in given_rows:
        bulletin = outputs.bulletin(task=task, topic=topic)
        outputs.record(bulletin, at(month, day), channel, outcome, simulated=simulated)
        real += outcome == "sent" and not simulated
    report = make_report(app, YEAR)
    total = report.tally.total
    assert total.outputs == real
    for groups in (report.months, report.topics, report.channels, report.forms, report.classes):
        assert sum(group.count.outputs for group in groups) == real
        assert sorted(seq for group in groups for seq in group.count.seqs) == list(total.seqs)
        assert round(sum(group.count.seconds for group in groups), 3) == total.seconds
    parts = [make_report(app, read_period(name)) for name in ("2026-H1", "2026-H2")]
    assert sum(part.tally.total.outputs for part in parts) == real
    assert render_json(report) == render_json(make_report(app, YEAR))
    app.close()


windows = st.tuples(st.dates(date(2026, 1, 1), date(2026, 12, 31)), st.integers(0, 300)).map(
    lambda pair: (pair[0], min(pair[0] + timedelta(days=pair[1]), date(2026, 12, 31)))
)


@given(
    window=windows,
    recurrence=st.sampled_from([[], ["monthly"], ["quarterly"], ["weekly"], ["continuous"]]),
    cutoff=st.dates(date(2026, 1, 1), date(2026, 12, 31)),
)
def test_never_more_done_than_due_and_nothing_due_after_the_cutoff(
    window: tuple[date, date], recurrence: list[str], cutoff: date
) -> None:
    task = Task(
        station_id=1, plan_id=1, no="1", content="x", channels=["radio"],
        timeframe={"windows": [[day.isoformat() for day in window]], "recurrence": recurrence},
    )  # fmt: skip
    whole = Period("", "", date(2026, 1, 1), date(2026, 12, 31))
    result = result_of(task, (), whole, cutoff, whole, ("radio",))
    assert result.done == 0
    assert (result.state in (State.NOT_DUE, State.NO_TIME)) == (result.due == 0)
    if cutoff < window[0]:
        assert result.due == 0
    if cutoff == whole.end:
        assert result.due >= 1


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [(1, 3, "33,3%"), (3, 3, "100%"), (9999, 10000, "99,9%"), (0, 4, "0%"), (1, 8, "12,5%")],
)
def test_shares_are_written_the_vietnamese_way(part: int, whole: int, text: str) -> None:
    assert share(part, whole) == text


def test_numbers_lengths_and_ranges_as_official_papers_write_them() -> None:
    assert [number(n) for n in (0, 5, 12, 1234567)] == ["0", "05", "12", "1.234.567"]
    assert [length(s) for s in (9, 60, 3600, 3900)] == [
        "09 giây", "01 phút", "01 giờ", "01 giờ 05 phút",
    ]  # fmt: skip
    assert ranges([3, 1, 2, 7, 9, 10]) == "1–3, 7, 9–10"


def test_json_has_every_task_with_its_records(outputs: Outputs) -> None:
    fill(outputs, [(2, 3, "radio", "sent"), (2, 4, "facebook", "sent")])
    document = json.loads(render_json(make_report(outputs.app, YEAR)))
    assert document["figures"]["total.outputs"]["evidence"] == [2, 3]
    first = next(task for task in document["tasks"] if task["no"] == "1")
    assert [one["seq"] for one in first["evidence"]] == [2]


def test_more_tasks_than_people_read_are_named_by_their_numbers(app: App, tmp_path: Path) -> None:
    text = app.store.path(plans.all_plans(app)[0].source_sha256).read_text(encoding="utf-8")
    head, mark, _ = text.partition("8\tBáo cáo kết quả")
    assert mark
    more = "\n".join(f"{n}\tViệc thứ {n}\tTin bài\tQuý I/2026\tA\tB\tC" for n in range(8, 40))
    head = head.replace("15/KH-UBND", "16/KH-UBND")
    (tmp_path / "dài.md").write_text(f"{head}{more}\n", encoding="utf-8")
    plans.import_plan(app, tmp_path / "dài.md")
    report = make_report(app, YEAR, 2)
    paper = report_paper(app, report, letter_for(app, report))
    said = shown(paper)
    assert "Có 39 nhiệm vụ chưa có minh chứng thực hiện: số 1–39." in said
    assert "- Nhiệm vụ 1 (" not in said
