"""The air check knows the programme by its sound, and nothing else for it."""

from __future__ import annotations

import audioop
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.radio import ffmpeg, pcm
from channels.radio.air_check import AirCheck, check_file, compare
from tests.channels.radio.fakes import mp3_of, tone
from tests.channels.radio.real import chatter

PROGRAMME = chatter(12.0, seed=1)
OTHER = chatter(12.0, seed=2)


def silence(seconds: float) -> bytes:
    return bytes(int(seconds * pcm.RATE) * 2)


def through_mp3(folder: Path, sound: bytes) -> AirCheck:
    path = folder / "heard.mp3"
    path.write_bytes(mp3_of(sound))
    return check_file(path, PROGRAMME)


def test_the_same_sound_is_the_programme() -> None:
    assert compare(PROGRAMME, PROGRAMME) == AirCheck(True, 1.0, 0.0, 1.0)


def test_mp3_and_a_delay_do_not_matter_and_the_delay_is_told(tmp_path: Path) -> None:
    result = through_mp3(tmp_path, silence(1.234) + PROGRAMME + silence(1))
    assert result.matched
    assert result.share == 1.0
    assert result.delay_ms == pytest.approx(1234 + 50, abs=25)  # 50 ms are the mp3 codec's own


@settings(max_examples=20, deadline=None)
@given(st.floats(0, 20), st.floats(0.05, 1.0))
def test_the_delay_is_exact_whatever_the_level(delay: float, level: float) -> None:
    heard = silence(delay) + audioop.mul(PROGRAMME, 2, level)
    result = compare(PROGRAMME, heard)
    assert result.matched
    assert result.delay_ms == pytest.approx(delay * 1000, abs=1)


def test_a_telephone_line_is_good_enough() -> None:
    narrow, _ = audioop.ratecv(PROGRAMME, 2, 1, pcm.RATE, 8_000, None)
    narrow = audioop.ulaw2lin(audioop.lin2ulaw(narrow, 2), 2)
    heard, _ = audioop.ratecv(narrow, 2, 1, 8_000, pcm.RATE, None)
    assert compare(PROGRAMME, heard).matched


def test_a_clock_that_drifts_is_no_other_programme() -> None:
    heard, _ = audioop.ratecv(PROGRAMME, 2, 1, 100_000, 100_020, None)
    assert compare(PROGRAMME, heard).matched


def test_another_programme_is_not_taken_for_it(tmp_path: Path) -> None:
    result = through_mp3(tmp_path, silence(1) + OTHER)
    assert not result.matched
    assert result.share < 0.2
    assert result.correlation < 0.4


def test_the_same_tune_before_another_bulletin_is_not_enough() -> None:
    tune = chatter(4.0, seed=9)
    result = compare(tune + PROGRAMME, tune + OTHER)
    assert not result.matched
    assert result.share == pytest.approx(0.25, abs=0.1)


@pytest.mark.parametrize("heard", [b"", bytes(2), silence(12), bytes([1, 0]) * 200_000])
def test_silence_is_not_the_programme(heard: bytes) -> None:
    assert compare(PROGRAMME, heard) == AirCheck(False, 0.0, None, 0.0)


def test_noise_is_not_the_programme() -> None:
    noise = random.Random(3).randbytes(len(PROGRAMME))
    assert not compare(PROGRAMME, noise).matched


def test_half_a_programme_is_half() -> None:
    first = PROGRAMME[: len(PROGRAMME) // 2]
    for heard in (first, first + silence(6), first + OTHER[: len(first)]):
        result = compare(PROGRAMME, heard)
        assert not result.matched
        assert result.share == pytest.approx(0.5, abs=0.1)
        assert result.delay_ms == pytest.approx(0, abs=1)


def test_who_tuned_in_too_late_heard_the_second_half() -> None:
    result = compare(PROGRAMME, PROGRAMME[len(PROGRAMME) // 2 :])
    assert not result.matched
    assert result.share == pytest.approx(0.5, abs=0.1)


def test_a_hole_is_seen() -> None:
    start, end = 4 * pcm.RATE * 2, 7 * pcm.RATE * 2
    heard = PROGRAMME[:start] + silence(3) + PROGRAMME[end:]
    result = compare(PROGRAMME, heard)
    assert not result.matched
    assert 0.5 <= result.share < 0.9


def test_a_held_tone_is_told_from_another_tone(tmp_path: Path) -> None:
    heard = silence(1) + tone(5, 440)
    assert compare(tone(5, 440), heard).matched
    assert not compare(tone(5, 900), heard).matched


def test_the_delay_counts_from_the_start_of_the_programme() -> None:
    assert compare(PROGRAMME, silence(5) + PROGRAMME, lead=4.5).delay_ms == pytest.approx(500)


def test_a_file_that_is_no_sound_is_told(tmp_path: Path) -> None:
    path = tmp_path / "x.mp3"
    path.write_text("không phải âm thanh")
    with pytest.raises(ffmpeg.AudioError):
        check_file(path, PROGRAMME)
