"""The five real plans: three against hand-made truth, two against facts read by a person."""

from __future__ import annotations

import pytest

from tests.schedules.plan_truth import fields, read, truth_of
from tests.shared_data import TRUTH

pytestmark = pytest.mark.skipif(not TRUTH.is_dir(), reason="the shared plans are not here")


def _codes(start: str) -> set[str]:
    return {w.code for w in read(start).warnings}


KNOWN_DIFFERENCES = {"000": set(), "001": {"form 6"}, "002": set()}
"""001's sixth form names no channel in words; the truth also calls it a conference."""


@pytest.mark.parametrize("start", ["000", "001", "002"])
def test_every_scored_field_of_a_plan_with_truth_is_right(start: str) -> None:
    wrong = {name for name, (read, true) in fields(start).items() if read != true}
    assert wrong == KNOWN_DIFFERENCES[start]


def test_the_best_topic_code_is_mostly_the_first_of_thetruth_of() -> None:
    pairs = [
        (topic.code, true["topic_codes"][0])
        for start in ("000", "001", "002")
        for topic, true in zip(read(start).topics, truth_of(start)["topics"], strict=True)
    ]
    assert sum(mine == true for mine, true in pairs) >= 0.9 * len(pairs)


def test_003_is_a_provincial_office_without_letterhead() -> None:
    plan = read("003")
    assert plan.issuer == "Văn phòng Ủy ban nhân dân tỉnh Quảng Trị"
    assert (plan.number, plan.symbol, plan.place, plan.date.year) == (None, None, None, None)
    assert plan.signer.name == "Nguyễn Hoài Nam"
    assert plan.signer.title == "Chánh Văn phòng"
    assert [b.number for b in plan.bases] == ["494", "50", "418"]
    assert (str(plan.start), str(plan.end)) == ("2025-07-01", "2025-12-31")
    assert [t.no for t in plan.topics] == ["1.1", "1.2", "1.3", "1.4", "1.5"]
    assert [len(t.sub) for t in plan.topics] == [0, 0, 0, 0, 8]
    assert [len(a.duties) for a in plan.assignments] == [2, 2, 2, 1]
    assert [r.name for r in plan.recipients][0::3] == ["Sở Nội vụ", "Lưu: VT, HCTC"]


def test_003_has_no_radio_and_names_chatbots() -> None:
    channels = {c for form in read("003").forms for c in form.all_channels()}
    assert channels >= {"portal", "zalo", "facebook", "chatbot", "poster", "conference"}
    assert "radio" not in channels


def test_003_owes_a_report_before_15_december() -> None:
    (report,) = [t for t in read("003").tasks if t.source == "duty"]
    assert report.channels == ("report",)
    assert report.timeframe.text == "trước ngày 15/12/2025"
    assert [str(day) for day in report.timeframe.due] == ["2025-12-14"]
    assert report.lead == "Phòng Hành chính - Tổ chức"


def test_004_is_read_through_hard_wraps_and_a_flattened_signature() -> None:
    plan = read("004")
    assert plan.issuer == "Ủy ban nhân dân xã Quyết Thắng"
    assert plan.place == "Tiên Lãng"
    assert (plan.date.day, plan.date.month, plan.date.year) == (None, 8, 2025)
    assert plan.signer.name == "Mai Đàm Thanh Vân"
    assert plan.signer.title == "Phó Chủ tịch"
    assert [(b.number, str(b.date)) for b in plan.bases] == [("12", "2025-07-30")]
    assert (len(plan.topics), len(plan.forms), len(plan.recipients)) == (7, 9, 6)
    assert [len(a.duties) for a in plan.assignments] == [5, 2, 2]
    assert plan.recipients[0].name == "Sở KHCN"
    assert all(t.text.endswith((".", "2025")) for t in plan.topics)


@pytest.mark.parametrize(
    ("start", "codes"),
    [
        ("000", {"number_blank", "day_blank"}),
        ("001", {"annex_cites_other_plan", "reference_after_plan", "name_drift", "other_unit"}),
        ("001", {"reference_date_incomplete", "foreign_letters", "possible_misprint"}),
        ("002", {"number_blank", "day_blank", "possible_misprint"}),
        ("003", {"number_blank", "issuer_composed"}),
        ("004", {"place_contradicts_issuer", "symbol_style", "day_blank"}),
    ],
)
def test_the_traps_of_a_plan_are_told(start: str, codes: set[str]) -> None:
    assert codes <= _codes(start)


def test_nothing_of_the_five_plans_is_left_unread() -> None:
    assert all("unread" not in _codes(f"00{i}") for i in range(5))


def test_plans_without_an_annex_get_draft_tasks_for_every_topic() -> None:
    for start in ("000", "003", "004"):
        plan = read(start)
        drafts = [t for t in plan.tasks if t.source == "derived"]
        lists = [t for t in plan.topics if t.text.endswith("gồm:")]
        assert len(lists) == (1 if start == "003" else 0)
        wanted = [
            text
            for topic in plan.topics
            for text in ([s.text for s in topic.sub] if topic in lists else [topic.text])
        ]
        assert [t.content for t in drafts][: len(wanted)] == wanted
        assert all(t.timeframe.windows == ((plan.start, plan.end),) for t in drafts)
        assert len({t.no for t in plan.tasks}) == len(plan.tasks)
