"""Mastering and coding by the wheel's own ffmpeg."""

from __future__ import annotations

import audioop
import errno
import random
import subprocess
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from channels.radio import ffmpeg, id3, pcm, segments
from channels.radio.profiles import profile_names
from channels.radio.voices.base import Utterance
from channels.radio.voices.espeak import EspeakVoice
from tests.channels.radio.fakes import mp3_of, tone

NEWS = (
    "Ủy ban nhân dân xã thông báo, từ ngày mai bộ phận một cửa làm việc cả sáng thứ bảy. "
    "Bà con nộp hồ sơ trực tuyến trên cổng dịch vụ công quốc gia được giảm một nửa lệ phí."
)


@pytest.fixture(scope="module")
def speech(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("speech") / "a.wav"
    EspeakVoice("vi", 120).speak([Utterance(NEWS, path)])
    return pcm.read_wav(path.read_bytes()) or b""


def true_peak(sound: bytes) -> float:
    """dBTP by ebur128."""
    command = [ffmpeg.executable(), "-hide_banner", "-f", "s16le", "-ar", "22050", "-ac", "1"]
    meter = ["-i", "-", "-af", "ebur128=peak=true:framelog=verbose", "-f", "null", "-"]
    report = subprocess.run([*command, *meter], input=sound, capture_output=True, check=True)
    return float(report.stderr.decode().rsplit("Peak:", 1)[1].split()[0])


def share_of(sound: bytes, band: str) -> float:
    """LUFS of what is left after a filter, beside the whole, in dB."""
    command = [ffmpeg.executable(), "-v", "error", "-f", "s16le", "-ar", "22050", "-ac", "1"]
    output = ["-i", "-", "-af", band, "-f", "s16le", "-ac", "1", "-ar", "22050", "-"]
    left = subprocess.run([*command, *output], input=sound, capture_output=True, check=True).stdout
    return pcm.decibels(audioop.rms(left, 2)) - pcm.decibels(audioop.rms(sound, 2))


@pytest.mark.parametrize("profile", profile_names())
@pytest.mark.parametrize(("target", "before"), [(-16.0, 0.0), (-20.0, -15.0), (-14.0, 0.0)])
def test_speech_reaches_its_loudness_under_the_peak_in_every_profile(
    speech: bytes, profile: str, target: float, before: float
) -> None:
    assert pcm.seconds(speech) > 10
    mastered = ffmpeg.master(segments.amplified(speech, before), target, -1.5, profile)
    assert ffmpeg.loudness(mastered) == pytest.approx(target, abs=1.0)
    assert true_peak(mastered) <= -1.5
    assert len(mastered) == len(speech)


def test_another_peak_limit_is_kept_as_well(speech: bytes) -> None:
    assert true_peak(ffmpeg.master(speech, -16.0, -3.0)) <= -3.0


def test_a_horn_gets_no_bass_and_no_hiss_and_a_hall_gets_its_bass(speech: bytes) -> None:
    noise = random.Random(1).randbytes(4 * 22050 * 2)
    shaped = {name: ffmpeg.master(noise, -20.0, -1.5, name) for name in ("horn", "indoor", "flat")}
    bass = {name: share_of(sound, "lowpass=f=120") for name, sound in shaped.items()}
    treble = {name: share_of(sound, "highpass=f=9000") for name, sound in shaped.items()}
    assert bass["horn"] < bass["indoor"] - 3
    assert treble["horn"] < treble["indoor"] - 3
    assert treble["indoor"] < treble["flat"]


@pytest.mark.parametrize("profile", profile_names())
def test_a_gain_from_the_first_sentence_suits_the_others(speech: bytes, profile: str) -> None:
    first = speech[: 2 * pcm.RATE * 2]
    gain = ffmpeg.gain_for(first, -16.0, -1.5, profile)
    rest = ffmpeg.at_gain(speech[len(first) :], gain, -1.5, profile)
    assert ffmpeg.loudness(rest) == pytest.approx(-16.0, abs=2.0)
    assert true_peak(rest) <= -1.5


def test_a_file_is_mastered_to_the_same_samples(speech: bytes, tmp_path: Path) -> None:
    raw, sound, mp3 = tmp_path / "raw", tmp_path / "sound", tmp_path / "sound.mp3"
    raw.write_bytes(speech)
    ffmpeg.master_file(raw, sound, mp3, -16.0, -1.5, "indoor")
    assert sound.read_bytes() == ffmpeg.master(speech, -16.0, -1.5, "indoor")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["raw", "sound", "sound.mp3"]


def test_the_mp3_is_made_of_the_mastered_samples_and_the_same_each_time(
    speech: bytes, tmp_path: Path
) -> None:
    raw, sound = tmp_path / "raw", tmp_path / "sound"
    raw.write_bytes(speech)
    first, second = tmp_path / "1.mp3", tmp_path / "2.mp3"
    for mp3 in (first, second):
        ffmpeg.master_file(raw, sound, mp3, -16.0, -1.5, "horn")
    assert first.read_bytes() == second.read_bytes()
    _encode(sound, second)
    assert ffmpeg.decode(first) == ffmpeg.decode(second)


def _encode(samples: Path, mp3: Path) -> None:
    """By the plain encoder, into a file: only there its header can tell the delay to cut away."""
    source = ("-f", "s16le", "-ac", "1", "-ar", str(pcm.RATE), "-i", str(samples))
    target = ("-c:a", "libmp3lame", "-b:a", "64k", "-y", str(mp3))
    subprocess.run([ffmpeg.executable(), "-loglevel", "error", *source, *target], check=True)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_under_ffmpeg_is_told_as_such(speech: bytes, tmp_path: Path) -> None:
    raw, full = tmp_path / "raw", tmp_path / "sound"
    raw.write_bytes(speech)
    full.symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left") as caught:
        ffmpeg.master_file(raw, full, tmp_path / "mp3", -16.0, -1.5, "horn")
    assert caught.value.errno == errno.ENOSPC


def test_a_gain_can_be_had_from_one_word_and_silence_gives_none(speech: bytes) -> None:
    word = speech[: pcm.RATE // 4 * 2]
    assert -24 <= ffmpeg.gain_for(word, -16.0, -1.5, "horn") <= 24
    assert ffmpeg.gain_for(bytes(8000), -16.0, -1.5, "horn") == 0
    assert ffmpeg.gain_for(b"", -16.0, -1.5, "horn") == 0


@pytest.mark.parametrize("tempo", [0.75, 1.5])
def test_another_tempo_keeps_the_pitch(tempo: float) -> None:
    wav = ffmpeg.at_tempo(mp3_of(tone(3.0, 440)), tempo)
    path_free = pcm.read_wav(wav)
    assert path_free is not None
    assert pcm.seconds(path_free) == pytest.approx(3.0 / tempo, rel=0.05)


def test_the_mp3_holds_the_sound_at_its_loudness(speech: bytes, tmp_path: Path) -> None:
    mastered = ffmpeg.master(speech, -16.0, -1.5)
    path = tmp_path / "a.mp3"
    path.write_bytes(id3.tagged(mp3_of(mastered), title="Tin", artist="Xã"))
    decoded = ffmpeg.decode(path)
    assert pcm.seconds(decoded) == pytest.approx(pcm.seconds(mastered), abs=0.1)
    assert ffmpeg.loudness(decoded) == pytest.approx(-16.0, abs=1.0)


def test_the_same_samples_give_the_same_bytes(speech: bytes) -> None:
    first, second = (ffmpeg.master(speech, -16.0, -1.5) for _ in range(2))
    assert first == second


def test_a_very_short_or_silent_sound_is_not_blown_up() -> None:
    assert pcm.peak(ffmpeg.master(bytes(44100), -16.0, -1.5)) == 0
    assert ffmpeg.loudness(tone(0.1)) is None


def test_a_file_that_is_no_sound_is_an_error_in_vietnamese(tmp_path: Path) -> None:
    path = tmp_path / "-i bad.mp3"
    path.write_bytes(b"<html>" * 100)
    with pytest.raises(ffmpeg.AudioError, match="không đọc"):
        ffmpeg.decode(path)


def test_a_playlist_cannot_make_it_read_from_the_network(
    httpserver: HTTPServer, tmp_path: Path
) -> None:
    httpserver.expect_request("/a.mp3").respond_with_data(mp3_of(tone(0.5)))
    path = tmp_path / "a.m3u8"
    playlist = f"#EXTM3U\n#EXTINF:1,\n{httpserver.url_for('/a.mp3')}\n#EXT-X-ENDLIST\n"
    path.write_text(playlist)
    with pytest.raises(ffmpeg.AudioError):
        ffmpeg.decode(path)
    assert httpserver.log == []


def test_the_tag_is_vietnamese_and_read_by_ffmpeg(tmp_path: Path) -> None:
    path = tmp_path / "a.mp3"
    title = "Thông báo của Ủy ban nhân dân xã"
    path.write_bytes(id3.tagged(mp3_of(tone(0.3)), title=title, artist="Xã An Bình"))
    command = [ffmpeg.executable(), "-v", "error", "-i", str(path), "-f", "ffmetadata", "-"]
    shown = subprocess.run(command, capture_output=True, check=True).stdout.decode()
    assert f"title={title}\n" in shown
    assert "artist=Xã An Bình\n" in shown
