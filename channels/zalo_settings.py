"""Section [zalo] of the settings, checked when it is made."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from functools import cached_property
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from channels.redaction import register_secret
from content.errors import Problem, UserError

API_URL = "https://openapi.zalo.me"
OAUTH_URL = "https://oauth.zaloapp.com"

AUDIENCES = ("followers", "groups", "recent")

_MORNING = time(6)
_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True)
class ZaloSettings:
    """One Official Account; the secrets come from the vault or the environment.

    Raises UserError for an unknown audience or unreadable night hours.
    """

    mode: Literal["live", "sandbox"] = "sandbox"
    oa_id: str = ""
    app_id: str = ""
    api_url: str = API_URL
    oauth_url: str = OAUTH_URL
    audience: tuple[str, ...] = ("followers",)
    """"followers": an article broadcast to all; "groups": a message to each of `groups`;
    "recent": a message to each follower who wrote in the last 7 days."""
    groups: tuple[str, ...] = ()
    """Group ids (GMF), one group for each hamlet."""
    night_hours: tuple[str, ...] = ("22:00-06:00",)
    """On the station's wall clock; nothing is sent in them."""
    timezone: str = "Asia/Ho_Chi_Minh"
    author: str = ""
    """The article's author; the station's name where empty."""
    cover_url: str | None = None
    """A public picture for articles without one of their own."""
    image_cache: Path | None = None
    """Where pictures made to fit are kept."""
    app_secret: str = field(default="", repr=False)
    oa_secret: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)
    calls_per_minute: int = 100
    pace_file: Path | None = None
    """Where the calls made so far are kept; None: no limit of our own."""
    timeout: tuple[float, float] = (5, 30)
    """Seconds to connect, seconds between two bytes of the answer."""

    def __post_init__(self) -> None:
        for secret in (self.app_secret, self.oa_secret, self.refresh_token):
            register_secret(secret)
        problems = [*self._audience_problems(), *self._hours_problems()]
        if problems:
            raise UserError("Mục [zalo] của cấu hình có lỗi.", problems=problems)

    def night_ends(self, now: datetime) -> datetime | None:
        """When the night hours that `now` lies in end (aware, the station's zone); None by day."""
        local = now.astimezone(self._zone)
        for start, end in self._nights:
            inside = (
                start <= local.time() < end
                if start <= end
                else local.time() >= start or local.time() < end
            )
            if inside:
                day = local.date() + timedelta(days=start > end and local.time() >= start)
                return datetime.combine(day, end, self._zone)
        return None

    def next_morning(self, now: datetime) -> datetime:
        """06:00 on the station's wall clock, when Zalo itself lets messages through again."""
        local = now.astimezone(self._zone)
        day = local.date() + timedelta(days=local.time() >= _MORNING)
        return datetime.combine(day, _MORNING, self._zone)

    @cached_property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @cached_property
    def _nights(self) -> tuple[tuple[time, time], ...]:
        matches = (_HOURS.fullmatch(hours.strip()) for hours in self.night_hours)
        return tuple((time(int(m[1]), int(m[2])), time(int(m[3]), int(m[4]))) for m in matches if m)

    def _audience_problems(self) -> list[Problem]:
        return [
            Problem(f"Mục [zalo] audience có “{name}” lạ.", f"Hãy dùng: {', '.join(AUDIENCES)}.")
            for name in self.audience
            if name not in AUDIENCES
        ]

    def _hours_problems(self) -> list[Problem]:
        return [
            Problem(
                f"Mục [zalo] night_hours có “{hours}” không đọc được.",
                "Hãy viết dạng “22:00-06:00”.",
            )
            for hours in self.night_hours
            if not _HOURS.fullmatch(hours.strip())
        ]
