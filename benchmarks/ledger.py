"""Evidence appended and verified, beside bare SHA-256 and SQLite on the very same bytes."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.bench import PERSON, Bench
from benchmarks.measure import Row, in_turns, timed
from broadcaster import evidence, verification
from broadcaster.app import App
from broadcaster.evidence import Kind
from broadcaster.records import EvidenceRecord
from broadcaster.setup import make_home

_BARE = "CREATE TABLE ledger (seq INTEGER PRIMARY KEY, body TEXT NOT NULL, hash TEXT NOT NULL)"
_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON")
"""Those of `broadcaster.database`."""


def run(bench: Bench) -> Sequence[Row]:
    """Appending with a commit each as the daemon does, appending in one batch, verifying."""
    app = make_home(bench.fresh("ledger"), bench.clock, person=PERSON)
    try:
        return _rows(bench, app)
    finally:
        app.close()


def _rows(bench: Bench, app: App) -> list[Row]:
    sizes, ledger = bench.sizes, Ledger(app)
    commits, records = sizes.commits, sizes.records
    ledger.batch(records * 4)
    bodies = ledger.bodies()
    bare = _Bare(app.home / "bare.db", bodies)
    single, bare_single = in_turns(
        sizes.rounds, _each(ledger.one, commits), _each(bare.one, commits)
    )
    batch, bare_batch = in_turns(
        sizes.rounds,
        lambda: timed(lambda: ledger.batch(records)),
        lambda: timed(lambda: bare.batch(records)),
    )
    # A chain of a known length: what the rounds above have added would grow with the noise.
    fresh = make_home(bench.fresh("verify"), bench.clock, person=PERSON)
    whole = Ledger(fresh)
    whole.batch(len(bodies))
    rows = whole.rows()
    verify, bare_verify, bare_hash = in_turns(
        sizes.rounds, _timed(whole.verify), _timed(bare.verify), _timed(lambda: _hashes(rows))
    )
    fresh.close()
    some, count = "SHA-256 + INSERT", float(len(bodies))
    return [
        Row("append, a commit each", single, "", some, bare_single, count=commits),
        Row(f"append, {records:,} a commit", batch, "", some, bare_batch, count=records),
        Row(f"verify {len(bodies):,}", verify, "", "SELECT + SHA-256", bare_verify, count=count),
        Row("verify, the same", verify, "", "SHA-256 alone", bare_hash, count=count),
    ]


class Ledger:
    """The program's own."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._station = app.station_id
        self._count = 0

    def one(self) -> None:
        with self._app.database.writing() as session:
            self._append(session)

    def batch(self, count: int) -> None:
        with self._app.database.writing() as session:
            for _ in range(count):
                self._append(session)

    def verify(self) -> None:
        with self._app.database.reading() as session:
            verdict = verification.verify(session, self._station, self._app.store)
        if not verdict.ok:
            raise RuntimeError(f"the ledger does not verify: {verdict.what}")

    def bodies(self) -> list[str]:
        return [body for body, _ in self.rows()]

    def rows(self) -> list[tuple[str, str]]:
        with self._app.database.reading() as session:
            found = evidence.records(session, self._station)
            return [(record.body, record.hash) for record in found]

    def _append(self, session: Any) -> EvidenceRecord:
        self._count += 1
        now = self._app.clock.now()
        moment = evidence.iso(now)
        return evidence.append(
            session,
            self._station,
            Kind.DELIVERY,
            now,
            {
                "channel": "radio", "target": "toan-xa", "bulletin": self._count % 90 + 1,
                "revision": 1, "broadcast": self._count, "delivery": self._count,
                "outcome": "sent", "simulated": False, "scheduled_at": moment,
                "started_at": moment, "ended_at": moment,
                "payload_sha256": hashlib.sha256(moment.encode()).hexdigest(),
            },
            details={"reason": "đã ra ngoài", "attempt": 1, "late_ms": 0.3, "whole": True},
        )  # fmt: skip


class _Bare:
    """The least that could be called a ledger: hash the body, insert both."""

    def __init__(self, path: Path, bodies: Sequence[str]) -> None:
        self._bodies = bodies
        self._next = 0
        self._connection = sqlite3.connect(path, isolation_level=None)
        for pragma in _PRAGMAS:
            self._connection.execute(f"PRAGMA {pragma}")
        self._connection.execute(_BARE)
        self.batch(len(bodies))
        self._verified = len(bodies)

    def one(self) -> None:
        self.batch(1)

    def batch(self, count: int) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        for _ in range(count):
            body = self._bodies[self._next % len(self._bodies)]
            self._next += 1
            row = (body, hashlib.sha256(body.encode()).hexdigest())
            self._connection.execute("INSERT INTO ledger (body, hash) VALUES (?, ?)", row)
        self._connection.execute("COMMIT")

    def verify(self) -> None:
        query = "SELECT body, hash FROM ledger ORDER BY seq LIMIT ?"
        _hashes(self._connection.execute(query, (self._verified,)).fetchall())


def _hashes(rows: Sequence[tuple[str, str]]) -> None:
    for body, known in rows:
        if hashlib.sha256(body.encode()).hexdigest() != known:
            raise RuntimeError("a bare row does not hold")


def _each(act: Callable[[], None], times: int) -> Callable[[], float]:
    def all_of_them() -> None:
        for _ in range(times):
            act()

    return _timed(all_of_them)


def _timed(act: Callable[[], object]) -> Callable[[], float]:
    return lambda: timed(act)
