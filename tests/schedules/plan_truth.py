"""Every scored field of the plans that have a hand-made truth: what was read, what is true."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from schedules.plan_reader import PlanDocument, read_plan
from tests.shared_data import PLANS, TRUTH


def plans_with_truth() -> list[str]:
    """Their first three letters; none where the shared data is not here."""
    return sorted(path.name[:3] for path in TRUTH.glob("*.json"))


@cache
def read(start: str) -> PlanDocument:
    path = next(PLANS.glob(f"{start}_*.txt"))
    return read_plan(path.read_text("utf-8"), path.name)


@cache
def truth_of(start: str) -> dict[str, Any]:
    path = next(TRUTH.glob(f"{start}_*.json"))
    truth: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return truth


def fields(start: str) -> dict[str, tuple[Any, Any]]:
    """Every scored field: what was read and what is true."""
    plan, truth = read(start), truth_of(start)
    json_form = plan.to_json()
    fields: dict[str, tuple[Any, Any]] = {
        "issuer": (plan.issuer, truth["issuer"]["full"]),
        "number": (plan.number, truth["number"]["number"]),
        "symbol": (plan.symbol, truth["number"]["symbol"]),
        "place": (plan.place, truth["place"]),
        "title": (plan.title, truth["title"]),
        "period": (
            json_form["period"],
            {"start": truth["period"]["start"], "end": truth["period"]["end"]},
        ),
        "signer": (
            json_form["signer"],
            {"name": truth["signer"]["name"], "title": truth["signer"]["title"]},
        ),
        "bases": (
            json_form["bases"],
            [{k: b[k] for k in ("type", "number", "symbol", "date")} for b in truth["bases"]],
        ),
        "units": ([a.unit for a in plan.assignments], [a["unit"] for a in truth["assignments"]]),
        "recipients": (json_form["recipients"], [r["text"] for r in truth["recipients"]]),
        "topics": ([t.text for t in plan.topics], [t["text"] for t in truth["topics"]]),
        "topic numbers": ([t.no for t in plan.topics], [t["no"] for t in truth["topics"]]),
        "annex rows": (
            len([t for t in plan.tasks if t.source == "annex"]),
            len((truth["annex"] or {"rows": []})["rows"]),
        ),
    }
    for part in ("day", "month", "year"):
        fields[part] = (json_form["date"][part], truth["date"][part])
    for topic, true in zip(plan.topics, truth["topics"], strict=True):
        best = topic.code if topic.code in true["topic_codes"] else true["topic_codes"][0]
        fields[f"topic {true['no']}"] = (topic.code, best)
        subs = [s["text"] for s in true.get("sub", [])]
        fields[f"topic {true['no']} below"] = ([s.text for s in topic.sub], subs)
    for form, true in zip(plan.forms, [*truth.get("means", []), *truth["forms"]], strict=True):
        name = f"form {form.no}"
        fields[name] = (set(form.channels), set(true["channels"]))
        fields[f"{name} text"] = (form.text, true["text"])
        subs = [set(s["channels"]) for s in true.get("sub", [])]
        fields[f"{name} below"] = ([set(c) for c in form.sub_channels], subs)
    for mine, true in zip(plan.assignments, truth["assignments"], strict=True):
        fields[f"duties of {mine.unit}"] = ([d.text for d in mine.duties], true["duties"])
    for task, row in zip(plan.tasks, (truth["annex"] or {"rows": []})["rows"], strict=False):
        fields[f"row {row['stt']}"] = (_row(task.no, task), _true_row(row))
    return fields


def _row(no: str, task: Any) -> dict[str, Any]:
    windows = [[a.isoformat(), b.isoformat()] for a, b in task.timeframe.windows]
    return {
        "no": no,
        "texts": [task.content, task.form, task.lead, task.support, task.product],
        "phrase": task.timeframe.text,
        "windows": windows,
        "channels": set(task.channels),
    }


def _true_row(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "no": str(row["stt"]),
        "texts": [row[k] for k in ("content", "form", "lead", "coordinate", "product")],
        "phrase": row["timeframe"],
        "windows": [[row["window"]["start"], row["window"]["end"]]],
        "channels": set(row["channels"]),
    }
