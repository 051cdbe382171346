"""A bulletin and the tasks that its words point to."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from schedules.suggestions import TaskWords, suggest_tasks

TASKS = [
    TaskWords("1", "Tuyên truyền về dịch vụ công trực tuyến, thanh toán trực tuyến", ("radio",)),
    TaskWords("2", "Tuyên truyền đường dây nóng tiếp nhận phản ánh, kiến nghị", ("zalo",)),
    TaskWords("3", "Tuyên truyền kết quả cải cách hành chính năm 2026", ("radio", "zalo")),
    TaskWords("4", "Hướng dẫn thủ tục đất đai, cấp giấy chứng nhận quyền sử dụng đất", ("radio",)),
]


def test_the_task_on_the_same_subject_comes_first_with_its_reason() -> None:
    first, *_ = suggest_tasks("Nộp hồ sơ trên Cổng dịch vụ công quốc gia tại nhà", (), TASKS)
    assert first.no == "1"
    assert "cùng chủ đề “Dịch vụ công trực tuyến" in first.reason
    assert "“dịch vụ”" in first.reason


def test_rare_words_in_common_are_enough_where_no_topic_is_known() -> None:
    (one,) = suggest_tasks("Lịch đo đạc, cấp giấy chứng nhận quyền sử dụng đất", (), TASKS)
    assert one.no == "4"
    assert "“cấp giấy chứng nhận quyền”" in one.reason


def test_a_task_on_channels_that_the_bulletin_leaves_out_is_not_suggested() -> None:
    found = suggest_tasks("Đường dây nóng tiếp nhận phản ánh", ("radio",), TASKS)
    assert "2" not in [one.no for one in found]


def test_words_that_stand_everywhere_suggest_nothing() -> None:
    assert suggest_tasks("Tuyên truyền công tác trên địa bàn xã năm nay", (), TASKS) == ()


@given(st.text(max_size=200), st.lists(st.text(max_size=60), max_size=6))
def test_any_words_give_at_most_three_and_each_a_reason(text: str, contents: list[str]) -> None:
    tasks = [TaskWords(str(i), content) for i, content in enumerate(contents)]
    found = suggest_tasks(text, (), tasks)
    assert len(found) <= 3
    assert all(one.reason for one in found)
    assert found == suggest_tasks(text, (), tasks)
