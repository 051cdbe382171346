"""Sentences spoken by the first engine that can, each kept in the cache; never silence."""

from __future__ import annotations

import errno
import logging
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from channels.base import Clock
from channels.radio import ffmpeg, pcm, segments
from channels.radio.resting import Resting
from channels.radio.sentences import count_words
from channels.radio.store import SoundStore, key_of
from channels.radio.voices.base import Utterance, Voice, VoiceError

_log = logging.getLogger(__name__)

OnProgress: TypeAlias = Callable[[int, int], None]
"""Told the number of sentences done and of all; may be called from another thread."""
_LOOK_EVERY = 0.2
"""Seconds between two looks at what an engine has spoken."""
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
        self._resting = Resting(store.folder.parent / "resting", clock)

    def identity(self) -> list[str]:
        """Engines, voices and parameters in their order: what decides the sound."""
        return [voice.identity for voice in self.voices]

    def narrate(
        self, sentences: Sequence[str], scratch: Path, on_progress: OnProgress | None = None
    ) -> Narration:
        """`scratch` is a folder for temporary files. Raises NoVoiceError, OSError."""
        skipped = dict(self.absent)
        for voice in self.voices:
            try:
                sounds = self.spoken_by(voice, sentences, scratch, on_progress)
            except VoiceError as error:
                _log.warning("voice %s skipped: %s", voice.name, error.reason)
                skipped[voice.name] = error.reason
                continue
            return Narration(sounds, voice.name, skipped)
        raise NoVoiceError(skipped)

    def spoken_by(
        self,
        voice: Voice,
        sentences: Sequence[str],
        scratch: Path,
        on_progress: OnProgress | None = None,
    ) -> Mapping[str, bytes]:
        """The sound of every sentence in this voice. Raises VoiceError, OSError."""
        identity = voice.identity
        keys = {sentence: _key(identity, sentence) for sentence in sentences}
        missing = [sentence for sentence, key in keys.items() if self._store.get(key) is None]
        tell = _counting(on_progress, len(keys) - len(missing), len(keys))
        if missing:
            self._rested(voice)
        spoken = self._synthesised(voice, missing, scratch, tell) if missing else ()
        unkept = {
            sentence: sound for sentence, sound in spoken if not self._keep(keys[sentence], sound)
        }
        return _Sounds(keys, unkept, self._store)

    def _keep(self, key: str, sound: bytes) -> bool:
        """A cache that cannot be written costs time later, not the broadcast now."""
        try:
            self._store.put(key, sound)
        except OSError as error:
            _log.warning("sentence not kept: %s", error)
            return False
        return True

    def _synthesised(
        self, voice: Voice, sentences: list[str], scratch: Path, tell: Callable[[int], None]
    ) -> Iterator[tuple[str, bytes]]:
        """What a failing engine had already spoken comes out before the VoiceError."""
        scratch.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=scratch, prefix=f"{voice.name}-") as name:
            wanted = [
                Utterance(sentence, Path(name) / f"{number}.sound")
                for number, sentence in enumerate(sentences)
            ]
            with _watched(wanted, tell):
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
                self._resting.begin(voice.name)
            return error
        return None

    def _rested(self, voice: Voice) -> None:
        if voice.remote and not self._resting.is_over(voice.name):
            raise VoiceError("vừa hỏng, đang tạm nghỉ ít phút")


def _counting(on_progress: OnProgress | None, kept: int, total: int) -> Callable[[int], None]:
    """A function to be told how many of those not kept are done."""
    if on_progress is None:
        return _untold
    on_progress(kept, total)
    return lambda done: on_progress(kept + done, total)


def _untold(_: int) -> None:
    """Nobody wants to know."""


@contextmanager
def _watched(wanted: Sequence[Utterance], tell: Callable[[int], None]) -> Iterator[None]:
    """Count the files that an engine has finished while it speaks, and once at the end."""
    if tell is _untold:
        yield
        return
    ended = threading.Event()

    def finished() -> int:
        return sum(1 for utterance in wanted if utterance.path.exists())

    def watch() -> None:
        while not ended.wait(_LOOK_EVERY):
            tell(finished())

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()
    tell(finished())


class _Sounds(Mapping[str, bytes]):
    """By sentence, read from the store when asked for: hours of speech need no memory."""

    def __init__(
        self, keys: Mapping[str, str], unkept: Mapping[str, bytes], store: SoundStore
    ) -> None:
        self._keys = keys
        self._unkept = unkept
        self._store = store

    def __getitem__(self, sentence: str) -> bytes:
        sound = self._unkept.get(sentence) or self._store.get(self._keys[sentence])
        if sound is None:
            raise FileNotFoundError(errno.ENOENT, "âm thanh vừa đọc đã bị xoá, hãy dựng lại")
        return sound

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)


def _key(identity: str, sentence: str) -> str:
    return key_of(version=_VERSION, engine=identity, text=sentence)


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
