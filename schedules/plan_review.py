"""What of a plan needs a person's decision, as questions; and their answers, checked. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from content.folding import fold
from schedules.plan import Task
from schedules.plan_reader.channels import all_channels
from schedules.timeframe import Kind, PlanContext, Timeframe, read_timeframe

UNDECIDED = "?"
ASSUMED_FREQUENCY = "1 lần/tuần"
"""What is reckoned with while the plan is silent and nobody has said otherwise."""
_YES = {fold(word) for word in ("có", "co", "c", "y", "yes", "đúng", "giữ", "x")}
_NO = {fold(word) for word in ("không", "khong", "k", "n", "no", "bỏ", "sai")}
_SEEN = _YES | {fold(word) for word in ("đã xem", "da xem", "xem", "rồi")}
_BLANK = {fold(word) for word in ("trống", "để trống", "không có")}
_SURE = 0.7
_SOURCES = {
    "derived": "suy từ nội dung và hình thức của kế hoạch",
    "duty": "lấy từ nhiệm vụ giao cho đơn vị",
    "annex": "trong phụ lục",
}
_ASKED_ELSEWHERE = {"number_blank", "day_blank"}


class Part(StrEnum):
    """What a question is about: the sections of the file to edit."""

    PLAN = "plan"
    TASK = "task"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Ask:
    """One value that is asked for; `current` is what holds while it is not answered."""

    field: str
    help: str
    current: str = UNDECIDED


@dataclass(frozen=True, slots=True)
class Question:
    """Something to decide. `name` is unique within its part."""

    part: Part
    name: str
    about: tuple[str, ...]
    asks: tuple[Ask, ...]

    @property
    def key(self) -> str:
        return f"{self.part}:{self.name}"

    def to_json(self) -> dict[str, Any]:
        return {
            "key": self.key,
            "about": list(self.about),
            "asks": {ask.field: ask.current for ask in self.asks},
        }


@dataclass(frozen=True, slots=True)
class Answer:
    """A checked answer: `value` is None where a blank shall stay blank."""

    question: Question
    field: str
    text: str
    value: Any


class AnswerError(ValueError):
    """What was written cannot be understood; the text says in Vietnamese what can be."""


def questions(
    document: Mapping[str, Any], tasks: Sequence[Task], answered: Iterable[str]
) -> list[Question]:
    """What is still open, the plan as a whole first. `answered` are "key:field" of before."""
    done = set(answered)
    found = [*_about_plan(document, tasks), *_about_tasks(tasks), *_warnings(document)]
    open_ones = ((q, tuple(a for a in q.asks if f"{q.key}:{a.field}" not in done)) for q in found)
    return [Question(q.part, q.name, q.about, asks) for q, asks in open_ones if asks]


def read_answer(
    question: Question, field: str, text: str, document: Mapping[str, Any]
) -> Answer | None:
    """Check one answer; None for one that decides nothing. Raises AnswerError."""
    text = " ".join(text.split())
    ask = next(ask for ask in question.asks if ask.field == field)
    if not text or text == UNDECIDED or (text == ask.current and field != "keep"):
        return None
    return Answer(question, field, text, _READERS[field](text, document))


def accepted(open_questions: Sequence[Question], document: Mapping[str, Any]) -> list[Answer]:
    """Everything as it was read and assumed; what is blank in the document stays open."""
    words = {"keep": "có", "seen": "đã xem", "frequency": ASSUMED_FREQUENCY}
    pairs = ((q, ask.field) for q in open_questions for ask in q.asks if ask.field in words)
    found = (read_answer(q, field, words[field], document) for q, field in pairs)
    return [answer for answer in found if answer]


def is_silent(task: Task) -> bool:
    """The machine would carry it out, and nobody has said how often."""
    reading = task.reading()
    kinds = (Kind.WINDOW, Kind.WINDOWS, Kind.CONTINUOUS, Kind.UNSPECIFIED, Kind.AMBIGUOUS)
    counted = [r for r in reading.get("recurrence") or [] if r != "continuous"]
    return (
        any(c in all_channels() and all_channels()[c].automatable for c in task.channels)
        and reading.get("kind") in kinds
        and not counted
        and not reading.get("at_least")
    )


def context_of(document: Mapping[str, Any]) -> PlanContext:
    """What a phrase in this plan is read against."""
    start, end = (_day(document["period"][name]) for name in ("start", "end"))
    signed = document["date"]
    issued = None
    if signed["day"] and signed["month"] and signed["year"]:
        issued = date(signed["year"], signed["month"], signed["day"])
    return PlanContext(start.year if start else signed["year"], start, end, issued)


# The questions


def _about_plan(document: Mapping[str, Any], tasks: Sequence[Task]) -> Iterator[Question]:
    asks, about = [], []
    if document["number"] is None:
        about.append("Số kế hoạch để trống trong văn bản.")
        asks.append(Ask("number", "số đã cấp, ví dụ 15; hoặc “để trống”"))
    if document["date"]["day"] is None:
        about.append("Ngày ký để trống trong văn bản.")
        asks.append(Ask("date", "ngày ký, ví dụ 15/02/2026; hoặc “để trống”"))
    if silent := [task for task in tasks if is_silent(task)]:
        about.append(
            f"Kế hoạch không nêu phát bao nhiêu lần; đang tạm tính {ASSUMED_FREQUENCY} cho"
            f" mỗi nhiệm vụ trong {len(silent)} nhiệm vụ."
        )
        asks.append(Ask("frequency", "của đơn vị, ví dụ “mỗi tuần 2 tin”, “1 lần/tháng”"))
    for ask, line in zip(asks, about, strict=True):
        yield Question(Part.PLAN, ask.field, (line,), (ask,))


def _about_tasks(tasks: Sequence[Task]) -> Iterator[Question]:
    for task in tasks:
        if task.confirmed_at is not None:
            continue
        reading = task.reading()
        doubtful = (reading.get("confidence") or 0) < _SURE or bool(reading.get("unread"))
        if task.source == "annex" and not doubtful and task.channels != ["other"]:
            continue
        yield _about_task(task, reading)


def _about_task(task: Task, reading: Mapping[str, Any]) -> Question:
    source = _SOURCES.get(task.source, task.source)
    about = (task.content, f"({source}; hình thức: {task.form})" if task.form else f"({source})")
    asks = [
        Ask("keep", "“có” = đúng là một nhiệm vụ, “không” = bỏ"),
        Ask("time", "thời gian, viết như trong kế hoạch", str(reading.get("text") or UNDECIDED)),
        Ask("channels", "kênh, cách nhau bằng dấu phẩy", ", ".join(task.channels)),
    ]
    if is_silent(task):
        asks.append(Ask("times", "tần suất riêng của nhiệm vụ này, ví dụ “2 lần/tuần”"))
    return Question(Part.TASK, task.no, about, tuple(asks))


def _warnings(document: Mapping[str, Any]) -> Iterator[Question]:
    """The same remark about several places is one question."""
    places: dict[tuple[str, str], list[str]] = {}
    for warning in document["warnings"]:
        if warning["code"] not in _ASKED_ELSEWHERE:
            line = f"dòng {warning['line']}" if warning["line"] else ""
            where = places.setdefault((warning["code"], warning["message"]), [])
            where.append(warning.get("place") or line)
    for (code, message), where in places.items():
        name = f"{code}-{hashlib.sha256(message.encode()).hexdigest()[:6]}"
        at = ", ".join(dict.fromkeys(filter(None, where)))
        about = (f"{at}: {message}" if at else message,)
        yield Question(Part.WARNING, name, about, (Ask("seen", "“đã xem” khi đã kiểm tra"),))


# The answers


def _yes_or_no(text: str, _: Mapping[str, Any]) -> bool:
    if fold(text) in _YES:
        return True
    if fold(text) in _NO:
        return False
    raise AnswerError("Hãy viết “có” hoặc “không”.")


def _seen(text: str, _: Mapping[str, Any]) -> bool:
    if fold(text) not in _SEEN:
        raise AnswerError("Hãy viết “đã xem”, hoặc “?” để xem sau.")
    return True


def _number(text: str, _: Mapping[str, Any]) -> str | None:
    if fold(text) in _BLANK:
        return None
    if not re.fullmatch(r"\d{1,6}[a-zA-Z]?", text):
        raise AnswerError("Số kế hoạch phải là số, ví dụ 15 (không kèm ký hiệu).")
    return text


def _signed(text: str, document: Mapping[str, Any]) -> dict[str, int] | None:
    if fold(text) in _BLANK:
        return None
    match = re.fullmatch(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})", text)
    try:
        day = date(int(match[3]), int(match[2]), int(match[1])) if match else None
    except ValueError:
        day = None
    if day is None:
        raise AnswerError("Hãy viết ngày có thật theo dạng ngày/tháng/năm, ví dụ 15/02/2026.")
    printed = document["date"]
    if any(printed[k] not in (None, getattr(day, k)) for k in ("month", "year")):
        raise AnswerError(
            f"Văn bản in tháng {printed['month'] or '…'} năm {printed['year'] or '…'};"
            " ngày ký phải nằm trong đó."
        )
    return {"day": day.day, "month": day.month, "year": day.year}


def _frequency(text: str, document: Mapping[str, Any]) -> dict[str, Any]:
    read = read_timeframe(text, context_of(document))
    counted = [name for name in read.recurrence if name != "continuous"]
    if not counted or read.unread:
        raise AnswerError(
            "Chưa hiểu tần suất. Hãy viết như: “2 lần/tuần”, “mỗi tuần 3 tin”, “1 lần/tháng”."
        )
    return {"recurrence": counted, "at_least": read.at_least or 1}


def _time(text: str, document: Mapping[str, Any]) -> dict[str, Any]:
    read = read_timeframe(text, context_of(document))
    if read.unread or not _is_placed(read):
        raise AnswerError(
            "Chưa hiểu thời gian. Hãy viết như: “Quý II/2026”, “trước ngày 15/12/2026”,"
            " “từ 01/3/2026 đến 30/4/2026”."
        )
    return {key: value for key, value in read.to_json().items() if key != "at_least" or value}


def _is_placed(read: Timeframe) -> bool:
    """Days or a rhythm; "khi cần" and its like are no time to plan with."""
    return bool(read.windows or read.due or (read.kind is Kind.RECURRING and read.recurrence))


def _channels(text: str, _: Mapping[str, Any]) -> list[str]:
    known = {fold(c.label): c.code for c in all_channels().values()}
    known |= {code: code for code in all_channels()}
    found = []
    for part in re.split(r"\s*[,;]\s*", text.strip(" ,;")):
        if fold(part) not in known:
            names = ", ".join(all_channels())
            raise AnswerError(f"Không có kênh “{part}”. Các kênh: {names}.")
        found.append(known[fold(part)])
    return list(dict.fromkeys(found))


_READERS: dict[str, Callable[[str, Mapping[str, Any]], Any]] = {
    "keep": _yes_or_no,
    "seen": _seen,
    "number": _number,
    "date": _signed,
    "frequency": _frequency,
    "times": _frequency,
    "time": _time,
    "channels": _channels,
}


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
