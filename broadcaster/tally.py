"""Counts what went out in a period: one pass over the evidence, real outputs only."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

import sqlalchemy
from sqlmodel import Session, col, select

from broadcaster import as_run
from broadcaster.evidence import GENESIS, Head, Kind
from broadcaster.periods import Period
from broadcaster.records import DeliveryStatus as Status
from broadcaster.records import EvidenceRecord
from broadcaster.task_names import task_names
from content.bulletin import Bulletin, Revision
from content.topics import OTHER, topic_codes
from schedules.task_names import TaskKey, TaskNames

ON_TIME = timedelta(minutes=5)
"""A session that begins later than this after its hour is not on time."""
_CLOCK_SLACK = timedelta(minutes=5)
_BATCH = 2000
_WANTED = (
    '"outcome":"sent"',
    '"outcome":"missed"',
    '"outcome":"failed"',
    '"outcome":"unknown"',
    '"kind":"manual"',
    '"action":"approve"',
    '"kind":"alarm"',
    '"kind":"check"',
    '"kind":"reach"',
)
"""Marks of the records that a report counts; canonical JSON spells each in one way only."""
_BY_HAND = "manual"
NETWORKS = ("facebook", "zalo")
"""Channels whose platforms may tell how many an output reached."""


@dataclass(frozen=True, slots=True)
class Output:
    """One bulletin that reached one target (lượt), or one piece of evidence added by hand."""

    seq: int
    day: date
    channel: str
    """A channel, or the manual form (hình thức) of a piece of evidence added by hand."""
    bulletin: int | None
    task: str | None
    topic: str
    seconds: float
    reach: int | None
    link: str | None
    plan: int | None = None
    """The plan whose task it is (see `task_names`)."""
    broadcast: int | None = None
    by_hand: bool = False
    form: str | None = None
    """How its sound was made (`broadcaster.as_run.FORMS`)."""
    told: Told | None = None
    """What its platform told later."""

    @property
    def month(self) -> str:
        """ "2026-07"."""
        return f"{self.day:%Y-%m}"


@dataclass(frozen=True, slots=True)
class Told:
    """What a platform told of one output, by the last look that told anything (`reach`)."""

    seq: int
    """The record of the look."""
    day: date
    people: int | None
    views: int | None
    reactions: int | None
    """Reactions, comments and shares together, as far as they are told."""


@dataclass(frozen=True, slots=True)
class Count:
    """Outputs of one kind, and the evidence that says so."""

    seqs: tuple[int, ...] = ()
    bulletins: frozenset[int] = frozenset()
    seconds: float = 0.0
    reach: int = 0
    told: tuple[int, ...] = ()
    """Records in which the platform told how many people it reached."""
    views: int = 0
    viewed: tuple[int, ...] = ()
    """Records in which it told how often an output was seen, as `told`."""
    reactions: int = 0
    """Reactions, comments and shares together."""
    reacted: tuple[int, ...] = ()
    read: tuple[date, ...] = ()
    """First and last day on which those figures were read; empty without any."""

    @property
    def outputs(self) -> int:
        return len(self.seqs)


@dataclass(frozen=True, slots=True)
class Tally:
    """All that was counted in one period."""

    total: Count
    by_channel: Mapping[str, Count]
    by_topic: Mapping[str, Count]
    by_month: Mapping[str, Count]
    by_form: Mapping[str, Count]
    """Sound only: how it was made; that of records from before it was written is in none."""
    by_task: Mapping[str, tuple[Output, ...]]
    """By the task's number; also of the days before the period (see `tally`)."""
    sessions: tuple[int, ...]
    """For each session (a broadcast on a target) the record that decided it."""
    on_time: tuple[int, ...]
    missed: tuple[int, ...]
    failed: tuple[int, ...]
    unknown: tuple[int, ...]
    """Outputs of which nobody knows yet whether they went out."""
    approved: tuple[int, ...]
    alarms: tuple[int, ...]
    """What the station noticed on its own air: silence, stray sound, an output that failed."""
    heard: tuple[int, ...]
    """Air checks in which the listener got the programme."""
    silent: tuple[int, ...]
    """Outputs on the networks of which nobody has told yet how many they reached."""
    simulated: int
    """Outputs of sandbox channels: never counted."""
    withdrawn: tuple[int, ...]
    """Records that a later correction has taken back: not counted."""
    broken: tuple[int, ...]
    """Records that do not hold; `evidence verify` says how."""
    out_of_order: tuple[int, ...]
    """Records whose time lies before that of the record they follow: the clock was set back."""


@dataclass(frozen=True, slots=True)
class Words:
    """What a revision is about."""

    task: str | None
    """As its writer named it (see `task_names`)."""
    topic: str
    written: datetime


def words_of_revisions(session: Session, station_id: int) -> dict[tuple[int, int], Words]:
    """For each (bulletin, revision): its task and topic, without its text."""
    columns = (
        Revision.bulletin_id,
        Revision.number,
        Revision.task,
        Revision.topic,
        Revision.title,
        Revision.created_at,
    )
    query = (
        sqlalchemy.select(*map(col, columns))
        .join(Bulletin, col(Bulletin.id) == col(Revision.bulletin_id))
        .where(col(Bulletin.station_id) == station_id)
    )
    found = {}
    for row in session.connection().execute(query):
        bulletin, number, task, topic, title, written = tuple(row)
        found[(bulletin, number)] = Words(task, topic or topic_codes(title)[0], written)
    return found


def tally(
    session: Session,
    station_id: int,
    period: Period,
    zone: tzinfo,
    until: Head,
    *,
    since: date | None = None,
    topics: Mapping[TaskKey, str] | None = None,
    on_records: Callable[[int, int], None] = lambda done, total: None,
) -> Tally:
    """Count a station's period in one pass up to the chain's end `until`.

    Memory grows with what is counted, not with the ledger. A record that does not hold (edited,
    or not linked to the one before it) proves nothing: it is named in `broken` and not counted.

    What went out from `since` until the period began is kept for the tasks only: a time that a
    plan gives may have begun, and been used, before the period. `topics` are those of the tasks,
    for outputs that do not say theirs.
    """
    words = words_of_revisions(session, station_id)
    taken_back = withdrawn(session, station_id, until)
    names = task_names(session, station_id)
    counter = _Counter(period, zone, words, names, since or period.start, topics or {}, taken_back)
    for link in _chain(session, station_id, until):
        if not link.holds:
            counter.broken.append(link.seq)
        if link.holds and any(mark in link.body for mark in _WANTED):
            counter.take(link.seq, json.loads(link.body))
        if link.seq % _BATCH == 0:
            on_records(link.seq, until.seq)
    return counter.tally()


def withdrawn(session: Session, station_id: int, until: Head) -> frozenset[int]:
    """Records that later ones withdraw; a correction that does not hold withdraws nothing."""
    found = session.exec(
        select(EvidenceRecord.body, EvidenceRecord.hash).where(
            EvidenceRecord.station_id == station_id,
            EvidenceRecord.seq <= until.seq,
            col(EvidenceRecord.body).contains('"withdraws":true', autoescape=True),
        )
    )
    bodies = [json.loads(body) for body, digest in found if _sha256(body) == digest]
    return frozenset(
        body["details"]["corrects"] for body in bodies if body["kind"] == Kind.CORRECTION
    )


def _sha256(body: str) -> str:
    return hashlib.sha256(body.encode("utf-8")).hexdigest()


@dataclass(frozen=True, slots=True)
class _Link:
    seq: int
    body: str
    holds: bool
    """Its body gives its hash and names the hash of the record before it."""


def _chain(session: Session, station_id: int, until: Head) -> Iterator[_Link]:
    """The chain in order, in bounded memory, each link checked on the way."""
    last = Head(0, GENESIS)
    while last.seq < until.seq:
        rows = session.exec(
            select(EvidenceRecord.seq, EvidenceRecord.body, EvidenceRecord.hash)
            .where(
                EvidenceRecord.station_id == station_id,
                EvidenceRecord.seq > last.seq,
                EvidenceRecord.seq <= until.seq,
            )
            .order_by(col(EvidenceRecord.seq))
            .limit(_BATCH)
        ).all()
        if not rows:
            yield _Link(last.seq + 1, "", holds=False)  # cut off at the end
            return
        for seq, body, digest in rows:
            whole = _sha256(body) == digest
            yield _Link(seq, body, whole and f'"prev_hash":"{last.hash}"' in body)
            last = Head(seq, digest)


@dataclass(slots=True)
class _Sum:
    seqs: list[int] = field(default_factory=list)
    bulletins: set[int] = field(default_factory=set)
    seconds: float = 0.0
    own: dict[int, int] = field(default_factory=dict)
    """Record -> people, where the output's own record says how many."""

    def add(self, output: Output) -> None:
        self.seqs.append(output.seq)
        self.seconds += output.seconds
        if output.bulletin is not None:
            self.bulletins.add(output.bulletin)
        if output.reach is not None:
            self.own[output.seq] = output.reach

    def count(self, told: Mapping[int, Told]) -> Count:
        """`told`, by the output's record."""
        looks = [told[seq] for seq in self.seqs if seq in told]
        people = {seq: number for seq, number in self.own.items() if seq not in told}
        people |= {one.seq: one.people for one in looks if one.people is not None}
        views = {one.seq: one.views for one in looks if one.views is not None}
        reactions = {one.seq: one.reactions for one in looks if one.reactions is not None}
        days = [one.day for one in looks]
        return Count(
            tuple(self.seqs),
            frozenset(self.bulletins),
            round(self.seconds, 3),
            sum(people.values()),
            tuple(sorted(people)),
            sum(views.values()),
            tuple(sorted(views)),
            sum(reactions.values()),
            tuple(sorted(reactions)),
            (min(days), max(days)) if days else (),
        )


@dataclass(slots=True)
class _Session:
    seq: int
    on_time: bool = False


@dataclass(slots=True)
class _Counter:
    """What has been seen so far."""

    period: Period
    zone: tzinfo
    words: Mapping[tuple[int, int], Words]
    names: TaskNames
    since: date
    topics: Mapping[TaskKey, str]
    taken_back: frozenset[int]
    total: _Sum = field(default_factory=_Sum)
    groups: dict[str, dict[str, _Sum]] = field(default_factory=dict)
    tasks: dict[str, list[Output]] = field(default_factory=dict)
    sessions: dict[tuple[Any, Any], _Session] = field(default_factory=dict)
    outcomes: dict[str, dict[int, int]] = field(default_factory=dict)
    approved: list[int] = field(default_factory=list)
    alarms: list[int] = field(default_factory=list)
    heard: list[int] = field(default_factory=list)
    told: dict[int, Told] = field(default_factory=dict)
    """By delivery."""
    simulated: int = 0
    newest: datetime | None = None
    withdrawn: list[int] = field(default_factory=list)
    broken: list[int] = field(default_factory=list)
    out_of_order: list[int] = field(default_factory=list)

    def take(self, seq: int, body: dict[str, Any]) -> None:
        """Count one record, if it counts."""
        at = datetime.fromisoformat(body["at"])
        set_back = self.newest is not None and at < self.newest - _CLOCK_SLACK
        self.newest = at if self.newest is None else max(at, self.newest)
        day = self._day(body)
        if seq in self.taken_back:
            self._settle(body)
            if day in self.period:
                self.withdrawn.append(seq)
            return
        if body["kind"] == Kind.REACH:
            self._take_told(seq, day, body)
            return
        if day not in self.period:
            self._settle(body)
            self._before(seq, day, body)
            return
        if set_back:
            self.out_of_order.append(seq)
        if body["kind"] == Kind.REVIEW:
            self.approved.append(seq)
        elif body["simulated"]:
            self.simulated += body["outcome"] == Status.SENT
        elif as_run.is_finding(body):
            self._finding(seq, body)
        elif body["kind"] == Kind.MANUAL:
            self._count(self._manual(seq, day, body))
        elif body["outcome"] is not None:
            self._outcome(seq, day, body)

    def _take_told(self, seq: int, day: date, body: dict[str, Any]) -> None:
        """A look that told nothing (the post is gone) takes nothing away from the one before."""
        found = body["details"].get("figures") or {}
        if body["simulated"] or not found:
            return
        parts = [found[name] for name in ("reactions", "comments", "shares") if name in found]
        self.told[body["delivery"]] = Told(
            seq, day, found.get("people"), found.get("views"), sum(parts) if parts else None
        )

    def _finding(self, seq: int, body: dict[str, Any]) -> None:
        if body["kind"] == Kind.ALARM:
            self.alarms.append(seq)
        elif (body["details"].get("air_check") or {}).get("matched") is True:
            self.heard.append(seq)

    def _before(self, seq: int, day: date, body: dict[str, Any]) -> None:
        """Outputs of earlier days, for the tasks."""
        if self.since <= day < self.period.start and not body["simulated"]:
            if body["kind"] == Kind.MANUAL:
                self._keep(self._manual(seq, day, body))
            elif body["outcome"] == Status.SENT:
                self._keep(self._output(seq, day, body))

    def _day(self, body: dict[str, Any]) -> date:
        """The station's day of an output; of what never began, the day it was planned for."""
        details = body["details"]
        if body["kind"] == Kind.MANUAL and (stated := details.get("date") or details.get("day")):
            return date.fromisoformat(str(stated)[:10])
        moment = body["started_at"] or body["scheduled_at"] or body["at"]
        return datetime.fromisoformat(moment).astimezone(self.zone).date()

    def _outcome(self, seq: int, day: date, body: dict[str, Any]) -> None:
        delivery, outcome = body["delivery"], Status(body["outcome"])
        self._settle(body)
        seen = self.outcomes.setdefault(outcome, {})
        if delivery in seen:
            return
        seen[delivery] = seq
        if outcome is Status.UNKNOWN:
            return
        session = self.sessions.setdefault((body["broadcast"], body["target"]), _Session(seq))
        if outcome is Status.SENT:
            if not session.on_time and _punctual(body):
                session.seq, session.on_time = seq, True
            self._count(self._output(seq, day, body))

    def _settle(self, body: dict[str, Any]) -> None:
        """A later record of a delivery ends its being unknown."""
        self.outcomes.get(Status.UNKNOWN, {}).pop(body["delivery"], None)

    def _output(self, seq: int, day: date, body: dict[str, Any]) -> Output:
        words = self.words.get((body["bulletin"], body["revision"]))
        topic = words.topic if words else OTHER
        key = self.names.meant(words.task, day, words.written) if words else None
        if topic == OTHER and key is not None:
            topic = self.topics.get(key, OTHER)
        return Output(
            seq,
            day,
            body["channel"],
            body["bulletin"],
            key.no if key else None,
            topic,
            _seconds(body),
            _reach(body),
            body["permalink"],
            key.plan if key else None,
            broadcast=body["broadcast"],
            form=as_run.form_of(body),
        )

    def _manual(self, seq: int, day: date, body: dict[str, Any]) -> Output:
        """Evidence added by a person (`evidence add`): a poster, a conference, a posted notice."""
        details = body["details"]
        task = str(details["task"]) if details.get("task") is not None else None
        people = details.get("people")
        return Output(
            seq,
            day,
            str(body["channel"] or details.get("form") or _BY_HAND),
            body["bulletin"],
            task,
            str(details.get("topic") or self._topic_of(details.get("plan"), task)),
            0.0,
            people if isinstance(people, int) and people >= 0 else None,
            body["permalink"],
            details.get("plan"),
            by_hand=True,
        )

    def _topic_of(self, plan: object, task: str | None) -> str:
        known = isinstance(plan, int) and task is not None
        return self.topics.get(TaskKey(int(str(plan)), str(task)), OTHER) if known else OTHER

    def _count(self, output: Output) -> None:
        self.total.add(output)
        for kind, name in (
            ("channel", output.channel),
            ("topic", output.topic),
            ("month", output.month),
            ("form", output.form),
        ):
            if name is None:
                continue
            self.groups.setdefault(kind, {}).setdefault(name, _Sum()).add(output)
        self._keep(output)

    def _keep(self, output: Output) -> None:
        if output.task is not None:
            self.tasks.setdefault(output.task, []).append(output)

    def tally(self) -> Tally:
        months = self.groups.get("month", {})
        sent = self.outcomes.get(Status.SENT, {})
        told = {sent[delivery]: one for delivery, one in self.told.items() if delivery in sent}
        return Tally(
            total=self.total.count(told),
            by_channel=self._counts("channel", told),
            by_topic=self._counts("topic", told),
            by_month={one: months.get(one, _Sum()).count(told) for one in self.period.months()},
            by_form=self._counts("form", told),
            by_task={
                task: tuple(_with(one, told.get(one.seq)) for one in found)
                for task, found in self.tasks.items()
            },
            sessions=tuple(one.seq for one in self.sessions.values()),
            on_time=tuple(one.seq for one in self.sessions.values() if one.on_time),
            missed=self._seqs(Status.MISSED),
            failed=self._seqs(Status.FAILED),
            unknown=self._seqs(Status.UNKNOWN),
            approved=tuple(self.approved),
            alarms=tuple(self.alarms),
            heard=tuple(self.heard),
            silent=tuple(sorted(self._silent(told))),
            simulated=self.simulated,
            withdrawn=tuple(self.withdrawn),
            broken=tuple(self.broken),
            out_of_order=tuple(self.out_of_order),
        )

    def _silent(self, told: Mapping[int, Told]) -> Iterator[int]:
        for name in NETWORKS:
            group = self.groups.get("channel", {}).get(name, _Sum())
            yield from (one for one in group.seqs if one not in told and one not in group.own)

    def _counts(self, kind: str, told: Mapping[int, Told]) -> dict[str, Count]:
        """The largest first; equal ones by name, so that the order never depends on chance."""
        found = {name: one.count(told) for name, one in self.groups.get(kind, {}).items()}
        return dict(sorted(found.items(), key=lambda item: (-item[1].outputs, item[0])))

    def _seqs(self, outcome: Status) -> tuple[int, ...]:
        return tuple(self.outcomes.get(outcome, {}).values())


def _with(output: Output, told: Told | None) -> Output:
    if told is None:
        return output
    people = output.reach if told.people is None else told.people
    return replace(output, told=told, reach=people)


def _punctual(body: dict[str, Any]) -> bool:
    if body["started_at"] is None or body["scheduled_at"] is None:
        return False
    late = datetime.fromisoformat(body["started_at"]) - datetime.fromisoformat(body["scheduled_at"])
    return late <= ON_TIME


def _seconds(body: dict[str, Any]) -> float:
    """How long it sounded; 0 for what is read and not heard."""
    seconds = body["details"].get("seconds")
    return float(seconds) if isinstance(seconds, int | float) else 0.0


def _reach(body: dict[str, Any]) -> int | None:
    """How many people the platform says it reached; None where it says nothing.

    Zalo messages to recent contacts are counted one by one (`channels.zalo_recent`).
    """
    details = body["details"]
    told = details.get("reach")
    if told is None and body["channel"] == "zalo" and str(body["external_id"]).startswith("recent"):
        told = details.get("sent")
    return told if isinstance(told, int) and not isinstance(told, bool) and told >= 0 else None
