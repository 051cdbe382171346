"""Mastering and coding by the wheel's own ffmpeg."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from channels.radio import ffmpeg, id3, pcm, segments
from channels.radio.voices.base import Utterance
from channels.radio.voices.espeak import EspeakVoice
from tests.channels.radio.fakes import tone

NEWS = (
    "Ủy ban nhân dân xã thông báo, từ ngày mai bộ phận một cửa làm việc cả sáng thứ bảy. "
    "Bà con nộp hồ sơ trực tuyến trên cổng dịch vụ công quốc gia được giảm một nửa lệ phí."
)


@pytest.fixture(scope="module")
def speech(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("speech") / "a.wav"
    EspeakVoice("vi", 120).speak([Utterance(NEWS, path)])
    return pcm.read_wav(path.read_bytes()) or b""


@pytest.mark.parametrize("target", [-16.0, -20.0])
@pytest.mark.parametrize("before", [0.0, -15.0])
def test_speech_of_more_than_ten_seconds_reaches_its_loudness(
    speech: bytes, target: float, before: float
) -> None:
    assert pcm.seconds(speech) > 10
    mastered = ffmpeg.master(segments.amplified(speech, before), target, -1.5)
    assert ffmpeg.loudness(mastered) == pytest.approx(target, abs=1.0)
    assert len(mastered) == len(speech)


def test_no_true_peak_is_above_the_limit(speech: bytes) -> None:
    mastered = ffmpeg.master(speech, -14.0, -1.5)
    command = [ffmpeg.executable(), "-hide_banner", "-f", "s16le", "-ar", "22050", "-ac", "1"]
    meter = ["-i", "-", "-af", "ebur128=peak=true:framelog=verbose", "-f", "null", "-"]
    report = subprocess.run([*command, *meter], input=mastered, capture_output=True, check=True)
    peak = float(report.stderr.decode().rsplit("Peak:", 1)[1].split()[0])
    assert peak <= -1.5


def test_the_mp3_holds_the_sound_at_its_loudness(speech: bytes, tmp_path: Path) -> None:
    mastered = ffmpeg.master(speech, -16.0, -1.5)
    path = tmp_path / "a.mp3"
    path.write_bytes(id3.tagged(ffmpeg.encode_mp3(mastered), title="Tin", artist="Xã"))
    decoded = ffmpeg.decode(path)
    assert pcm.seconds(decoded) == pytest.approx(pcm.seconds(mastered), abs=0.1)
    assert ffmpeg.loudness(decoded) == pytest.approx(-16.0, abs=1.0)


def test_the_same_samples_give_the_same_bytes(speech: bytes) -> None:
    first, second = (ffmpeg.master(speech, -16.0, -1.5) for _ in range(2))
    assert first == second
    assert ffmpeg.encode_mp3(first) == ffmpeg.encode_mp3(second)


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
    httpserver.expect_request("/a.mp3").respond_with_data(ffmpeg.encode_mp3(tone(0.5)))
    path = tmp_path / "a.m3u8"
    playlist = f"#EXTM3U\n#EXTINF:1,\n{httpserver.url_for('/a.mp3')}\n#EXT-X-ENDLIST\n"
    path.write_text(playlist)
    with pytest.raises(ffmpeg.AudioError):
        ffmpeg.decode(path)
    assert httpserver.log == []


def test_the_tag_is_vietnamese_and_read_by_ffmpeg(tmp_path: Path) -> None:
    path = tmp_path / "a.mp3"
    title = "Thông báo của Ủy ban nhân dân xã"
    path.write_bytes(id3.tagged(ffmpeg.encode_mp3(tone(0.3)), title=title, artist="Xã An Bình"))
    command = [ffmpeg.executable(), "-v", "error", "-i", str(path), "-f", "ffmetadata", "-"]
    shown = subprocess.run(command, capture_output=True, check=True).stdout.decode()
    assert f"title={title}\n" in shown
    assert "artist=Xã An Bình\n" in shown
