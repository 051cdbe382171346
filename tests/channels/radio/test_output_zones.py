"""Several zones with several outputs at once: one that fails is named, and harms nobody."""

from __future__ import annotations

import socket
import threading
import wave
from pathlib import Path

import pytest

from channels.base import ChannelError, ErrorKind, Receipt
from channels.radio import pcm
from channels.radio.channel import RadioChannel
from channels.radio.narrator import Narrator
from channels.radio.settings import RadioFolders, RadioSettings
from channels.radio.store import SoundStore
from channels.radio.studio import Studio
from tests.channels.radio.fakes import FakeVoice, Plain, outgoing, sending
from tests.channels.radio.real import RunningClock, free_port

STATION = "Ủy ban nhân dân xã An Bình"


def radio(home: Path, **zones: tuple[str, ...]) -> RadioChannel:
    """On a clock that runs: the outputs have threads of their own."""
    settings, folders = RadioSettings(zones=zones), RadioFolders.in_home(home)
    clock = RunningClock()
    store = SoundStore(folders.cache / "sentences")
    narrator = Narrator([FakeVoice()], {}, store, clock)
    studio = Studio(settings, folders, clock, narrator)
    return RadioChannel(settings, STATION, folders, clock, speak=Plain, studio=studio)


def nobody() -> str:
    return f"icecast://source:mat-khau@127.0.0.1:{free_port()}/loa.mp3"


def test_two_zones_play_at_once_and_a_dead_output_is_in_the_receipt(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
        ear.bind(("127.0.0.1", 0))
        rtp = f"rtp://127.0.0.1:{ear.getsockname()[1]}"
        channel = radio(tmp_path, dong=(nobody(), "file:air", rtp), doai=("file:air",))
        prepared = channel.prepare(outgoing(title="Họp", body="Chiều nay họp."))
        receipts: dict[str, Receipt] = {}

        def play(zone: str) -> None:
            order = sending(zone, reference=f"R-{zone}")
            receipts[zone] = channel.deliver(prepared, order)

        threads = [threading.Thread(target=play, args=(zone,)) for zone in ("dong", "doai")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    samples = prepared.details["samples"]
    details = receipts["dong"].details
    assert details["outputs_ok"] == ["file:air", rtp]
    [(url, reason)] = dict(details["outputs_failed"]).items()  # type: ignore[call-overload]
    assert url.startswith("icecast://127.0.0.1:")
    assert "không nhận kết nối" in reason
    assert details["outputs_samples"] == {url: 0, "file:air": samples, rtp: samples}
    assert receipts["doai"].details["outputs_failed"] == {}
    started = [receipt.started_at for receipt in receipts.values()]
    assert all(started)
    recordings = sorted((tmp_path / "air").rglob("*.wav"))
    assert len(recordings) == 2
    for recording in recordings:
        with wave.open(str(recording)) as file:
            assert file.getnframes() == samples


def test_an_output_that_loses_the_sound_at_its_end_is_no_proof_of_airing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything was given to it, and it could not get rid of it."""
    folder = tmp_path / "bin"
    folder.mkdir()
    player = folder / "aplay"
    player.write_text("#!/bin/sh\ncat > /dev/null\necho 'no drain' >&2\nexit 1\n")
    player.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    channel = radio(tmp_path, loa=("alsa:",))
    prepared = channel.prepare(outgoing(title="Họp", body="Chiều nay họp."))
    with pytest.raises(ChannelError) as told:
        channel.deliver(prepared, sending("loa"))
    assert told.value.kind is ErrorKind.RETRY
    assert told.value.code == "outputs"
    assert told.value.details["whole"] is False
    assert "no drain" in str(told.value.details["outputs_failed"])
    assert channel.find(prepared, sending("loa")) is None


def test_a_password_reaches_neither_journal_nor_check(tmp_path: Path) -> None:
    channel = radio(tmp_path, loa=(nobody().replace("mat-khau", "bi-mat-cua-dai"), "file:air"))
    lines = [f"{line.name} {line.message}" for line in channel.check()]
    channel.deliver(channel.prepare(outgoing(title="Họp", body="Họp.")), sending("loa"))
    written = "".join(
        path.read_text() for path in (tmp_path / "state").rglob("*") if path.is_file()
    )
    assert "icecast://127.0.0.1" in written
    assert any("icecast://127.0.0.1" in line and "không nhận kết nối" in line for line in lines)
    assert "bi-mat" not in written + "".join(lines)


def test_pcm_blocks_are_what_the_codecs_expect() -> None:
    assert pcm.BLOCK * 50 == pcm.RATE
