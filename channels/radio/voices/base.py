"""The voice seam: an engine turns short texts into sound files, or says why it cannot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Utterance:
    """One sentence to speak and the file that shall hold its sound."""

    text: str
    path: Path


class VoiceError(Exception):
    """The engine did not speak; `reason` is Vietnamese and holds no bulletin text."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class Voice(Protocol):
    """One engine with its voice and parameters."""

    name: str
    remote: bool
    """Needs the network: left alone for a while after it failed."""

    @property
    def identity(self) -> str:
        """Engine, voice and every parameter that changes the sound: part of the cache key."""

    def speak(self, utterances: Sequence[Utterance]) -> None:
        """Write each utterance's file (any format ffmpeg reads), whole or not at all.

        Ends within the engine's own time limit. Raises VoiceError when one is missing; the files
        already written stay good. Raises OSError when the disk refuses a file.
        """

    def problem(self) -> str | None:
        """Why it could not speak now, in Vietnamese; None when it could. No effect outside."""
