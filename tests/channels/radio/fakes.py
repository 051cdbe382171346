"""A hand-moved clock, voices and outputs that are quick and whose every step can be seen."""

from __future__ import annotations

import hashlib
import math
import subprocess
import threading
import time
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from channels.base import Outgoing, Sending, Target
from channels.radio import ffmpeg, pcm
from channels.radio.sentences import count_words
from channels.radio.voices.base import Utterance, VoiceError

AT = datetime(2026, 11, 23, 22, 30, tzinfo=UTC)
"""05:30 on a Tuesday in Vietnam."""


class FakeClock:
    """Time moves only by `sleep`; the wall may be set to another time in between."""

    def __init__(self, now: datetime = AT - timedelta(seconds=10)) -> None:
        self._now = now
        self._monotonic = 1000.0
        self._steps: list[tuple[float, timedelta]] = []
        self.on_sleep: Callable[[], object] = lambda: None

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def sleep(self, seconds: float) -> None:
        self.on_sleep()
        if seconds <= 0:
            return
        self._monotonic += seconds
        self._now += timedelta(seconds=seconds)
        for step in [step for step in self._steps if step[0] <= self._monotonic]:
            self._steps.remove(step)
            self._now += step[1]

    def step_wall(self, after: float, by: timedelta) -> None:
        """Set the wall clock `by` further, `after` seconds from now."""
        self._steps.append((self._monotonic + after, by))


class RealClock:
    """For tests against real sockets and processes."""

    def now(self) -> datetime:
        return AT

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        raise AssertionError("no test may sleep")


def tone(seconds: float, pitch: float = 440.0, level: float = 0.3) -> bytes:
    """Samples of a sine tone."""
    count = int(seconds * pcm.RATE)
    step = 2 * math.pi * pitch / pcm.RATE
    return array("h", (int(32767 * level * math.sin(step * n)) for n in range(count))).tobytes()


def mp3_of(samples: bytes) -> bytes:
    """As another station's, or an officer's recording."""
    raw = ("-f", "s16le", "-ac", "1", "-ar", str(pcm.RATE), "-i", "pipe:0")
    out = ("-c:a", "libmp3lame", "-b:a", "64k", "-id3v2_version", "0", "-f", "mp3", "pipe:1")
    command = [ffmpeg.executable(), "-loglevel", "error", *raw, *out]
    return subprocess.run(command, input=samples, stdout=subprocess.PIPE, check=True).stdout


class FakeVoice:
    """Every text is a tone of its own, 0.1 s a word."""

    remote = False

    def __init__(self, name: str = "fake", *, failure: str | None = None) -> None:
        self.name = name
        self.identity = f"fake/{name}"
        self.failure = failure
        self.slow = 0.0
        """Real seconds that every sentence takes."""
        self.spoken: list[str] = []
        self.calls = 0

    def speak(self, utterances: Sequence[Utterance]) -> None:
        self.calls += 1
        if self.failure is not None:
            raise VoiceError(self.failure)
        for utterance in utterances:
            threading.Event().wait(self.slow)
            self.spoken.append(utterance.text)
            utterance.path.write_bytes(pcm.wav(self.sound(utterance.text)))

    def sound(self, text: str) -> bytes:
        pitch = 300 + hashlib.sha256(text.encode()).digest()[0]
        return tone(0.1 * count_words(text), pitch)

    def problem(self) -> str | None:
        return self.failure


@dataclass
class MemoryOutput:
    """Keeps what it is given and when; fails where told to."""

    clock: FakeClock
    url: str = "memory:a"
    fails_at: int | None = None
    """Samples after which `write` fails."""
    fails_to_open: bool = False
    recording: Path | None = None
    data: bytearray = field(default_factory=bytearray)
    times: list[datetime] = field(default_factory=list)
    closed: bool = False

    def open(self, rate: int) -> None:
        if self.fails_to_open:
            raise OSError(5, "hỏng")

    def write(self, block: bytes) -> None:
        if self.fails_at is not None and len(self.data) // 2 >= self.fails_at:
            raise OSError(19, "rút dây")
        self.times.append(self.clock.now())
        self.data += block

    def close(self) -> int:
        self.closed = True
        return len(self.data) // 2

    def problem(self) -> str | None:
        return None


class NoProgress:
    def get(self, key: str) -> str | None:
        return None

    def record(self, key: str, value: str) -> None:
        raise AssertionError("the radio has one effect only")

    def steps(self, prefix: str) -> Iterator[tuple[str, str]]:
        return iter(())


@dataclass(frozen=True)
class Plain:
    """Spoken text that is the written one."""

    spoken: str
    residue: tuple[str, ...] = ()


def outgoing(
    title: str = "Lịch làm việc của bộ phận một cửa",
    body: str = "Từ ngày mai làm việc cả sáng thứ bảy.",
    *,
    opening: bool = False,
    closing: bool = False,
    recording: Path | None = None,
    at: datetime | None = None,
) -> Outgoing:
    return Outgoing(
        bulletin=1,
        revision=1,
        title=title,
        body=body,
        station="Ủy ban nhân dân xã An Bình",
        reference="R7K2",
        at=at,
        opening=opening,
        closing=closing,
        recording=recording,
    )


def sending(
    zone: str = "toan-xa",
    *,
    at: datetime = AT,
    grace: float = 600,
    permit: Callable[[datetime], str | None] = lambda _: None,
    reference: str = "R7K2",
) -> Sending:
    return Sending(
        target=Target("radio", zone),
        reference=reference,
        at=at,
        deadline=at + timedelta(seconds=grace),
        since=at - timedelta(minutes=1),
        progress=NoProgress(),
        permit=permit,
    )
