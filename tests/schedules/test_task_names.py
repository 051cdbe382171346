"""Which task a bulletin's `task` means, where several plans have the number."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schedules.task_names import Days, KnownPlan, TaskKey, TaskNames

EARLY = datetime(2026, 1, 5, tzinfo=UTC)
SUMMER = datetime(2026, 6, 20, tzinfo=UTC)


def plan(number: int, *tasks: str, first: str, last: str, known: datetime = EARLY) -> KnownPlan:
    days = Days(date.fromisoformat(first), date.fromisoformat(last))
    return KnownPlan(number, days, known, frozenset(tasks))


OLD = plan(1, "3", "ND1", first="2025-07-01", last="2025-12-31")
YEAR = plan(2, "3", "4", first="2026-01-01", last="2026-12-31")
HALF = plan(3, "3", first="2026-07-01", last="2026-12-31", known=SUMMER)


def test_a_plain_number_means_the_newest_plan_that_covers_the_day() -> None:
    names = TaskNames([OLD, YEAR, HALF])
    assert names.meant("3", date(2025, 8, 1)) == TaskKey(1, "3")
    assert names.meant("3", date(2026, 3, 1)) == TaskKey(2, "3")
    assert names.meant("3", date(2026, 8, 1)) == TaskKey(3, "3")
    assert names.meant("3", date(2027, 1, 1)) is None


def test_a_plan_that_lacks_the_number_is_passed_over() -> None:
    assert TaskNames([YEAR, HALF]).meant("4", date(2026, 8, 1)) == TaskKey(2, "4")


@pytest.mark.parametrize("said", ["2026/3", "3/3", "2026 / 3"])
def test_a_number_behind_its_plan_or_year_is_that_plans(said: str) -> None:
    names = TaskNames([OLD, YEAR, HALF])
    assert names.meant(said, date(2026, 8, 1)) == TaskKey(3, "3")
    assert names.meant(said, date(2025, 8, 1)) is None


def test_a_plan_imported_after_the_words_takes_nothing_away() -> None:
    names = TaskNames([YEAR, HALF])
    assert names.meant("3", date(2026, 8, 1), EARLY) == TaskKey(2, "3")
    assert names.meant("3", date(2026, 8, 1), SUMMER) == TaskKey(3, "3")


def test_words_written_before_every_plan_find_the_one_that_came() -> None:
    written = datetime(2025, 1, 1, tzinfo=UTC)
    assert TaskNames([YEAR]).meant("3", date(2026, 3, 1), written) == TaskKey(2, "3")


def test_letters_may_be_small_and_a_number_may_hold_a_slash() -> None:
    odd = plan(4, "2/1", first="2026-01-01", last="2026-12-31")
    assert TaskNames([OLD]).meant("nd1", date(2025, 8, 1)) == TaskKey(1, "ND1")
    assert TaskNames([odd]).meant("2/1", date(2026, 8, 1)) == TaskKey(4, "2/1")


def test_a_label_names_the_plan_only_where_two_have_the_number() -> None:
    names = TaskNames([YEAR, HALF])
    assert names.label(TaskKey(2, "4")) == "4"
    assert names.label(TaskKey(2, "3")) == "2/3"
    assert names.within(date(2026, 1, 1), date(2026, 6, 30)).label(TaskKey(2, "3")) == "3"


@given(
    st.lists(
        st.builds(
            lambda number, a, b, tasks: KnownPlan(
                number, Days(min(a, b), max(a, b)), EARLY, frozenset(tasks)
            ),
            st.integers(1, 9),
            st.dates(date(2024, 1, 1), date(2027, 12, 31)),
            st.dates(date(2024, 1, 1), date(2027, 12, 31)),
            st.sets(st.sampled_from(["1", "2", "3"]), min_size=1),
        ),
        unique_by=lambda one: one.id,
    ),
    st.dates(date(2024, 1, 1), date(2027, 12, 31)),
)
def test_what_a_person_is_told_to_write_means_the_task(plans: list[KnownPlan], day: date) -> None:
    names = TaskNames(plans)
    for one in plans:
        for no in one.numbers:
            key = TaskKey(one.id, no)
            said = names.shortest(key, day)
            meant = [claim.key for claim in names.claims(said)]
            assert key in meant
            assert day not in one.days or names.meant(said, day) == key
            assert names.claims(names.label(key))
