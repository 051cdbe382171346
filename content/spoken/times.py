"""Times of day: "17h30" -> "mười bảy giờ ba mươi phút"."""

from __future__ import annotations

import re

from content.spoken import numbers
from content.spoken.draft import Draft, Kind

_HOURS_MINUTES = re.compile(
    r"(?<![\w.,:/])(?P<hour>\d{1,2})\s?(?:[hHgG]\s?|giờ\s)(?P<minute>\d{1,2})"
    r"(?P<word>\s?(?:phút|ph|p|'))?(?![\w/]|[.,]\d|\s?%)",
)
_CLOCK = re.compile(
    r"(?<![\w.,:/-])(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::[0-5]\d)?(?P<word>\s?[hH](?!\w))?(?![\w:/]|[.,]\d)"
)
_HOURS = re.compile(r"(?<![\w.,:/])(?P<hour>\d{1,4})\s?[hH](?!\w)")
_MINUTES = re.compile(r"(?<![\w.,/'])(\d{1,3})'(?![\w'])")
_RATIO = re.compile(r"(?:t[ỷỉ] (?:lệ|số)|xác suất|bản đồ)\s?(?:là\s)?$", re.IGNORECASE)
_NOT_MINUTES = re.compile(r"\s(?:ngày|tháng|tuần|giờ|hộ|người|thôn)(?!\w)")


def read_times(draft: Draft) -> None:
    """Say clock times; minutes of zero are not said."""
    draft.replace(_HOURS_MINUTES, lambda match: _time(draft, match))
    draft.replace(_CLOCK, lambda match: _clock(draft, match))
    draft.replace(_MINUTES, lambda m: f"{m[1]} {draft.say('phút', Kind.NUMBER)}")
    draft.replace(_HOURS, lambda m: draft.say(f"{numbers.count(m['hour'])} giờ", Kind.TIME))


def _time(draft: Draft, match: re.Match[str]) -> str | None:
    spelt = "giờ" in match[0] and not match["word"]
    if spelt and (len(match["minute"]) < 2 or _NOT_MINUTES.match(match.string, match.end())):
        return None
    return _said(draft, match["hour"], match["minute"])


def _clock(draft: Draft, match: re.Match[str]) -> str | None:
    if _RATIO.search(match.string[max(0, match.start() - 20) : match.start()]):
        return None
    return _said(draft, match["hour"], match["minute"])


def _said(draft: Draft, hour: str, minute: str) -> str | None:
    if int(hour) > 24 or int(minute) > 59:
        return None
    said = f"{numbers.count(str(int(hour)))} giờ"
    if int(minute):
        said += f" {numbers.cardinal(int(minute))} phút"
    return draft.say(said, Kind.TIME)
