"""The station watches its own air through the real command line and daemon."""

from __future__ import annotations

import threading
from pathlib import Path

from tests.channels.radio.fakes import mp3_of, tone
from tests.channels.radio.stream_server import HEAD, Server, server
from tests.faults.station import LEADER, Station, wait_for

__all__ = ["server"]

BODY = "Bộ phận một cửa làm việc cả sáng thứ bảy. Mời bà con tới nhận kết quả."


def test_what_was_aired_is_compared_and_the_proof_stands_in_the_evidence(tmp_path: Path) -> None:
    zones = '{"toan-xa": {"outputs": ["file:air"], "listen": "file"}}'
    with Station(tmp_path / "nhà", radio__zones=zones) as station:
        station.set_up()
        number = station.approved("Lịch làm việc", BODY)
        station.start()
        booked = station.book(number, "radio")
        station.wait_for_status(int(booked["id"]), "sent")

        def checks() -> list[dict[str, object]]:
            return [r for r in station.json("evidence", "list") if r["kind"] == "check"]

        wait_for(lambda: bool(checks()), 30, "the air check")
        [check] = checks()
        assert check["delivery"] == booked["deliveries"][0]["id"]
        assert check["details"]["air_check"]["matched"] is True  # type: ignore[index]
        decisions = str(station.json("broadcast", "why", str(booked["id"]))["decisions"])
        assert "đã nhận đúng chương trình" in decisions
        assert station.json("evidence", "verify")["ok"]


def test_sound_that_nobody_planned_raises_an_alarm_that_status_shows(
    tmp_path: Path, server: Server
) -> None:
    server.answers(HEAD + mp3_of(tone(8.0)), then_stall=True)
    zones = f'{{"thon-1": {{"outputs": ["file:air"], "listen": "{server.url()}"}}}}'
    with Station(tmp_path / "nhà", radio__zones=zones) as station:
        station.set_up()
        station.start()
        wait_for(lambda: "ngoài khung giờ" in station.call("status"), 30, "the alarm")
        kinds = [record["kind"] for record in station.json("evidence", "list")]
        assert kinds.count("alarm") == 1


def test_a_relay_through_the_whole_station(tmp_path: Path, server: Server) -> None:
    server.answers(HEAD + mp3_of(tone(75.0)), then_stall=True)
    settings = {"radio__private_hosts": '["127.0.0.1"]'}
    with Station(tmp_path / "nhà", **settings) as station:
        station.set_up()
        file = station.home / "tiep-song.md"
        head = f"---\ntitle: Tiếp sóng\nchannels: radio\nrelay: {server.url()}\n---\n"
        file.write_text(head + "Chương trình tiếp sóng tạm ngắt.\n", encoding="utf-8")
        number = str(station.json("bulletin", "add", str(file))["id"])
        station.call("bulletin", "submit", number)
        station.call("bulletin", "approve", number, "--as", LEADER)
        station.start()
        command = ("broadcast", "add", number, "--channel", "radio", "--at", "now")
        booked = station.json(*command, "--minutes", "1")
        station.wait_for_status(int(booked["id"]), "sending")
        threading.Event().wait(1.0)
        station.wait_for_status(int(booked["id"]), "sent", seconds=90)
        [sent] = [r for r in station.json("evidence", "list") if r["outcome"] == "sent"]
        assert sent["details"]["stream_share"] > 0.9
        assert sent["details"]["seconds"] <= 60
        assert "as-aired.mp3" in [item["name"] for item in sent["artefacts"]]
