"""A text of any length on the air at once, and no engine's failure is heard."""

from __future__ import annotations

import errno
import threading
import time
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import pytest

from channels.radio import ffmpeg, pcm, streaming
from channels.radio.narrator import Narrator, NoVoiceError
from channels.radio.sentences import paragraphs
from channels.radio.settings import RadioFolders, RadioSettings
from channels.radio.store import SoundStore
from channels.radio.studio import Studio
from channels.radio.voices.base import Utterance, Voice, VoiceError
from tests.channels.radio.fakes import FakeClock, FakeVoice, RealClock

SENTENCE = "Ủy ban nhân dân xã thông báo khẩn cấp, nước sông đang lên rất nhanh. "
LONG = SENTENCE * (20_000 // len(SENTENCE) + 1)
NUMBERS = ("một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín", "mười")
COUNTED = [f"Câu số {number} của thông báo này." for number in NUMBERS]


def studio_of(folder: Path, *voices: Voice, settings: RadioSettings | None = None) -> Studio:
    folders = RadioFolders.in_home(folder)
    narrator = Narrator(voices, {}, SoundStore(folders.cache / "sentences"), FakeClock())
    return Studio(settings or RadioSettings(), folders, FakeClock(), narrator)


def stream(studio: Studio, spoken: str) -> Iterator[bytes]:
    """Every block, waiting for those that are not made yet."""
    speech = studio.live(spoken)
    speech.begin()
    try:
        while (block := speech.next_block(30)) is not None:
            yield block
    finally:
        speech.end()


class PiecewiseVoice(FakeVoice):
    """Tells a failing engine's story: `breaks_at` is a sentence it does not speak."""

    def __init__(self, name: str, breaks_at: str = "", how: threading.Event | None = None) -> None:
        super().__init__(name)
        self.breaks_at = breaks_at
        self.how = how

    def speak(self, utterances: Sequence[Utterance]) -> None:
        for utterance in utterances:
            if utterance.text == self.breaks_at:
                if self.how is not None:
                    self.how.wait(30)
                raise VoiceError("hỏng giữa chừng")
            super().speak([utterance])


def sounding(sound: bytes) -> list[tuple[float, float]]:
    """Beginning and end, in seconds, of everything parted by at least 0.2 s of silence."""
    step = pcm.RATE // 100 * pcm.WIDTH
    loud = [
        number * 0.01
        for number, start in enumerate(range(0, len(sound), step))
        if pcm.peak(sound[start : start + step]) > pcm.SILENT
    ]
    edges = [0, *(n + 1 for n, (a, b) in enumerate(pairwise(loud)) if b - a > 0.2), len(loud)]
    return [(loud[a], loud[b - 1] + 0.01) for a, b in pairwise(edges)]


@pytest.fixture(scope="module")
def spoken_long(tmp_path_factory: pytest.TempPathFactory) -> tuple[float, bytes]:
    """Seconds to the first block of a 20,000-character text, and its first minute."""
    folders = RadioFolders.in_home(tmp_path_factory.mktemp("long"))
    studio = Studio(RadioSettings(engines=("espeak",)), folders, RealClock())
    begun = time.perf_counter()
    blocks = stream(studio, LONG)
    first = next(blocks)
    waited = time.perf_counter() - begun
    minute = b"".join([first, *(next(blocks) for _ in range(60 * 50 - 1))])
    blocks.close()  # type: ignore[attr-defined]
    return waited, minute


def test_the_first_sentence_of_a_very_long_text_is_there_at_once(
    spoken_long: tuple[float, bytes],
) -> None:
    waited, minute = spoken_long
    assert waited < 1.5
    assert pcm.peak(minute[: pcm.RATE * pcm.WIDTH]) > 3_000


def test_its_pieces_have_the_programmes_loudness(spoken_long: tuple[float, bytes]) -> None:
    _, minute = spoken_long
    assert ffmpeg.loudness(minute) == pytest.approx(-16.0, abs=1.0)
    assert pcm.decibels(pcm.peak(minute)) < -1.5
    seconds = pcm.RATE * pcm.WIDTH * 10
    parts = [ffmpeg.loudness(minute[n * seconds : (n + 1) * seconds]) for n in range(6)]
    assert all(part == pytest.approx(-16.0, abs=1.5) for part in parts)


def test_nothing_is_lost_doubled_or_parted_wrongly(tmp_path: Path) -> None:
    voice = FakeVoice()
    sound = b"".join(stream(studio_of(tmp_path, voice), " ".join(COUNTED)))
    assert voice.spoken == COUNTED
    heard = sounding(sound)
    assert len(heard) == len(COUNTED)
    assert all(0.25 < b[0] - a[1] < 0.45 for a, b in pairwise(heard))
    assert all(end - begin == pytest.approx(0.7, abs=0.1) for begin, end in heard)


def test_all_blocks_but_the_last_have_twenty_milliseconds(tmp_path: Path) -> None:
    blocks = list(stream(studio_of(tmp_path, FakeVoice()), "\n".join(COUNTED)))
    assert {len(block) for block in blocks[:-1]} == {pcm.BLOCK * pcm.WIDTH}
    assert 0 < len(blocks[-1]) <= pcm.BLOCK * pcm.WIDTH


@pytest.mark.parametrize("broken", [0, 1, 3, 8, 9])
def test_an_engine_that_fails_in_the_middle_hands_over_without_silence_or_repetition(
    tmp_path: Path, broken: int
) -> None:
    first, second = PiecewiseVoice("a", COUNTED[broken]), PiecewiseVoice("b")
    sound = b"".join(stream(studio_of(tmp_path, first, second), " ".join(COUNTED)))
    assert sounding(sound)[-1][1] == pytest.approx(pcm.seconds(sound) - 0.7, abs=0.1)
    assert len(sounding(sound)) == len(COUNTED)
    assert second.spoken == COUNTED[COUNTED.index(second.spoken[0]) :]
    assert COUNTED.index(second.spoken[0]) <= broken


def test_an_engine_that_hangs_is_given_up_before_the_sound_runs_out(tmp_path: Path) -> None:
    hang = threading.Event()
    voices = PiecewiseVoice("a", COUNTED[4], hang), PiecewiseVoice("b")
    begun = time.perf_counter()
    sound = b"".join(stream(studio_of(tmp_path, *voices), " ".join(COUNTED)))
    waited = time.perf_counter() - begun
    hang.set()
    assert len(sounding(sound)) == len(COUNTED)
    assert waited < pcm.seconds(sound)


def test_an_engine_slow_to_start_is_passed_over_at_once(tmp_path: Path) -> None:
    hang = threading.Event()
    slow = PiecewiseVoice("slow", COUNTED[0], hang)
    begun = time.perf_counter()
    blocks = stream(studio_of(tmp_path, slow, FakeVoice()), COUNTED[0])
    next(blocks)
    assert time.perf_counter() - begun < streaming.PATIENCE + 0.9
    hang.set()
    assert len(b"".join(blocks)) > pcm.RATE


def test_an_engine_that_needs_the_network_is_not_asked(tmp_path: Path) -> None:
    far, near = FakeVoice("far"), FakeVoice("near")
    far.remote = True
    assert b"".join(stream(studio_of(tmp_path, far, near), COUNTED[0]))
    assert far.calls == 0


def test_when_nobody_can_speak_it_is_told(tmp_path: Path) -> None:
    with pytest.raises(NoVoiceError, match="hỏng"):
        next(stream(studio_of(tmp_path, FakeVoice(failure="hỏng")), COUNTED[0]))


def test_when_the_last_engine_gives_out_what_it_spoke_is_heard_and_then_told(
    tmp_path: Path,
) -> None:
    blocks = stream(studio_of(tmp_path, PiecewiseVoice("a", COUNTED[2])), " ".join(COUNTED))
    heard = bytearray()
    with pytest.raises(NoVoiceError, match="hỏng giữa chừng"):
        for block in blocks:
            heard += block
    assert len(sounding(bytes(heard))) == 2


def test_without_ffmpeg_it_still_speaks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ffmpeg.AudioError("thiếu ffmpeg")

    monkeypatch.setattr(ffmpeg, "gain_for", broken)
    sound = b"".join(stream(studio_of(tmp_path, FakeVoice()), " ".join(COUNTED)))
    assert len(sounding(sound)) == len(COUNTED)


class DiskVoice(FakeVoice):
    """Finds the disk of the home full."""

    def speak(self, utterances: Sequence[Utterance]) -> None:
        if any("cache" in utterance.path.parts for utterance in utterances):
            raise OSError(errno.ENOSPC, "No space left on device")
        super().speak(utterances)


def test_a_full_disk_does_not_silence_an_emergency(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("channels.radio.store.write_atomically", full)
    sound = b"".join(stream(studio_of(tmp_path, DiskVoice()), " ".join(COUNTED)))
    assert len(sounding(sound)) == len(COUNTED)


@pytest.mark.parametrize("text", ["", "   \n", "😀 🎉", "...", "\x00\x07"])
def test_a_text_without_words_is_no_sound(tmp_path: Path, text: str) -> None:
    assert list(stream(studio_of(tmp_path, FakeVoice()), text)) == []


def test_a_reader_that_leaves_ends_the_work(tmp_path: Path) -> None:
    voice = FakeVoice()
    blocks = stream(studio_of(tmp_path, voice), LONG)
    next(blocks)
    blocks.close()  # type: ignore[attr-defined]
    assert not [thread for thread in threading.enumerate() if thread.name == "radio-stream"]
    assert len(voice.spoken) < len(paragraphs(LONG)[0])


def test_pauses_are_those_of_the_settings(tmp_path: Path) -> None:
    settings = RadioSettings(pause_sentence=600, pause_paragraph=1200)
    text = f"{COUNTED[0]} {COUNTED[1]}\n{COUNTED[2]}"
    heard = sounding(b"".join(stream(studio_of(tmp_path, FakeVoice(), settings=settings), text)))
    gaps = [b[0] - a[1] for a, b in pairwise(heard)]
    assert gaps == [pytest.approx(0.6, abs=0.1), pytest.approx(1.2, abs=0.1)]
