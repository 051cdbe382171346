"""Writes down what became of a delivery, patiently: what happened outside has happened."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import text, update
from sqlalchemy.exc import OperationalError
from sqlmodel import col, select

from broadcaster import evidence
from broadcaster.database import Database
from broadcaster.delivery import LostRaceError, Outcome, decide, move
from broadcaster.evidence import Kind
from broadcaster.logs import get_logger
from broadcaster.records import Delivery, DeliveryStep
from broadcaster.records import DeliveryStatus as Status
from channels.base import Clock, Finding, Json, Progress

log = get_logger(__name__)

_KEEP_STEP = text(
    "INSERT INTO delivery_step (delivery_id, key, value) VALUES (:delivery_id, :key, :value) "
    "ON CONFLICT (delivery_id, key) DO UPDATE SET value = excluded.value"
)
_STEP = text("SELECT value FROM delivery_step WHERE delivery_id = :id AND key = :key")
_STEPS_AT_ONCE = 1_000
_PATIENCE = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds between the tries to write down an outcome."""


class Books:
    """Every write that dispatch makes, each in a transaction of its own."""

    def __init__(
        self, database: Database, clock: Clock, simulated: Callable[[str], bool] = lambda _: False
    ) -> None:
        """`simulated` says whether a channel is a sandbox: all its records are marked so."""
        self._database = database
        self._clock = clock
        self._simulated = simulated
        self._steps = _StepWriter(database)

    def move(self, delivery: Delivery, to: Status, outcome: Outcome) -> None:
        """Move and write the evidence; a database that is busy or full is given some time.

        Raises LostRaceError when somebody moved it first, OperationalError when patience ends.
        """
        if self._simulated(delivery.channel):
            outcome = replace(outcome, simulated=True)
        for patience in (*_PATIENCE, None):
            try:
                with self._database.writing() as session:
                    move(session, delivery, to, outcome, self._clock.now())
                break
            except OperationalError as error:
                log.warning("database.busy", delivery=delivery.id, error=str(error.orig))
                if patience is None:
                    raise
                self._clock.sleep(patience)
        log.info("delivery.moved", delivery=delivery.id, to=str(to), reason=outcome.reason)

    def postpone(
        self, delivery: Delivery, until: datetime | None, reason: str, **changes: int | str
    ) -> None:
        """Not now: another time, without a change of state. A new reason is a decision.

        `until` None: at its air time. Raises LostRaceError when somebody moved it first.
        """
        values = {"next_at": until, "reason": reason, **changes}
        with self._database.writing() as session:
            done = session.connection().execute(
                update(Delivery)
                .where(col(Delivery.id) == delivery.id, col(Delivery.status) == delivery.status)
                .values(**values)
            )
            if done.rowcount != 1:
                raise LostRaceError(f"delivery {delivery.id} is no longer {delivery.status}")
            if reason != delivery.reason:
                decide(session, delivery, reason, self._clock.now())
        log.info("delivery.postponed", delivery=delivery.id, until=str(until), reason=reason)

    def note(
        self, station_id: int, channel: str, finding: Finding, delivery: Delivery | None
    ) -> None:
        """A finding as a record of its own, and a decision where it belongs to a delivery."""
        facts: dict[str, Json] = {
            "channel": channel,
            "target": finding.target,
            "simulated": self._simulated(channel),
        }
        if delivery is not None:
            facts |= {
                "bulletin": delivery.bulletin_id,
                "revision": delivery.revision,
                "broadcast": delivery.broadcast_id,
                "delivery": delivery.id,
            }
        with self._database.writing() as session:
            evidence.append(
                session,
                station_id,
                Kind(finding.kind),
                finding.at,
                facts,
                details={**finding.details, "message": finding.message},
            )
            if delivery is not None:
                decide(session, delivery, finding.message, finding.at)

    def progress(self, delivery: Delivery) -> Progress:
        """The steps that a channel recorded of this delivery, and may record more of."""
        return _StoredProgress(self._database, self._steps, delivery)


class _StepWriter:
    """Steps of many threads in few transactions: SQLite's write lock would make them poll for it,
    and each commit waits for the disk."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._turn = threading.Lock()
        self._guard = threading.Lock()
        self._waiting: list[_Step] = []

    def keep(self, step: _Step) -> None:
        """Return after it is on disk, written by this thread or by the one before it."""
        with self._guard:
            self._waiting.append(step)
        with self._turn:
            if step.kept:
                return
            with self._guard:
                batch, self._waiting = self._waiting, []
            if step not in batch:
                batch.append(step)  # whoever took it could not write it
            with self._database.writing() as session:
                session.connection().execute(_KEEP_STEP, [one.values for one in batch])
            for one in batch:
                one.kept = True


@dataclass(eq=False, slots=True)
class _Step:
    values: dict[str, int | str]
    kept: bool = False


class _StoredProgress:
    """Steps as rows, each on disk before `record` returns; nothing is kept in memory."""

    def __init__(self, database: Database, writer: _StepWriter, delivery: Delivery) -> None:
        self._database = database
        self._writer = writer
        self._id = delivery.id or 0
        self._early = delivery.progress

    def get(self, key: str) -> str | None:
        with self._database.reading() as session:
            step = session.connection().execute(_STEP, {"id": self._id, "key": key}).scalar()
        return str(step) if step is not None else self._early.get(key)

    def record(self, key: str, value: str) -> None:
        self._writer.keep(_Step({"delivery_id": self._id, "key": key, "value": value}))

    def steps(self, prefix: str) -> Iterator[tuple[str, str]]:
        last = ""
        while True:
            query = (
                select(DeliveryStep.key, DeliveryStep.value)
                .where(
                    DeliveryStep.delivery_id == self._id,
                    col(DeliveryStep.key).startswith(prefix, autoescape=True),
                    col(DeliveryStep.key) > last,
                )
                .order_by(col(DeliveryStep.key))
                .limit(_STEPS_AT_ONCE)
            )
            with self._database.reading() as session:
                rows = session.exec(query).all()
            yield from rows
            if len(rows) < _STEPS_AT_ONCE:
                return
            last = rows[-1][0]
