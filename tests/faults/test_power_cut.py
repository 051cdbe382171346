"""The power fails during a delivery: nothing doubled, nothing lost, the ledger verifies."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.station import Station, facebook_settings, wait_for, zalo_settings
from tests.servers.facebook import PAGE, TOKEN, FacebookServer, Fault
from tests.servers.zalo import APP_ID, APP_SECRET, OA_ID, REFRESH, ZaloServer

BODY = "Trung tâm Phục vụ hành chính công xã làm việc từ 7 giờ 30 đến 17 giờ."


@pytest.fixture
def facebook() -> Iterator[FacebookServer]:
    with FacebookServer() as server:
        yield server


@pytest.fixture
def zalo() -> Iterator[ZaloServer]:
    with ZaloServer() as server:
        yield server


def facebook_station(home: Path, server: FacebookServer) -> Station:
    return Station(home, **facebook_settings(server.url, PAGE, TOKEN))


def zalo_station(home: Path, server: ZaloServer) -> Station:
    return Station(
        home,
        **zalo_settings(
            server.url, oa_id=OA_ID, app_id=APP_ID, app_secret=APP_SECRET, refresh=REFRESH
        ),
    )


def ready(station: Station, channel: str) -> int:
    station.set_up()
    number = station.approved("Giờ làm việc", BODY)
    station.start()
    return int(station.book(number, channel)["id"])


@pytest.mark.parametrize("fault", [Fault.ACCEPT_THEN_TIMEOUT, Fault.TIMEOUT])
def test_killed_while_facebook_has_not_answered(
    tmp_path: Path, facebook: FacebookServer, fault: Fault
) -> None:
    with facebook_station(tmp_path / "nhà", facebook) as station:
        facebook.fault("feed", fault)
        broadcast = ready(station, "facebook")
        wait_for(lambda: facebook.count("feed") == 1, 30, "the post to leave")
        station.kill()
        assert station.status_of(broadcast) == "sending"
        station.start()
        station.wait_for_status(broadcast, "sent")
        assert len(facebook.posts) == 1
        assert "unknown" in station.outcomes(broadcast)
        assert station.json("evidence", "verify")["ok"]


@pytest.mark.parametrize(
    ("call", "fault"),
    [
        ("create", Fault.ACCEPT_THEN_TIMEOUT),
        ("create", Fault.TIMEOUT),
        ("verify", Fault.TIMEOUT),
        ("token", Fault.TIMEOUT),
    ],
)
def test_killed_in_a_step_of_zalo_before_the_broadcast(
    tmp_path: Path, zalo: ZaloServer, call: str, fault: Fault
) -> None:
    with zalo_station(tmp_path / "nhà", zalo) as station:
        zalo.fault(call, fault)
        broadcast = ready(station, "zalo")
        wait_for(lambda: zalo.count(call) == 1, 30, f"{call} to leave")
        station.kill()
        station.start()
        station.wait_for_status(broadcast, "sent")
        assert len(zalo.broadcasts) == 1
        assert len(zalo.articles) == 1
        assert station.json("evidence", "verify")["ok"]


@pytest.mark.parametrize("fault", [Fault.ACCEPT_THEN_TIMEOUT, Fault.TIMEOUT])
def test_killed_while_zalo_broadcasts_a_person_settles_it(
    tmp_path: Path, zalo: ZaloServer, fault: Fault
) -> None:
    with zalo_station(tmp_path / "nhà", zalo) as station:
        zalo.fault("broadcast", fault)
        broadcast = ready(station, "zalo")
        wait_for(lambda: zalo.count("broadcast") == 1, 30, "the broadcast to leave")
        station.kill()
        station.start()
        station.wait_for_status(broadcast, "unknown")
        wait_for(lambda: "settle" in str(station.json("broadcast", "why", str(broadcast))), 20, "x")
        delivery = str(station.json("broadcast", "list")[0]["deliveries"][0]["id"])
        if fault.accepts:
            station.call("broadcast", "settle", delivery, "--sent", "https://zalo.me/bai")
        else:
            station.call("broadcast", "settle", delivery, "--not-sent")
        station.wait_for_status(broadcast, "sent")
        assert len(zalo.broadcasts) == 1
        assert len(zalo.articles) == 1
        assert station.json("evidence", "verify")["ok"]


def test_killed_in_the_middle_of_sound_it_is_played_again_from_its_start(tmp_path: Path) -> None:
    with Station(tmp_path / "nhà") as station:
        broadcast = ready(station, "radio")
        station.wait_for_status(broadcast, "sending")
        wait_for(lambda: any(recorded(station)), 20, "sound")
        station.kill()
        station.start()
        station.wait_for_status(broadcast, "sent")
        records = [r for r in station.json("evidence", "list") if r["broadcast"] == broadcast]
        assert [r["outcome"] for r in records].count("sent") == 1
        assert "unknown" in [r["outcome"] for r in records]
        assert station.json("evidence", "verify")["ok"]


def test_killed_after_sound_ended_it_is_not_played_again(tmp_path: Path) -> None:
    with Station(tmp_path / "nhà") as station:
        broadcast = ready(station, "radio")
        station.wait_for_status(broadcast, "sent")
        station.kill()
        files = {path: path.stat().st_size for path in recorded(station)}
        station.start()
        wait_for(lambda: station.said().count("daemon.started") == 2, 20, "the second start")
        assert station.stop() == 0
        assert {path: path.stat().st_size for path in recorded(station)} == files
        assert station.outcomes(broadcast).count("sent") == 1


def test_sigterm_in_the_middle_of_sound_ends_within_seconds_and_the_next_start_goes_on(
    tmp_path: Path,
) -> None:
    with Station(tmp_path / "nhà") as station:
        broadcast = ready(station, "radio")
        station.wait_for_status(broadcast, "sending")
        wait_for(lambda: any(recorded(station)), 20, "sound")
        assert station.stop() == 0
        assert station.status_of(broadcast) == "ready"
        station.start()
        station.wait_for_status(broadcast, "sent")
        assert station.outcomes(broadcast).count("sent") == 1
        assert station.json("evidence", "verify")["ok"]


def test_sigterm_while_facebook_hangs_ends_within_seconds_and_nothing_is_doubled(
    tmp_path: Path, facebook: FacebookServer
) -> None:
    with facebook_station(tmp_path / "nhà", facebook) as station:
        facebook.fault("feed", Fault.ACCEPT_THEN_TIMEOUT)
        broadcast = ready(station, "facebook")
        wait_for(lambda: facebook.count("feed") == 1, 30, "the post to leave")
        asked = time.monotonic()
        assert station.stop() == 0
        assert time.monotonic() - asked < 15
        assert station.status_of(broadcast) == "sending"
        station.start()
        station.wait_for_status(broadcast, "sent")
        assert len(facebook.posts) == 1


def test_a_platform_that_is_down_for_a_while_gets_the_post_once_when_it_is_back(
    tmp_path: Path,
) -> None:
    with FacebookServer() as gone:
        port = int(gone.url.rsplit(":", 1)[1])
    with facebook_station(tmp_path / "nhà", gone) as station:
        broadcast = ready(station, "facebook")
        wait_for(lambda: station.outcomes(broadcast).count("ready") > 5, 40, "several tries")
        with FacebookServer(port) as back:
            station.wait_for_status(broadcast, "sent")
            assert len(back.posts) == 1
        assert station.json("evidence", "verify")["ok"]


def test_a_second_daemon_on_the_same_home_refuses_to_start(tmp_path: Path) -> None:
    with Station(tmp_path / "nhà") as station:
        station.set_up()
        station.start()
        wait_for(lambda: "daemon.started" in station.said(), 20, "the daemon")
        done = station.attempt("run")
        assert done.returncode == 1
        assert "đã chạy" in done.stderr
        assert station.json("status")["daemon"] is not None


def test_a_change_made_by_the_command_line_reaches_the_daemon_within_a_second(
    tmp_path: Path,
) -> None:
    with Station(tmp_path / "nhà") as station:
        station.set_up()
        number = station.approved("Giờ làm việc", BODY)
        station.start()
        wait_for(lambda: "daemon.started" in station.said(), 20, "the daemon")
        broadcast = int(station.book(number, "facebook")["id"])
        booked = time.monotonic()
        page = station.home / "sandbox"
        wait_for(lambda: page.exists() and any(page.iterdir()), 10, "the page")
        assert time.monotonic() - booked < 1.0
        station.wait_for_status(broadcast, "sent")
        assert all(
            r["simulated"] for r in station.json("evidence", "list") if r["outcome"] == "sent"
        )


def test_planted_tokens_are_nowhere_in_what_the_station_leaves(
    tmp_path: Path, facebook: FacebookServer
) -> None:
    with facebook_station(tmp_path / "nhà", facebook) as station:
        facebook.fault("feed", Fault.EXPIRED_TOKEN)
        broadcast = ready(station, "facebook")
        wait_for(lambda: facebook.count("feed") >= 1, 30, "the post to leave")
        wait_for(lambda: station.status_of(broadcast) == "ready", 20, "the answer")
        station.stop()
        for path in station.home.rglob("*"):
            if path.is_file():
                assert TOKEN.encode() not in path.read_bytes(), path
        assert TOKEN not in station.said()


def recorded(station: Station) -> list[Path]:
    return [path for path in (station.home / "air").rglob("*.wav") if path.stat().st_size > 20_000]
