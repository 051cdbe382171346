"""Asks the networks how many their posts and articles reached, a few times, and writes it down.

There is no list of what is to be asked: it follows from the outputs and from what was read of
them. A look changes nothing outside, so whatever a power cut leaves is simply looked at again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from sqlmodel import Session, col, or_, select

from broadcaster import evidence
from broadcaster.app import App
from broadcaster.caretaker import Aside
from broadcaster.evidence import Kind
from broadcaster.logs import get_logger
from broadcaster.periods import Period, deadlines, quarter
from broadcaster.records import Delivery, EvidenceRecord
from broadcaster.records import DeliveryStatus as Status
from channels.base import ChannelError, ErrorKind, Json, Reach, Sent, TellsReach
from content.files import write_atomically
from schedules.plan import Task

log = get_logger(__name__)

LABELS = {
    "people": "người xem",
    "views": "lượt xem",
    "reactions": "lượt bày tỏ cảm xúc",
    "comments": "bình luận",
    "shares": "chia sẻ",
}
_FIRST_SECONDS = 300.0
"""After a start the broadcasts come first, which may be late already."""
_AT_ONCE = 10
"""Outputs of a channel in one round: the calls of a broadcast must not wait for ours."""
_NEAR = timedelta(minutes=10)
_LATE = timedelta(hours=2)
"""While a channel has something to send so soon, or so late, it is not asked."""
_GRACE = timedelta(days=14)
"""Outputs whose last look is overdue by more are left alone by the daemon."""
_SOON = timedelta(hours=1)
_REST, _LONGEST_REST = timedelta(days=1), timedelta(days=32)
"""After a refusal that a person must mend; doubled each time."""
_BATCH = 400


@dataclass(frozen=True, slots=True)
class Output:
    """A real output that a platform can be asked about."""

    sent: Sent
    channel: str
    bulletin: int | None
    at: datetime
    """When it went out."""
    record: Mapping[str, Any]
    """The record that says so."""
    read_at: datetime | None
    """When it was last asked about."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a network tells nothing, until when it is left alone, and how often that was so."""

    why: str
    until: datetime
    times: int


class ReachChore:
    """The caretaker's view: looks for what is due, and asks in a thread of its own."""

    name = "reach"
    every = 600.0

    def __init__(self, app: App) -> None:
        self._app = app
        self._not_before = app.clock.monotonic() + _FIRST_SECONDS
        self._pauses: dict[str, datetime] = {}
        self.aside = Aside(self.name)

    def look(self) -> None:
        if self._app.clock.monotonic() < self._not_before or self.aside.is_busy:
            return
        if any(due(self._app, name) for name in self._free()):
            self.aside.begin(self._ask)

    def leave(self) -> None:
        """Nothing to do: it may be left at any line."""

    def _free(self) -> list[str]:
        """Channels that may be asked now."""
        now = self._app.clock.now()
        names = [one for one in asked_channels(self._app) if self._pauses.get(one, now) <= now]
        return [one for one in names if _may_ask(self._app, one, now)]

    def _ask(self) -> None:
        for name in self._free():
            # Should it break (a full disk), the network is not asked again at once.
            self._pauses[name] = self._app.clock.now() + _SOON
            pause = read_due(self._app, name)
            self._pauses[name] = pause or self._app.clock.now()


def asked_channels(app: App) -> list[str]:
    """The networks that tell anything, as they are set now; never a sandbox."""
    return [
        name
        for name, channel in app.channels.items()
        if not channel.simulated and isinstance(channel, TellsReach)
    ]


def due(app: App, channel: str) -> list[Output]:
    """Outputs of a channel that should be asked about now, the oldest first."""
    days = sorted(app.settings.evidence.reach_days)
    if not days:
        return []
    now = app.clock.now()
    ends = _report_days(app)
    found = outputs(app, channel, now - timedelta(days=days[-1]) - _GRACE, now)
    return [one for one in found if _is_due(one, days, ends, app, now)]


def read_due(app: App, channel: str) -> datetime | None:
    """One round: ask about the first few that are due. Until when the channel wants a pause."""
    try:
        for _ in read(app, channel, due(app, channel)[:_AT_ONCE]):
            pass
    except ChannelError as error:
        log.warning("reach.not_told", channel=channel, why=error.message, code=error.code)
        return error.until or app.clock.now() + _SOON
    return None


def read(app: App, channel: str, asked: Sequence[Output]) -> Iterator[tuple[Output, Reach]]:
    """Ask about these; each answer is in the ledger before it is given.

    Raises ChannelError where the network answers no more; what it is about is kept for `doctor`.
    """
    teller = app.channels[channel]
    if not isinstance(teller, TellsReach) or not asked:
        return
    by_delivery = {one.sent.delivery: one for one in asked}
    lacking: str | None = None
    try:
        for told in teller.reach_of([one.sent for one in asked]):
            lacking = told.lacking or lacking
            one = by_delivery[told.delivery]
            _record(app, one, told)
            yield one, told
    except ChannelError as error:
        if error.kind in (ErrorKind.REAUTHORISE, ErrorKind.STOP, ErrorKind.FIX_CONTENT):
            _keep_trouble(app, channel, error.message)
        raise
    if lacking is None:
        _file(app, channel).unlink(missing_ok=True)
    else:
        _note_lacking(app, channel, lacking)


def outputs(app: App, channel: str, since: datetime, until: datetime) -> list[Output]:
    """Real outputs of a channel that went out between two moments, in order."""
    teller = app.channels[channel]
    if not isinstance(teller, TellsReach):
        return []
    query = (
        select(Delivery)
        .where(
            Delivery.station_id == app.station_id,
            Delivery.status == Status.SENT,
            Delivery.channel == channel,
            col(Delivery.scheduled_at) >= since,
            col(Delivery.scheduled_at) <= until,
            col(Delivery.external_id).is_not(None),
        )
        .order_by(col(Delivery.scheduled_at), col(Delivery.id))
    )
    with app.database.reading() as session:
        rows = [row for row in session.exec(query).all() if teller.tells_reach(row.target)]
        proofs, looks = _records(session, app.station_id, [row.id or 0 for row in rows])
    return [
        _output(row, proofs[row.id or 0], looks.get(row.id or 0))
        for row in rows
        if row.id in proofs
    ]


def of_period(app: App, channel: str, period: Period) -> list[Output]:
    """Outputs of a period, for a person who wants their figures now."""
    start = datetime.combine(period.start, time(), app.zone)
    end = datetime.combine(period.end + timedelta(days=1), time(), app.zone)
    return outputs(app, channel, start, min(end, app.clock.now()))


def trouble(app: App, channel: str) -> Trouble | None:
    """Why a network was last unwilling; None where it is not, or was never asked."""
    try:
        kept = json.loads(_file(app, channel).read_bytes())
        until = datetime.fromisoformat(kept["until"])
        return Trouble(str(kept["why"]), until, int(kept["times"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def words(figures: Mapping[str, Any]) -> str:
    """ "210 người xem, 340 lượt xem"; "chưa có số liệu" where nothing was told."""
    told = [f"{figures[name]} {label}" for name, label in LABELS.items() if name in figures]
    return ", ".join(told) or "chưa có số liệu"


def _output(row: Delivery, record: dict[str, Any], read_at: datetime | None) -> Output:
    sent = Sent(row.id or 0, row.target, row.external_id or "", record["details"])
    at = row.started_at or row.ended_at or row.scheduled_at
    return Output(sent, row.channel, row.bulletin_id, at, record, read_at)


def _records(
    session: Session, station_id: int, deliveries: Sequence[int]
) -> tuple[dict[int, dict[str, Any]], dict[int, datetime]]:
    """For each delivery: the record of its going out for real, and the last look at it."""
    proofs: dict[int, dict[str, Any]] = {}
    looks: dict[int, datetime] = {}
    for start in range(0, len(deliveries), _BATCH):
        query = (
            select(EvidenceRecord)
            .where(
                EvidenceRecord.station_id == station_id,
                col(EvidenceRecord.delivery_id).in_(deliveries[start : start + _BATCH]),
            )
            .order_by(col(EvidenceRecord.seq))
        )
        for row in session.exec(query).all():
            body = evidence.to_json(row)
            if body["kind"] == Kind.REACH:
                looks[body["delivery"]] = datetime.fromisoformat(body["at"])
            elif body["outcome"] == Status.SENT and not body["simulated"]:
                proofs[body["delivery"]] = body
    return proofs, looks


def _is_due(
    one: Output, days: Sequence[int], ends: Sequence[date], app: App, now: datetime
) -> bool:
    """Whether a moment to ask has come since the last look."""
    moments = [one.at + timedelta(days=number) for number in days]
    first, last = moments[0], moments[-1]
    moments += [
        at for end in ends if first < (at := datetime.combine(end, time(), app.zone)) < last
    ]
    passed = [moment for moment in moments if moment <= now]
    return bool(passed) and (one.read_at is None or one.read_at < max(passed))


def _report_days(app: App) -> list[date]:
    """The last days of quarters, and the days before the plans' own reports are due: then the
    newest outputs are looked at once more."""
    year = app.clock.now().astimezone(app.zone).year
    ends = [quarter(year, number).end for number in range(1, 5)]
    query = select(Task).where(Task.station_id == app.station_id).order_by(col(Task.id))
    with app.database.reading() as session:
        tasks = session.exec(query).all()
    return ends + [one.due - timedelta(days=1) for one in deadlines(tasks)]


def _may_ask(app: App, channel: str, now: datetime) -> bool:
    """Not while the channel has something to send, nor while a refusal is fresh."""
    known = trouble(app, channel)
    if known is not None and now < known.until <= now + _LONGEST_REST:
        return False
    near = col(Delivery.scheduled_at).between(now - _LATE, now + _NEAR)
    query = select(Delivery.id).where(
        Delivery.station_id == app.station_id,
        Delivery.channel == channel,
        or_(
            col(Delivery.status) == Status.SENDING,
            col(Delivery.status).in_((Status.PLANNED, Status.READY)) & near,
        ),
    )
    with app.database.reading() as session:
        return session.exec(query.limit(1)).first() is None


def _record(app: App, one: Output, told: Reach) -> None:
    """A new record that points to the output's own; its answer is on disk before it."""
    stored = [app.store.put(artefact) for artefact in told.artefacts]
    now = app.clock.now()
    said = one.record
    facts: dict[str, Json] = {
        name: said[name]
        for name in (
            *("channel", "target", "bulletin", "revision", "broadcast", "delivery"),
            *("external_id", "permalink"),
        )
    }
    facts["simulated"] = False
    details: dict[str, Json] = {
        "about": said["seq"],
        "read_at": evidence.iso(now),
        "call": told.call,
        "figures": told.figures(),
        "remarks": list(told.remarks),
    }
    with app.database.writing() as session:
        evidence.append(
            session, app.station_id, Kind.REACH, now, facts, details=details, artefacts=stored
        )


def _note_lacking(app: App, channel: str, why: str) -> None:
    """A right is missing, but something was told all the same: no pause."""
    if (known := trouble(app, channel)) is None or known.why != why:
        _keep(app, channel, Trouble(why, app.clock.now(), 0))


def _keep_trouble(app: App, channel: str, why: str) -> None:
    known = trouble(app, channel)
    times = known.times + 1 if known else 1
    rest = min(_REST * 2 ** min(times - 1, 10), _LONGEST_REST)
    _keep(app, channel, Trouble(why, app.clock.now() + rest, times))


def _keep(app: App, channel: str, found: Trouble) -> None:
    kept = {"why": found.why, "until": evidence.iso(found.until), "times": found.times}
    write_atomically(_file(app, channel), json.dumps(kept, ensure_ascii=False).encode())


def _file(app: App, channel: str) -> Path:
    return app.home / "state" / f"reach-{channel}.json"
