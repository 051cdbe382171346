"""From the chain to the items of a pack: one pass, in memory that grows with the items only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from broadcaster.evidence import Kind
from broadcaster.pack.scope import Scope
from broadcaster.records import DeliveryStatus as Status
from broadcaster.task_names import task_names
from content.bulletin import Bulletin, Revision
from schedules.plan import Plan, Task
from schedules.task_names import TaskKey, TaskNames

_OUTPUTS = (Kind.DELIVERY, Kind.SETTLEMENT)
_BOOKKEEPING = (Kind.REVIEW, Kind.PLAN, Kind.KEY, Kind.RETENTION, Kind.CORRECTION)


@dataclass(frozen=True, slots=True)
class File:
    """An artefact that an item cites."""

    sha256: str
    name: str
    media_type: str
    bytes: int


@dataclass(slots=True)
class Item:
    """One line of the index: an output to one target, or a piece of evidence added by hand."""

    seqs: list[int]
    """Its records."""
    at: str
    """When it began, or the day that a person states."""
    day: date
    channel: str | None = None
    target: str | None = None
    bulletin: int | None = None
    revision: int | None = None
    delivery: int | None = None
    outcome: str | None = None
    simulated: bool = False
    scheduled_at: str | None = None
    ended_at: str | None = None
    external_id: str | None = None
    permalink: str | None = None
    title: str = ""
    task: TaskKey | None = None
    approved: str = ""
    """Who approved it and when, in Vietnamese."""
    remarks: list[str] = field(default_factory=list)
    """Corrections and withdrawals, in Vietnamese."""
    files: dict[str, File] = field(default_factory=dict)
    hash: str = ""
    """Of its last record."""

    @property
    def by_hand(self) -> bool:
        return self.delivery is None


@dataclass(slots=True)
class Contents:
    """All that a pack shows."""

    items: list[Item] = field(default_factory=list)
    simulated: list[Item] = field(default_factory=list)
    plans: list[tuple[int, File]] = field(default_factory=list)
    not_out: Counter[str] = field(default_factory=Counter)
    """How many deliveries ended otherwise, by outcome."""
    tasks: dict[TaskKey, tuple[str, str]] = field(default_factory=dict)
    """Its number (see `TaskNames.label`) and content, as the plans have it."""

    def by_task(self) -> Iterator[tuple[tuple[str, str] | None, list[Item]]]:
        """The items of each task (number, content), in the plans' order; those without one last."""
        groups: dict[TaskKey | None, list[Item]] = {}
        for item in self.items:
            groups.setdefault(item.task if item.task in self.tasks else None, []).append(item)
        for key, words in self.tasks.items():
            if key in groups:
                yield words, groups[key]
        if None in groups:
            yield None, groups[None]


class Collector:
    """Takes the records one after another and gives the items that are in scope."""

    def __init__(self, session: Session, station_id: int, scope: Scope, zone: tzinfo) -> None:
        self._session = session
        self._scope = scope
        self._zone = zone
        self._words = _words_of_revisions(session, station_id)
        self._deliveries: dict[int, Item] = {}
        self._others: list[Item] = []
        self._by_seq: dict[int, Item] = {}
        self._approved: dict[tuple[Any, Any], str] = {}
        self._withdrawn: dict[Any, str] = {}
        self._corrections: list[tuple[int, str]] = []
        self._plans: list[tuple[int, File]] = []
        self._names = task_names(session, station_id)
        self._tasks = _tasks(session, station_id, self._names)

    def take(self, seq: int, digest: str, body: Mapping[str, Any]) -> None:
        """One record of the chain."""
        kind = body["kind"]
        if kind in _OUTPUTS and body["delivery"] is not None:
            self._output(seq, digest, body)
        elif kind == Kind.REVIEW:
            self._review(body)
        elif kind == Kind.PLAN:
            self._plans += [(seq, file) for file in _files(body)]
        elif kind == Kind.CORRECTION:
            self._correction(seq, body)
        elif kind not in _BOOKKEEPING:
            self._by_hand(seq, digest, body)

    def contents(self) -> Contents:
        """After the last record."""
        found = Contents(plans=self._plans, tasks=self._tasks)
        for seq, text in self._corrections:
            if (item := self._by_seq.get(seq)) is not None:
                item.remarks.append(text)
        for item in sorted(
            [*self._deliveries.values(), *self._others], key=lambda one: (one.at, one.seqs[0])
        ):
            self._describe(item)
            if not self._scope.holds(item.day, item.task):
                continue
            if not item.by_hand and item.outcome != Status.SENT:
                found.not_out[item.outcome or ""] += 1
            else:
                (found.simulated if item.simulated else found.items).append(item)
        return found

    def _output(self, seq: int, digest: str, body: Mapping[str, Any]) -> None:
        number = body["delivery"]
        moment = body["started_at"] or body["scheduled_at"] or body["at"]
        item = self._deliveries.get(number)
        if item is None:
            item = self._deliveries[number] = Item([], moment, self._day(moment))
        item.seqs.append(seq)
        item.at, item.day, item.hash = moment, self._day(moment), digest
        for name in _COPIED:
            setattr(item, name, body[name])
        item.simulated = item.simulated or bool(body["simulated"])
        item.files |= {file.sha256: file for file in _files(body)}
        self._by_seq[seq] = item

    def _by_hand(self, seq: int, digest: str, body: Mapping[str, Any]) -> None:
        details = body["details"]
        stated = str(details.get("date") or details.get("day") or "")[:10]
        try:
            day = date.fromisoformat(stated)
        except ValueError:
            stated, day = body["at"], self._day(body["at"])
        item = Item([seq], stated, day, hash=digest, simulated=bool(body["simulated"]))
        item.channel, item.target = body["channel"], body["target"]
        item.bulletin, item.revision = body["bulletin"], body["revision"]
        item.permalink = body["permalink"]
        if details.get("plan") is not None and details.get("task") is not None:
            item.task = TaskKey(int(details["plan"]), str(details["task"]))
        elif details.get("task") is not None:
            item.task = self._names.meant(str(details["task"]), day)
        names = ("title", "note", "form", "reason")
        item.title = next((str(details[n]) for n in names if details.get(n)), "")
        item.files = {file.sha256: file for file in _files(body)}
        self._others.append(item)
        self._by_seq[seq] = item

    def _review(self, body: Mapping[str, Any]) -> None:
        details = body["details"]
        when = datetime.fromisoformat(body["at"]).astimezone(self._zone)
        said = f"{details.get('person') or '?'}, {when:%H:%M %d/%m/%Y}"
        if details.get("action") == "approve":
            self._approved[(body["bulletin"], body["revision"])] = said
        elif details.get("action") == "withdraw":
            note = f": {details['note']}" if details.get("note") else ""
            self._withdrawn[body["bulletin"]] = f"Bản tin đã được gỡ ({said}){note}"

    def _correction(self, seq: int, body: Mapping[str, Any]) -> None:
        details = body["details"]
        what = "Rút lại" if details.get("withdraws") else "Đính chính"
        text = f"{what} (bản ghi {seq}, {details.get('person')}): {details.get('note')}"
        if isinstance(details.get("corrects"), int):
            self._corrections.append((details["corrects"], text))

    def _describe(self, item: Item) -> None:
        """What the chain does not say in every record: title, task, approval."""
        known = self._words.get((item.bulletin, item.revision))
        if known is not None:
            title, said, written = known
            item.title = item.title or title
            item.task = item.task or self._names.meant(said, item.day, written)
        item.approved = self._approved.get((item.bulletin, item.revision), "")
        if item.bulletin in self._withdrawn and not item.by_hand:
            item.remarks.append(self._withdrawn[item.bulletin])

    def _day(self, moment: str) -> date:
        return datetime.fromisoformat(moment).astimezone(self._zone).date()


_COPIED = (
    "channel",
    "target",
    "bulletin",
    "revision",
    "delivery",
    "outcome",
    "scheduled_at",
    "ended_at",
    "external_id",
    "permalink",
)


def _files(body: Mapping[str, Any]) -> list[File]:
    return [
        File(one["sha256"], one["name"], str(one.get("media_type") or ""), one["bytes"])
        for one in body["artefacts"]
    ]


def _words_of_revisions(
    session: Session, station_id: int
) -> dict[tuple[Any, Any], tuple[str, str | None, datetime]]:
    """For each (bulletin, revision): its title, task and time of writing, without its text."""
    query = (
        sa.select(
            col(Revision.bulletin_id),
            col(Revision.number),
            col(Revision.title),
            col(Revision.task),
            col(Revision.created_at),
        )
        .join(Bulletin, col(Bulletin.id) == col(Revision.bulletin_id))
        .where(col(Bulletin.station_id) == station_id)
    )
    rows = session.connection().execute(query)
    return {
        (bulletin, number): (title, task, written)
        for bulletin, number, title, task, written in rows
    }


def _tasks(session: Session, station_id: int, names: TaskNames) -> dict[TaskKey, tuple[str, str]]:
    query = select(Task).join(Plan, col(Plan.id) == col(Task.plan_id))
    rows = session.exec(query.where(Task.station_id == station_id).order_by(col(Task.id))).all()
    return {row.key: (names.label(row.key), row.content) for row in rows}
