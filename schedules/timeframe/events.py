"""Rules for what hangs on something else: events, commemorative days, false friends, colour."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from functools import cache
from importlib import resources
from typing import Any

from content.folding import fold, strip_marks
from schedules.timeframe.constituents import Event, Mark, Occasion
from schedules.timeframe.pieces import read_number
from schedules.timeframe.scanner import Pattern, Scanner

_CLAUSE = r"[^,;.()]*"
_DURATION = Pattern(
    r"(?:chậm nhất|muộn nhất|trong vòng|trong thời hạn|trong thời gian|trong|sau|không quá|tối đa)?"
    r"(?: (?:là|sau|trong vòng|không quá))*~(?P<n>\d{1,3}|một|hai|ba|bảy|mười)~"
    r"(?P<unit>ngày làm việc|ngày|giờ|h|tuần lễ|tuần|tháng)~,?~"
    rf"(?:(?:kể )?(?:từ|sau)|tính từ)(?: (?:ngày|khi|lúc|thời điểm))?(?P<anchor> {_CLAUSE})"
)
_OWN_ISSUE = Pattern(
    r"(?:kế hoạch(?: này)? )?(?:được )?(?:ký|ban hành|phê duyệt|có hiệu lực)"
    r"(?:~,?~(?:ký|ban hành|phê duyệt))*(?: kế hoạch)?(?: này)?"
)
_AFTER = Pattern(
    r"(?:thực hiện )?(?:ngay |liền |kịp thời )?(?:sau khi|ngay khi|ngay sau|sau đó)"
    rf"(?P<what>{_CLAUSE})"
    rf"|ngay sau(?P<what2>{_CLAUSE})|sau (?:hội nghị|kỳ họp|cuộc họp|đại hội)(?P<what3>{_CLAUSE})"
)
_WHEN = Pattern(
    rf"(?:và |hoặc )?(?:mỗi |bất cứ |trong trường hợp |nếu )?khi (?:có |phát sinh)?{_CLAUSE}"
)
_SUDDEN = Pattern(r"(?:báo cáo )?(?:đột xuất|bất thường)")
_ON_DEMAND = Pattern(
    r"(?:và |hoặc )?"
    r"(?:thực hiện |triển khai )?(?:theo|tùy|căn cứ)(?: theo)? (?:sự )?(?:(?:hướng dẫn"
    r"|yêu cầu|chỉ đạo|đề nghị|thông báo|lịch|triệu tập|công văn|văn bản|nhu cầu|phân công"
    r"|đặt hàng)"
    rf"|(?:kế hoạch|chương trình|tiến độ|thời gian|lịch)(?: [^\s,;.()]+){{0,4}} của)~{_CLAUSE}"
)
_BEFORE_EVENT = Pattern(
    r"(?:\d{1,2} ngày )?trước (?:khi|ngày (?!~?\d)|hội nghị|kỳ họp|phiên họp|cuộc họp|lễ|đại hội)"
    rf"{_CLAUSE}"
)
_UNSPECIFIED = Pattern(
    r"(?:thực hiện |triển khai |đảm bảo |bảo đảm )?(?:theo|đúng|tùy)(?: theo| đúng)? "
    r"(?:tiến độ|quy định|kế hoạch|chương trình|lộ trình|tình hình|thực tế|thời gian|thời hạn|đợt"
    rf"|điều kiện|yêu cầu công việc){_CLAUSE}"
)
_CONTINUOUS = Pattern(
    r"(?:duy trì |thực hiện |tiến hành )?(?:(?:một cách )?(?:thường xuyên|liên tục)"
    r"|không giới hạn|xuyên suốt|thường trực|lâu dài|t~[/.]?~x(?=~(?:$|[,;(])))"
)
_DONE = Pattern(r"(?:phải )?(?:hoàn thành|hoàn tất|xong|kết thúc)(?: xong)?(?: việc)?")
_IN_THE_UNIT = Pattern(r"trong (?:tháng|quý|tuần)(?! [\dilv])")
_ROUGH = Pattern(r"dự kiến|khoảng|tạm thời|có thể")
_PEAK = Pattern(
    r"(?:trong đó )?(?:(?:(?:tháng|tuần lễ|tuần|đợt|thời gian) )?cao điểm|trọng tâm"
    r"|trọng điểm|tập trung(?: cao điểm)?|nhất là|đặc biệt(?: là)?)"
    r"(?: (?:là|vào|trong|các|dịp))*"
)
_UNTIL_EVENT = Pattern(rf"(?:cho )?(?:đến|tới) khi {_CLAUSE}")
_FILLER = Pattern(
    r"(?:(?:và )?(?:những|các) năm (?:tiếp theo|sau)|trở đi|ít nhất|tối thiểu"
    r"|báo cáo|thời gian|thời hạn|thực hiện|tổ chức|triển khai|gửi|nộp|đăng tải|phát sóng|phát|đăng"
    r"|tuyên truyền|tiến độ|cụ thể|là|vào|vào các|các|của|và|trong|cho|đến|từ|kế hoạch|hoặc|những"
    r"|kịp thời|dịp|dịp lễ|nhân dịp|riêng|đối với|xong|lúc|lên|về|được|theo|cả)"
)
_YEARS = r"(?:20|19)\d\d"
_FALSE_FRIEND = Pattern(
    rf"nhiệm kỳ(?:~(?:{_YEARS}|[ivx]+)(?:~(?:-|/|đến)~(?:{_YEARS}|[ivx]+))?)?"
    r"|\d{1,2} cấp|(?:hai|ba) cấp"
    r"|(?:công việc|nhiệm vụ|hoạt động|sinh hoạt|đời sống|cuộc sống|công tác|giao dịch|việc làm"
    r"|công việc chuyên môn) (?:hằng|hàng) (?:ngày|tuần|tháng|năm)"
    rf"|lộ trình(?: thực hiện)? đến năm {_YEARS}"
    rf"|(?:đến năm {_YEARS}~,?~(?:và )?)?(?:định hướng|tầm nhìn|mục tiêu)(?: đến)?"
    rf"(?: năm)?~{_YEARS}"
    r"|trong những năm (?:qua|gần đây|trước)|nhiều năm|lâu năm|thời gian qua|thời gian tới"
)
_PERIOD = Pattern(rf"giai đoạn(?: năm)? (?P<from>{_YEARS})~(?:-|đến)~(?:năm )?(?P<to>{_YEARS})")
_LINKED = Pattern(
    rf"(?:nhân dịp|nhân|trong dịp|vào dịp|dịp|chào mừng|hưởng ứng|kỷ niệm|mừng)(?P<what>{_CLAUSE})"
)
_NAMED = Pattern(r"(?P<what>(?:tết|ngày (?!\d)(?:[^\s,;.()\d]+ ){1,8})[^,;.()]*)")
_BEFORE = Pattern(rf"(?:xong )?trước (?:dịp |lễ |ngày |ngày lễ |dịp lễ )*(?P<what>{_CLAUSE})")
_DATE_TO_DATE = re.compile(r"\d *[/-] *\d{1,2}(?: *[/-] *\d{4})? *(?:-|–|đến|den) *\d{1,2} *[/-]")
"""Both ends are said: no custom is needed."""
_DATE = re.compile(r"(?<!\d)(\d{1,2}) *[/-] *(\d{1,2})(?: *[/-] *(20\d\d))?(?!\d)")


def take_false_friend(scanner: Scanner, plan_year: int | None) -> Mark | None:
    """Words that look like a time and are none; a period begun before the plan is a name."""
    start = scanner.position
    if scanner.take(_FALSE_FRIEND):
        return Mark.FALSE_FRIEND
    match = scanner.take(_PERIOD)
    if match and plan_year is not None and int(match["from"]) < plan_year:
        return Mark.FALSE_FRIEND
    scanner.position = start
    return None


def take_event(scanner: Scanner) -> Event | None:
    """Something that must happen first."""
    if match := scanner.take(_DURATION):
        return _after_anchor(match)
    if match := scanner.take(_AFTER):
        what = strip_marks(match["what"] or match["what2"] or match["what3"] or "")
        return Event(once=re.search(r"\bco\b|phat sinh|nhan duoc", what) is None)
    if any(scanner.take(p) for p in (_BEFORE_EVENT, _WHEN, _SUDDEN, _ON_DEMAND)):
        return Event(once=False)
    return None


def take_before_occasion(scanner: Scanner) -> Occasion | None:
    """ "Trước Tết Nguyên đán", "trước Ngày Pháp luật": a day that has a name is a limit."""
    start = scanner.position
    match = scanner.take(_BEFORE)
    if match and not match["what"][:1].isdigit() and _has_name(match["what"]):
        occasion = _read_occasion(match["what"])
        if occasion:
            return replace(occasion, before=True)
    scanner.position = start
    return None


def take_occasion(scanner: Scanner) -> Occasion | None:
    """A commemorative day, by its date or by its name (data/occasions.toml)."""
    start = scanner.position
    match = scanner.take(_LINKED) or scanner.take(_NAMED)
    if (
        match
        and not _DATE_TO_DATE.search(match["what"])
        and (occasion := _read_occasion(match["what"]))
    ):
        return occasion
    scanner.position = start
    return None


def take_mark(scanner: Scanner) -> Mark | None:
    """Words that colour the phrase, or that carry nothing."""
    for pattern, mark in (
        (_CONTINUOUS, Mark.CONTINUOUS),
        (_UNSPECIFIED, Mark.UNSPECIFIED),
        (_IN_THE_UNIT, Mark.PERIODIC),
        (_DONE, Mark.DONE),
        (_PEAK, Mark.PEAK),
        (_ROUGH, Mark.ROUGH),
        (_UNTIL_EVENT, Mark.ROUGH),
        (_FILLER, Mark.FILLER),
    ):
        if scanner.take(pattern):
            return mark
    return None


@cache
def lunar_new_years() -> dict[int, tuple[int, int]]:
    """First day of Tết by year, as (day, month)."""
    return {int(year): (day, month) for year, (day, month) in _data()["tet"].items()}


def _after_anchor(match: re.Match[str]) -> Event:
    anchor = Scanner(match["anchor"])
    own = anchor.take(_OWN_ISSUE) is not None
    anchor.skip_spaces()
    unit = strip_marks(match["unit"])
    scale = {"ngay": 1, "ngay lam viec": 1, "tuan": 7, "tuan le": 7, "thang": 30}.get(unit)
    if own and anchor.at_end and scale:
        return Event(True, read_number(match["n"]) * scale, working_days=unit == "ngay lam viec")
    what = strip_marks(match["anchor"])
    once = re.search(r"ban hanh|ky|phe duyet|ket thuc", what) and not re.search(r"\bco\b", what)
    return Event(once=once is not None and bool(once))


def _has_name(what: str) -> bool:
    bare = strip_marks(what)
    return bare.startswith("tet ") or bare == "tet" or _named(bare) is not None


def _named(bare: str) -> dict[str, Any] | None:
    found = (o for o in _data()["occasion"] if strip_marks(fold(o["name"])) in bare)
    return next(found, None)


def _read_occasion(what: str) -> Occasion | None:
    bare = strip_marks(what)
    named = _named(bare)
    if "tet" in bare.split() and "duong lich" not in bare:
        return Occasion(1, 1, None, lunar_new_year=True)
    if match := _DATE.search(what):
        day, month = int(match[1]), int(match[2])
        if not (1 <= month <= 12 and 1 <= day <= 31):
            return None
        same = named is not None and (named["day"], named["month"]) == (day, month)
        lead = _lead(named) if named and same else None
        return Occasion(day, month, int(match[3]) if match[3] else None, lead)
    return Occasion(named["day"], named["month"], None, _lead(named)) if named else None


def _lead(named: dict[str, Any]) -> tuple[int, int] | None:
    start = named.get("from")
    return (int(start[0]), int(start[1])) if isinstance(start, list) else None


@cache
def _data() -> dict[str, Any]:
    text = resources.files("schedules.timeframe").joinpath("data/occasions.toml").read_text("utf-8")
    return tomllib.loads(text)
