"""What the station notices about its own air is told while it happens."""

from __future__ import annotations

import threading
from pathlib import Path

from channels.base import Finding, FindingKind, Watching
from tests.channels.radio.fakes import sending
from tests.channels.radio.test_channel import Station


def noticed(station: Station, many: int) -> list[Finding]:
    """What `watch` tells until it has told so much."""
    found: list[Finding] = []
    stop = threading.Event()

    def take(finding: Finding) -> None:
        found.append(finding)
        if len(found) == many:
            stop.set()

    channel = station.radio
    assert isinstance(channel, Watching)
    timer = threading.Timer(20, stop.set)
    timer.start()
    channel.watch(take, stop)
    timer.cancel()
    return found


def test_a_silence_inside_a_sound_is_told_and_kept_in_the_facts(tmp_path: Path) -> None:
    station = Station(tmp_path, silence_alarm=2.0, pause_sentence=3500)
    prepared = station.prepared("Câu thứ nhất. Câu thứ hai.")
    receipt = station.radio.deliver(prepared, sending())
    [alarm, *_] = noticed(station, 1)
    assert (alarm.kind, alarm.details["alarm"]) == (FindingKind.ALARM, "silence")
    assert alarm.reference == "R7K2"
    assert receipt.details["longest_silence"] == 3.5


def test_an_output_that_fails_is_told_while_the_others_go_on(tmp_path: Path) -> None:
    zones = {"thon": ("file:air", "icecast://source:x@127.0.0.1:1/loa.mp3")}
    station = Station(tmp_path, zones=zones)
    order = sending(zone="thon")
    station.radio.deliver(station.prepared(), order)
    [alarm] = noticed(station, 1)
    assert alarm.details["alarm"] == "output"
    assert "icecast://127.0.0.1:1/loa.mp3" in alarm.message
    assert "source:x" not in alarm.message


def test_the_zones_own_recording_is_compared_with_what_was_approved(tmp_path: Path) -> None:
    station = Station(tmp_path, listen={"toan-xa": "file"})
    station.radio.deliver(station.prepared("Một. Hai ba. Bốn năm sáu. Bảy tám chín."), sending())
    [check] = noticed(station, 1)
    assert check.kind is FindingKind.CHECK
    result = check.details["air_check"]
    assert isinstance(result, dict)
    assert result["matched"] is True
    assert len(station.recordings()) == 1
