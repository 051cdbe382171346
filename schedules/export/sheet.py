"""The printed week as plain values, and the words and shapes that every format shares."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from content.anchor import Anchor

TITLE = "LỊCH PHÁT SÓNG, ĐĂNG TẢI TUYÊN TRUYỀN CẢI CÁCH HÀNH CHÍNH"
EMPTY = "Tuần này chưa có buổi phát hoặc lượt đăng nào."
NO_TITLE = "(chưa có bản tin)"
SIMULATED = "BẢN THỬ NGHIỆM – các kênh ở chế độ thử, không dùng làm minh chứng"
LEGEND = "Ghi chú: PM: phát (đăng) mới; PL: phát (đăng) lại."
COUNTRY = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
MOTTO = "Độc lập - Tự do - Hạnh phúc"
COLUMNS = (
    "Buổi",
    "Giờ",
    "Kênh, nơi nhận",
    "Tên bản tin",
    "Thể loại",
    "Thời lượng",
    "Người thực hiện",
    "Người duyệt",
    "Trạng thái, ghi chú",
)
LOG_COLUMNS = (
    "Buổi",
    "Giờ theo lịch",
    "Kênh, cụm loa",
    "Tên tin, bài",
    "Thể loại",
    "Hình thức",
    "Thực tế bắt đầu – kết thúc",
    "Thời lượng",
    "Người thực hiện",
    "Người duyệt",
    "Kết quả, sự cố",
)
WEEKDAYS = ("Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy", "Chủ nhật")


@dataclass(frozen=True, slots=True)
class SheetForm:
    """What tells the two printed sheets of a week apart."""

    title: str
    name: str
    """Short, for window titles: "Lịch phát sóng"."""
    file: str
    """Beginning of the file name, plain ASCII."""
    columns: tuple[str, ...]
    widths: tuple[int, ...]
    """Millimetres on A4 landscape less 30 left and 15 right: 252 in all."""
    centred: tuple[int, ...]
    """Numbers of the columns whose texts are centred."""
    legend: str
    empty: str
    no_title: str
    prepared: str
    """Above the left signature."""
    actual: bool = False
    """Whether the sheet says what really happened."""


SCHEDULE = SheetForm(
    TITLE,
    "Lịch phát sóng",
    "Lich-phat-song",
    COLUMNS,
    (14, 25, 30, 74, 12, 15, 27, 27, 28),
    (0, 1, 4, 5, 6, 7),
    LEGEND,
    EMPTY,
    NO_TITLE,
    "NGƯỜI LẬP LỊCH",
)
LOG = SheetForm(
    "SỔ NHẬT KÝ PHÁT SÓNG, ĐĂNG TẢI TUYÊN TRUYỀN CẢI CÁCH HÀNH CHÍNH",
    "Sổ nhật ký",
    "So-nhat-ky",
    LOG_COLUMNS,
    (14, 23, 27, 44, 11, 18, 25, 14, 21, 21, 34),
    (0, 1, 4, 5, 6, 7, 8, 9),
    "Ghi chú: PM: phát (đăng) mới; PL: phát (đăng) lại; TTS: giọng đọc máy. Giờ thực tế, hình "
    "thức, sự cố lấy từ sổ minh chứng.",
    "Tuần này chưa có buổi phát hoặc lượt đăng nào được ghi nhận.",
    "(không có bản tin)",
    "NGƯỜI GHI SỔ",
    actual=True,
)


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One item of the week: a bulletin in its opening. All texts are Vietnamese."""

    day: date
    starts: time
    """On the station's wall clock, as is `ends` (which may lie after midnight)."""
    ends: time
    channel: str
    channel_label: str
    title: str
    """Empty for an opening without a bulletin."""
    session: str = ""
    """"Sáng", "Trưa", "Chiều", "Tối"; empty: told from `starts`."""
    targets: tuple[str, ...] = ()
    kind: str = ""
    """"PM" or "PL"."""
    duration: timedelta | None = None
    status: str = ""
    made_by: str = ""
    approved_by: str = ""
    note: str = ""
    actual: str = ""
    """In the log: when it really began and ended, "05:30:02–05:34:07"."""
    medium: str = ""
    """In the log: how its sound was made (hình thức), "Bản thu"."""
    key: str = ""
    """Names the item for calendars, so that a new export replaces the old entry."""


@dataclass(frozen=True, slots=True)
class WeekSheet:
    """All that the printed schedule says."""

    station: str
    """As on the letterhead: "Ủy ban nhân dân xã An Bình"."""
    monday: date
    rows: tuple[SheetRow, ...] = ()
    parent: str = ""
    place: str = ""
    """"An Bình"; for the calendar's location. The letterhead's date line is `created`."""
    created: str = ""
    """As printed: "An Bình, ngày 05 tháng 01 năm 2026" (see `official_date`)."""
    made_by: str = ""
    approver_title: str = ""
    """Above the signature, one line each: "TM. ỦY BAN NHÂN DÂN\\nCHỦ TỊCH"."""
    approver: str = ""
    evidence_head: str | None = None
    """Hash of a record of the evidence chain, printed in the footer so that paper anchors it."""
    evidence_seq: int | None = None
    """The number of that record."""
    simulated: bool = False
    form: SheetForm = SCHEDULE
    timezone: str = "Asia/Ho_Chi_Minh"

    @property
    def anchor(self) -> Anchor | None:
        """What the footer shows of the evidence chain, in words and as a QR code."""
        return Anchor(self.evidence_head, self.evidence_seq) if self.evidence_head else None

    @property
    def week(self) -> str:
        """ "2026-W48"."""
        year, week, _ = self.monday.isocalendar()
        return f"{year:04d}-W{week:02d}"

    @property
    def subtitle(self) -> str:
        """ "Tuần 48, từ ngày 23/11/2026 đến ngày 29/11/2026"."""
        last = self.monday + timedelta(days=6)
        week = self.monday.isocalendar().week
        return f"Tuần {week:02d}, từ ngày {show_day(self.monday)} đến ngày {show_day(last)}"

    @property
    def moment(self) -> datetime:
        """A time for file properties that the content alone decides: the week's beginning."""
        return datetime.combine(self.monday, time(0), ZoneInfo(self.timezone)).astimezone(UTC)


def official_date(place: str | None, day: date) -> str:
    """The letterhead's date line: days below 10 and months 1, 2 padded (NĐ 30/2020/NĐ-CP, PL I)."""
    month = f"{day.month:02d}" if day.month < 3 else str(day.month)
    line = f"ngày {day.day:02d} tháng {month} năm {day.year}"
    return f"{place}, {line}" if place else line[0].upper() + line[1:]


def session_of(starts: time) -> str:
    """Which part of the day (buổi) a programme belongs to."""
    for name, until in (("Sáng", time(11)), ("Trưa", time(13, 30)), ("Chiều", time(18, 30))):
        if starts < until:
            return name
    return "Tối"


def printable(sheet: WeekSheet) -> WeekSheet:
    """The sheet in order of day and time, its texts NFC and free of what no format can hold.

    Control characters, lone surrogates and writing-direction marks go; line ends and tabs
    become spaces except in the approver's title.
    """
    rows = sorted((_clean_row(row) for row in sheet.rows), key=_row_order)
    lines = [_clean(line) for line in sheet.approver_title.splitlines()]
    cleaned = _clean_fields(sheet)
    return replace(cleaned, rows=tuple(rows), approver_title="\n".join(filter(None, lines)))


def days(sheet: WeekSheet) -> Iterator[tuple[str, list[SheetRow]]]:
    """The rows by day, each with its heading: "Thứ Hai, ngày 23/11/2026"."""
    for day, rows in groupby(sheet.rows, key=lambda row: row.day):
        yield f"{WEEKDAYS[day.weekday()]}, ngày {show_day(day)}", list(rows)


def cells(row: SheetRow, form: SheetForm) -> tuple[str, ...]:
    """The row's texts, one for each of the form's columns."""
    remarks = "; ".join(filter(None, (row.status, row.note)))
    return (
        row.session,
        show_hours(row),
        show_where(row),
        row.title or form.no_title,
        row.kind,
        *((row.medium, row.actual) if form.actual else ()),
        show_duration(row.duration),
        row.made_by,
        row.approved_by,
        remarks,
    )


MERGED = 3
"""The first columns (session, hours, channel) are one cell for all items of one opening."""


def heights(rows: Sequence[SheetRow]) -> list[int]:
    """For each row of one day: how many rows its merged cells cover; 0: the ones above cover it."""
    found: list[int] = []
    for _, opening in groupby(rows, key=lambda row: cells(row, SCHEDULE)[:MERGED]):
        count = len(list(opening))
        found += [count] + [0] * (count - 1)
    return found


KEPT_TOGETHER = 8
"""Openings of up to so many items stay on one page."""


def show_day(day: date) -> str:
    return f"{day.day:02d}/{day.month:02d}/{day.year:04d}"


def show_hours(row: SheetRow) -> str:
    return (
        f"{row.starts:%H:%M}–{row.ends:%H:%M}" if row.ends != row.starts else f"{row.starts:%H:%M}"
    )


def show_where(row: SheetRow) -> str:
    targets = ", ".join(row.targets)
    return f"{row.channel_label}: {targets}" if targets else row.channel_label


def show_duration(duration: timedelta | None) -> str:
    """ "4'05\\"", as radio schedules write it; empty for none."""
    if not duration:
        return ""
    minutes, seconds = divmod(round(duration.total_seconds()), 60)
    return f"{minutes}'{seconds:02d}\""


def footer(sheet: WeekSheet) -> str:
    """The line that ties the paper to the evidence chain; empty without one."""
    return sheet.anchor.line if sheet.anchor else ""


def _row_order(row: SheetRow) -> tuple[date, time, str, tuple[str, ...]]:
    # Items of one opening keep the order in which they were given: sorting is stable.
    return row.day, row.starts, row.channel, row.targets


def _clean_row(row: SheetRow) -> SheetRow:
    cleaned = _clean_fields(row)
    return replace(
        cleaned,
        session=cleaned.session or session_of(row.starts),
        targets=tuple(_clean(target) for target in row.targets),
    )


_Texts = TypeVar("_Texts", SheetRow, WeekSheet)


def _clean_fields(value: _Texts) -> _Texts:
    texts: dict[str, Any] = {}
    for field in fields(value):
        text = getattr(value, field.name)
        if isinstance(text, str):
            texts[field.name] = _clean(text)
    return replace(value, **texts)


_JOINERS = "\u200c\u200d"


def _clean(text: str) -> str:
    """NFC, single spaces; keeps emoji and their joiners."""
    kept = []
    for letter in unicodedata.normalize("NFC", text):
        category = unicodedata.category(letter)
        if letter.isspace() or category == "Cc":
            kept.append(" ")
        elif letter in _JOINERS or category not in ("Cf", "Cs", "Cn"):
            kept.append(letter)
    return " ".join("".join(kept).split())
