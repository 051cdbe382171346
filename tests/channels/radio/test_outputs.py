"""Outputs: their URLs, and recordings that are right whatever ends them."""

from __future__ import annotations

import wave
from pathlib import Path
from types import SimpleNamespace

import pytest

from channels.radio import ffmpeg, pcm
from channels.radio.outputs import SCHEMES, FileOutput, Take, ascii_name, parse_output
from content.errors import UserError
from tests.channels.radio.fakes import AT, tone


def file_output(folder: Path, run: str = "R1-1", zone: str = "toan-xa") -> FileOutput:
    output = parse_output("file:air").make(Take(zone, run, AT, folder))
    assert isinstance(output, FileOutput)
    return output


def test_a_recording_lies_under_its_zone_with_date_time_and_run(tmp_path: Path) -> None:
    assert file_output(tmp_path).recording == tmp_path / "air/toan-xa/2026-11-23/223000-R1-1.wav"


def test_a_vietnamese_zone_gives_an_ascii_folder_of_its_own(tmp_path: Path) -> None:
    first, second = (file_output(tmp_path, zone=zone) for zone in ("Thôn Đông", "Thôn Dông"))
    assert str(first.recording).isascii()
    assert first.recording != second.recording


def test_a_reference_can_never_leave_the_folder(tmp_path: Path) -> None:
    recording = file_output(tmp_path, run="../../etc/x").recording
    assert recording is not None
    assert recording.resolve().is_relative_to(tmp_path / "air")
    assert ascii_name("../..") not in ("..", "../..", "")


def test_a_closed_recording_is_the_sound(tmp_path: Path) -> None:
    output, sound = file_output(tmp_path), tone(0.5)
    output.open(pcm.RATE)
    output.write(sound)
    output.close()
    assert output.recording is not None
    with wave.open(str(output.recording)) as file:
        assert file.readframes(file.getnframes()) == sound


def test_a_recording_that_was_never_closed_can_be_decoded(tmp_path: Path) -> None:
    output = file_output(tmp_path)
    output.open(pcm.RATE)
    for _ in range(120):
        output.write(tone(0.02))
    assert output.recording is not None
    with wave.open(str(output.recording)) as file:
        assert file.getnframes() == 100 * pcm.BLOCK  # right to the last second
    assert len(ffmpeg.decode(output.recording)) >= 100 * pcm.BLOCK * 2
    output.close()


def test_nothing_played_leaves_no_file(tmp_path: Path) -> None:
    output = file_output(tmp_path)
    output.open(pcm.RATE)
    output.close()
    output.close()
    assert output.recording is not None
    assert not output.recording.exists()


def test_an_earlier_recording_is_never_written_over(tmp_path: Path) -> None:
    first = file_output(tmp_path)
    first.open(pcm.RATE)
    first.write(tone(0.02))
    first.close()
    with pytest.raises(FileExistsError):
        file_output(tmp_path).open(pcm.RATE)


def test_writing_to_a_closed_output_is_an_error_of_the_output(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="not open"):
        file_output(tmp_path).write(tone(0.02))


@pytest.mark.parametrize("url", ["sonos://x", "air", "", "FILE:air"])
def test_an_unknown_scheme_is_refused_with_the_known_ones(url: str) -> None:
    with pytest.raises(UserError, match="file:"):
        parse_output(url)


def test_every_known_scheme_is_named_in_the_advice() -> None:
    with pytest.raises(UserError) as told:
        parse_output("sonos:phòng họp")
    assert all(f"{scheme}:" in str(told.value) for scheme in SCHEMES)


@pytest.mark.parametrize(
    "url", ["icecasts://source:bi-mat-lam@h:1/m", "icecast://source:bi-mat/lam@h/m", "x://a:bi@b@h"]
)
def test_a_wrong_url_is_told_without_its_password(url: str) -> None:
    with pytest.raises(UserError) as told:
        parse_output(url)
    assert "bi" not in str(told.value).replace("biệt", "")


def test_a_folder_outside_the_home_by_dots_is_refused() -> None:
    with pytest.raises(UserError, match="không hợp lệ"):
        parse_output("file:../../tmp")


def test_a_usable_folder_is_no_problem(tmp_path: Path) -> None:
    assert file_output(tmp_path).problem() is None


def test_a_nearly_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=1))
    assert "sắp đầy" in str(file_output(tmp_path).problem())


def test_a_folder_that_may_not_be_written_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)
    assert "không được ghi" in str(file_output(tmp_path).problem())
