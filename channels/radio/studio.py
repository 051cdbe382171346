"""A script rendered into its programme: joined, mastered, kept as WAV (to play) and mp3 (to keep).

The same script gives the same bytes: everything that decides the sound is in the cache key.
"""

from __future__ import annotations

import errno
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from channels.base import Clock, Json
from channels.radio import ffmpeg, id3, pcm
from channels.radio.mixing import Mix
from channels.radio.narrator import Narrator, OnProgress
from channels.radio.profiles import profile_names
from channels.radio.script import Part, Reading, Script, Separator, Words
from channels.radio.settings import DEFAULT_TUNE, NO_TUNE, RadioFolders, RadioSettings
from channels.radio.store import FileStore, SoundStore, key_of
from channels.radio.streaming import LiveSpeech
from channels.radio.voices.registry import voices_of
from content.errors import UserError
from content.files import sha256_of_file

_VERSION = 1
_FULL = (errno.ENOSPC, errno.EDQUOT)


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
        """Raises UserError for a profile that there is not."""
        if settings.profile not in profile_names():
            raise UserError(
                f"Không có kiểu loa “{settings.profile}” (radio.profile).",
                f"Hãy chọn một trong: {', '.join(profile_names())}.",
            )
        self._settings = settings
        self._home = folders.outputs
        self._files = FileStore(folders.cache / "programmes")
        self._scratch = folders.cache / "tmp"
        voices, absent = voices_of(settings, self._home, clock)
        self._sounds = SoundStore(folders.cache / "sentences")
        self.narrator = narrator or Narrator(voices, absent, self._sounds, clock)

    def render(
        self, script: Script, *, title: str, artist: str, on_progress: OnProgress | None = None
    ) -> Programme:
        """`on_progress` counts sentences; a programme that is kept calls it never.

        Raises NoVoiceError, AudioError, or OSError (nothing of the programme is left then).
        """
        key = self._key(script, title, artist)
        if (facts := self._files.get(key)) is None:
            with _full_disk_told():
                facts = self._rendered(key, script, title, artist, on_progress)
        return self._programme(key, facts)

    def kept(self, script: Script, *, title: str, artist: str) -> Programme | None:
        """The finished programme where there is one already."""
        key = self._key(script, title, artist)
        facts = self._files.get(key)
        return None if facts is None else self._programme(key, facts)

    def live(self, spoken: str) -> LiveSpeech:
        """A spoken text of any length for the air now, its first sentence within about a second."""
        return LiveSpeech(spoken, self.narrator, self._settings, self._scratch)

    def chime(self) -> bytes:
        """The air-ready separator that goes before a live text; made once."""
        settings = self._settings
        sound = _sound_identity(settings.separator, self._home)
        treatment: list[Json] = [settings.loudness, settings.true_peak, settings.profile]
        key = key_of(version=_VERSION, separator=sound, treatment=treatment)
        if (kept := self._sounds.get(key)) is not None:
            return kept
        raw = Mix(settings, self._home, self.narrator, self._scratch).station_sound(Separator())
        made = ffmpeg.master(raw, settings.loudness, settings.true_peak, settings.profile)
        with suppress(OSError):  # made again the next time
            self._sounds.put(key, made)
        return made

    def wav_path(self, key: str) -> Path:
        """Where the sound of a rendered programme is, if it has not been deleted."""
        return self._files.path(key, ".wav")

    def _rendered(
        self, key: str, script: Script, title: str, artist: str, on_progress: OnProgress | None
    ) -> dict[str, Json]:
        mix = Mix(self._settings, self._home, self.narrator, self._scratch, on_progress)
        self._scratch.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._scratch, prefix="render-") as folder:
            sound, plain, wav = self._mastered(mix, script, Path(folder))
            samples = pcm.write_wav(sound, wav)
            mp3 = id3.tagged(plain.read_bytes(), title=title, artist=artist)
            facts: dict[str, Json] = {
                "samples": samples,
                "pcm_sha256": sha256_of_file(sound),
                "engine": mix.engine,
                "notes": mix.notes,
            }
            self._files.put(key, {".wav": wav, ".mp3": mp3}, facts)
        return facts

    def _mastered(self, mix: Mix, script: Script, folder: Path) -> tuple[Path, Path, Path]:
        """The finished samples, the mp3 of them, and the name for their WAV file."""
        settings, raw, sound = self._settings, folder / "raw", folder / "sound"
        mp3 = folder / "sound.mp3"
        with raw.open("wb") as file:
            for piece in mix.pieces(script):
                file.write(piece)
        target, peak, profile = settings.loudness, settings.true_peak, settings.profile
        ffmpeg.master_file(raw, sound, mp3, target, peak, profile)
        raw.unlink()
        return sound, mp3, folder / "sound.wav"

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
            sounds=[
                _sound_identity(chosen, self._home)
                for chosen in (settings.signature_tune, settings.separator)
            ],
            pauses=[settings.pause_sentence, settings.pause_paragraph],
            profile=settings.profile,
            loudness=settings.loudness,
            true_peak=settings.true_peak,
            tags=[title, artist],
        )


def _identity(part: Part) -> list[Json]:
    if isinstance(part, Words):
        return ["words", part.text]
    if isinstance(part, Reading):
        return ["reading", _hash_or_none(part.path), part.instead]
    return ["separator"] if isinstance(part, Separator) else ["tune"]


def _sound_identity(chosen: str, home: Path) -> Json:
    return chosen if chosen in (DEFAULT_TUNE, NO_TUNE) else _hash_or_none(home / chosen)


def _hash_or_none(path: Path) -> str | None:
    try:
        return sha256_of_file(path)
    except OSError:
        return None


@contextmanager
def _full_disk_told() -> Iterator[None]:
    """The system's own words for a full disk are English; these go into messages."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise OSError(error.errno, "đĩa đã đầy, hãy xoá bớt tệp") from None
        raise
