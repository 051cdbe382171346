"""Tasks that a plan without an annex lists in its text, each with a time of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from operator import attrgetter

from content.folding import fold
from schedules.plan_reader.annex import timeframe_warnings
from schedules.plan_reader.channels import OTHER, named_channels
from schedules.plan_reader.document import PlanTask, PlanWarning
from schedules.plan_reader.outline import Node, Outline, Section
from schedules.plan_reader.paragraphs import Mark, Paragraph
from schedules.timeframe import Kind, PlanContext, Timeframe, find_obligations, read_timeframe

_SECTIONS = (Section.CONTENT, Section.FORM, Section.TIME)
_LABELS = (
    ("time", r"(?:thời gian|thời hạn|thời điểm|tiến độ)(?: thực hiện| hoàn thành| tổ chức)?"),
    ("support", r"(?:(?:đơn vị|cơ quan|bộ phận) )?phối hợp(?: thực hiện)?"),
    ("lead", r"(?:đơn vị|cơ quan|bộ phận)? ?(?:chủ trì|thực hiện|phụ trách)(?: thực hiện)?"),
    ("product", r"sản phẩm|kết quả"),
    ("form", r"hình thức|phương tiện|kênh"),
)
_LABEL = re.compile(
    rf"(?:^|(?<=[.;,(\n]))[\s\-+]*(?:{'|'.join(f'(?P<{n}>{fold(w)})' for n, w in _LABELS)})\s*:"
)
_MOST_HEAD_WORDS = 12


def listed_tasks(outline: Outline, context: PlanContext) -> Iterator[PlanTask]:
    """From items with "Thời gian: …", and from what stands under "Tháng 3: …" or "Quý II"."""
    roots = [part.node for part in outline.parts if part.section in _SECTIONS]
    found = [task for root in [*roots, *outline.unknown] for task in _of_section(root, context)]
    for count, task in enumerate(sorted(found, key=attrgetter("line")), 1):
        yield replace(task, no=f"CV{count}")


def listed_warnings(tasks: list[PlanTask]) -> Iterator[PlanWarning]:
    """What a person should look at in their times."""
    for task in tasks:
        yield from timeframe_warnings(task.timeframe, task.line)


def _of_section(root: Node, context: PlanContext) -> Iterator[PlanTask]:
    items = [node for child in root.children for node in child.walk()]
    yield from filter(None, (_labelled(node, context) for node in items))
    paragraphs = sorted(
        [p for node in items for p in (node.paragraph, *node.body)] + root.body,
        key=attrgetter("no"),
    )
    yield from _scheduled(paragraphs, context)


def _labelled(node: Node, context: PlanContext) -> PlanTask | None:
    """ "Tổ chức 01 hội nghị. Thời gian: Quý III. Đơn vị thực hiện: Phòng Kinh tế."."""
    below = [p.text for p in node.body] + [child.text for child in node.children]
    text = "\n".join([node.text, *(one for one in below if _LABEL.match(fold(one)))])
    marks = list(_LABEL.finditer(fold(text)))
    if not marks:
        return None
    ends = [*(mark.start() for mark in marks[1:]), len(text)]
    said = {
        str(mark.lastgroup): text[mark.end() : end].strip(" .;,()\n")
        for mark, end in zip(marks, ends, strict=True)
    }
    content = text[: marks[0].start()].strip(" .;,(\n")
    if not content or not said.get("time"):
        return None
    return _task(content, said["time"], node.line, context, said)


def _scheduled(paragraphs: list[Paragraph], context: PlanContext) -> Iterator[PlanTask]:
    """A calendar in words: a time as the head of a line, its tasks behind or below it."""
    time, level = "", Mark.PLAIN
    for paragraph in paragraphs:
        head, _, rest = paragraph.text.partition(":")
        if _is_time(head.strip(" ."), context):
            time, level = head.strip(" ."), paragraph.mark
            if rest.strip():
                yield _task(rest.strip(), time, paragraph.no, context, {})
        elif level is not Mark.PLAIN and paragraph.mark <= level:
            time = ""
        elif time and not _LABEL.search(fold(paragraph.text)):
            yield _task(paragraph.text, time, paragraph.no, context, {})


def _is_time(head: str, context: PlanContext) -> bool:
    """Wholly a time, and not just that of the whole plan."""
    if not head or len(head.split()) > _MOST_HEAD_WORDS:
        return False
    read = read_timeframe(head, context)
    placed = bool(read.windows or read.due) and not read.unread and read.kind is not Kind.AMBIGUOUS
    return placed and read.windows != ((context.start, context.end),)


def _task(
    content: str, time: str, line: int, context: PlanContext, said: dict[str, str]
) -> PlanTask:
    form = said.get("form")
    return PlanTask(
        no="",
        content=content,
        form=form,
        channels=(form and named_channels(form)) or named_channels(content) or (OTHER,),
        timeframe=_with_frequency(read_timeframe(time, context), content, context),
        lead=said.get("lead"),
        support=said.get("support"),
        product=said.get("product"),
        source="derived",
        line=line,
    )


def _with_frequency(time: Timeframe, content: str, context: PlanContext) -> Timeframe:
    """ "Phát 02 lần/tuần" in the content of a task whose time is only a window."""
    if time.kind not in (Kind.WINDOW, Kind.WINDOWS):
        return time
    often = [o.timeframe for o in find_obligations(content, context) if not o.timeframe.due]
    if len(often) != 1 or not often[0].recurrence:
        return time
    return replace(
        time, kind=Kind.RECURRING, recurrence=often[0].recurrence, at_least=often[0].at_least
    )
