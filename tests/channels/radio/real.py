"""What the tests against real programs share: starting and ending them, real time, a real sound."""

from __future__ import annotations

import math
import random
import shutil
import socket
import subprocess
import threading
import time
from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from channels.radio import pcm
from channels.radio.outputs import Output, Take, parse_output
from channels.radio.player import Bank, Played, Player
from tests.channels.radio.fakes import AT, sending


def needs(program: str, package: str) -> pytest.MarkDecorator:
    """Skip with the reason and the mend."""
    return pytest.mark.skipif(
        shutil.which(program) is None,
        reason=f"{program} is not installed; run: sudo apt-get install {package}",
    )


@dataclass
class RunningClock:
    """Runs in real time from a moment of the tests' own."""

    _began: float = field(default_factory=time.monotonic)

    def now(self) -> datetime:
        return AT + timedelta(seconds=time.monotonic() - self._began)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        if seconds > 0:
            threading.Event().wait(seconds)


def chatter(seconds: float, seed: int = 1) -> bytes:
    """Something like speech: syllables of many pitches and lengths, with pauses."""
    chance = random.Random(seed)
    samples = array("h")
    while len(samples) < seconds * pcm.RATE:
        count = int(chance.uniform(0.06, 0.25) * pcm.RATE)
        level, step = chance.uniform(2_000, 11_000), chance.uniform(180, 900) * 2 * math.pi
        samples.extend(
            int(level * math.sin(step * n / pcm.RATE) * math.sin(math.pi * n / count))
            for n in range(count)
        )
        samples.extend([0] * int(chance.choice((0.02, 0.03, 0.2)) * pcm.RATE))
    return samples[: int(seconds * pcm.RATE)].tobytes()


def in_blocks(sound: bytes) -> list[bytes]:
    size = pcm.BLOCK * pcm.WIDTH
    return [sound[start : start + size] for start in range(0, len(sound), size)]


def output(url: str, folder: Path, sound: Path | None = None, run: str = "R1-1") -> Output:
    return parse_output(url).make(Take("toan-xa", run, AT, folder, sound))


@dataclass(frozen=True)
class Aired:
    played: Played
    bank: Bank
    began: float
    """Monotonic moment of the first sample."""


def air(
    outputs: Sequence[Output],
    sound: bytes,
    meanwhile: Callable[[float], None] = lambda _seconds: None,
) -> Aired:
    """Play in real time, now; `meanwhile` is told after every block how much was played."""
    clock = RunningClock()
    bank = Bank(outputs)
    bank.open()
    moments: list[float] = []

    def heard(_onset: datetime, tap: pcm.Tap) -> None:
        moments.append(time.monotonic())
        meanwhile(tap.samples / pcm.RATE)

    try:
        played = Player(clock).play(in_blocks(sound), bank, sending(at=clock.now()), heard)
    finally:
        bank.close()
    return Aired(played, bank, moments[0] if moments else 0.0)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(true: Callable[[], bool], what: str, seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        threading.Event().wait(0.02)


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def running(
    command: list[str], log: Path, ready: Callable[[], bool], **options: object
) -> Iterator[subprocess.Popen[bytes]]:
    """A program of the test's own, ended with the test."""
    with log.open("wb") as said:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            **options,  # type: ignore[call-overload]
        )
    try:
        wait_until(lambda: ready() or process.poll() is not None, f"{command[0]} ready")
        assert process.poll() is None, log.read_text(errors="replace")[-2000:]
        yield process
    finally:
        process.kill()
        process.wait()
