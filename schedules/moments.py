"""Reads the days and times that people type: "thứ 2, thứ 4", "5h30", "23/11/2026 17:00"."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cache
from importlib.resources import files

from content.errors import UserError

_RANGE = re.compile(r"\s*(?:-|–|—|\.\.|\bđến\b|\bden\b|\btới\b|\btoi\b|\bto\b)\s*")
_LIST = re.compile(r"\s*(?:[,;/&+]|\bvà\b|\bva\b|\band\b)\s*")


def read_weekdays(text: str) -> tuple[int, ...]:
    """Read "daily", "mon-fri", "t2-t6", "thứ 2, thứ 4", "mon,wed,sun", "hằng ngày".

    Returns 0 = Monday … 6 = Sunday, ascending, each once. A range may run over the week's end
    ("t6-t2"). Raises UserError.
    """
    wanted = re.sub(r"^(?:từ|from)\s+", "", _tidy(text))
    days: set[int] = set()
    for part in _LIST.split(wanted):
        days.update(_read_days(part, text))
    return tuple(sorted(days))


_CLOCK = re.compile(
    r"(?P<hour>\d{1,2})\s*(?::|h|g|giờ|gio)\s*(?:(?P<minute>\d{1,2})\s*(?:'|p|ph|phút|phut)?)?"
    r"(?::(?P<second>\d{2})(?:[.,]\d+)?)?(?P<half>rưỡi)?"
    r"\s*(?P<part>sáng|sang|trưa|trua|chiều|chieu|tối|toi|đêm|dem|am|pm)?",
    re.ASCII,
)
_BARE_HOUR = re.compile(r"(\d{1,2})\s*(am|pm|sáng|trưa|chiều|tối|đêm)", re.ASCII)
_AFTERNOON = ("chiều", "chieu", "tối", "toi", "pm")
_NIGHT = ("đêm", "dem")
_MORNING = ("sáng", "sang", "am")


def read_time_of_day(text: str) -> time:
    """Read "05:30", "5h30", "17h", "17 giờ 30", "5h chiều". Raises UserError.

    Seconds are refused unless they are zero: an opening begins on a minute.
    """
    found = _read_clock(_tidy(text))
    if found is None:
        raise UserError(f"Không hiểu giờ “{text}”.", "Hãy ghi như 05:30, 5h30 hoặc 17h.")
    if found.second:
        raise UserError(f"Giờ “{text}” có giây lẻ.", "Hãy ghi giờ và phút, như 05:30.")
    return found


_DAY_FORMS = (
    re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})", re.ASCII),
    re.compile(r"(?P<day>\d{1,2})[/.-](?P<month>\d{1,2})[/.-](?P<year>\d{4})", re.ASCII),
)


def read_day(text: str) -> date | None:
    """Read "2026-11-23" or "23/11/2026"; None for text that is no date at all.

    Raises UserError for a date that the calendar does not have.
    """
    for form in _DAY_FORMS:
        if match := form.fullmatch(_tidy(text)):
            try:
                return date(int(match["year"]), int(match["month"]), int(match["day"]))
            except ValueError:
                raise UserError(
                    f"Lịch không có ngày “{text.strip()}”.", "Hãy kiểm tra lại ngày và tháng."
                ) from None
    return None


def require_day(text: str) -> date:
    """`read_day` for what must be a date. Raises UserError."""
    if (day := read_day(text)) is None:
        raise UserError(f"Không hiểu ngày “{text}”.", "Hãy ghi như 14/12/2026.")
    return day


_NOW = ("now", "ngay", "ngay bây giờ", "bây giờ", "ngay lập tức")
_NEAR_DAYS = {"hôm nay": 0, "today": 0, "nay": 0, "ngày mai": 1, "mai": 1, "tomorrow": 1}
_YEARS_AHEAD = 5
"""Further ahead than any plan runs: a slip of the keys."""
_OFFSET = re.compile(r"\s*(z|[+-]\d{2}:?\d{2})$", re.ASCII)


def read_moment(text: str, now: datetime, zone: tzinfo) -> datetime:
    """Read when a one-off broadcast shall begin; aware UTC, to the second.

    "2026-11-23 05:30", "2026-11-23T05:30:15+07:00", "23/11/2026 17:00", "17h ngày 23/11/2026",
    "mai 5h30", "17:00" (its next occurrence, today or tomorrow), "now"/"ngay" (`now` itself).
    Without an offset the time is `zone`'s. Raises UserError when it cannot be read, does not
    exist, or has passed.
    """
    wanted = _tidy(text)
    if wanted in _NOW:
        return now.astimezone(UTC)
    wanted, offset = _take_offset(wanted, zone)
    day, clock = _split_moment(wanted, text, now.astimezone(offset).date())
    if day is None:
        return _next_occurrence(clock, text, now, offset)
    moment = _on_the_clock(day, clock, offset, text)
    if moment < now:
        raise UserError(
            f"{moment.astimezone(zone):%H:%M:%S ngày %d/%m/%Y} đã qua.",
            "Hãy chọn một giờ sắp tới, hoặc ghi “now” để phát ngay.",
        )
    if day.year > now.year + _YEARS_AHEAD:
        raise UserError(f"Ngày {day:%d/%m/%Y} quá xa.", "Hãy kiểm tra lại năm.")
    return moment


def _tidy(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).lower().split())


def _read_days(part: str, whole: str) -> tuple[int, ...]:
    if part in _weekday_words():
        return _weekday_words()[part]
    ends = _RANGE.split(part)
    if len(ends) == 2:
        # "thứ 2-6" and "t2-6": the second end may leave its word out.
        first, last = (_single_day(end, whole) for end in ends)
        return tuple((first + step) % 7 for step in range((last - first) % 7 + 1))
    return tuple(_single_day(word, whole) for word in _words_of(part, whole))


def _words_of(part: str, whole: str) -> list[str]:
    """ "t2 t4 t6" and "mon wed" as single words; a part that is one unknown word stays one."""
    words = part.split()
    if len(words) > 1 and all(word in _weekday_words() for word in words):
        return words
    return [part]


def _single_day(word: str, whole: str) -> int:
    days = _weekday_words().get(word, ())
    if len(days) != 1:
        raise UserError(
            f"Không hiểu ngày “{word or whole}” trong “{whole}”.",
            "Hãy ghi như daily (hằng ngày), mon-fri, t2-t6, hoặc “thứ 2, thứ 4, chủ nhật”.",
        )
    return days[0]


@cache
def _weekday_words() -> dict[str, tuple[int, ...]]:
    words: dict[str, tuple[int, ...]] = {}
    table = files("schedules").joinpath("weekdays.tsv").read_text("utf-8")
    for line in table.splitlines():
        if not line.startswith("#"):
            numbers, *names = line.split("\t")
            first, _, last = numbers.partition("-")
            days = tuple(range(int(first), int(last or first) + 1))
            # Typed without diacritics it is understood too, except "thu" (English Thursday).
            words.update({_bare(name): days for name in names if _bare(name) not in words})
            words.update(dict.fromkeys(names, days))
    return words


def _bare(text: str) -> str:
    letters = unicodedata.normalize("NFD", text.replace("đ", "d"))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _read_clock(wanted: str) -> time | None:
    """A time of day with its seconds; None where the text is none."""
    if match := _CLOCK.fullmatch(wanted):
        if match["half"] and match["minute"]:
            return None
        if ":" in wanted and not match["minute"]:
            return None
        minute = 30 if match["half"] else int(match["minute"] or 0)
        return _clock(int(match["hour"]), minute, int(match["second"] or 0), match["part"])
    if match := _BARE_HOUR.fullmatch(wanted):
        return _clock(int(match[1]), 0, 0, match[2])
    return None


def _clock(hour: int, minute: int, second: int, part: str | None) -> time | None:
    if part in ("tối", "toi") and hour == 12:
        return None  # noon or midnight: nobody can tell
    if part in _AFTERNOON and hour < 12:
        hour += 12
    elif part in _NIGHT:
        hour = hour % 12 + (12 if hour % 12 >= 7 else 0)
    elif part == "am" and hour == 12:
        hour = 0
    elif part in _MORNING and hour > 12:
        return None
    if hour > 23 or minute > 59 or second > 59:
        return None
    return time(hour, minute, second)


def _take_offset(wanted: str, zone: tzinfo) -> tuple[str, tzinfo]:
    # Only after a time of day: the "-2026" of "23-11-2026" is no offset.
    match = _OFFSET.search(wanted)
    if match is None or not re.search(r"\d:\d\d(?::\d\d(?:[.,]\d+)?)?$", wanted[: match.start()]):
        return wanted, zone
    try:
        offset = datetime.strptime(match[1].upper(), "%z").tzinfo
    except ValueError:
        return wanted, zone
    return wanted[: match.start()], offset or zone


def _split_moment(wanted: str, text: str, today: date) -> tuple[date | None, time]:
    """The day, where one is given, and the time of day, in either order; raises UserError."""
    if (clock := _read_clock(wanted)) is not None:
        return None, clock
    if (day := _read_any_day(wanted, today)) is not None:
        raise UserError(
            f"“{text}” thiếu giờ.", f"Hãy ghi thêm giờ, như “{day.strftime('%d/%m/%Y')} 05:30”."
        )
    for cut in re.finditer(r"(?<=\d)t(?=\d)|\s+(?:lúc\s+|ngày\s+)?|,\s*", wanted):
        left, right = wanted[: cut.start()], wanted[cut.end() :]
        for first, second in ((left, right), (right, left)):
            day, clock = _read_any_day(first, today), _read_clock(second)
            if day is not None and clock is not None:
                return day, clock
    raise _unread(text)


def _read_any_day(text: str, today: date) -> date | None:
    if text in _NEAR_DAYS:
        return today + timedelta(days=_NEAR_DAYS[text])
    return read_day(text)


def _next_occurrence(clock: time, text: str, now: datetime, zone: tzinfo) -> datetime:
    today = now.astimezone(zone).date()
    moment = _on_the_clock(today, clock, zone, text)
    return moment if moment >= now else _on_the_clock(today + timedelta(days=1), clock, zone, text)


def _on_the_clock(day: date, clock: time, zone: tzinfo, text: str) -> datetime:
    local = datetime.combine(day, clock, zone)
    try:
        moment = local.astimezone(UTC)
        exists = moment.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None)
    except OverflowError:
        exists = False
    if not exists:
        raise UserError(f"Không có giờ “{text}” trên đồng hồ của đài.", "Hãy chọn giờ khác.")
    return moment


def _unread(text: str) -> UserError:
    return UserError(
        f"Không hiểu thời điểm “{text}”.",
        "Hãy ghi như “23/11/2026 17:00”, “2026-11-23 05:30”, “17:00” hoặc “now”.",
    )
