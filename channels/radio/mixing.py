"""The pieces of a script in the order of the air: tune, words, recordings, and the pauses."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from channels.radio import ffmpeg, pcm, segments
from channels.radio.narrator import Narration, Narrator, OnProgress
from channels.radio.script import Part, Reading, Script, Separator, Tune, Words
from channels.radio.sentences import is_speakable, paragraphs
from channels.radio.settings import DEFAULT_TUNE, NO_TUNE, RadioSettings

_log = logging.getLogger(__name__)

_READING = "Bản ghi âm"
PAUSE_PART = 900
PAUSE_EDGE = 200
"""Milliseconds of silence after a part, and at both ends."""
_RECORDING_LUFS = -22.0
"""Recordings and tunes are brought to the voice's own level before they are joined to it."""


class Mix:
    """One rendering under way: the pieces and what is worth telling about them."""

    def __init__(
        self,
        settings: RadioSettings,
        home: Path,
        narrator: Narrator,
        scratch: Path,
        on_progress: OnProgress | None = None,
    ) -> None:
        """Relative paths of the settings are inside `home`."""
        self._settings = settings
        self._home = home
        self._narrator = narrator
        self._scratch = scratch
        self._on_progress = on_progress
        self.engine: str | None = None
        self.notes: list[str] = []

    def pieces(self, script: Script) -> Iterator[bytes]:
        """The sound before mastering, piece by piece. Raises NoVoiceError, AudioError."""
        readings = {part: self._recording(part) for part in script.parts if _is_reading(part)}
        texts = [_text_for_voice(part, readings) for part in script.parts]
        narration = self._narrated("\n".join(texts))
        yield segments.silence(PAUSE_EDGE)
        pause = 0
        for part, text in zip(script.parts, texts, strict=True):
            sounds: Iterable[bytes] = [self.station_sound(part) or readings.get(part, b"")]
            if narration is not None and is_speakable(text):
                sounds = self._with_pauses(text, narration)
            for number, sound in enumerate(filter(None, sounds)):
                if number == 0:
                    yield segments.silence(pause)
                    pause = PAUSE_PART
                yield sound
        yield segments.silence(PAUSE_EDGE)

    def _narrated(self, text: str) -> Narration | None:
        sentences = [sentence for paragraph in paragraphs(text) for sentence in paragraph]
        if not sentences:
            return None
        narration = self._narrator.narrate(sentences, self._scratch, self._on_progress)
        self.engine = narration.engine
        self.notes += [f"Bỏ qua {name}: {reason}." for name, reason in narration.skipped.items()]
        return narration

    def station_sound(self, part: Part) -> bytes:
        """The tune or the separator that the station chose; nothing for other parts."""
        if isinstance(part, Tune):
            chosen = self._settings.signature_tune
            return self._chosen(chosen, "Nhạc hiệu", "nhạc hiệu mặc định", segments.default_tune)
        if isinstance(part, Separator):
            chosen = self._settings.separator
            return self._chosen(chosen, "Tiếng ngắt", "tiếng mặc định", segments.default_chime)
        return b""

    def _chosen(self, chosen: str, name: str, usual: str, default: Callable[[], bytes]) -> bytes:
        if chosen == NO_TUNE:
            return b""
        if chosen != DEFAULT_TUNE:
            try:
                return _levelled(self._home / chosen)
            except ffmpeg.AudioError as error:
                _log.warning("%s cannot be played: %s", chosen, error)
                self.notes.append(f"{name} không đọc được, đã dùng {usual}.")
        return default()

    def _recording(self, part: Part) -> bytes:
        if not isinstance(part, Reading):
            return b""
        try:
            return _levelled(part.path)
        except ffmpeg.AudioError:
            if not is_speakable(part.instead):
                raise
            _log.warning("recording %s cannot be played, the voice speaks instead", part.path.name)
            self.notes.append(f"{_READING} {part.path.name} không đọc được, đã dùng giọng máy.")
            return b""

    def _with_pauses(self, text: str, narration: Narration) -> Iterator[bytes]:
        for number, paragraph in enumerate(paragraphs(text)):
            if number:
                yield segments.silence(self._settings.pause_paragraph)
            for place, sentence in enumerate(paragraph):
                if place:
                    yield segments.silence(self._settings.pause_sentence)
                yield narration.sounds[sentence]


def is_of_lost_reading(note: str) -> bool:
    """Whether a note says that a voice stands in for a recording."""
    return note.startswith(_READING)


def _is_reading(part: Part) -> bool:
    return isinstance(part, Reading)


def _text_for_voice(part: Part, readings: Mapping[Part, bytes]) -> str:
    if isinstance(part, Words):
        return part.text
    if isinstance(part, Reading) and not readings[part]:
        return part.instead
    return ""


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
