"""Matching the tasks of a corrected plan with those of the old one."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from schedules.plan_match import match_tasks


def entry(no: str, content: str, time: str = "Quý I", source: str = "annex") -> dict[str, Any]:
    return {
        "no": no,
        "content": content,
        "form": None,
        "channels": ["radio"],
        "timeframe": {"text": time},
        "lead": None,
        "support": None,
        "product": None,
        "source": source,
    }


def test_a_moved_task_is_known_by_its_words() -> None:
    old = [entry("1", "Tin về một cửa"), entry("2", "Tin về đất đai")]
    new = [
        entry("1", "Hội nghị tổng kết"),
        entry("2", "Tin về một cửa"),
        entry("3", "Tin về đất đai"),
    ]
    matching = match_tasks(old, new)
    assert [(p.old, p.new, p.changes) for p in matching.pairs] == [(0, 1, ()), (1, 2, ())]
    assert (matching.gone, matching.added) == ((), (0,))


def test_twins_are_told_apart_by_their_numbers() -> None:
    old = [entry("1", "Báo cáo quý"), entry("2", "Báo cáo quý")]
    matching = match_tasks(old, [entry("2", "Báo cáo quý"), entry("7", "Báo cáo quý")])
    assert [(p.old, p.new) for p in matching.pairs] == [(1, 0), (0, 1)]


def test_a_reworded_task_keeps_its_number_only_if_it_is_still_alike() -> None:
    old = [entry("1", "Tuyên truyền về dịch vụ công trực tuyến")]
    alike = match_tasks(
        old, [entry("1", "Tuyên truyền, hướng dẫn dịch vụ công trực tuyến toàn trình")]
    )
    assert [c.field for c in alike.pairs[0].changes] == ["content"]
    other = match_tasks(old, [entry("1", "Họp giao ban với trưởng các thôn")])
    assert (other.pairs, other.gone, other.added) == ((), (0,), (0,))


_WORDS = ["tin", "về", "một", "cửa", "đất", "đai", "loa", "zalo", "báo", "cáo", "quý"]
_ENTRIES = st.lists(
    st.builds(
        entry,
        st.integers(1, 9).map(str),
        st.lists(
            st.sampled_from(
                ["tin", "về", "một", "cửa", "đất", "đai", "loa", "zalo", "báo", "cáo", "quý"]
            ),
            max_size=6,
        ).map(" ".join),
    ),
    max_size=8,
)


@settings(max_examples=200, deadline=None)
@given(_ENTRIES, _ENTRIES)
def test_every_task_of_both_plans_is_in_exactly_one_place(old: list[Any], new: list[Any]) -> None:
    matching = match_tasks(old, new)
    assert sorted([p.old for p in matching.pairs] + list(matching.gone)) == list(range(len(old)))
    assert sorted([p.new for p in matching.pairs] + list(matching.added)) == list(range(len(new)))
    assert not match_tasks(new, new).changed
