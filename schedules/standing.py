"""How a task stands today: done, on its way, at risk, late (pure)."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from importlib.resources import files

from schedules.quota import Quota, Window


class State(StrEnum):
    """Of a task: xong, chưa đến kỳ, đúng tiến độ, có nguy cơ, quá hạn."""

    DONE = "done"
    UPCOMING = "upcoming"
    ON_TIME = "on_time"
    AT_RISK = "at_risk"
    LATE = "late"


STATE_LABELS = {
    State.DONE: "hoàn thành",
    State.UPCOMING: "chưa đến kỳ",
    State.ON_TIME: "đúng tiến độ",
    State.AT_RISK: "có nguy cơ",
    State.LATE: "quá hạn",
}


@dataclass(frozen=True, slots=True)
class Work:
    """What a task wants and has. Airings are the machine's, proofs are people's."""

    quota: Quota
    airings_needed: int
    airings: int
    proofs_needed: int
    proofs: int
    bulletins: int
    """Approved ones for it."""

    @property
    def needed(self) -> int:
        return self.airings_needed + self.proofs_needed

    @property
    def done(self) -> int:
        """Never more than what is asked for: surplus in one kind does not make up for the other."""
        return min(self.airings, self.airings_needed) + min(self.proofs, self.proofs_needed)

    @property
    def share(self) -> float:
        """0 to 1."""
        return self.done / self.needed if self.needed else 1.0


@dataclass(frozen=True, slots=True)
class Standing:
    """The verdict on one task, and why (Vietnamese, empty when all is well)."""

    state: State
    why: str = ""


def judge(work: Work, today: date, remind_days: int) -> Standing:
    """How the task stands on this day of the station."""
    windows = work.quota.windows
    if work.done >= work.needed:
        return Standing(State.DONE)
    last = last_day(windows)
    if last is not None and today > last:
        return Standing(State.LATE, f"hết hạn {last:%d/%m/%Y}, còn thiếu {_missing(work)}")
    if windows and today < windows[0][0]:
        return Standing(State.UPCOMING)
    if reason := _risk(work, today, last, remind_days):
        return Standing(State.AT_RISK, reason)
    return Standing(State.ON_TIME)


def last_day(windows: Sequence[Window]) -> date | None:
    """The end of the last window; None for a task without a time."""
    return windows[-1][1] if windows else None


def reminders(work: Work, today: date, remind_days: int) -> Window | None:
    """The window that ends within so many days while something is missing in it; None: no need."""
    if work.done >= work.needed:
        return None
    for first, last in work.quota.windows:
        if first <= today <= last and (last - today).days < remind_days:
            return first, last
    return None


def manual_forms() -> dict[str, str]:
    """The forms that people carry out, and what they are called."""
    return dict(_forms())


def proofs_needed(channels: Sequence[str], known: Container[str], quota: Quota) -> int:
    """How many proofs people owe: the quota where no channel is a machine's, else one a form."""
    if channels and not any(name in known for name in channels):
        return quota.total
    return len({name for name in channels if name in _forms() and name not in known})


@cache
def _forms() -> dict[str, str]:
    text = files("schedules").joinpath("data/manual_forms.toml").read_text("utf-8")
    forms: dict[str, str] = tomllib.loads(text)["forms"]
    return forms


def _risk(work: Work, today: date, last: date | None, remind_days: int) -> str:
    due = math.floor(work.airings_needed * _elapsed(work.quota.windows, today))
    if work.airings < due:
        reason = f"chậm {due - work.airings} lượt so với tiến độ"
        return reason if work.bulletins else f"{reason}, chưa có bản tin nào được duyệt"
    if work.proofs < (due := math.floor(work.proofs_needed * _elapsed(work.quota.windows, today))):
        return f"chậm {due - work.proofs} minh chứng so với tiến độ"
    if work.airings < work.airings_needed and not work.bulletins:
        return "chưa có bản tin nào được duyệt"
    if last is not None and (last - today).days < remind_days:
        return f"còn {(last - today).days + 1} ngày, còn thiếu {_missing(work)}"
    return ""


def _missing(work: Work) -> str:
    airings = max(0, work.airings_needed - work.airings)
    proofs = max(0, work.proofs_needed - work.proofs)
    parts = [f"{airings} lượt phát"] * bool(airings) + [f"{proofs} minh chứng"] * bool(proofs)
    return ", ".join(parts)


def _elapsed(windows: Sequence[Window], today: date) -> float:
    """Part of the windows' days that were over before `today`."""
    whole = sum((last - first).days + 1 for first, last in windows)
    yesterday = today - timedelta(days=1)
    passed = sum(max(0, (min(last, yesterday) - first).days + 1) for first, last in windows)
    return passed / whole if whole else 0.0
