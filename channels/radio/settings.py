"""What the station chose for its loudspeakers, and where the radio keeps its files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from channels.radio.profiles import DEFAULT_PROFILE

DEFAULT_TUNE = "default"
NO_TUNE = "none"


@dataclass(frozen=True, slots=True)
class RadioSettings:
    """[radio] of the settings; the defaults suit horn loudspeakers outdoors."""

    engines: tuple[str, ...] = ("piper", "gtts", "espeak")
    """Tried in this order."""
    voice: str = "vi"
    """An espeak-ng voice: vi (Northern), vi-vn-x-central, vi-vn-x-south."""
    rate_wpm: int = 120
    """espeak's "words" a minute: 120 gives about 168 Vietnamese syllables.

    Piper and gTTS speak at their own pace at 120, and faster or slower in proportion.
    """
    piper_voice: str = ""
    """A Piper voice, x.onnx with x.onnx.json beside it ("": none; relative: inside the home)."""
    pause_sentence: int = 350
    pause_paragraph: int = 700
    """Milliseconds of silence after a sentence, after a paragraph."""
    repeat: Literal[1, 2] = 1
    """2: every bulletin is read again after "Xin nhắc lại."."""
    loudness: float = -16.0
    """Integrated loudness of a programme, LUFS (EBU R128)."""
    true_peak: float = -1.5
    """dBTP."""
    profile: str = DEFAULT_PROFILE
    """How the sound is shaped for the loudspeakers: a name in profiles.toml."""
    signature_tune: str = DEFAULT_TUNE
    """"default", "none", or a sound file (a relative path is inside the home)."""
    separator: str = DEFAULT_TUNE
    """The sound between the bulletins of a session: likewise."""
    zones: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: {"toan-xa": ("file:air",)})
    """Zone name -> output URLs."""
    private_hosts: tuple[str, ...] = ()
    """Hosts of this machine's own network whose streams may be relayed; others must be public."""
    listen: Mapping[str, str] = field(default_factory=dict)
    """Zone name -> the URL at which its listeners hear it, or "file": the air check."""
    silence_alarm: float = 10.0
    """Seconds of silence inside a broadcast that raise an alarm."""
    mode: Literal["live", "sandbox"] = "live"
    minutes_per_session: int = 60
    gtts_url: str = "https://translate.google.com"
    """Exists so that the real code can be pointed at a local server."""


@dataclass(frozen=True, slots=True)
class RadioFolders:
    """Where the radio writes: rendered sound (may be deleted), recordings of the air, journal."""

    cache: Path
    outputs: Path
    """`file:NAME` records under `outputs/NAME/<zone>/`; the home."""
    state: Path

    @classmethod
    def in_home(cls, home: Path) -> RadioFolders:
        """The usual places inside a home folder."""
        return cls(home / "cache" / "radio", home, home / "state" / "radio")
