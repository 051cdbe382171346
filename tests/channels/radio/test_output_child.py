"""`pulse:` and `alsa:` with stand-in programs: what is started, and what their failures say."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from channels.radio import pcm
from channels.radio.outputs import parse_output
from content.errors import UserError
from tests.channels.radio.fakes import tone
from tests.channels.radio.real import air, chatter, output

SOUND = tone(0.3)


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return folder


def script(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


@pytest.mark.parametrize(
    ("url", "name", "device"),
    [
        ("alsa:", "aplay", None),
        ("alsa:plughw:1,0", "aplay", "--device=plughw:1,0"),
        ("pulse:", "pacat", None),
        ("pulse:alsa_output.usb-1.analog-stereo", "pacat", "--device=alsa_output.usb-1.analog-st"),
    ],
)
def test_the_program_gets_the_device_and_every_sample(
    programs: Path, tmp_path: Path, url: str, name: str, device: str | None
) -> None:
    script(programs, name, f'echo "$@" > {tmp_path}/words; cat > {tmp_path}/heard')
    away = output(url, tmp_path)
    away.open(pcm.RATE)
    away.write(SOUND)
    assert away.close() == len(SOUND) // 2 == away.close()
    assert (tmp_path / "heard").read_bytes() == SOUND
    words = (tmp_path / "words").read_text()
    assert "--rate=22050" in words
    assert "--channels=1" in words
    assert device in words if device else "--device" not in words


@pytest.mark.parametrize(("url", "package"), [("alsa:", "alsa-utils"), ("pulse:", "pulseaudio-")])
def test_a_missing_program_names_its_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, package: str
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    away = output(url, tmp_path)
    assert f"sudo apt-get install {package}" in str(away.problem())
    with pytest.raises(OSError, match=f"apt-get install {package}"):
        away.open(pcm.RATE)
    assert away.close() == 0


def test_a_device_that_cannot_be_opened_is_told_in_the_programs_words(
    programs: Path, tmp_path: Path
) -> None:
    script(programs, "aplay", "echo 'audio open error: No such device' >&2; exit 1")
    away = output("alsa:plughw:9,0", tmp_path)
    with pytest.raises(OSError, match=r"aplay đã dừng.*No such device"):
        away.open(pcm.RATE)
    assert away.close() == 0


def test_a_card_pulled_out_in_mid_programme_fails_alone(programs: Path, tmp_path: Path) -> None:
    script(programs, "aplay", "head -c 8820 > /dev/null; echo 'write error: unplugged' >&2; exit 1")
    outputs = [output("alsa:", tmp_path), output("file:air", tmp_path)]
    sound = chatter(1.0)
    aired = air(outputs, sound)
    assert "unplugged" in aired.bank.failed["alsa:"]
    assert aired.bank.left["alsa:"] < len(sound) // 2
    assert aired.played.whole
    assert aired.bank.left["file:air"] == len(sound) // 2


def test_a_program_that_ends_badly_has_not_played_to_the_end(
    programs: Path, tmp_path: Path
) -> None:
    script(programs, "aplay", "cat > /dev/null; echo 'drain failed' >&2; exit 3")
    away = output("alsa:", tmp_path)
    away.open(pcm.RATE)
    away.write(SOUND)
    with pytest.raises(OSError, match="drain failed"):
        away.close()


def test_a_program_that_hangs_is_ended_and_what_it_did_not_read_is_not_counted(
    programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("channels.radio.outputs.child._LAST_SECONDS", 0.1)
    script(programs, "aplay", "exec tail -f /dev/null")
    away = output("alsa:", tmp_path)
    away.open(pcm.RATE)
    away.write(SOUND[:1764])
    began = time.monotonic()
    with pytest.raises(OSError, match="aplay"):
        away.close()
    assert time.monotonic() - began < 2
    assert away.close() == 0


@pytest.mark.parametrize("device", ["-D", "a b", "x;reboot", "$(id)", "--help"])
def test_a_device_name_can_never_be_an_option_or_a_command(device: str) -> None:
    with pytest.raises(UserError, match="không hợp lệ"):
        parse_output(f"alsa:{device}")
