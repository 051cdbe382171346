"""Layouts of other communes: lists and calendars, scans, columns of time, contradictions."""

from __future__ import annotations

from datetime import date

import pytest

from schedules.plan_reader import read_plan
from schedules.plan_reader.document import PlanDocument, PlanTask
from tests.schedules.test_plan_reader import BODY, HEAD

CALENDAR = """IV. TIẾN ĐỘ THỰC HIỆN
1. Tháng 02: Xây dựng chuyên mục trên hệ thống truyền thanh.
2. Tháng 3 - 5:
- Đăng tải tin, bài trên Zalo OA.
- In áp phích.
3. Quý III: Tổ chức hội nghị tuyên truyền.
V. TỔ CHỨC THỰC HIỆN"""
LABELLED = """IV. NHIỆM VỤ CỤ THỂ
1. Phát thanh 02 lần/tuần trên đài truyền thanh xã. Thời gian: từ tháng 8 đến tháng 12 năm 2026. \
Đơn vị thực hiện: Trung tâm Dịch vụ công.
2. Tổ chức 01 hội nghị đối thoại.
+ Thời gian: trước ngày 31/10/2026;
+ Sản phẩm: Giấy mời, biên bản.
V. TỔ CHỨC THỰC HIỆN"""
SCAN = """ỦY BAN NHÂN DÂN            CỘNG HOÀ XÃ HỘI CHỦ NGHĨA VIỆT NAM
XÃ ĐỒNG PHÚ                    Độc lập - Tự do - Hạnh phúc
Số: 3l/KH-UBND              Đồng Phú, ngày 1O tháng 3 năm 2026

KẾ HOACH
Tuyên truyền cải cách hành chính năm 2026

Thực hiện Kế hoạch số 12/KH-UBND ngày l5/01/2026 của UBND xã, UBND xã
ban hành Kế hoạch như sau:
I. NỘl DUNG TUYÊN TRUYỀN
1. Tuyên truyền dịch vụ công trực tuyến.
II. HÌNH THƯC TUYÊN TRUYỀN
- Loa truyền thanh cơ sở.
III. TỔ CHỨC THỰC HIÊN
1. Văn phòng UBND xã: Chủ trì thực hiện; báo cáo trước ngày 2O/11/2026.
"""


def with_section(section: str) -> PlanDocument:
    return read_plan((HEAD + BODY).replace("IV. TỔ CHỨC THỰC HIỆN", section), "plan.txt")


def with_annex(*rows: str) -> PlanDocument:
    return read_plan(HEAD + BODY + "\nPHỤ LỤC\n" + "\n".join(rows), "plan.txt")


def listed(plan: PlanDocument) -> list[PlanTask]:
    return [task for task in plan.tasks if task.no.startswith("CV")]


def test_a_calendar_in_words_gives_its_tasks_and_their_times() -> None:
    plan = with_section(CALENDAR)
    assert [(t.content, t.channels, t.timeframe.text) for t in listed(plan)] == [
        ("Xây dựng chuyên mục trên hệ thống truyền thanh.", ("radio",), "Tháng 02"),
        ("Đăng tải tin, bài trên Zalo OA.", ("zalo",), "Tháng 3 - 5"),
        ("In áp phích.", ("poster",), "Tháng 3 - 5"),
        ("Tổ chức hội nghị tuyên truyền.", ("conference",), "Quý III"),
    ]
    assert not [task for task in plan.tasks if task.no.startswith("ND")]


def test_items_with_labels_give_tasks_with_unit_product_and_frequency() -> None:
    first, second = listed(with_section(LABELLED))
    assert first.content == "Phát thanh 02 lần/tuần trên đài truyền thanh xã"
    assert (first.lead, first.timeframe.recurrence) == ("Trung tâm Dịch vụ công", ("weekly",))
    assert first.timeframe.at_least == 2
    assert first.timeframe.windows == ((date(2026, 8, 1), date(2026, 12, 31)),)
    assert (second.product, second.timeframe.due) == ("Giấy mời, biên bản", (date(2026, 10, 30),))


def test_digits_and_marks_that_a_scan_lost_are_read_and_told() -> None:
    plan = read_plan(SCAN, "quét.txt")
    assert (plan.number, plan.date.day, plan.title) == (
        "31",
        10,
        "Tuyên truyền cải cách hành chính năm 2026",
    )
    assert [base.date for base in plan.bases] == [date(2026, 1, 15)]
    assert [(task.no, task.channels) for task in plan.tasks] == [
        ("ND1", ("radio",)),
        ("NV1", ("report",)),
    ]
    assert plan.tasks[1].timeframe.due == (date(2026, 11, 19),)
    told = [w.line for w in plan.warnings if w.code == "misread_number"]
    assert told == [3, 3, 8, 15]


@pytest.mark.parametrize("word", ["5l", "TÂN AN", "năm 2026", "Ol"])
def test_what_is_no_misread_number_stays(word: str) -> None:
    plan = with_annex("TT\tNội dung\tThời gian", f"1\tPhát {word} nước\tQuý I")
    assert plan.tasks[0].content == f"Phát {word} nước"


def test_columns_of_start_end_and_frequency_are_one_time() -> None:
    plan = with_annex(
        "TT\tTên công việc\tKênh\tThời gian bắt đầu\tThời gian hoàn thành\tTần suất",
        "1\tPhát bản tin\tTruyền thanh\t01/02/2026\t30/11/2026\t2 lần/tuần",
        "2\tĐăng bài\tCổng TTĐT\tQuý II/2026\t15/6/2026\t",
    )
    first, second = plan.tasks[:2]
    assert first.timeframe.windows == ((date(2026, 2, 1), date(2026, 11, 30)),)
    assert (first.timeframe.recurrence, first.timeframe.at_least) == (("weekly",), 2)
    assert (second.channels, second.timeframe.due) == (("portal",), (date(2026, 6, 15),))


def test_a_title_ends_before_the_sentence_that_announces_the_plan() -> None:
    head = HEAD[: HEAD.index("Căn cứ Luật")].rstrip()
    text = f"{head}\nỦy ban nhân dân xã An Bình ban hành Kế hoạch như sau:\n{BODY}"
    assert read_plan(text, "plan.txt").title == (
        "Tuyên truyền công tác cải cách hành chính năm 2026 trên địa bàn xã An Bình"
    )


@pytest.mark.parametrize(
    ("content", "time", "code", "said"),
    [
        ("Phát", "Quý II/2026, trước ngày 15/3/2026", "due_before_start", "tạm tính theo khoảng"),
        ("Phát", "Quý I/2025", "window_outside_plan", "(01/01/2026 – 31/12/2026)"),
        ("Họp", "trước ngày 15/01/2028", "due_outside_plan", "Hạn 14/01/2028 nằm ngoài"),
        ("Phát", "Từ 30/6/2026 đến 01/4/2026", "plan_time_assumed", "của cả kế hoạch"),
        ("Treo trước ngày 05/12/2026", "Quý I", "content_contradicts_time", "theo cột thời gian"),
    ],
)
def test_contradicting_times_are_told_with_their_line_and_what_is_assumed(
    content: str, time: str, code: str, said: str
) -> None:
    plan = with_annex("TT\tNội dung\tThời gian", f"1\t{content}\t{time}")
    (warning,) = [w for w in plan.warnings if w.code == code]
    assert said in warning.message
    assert warning.line == plan.tasks[0].line
