"""Scripts become programmes: the same bytes for the same content, and never silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from channels.radio import ffmpeg, pcm, segments
from channels.radio.narrator import Narrator
from channels.radio.script import Reading, Script, Tune, Words
from channels.radio.settings import RadioFolders, RadioSettings
from channels.radio.store import SoundStore
from channels.radio.studio import Programme, Studio
from tests.channels.radio.fakes import FakeClock, FakeVoice, tone

TEXT = Words("Kính chào bà con. Từ ngày mai làm việc cả sáng thứ bảy.\nXin cảm ơn.")


class Room:
    """A studio in a folder of its own with a voice that can be watched."""

    def __init__(self, folder: Path, settings: RadioSettings | None = None) -> None:
        self.voice = FakeVoice()
        self.folder = folder
        folders = RadioFolders.in_home(folder)
        clock = FakeClock()
        narrator = Narrator([self.voice], {}, SoundStore(folders.cache / "sentences"), clock)
        self.studio = Studio(settings or RadioSettings(), folders, clock, narrator)

    def render(self, *parts: Tune | Words | Reading, title: str = "Tin") -> Programme:
        return self.studio.render(Script(parts), title=title, artist="Xã An Bình")


def sound_file(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def test_the_same_script_gives_the_same_bytes_in_two_homes(tmp_path: Path) -> None:
    first, second = (Room(tmp_path / name).render(Tune(), TEXT) for name in "ab")
    assert first.mp3.read_bytes() == second.mp3.read_bytes()
    assert first.wav.read_bytes() == second.wav.read_bytes()


def test_a_programme_is_rendered_once(tmp_path: Path) -> None:
    room = Room(tmp_path)
    first = room.render(TEXT)
    file = first.mp3.stat().st_ino
    assert room.render(TEXT) == first
    assert first.mp3.stat().st_ino == file
    assert room.voice.calls == 1


@pytest.mark.parametrize("suffix", [".wav", ".mp3", ".json"])
@pytest.mark.parametrize("damage", ["cut", "gone", "changed"])
def test_a_damaged_programme_is_rendered_again_to_the_same_bytes(
    tmp_path: Path, suffix: str, damage: str
) -> None:
    room = Room(tmp_path)
    programme = room.render(TEXT)
    whole = programme.mp3.read_bytes(), programme.wav.read_bytes()
    path = programme.mp3.with_suffix(suffix)
    data = path.read_bytes()
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(data[: len(data) // 2] if damage == "cut" else b"x" + data[1:])
    again = room.render(TEXT)
    assert (again.mp3.read_bytes(), again.wav.read_bytes()) == whole


def test_anything_heard_differently_is_another_programme(tmp_path: Path) -> None:
    keys = {
        Room(tmp_path).render(TEXT).key,
        Room(tmp_path).render(Words("Câu khác.")).key,
        Room(tmp_path).render(TEXT, title="Tên khác").key,
        Room(tmp_path).render(Tune(), TEXT).key,
        Room(tmp_path, RadioSettings(loudness=-20)).render(TEXT).key,
        Room(tmp_path, RadioSettings(signature_tune="none")).render(Tune(), TEXT).key,
    }
    assert len(keys) == 6


def test_its_length_is_exactly_that_of_its_samples(tmp_path: Path) -> None:
    programme = Room(tmp_path).render(TEXT)
    samples = pcm.read_wav(programme.wav.read_bytes()) or b""
    assert programme.samples == len(samples) // 2
    assert programme.duration.total_seconds() == pytest.approx(pcm.seconds(samples), abs=1e-6)


def test_sentences_and_paragraphs_are_kept_apart_by_pauses(tmp_path: Path) -> None:
    voice = FakeVoice()
    spoken = sum(
        pcm.seconds(segments.trimmed(voice.sound(text)))
        for text in ("Kính chào bà con.", "Từ ngày mai làm việc cả sáng thứ bảy.", "Xin cảm ơn.")
    )
    programme = Room(tmp_path).render(TEXT)
    assert programme.samples / pcm.RATE == pytest.approx(spoken + 0.2 + 0.35 + 0.7 + 0.2, abs=0.01)


def test_the_projects_own_tune_is_a_few_seconds_of_sound() -> None:
    tune = segments.default_tune()
    assert 2 < pcm.seconds(tune) < 6
    assert pcm.peak(tune) > 500


def test_a_broken_tune_is_replaced_by_the_default_and_told(tmp_path: Path) -> None:
    broken = sound_file(tmp_path / "tune.mp3", b"no sound")
    room = Room(tmp_path / "a", RadioSettings(signature_tune=str(broken)))
    programme = room.render(Tune(), TEXT)
    usual = Room(tmp_path / "b").render(Tune(), TEXT)
    assert programme.samples == usual.samples
    assert any("Nhạc hiệu" in note for note in programme.notes)


def test_an_own_tune_is_used(tmp_path: Path) -> None:
    sound_file(tmp_path / "tune.mp3", ffmpeg.encode_mp3(tone(1.5)))
    with_tune = Room(tmp_path, RadioSettings(signature_tune="tune.mp3")).render(Tune(), TEXT)
    without = Room(tmp_path / "b").render(TEXT)
    assert (with_tune.duration - without.duration).total_seconds() == pytest.approx(2.4, abs=0.2)


def test_a_recording_is_played_instead_of_the_voice(tmp_path: Path) -> None:
    path = sound_file(tmp_path / "doc.mp3", ffmpeg.encode_mp3(tone(1.2)))
    room = Room(tmp_path / "a")
    programme = room.render(Reading(path, "Lời của bản tin."))
    assert room.voice.calls == 0
    assert programme.engine is None
    assert programme.duration.total_seconds() == pytest.approx(1.6, abs=0.15)


@pytest.mark.parametrize("data", [b"", b"no sound", pcm.wav(bytes(44100))])
def test_an_unusable_recording_is_spoken_and_told(tmp_path: Path, data: bytes) -> None:
    path = sound_file(tmp_path / "doc.wav", data)
    room = Room(tmp_path / "a")
    programme = room.render(Reading(path, "Lời của bản tin."))
    assert room.voice.spoken == ["Lời của bản tin."]
    assert any("doc.wav" in note for note in programme.notes)


def test_an_unusable_recording_without_words_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ffmpeg.AudioError):
        Room(tmp_path).render(TEXT, Reading(tmp_path / "none.wav", ""))


def test_a_changed_recording_is_another_programme(tmp_path: Path) -> None:
    path = sound_file(tmp_path / "doc.wav", pcm.wav(tone(0.5)))
    room = Room(tmp_path / "a")
    first = room.render(Reading(path, "")).key
    sound_file(path, pcm.wav(tone(0.6)))
    assert room.render(Reading(path, "")).key != first
