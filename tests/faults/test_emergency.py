"""An emergency through the real command line and daemon."""

from __future__ import annotations

import time
from pathlib import Path

from tests.faults.station import LEADER, Station, wait_for
from tests.faults.test_power_cut import recorded

LONG = "Ủy ban nhân dân xã thông báo lịch tiếp công dân tuần này tới bà con. " * 6


def test_it_cuts_the_programme_is_said_and_the_programme_goes_on(tmp_path: Path) -> None:
    with Station(tmp_path / "nhà") as station:
        station.set_up()
        number = station.approved("Bản tin dài", LONG)
        station.start()
        plan = int(station.book(number, "radio")["id"])
        station.wait_for_status(plan, "sending")
        wait_for(lambda: bool(recorded(station)), 30, "sound")
        before = time.monotonic()
        alarm = station.json("emergency", "Nước sông dâng cao.", "--repeat", "1", "--as", LEADER)
        station.wait_for_status(alarm["id"], "sent", seconds=30)
        assert time.monotonic() - before < 20
        assert "ready" in station.outcomes(plan)
        station.wait_for_status(plan, "sent", seconds=90)
        assert station.outcomes(plan).count("sent") == 1
        decisions = str(station.json("broadcast", "why", str(plan))["decisions"])
        assert "nhường cho tin khẩn cấp" in decisions
        assert station.json("evidence", "verify")["ok"]


def test_it_sounds_in_quiet_hours_and_a_cancel_cuts_it(tmp_path: Path) -> None:
    quiet = '["00:00-12:00", "12:00-24:00"]'
    with Station(tmp_path / "nhà", broadcast__quiet_hours=quiet) as station:
        station.set_up()
        station.start()
        alarm = int(station.json("emergency", LONG, "--as", LEADER)["id"])
        station.wait_for_status(alarm, "sending")
        wait_for(lambda: bool(recorded(station)), 30, "sound")
        station.call("broadcast", "cancel", str(alarm), "--as", LEADER)
        station.wait_for_status(alarm, "cancelled", seconds=20)
        assert "sent" not in station.outcomes(alarm)


def test_only_an_approver_may_raise_it_and_the_reason_is_in_the_evidence(tmp_path: Path) -> None:
    with Station(tmp_path / "nhà") as station:
        station.set_up()
        station.call("person", "add", "Hoa", "--role", "editor")
        refused = station.attempt("emergency", "Cháy rừng.", "--as", "Hoa")
        assert refused.returncode == 1
        assert "người duyệt" in refused.stderr
        station.json("emergency", "Cháy rừng.", "--reason", "lệnh huyện", "--as", LEADER)
        records = [r for r in station.json("evidence", "list") if r["details"].get("emergency")]
        assert records[0]["details"]["person"] == LEADER
        assert records[0]["details"]["reason"] == "lệnh huyện"


def test_a_very_long_one_sounds_at_once_and_what_was_heard_is_kept(tmp_path: Path) -> None:
    with Station(tmp_path / "nhà") as station:
        station.set_up()
        station.start()
        file = station.home / "khẩn.txt"
        file.write_text("Nước sông dâng cao, bà con khẩn trương di dời. " * 600, encoding="utf-8")
        booked = station.json("emergency", str(file), "--repeat", "1", "--as", LEADER)
        wait_for(
            lambda: bool(recorded(station)), 8, "the first sound"
        )  # rendering takes far longer
        wait_for(
            lambda: recorded(station)[0].stat().st_size > 3 * 44_100, 15, "three seconds of it"
        )
        station.call("broadcast", "cancel", str(booked["id"]))
        station.wait_for_status(booked["id"], "cancelled", seconds=20)
        [record] = [r for r in station.json("evidence", "list") if r["details"].get("live")]
        assert record["details"]["seconds"] > 3
        assert record["details"]["waited_ms"] == 0
