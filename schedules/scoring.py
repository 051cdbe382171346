"""The points that a plan earns, by the rules of data/scoring.toml (pure)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True)
class Tally:
    """What is scored: proved work only."""

    tasks: int
    done: int
    airings: Mapping[str, int]
    """By channel; forms carried out by people count under their own names."""
    people: int = 0
    """Reached face to face, as the proofs say."""


@dataclass(frozen=True, slots=True)
class Score:
    """One rule's answer."""

    code: str
    name: str
    source: str
    points: float
    most: float
    how: str
    """Vietnamese: from which figures."""


def scores(tally: Tally) -> list[Score]:
    """Every rule of the data file, in its order."""
    return [_score(rule, tally) for rule in _rules()]


def task_points(tasks: int) -> float:
    """What one finished task adds to the completion rule before its floor: an equal share."""
    rule = next(rule for rule in _rules() if rule["kind"] == "completion")
    return float(rule["most"]) / tasks if tasks else 0.0


def _score(rule: dict[str, Any], tally: Tally) -> Score:
    points, how = {
        "completion": _completion,
        "diversity": _diversity,
        "airings": _airings,
        "people": _people,
    }[rule["kind"]](rule, tally)
    return Score(
        rule["code"], rule["name"], rule["source"], round(points, 2), float(rule["most"]), how
    )


def _completion(rule: dict[str, Any], tally: Tally) -> tuple[float, str]:
    share = tally.done / tally.tasks if tally.tasks else 0.0
    how = f"{tally.done}/{tally.tasks} nhiệm vụ, {100 * share:.0f} %"
    if share < rule["floor"]:
        return 0.0, f"{how} (dưới {100 * rule['floor']:.0f} %: không có điểm)"
    return rule["most"] * share, how


def _diversity(rule: dict[str, Any], tally: Tally) -> tuple[float, str]:
    used = [
        part
        for part in rule["part"]
        if any(tally.airings.get(channel) for channel in part["channels"])
    ]
    points = sum(part["points"] for part in used)
    return points, ", ".join(part["name"] for part in used) or "chưa có hình thức nào"


def _airings(rule: dict[str, Any], tally: Tally) -> tuple[float, str]:
    count = sum(tally.airings.get(channel, 0) for channel in rule["channels"])
    return _step(rule, count), f"{count} lượt"


def _people(rule: dict[str, Any], tally: Tally) -> tuple[float, str]:
    return _step(rule, tally.people), f"{tally.people} người"


def _step(rule: dict[str, Any], count: int) -> float:
    return next((points for least, points in rule["steps"] if count >= least), 0.0)


@cache
def _rules() -> tuple[dict[str, Any], ...]:
    text = files("schedules").joinpath("data/scoring.toml").read_text("utf-8")
    return tuple(tomllib.loads(text)["rule"])
