"""The engines there are. A new one: its file and one line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from channels.base import Clock
from channels.radio.settings import RadioSettings
from channels.radio.voices.base import Voice
from channels.radio.voices.espeak import EspeakVoice
from channels.radio.voices.gtts import GoogleVoice
from channels.radio.voices.piper import PiperVoice

ENGINES: Mapping[str, Callable[[RadioSettings, Path, Clock], Voice]] = {
    "piper": lambda settings, home, _: PiperVoice(home / settings.piper_voice, settings.rate_wpm),
    "gtts": lambda settings, _, clock: GoogleVoice(
        clock, url=settings.gtts_url, rate=settings.rate_wpm
    ),
    "espeak": lambda settings, _, __: EspeakVoice(settings.voice, settings.rate_wpm),
}
_NOT_CONFIGURED = "chưa cấu hình; hãy ghi tệp giọng .onnx vào radio.piper_voice"


REMOTE = frozenset({"gtts"})
"""Engines that ask somebody on the Internet, and so may keep us waiting."""


def without_internet(settings: RadioSettings) -> RadioSettings:
    """The same station with the engines that answer at once; espeak-ng where none is left."""
    local = tuple(name for name in settings.engines if name not in REMOTE)
    return replace(settings, engines=local or ("espeak",))


def voices_of(
    settings: RadioSettings, home: Path, clock: Clock
) -> tuple[list[Voice], dict[str, str]]:
    """The configured engines in their order, and those that are not there with the reason.

    Relative paths of the settings are inside `home`.
    """
    absent = {name: reason for name in settings.engines if (reason := _absence(name, settings))}
    voices = [
        ENGINES[name](settings, home, clock) for name in settings.engines if name not in absent
    ]
    return voices, absent


def _absence(name: str, settings: RadioSettings) -> str | None:
    if name not in ENGINES:
        known = ", ".join(ENGINES)
        return f"phiên bản này chưa có bộ đọc “{name}” (đang có: {known})"
    return _NOT_CONFIGURED if name == "piper" and not settings.piper_voice else None
