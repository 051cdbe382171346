"""How `evidence verify` grows with the ledger: time and peak memory of the real command."""

from __future__ import annotations

import hashlib
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.bench import PERSON, Bench, environment
from benchmarks.measure import Row, Sample, timed
from broadcaster import checkpoints, evidence
from broadcaster.database import FILE_NAME
from broadcaster.evidence import Kind
from broadcaster.setup import make_home

_DELIVERY = 700_700_700
"""A number that nothing else in a record's body looks like."""


_MEASURED = """
import re, sys, time
from pathlib import Path
from broadcaster import cli
code = cli.run(sys.argv[1:])
peak = re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())
print(time.process_time(), peak.group(1), file=sys.stderr)
sys.exit(code)
"""
"""Its own mark of high water: what `wait4` says begins with the memory of whoever forked."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one command took."""

    cpu: float
    """Seconds; of a busy machine the honest figure."""
    peak: float
    """Megabytes resident."""


def run(bench: Bench) -> Sequence[Row]:
    """`evidence verify` over ledgers of growing length."""
    rows: list[Row] = []
    for count in bench.sizes.growth:
        home = bench.fresh(f"growth-{count}")
        fill(home, count, bench)
        bare = _cost(home, "evidence", "list", "--help")
        verified = _cost(home, "evidence", "verify")
        hashed = timed(lambda folder=home: _hash(folder))  # type: ignore[misc]
        rows += [
            Row(f"verify {count:,}", Sample.one(verified.cpu), "s", "SHA-256 of the bodies",
                Sample.one(hashed)),
            Row(f"verify {count:,}, peak", Sample.one(verified.peak), "MB", "the command's --help",
                Sample.one(bare.peak)),
        ]  # fmt: skip
    return rows


def fill(home: Path, count: int, bench: Bench) -> None:
    """A chain of `count` deliveries, written past the ledger's own code, which commits each."""
    app = make_home(home, bench.clock, person=PERSON)
    try:
        with app.database.writing() as session:
            moment = evidence.iso(bench.clock.now())
            first = evidence.append(
                session, app.station_id, Kind.DELIVERY, bench.clock.now(),
                {"channel": "radio", "target": "toan-xa", "delivery": _DELIVERY, "bulletin": 1,
                 "revision": 1, "outcome": "sent", "simulated": False, "scheduled_at": moment,
                 "started_at": moment, "ended_at": moment},
                details={"reason": "đã ra ngoài", "attempt": 1, "seconds": 61.5},
            )  # fmt: skip
            body, digest = first.body, first.hash
        connection = sqlite3.connect(home / FILE_NAME)
        with connection:
            connection.executemany(
                "INSERT INTO evidence (station_id, seq, delivery_id, body, hash) "
                "VALUES (?, ?, ?, ?, ?)",
                _chain(app.station_id, body, digest, count),
            )
            connection.execute(
                "UPDATE evidence_head SET seq = ?, hash = "
                "(SELECT hash FROM evidence WHERE seq = ?)",
                [count, count],
            )
        connection.close()
        checkpoints.make_checkpoint(app)
    finally:
        app.close()


def _chain(
    station: int, body: str, digest: str, count: int
) -> Iterator[tuple[int, int, int, str, str]]:
    for number in range(2, count + 1):
        text = body.replace(str(_DELIVERY), str(number))
        text = text.replace('"seq":1,', f'"seq":{number},').replace(evidence.GENESIS, digest)
        digest = hashlib.sha256(text.encode("utf-8")).hexdigest()
        yield station, number, number, text, digest


def _cost(home: Path, *words: str) -> Cost:
    """A command of ours in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", _MEASURED, *words],
        env={**environment(), "BROADCASTER_HOME": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=True,
    )
    cpu, peak = done.stderr.split()[-2:]
    return Cost(float(cpu), float(peak) / 1024)


def _hash(home: Path) -> None:
    connection = sqlite3.connect(home / FILE_NAME)
    for (body,) in connection.execute("SELECT body FROM evidence ORDER BY seq"):
        hashlib.sha256(body.encode("utf-8")).hexdigest()
    connection.close()
