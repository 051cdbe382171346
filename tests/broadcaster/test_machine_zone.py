"""The station's zone stands whatever the machine is set to: no summer time moves a broadcast."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.broadcaster.desks import BULLETIN, Desk, StillClock

BEFORE_SUMMER_TIME_ENDS = datetime(2026, 10, 24, 3, 0, tzinfo=UTC)
"""A Saturday: in Berlin the clocks go back that night, in New York a week later."""
WEEK = "2026-W44"
ZONES = ("Asia/Ho_Chi_Minh", "Europe/Berlin", "America/New_York", "Pacific/Chatham")


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Sets the zone of this machine, as an installer might have left it."""
    monkeypatch.setattr("broadcaster.app.SystemClock", StillClock)
    monkeypatch.setattr(StillClock, "moment", BEFORE_SUMMER_TIME_ENDS, raising=False)

    def set_zone(name: str) -> None:
        monkeypatch.setenv("TZ", name)
        time.tzset()

    yield set_zone
    monkeypatch.undo()
    time.tzset()


def test_the_week_after_a_change_of_clocks_elsewhere_is_the_same_on_every_machine(
    desk: Desk, machine: Callable[[str], None], tmp_path: Path
) -> None:
    desk.approved_text(BULLETIN)
    desk.ok("slot", "add", "--channel", "radio", "--at", "05:30", "--minutes", "15")
    desk.ok("slot", "add", "--channel", "facebook", "--at", "18:00", "--days", "t2,t4,cn")
    said = []
    for zone in ZONES:
        machine(zone)
        built = desk.json("schedule", "build", "--week", WEEK)["items"]
        (sheet,) = desk.json(
            "schedule", "export", "--week", WEEK, "--format", "csv", "-o", tmp_path / zone
        )
        said.append((built, desk.ok("schedule", "show", "--week", WEEK), Path(sheet).read_bytes()))
    assert len(said[0][0]) > 7
    assert all(one == said[0] for one in said)
