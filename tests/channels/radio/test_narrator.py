"""One engine after the other until one speaks; what was spoken is kept and checked."""

from __future__ import annotations

from pathlib import Path

import pytest

from channels.radio import pcm, segments
from channels.radio.narrator import Narration, Narrator, NoVoiceError
from channels.radio.resting import REST
from channels.radio.store import SoundStore
from channels.radio.voices.base import Utterance, VoiceError
from tests.channels.radio.fakes import FakeClock, FakeVoice, tone

TEXTS = ["Kính chào bà con.", "Xin cảm ơn."]


class BrokenVoice(FakeVoice):
    """Writes what it is told to instead of speech."""

    def __init__(self, data: bytes | None) -> None:
        super().__init__("broken")
        self.data = data

    def speak(self, utterances: list[Utterance]) -> None:  # type: ignore[override]
        for utterance in utterances:
            if self.data is not None:
                utterance.path.write_bytes(self.data)


def narrator(folder: Path, *voices: FakeVoice, clock: FakeClock | None = None) -> Narrator:
    return Narrator(
        voices, {"piper": "chưa có"}, SoundStore(folder / "store"), clock or FakeClock()
    )


def narrate(speaker: Narrator, folder: Path) -> Narration:
    return speaker.narrate(TEXTS, folder / "tmp")


def test_the_first_engine_that_can_speaks_all_of_it(tmp_path: Path) -> None:
    broken, good, spare = FakeVoice("a", failure="mất mạng"), FakeVoice("b"), FakeVoice("c")
    narration = narrate(narrator(tmp_path, broken, good, spare), tmp_path)
    assert narration.engine == "b"
    assert narration.skipped == {"piper": "chưa có", "a": "mất mạng"}
    assert set(narration.sounds) == set(TEXTS)
    assert spare.calls == 0


def test_a_sentence_is_spoken_only_once(tmp_path: Path) -> None:
    voice = FakeVoice()
    first = narrate(narrator(tmp_path, voice), tmp_path)
    second = narrate(narrator(tmp_path, voice), tmp_path)
    assert voice.spoken == TEXTS
    assert second.sounds == first.sounds


def test_a_repeated_sentence_is_synthesised_once(tmp_path: Path) -> None:
    voice = FakeVoice()
    narrator(tmp_path, voice).narrate(TEXTS * 3, tmp_path / "tmp")
    assert voice.spoken == TEXTS


@pytest.mark.parametrize("damage", [b"", b"x", None])
def test_a_damaged_cache_file_is_spoken_again(tmp_path: Path, damage: bytes | None) -> None:
    voice = FakeVoice()
    first = narrate(narrator(tmp_path, voice), tmp_path)
    path = sorted((tmp_path / "store").rglob("*.pcm"))[0]
    path.write_bytes(path.read_bytes()[:-2] if damage is None else damage)
    assert narrate(narrator(tmp_path, voice), tmp_path).sounds == first.sounds
    assert len(voice.spoken) == 3


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (None, "không ghi ra tệp"),
        (b"", "toàn khoảng lặng"),
        (pcm.wav(bytes(44100)), "toàn khoảng lặng"),
        (b"not a sound at all" * 9, "tệp âm thanh hỏng"),
        (pcm.wav(tone(0.05)), "ngắn hơn lời"),
    ],
)
def test_a_sound_that_cannot_be_the_text_is_not_believed(
    tmp_path: Path, data: bytes | None, reason: str
) -> None:
    narration = narrate(narrator(tmp_path, BrokenVoice(data), FakeVoice("good")), tmp_path)
    assert narration.engine == "good"
    assert reason in narration.skipped["broken"]


class HalfVoice(FakeVoice):
    """Fails after its first sentence, as a server does that gives out in the middle."""

    def speak(self, utterances: list[Utterance]) -> None:  # type: ignore[override]
        super().speak(utterances[:1])
        if len(utterances) > 1:
            raise VoiceError("đứt mạng")


def test_what_an_engine_spoke_before_it_failed_is_not_asked_for_again(tmp_path: Path) -> None:
    half = HalfVoice("half")
    speaker = narrator(tmp_path, half, FakeVoice("good"))
    assert narrate(speaker, tmp_path).engine == "good"
    assert narrate(speaker, tmp_path).engine == "half"
    assert half.spoken == TEXTS


def test_when_none_can_speak_every_reason_is_told(tmp_path: Path) -> None:
    speaker = narrator(tmp_path, FakeVoice("a", failure="mất mạng"), FakeVoice("b", failure="hỏng"))
    with pytest.raises(NoVoiceError) as caught:
        narrate(speaker, tmp_path)
    assert caught.value.reasons == {"piper": "chưa có", "a": "mất mạng", "b": "hỏng"}


def test_a_remote_engine_rests_after_a_failure_and_is_tried_again_later(tmp_path: Path) -> None:
    clock = FakeClock()
    remote = FakeVoice("far", failure="mất mạng")
    remote.remote = True
    speaker = narrator(tmp_path, remote, FakeVoice("near"), clock=clock)
    narrate(speaker, tmp_path)
    speaker.narrate(["Câu khác."], tmp_path / "tmp")
    assert remote.calls == 1
    clock.sleep(REST.total_seconds())
    remote.failure = None
    assert speaker.narrate(["Câu thứ ba."], tmp_path / "tmp").engine == "far"


def test_silence_around_a_sentence_is_trimmed() -> None:
    sound = tone(0.5)
    padded = segments.silence(400) + sound + segments.silence(700)
    assert 0.5 <= pcm.seconds(segments.trimmed(padded)) < 0.57
    assert segments.trimmed(b"") == b""
