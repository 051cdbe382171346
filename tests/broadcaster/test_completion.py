"""One rule of completion: reports and `plan status` give the same figures for the same task."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.broadcaster.desks import Desk
from tests.broadcaster.test_plan_progress import air, photo
from tests.shared_data import PLANS

SAME = ("needed", "done", "completion", "assumed")


def both(desk: Desk, plan: int) -> tuple[dict[str, Any], dict[str, Any], list[dict[str, Any]]]:
    """The report over the plan's own days, the plan's score and its tasks."""
    known = next(one for one in desk.json("plan", "list") if one["id"] == plan)
    period = f"{known['period']['start']}..{known['period']['end']}"
    report = desk.json("report", "--period", period, "--plan", str(plan))
    score = desk.json("plan", "status", str(plan), "--score")
    return report, score, desk.json("plan", "status", str(plan))


def agree(report: dict[str, Any], score: dict[str, Any], status: list[dict[str, Any]]) -> None:
    by_number = {one["no"]: one for one in report["tasks"]}
    assert by_number.keys() == {one["no"] for one in status}
    for one in status:
        told = by_number[one["no"]]
        assert {name: told[name] for name in SAME} == {name: one[name] for name in SAME}
        assert told["counted"] == one["counted"]
    figures = report["figures"]
    assert figures["tasks.counted"]["value"] == score["tasks"]
    assert figures["tasks.done"]["value"] == score["done"]
    if score["tasks"]:
        assert figures["tasks.share"]["value"] == pytest.approx(score["completion"], abs=1e-4)


def test_a_home_with_evidence_of_all_kinds(planned_desk: Desk) -> None:
    planned_desk.approved("Giờ làm việc", "2")
    planned_desk.ok("schedule", "build", "--week", "next")
    air(planned_desk, simulated=False, count=3)
    proof = planned_desk.file("a.jpg", photo())
    number = planned_desk.json("evidence", "add", proof, "--task", "3")["seq"]
    report, score, status = both(planned_desk, 1)
    agree(report, score, status)
    assert score["done"] == 1
    assert next(one for one in status if one["no"] == "2")["done"] > 0

    planned_desk.ok("evidence", "correct", str(number), "--withdraw", "--note", "ảnh nhầm")
    aired = next(one for one in status if one["no"] == "2")["evidence"][0]
    planned_desk.ok("evidence", "correct", str(aired), "--withdraw", "--note", "phát nhầm")
    after = both(planned_desk, 1)
    agree(*after)
    assert after[1]["done"] == 0
    assert [one["done"] for one in after[2] if one["no"] == "2"] < [
        one["done"] for one in status if one["no"] == "2"
    ]


@pytest.mark.skipif(not PLANS.is_dir(), reason="the shared plans are not beside the checkout")
def test_every_shared_plan(planned_desk: Desk, tmp_path: Path) -> None:
    for number, path in enumerate(sorted(PLANS.iterdir()), start=2):
        planned_desk.ok("plan", "import", str(path))
        agree(*both(planned_desk, number))
