"""The questions about a plan as a commented TOML file to edit, and the way back."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from textwrap import wrap
from typing import Any

from content.errors import Problem, UserError
from schedules.plan_review import Answer, AnswerError, Part, Question, read_answer

_WIDTH = 96
_SECTION = re.compile(r"\s*\[\s*(?P<part>\w+)\s*(?:\.\s*\"?(?P<name>[^\"\]]+)\"?\s*)?\]")
_KEY = re.compile(r"\s*(?P<key>\w+)\s*=")
_TITLES = {
    Part.PLAN: "Chung cho cả kế hoạch",
    Part.TASK: "Nhiệm vụ cần xác nhận",
    Part.WARNING: "Chỗ cần xem lại trong văn bản",
}


def to_file(plan_id: int, title: str | None, questions: Sequence[Question]) -> str:
    """The file; the same questions give the same bytes."""
    lines = [
        f"# Duyệt kế hoạch số {plan_id}: {title or '(không rõ tên)'}",
        "# Sửa phần trong dấu ngoặc kép, lưu tệp, rồi chạy:",
        f"#   broadcaster plan review {plan_id} --from TỆP-NÀY",
        "# “?” là chưa quyết định; dòng bắt đầu bằng # chỉ để đọc.",
    ]
    for part in Part:
        chosen = [question for question in questions if question.part is part]
        if chosen:
            lines += ["", f"# ── {_TITLES[part]} ({len(chosen)})"]
        if chosen and part is Part.PLAN:
            lines.append("[plan]")
        for question in chosen:
            lines += _section(question)
    return "\n".join(lines) + "\n"


def from_file(
    text: str, file: str, questions: Sequence[Question], document: Mapping[str, Any]
) -> list[Answer]:
    """The decisions in an edited file. Raises UserError with every mistake and its line."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _not_toml(error, file) from None
    lines = _line_numbers(text)
    problems: list[Problem] = []
    answers: list[Answer] = []
    by_key = {question.key: question for question in questions}
    for part, name, field, value in _values(data):
        line = lines.get((part, name, field))
        key = f"{part}:{field if part == Part.PLAN else name}"
        question = by_key.get(key)
        if part not in list(Part) or (question is None and part != Part.WARNING):
            problems += _unknown(part, name, field, value, file, line)
            continue
        if question is None or field not in {ask.field for ask in question.asks}:
            continue  # answered since the file was made
        try:
            answer = read_answer(question, field, str(value), document)
        except AnswerError as error:
            problems.append(Problem(f"“{value}”: {error}", file=file, line=line))
            continue
        if answer:
            answers.append(answer)
    if problems:
        raise UserError("", problems=problems)
    return answers


def _section(question: Question) -> Iterator[str]:
    if question.part is not Part.PLAN:
        yield ""
        yield f"[{question.part}.{_quoted(question.name)}]"
    for line in question.about:
        yield from (f"# {piece}" for piece in wrap(line, _WIDTH))
    for ask in question.asks:
        yield f"{ask.field} = {_quoted(ask.current)}  # {ask.help}"


def _quoted(text: str) -> str:
    """A TOML basic string: JSON's escapes are TOML's."""
    return json.dumps(text, ensure_ascii=False)


def _values(data: Mapping[str, Any]) -> Iterator[tuple[str, str, str, Any]]:
    """Part, name, field and value of everything in the file."""
    for part, inside in data.items():
        if not isinstance(inside, dict):
            yield "", "", part, inside
            continue
        for name, value in inside.items():
            if isinstance(value, dict):
                for field, deep in value.items():
                    yield part, name, field, deep
            else:
                yield part, "", name, value


def _unknown(
    part: str, name: str, field: str, value: Any, file: str, line: int | None
) -> Iterator[Problem]:
    if part in (Part.PLAN, Part.TASK) and str(value).strip() in ("", "?"):
        return
    if part == Part.TASK:
        message = f"Không có nhiệm vụ “{name}” đang chờ quyết định."
    else:
        message = f"Không có mục “{'.'.join(filter(None, (part, name, field)))}”."
    yield Problem(message, "Hãy xuất lại tệp: broadcaster plan review --export TỆP.", file, line)


def _line_numbers(text: str) -> dict[tuple[str, str, str], int]:
    """Where each field is written; TOML's reader does not tell."""
    found: dict[tuple[str, str, str], int] = {}
    part = name = ""
    for number, line in enumerate(text.splitlines(), 1):
        if match := _SECTION.match(line):
            part, name = match["part"], (match["name"] or "").strip()
        elif match := _KEY.match(line):
            found[part, name, match["key"]] = number
    return found


def _not_toml(error: tomllib.TOMLDecodeError, file: str) -> UserError:
    where = re.search(r"line (\d+)", str(error))
    return UserError(
        'Dòng này không đúng dạng: tên = "giá trị".',
        'Hãy để giá trị trong dấu ngoặc kép thẳng (") và không bỏ dấu nào.',
        file=file,
        line=int(where[1]) if where else None,
    )
