"""A month of station life with a clock that runs ahead: `python -m tests.faults.soak --days 31`.

The real dispatcher and adapters, local platforms that fail now and then, and at the end an
account of every delivery. Memory and handles are measured each evening.
"""

from __future__ import annotations

import argparse
import gc
import logging
import random
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

import psutil
import structlog
from rich.console import Console
from rich.progress import track

from broadcaster import bookings, chores
from broadcaster.app import open_app
from broadcaster.delivery import FINAL
from broadcaster.queue import Lane
from broadcaster.records import Delivery
from broadcaster.records import DeliveryStatus as Status
from broadcaster.services import make_dispatcher
from tests.clocks import HandClock
from tests.faults.station import EDITOR
from tests.faults.yard import ALL, Yard
from tests.servers.faulty import Fault

BULLETINS = 40
_SESSIONS = (timedelta(hours=6), timedelta(hours=17))
"""After midnight in An Bình."""
_MIDNIGHT = datetime(2026, 10, 31, 17, 0, tzinfo=UTC)
_FAULTS = (
    Fault.SERVER_ERROR, Fault.DROP, Fault.ACCEPT_THEN_DROP, Fault.HTML_ERROR, Fault.RATE_LIMIT,
    Fault.ACCEPT_CUT_JSON, Fault.EXPIRED_TOKEN, Fault.ACCEPT_THEN_5XX,
)  # fmt: skip
_CALLS = ("feed", "published_posts", "create", "verify", "broadcast", "group", "cs", "token")
_TERMINAL = Console(stderr=True)
_SHARE = 0.3
"""Of the sessions have a fault on one of the platforms' calls."""


class Month(Yard):
    """A station whose days pass as fast as the work allows."""

    def __enter__(self) -> Self:
        super().__enter__()
        self.clock = HandClock(_MIDNIGHT)
        self.app = open_app(self.home, clock=self.clock, person=EDITOR)
        self._stack.callback(self.app.close)
        self.dispatcher = make_dispatcher(self.app)
        self.draw = random.Random(1)
        self.evenings: list[tuple[float, int, int]] = []
        """Each evening: resident memory in MB, open handles, threads."""
        return self

    def live(self, days: int) -> list[Delivery]:
        """So many days; all deliveries as they ended."""
        rows: list[Delivery] = []
        for day in track(
            range(days),
            "days",
            console=_TERMINAL,
            transient=True,
            disable=not _TERMINAL.is_terminal,
        ):
            for number, hour in enumerate(_SESSIONS):
                self._until(_MIDNIGHT + timedelta(days=day) + hour)
                session = self.book(ALL) if day * 2 + number < BULLETINS else self._again(rows)
                self._sprinkle()
                self._work_off(session)
                rows += session
            chores.run(self.app)
            self.dispatcher.tidy()
            self.evenings.append(_measured())
        for row in rows:
            self.compare_one(row)
        return [self._now(row) for row in rows]

    def _again(self, rows: Sequence[Delivery]) -> list[Delivery]:
        """A bulletin of before on the loudspeakers once more."""
        old = self.draw.choice(rows).bulletin_id
        at = self.clock.now() + timedelta(milliseconds=1)
        return list(bookings.add(self.app, old, "radio", [], at).deliveries)

    def _sprinkle(self) -> None:
        if self.draw.random() < _SHARE:
            call, fault = self.draw.choice(_CALLS), self.draw.choice(_FAULTS)
            for server in (self.facebook, self.zalo):
                server.fault(call, fault, self.draw.randint(1, 3))

    def _until(self, moment: datetime) -> None:
        self.clock.forward(max(0.0, (moment - self.clock.now()).total_seconds()))
        self.facebook.now = self.clock.now()

    def _work_off(self, rows: Sequence[Delivery]) -> None:
        """What the daemon's alarm clock does, without the waiting."""
        for _ in range(2_000):
            left = [row for row in map(self._now, rows) if Status(row.status) not in FINAL]
            if not left:
                return
            for row in left:
                if self._needs_person(row):
                    out = bool(self.outside(row))
                    self.tally.unknown[row.channel] += 1
                    bookings.settle(self.app, row.id or 0, permalink="https://x" if out else None)
            self.dispatcher.expire()
            wakes: dict[Lane, datetime] = self.dispatcher.next_wakes()
            if not wakes:
                self.clock.forward(60)
                continue
            self._until(min(wakes.values()))
            for lane, wake in wakes.items():
                if wake <= self.clock.now():
                    self.dispatcher.run_lane(lane)
        raise TimeoutError(f"not settled: {[(r.channel, r.status, r.reason) for r in left]}")

    def compare_one(self, row: Delivery) -> None:
        now = self._now(row)
        self.tally.deliveries[f"{now.channel} {now.status}"] += 1
        self._compare(now)

    def slope(self) -> float:
        """MB a day, from the first third of the days to the last: each third's least."""
        third = max(1, len(self.evenings) // 3)
        first = min(memory for memory, _, _ in self.evenings[:third])
        last = min(memory for memory, _, _ in self.evenings[-third:])
        return (last - first) / max(1, len(self.evenings) - third)


def _measured() -> tuple[float, int, int]:
    gc.collect()
    process = psutil.Process()
    return process.memory_info().rss / 1e6, process.num_fds(), process.num_threads()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.soak", description=__doc__)
    parser.add_argument("--days", type=int, default=31)
    days = parser.parse_args().days
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    with tempfile.TemporaryDirectory() as folder, Month(Path(folder)) as month:
        rows = month.live(days)
        memory, handles, threads = zip(*month.evenings, strict=True)
        lines = [
            f"days           {days}",
            f"deliveries     {len(rows)}",
            *(f"  {count:6} {name}" for name, count in sorted(month.tally.deliveries.items())),
            f"left to person {dict(month.tally.unknown)}",
            f"memory         {memory[0]:.0f} MB first evening, {memory[-1]:.0f} MB last, "
            f"{month.slope():+.2f} MB a day",
            f"handles        {handles[0]} first evening, {handles[-1]} last, most {max(handles)}",
            f"threads        {threads[0]}, {threads[-1]}",
            f"faults         {len(month.tally.faults)}",
            *month.tally.faults[:20],
        ]
    sys.stdout.write("\n".join(lines) + "\n")
    return 1 if month.tally.faults else 0


if __name__ == "__main__":
    sys.exit(main())
