"""Which engines an emergency may use."""

from __future__ import annotations

from pathlib import Path

from channels.base import Clock
from channels.radio.settings import RadioSettings
from channels.radio.voices.registry import ENGINES, REMOTE, voices_of, without_internet
from tests.channels.radio.fakes import FakeClock


def test_an_emergency_waits_for_nobody_on_the_internet() -> None:
    settings = without_internet(RadioSettings(engines=("piper", "gtts", "espeak")))
    assert settings.engines == ("piper", "espeak")
    assert without_internet(RadioSettings(engines=("gtts",))).engines == ("espeak",)


def test_the_remote_engines_are_the_ones_that_say_so(tmp_path: Path) -> None:
    clock: Clock = FakeClock()
    every = RadioSettings(engines=tuple(ENGINES), piper_voice="giong.onnx")
    voices, _ = voices_of(every, tmp_path, clock)
    assert {voice.name for voice in voices if voice.remote} == REMOTE
