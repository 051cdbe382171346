"""Sentences spoken by the first engine that can, each kept in the cache; never silence."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from channels.base import Clock
from channels.radio import ffmpeg, pcm, segments
from channels.radio.sentences import count_words
from channels.radio.store import SoundStore, key_of
from channels.radio.voices.base import Utterance, Voice, VoiceError

_log = logging.getLogger(__name__)

REST_SECONDS = 300.0
"""How long a remote engine is left alone after it failed: no render waits for it again."""
_VERSION = 1
_LEAST_SECONDS_A_WORD = 0.06
"""Nobody speaks a syllable faster: a shorter sound has lost some of the text."""


class NoVoiceError(Exception):
    """No engine could speak; `reasons` by engine, in Vietnamese."""

    def __init__(self, reasons: Mapping[str, str]) -> None:
        self.reasons = dict(reasons)
        super().__init__("; ".join(f"{name}: {reason}" for name, reason in reasons.items()))


@dataclass(frozen=True, slots=True)
class Narration:
    """The sound of every sentence, the engine that spoke, and why the ones before it did not."""

    sounds: Mapping[str, bytes]
    engine: str
    skipped: Mapping[str, str]


class Narrator:
    """One text is spoken by one engine from beginning to end: voices do not change midway."""

    def __init__(
        self, voices: Sequence[Voice], absent: Mapping[str, str], store: SoundStore, clock: Clock
    ) -> None:
        self.voices = tuple(voices)
        self.absent = dict(absent)
        self._store = store
        self._clock = clock
        self._rests_until: dict[str, float] = {}

    def identity(self) -> list[str]:
        """Engines, voices and parameters in their order: what decides the sound."""
        return [voice.identity for voice in self.voices]

    def narrate(self, sentences: Sequence[str], scratch: Path) -> Narration:
        """`scratch` is a folder for temporary files. Raises NoVoiceError."""
        skipped = dict(self.absent)
        for voice in self.voices:
            try:
                sounds = self._spoken(voice, list(dict.fromkeys(sentences)), scratch)
            except VoiceError as error:
                _log.warning("voice %s skipped: %s", voice.name, error.reason)
                skipped[voice.name] = error.reason
                continue
            return Narration(sounds, voice.name, skipped)
        raise NoVoiceError(skipped)

    def _spoken(self, voice: Voice, sentences: list[str], scratch: Path) -> dict[str, bytes]:
        keys = {sentence: _key(voice, sentence) for sentence in sentences}
        sounds: dict[str, bytes] = {}
        for sentence, key in keys.items():
            if (kept := self._store.get(key)) is not None:
                sounds[sentence] = kept
        missing = [sentence for sentence in sentences if sentence not in sounds]
        if missing:
            self._rested(voice)
            for sentence, sound in self._synthesised(voice, missing, scratch):
                self._store.put(keys[sentence], sound)
                sounds[sentence] = sound
        return sounds

    def _synthesised(
        self, voice: Voice, sentences: list[str], scratch: Path
    ) -> Iterator[tuple[str, bytes]]:
        """What a failing engine had already spoken comes out before the VoiceError."""
        scratch.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=scratch, prefix=f"{voice.name}-") as name:
            wanted = [
                Utterance(sentence, Path(name) / f"{number}.sound")
                for number, sentence in enumerate(sentences)
            ]
            failure = self._failure(voice, wanted)
            for utterance in wanted:
                if failure is None or utterance.path.exists():
                    yield utterance.text, _checked(utterance)
            if failure is not None:
                raise failure

    def _failure(self, voice: Voice, wanted: list[Utterance]) -> VoiceError | None:
        try:
            voice.speak(wanted)
        except VoiceError as error:
            if voice.remote:
                self._rests_until[voice.name] = self._clock.monotonic() + REST_SECONDS
            return error
        return None

    def _rested(self, voice: Voice) -> None:
        if self._clock.monotonic() < self._rests_until.get(voice.name, float("-inf")):
            raise VoiceError("vừa hỏng, đang tạm nghỉ ít phút")


def _key(voice: Voice, sentence: str) -> str:
    return key_of(version=_VERSION, engine=voice.identity, text=sentence)


def _checked(utterance: Utterance) -> bytes:
    """The trimmed samples. Raises VoiceError for a sound that cannot be this text's."""
    try:
        data = utterance.path.read_bytes()
        sound = pcm.read_wav(data) or (ffmpeg.decode(utterance.path) if data else b"")
    except OSError:
        raise VoiceError("không ghi ra tệp âm thanh") from None
    except ffmpeg.AudioError:
        raise VoiceError("tệp âm thanh hỏng") from None
    if not sound or pcm.peak(sound) < pcm.SILENT:
        raise VoiceError("đọc ra toàn khoảng lặng")
    sound = segments.trimmed(sound)
    if pcm.seconds(sound) < _LEAST_SECONDS_A_WORD * count_words(utterance.text):
        raise VoiceError("âm thanh ngắn hơn lời, có đoạn bị mất")
    return sound
