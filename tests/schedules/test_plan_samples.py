"""Plans of our own, each laid out in another way, against truth that was checked by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from schedules.plan_reader import PlanDocument, read_plan, read_plan_bytes
from tests.schedules.written_plans import as_docx, as_pdf

SAMPLES = sorted((Path(__file__).parent / "plan_samples").glob("*.txt"))
TIME = ("text", "kind", "windows", "due", "recurrence", "at_least", "unread")


def _facts(plan: PlanDocument) -> dict[str, Any]:
    value = plan.to_json()
    value["warnings"] = [[w["code"], w["line"]] for w in value["warnings"]]
    for task in value["tasks"]:
        task["timeframe"] = {key: task["timeframe"][key] for key in TIME}
    return value


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_plan_of_another_layout_is_read_whole(path: Path) -> None:
    truth = json.loads(path.with_suffix(".json").read_text("utf-8"))
    assert _facts(read_plan(path.read_text("utf-8"), path.name)) == truth


@pytest.mark.parametrize("write", [as_docx, as_pdf], ids=["docx", "pdf"])
@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_and_says_the_same_as_a_document(path: Path, write: Any) -> None:
    text = path.read_text("utf-8")
    left = _facts(read_plan(text, path.name))
    right = _facts(read_plan_bytes(write(text), path.name))
    for value in (left, right):
        value["warnings"] = sorted(code for code, _ in value["warnings"])
    assert right == left
