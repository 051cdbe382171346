"""How exactly the player begins, heard at the other end of a pipe while the machine is busy."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from benchmarks.bench import ROOT, Bench, environment
from benchmarks.measure import Aim, Row, Sample, percentile
from channels.base import Clock, Sending, Target
from channels.radio import pcm
from channels.radio.player import Bank, Player

_BLOCKS = 3
_BETWEEN = timedelta(milliseconds=130)
"""From one call to the moment it is planned for: the player waits several blocks."""
_AIM = Aim(0.005)


def run(bench: Bench) -> Sequence[Row]:
    """Player and a bare sleep-and-write in turns, with a busy process for every core."""
    sound = _tone()
    blocks = [sound[at : at + pcm.BLOCK * 2] for at in range(0, len(sound), pcm.BLOCK * 2)]
    with busy(), _Pipe(bench.clock, sound) as ours, _Pipe(bench.clock, sound) as bare:
        planned = [(_play(bench.clock, blocks, ours), _sleep(bench.clock, blocks, bare))
                   for _ in range(bench.sizes.starts)]  # fmt: skip
        ours_at, bare_at = zip(*planned, strict=True)
        return _rows(_late(ours_at, ours.begun()), _late(bare_at, bare.begun()))


def _rows(late: Sequence[float], base: Sequence[float]) -> list[Row]:
    against = "sleep and write"
    rows = [Row("start late, median", Sample(tuple(late)), "s", against, Sample(tuple(base)))]
    for share, name, aim in ((99, "p99", _AIM), (100, "max", None)):
        cost, bare = (Sample.one(percentile(one, share)) for one in (late, base))
        rows.append(Row(f"start late, {name} of {len(late)}", cost, "s", against, bare, aim))
    return rows


def _late(planned: Sequence[datetime], begun: Sequence[datetime]) -> list[float]:
    """Seconds after the plan; a start before its moment would be negative."""
    if len(planned) != len(begun):
        raise RuntimeError(f"{len(planned)} starts planned, {len(begun)} found")
    return [(start - plan).total_seconds() for plan, start in zip(planned, begun, strict=True)]


def sending_at(at: datetime) -> Sending:
    """An attempt that is planned for a moment."""
    return Sending(
        target=Target("radio", "toan-xa"),
        reference="BENCH",
        at=at,
        deadline=at + timedelta(seconds=5),
        since=at,
        progress=_NoProgress(),
    )


def _play(clock: Clock, blocks: Sequence[bytes], pipe: _Pipe) -> datetime:
    at = clock.now() + _BETWEEN
    sending = sending_at(at)
    bank = Bank([pipe])
    bank.open()
    played = Player(clock).play(blocks, bank, sending)
    if not played.whole:
        raise RuntimeError(f"the player cut a sound: {played.cut}")
    return at


def _sleep(clock: Clock, blocks: Sequence[bytes], pipe: _Pipe) -> datetime:
    """The least that could be called a player."""
    at = clock.now() + _BETWEEN
    clock.sleep((at - clock.now()).total_seconds())
    for block in blocks:
        pipe.write(block)
        clock.sleep(pcm.BLOCK_SECONDS)
    return at


class _Pipe:
    """An output of the player whose far end is a process of its own."""

    url = "pipe:"
    recording: Path | None = None

    def __init__(self, clock: Clock, sound: bytes) -> None:
        self._clock = clock
        self._length = len(sound)
        self._bytes = 0
        self._written: list[datetime] = []
        """When the first block of each sound had been written."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.listener", str(len(sound))],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, env=environment(),
        )  # fmt: skip

    def __enter__(self) -> _Pipe:
        assert self._process.stdout is not None
        self._process.stdout.readline()  # it is ready
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def open(self, rate: int) -> None:
        """Always open."""

    def write(self, block: bytes) -> None:
        assert self._process.stdin is not None
        first = self._bytes % self._length == 0
        self._bytes += os.write(self._process.stdin.fileno(), block)
        if first:
            self._written.append(self._clock.now())

    def close(self) -> int:
        """Stays open for the next sound; every sample that was taken has left."""
        return self._bytes // pcm.WIDTH

    def problem(self) -> str | None:
        return None

    def begun(self) -> list[datetime]:
        """Close the pipe and ask the far end; when each sound had surely left.

        The far end may wait for a core after the write, the writer may lose its own before it
        can look at the clock: the earlier of the two is the proof.
        """
        answer, _ = self._process.communicate(timeout=30)
        heard = [datetime.fromisoformat(moment) for moment in json.loads(answer)]
        return [min(pair) for pair in zip(self._written, heard, strict=True)]


class _NoProgress:
    def get(self, key: str) -> str | None:
        return None

    def record(self, key: str, value: str) -> None:
        """Nothing of it needs to be kept."""

    def steps(self, prefix: str) -> Iterator[tuple[str, str]]:
        return iter(())


@contextmanager
def busy() -> Iterator[None]:
    """A process that never rests on every core."""
    loops = [
        subprocess.Popen([sys.executable, "-c", "while True: pass"])
        for _ in os.sched_getaffinity(0)
    ]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def _tone() -> bytes:
    """Three blocks of 440 Hz, loud from the first sample on."""
    count = _BLOCKS * pcm.BLOCK
    wave = (round(12_000 * math.cos(2 * math.pi * 440 * n / pcm.RATE)) for n in range(count))
    return array("h", wave).tobytes()
