"""Scripts become programmes: the same bytes for the same content, and never silence."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from channels.radio import ffmpeg, pcm, segments
from channels.radio.narrator import Narrator
from channels.radio.script import Reading, Script, Separator, Tune, Words, script_of
from channels.radio.settings import RadioFolders, RadioSettings
from channels.radio.store import SoundStore
from channels.radio.studio import Programme, Studio
from channels.radio.voices.base import Utterance
from channels.radio.voices.espeak import EspeakVoice
from content.errors import UserError
from tests.channels.radio.fakes import FakeClock, FakeVoice, Plain, mp3_of, outgoing, tone

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

    def render(self, *parts: Tune | Separator | Words | Reading, title: str = "Tin") -> Programme:
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
    keys |= {
        Room(tmp_path, RadioSettings(profile="flat")).render(TEXT).key,
        Room(tmp_path, RadioSettings(pause_sentence=500)).render(TEXT).key,
        Room(tmp_path, RadioSettings(pause_paragraph=500)).render(TEXT).key,
        Room(tmp_path, RadioSettings(separator="none")).render(TEXT).key,
    }
    assert len(keys) == 10


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
    sound_file(tmp_path / "tune.mp3", mp3_of(tone(1.5)))
    with_tune = Room(tmp_path, RadioSettings(signature_tune="tune.mp3")).render(Tune(), TEXT)
    without = Room(tmp_path / "b").render(TEXT)
    assert (with_tune.duration - without.duration).total_seconds() == pytest.approx(2.4, abs=0.2)


def test_a_recording_is_played_instead_of_the_voice(tmp_path: Path) -> None:
    path = sound_file(tmp_path / "doc.mp3", mp3_of(tone(1.2)))
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


def heard(sound: bytes, gap: float = 0.3) -> list[tuple[float, float]]:
    """Beginning and end, in seconds, of everything parted by at least `gap` of silence."""
    step = pcm.RATE // 100 * pcm.WIDTH
    loud = [
        n / 100
        for n, start in enumerate(range(0, len(sound), step))
        if pcm.peak(sound[start : start + step]) > pcm.SILENT
    ]
    edges = [0, *(n + 1 for n, (a, b) in enumerate(pairwise(loud)) if b - a > gap), len(loud)]
    return [(loud[a], loud[b - 1] + 0.01) for a, b in pairwise(edges)]


def samples_of(programme: Programme) -> bytes:
    return pcm.read_wav(programme.wav.read_bytes()) or b""


def part_of(sound: bytes, place: tuple[float, float]) -> bytes:
    return sound[int(place[0] * pcm.RATE) * 2 : int(place[1] * pcm.RATE) * 2]


@pytest.fixture(scope="module")
def whole_session(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, bytes]:
    """Opening and closing item of a real session, spoken by espeak-ng."""
    folders = RadioFolders.in_home(tmp_path_factory.mktemp("session"))
    studio = Studio(RadioSettings(engines=("espeak",)), folders, FakeClock())
    at = datetime(2026, 11, 24, 5, 30, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))
    items = outgoing(opening=True, at=at), outgoing(closing=True, at=at)
    scripts = [script_of(item, "Ủy ban nhân dân xã An Bình", Plain) for item in items]
    first, last = (
        samples_of(studio.render(script, title="Tin", artist="Xã")) for script in scripts
    )
    return first, last


def test_a_session_opens_with_the_tune_and_closes_after_the_goodbye(
    whole_session: tuple[bytes, bytes],
) -> None:
    first = whole_session[0]
    tune, *words = heard(first, 0.6)
    assert tune[0] == pytest.approx(0.2, abs=0.06)
    assert tune[1] - tune[0] == pytest.approx(pcm.seconds(segments.default_tune()), abs=0.3)
    assert words[0][0] - tune[1] == pytest.approx(0.9, abs=0.3)
    assert sum(end - begin for begin, end in words) > 12
    for sound in whole_session:
        assert pcm.seconds(sound) - heard(sound)[-1][1] == pytest.approx(0.2, abs=0.06)


def test_a_later_item_begins_with_a_short_chime(whole_session: tuple[bytes, bytes]) -> None:
    chime, *words = heard(whole_session[1], 0.6)
    assert chime[0] == pytest.approx(0.2, abs=0.06)
    assert 0.5 < chime[1] - chime[0] < 1.1
    assert words[0][0] - chime[1] == pytest.approx(0.95, abs=0.2)


def test_tune_and_chime_are_neither_drowned_nor_louder_than_the_voice(
    whole_session: tuple[bytes, bytes],
) -> None:
    for sound in whole_session:
        station, *words = heard(sound, 0.6)
        tone_level = ffmpeg.loudness(part_of(sound, station))
        voice_level = ffmpeg.loudness(part_of(sound, (words[0][0], words[-1][1])))
        assert tone_level is not None
        assert voice_level is not None
        assert -8 < tone_level - voice_level < 3
        assert ffmpeg.loudness(sound) == pytest.approx(-16.0, abs=1.0)


def test_no_silence_inside_an_item_is_longer_than_a_pause(
    whole_session: tuple[bytes, bytes],
) -> None:
    for sound in whole_session:
        gaps = [b[0] - a[1] for a, b in pairwise(heard(sound, 0.2))]
        assert max(gaps) < 1.3


def test_pauses_are_those_of_the_settings(tmp_path: Path) -> None:
    settings = RadioSettings(pause_sentence=600, pause_paragraph=1500)
    usual = Room(tmp_path / "a").render(TEXT)
    slow = Room(tmp_path / "b", settings).render(TEXT)
    assert (slow.samples - usual.samples) / pcm.RATE == pytest.approx(0.25 + 0.8, abs=0.001)


def test_the_separator_may_be_a_file_or_left_out(tmp_path: Path) -> None:
    sound_file(tmp_path / "ting.wav", pcm.wav(tone(0.5)))
    own = Room(tmp_path, RadioSettings(separator="ting.wav")).render(Separator(), TEXT)
    none = Room(tmp_path, RadioSettings(separator="none")).render(Separator(), TEXT)
    assert (own.samples - none.samples) / pcm.RATE == pytest.approx(0.5 + 0.9, abs=0.05)
    assert none.samples == Room(tmp_path / "b").render(TEXT).samples


@pytest.mark.parametrize("data", [None, b"", b"no sound" * 99, pcm.wav(bytes(44100))])
def test_a_broken_separator_is_replaced_by_the_default_and_told(
    tmp_path: Path, data: bytes | None
) -> None:
    if data is not None:
        sound_file(tmp_path / "ting.wav", data)
    programme = Room(tmp_path, RadioSettings(separator="ting.wav")).render(Separator(), TEXT)
    usual = Room(tmp_path / "b").render(Separator(), TEXT)
    assert programme.samples == usual.samples
    assert programme.notes == ("Tiếng ngắt không đọc được, đã dùng tiếng mặc định.",)


def test_an_unknown_profile_names_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="tivi") as caught:
        Room(tmp_path, RadioSettings(profile="tivi"))
    assert "horn, indoor, flat" in str(caught.value)


def test_progress_counts_every_sentence_to_the_end(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    room = Room(tmp_path)
    script = Script((TEXT, Words("Câu bốn. Xin cảm ơn.")))
    room.studio.render(script, title="", artist="", on_progress=lambda *each: told.append(each))
    assert told[0] == (0, 4)
    assert told[-1] == (4, 4)
    assert told == sorted(told)
    room.studio.render(script, title="", artist="", on_progress=lambda *_: pytest.fail("kept"))


def test_progress_begins_with_what_is_kept(tmp_path: Path) -> None:
    room = Room(tmp_path)
    room.render(TEXT)
    told: list[tuple[int, int]] = []
    script = Script((TEXT, Words("Câu mới.")))
    room.studio.render(script, title="", artist="", on_progress=lambda *each: told.append(each))
    assert told[0] == (3, 4)
    assert told[-1] == (4, 4)


def test_a_slow_engine_is_watched_while_it_speaks(tmp_path: Path) -> None:
    half = threading.Event()
    told: list[tuple[int, int]] = []

    class SlowVoice(FakeVoice):
        def speak(self, utterances: Sequence[Utterance]) -> None:
            super().speak(utterances[:1])
            assert half.wait(5), "nobody looked while it spoke"
            super().speak(utterances[1:])

    def tell(done: int, total: int) -> None:
        told.append((done, total))
        if done == 1:
            half.set()

    room = Room(tmp_path)
    room.studio.narrator.voices = (SlowVoice(),)
    room.studio.render(Script((TEXT,)), title="", artist="", on_progress=tell)
    assert (1, 3) in told
    assert told[-1] == (3, 3)


ODD = {
    "emoji": "Chúc mừng 🎉🎉 năm mới 😀.",
    "languages": "Xin chào. Hello everyone. Привет всем. 大家好。สวัสดี",
    "controls": "Xin\x00 chào\x07 bà\u202e con\u200b.\x1b[31m",
    "brackets": "Xin chào <break time='9s'/> [[abc]] & <speak>.",
    "surrogate": "Xin chào \ud800 bà con.",
    "one word": "a" * 5000,
    "combining": "a" + "\u0301" * 3000 + " xin chào.",
}


@pytest.mark.parametrize("text", ODD.values(), ids=ODD.keys())
def test_odd_text_is_spoken_by_the_real_engine(tmp_path: Path, text: str) -> None:
    folders = RadioFolders.in_home(tmp_path)
    studio = Studio(RadioSettings(engines=("espeak",)), folders, FakeClock())
    programme = studio.render(Script((Words(text),)), title=text[:50], artist="")
    assert pcm.peak(samples_of(programme)) > 3_000


@pytest.mark.parametrize("text", ["", " \n ", "😀", "\x00", "..."])
def test_nothing_to_say_is_a_short_silence_and_no_engine_is_asked(
    tmp_path: Path, text: str
) -> None:
    room = Room(tmp_path)
    programme = room.render(Words(text))
    assert room.voice.calls == 0
    assert programme.duration.total_seconds() < 0.5


class FullDisk:
    """Writes fail from the `number`-th on, some bytes into the file, as on a full disk."""

    def __init__(self, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
        self.left = number
        self._fsync = os.fsync
        monkeypatch.setattr(os, "fsync", self.fsync)

    def fsync(self, descriptor: int) -> None:
        self.left -= 1
        if self.left < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        self._fsync(descriptor)


@pytest.mark.parametrize("number", [0, 3, 5, 6, 7, 8, 9, 10, 11])
def test_a_disk_that_fills_up_at_any_write_leaves_no_half_programme(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    room = Room(tmp_path)
    with monkeypatch.context() as patched:
        disk = FullDisk(number, patched)
        with suppress(OSError):
            room.render(TEXT)
    if disk.left < 0:
        assert not list((tmp_path / "cache/radio/programmes").rglob("*.*"))
    files = [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    assert {path.suffix for path in files} <= {".pcm", ".wav", ".mp3", ".json"}
    assert room.render(TEXT).mp3.read_bytes() == Room(tmp_path / "b").render(TEXT).mp3.read_bytes()


def test_a_full_disk_is_told_in_vietnamese(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    FullDisk(0, monkeypatch)
    with pytest.raises(OSError, match="đĩa đã đầy, hãy xoá bớt tệp") as caught:
        Room(tmp_path).render(TEXT)
    assert caught.value.errno == errno.ENOSPC


def test_a_write_that_is_refused_inside_the_worker_is_no_fault_of_the_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = RadioFolders.in_home(tmp_path)
    studio = Studio(RadioSettings(engines=("espeak",)), folders, FakeClock())
    speak = EspeakVoice.speak

    def without_folder(self: EspeakVoice, utterances: Sequence[Utterance]) -> None:
        gone = [replace(each, path=Path("/dev/full/x.wav")) for each in utterances]
        speak(self, gone)

    monkeypatch.setattr(EspeakVoice, "speak", without_folder)
    with pytest.raises(OSError, match="Not a directory"):
        studio.render(Script((TEXT,)), title="", artist="")


@pytest.mark.parametrize("damage", ["tiny", "cut", "garbage", "empty"])
def test_a_damaged_tune_never_stops_the_programme(tmp_path: Path, damage: str) -> None:
    whole = mp3_of(tone(1.0))
    data = {"tiny": whole[:10], "cut": whole[: len(whole) // 2], "garbage": b"\xff\xfb" * 9}
    sound_file(tmp_path / "tune.mp3", data.get(damage, b""))
    room = Room(tmp_path, RadioSettings(signature_tune="tune.mp3"))
    programme = room.render(Tune(), TEXT)
    assert programme.samples > Room(tmp_path / "b").render(TEXT).samples + pcm.RATE // 2
