"""Tasks that no annex gives: out of the units' duties, and drafts from topics and forms."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from schedules.plan_reader.channels import all_channels, channels_of
from schedules.plan_reader.document import Assignment, FormItem, PlanTask, PlanWarning, TopicItem
from schedules.timeframe import PlanContext, Timeframe, find_obligations

_LEAD_IN = re.compile(r"[^.;:]+:\s*")
"""One clause that ends with a colon."""


def duty_tasks(assignments: Sequence[Assignment], context: PlanContext) -> Iterator[PlanTask]:
    """A task for every sentence of a duty that sets a deadline or a frequency."""
    count = 0
    for assignment in assignments:
        for duty in assignment.duties:
            for obligation in find_obligations(duty.text, context):
                count += 1
                yield PlanTask(
                    no=f"NV{count}",
                    content=obligation.sentence,
                    form=None,
                    channels=channels_of(obligation.sentence),
                    timeframe=obligation.timeframe,
                    lead=assignment.unit,
                    support=None,
                    product=None,
                    source="duty",
                    line=duty.line,
                )


def form_tasks(forms: Sequence[FormItem], context: PlanContext) -> Iterator[PlanTask]:
    """A task for every form that names its own frequency ("mỗi tháng tối thiểu 04 tin, bài")."""
    count = 0
    for text, channels, line in _described(forms):
        for obligation in find_obligations(text, context):
            count += 1
            task = _draft(f"TS{count}", text, None, channels, obligation.timeframe, line)
            yield replace(task, source="duty")


def _described(forms: Sequence[FormItem]) -> Iterator[tuple[str, tuple[str, ...], int]]:
    for form in forms:
        yield form.text, form.channels, form.line
        for sub, channels in zip(form.sub, form.sub_channels, strict=True):
            yield sub.text, channels, sub.line


def derived_tasks(
    topics: Sequence[TopicItem], forms: Sequence[FormItem], timeframe: Timeframe
) -> Iterator[PlanTask]:
    """Draft tasks: each topic on all the plan's automatable channels, and each manual form once."""
    channels = tuple(dict.fromkeys(c for form in forms for c in form.all_channels()))
    automatable = tuple(c for c in channels if all_channels()[c].automatable)
    if automatable:
        label = ", ".join(all_channels()[c].label for c in automatable)
        for no, text, line in _subjects(topics):
            yield _draft(no, text, label, automatable, timeframe, line)
    manual = (c for c in channels if all_channels()[c].manual)
    for i, code in enumerate(manual, 1):
        text, line = _naming(forms, code)
        yield _draft(f"HT{i}", text, all_channels()[code].label, (code,), timeframe, line)


def _subjects(topics: Sequence[TopicItem]) -> Iterator[tuple[str, str, int]]:
    """Number, text and line of what bulletins can be written about.

    "Các nội dung cơ bản gồm:" only introduces its list; a topic of several sentences that ends
    so is one of its own, and the list tells what belongs to it.
    """
    for i, topic in enumerate(topics, 1):
        if topic.sub and _LEAD_IN.fullmatch(topic.text):
            for j, sub in enumerate(topic.sub, 1):
                yield f"ND{i}.{j}", sub.text, sub.line
        else:
            yield f"ND{i}", topic.text, topic.line


def derivation_warnings(
    topics: Sequence[TopicItem], forms: Sequence[FormItem]
) -> Iterator[PlanWarning]:
    """What a draft could not be made of."""
    usable = {c.code for c in all_channels().values() if c.automatable or c.manual}
    for form in forms:
        if not usable & set(form.all_channels()):
            message = "Hình thức này chưa tạo được nhiệm vụ nào; hãy bổ sung nếu cần."
            yield PlanWarning("form_without_task", form.line, message)
    if topics and not any(all_channels()[c].automatable for f in forms for c in f.all_channels()):
        message = (
            "Kế hoạch không nêu kênh nào phát tự động được; chưa tạo nhiệm vụ cho các nội dung."
        )
        yield PlanWarning("no_automatable_channel", topics[0].line, message)


def _naming(forms: Sequence[FormItem], code: str) -> tuple[str, int]:
    """The printed text of the first form that names the channel."""
    for form in forms:
        if code in form.channels:
            return form.text, form.line
        for sub, channels in zip(form.sub, form.sub_channels, strict=True):
            if code in channels:
                return sub.text, sub.line
    raise LookupError(code)


def _draft(
    no: str,
    content: str,
    form: str | None,
    channels: tuple[str, ...],
    timeframe: Timeframe,
    line: int,
) -> PlanTask:
    return PlanTask(
        no=no,
        content=content,
        form=form,
        channels=channels,
        timeframe=timeframe,
        lead=None,
        support=None,
        product=None,
        source="derived",
        line=line,
    )
