"""`plan review`: the questions on a terminal, or a file to edit."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import typer

from broadcaster import plans
from broadcaster.cli.console import brief, bullet, note, print_json, say
from broadcaster.cli.session import opened
from broadcaster.plan_review import Review, decide, open_review
from content.files import write_for_user
from content.text_file import read_text
from schedules.plan_review import (
    UNDECIDED,
    Answer,
    AnswerError,
    Ask,
    Part,
    Question,
    accepted,
    read_answer,
)
from schedules.plan_review_file import from_file, to_file

_STOP = "x"


def review_plan(
    plan: int | None, export: Path | None, answers: Path | None, *, accept: bool, as_json: bool
) -> None:
    """Ask, read a file, write one, or tell what is open."""
    with opened() as app:
        number = plan or plans.get_plan(app, None).plan.id or 0
        review = open_review(app, number)
        if export is not None:
            text = to_file(number, review.plan.title, review.questions)
            write_for_user(export, text.encode())
            note(f"Đã ghi {len(review.questions)} câu hỏi ra {export}.")
        else:
            given = _answers(review, answers, accept, as_json)
            if given:
                review = decide(app, number, given)
                note(f"Đã ghi nhận {len(given)} quyết định của {app.person}.")
    if as_json:
        print_json(review.to_json())
    elif export is None:
        _print_open(review)


def _answers(review: Review, file: Path | None, accept: bool, as_json: bool) -> Sequence[Answer]:
    document = review.plan.document
    if file is not None:
        return from_file(read_text(file), str(file), review.questions, document)
    if accept:
        return accepted(review.questions, document)
    if sys.stdin.isatty() and not as_json:
        return _ask_all(review)
    return ()


def _ask_all(review: Review) -> list[Answer]:
    """Enter leaves a question open, "x" stops; what was answered till then is kept."""
    given: list[Answer] = []
    say(f"Còn {len(review.questions)} chỗ cần quyết định. Enter: để sau; {_STOP}: dừng.", "bold")
    for number, question in enumerate(review.questions, 1):
        say("")
        say(f"[{number}/{len(review.questions)}] {_name(question)}", "bold")
        for line in question.about:
            say(line)
        for ask in question.asks:
            answer = _ask(question, ask, review)
            if answer is _STOPPED:
                return given
            if isinstance(answer, Answer):
                given.append(answer)
                if ask.field == "keep" and answer.value is False:
                    break
    return given


_STOPPED = object()


def _ask(question: Question, ask: Ask, review: Review) -> object:
    while True:
        shown = "" if ask.current == UNDECIDED else f" [{ask.current}]"
        try:
            text = typer.prompt(f"  {ask.help}{shown}", default="", show_default=False, err=True)
        except typer.Abort:  # Ctrl-C: what was answered is kept
            return _STOPPED
        if text.strip() == _STOP:
            return _STOPPED
        try:
            return read_answer(question, ask.field, text, review.plan.document)
        except AnswerError as error:
            note(f"  {error}")


def _name(question: Question) -> str:
    if question.part is Part.TASK:
        return f"Nhiệm vụ {question.name}"
    return "Cả kế hoạch" if question.part is Part.PLAN else "Cần xem lại"


def _print_open(review: Review) -> None:
    if not review.questions:
        say(f"Kế hoạch số {review.plan.id}: không còn gì cần quyết định.", "green")
        return
    say(f"Kế hoạch số {review.plan.id}: còn {len(review.questions)} chỗ cần quyết định:", "bold")
    for question in review.questions:
        bullet(f"{_name(question)}: {brief(question.about[0], 150)}")
    number = review.plan.id
    note(f"Sửa trong tệp: broadcaster plan review {number} --export duyet.toml")
    note(f"rồi: broadcaster plan review {number} --from duyet.toml")
