"""From the chain to the items of a pack: one pass, in memory that grows with the items only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from broadcaster import as_run, reach
from broadcaster.evidence import Kind
from broadcaster.pack.scope import Scope
from broadcaster.records import DeliveryStatus as Status
from broadcaster.task_names import task_names
from content.bulletin import Bulletin, Revision
from schedules.plan import Plan, Task
from schedules.task_names import TaskKey, TaskNames

_OUTPUTS = (Kind.DELIVERY, Kind.SETTLEMENT)


@dataclass(frozen=True, slots=True)
class File:
    """An artefact that an item cites."""

    sha256: str
    name: str
    media_type: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Finding:
    """What the station noticed about its own air: an alarm, or an air check."""

    seq: int
    at: str
    day: date
    kind: str
    channel: str
    target: str
    words: str
    """In Vietnamese."""
    simulated: bool
    air_check: dict[str, Any]
    hash: str


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
    """Corrections, withdrawals, air checks and alarms, in Vietnamese."""
    form: str = ""
    """How its sound was made, in Vietnamese."""
    as_run: dict[str, Any] = field(default_factory=dict)
    """What its record tells of the playing (`broadcaster.as_run.FACTS`)."""
    findings: list[Finding] = field(default_factory=list)
    reach: list[dict[str, Any]] = field(default_factory=list)
    """What its platform told, look by look."""
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
    findings: list[Finding] = field(default_factory=list)
    """Alarms and air checks of the scope's days, real ones only."""
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
        self._findings: list[tuple[int | None, Finding]] = []
        self._looks: list[tuple[int | None, dict[str, Any], list[File]]] = []

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
        elif as_run.is_finding(body):
            self._finding(seq, digest, body)
        elif kind == Kind.REACH:
            self._looks.append((body["delivery"], _look(seq, body), _files(body)))
        elif kind == Kind.MANUAL:
            self._by_hand(seq, digest, body)

    def contents(self) -> Contents:
        """After the last record."""
        found = Contents(plans=self._plans, tasks=self._tasks)
        items = [*self._deliveries.values(), *self._others]
        for item in items:
            self._describe(item)
        self._add_findings(found)
        self._add_looks()
        for seq, text in self._corrections:
            if (item_of := self._by_seq.get(seq)) is not None:
                item_of.remarks.append(text)
        for item in sorted(items, key=lambda one: (one.at, one.seqs[0])):
            if not self._scope.holds(item.day, item.task):
                continue
            if not item.by_hand and item.outcome != Status.SENT:
                found.not_out[item.outcome or ""] += 1
            else:
                (found.simulated if item.simulated else found.items).append(item)
        return found

    def _add_findings(self, found: Contents) -> None:
        """To the delivery that they are about, and to the list where they are of the scope."""
        for number, finding in self._findings:
            item = self._deliveries.get(number or 0)
            if item is not None:
                item.findings.append(finding)
                item.remarks.append(finding.words)
            within = self._scope.holds(finding.day, item.task if item else None)
            if within and not finding.simulated:
                found.findings.append(finding)

    def _add_looks(self) -> None:
        """To their outputs; the last that told anything is said in words."""
        said: dict[int, str] = {}
        for number, look, found in self._looks:
            item = self._deliveries.get(number or 0)
            if item is None:
                continue
            item.reach.append(look)
            item.files |= {file.sha256: file for file in found}
            if look["figures"]:
                said[number or 0] = self._told_words(look)
        for number, words in said.items():
            self._deliveries[number].remarks.append(words)

    def _told_words(self, look: Mapping[str, Any]) -> str:
        when = datetime.fromisoformat(look["read_at"]).astimezone(self._zone)
        return (
            f"Số liệu của nền tảng, đọc ngày {when:%d/%m/%Y} (bản ghi {look['seq']}): "
            f"{reach.words(look['figures'])}"
        )

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
        if body["outcome"] == Status.SENT:
            item.form = as_run.FORMS.get(as_run.form_of(body) or "", "")
            item.as_run = as_run.facts_of(body)
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
        item.task = self._stated_task(details, day)
        names = ("title", "note", "form", "reason")
        item.title = next((str(details[n]) for n in names if details.get(n)), "")
        item.files = {file.sha256: file for file in _files(body)}
        self._others.append(item)
        self._by_seq[seq] = item

    def _stated_task(self, details: Mapping[str, Any], day: date) -> TaskKey | None:
        """Old records name no plan."""
        said, plan = details.get("task"), details.get("plan")
        if said is None or plan is None:
            return self._names.meant(said and str(said), day)
        return TaskKey(int(plan), str(said))

    def _finding(self, seq: int, digest: str, body: Mapping[str, Any]) -> None:
        at = body["at"]
        check = body["details"].get("air_check")
        finding = Finding(
            seq=seq,
            at=at,
            day=self._day(at),
            kind=body["kind"],
            channel=str(body["channel"] or ""),
            target=str(body["target"] or ""),
            words=as_run.words_of(body),
            simulated=bool(body["simulated"]),
            air_check=check if isinstance(check, dict) else {},
            hash=digest,
        )
        self._findings.append((body["delivery"], finding))

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


def _look(seq: int, body: Mapping[str, Any]) -> dict[str, Any]:
    details = body["details"]
    names = ("read_at", "call", "figures", "remarks")
    return {"seq": seq, **{name: details.get(name) for name in names}}


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
