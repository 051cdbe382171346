"""The engines there are. A new one: its file and one line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from channels.base import Clock
from channels.radio.settings import RadioSettings
from channels.radio.voices.base import Voice
from channels.radio.voices.espeak import EspeakVoice
from channels.radio.voices.gtts import GoogleVoice

ENGINES: Mapping[str, Callable[[RadioSettings, Clock], Voice]] = {
    "gtts": lambda settings, clock: GoogleVoice(clock, url=settings.gtts_url),
    "espeak": lambda settings, _: EspeakVoice(settings.voice, settings.rate_wpm),
}


def voices_of(settings: RadioSettings, clock: Clock) -> tuple[list[Voice], dict[str, str]]:
    """The configured engines in their order, and those that are not there with the reason."""
    voices = [ENGINES[name](settings, clock) for name in settings.engines if name in ENGINES]
    absent = {name: _absence(name) for name in settings.engines if name not in ENGINES}
    return voices, absent


def _absence(name: str) -> str:
    known = ", ".join(ENGINES)
    return f"phiên bản này chưa có bộ đọc “{name}” (đang có: {known})"
