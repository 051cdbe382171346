"""Three days of station life in seconds; `python -m tests.faults.soak` lives a month."""

from __future__ import annotations

from pathlib import Path

from broadcaster.delivery import FINAL
from broadcaster.records import DeliveryStatus as Status
from tests.faults.soak import Month


def test_every_delivery_is_accounted_for_and_nothing_grows(tmp_path: Path) -> None:
    with Month(tmp_path) as month:
        rows = month.live(3)
    assert len(rows) == 3 * 2 * 7
    assert all(Status(row.status) in FINAL for row in rows)
    assert month.tally.faults == []
    handles = [count for _, count, _ in month.evenings]
    assert handles[-1] <= handles[0] + 3
    assert month.slope() < 10
