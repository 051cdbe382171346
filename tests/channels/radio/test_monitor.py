"""A listener of our own: silence in a broadcast, sound outside one, and what was really heard."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from channels.base import Finding, FindingKind
from channels.radio import pcm
from channels.radio.checking import checked
from channels.radio.monitor import LISTEN_LATE, Heard, Monitor
from tests.channels.radio.fakes import FakeClock, mp3_of, tone
from tests.channels.radio.stream_server import HEAD, Server, server

__all__ = ["server"]

TONE = mp3_of(tone(6.0))
SILENCE = mp3_of(bytes(6 * pcm.RATE * 2))
FALLING = b"".join(tone(0.25, pitch=300 + 97 * (n * 7 % 11)) + bytes(2_000) for n in range(24))


@dataclass
class Listening:
    """A monitor on the server's stream and what it said."""

    monitor: Monitor
    clock: FakeClock
    told: list[Finding | Heard] = field(default_factory=list)

    def alarms(self) -> list[object]:
        return [item.details["alarm"] for item in self.told if isinstance(item, Finding)]


@contextmanager
def listening(server: Server, folder: Path, silence: float = 1.0) -> Iterator[Listening]:
    clock = FakeClock()
    told: list[Finding | Heard] = []
    monitor = Monitor("thon-1", server.url(), folder, clock, silence, told.append)
    stop = threading.Event()
    thread = threading.Thread(target=monitor.run, args=(stop,))
    thread.start()
    try:
        yield Listening(monitor, clock, told)
    finally:
        server.go_on.set()
        stop.set()
        thread.join()


def until(condition: Callable[[], object]) -> None:
    pause = threading.Event()
    for _ in range(1600):
        if condition():
            return
        pause.wait(0.005)
    raise AssertionError("it did not come")


def test_sound_while_nothing_is_on_the_air_raises_one_alarm(server: Server, tmp_path: Path) -> None:
    server.answers(HEAD + TONE, then_stall=True)
    with listening(server, tmp_path) as ears:
        until(ears.alarms)
        threading.Event().wait(0.3)
        assert ears.alarms() == ["stray"]


def test_silence_in_a_broadcast_raises_one_alarm_that_names_it(
    server: Server, tmp_path: Path
) -> None:
    server.answers(HEAD + SILENCE, then_stall=True)
    with listening(server, tmp_path) as ears:
        ears.monitor.on_air("BT1.1-7")
        until(ears.alarms)
        [alarm] = ears.told
        assert isinstance(alarm, Finding)
        assert (alarm.details["alarm"], alarm.reference) == ("silence", "BT1.1-7")
        assert alarm.kind is FindingKind.ALARM


def test_a_stream_that_is_not_there_is_silence_too(server: Server, tmp_path: Path) -> None:
    with listening(server, tmp_path) as ears:
        ears.clock.on_sleep = lambda: None
        ears.monitor.on_air("BT1.1-7")
        pause = threading.Event()
        for _ in range(800):
            ears.clock.sleep(0.05)
            if ears.alarms():
                break
            pause.wait(0.005)
        assert ears.alarms() == ["silence"]


def test_what_the_listener_got_is_handed_over_when_its_last_second_has_come(
    server: Server, tmp_path: Path
) -> None:
    server.answers(HEAD + TONE, then_stall=True)
    approved = tmp_path / "approved.wav"
    approved.write_bytes(pcm.wav(tone(5.0)))
    with listening(server, tmp_path) as ears:
        onset = ears.clock.now()
        ears.monitor.on_air("BT1.1-7")
        received = tmp_path / "BT1.1-7.heard.wav"
        until(lambda: received.stat().st_size > 5 * pcm.RATE * 2)
        ears.monitor.off_air(onset, approved)
        assert ears.told == []
        ears.clock.sleep(LISTEN_LATE.total_seconds())
        until(lambda: ears.told)
        [heard] = ears.told
        assert isinstance(heard, Heard)
        assert (heard.reference, heard.approved, heard.lead) == ("BT1.1-7", approved, 0.0)
        finding = checked(heard, ears.clock)
        assert finding.kind is FindingKind.CHECK
        assert "đúng chương trình" in finding.message
        assert not received.exists()


@pytest.mark.parametrize("received", [tone(6.0, pitch=900), bytes(6 * pcm.RATE * 2)])
def test_a_listener_who_got_something_else_is_an_alarm(tmp_path: Path, received: bytes) -> None:
    approved, file = tmp_path / "approved.wav", tmp_path / "received.wav"
    approved.write_bytes(pcm.wav(FALLING))
    file.write_bytes(pcm.wav(received))
    finding = checked(Heard("thon-1", "BT1.1-7", approved, file, 0.0), FakeClock())
    assert finding.kind is FindingKind.ALARM
    assert "chỉ nhận được" in finding.message


def test_the_delay_of_a_listener_is_measured(tmp_path: Path) -> None:
    approved, file = tmp_path / "approved.wav", tmp_path / "received.wav"
    approved.write_bytes(pcm.wav(FALLING))
    file.write_bytes(pcm.wav(bytes(round(1.5 * pcm.RATE) * 2) + FALLING))
    finding = checked(Heard("z", "BT1.1-7", approved, file, 0.5, passing=False), FakeClock())
    check = finding.details["air_check"]
    assert isinstance(check, dict)
    assert check["delay_ms"] == pytest.approx(1000, abs=25)
    assert file.exists()


def test_a_reception_that_cannot_be_read_is_no_proof_and_no_crash(tmp_path: Path) -> None:
    file = tmp_path / "hỏng.wav"
    file.write_bytes(b"RIFF")
    finding = checked(Heard("z", "BT1.1-7", file, file, 0.0), FakeClock())
    assert finding.kind is FindingKind.CHECK
    assert "Không kiểm được" in finding.message
