"""A script rendered into its programme: joined, mastered, kept as WAV (to play) and mp3 (to keep).

The same script gives the same bytes: everything that decides the sound is in the cache key.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from channels.base import Clock, Json
from channels.radio import ffmpeg, id3, pcm, segments
from channels.radio.narrator import Narration, Narrator
from channels.radio.script import Part, Reading, Script, Tune, Words
from channels.radio.sentences import is_speakable, paragraphs
from channels.radio.settings import DEFAULT_TUNE, NO_TUNE, RadioFolders, RadioSettings
from channels.radio.store import FileStore, SoundStore, key_of
from channels.radio.voices.registry import voices_of
from content.files import sha256_of_file

_log = logging.getLogger(__name__)

PAUSE_SENTENCE = 350
PAUSE_PARAGRAPH = 700
PAUSE_PART = 900
PAUSE_EDGE = 200
"""Milliseconds of silence after a sentence, a paragraph, a part, and at both ends."""
_VERSION = 1
_RECORDING_LUFS = -22.0
"""Recordings and tunes are brought to the voice's own level before they are joined to it."""


@dataclass(frozen=True, slots=True)
class Programme:
    """The finished sound of one item."""

    key: str
    wav: Path
    mp3: Path
    samples: int
    pcm_sha256: str
    engine: str | None
    """None where no voice was needed."""
    notes: tuple[str, ...]
    """In Vietnamese: engines that were passed over, a recording that could not be read."""

    @property
    def duration(self) -> timedelta:
        return timedelta(seconds=self.samples / pcm.RATE)


class Studio:
    """Renders scripts; safe to use from several processes at once (files appear whole)."""

    def __init__(
        self,
        settings: RadioSettings,
        folders: RadioFolders,
        clock: Clock,
        narrator: Narrator | None = None,
    ) -> None:
        self._settings = settings
        self._tune = folders.outputs / settings.signature_tune
        self._files = FileStore(folders.cache / "programmes")
        self._scratch = folders.cache / "tmp"
        voices, absent = voices_of(settings, clock)
        store = SoundStore(folders.cache / "sentences")
        self.narrator = narrator or Narrator(voices, absent, store, clock)

    def render(self, script: Script, *, title: str, artist: str) -> Programme:
        """Raises NoVoiceError or AudioError."""
        key = self._key(script, title, artist)
        if (facts := self._files.get(key)) is None:
            facts = self._rendered(key, script, title, artist)
        return self._programme(key, facts)

    def wav_path(self, key: str) -> Path:
        """Where the sound of a rendered programme is, if it has not been deleted."""
        return self._files.path(key, ".wav")

    def _rendered(self, key: str, script: Script, title: str, artist: str) -> dict[str, Json]:
        mix = _Mix(self._settings, self._tune, self.narrator, self._scratch)
        raw = mix.joined(script)
        sound = ffmpeg.master(raw, self._settings.loudness, self._settings.true_peak)
        mp3 = id3.tagged(ffmpeg.encode_mp3(sound), title=title, artist=artist)
        facts: dict[str, Json] = {
            "samples": len(sound) // pcm.WIDTH,
            "pcm_sha256": hashlib.sha256(sound).hexdigest(),
            "engine": mix.engine,
            "notes": mix.notes,
        }
        self._files.put(key, {".wav": pcm.wav(sound), ".mp3": mp3}, facts)
        return facts

    def _programme(self, key: str, facts: Mapping[str, Json]) -> Programme:
        samples, engine, notes = facts["samples"], facts["engine"], facts["notes"]
        if not isinstance(samples, int) or not isinstance(notes, list):
            raise TypeError("manifest of another make; delete the radio's cache")
        return Programme(
            key=key,
            wav=self._files.path(key, ".wav"),
            mp3=self._files.path(key, ".mp3"),
            samples=samples,
            pcm_sha256=str(facts["pcm_sha256"]),
            engine=str(engine) if engine else None,
            notes=tuple(str(note) for note in notes),
        )

    def _key(self, script: Script, title: str, artist: str) -> str:
        settings = self._settings
        return key_of(
            version=_VERSION,
            parts=[_identity(part) for part in script.parts],
            voices=self.narrator.identity(),
            tune=_tune_identity(settings.signature_tune, self._tune),
            loudness=settings.loudness,
            true_peak=settings.true_peak,
            tags=[title, artist],
        )


class _Mix:
    """One rendering under way: the pieces and what is worth telling about them."""

    def __init__(
        self, settings: RadioSettings, tune: Path, narrator: Narrator, scratch: Path
    ) -> None:
        self._settings = settings
        self._tune_file = tune
        self._narrator = narrator
        self._scratch = scratch
        self.engine: str | None = None
        self.notes: list[str] = []

    def joined(self, script: Script) -> bytes:
        readings = {part: self._recording(part) for part in script.parts if _is_reading(part)}
        texts = [_text_for_voice(part, readings) for part in script.parts]
        narration = self._narrated("\n".join(texts))
        pieces = [segments.silence(PAUSE_EDGE)]
        for part, text in zip(script.parts, texts, strict=True):
            sound = self._tune() if isinstance(part, Tune) else readings.get(part, b"")
            if narration is not None and text:
                sound = segments.joined(_with_pauses(text, narration))
            pieces += [sound, segments.silence(PAUSE_PART if sound else 0)]
        pieces[-1] = segments.silence(PAUSE_EDGE)
        return segments.joined(pieces)

    def _narrated(self, text: str) -> Narration | None:
        sentences = [sentence for paragraph in paragraphs(text) for sentence in paragraph]
        if not sentences:
            return None
        narration = self._narrator.narrate(sentences, self._scratch)
        self.engine = narration.engine
        self.notes += [f"Bỏ qua {name}: {reason}." for name, reason in narration.skipped.items()]
        return narration

    def _tune(self) -> bytes:
        chosen = self._settings.signature_tune
        if chosen == NO_TUNE:
            return b""
        if chosen != DEFAULT_TUNE:
            try:
                return _levelled(self._tune_file)
            except ffmpeg.AudioError:
                self.notes.append("Nhạc hiệu không đọc được, đã dùng nhạc hiệu mặc định.")
        return segments.default_tune()

    def _recording(self, part: Part) -> bytes:
        if not isinstance(part, Reading):
            return b""
        try:
            return _levelled(part.path)
        except ffmpeg.AudioError:
            if not is_speakable(part.instead):
                raise
            _log.warning("recording %s cannot be played, the voice speaks instead", part.path.name)
            self.notes.append(f"Bản ghi âm {part.path.name} không đọc được, đã dùng giọng máy.")
            return b""


def _is_reading(part: Part) -> bool:
    return isinstance(part, Reading)


def _text_for_voice(part: Part, readings: Mapping[Part, bytes]) -> str:
    if isinstance(part, Words):
        return part.text
    if isinstance(part, Reading) and not readings[part]:
        return part.instead
    return ""


def _with_pauses(text: str, narration: Narration) -> Iterator[bytes]:
    for number, paragraph in enumerate(paragraphs(text)):
        if number:
            yield segments.silence(PAUSE_PARAGRAPH)
        for place, sentence in enumerate(paragraph):
            if place:
                yield segments.silence(PAUSE_SENTENCE)
            yield narration.sounds[sentence]


def _levelled(path: Path) -> bytes:
    """A sound file, its silent ends removed, at the voice's level. Raises AudioError."""
    if not path.is_file():
        raise ffmpeg.AudioError(f"không thấy tệp {path.name}")
    sound = ffmpeg.decode(path)
    if not sound or pcm.peak(sound) < pcm.SILENT:
        raise ffmpeg.AudioError(f"tệp {path.name} không có tiếng")
    measured = ffmpeg.loudness(sound)
    gain = 0.0 if measured is None else _RECORDING_LUFS - measured
    return segments.amplified(segments.trimmed(sound), gain)


def _identity(part: Part) -> list[Json]:
    if isinstance(part, Words):
        return ["words", part.text]
    if isinstance(part, Reading):
        return ["reading", _hash_or_none(part.path), part.instead]
    return ["tune"]


def _tune_identity(chosen: str, file: Path) -> Json:
    return chosen if chosen in (DEFAULT_TUNE, NO_TUNE) else _hash_or_none(file)


def _hash_or_none(path: Path) -> str | None:
    try:
        return sha256_of_file(path)
    except OSError:
        return None
