"""Real sound programs: aplay, PulseAudio, and MPD as a receiver; each writes what it plays."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import pytest

from channels.radio import air_check, ffmpeg, pcm
from tests.channels.radio.real import (
    Aired,
    air,
    chatter,
    needs,
    output,
    running,
    wait_until,
)

SOUND = chatter(2.0)

ASOUND = """
pcm.heard {{ type file; slave.pcm "null"; file "{raw}"; format "raw" }}
ctl.heard {{ type hw; card 0 }}
"""


def whole(aired: Aired, url: str) -> bool:
    return aired.bank.failed == {} and aired.bank.left == {url: len(SOUND) // 2}


@needs("aplay", "alsa-utils")
def test_alsa_is_given_every_sample_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, raw = tmp_path / "asound.conf", tmp_path / "heard.raw"
    settings.write_text(ASOUND.format(raw=raw))
    base = "/usr/share/alsa/alsa.conf"
    monkeypatch.setenv("ALSA_CONFIG_PATH", f"{base}:{settings}")
    away = output("alsa:heard", tmp_path)
    aired = air([away], SOUND)
    assert whole(aired, "alsa:heard")
    assert raw.read_bytes()[: len(SOUND)] == SOUND


@needs("aplay", "alsa-utils")
def test_a_sound_card_that_is_not_there_is_told(tmp_path: Path) -> None:
    away = output("alsa:plughw:77,0", tmp_path)
    with pytest.raises(OSError, match="aplay đã dừng"):
        away.open(pcm.RATE)
        away.close()  # where aplay was slow to notice
    assert away.close() == 0


@pytest.fixture
def pulse_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A server of our own with one sink that goes nowhere but can be listened to."""
    where = tmp_path / "pulse"
    where.mkdir()
    for name in ("XDG_RUNTIME_DIR", "PULSE_RUNTIME_PATH", "PULSE_STATE_PATH", "HOME"):
        monkeypatch.setenv(name, str(where))
    monkeypatch.setenv("PULSE_SERVER", f"unix:{where}/native")
    modules = [
        "module-null-sink sink_name=loa rate=22050 channels=1",
        f"module-native-protocol-unix socket={where}/native auth-anonymous=1",
    ]
    command = ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no"]
    command += ["--disable-shm=yes", *(f"--load={module}" for module in modules)]
    with running(command, tmp_path / "pulse.log", (where / "native").exists):
        yield where


@needs("pulseaudio", "pulseaudio pulseaudio-utils")
def test_pulseaudio_plays_the_programme(pulse_server: Path) -> None:
    raw = pulse_server / "heard.raw"
    listen = ["parec", "--device=loa.monitor", "--raw", "--format=s16le", "--rate=22050"]
    listen += ["--channels=1", "--latency-msec=20", str(raw)]
    heard = lambda: raw.exists() and raw.stat().st_size > 0  # noqa: E731
    with running(listen, pulse_server / "parec.log", heard):
        aired = air([output("pulse:loa", pulse_server)], SOUND)
    assert whole(aired, "pulse:loa")
    assert air_check.compare(SOUND, raw.read_bytes()).matched


@needs("pulseaudio", "pulseaudio pulseaudio-utils")
def test_a_sink_that_is_not_there_is_told(pulse_server: Path) -> None:
    aired = air([output("pulse:khong-co", pulse_server)], SOUND[:22_050])
    assert "pacat đã dừng" in aired.bank.failed["pulse:khong-co"]
    assert aired.bank.left["pulse:khong-co"] == 0


class Mpd:
    """A player of the village's own, which is given our recording."""

    def __init__(self, folder: Path) -> None:
        self.socket = folder / "mpd.sock"
        self.heard = folder / "mpd.wav"
        self.settings = folder / "mpd.conf"
        self.settings.write_text(
            f'bind_to_address "{self.socket}"\nlog_file "/dev/stderr"\n'
            f'audio_output {{\n type "recorder"\n name "heard"\n path "{self.heard}"\n'
            f' encoder "wave"\n format "22050:16:1"\n}}\n'
        )

    def tell(self, *commands: str) -> str:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(5)
            line.connect(str(self.socket))
            with line.makefile("rwb") as answers:
                answers.readline()
                return "".join(self._answer(answers, command) for command in commands)

    def _answer(self, answers: BinaryIO, command: str) -> str:
        answers.write(f"{command}\n".encode())
        answers.flush()
        text = ""
        while not text.endswith("OK\n"):
            text += answers.readline().decode()
            assert "ACK" not in text, text
        return text


@needs("mpd", "mpd")
def test_mpd_plays_the_recording_of_the_programme(tmp_path: Path) -> None:
    away = output("file:air", tmp_path)
    away.open(pcm.RATE)
    away.write(SOUND)
    away.close()
    mpd = Mpd(tmp_path)
    command = ["mpd", "--no-daemon", str(mpd.settings)]
    with running(command, tmp_path / "mpd.log", mpd.socket.exists):
        mpd.tell(f'add "file://{away.recording}"', "play")
        wait_until(lambda: "state: stop" in mpd.tell("status"), "mpd has played it", 8)
        mpd.tell("stop")
    assert air_check.check_file(mpd.heard, SOUND).matched


def test_the_bundled_ffmpeg_decodes_what_the_encoder_makes() -> None:
    with ffmpeg.start_mp3_encoder(64_000) as encoder:
        out, _ = encoder.communicate(SOUND)
    assert len(out) > 10_000
    assert out[0] == 0xFF
