"""What is read from a plan document. Unknown is None, never a guess."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date as Day  # noqa: N812 - `date` is a field here
from typing import Any

from schedules.timeframe import Timeframe


@dataclass(frozen=True, slots=True)
class PlanDate:
    """The day of signing as printed; blanks are None."""

    day: int | None = None
    month: int | None = None
    year: int | None = None

    def full(self) -> Day | None:
        """The day as a date, when all of it is printed and it exists."""
        if self.day is None or self.month is None or self.year is None:
            return None
        try:
            return Day(self.year, self.month, self.day)
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class Reference:
    """A cited document: "Quyết định", "841", "QĐ-UBND", its day, and where it is cited."""

    type: str
    number: str | None
    symbol: str | None
    date: Day | None
    line: int
    text: str
    """As printed."""
    date_text: str | None = None
    """The day as printed, when it is incomplete or does not exist."""


@dataclass(frozen=True, slots=True)
class SubItem:
    """An item under a topic or form."""

    text: str
    line: int


@dataclass(frozen=True, slots=True)
class TopicItem:
    """A content that the plan asks to spread; `code` is the best of `codes`."""

    no: int | str | None
    text: str
    codes: tuple[str, ...]
    line: int
    sub: tuple[SubItem, ...] = ()

    @property
    def code(self) -> str:
        return self.codes[0]


@dataclass(frozen=True, slots=True)
class FormItem:
    """A means or form, and the channels it names."""

    no: int | str | None
    text: str
    channels: tuple[str, ...]
    line: int
    sub: tuple[SubItem, ...] = ()
    sub_channels: tuple[tuple[str, ...], ...] = ()

    def all_channels(self) -> tuple[str, ...]:
        """Its own and those of its sub-items."""
        return tuple(dict.fromkeys((*self.channels, *(c for s in self.sub_channels for c in s))))


@dataclass(frozen=True, slots=True)
class Duty:
    """One thing a unit is told to do."""

    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Assignment:
    """A unit and its duties; `requested` when it is only asked ("Đề nghị …")."""

    unit: str | None
    duties: tuple[Duty, ...]
    line: int
    requested: bool = False


@dataclass(frozen=True, slots=True)
class Recipient:
    """Nơi nhận; `note` is what stands in brackets ("để b/c")."""

    name: str
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signed: the name and the title as spoken ("Phó Chủ tịch")."""

    name: str | None = None
    title: str | None = None


@dataclass(frozen=True, slots=True)
class PlanTask:
    """A thing to do: from the annex, derived from topics and forms, or out of a unit's duty."""

    no: str
    content: str
    form: str | None
    channels: tuple[str, ...]
    timeframe: Timeframe
    lead: str | None
    support: str | None
    product: str | None
    source: str
    line: int


@dataclass(frozen=True, slots=True)
class PlanWarning:
    """A problem, its line (from 1), and what was assumed, in Vietnamese."""

    code: str
    line: int | None
    message: str
    place: str | None = None
    """Where it stands in a format without lines: "đoạn 12", "trang 3"."""


@dataclass(frozen=True, slots=True)
class PlanDocument:
    """A plan as read."""

    issuer: str | None
    number: str | None
    symbol: str | None
    place: str | None
    date: PlanDate
    title: str | None
    start: Day | None
    end: Day | None
    signer: Signer
    bases: tuple[Reference, ...]
    references: tuple[Reference, ...]
    """Every citation, the bases included."""
    topics: tuple[TopicItem, ...]
    forms: tuple[FormItem, ...]
    assignments: tuple[Assignment, ...]
    recipients: tuple[Recipient, ...]
    tasks: tuple[PlanTask, ...]
    warnings: tuple[PlanWarning, ...]

    def to_json(self) -> dict[str, Any]:
        """The contract's form, without "id". Items have "sub" only where they have sub-items."""
        return {
            "issuer": self.issuer,
            "number": self.number,
            "symbol": self.symbol,
            "place": self.place,
            "date": {"day": self.date.day, "month": self.date.month, "year": self.date.year},
            "title": self.title,
            "period": {"start": _iso(self.start), "end": _iso(self.end)},
            "signer": {"name": self.signer.name, "title": self.signer.title},
            "bases": [_base(base) for base in self.bases],
            "topics": [_topic(topic) for topic in self.topics],
            "forms": [_form(form) for form in self.forms],
            "assignments": [
                {"unit": a.unit, "duties": [duty.text for duty in a.duties]}
                for a in self.assignments
            ],
            "recipients": [recipient.name for recipient in self.recipients],
            "tasks": [_task(task) for task in self.tasks],
            "warnings": [_warning(warning) for warning in self.warnings],
        }


def _iso(day: Day | None) -> str | None:
    return day.isoformat() if day else None


def _base(base: Reference) -> dict[str, Any]:
    return {
        "type": base.type,
        "number": base.number,
        "symbol": base.symbol,
        "date": _iso(base.date),
    }


def _topic(topic: TopicItem) -> dict[str, Any]:
    value: dict[str, Any] = {"no": topic.no, "text": topic.text, "code": topic.code}
    if topic.sub:
        value["sub"] = [item.text for item in topic.sub]
    return value


def _form(form: FormItem) -> dict[str, Any]:
    value: dict[str, Any] = {"no": form.no, "text": form.text, "channels": list(form.channels)}
    if form.sub:
        value["sub"] = [
            {"text": item.text, "channels": list(channels)}
            for item, channels in zip(form.sub, form.sub_channels, strict=True)
        ]
    return value


def _warning(warning: PlanWarning) -> dict[str, Any]:
    value = {"code": warning.code, "line": warning.line, "message": warning.message}
    return value if warning.place is None else value | {"place": warning.place}


def _task(task: PlanTask) -> dict[str, Any]:
    return {
        "no": task.no,
        "content": task.content,
        "form": task.form,
        "channels": list(task.channels),
        "timeframe": task.timeframe.to_json(),
        "lead": task.lead,
        "support": task.support,
        "product": task.product,
        "source": task.source,
    }
