"""The radio behind the channel seam: what it promises to dispatch."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import wave
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from channels.base import Channel, ChannelError, ErrorKind, OutcomeUnknown, Outgoing, Prepared
from channels.radio import ffmpeg, outputs, pcm
from channels.radio.channel import RadioChannel
from channels.radio.journal import RunWriter
from channels.radio.narrator import Narrator
from channels.radio.outputs import FileOutput
from channels.radio.settings import RadioFolders, RadioSettings
from channels.radio.store import SoundStore
from channels.radio.studio import Studio
from content.errors import UserError
from tests.channels.radio.fakes import (
    AT,
    FakeClock,
    FakeVoice,
    Plain,
    mp3_of,
    outgoing,
    sending,
    tone,
)
from tests.channels.radio.stream_server import HEAD, Server, server

__all__ = ["server"]

STATION = "Ủy ban nhân dân xã An Bình"
BODY = "Từ ngày mai làm việc cả sáng thứ bảy."


class Station:
    """A home with a radio in it; `restart` is a new process on the same home."""

    def __init__(self, home: Path, **settings: object) -> None:
        self.home = home
        self.clock = FakeClock()
        self.voice = FakeVoice()
        settings = {"separator": "none", **settings}
        self.settings = RadioSettings(**settings)  # type: ignore[arg-type]
        self.restart()

    def restart(self) -> None:
        folders = RadioFolders.in_home(self.home)
        store = SoundStore(folders.cache / "sentences")
        narrator = Narrator([self.voice], {}, store, self.clock)
        studio = Studio(self.settings, folders, self.clock, narrator)
        self.radio = RadioChannel(
            self.settings, STATION, folders, self.clock, speak=Plain, studio=studio
        )

    def prepared(self, body: str = BODY) -> Prepared:
        return self.radio.prepare(outgoing(body=body))

    def recordings(self) -> list[Path]:
        return sorted((self.home / "air").rglob("*.wav"))

    def whole_recordings(self, prepared: Prepared) -> int:
        return sum(
            path.stat().st_size == pcm.HEADER + 2 * int(str(prepared.details["samples"]))
            for path in self.recordings()
        )


@pytest.fixture
def station(tmp_path: Path) -> Station:
    return Station(tmp_path)


def test_it_fulfils_the_seam_with_a_target_for_each_zone(tmp_path: Path) -> None:
    station = Station(tmp_path, zones={"Thôn Đông": ("file:air",), "Thôn Đoài": ()})
    channel: Channel = station.radio
    assert [target.name for target in channel.targets()] == ["Thôn Đông", "Thôn Đoài"]
    assert all(target.channel == "radio" == channel.name for target in channel.targets())
    assert channel.can_find
    assert channel.absence_is_proof
    assert channel.lead >= timedelta(seconds=1)


def test_preparing_twice_gives_the_same_thing_and_has_no_effect_outside(station: Station) -> None:
    first = station.prepared()
    station.restart()
    second = station.prepared()
    assert first == second
    assert first.payload.sha256() == second.payload.sha256()
    assert first.problems == ()
    assert first.text == f"Lịch làm việc của bộ phận một cửa.\n{BODY}"
    assert station.radio.preview(first) == first.payload
    assert station.recordings() == []
    assert not (station.home / "state").exists()
    json.dumps(dict(first.details))


def test_delivery_plays_the_prepared_sound_at_its_moment(station: Station) -> None:
    prepared = station.prepared()
    receipt = station.radio.deliver(prepared, sending())
    assert receipt.started_at == AT
    assert receipt.ended_at is not None
    assert abs(receipt.ended_at - AT - prepared.duration) < timedelta(milliseconds=1)
    assert receipt.external_id == "R7K2-1"
    assert receipt.artefacts == (prepared.payload,)
    assert not receipt.simulated
    [recording] = station.recordings()
    with wave.open(str(recording)) as file:
        assert file.getnframes() == prepared.details["samples"]


def test_the_receipt_tells_what_the_output_really_took(station: Station) -> None:
    details = station.radio.deliver(station.prepared(), sending()).details
    assert details["share"] == 1.0
    assert details["late_ms"] == 0
    assert details["as_approved"] is True
    assert details["outputs_ok"] == ["file:air"]
    assert details["outputs_failed"] == {}
    assert -10 < float(str(details["peak_dbfs"])) < -1
    assert -30 < float(str(details["rms_dbfs"])) < -6
    json.dumps(dict(details))


def test_what_was_played_to_the_end_is_not_played_again(station: Station) -> None:
    prepared = station.prepared()
    first = station.radio.deliver(prepared, sending())
    station.restart()
    again = station.radio.deliver(prepared, sending())
    assert again == first
    assert station.radio.find(prepared, sending()) == first
    assert len(station.recordings()) == 1


def test_another_delivery_of_the_same_bulletin_is_played(station: Station) -> None:
    prepared = station.prepared()
    station.radio.deliver(prepared, sending())
    station.radio.deliver(prepared, sending(reference="R8", at=AT + timedelta(minutes=5)))
    assert len(station.recordings()) == 2


def test_what_was_never_tried_is_not_found(station: Station) -> None:
    assert station.radio.find(station.prepared(), sending()) is None


def test_sandbox_plays_to_files_only_and_says_simulated(tmp_path: Path) -> None:
    station = Station(tmp_path, mode="sandbox", zones={"a": ()})
    receipt = station.radio.deliver(station.prepared(), sending("a"))
    assert receipt.simulated
    assert receipt.details["outputs_ok"] == ["file:air"]


@pytest.mark.parametrize("share", [0.0, 0.3])
@pytest.mark.parametrize("how", ["stop", "permit"])
def test_a_cut_item_is_surely_not_aired_and_plays_again_from_its_start(
    station: Station, how: str, share: float
) -> None:
    prepared = station.prepared()
    end = AT + share * prepared.duration
    order = sending(permit=lambda now: "hết giờ" if how == "permit" and now >= end else None)
    if how == "stop":
        station.clock.on_sleep = lambda: order.stop.set() if station.clock.now() >= end else None
    with pytest.raises(ChannelError) as caught:
        station.radio.deliver(prepared, order)
    assert caught.value.kind is ErrorKind.RETRY
    assert caught.value.code == how
    assert float(str(caught.value.details["share"])) == pytest.approx(share, abs=0.15)
    station.clock.on_sleep = lambda: None
    assert station.radio.find(prepared, sending()) is None
    receipt = station.radio.deliver(prepared, sending())
    assert receipt.external_id == "R7K2-2"
    assert receipt.details["share"] == 1.0
    assert station.whole_recordings(prepared) == 1


def test_after_the_deadline_nothing_is_heard(station: Station) -> None:
    station.clock.sleep(3600)
    with pytest.raises(ChannelError, match="Đã quá giờ"):
        station.radio.deliver(station.prepared(), sending())
    assert station.recordings() == []


def test_a_zone_without_a_working_output_is_an_error_and_not_an_airing(tmp_path: Path) -> None:
    station = Station(tmp_path)
    prepared = station.prepared()
    (tmp_path / "air").write_text("a file where the folder should be")
    with pytest.raises(ChannelError) as caught:
        station.radio.deliver(prepared, sending())
    assert (caught.value.kind, caught.value.code) == (ErrorKind.RETRY, "outputs")
    assert "file:air" in str(caught.value.details["outputs_failed"])


def test_one_broken_output_of_two_is_reported_in_the_receipt(tmp_path: Path) -> None:
    (tmp_path / "usb").write_text("not a folder")
    station = Station(tmp_path, zones={"toan-xa": ("file:usb", "file:air")})
    receipt = station.radio.deliver(station.prepared(), sending())
    assert receipt.details["outputs_ok"] == ["file:air"]
    assert receipt.details["outputs_failed"] == {"file:usb": "Not a directory"}


def test_a_zone_no_longer_in_the_settings_is_skipped(station: Station) -> None:
    with pytest.raises(ChannelError) as caught:
        station.radio.deliver(station.prepared(), sending("khu-cũ"))
    assert caught.value.kind is ErrorKind.SKIP_TARGET


@pytest.mark.parametrize("damage", ["gone", "changed"])
def test_a_sound_that_is_not_the_approved_one_is_not_played(station: Station, damage: str) -> None:
    prepared = station.prepared()
    [path] = (station.home / "cache").rglob("*.wav")
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-2] + b"\x01\x01")
    with pytest.raises(ChannelError) as caught:
        station.radio.deliver(prepared, sending())
    assert (caught.value.kind, caught.value.code) == (ErrorKind.RETRY, "sound")
    assert station.recordings() == []
    assert station.radio.deliver(station.prepared(), sending()).details["as_approved"]


class PowerCutError(BaseException):
    """The machine is gone: nothing after this moment happens."""


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_a_crash_at_any_line_of_the_journal_neither_doubles_nor_loses(
    station: Station, monkeypatch: pytest.MonkeyPatch, number: int, after: bool
) -> None:
    """Lines: armed, onset, one of progress, end."""
    prepared = station.prepared("Từ ngày mai làm việc " + "cả sáng " * 3)
    assert pcm.RATE < int(str(prepared.details["samples"])) < 2 * pcm.RATE * 2
    with monkeypatch.context() as patch:
        _die_at_write(patch, number, after)
        with pytest.raises(PowerCutError):
            station.radio.deliver(prepared, sending())
    whole = station.whole_recordings(prepared)
    station.restart()
    found = station.radio.find(prepared, sending())
    assert (found is not None) == (whole == 1)
    receipt = station.radio.deliver(prepared, sending())
    assert receipt.details["whole"]
    assert station.whole_recordings(prepared) == 1


def _die_at_write(patch: pytest.MonkeyPatch, number: int, after: bool) -> None:
    write, lines, dead = RunWriter.write, [0], [False]

    def dying(self: RunWriter, event: str, *, safe: bool = False, **facts: object) -> None:
        lines[0] += 1
        last = lines[0] == number if number < 4 else event == "end"
        if after or not last:
            write(self, event, safe=safe, **facts)  # type: ignore[arg-type]
        if last:
            dead[0] = True
            raise PowerCutError

    close = FileOutput.close
    patch.setattr(RunWriter, "write", dying)
    patch.setattr(FileOutput, "close", lambda self: None if dead[0] else close(self))


KILLED = """
import sys
from datetime import timedelta
from pathlib import Path
from broadcaster.clock import SystemClock
from channels.radio.channel import RadioChannel
from channels.radio.settings import RadioFolders, RadioSettings
from tests.channels.radio import fakes

clock = SystemClock()
radio = RadioChannel(
    RadioSettings(engines=("espeak",)), "Xã", RadioFolders.in_home(Path(sys.argv[1])), clock,
    speak=fakes.Plain,
)
prepared = radio.prepare(fakes.outgoing())
print("ready", flush=True)
radio.deliver(prepared, fakes.sending(at=clock.now() + timedelta(milliseconds=50)))
"""


def test_kill_9_in_the_middle_leaves_a_readable_recording_and_no_claim(tmp_path: Path) -> None:
    root = Path(__file__).resolve().parents[3]
    command = [sys.executable, "-c", KILLED, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=root) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        _wait_for(lambda: any(p.stat().st_size > 60_000 for p in tmp_path.rglob("air/**/*.wav")))
        process.send_signal(signal.SIGKILL)
    station = Station(tmp_path, engines=("espeak",))
    station.radio = RadioChannel(
        station.settings, "Xã", RadioFolders.in_home(tmp_path), station.clock, speak=Plain
    )
    prepared = station.prepared()
    [recording] = station.recordings()
    assert len(ffmpeg.decode(recording)) >= 44_100
    assert station.radio.find(prepared, sending()) is None
    assert station.radio.deliver(prepared, sending()).external_id == "R7K2-2"


def _wait_for(done: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(500):
        if done():
            return
        pause.wait(0.02)
    raise AssertionError("nothing was played")


def test_an_unreadable_journal_leaves_the_outcome_unknown(station: Station) -> None:
    prepared = station.prepared()
    (station.home / "state/radio/asrun/R7K2.jsonl").mkdir(parents=True)
    with pytest.raises(OutcomeUnknown, match="nhật ký"):
        station.radio.find(prepared, sending())
    with pytest.raises(ChannelError):
        station.radio.deliver(prepared, sending())
    assert station.recordings() == []


def test_two_sounds_never_overlap_in_one_zone(station: Station) -> None:
    prepared = station.prepared()
    inner: list[ChannelError] = []

    def second() -> None:
        station.clock.on_sleep = lambda: None
        with pytest.raises(ChannelError) as caught:
            station.radio.deliver(prepared, sending(reference="R8", grace=0.2))
        inner.append(caught.value)

    station.clock.on_sleep = second
    assert station.radio.deliver(prepared, sending()).external_id == "R7K2-1"
    assert inner[0].code == "busy"
    assert len(station.recordings()) == 1


@pytest.mark.parametrize("body", ["", "  \n\n", "😀 🎉", "---\n***", "\x00\x01"])
def test_a_bulletin_with_nothing_to_say_is_refused(station: Station, body: str) -> None:
    prepared = station.prepared(body)
    assert "không có nội dung" in prepared.problems[0]
    with pytest.raises(ChannelError) as caught:
        station.radio.deliver(prepared, sending())
    assert caught.value.kind is ErrorKind.FIX_CONTENT


def test_a_bulletin_longer_than_a_session_is_refused_with_its_length(tmp_path: Path) -> None:
    """The voice here takes 0.1 s a word, the estimate at 300 wpm is 0.14 s a word."""
    station = Station(tmp_path, minutes_per_session=1, rate_wpm=300)
    assert station.prepared("Câu này có tám từ để đọc chậm. " * 50).problems == ()
    prepared = station.prepared("Câu này có tám từ để đọc chậm. " * 70)
    assert prepared.duration > timedelta(minutes=1)
    assert "phút" in prepared.problems[0]
    assert f"1 phút {round(prepared.duration.total_seconds()) - 60} giây" in prepared.problems[0]


def test_an_endless_text_is_refused_without_rendering_it(station: Station) -> None:
    prepared = station.prepared("bà con " * 28_000)
    assert "quá 60 phút" in prepared.problems[0]
    assert station.voice.calls == 0


def test_residue_is_handed_to_the_review_in_the_details(tmp_path: Path) -> None:
    radio = RadioChannel(
        RadioSettings(),
        STATION,
        RadioFolders.in_home(tmp_path),
        FakeClock(),
        speak=lambda text: Plain(text, ("QĐ@",) if "QĐ@" in text else ()),
        studio=Station(tmp_path).radio._studio,
    )
    assert radio.prepare(outgoing(body="Theo QĐ@ mới.")).details["residue"] == ["QĐ@"]


def test_when_no_engine_speaks_preparing_fails_with_every_reason(station: Station) -> None:
    station.voice.failure = "mất mạng"
    with pytest.raises(ChannelError, match="mất mạng") as caught:
        station.prepared()
    assert caught.value.kind is ErrorKind.RETRY


def test_a_full_disk_while_rendering_is_an_error_to_retry(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("channels.radio.store.write_atomically", full)
    with pytest.raises(ChannelError, match="đĩa đã đầy") as caught:
        station.prepared()
    assert caught.value.kind is ErrorKind.RETRY


def test_a_broken_recording_without_text_must_be_mended_by_its_author(
    station: Station, tmp_path: Path
) -> None:
    item = replace(outgoing(title="", body=""), recording=tmp_path / "none.mp3")
    with pytest.raises(ChannelError) as caught:
        station.radio.prepare(item)
    assert caught.value.kind is ErrorKind.FIX_CONTENT


def test_a_recording_alone_is_a_bulletin(station: Station, tmp_path: Path) -> None:
    path = tmp_path / "doc.wav"
    path.write_bytes(pcm.wav(tone(1.0)))
    prepared = station.radio.prepare(replace(outgoing(title="", body=""), recording=path))
    assert prepared.problems == ()
    receipt = station.radio.deliver(prepared, sending())
    assert (receipt.details["share"], receipt.details["form"]) == (1.0, "recording")


def test_a_voice_in_a_recordings_place_is_not_called_a_recording(
    station: Station, tmp_path: Path
) -> None:
    prepared = station.radio.prepare(replace(outgoing(), recording=tmp_path / "mất.mp3"))
    assert station.radio.deliver(prepared, sending()).details["form"] == "tts"


@pytest.mark.parametrize("path", ["", None])
def test_the_whole_way_works_offline_without_a_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str | None
) -> None:
    if path is None:
        monkeypatch.delenv("PATH")
    else:
        monkeypatch.setenv("PATH", path)
    clock = FakeClock()
    settings = RadioSettings(engines=("piper", "gtts", "espeak"), gtts_url="http://127.0.0.1:9")
    radio = RadioChannel(settings, STATION, RadioFolders.in_home(tmp_path), clock, speak=Plain)
    prepared = radio.prepare(outgoing(opening=True, closing=True, at=AT))
    assert prepared.details["engine"] == "espeak"
    notes = str(prepared.details["notes"])
    assert "piper" in notes
    assert "gtts" in notes
    assert radio.deliver(prepared, sending()).details["share"] == 1.0


def test_speech_to_file_writes_an_mp3_and_refuses_what_cannot_be_said(
    station: Station, tmp_path: Path
) -> None:
    out = tmp_path / "out" / "a.mp3"
    station.radio.speech_to_file("Kính chào bà con 😀. Xin cảm ơn.", out)
    assert pcm.seconds(ffmpeg.decode(out)) > 0.5
    with pytest.raises(UserError, match="không có lời nào"):
        station.radio.speech_to_file("😀", out)
    with pytest.raises(UserError, match="Không ghi được tệp"):
        station.radio.speech_to_file("Kính chào bà con 😀. Xin cảm ơn.", out / "b.mp3")
    station.voice.failure = "hỏng"
    with pytest.raises(UserError, match="hỏng"):
        station.radio.speech_to_file("Câu mới.", out)


def test_speech_to_file_tells_how_far_it_is(station: Station, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    text = "Kính chào bà con. Xin cảm ơn."
    station.radio.speech_to_file(text, tmp_path / "a.mp3", lambda *each: told.append(each))
    assert told[0] == (0, 2)
    assert told[-1] == (2, 2)


def test_a_bulletin_is_repeated_when_the_station_wishes(tmp_path: Path) -> None:
    once, twice = (Station(tmp_path / str(n), repeat=n).prepared() for n in (1, 2))
    assert twice.text == f"{once.text}\nXin nhắc lại.\n{once.text}"
    assert twice.duration > 2 * once.duration


def test_an_unknown_output_is_refused_when_the_channel_is_made(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="sonos"):
        Station(tmp_path, zones={"a": ("sonos:",)})


def test_check_looks_at_voices_ffmpeg_and_every_output(station: Station) -> None:
    health = station.radio.check()
    assert [line.ok for line in health] == [True, True, True]
    station.voice.failure = "hỏng"
    assert not station.radio.check()[0].ok
    assert station.recordings() == []


def test_tidying_removes_only_what_was_not_used_lately(station: Station) -> None:
    prepared = station.prepared()
    receipt = station.radio.deliver(prepared, sending())
    [recording] = station.recordings()
    long_ago = datetime(2001, 1, 1, tzinfo=UTC)
    files = [path for path in station.home.rglob("*") if path.is_file()]
    for path in files:
        os.utime(path, (long_ago.timestamp(),) * 2)
    assert station.radio.tidy(long_ago) == 0
    station.prepared()  # used again: its render stays
    size = recording.stat().st_size
    assert station.radio.tidy(long_ago + timedelta(days=1)) > size
    assert station.recordings() == []
    assert prepared.payload.read()
    assert station.radio.find(prepared, sending()) == receipt


def test_the_greeting_uses_the_stations_own_date(station: Station) -> None:
    morning = datetime.fromisoformat("2026-11-24T05:30:00+07:00")
    prepared = station.radio.prepare(outgoing(opening=True, at=morning))
    assert "ngày 24 tháng 11" in prepared.text


def test_an_emergency_is_spoken_while_it_is_made_and_a_copy_is_kept(tmp_path: Path) -> None:
    station = Station(tmp_path, separator="default")
    station.voice.slow = 0.005
    station.clock.on_sleep = lambda: threading.Event().wait(0.001)
    text = "Nước sông đang lên rất nhanh. " * 40
    prepared = station.radio.prepare(urgent(text))
    assert station.voice.spoken == []
    assert prepared.payload.read().decode() == prepared.text
    assert "Nước sông đang lên" in prepared.text
    receipt = station.radio.deliver(prepared, sending())
    assert receipt.details["live"] is True
    assert receipt.details["as_approved"] is None
    [words, copy] = receipt.artefacts
    assert words == prepared.payload
    heard = ffmpeg.decode(copy.data) if isinstance(copy.data, Path) else b""
    [recording] = station.recordings()
    aired = pcm.read_wav(recording.read_bytes()) or b""
    assert pcm.seconds(heard) == pytest.approx(pcm.seconds(aired), abs=0.2)
    station.restart()
    assert station.radio.find(prepared, sending()) is not None


def test_an_emergency_that_was_rendered_before_is_played_from_its_file(tmp_path: Path) -> None:
    station = Station(tmp_path)
    calm = station.radio.prepare(outgoing(body="Nước sông đang lên."))
    prepared = station.radio.prepare(urgent("Nước sông đang lên."))
    assert prepared.details["key"] == calm.details["key"]
    assert prepared.payload.media_type == "audio/mpeg"


def test_a_zone_whose_output_needs_a_file_gets_the_emergency_rendered_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outputs, "HANDED_OVER", frozenset({"file"}))
    station = Station(tmp_path)
    prepared = station.radio.prepare(urgent("Nước sông đang lên."))
    receipt = station.radio.deliver(prepared, sending())
    assert receipt.details["as_approved"] is True


def test_an_emergency_that_no_voice_can_finish_is_tried_again(tmp_path: Path) -> None:
    station = Station(tmp_path)
    prepared = station.radio.prepare(urgent("Nước sông đang lên."))
    station.voice.failure = "hỏng"
    with pytest.raises(ChannelError) as caught:
        station.radio.deliver(prepared, sending())
    assert caught.value.kind is ErrorKind.RETRY
    assert "không đọc được đến hết" in caught.value.message


def urgent(body: str) -> Outgoing:
    return replace(outgoing(body=body), urgent=True)


STREAM = HEAD + mp3_of(tone(12.0, pitch=440))
HOST = "127.0.0.1"


def relay(server: Server, until: datetime) -> Outgoing:
    return replace(outgoing(body="Luồng tạm ngắt."), at=AT, relay=server.url(), until=until)


def in_step(station: Station) -> None:
    """A block takes two milliseconds of real time: the stream needs some to come."""
    station.clock.on_sleep = lambda: threading.Event().wait(0.002)


def test_a_relay_is_on_the_air_to_its_hard_end_and_a_copy_is_kept(
    tmp_path: Path, server: Server
) -> None:
    server.answers(STREAM, then_stall=True)
    station = Station(tmp_path, private_hosts=(HOST,))
    in_step(station)
    prepared = station.radio.prepare(relay(server, AT + timedelta(seconds=3)))
    assert prepared.elastic
    assert (prepared.duration, prepared.problems) == (timedelta(seconds=3), ())
    receipt = station.radio.deliver(prepared, sending())
    assert receipt.ended_at == AT + timedelta(seconds=3)
    assert receipt.details["stream_share"] == 1.0
    assert [artefact.name for artefact in receipt.artefacts] == ["relay.txt", "as-aired.mp3"]
    assert str(tmp_path) not in str(receipt.details), "where the copy lies is of this machine only"


def test_a_relay_that_is_joined_late_ends_when_it_should_have_ended(
    tmp_path: Path, server: Server
) -> None:
    server.answers(STREAM, then_stall=True)
    station = Station(tmp_path, private_hosts=(HOST,))
    in_step(station)
    prepared = station.radio.prepare(relay(server, AT + timedelta(seconds=5)))
    station.clock.sleep(12.0)
    receipt = station.radio.deliver(prepared, sending())
    assert receipt.started_at == AT + timedelta(seconds=2)
    assert receipt.ended_at == AT + timedelta(seconds=5)


def test_a_dead_stream_is_stood_in_for_and_does_not_count_as_relayed(
    tmp_path: Path, server: Server
) -> None:
    station = Station(tmp_path, private_hosts=(HOST,))
    in_step(station)
    prepared = station.radio.prepare(relay(server, AT + timedelta(seconds=3)))
    with pytest.raises(ChannelError) as caught:
        station.radio.deliver(prepared, sending())
    assert caught.value.kind is ErrorKind.STOP
    assert "chỉ tiếp sóng được 0%" in caught.value.message
    assert [one.name for one in caught.value.artefacts] == ["as-aired.mp3"], "it was heard"
    [recording] = station.recordings()
    aired = pcm.read_wav(recording.read_bytes()) or b""
    assert pcm.seconds(aired) == pytest.approx(3.0)
    assert pcm.peak(aired) > pcm.SILENT


def test_a_stream_in_our_own_network_is_relayed_only_when_its_host_is_named(
    tmp_path: Path, server: Server
) -> None:
    server.answers(STREAM, then_stall=True)
    station = Station(tmp_path)
    in_step(station)
    prepared = station.radio.prepare(relay(server, AT + timedelta(seconds=2)))
    with pytest.raises(ChannelError):
        station.radio.deliver(prepared, sending())
    assert server.asked == []
