"""Times of a task that cannot all be right, each with what is reckoned with."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from schedules.plan_reader.document import PlanTask, PlanWarning
from schedules.timeframe import Kind, PlanContext, find_obligations

_Window = tuple[date, date]


def contradictions(task: PlanTask, context: PlanContext) -> Iterator[PlanWarning]:
    """A deadline before its start, a time outside the plan's, a content that says another time."""
    time = task.timeframe
    for window in time.windows:
        if context.period and not _meet(window, context.period):
            message = (
                f"Thời gian {_shown(window)} nằm ngoài thời gian của kế hoạch"
                f" ({_shown(context.period)}); giữ như bản in, không xếp được lịch trong kế hoạch."
            )
            yield PlanWarning("window_outside_plan", task.line, message)
    for due in time.due:
        if time.windows and due < min(first for first, _ in time.windows):
            message = (
                f"Hạn {due:%d/%m/%Y} đến trước ngày bắt đầu {min(time.windows)[0]:%d/%m/%Y};"
                f" tạm tính theo khoảng {_shown(min(time.windows))}."
            )
            yield PlanWarning("due_before_start", task.line, message)
        elif not time.windows and context.period and not _meet((due, due), context.period):
            message = f"Hạn {due:%d/%m/%Y} nằm ngoài thời gian của kế hoạch; giữ như bản in."
            yield PlanWarning("due_outside_plan", task.line, message)
    if time.kind is Kind.AMBIGUOUS and not (time.windows or time.due):
        message = "Chưa lấy được khoảng thời gian nào; tạm tính theo thời gian của cả kế hoạch."
        yield PlanWarning("plan_time_assumed", task.line, message)
    if task.source == "annex":
        yield from _against_content(task, context)


def _against_content(task: PlanTask, context: PlanContext) -> Iterator[PlanWarning]:
    """The column of time and a deadline in the content that do not meet."""
    windows = task.timeframe.windows
    for found in find_obligations(task.content, context):
        for due in found.timeframe.due:
            if windows and not any(_meet((due, due), window) for window in windows):
                message = (
                    f"Nội dung nêu hạn {due:%d/%m/%Y}, cột thời gian ghi"
                    f" “{task.timeframe.text}”: không khớp; tạm lấy theo cột thời gian."
                )
                yield PlanWarning("content_contradicts_time", task.line, message)


def _meet(one: _Window, other: _Window) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]


def _shown(window: _Window) -> str:
    return f"{window[0]:%d/%m/%Y} – {window[1]:%d/%m/%Y}"
