"""What the platforms last said about the station's accounts: token, package, quota, with its time.

Pre-flight reads it without the Internet; the daemon and `channel check` renew it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from broadcaster.app import App
from broadcaster.caretaker import Aside
from broadcaster.evidence import iso
from broadcaster.logs import get_logger
from channels.base import Health, Quota
from content.files import write_atomically

log = get_logger(__name__)

PLATFORMS = ("facebook", "zalo")
"""The channels where the station holds an account that somebody else may close."""

_OLD = timedelta(days=7)
"""What was said longer ago is no longer believed."""
_RENEWED = timedelta(hours=6)
_FIRST_SECONDS = 60.0
"""After a start the broadcasts come first, which may be late already."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The lines of the last look that reached the platform."""

    at: datetime
    lines: Sequence[Health]


@dataclass(frozen=True, slots=True)
class Planned:
    """A delivery that is meant to go out: where, and on which day (None: not known yet)."""

    target: str
    day: date | None = None


class Accounts:
    """The daemon's chore: asks the networks a few times a day, in a thread of its own."""

    name = "accounts"
    every = 300.0

    def __init__(self, app: App) -> None:
        self._app = app
        self._asked: dict[str, datetime] = {}
        self._not_before = app.clock.monotonic() + _FIRST_SECONDS
        self.aside = Aside(self.name)

    def look(self) -> None:
        if self._app.clock.monotonic() < self._not_before:
            return
        due = [name for name in PLATFORMS if self._is_due(name)]
        if due and not self.aside.is_busy:
            self.aside.begin(lambda: self._ask(due))

    def leave(self) -> None:
        """Nothing is changed outside: it may be left at any line."""

    def _is_due(self, name: str) -> bool:
        if self._app.channels[name].simulated:
            return False
        known = standing(self._app, name)
        times = [
            *([known.at] if known else []),
            *([self._asked[name]] if name in self._asked else []),
        ]
        return not any(timedelta(0) <= self._app.clock.now() - one < _RENEWED for one in times)

    def _ask(self, names: Iterable[str]) -> None:
        for name in names:
            self._asked[name] = self._app.clock.now()
            try:
                lines = check(self._app, name)
            except Exception:
                # The thread's boundary; it is asked again after some hours.
                log.exception("account.not_asked", channel=name)
            else:
                log.info("account.asked", channel=name, ok=all(line.ok for line in lines))


def check(app: App, name: str) -> Sequence[Health]:
    """Ask the platform, and keep its answer where there was one."""
    lines = app.channels[name].check()
    if name in PLATFORMS and not app.channels[name].simulated and all(one.reached for one in lines):
        kept = {"at": iso(app.clock.now()), "lines": [asdict(line) for line in lines]}
        write_atomically(_file(app, name), json.dumps(kept, default=str).encode())
    return lines


def standing(app: App, name: str) -> Standing | None:
    """The last answer; None where there is none that can be read."""
    try:
        kept = json.loads(_file(app, name).read_bytes())
        return Standing(datetime.fromisoformat(kept["at"]), [_line(one) for one in kept["lines"]])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def problems(app: App, name: str, planned: Sequence[Planned]) -> list[str]:
    """Why an account would refuse what is planned on it, as far as is known (Vietnamese)."""
    if name not in PLATFORMS or app.channels[name].simulated or not planned:
        return []
    known, ask = standing(app, name), f"hãy chạy: broadcaster channel check {name}"
    if known is None:
        return [f"Chưa biết tài khoản có gửi được không (quyền, gói, hạn mức); {ask}."]
    age = app.clock.now() - known.at
    if not timedelta(0) <= age < _OLD:
        return [f"Tài khoản được kiểm tra lần cuối ngày {_day(app, known.at)}, đã lâu; {ask}."]
    said = f" (kiểm tra lúc {known.at.astimezone(app.zone):%H:%M %d/%m})"
    today = app.clock.now().astimezone(app.zone).date()
    against = [one for line in known.lines for one in _against(line, planned, today)]
    return [f"{one.rstrip('.')}{said}." for one in against]


def _against(line: Health, planned: Sequence[Planned], today: date) -> list[str]:
    """A line with a last day is judged by it: what ends soon stands against later days only."""
    found = []
    if line.until is not None:
        late = [day for one in planned if (day := one.day or today) > line.until]
        if late:
            end = f"{line.until:%d/%m/%Y}"
            found.append(f"{line.name} hết hạn ngày {end}, trước buổi đăng {min(late):%d/%m/%Y}")
    elif not line.ok:
        found.append(line.message)
    if (quota := line.quota) is not None:
        wanted = quota.each * sum(one.target == quota.target for one in planned)
        if line.ok and wanted > quota.left:
            found.append(f"{line.name} còn {quota.left} tin, các buổi đã xếp cần {wanted} tin")
    return found


def _line(kept: Mapping[str, Any]) -> Health:
    until, quota = kept.get("until"), kept.get("quota")
    return Health(
        str(kept["name"]),
        ok=bool(kept["ok"]),
        message=str(kept["message"]),
        until=date.fromisoformat(until) if until else None,
        quota=Quota(**quota) if quota else None,
    )


def _file(app: App, name: str) -> Path:
    return app.home / "state" / f"account-{name}.json"


def _day(app: App, moment: datetime) -> str:
    return f"{moment.astimezone(app.zone):%d/%m/%Y}"
