"""Read a plan document: blocks in, one value with every problem listed out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain

from content.errors import UserError
from schedules.issue_day import earliest_issue
from schedules.plan_reader import checks
from schedules.plan_reader.annex import AnnexResult, read_annexes, timeframe_warnings
from schedules.plan_reader.contradictions import contradictions
from schedules.plan_reader.document import (
    Assignment,
    FormItem,
    PlanDocument,
    PlanTask,
    PlanWarning,
    Reference,
    TopicItem,
)
from schedules.plan_reader.header import Header, read_header
from schedules.plan_reader.issuer import Issuer, mentions_in, read_issuer
from schedules.plan_reader.items import read_assignments, read_forms, read_topics
from schedules.plan_reader.listed import listed_tasks, listed_warnings
from schedules.plan_reader.misread import mended
from schedules.plan_reader.outline import Node, Outline, Section, read_outline
from schedules.plan_reader.paragraphs import Paragraph, paragraphs_of
from schedules.plan_reader.references import find_references
from schedules.plan_reader.signature import read_ending
from schedules.plan_reader.source import Block, SourceLine, SourceTable, lines_of
from schedules.plan_reader.tables import split_tables
from schedules.plan_reader.tasks import derivation_warnings, derived_tasks, duty_tasks, form_tasks
from schedules.timeframe import PlanContext, Timeframe, find_period, read_timeframe

_SURE = 0.7
"""Confidence from which a section about time is taken as the time of every draft."""


@dataclass(frozen=True, slots=True)
class _Body:
    """The paragraphs of a document, sorted by where they stand."""

    header: Header
    outline: Outline
    tail: tuple[Paragraph, ...]
    annex: tuple[Paragraph, ...]
    """After the signature, tables taken out."""
    references: tuple[Reference, ...]
    issuer: Issuer


def read_plan(text: str, source_name: str) -> PlanDocument:
    """Read a text or Markdown export of a plan.

    Raises UserError when it is empty, is no plan, or has a table without one known column.
    """
    return read_blocks(split_tables(lines_of(text)), source_name)


def read_blocks(blocks: Sequence[Block], source_name: str) -> PlanDocument:
    """Read a plan whose lines and tables a format's own reader has already told apart."""
    blocks, misread = mended(blocks)
    lines = [block for block in blocks if isinstance(block, SourceLine)]
    tables = [block for block in blocks if isinstance(block, SourceTable)]
    paragraphs = list(_paragraphs(blocks))
    if not paragraphs and not tables:
        raise UserError("Tệp không có chữ nào để đọc.", "Hãy kiểm tra lại tệp.", file=source_name)
    body = _read_body(paragraphs)
    _refuse_what_is_no_plan(body, tables, source_name)
    period = _period(body)
    context = _context(body, period)
    time = _plan_time(body, period, context)
    annexes = read_annexes(tables, context, time.text)
    if annexes.problems and not (annexes.tasks or body.outline.of(Section.CONTENT)):
        raise _unusable(annexes, source_name)
    return _document(body, lines, annexes, time, context, misread)


def _paragraphs(blocks: Sequence[Block]) -> Iterator[Paragraph]:
    run: list[SourceLine] = []
    for block in blocks:
        if isinstance(block, SourceLine):
            run.append(block)
        else:
            yield from paragraphs_of(run)
            run = []
    yield from paragraphs_of(run)


def _read_body(paragraphs: Sequence[Paragraph]) -> _Body:
    header = read_header(paragraphs)
    rest = paragraphs[header.body_from :]
    ends = next((i for i, p in enumerate(rest) if p.in_tail), len(rest))
    outline = read_outline(rest[:ends])
    tail = tuple(p for p in rest[ends:] if p.in_tail)
    annex = tuple(p for p in rest[ends:] if not p.in_tail)
    titled = [p for p in paragraphs[: header.body_from] if p not in header.letterhead]
    sources = (
        (header.letterhead, "letterhead"),
        (titled, "title"),
        (rest[:ends], "body"),
        (outline.closing, "closing"),
        (tail, "annex"),
        (annex, "annex"),
    )
    mentions = [m for part, where in sources for m in mentions_in(part, where)]
    issuer = read_issuer(header.letterhead, outline.preamble, mentions)
    references = tuple(find_references([*titled, *rest]))
    return _Body(header, outline, tail, annex, references, issuer)


def _refuse_what_is_no_plan(body: _Body, tables: Sequence[SourceTable], name: str) -> None:
    if not body.header.has_heading and not tables and not body.outline.parts:
        raise UserError(
            "Tệp không giống một kế hoạch: không có dòng “KẾ HOẠCH”, không có mục, không có bảng.",
            "Hãy chọn đúng tệp kế hoạch (.docx, .pdf, .txt hoặc .md).",
            file=name,
        )


def _unusable(annexes: AnnexResult, source_name: str) -> UserError:
    problems = [type(p)(p.message, p.mend, file=source_name, line=p.line) for p in annexes.problems]
    return UserError(problems[0].message, problems[0].mend, problems=problems)


def _period(body: _Body) -> Timeframe | None:
    """From the title; else from a section about time; else the closing sentence."""
    year = body.header.date.year
    context = PlanContext(year)
    texts = [body.header.title or ""]
    texts += [part.inline or part.node.text for part in body.outline.of(Section.TIME)]
    texts += [p.text for p in body.outline.closing[:1]]
    found = (find_period(text, context) for text in texts)
    return next((period for period in found if period), None)


def _plan_time(body: _Body, period: Timeframe | None, context: PlanContext) -> Timeframe:
    """The time that holds for everything: the section about it as printed, else the period."""
    for part in body.outline.of(Section.TIME):
        phrases = [part.inline, *(p.text for p in part.node.body)]
        phrases += [child.text for child in part.node.children]
        for phrase in filter(None, phrases):
            time = read_timeframe(phrase.rstrip(" .;"), context)
            if time.windows and time.confidence >= _SURE:
                return time
    return period or read_timeframe("", context)


def _context(body: _Body, period: Timeframe | None) -> PlanContext:
    signed = body.header.date
    if period is None:
        return PlanContext(signed.year, issued=signed.full())
    start, end = period.windows[0][0], max(window[1] for window in period.windows)
    return PlanContext(start.year, start, end, _earliest_issue(body))


def _earliest_issue(body: _Body) -> date | None:
    signed = body.header.date
    cited = [ref.date for ref in _bases(body) if ref.date]
    return earliest_issue((signed.day, signed.month, signed.year), cited)


def _bases(body: _Body) -> tuple[Reference, ...]:
    """What is cited before the first section."""
    lines = {no for p in body.outline.preamble for _, no in p.starts}
    return tuple(ref for ref in body.references if ref.line in lines)


def _document(
    body: _Body,
    lines: Sequence[SourceLine],
    annexes: AnnexResult,
    time: Timeframe,
    context: PlanContext,
    misread: Sequence[PlanWarning],
) -> PlanDocument:
    topics, forms = read_topics(body.outline), read_forms(body.outline)
    assignments = read_assignments(body.outline)
    listed = [] if annexes.tasks else list(listed_tasks(body.outline, context))
    tasks = _tasks([*annexes.tasks, *listed], topics, forms, assignments, time, context)
    ending = read_ending(body.tail)
    header = body.header
    warnings = chain(
        checks.header_warnings(header, body.issuer),
        _period_warnings(time, context, header),
        misread,
        checks.suspicion_warnings(lines),
        _body_warnings(body),
        map(checks.unread_warning, ending.unread),
        annexes.warnings,
        map(checks.unknown_table_warning, annexes.unknown),
        listed_warnings(listed),
        () if annexes.tasks or listed else derivation_warnings(topics, forms),
        _duty_warnings(tasks),
        chain.from_iterable(contradictions(task, context) for task in tasks),
    )
    return PlanDocument(
        issuer=body.issuer.full,
        number=header.number,
        symbol=header.symbol,
        place=header.place,
        date=header.date,
        title=header.title,
        start=context.start,
        end=context.end,
        signer=ending.signer,
        bases=_bases(body),
        references=body.references,
        topics=topics,
        forms=forms,
        assignments=assignments,
        recipients=ending.recipients,
        tasks=tasks,
        warnings=tuple(sorted(dict.fromkeys(warnings), key=lambda w: w.line or 0)),
    )


def _tasks(
    named: Sequence[PlanTask],
    topics: Sequence[TopicItem],
    forms: Sequence[FormItem],
    assignments: Sequence[Assignment],
    time: Timeframe,
    context: PlanContext,
) -> tuple[PlanTask, ...]:
    tasks = list(named)
    if not tasks:
        tasks.extend(derived_tasks(topics, forms, time))
    tasks.extend(form_tasks(forms, context))
    tasks.extend(duty_tasks(assignments, context))
    return tuple(tasks)


def _period_warnings(
    time: Timeframe, context: PlanContext, header: Header
) -> Iterator[PlanWarning]:
    if context.start is None:
        message = "Không xác định được thời gian của kế hoạch; hãy nhập năm kế hoạch."
        yield PlanWarning("period_unknown", header.title_line, message)
    else:
        yield from timeframe_warnings(time, header.title_line or 1)


def _body_warnings(body: _Body) -> Iterator[PlanWarning]:
    mentions = [
        *mentions_in(body.outline.preamble, "body"),
        *(m for part in body.outline.parts for m in mentions_in(_all(part.node), "body")),
        *mentions_in([*body.outline.closing, *body.tail, *body.annex], "body"),
    ]
    yield from checks.name_warnings(body.issuer, mentions)
    yield from checks.annex_warnings(body.references, body.header, body.annex)
    lines = checks.enclosed_lines(body.annex)
    others = [ref for ref in body.references if ref.line not in lines]
    yield from checks.reference_warnings(others, body.header.date)
    for node in body.outline.unknown:
        yield from map(checks.unread_warning, _all(node))


def _all(node: Node) -> list[Paragraph]:
    return [p for n in node.walk() for p in (n.paragraph, *n.body)]


def _duty_warnings(tasks: Sequence[PlanTask]) -> Iterator[PlanWarning]:
    for task in tasks:
        if task.source == "duty":
            yield from timeframe_warnings(task.timeframe, task.line)
