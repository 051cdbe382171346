"""Reading plan documents: small ones written here, one trap each."""

from __future__ import annotations

import json
import unicodedata
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content.errors import UserError
from schedules.plan_reader import PlanDocument, SourceLine, read_blocks, read_plan
from schedules.plan_reader.source import SourceTable, TableRow
from schedules.timeframe import Kind

HEAD = """UBND HUYỆN AN PHÚ\tCỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM
ỦY BAN NHÂN DÂN XÃ AN BÌNH\tĐộc lập - Tự do - Hạnh phúc
Số: 15/KH-UBND\tAn Bình, ngày 10 tháng 02 năm 2026

KẾ HOẠCH
Tuyên truyền công tác cải cách hành chính năm 2026
trên địa bàn xã An Bình

Căn cứ Luật Tổ chức chính quyền địa phương ngày 16 tháng 6 năm 2025;
Căn cứ Nghị quyết số 76/NQ-CP ngày 15/7/2021 của Chính phủ,
Ủy ban nhân dân xã An Bình ban hành Kế hoạch tuyên truyền như sau:
"""
BODY = """
I. MỤC ĐÍCH
1. Nâng cao nhận thức của cán bộ và người dân.
II. NỘI DUNG TUYÊN TRUYỀN
1. Dịch vụ công trực tuyến trên
Cổng dịch vụ công quốc gia.
2. Đường dây nóng tiếp nhận phản ánh.
III. HÌNH THỨC
- Trên đài truyền thanh xã, Zalo.
- Tổ chức hội nghị; treo băng rôn.
IV. TỔ CHỨC THỰC HIỆN
1. Văn phòng HĐND và UBND: Chủ trì thực hiện; mỗi tuần đăng ít nhất 02 tin, bài.
2. Công an xã phối hợp tuyên truyền về định danh điện tử.
3. Đề nghị Đoàn thanh niên xã
- Hỗ trợ người dân; báo cáo trước ngày 25 hằng tháng.

Trên đây là Kế hoạch tuyên truyền năm 2026 của Ủy ban nhân dân xã An Bình./.

Nơi nhận:\tTM. ỦY BAN NHÂN DÂN
- UBND tỉnh (để b/c);\tKT. CHỦ TỊCH
- Lưu: VT.\tPHÓ CHỦ TỊCH
\t
\tTrần Văn Bình
"""
COLUMNS = {
    "STT": "1",
    "Nội dung tuyên truyền": "Dịch vụ công trực tuyến",
    "Hình thức": "Loa truyền thanh",
    "Thời gian thực hiện": "Quý I/2026",
    "Đơn vị chủ trì": "Văn phòng",
    "Đơn vị phối hợp": "Các thôn",
    "Sản phẩm": "Tin, bài",
}


def _plan(*annex: str) -> PlanDocument:
    return read_plan(HEAD + BODY + "\nPHỤ LỤC\n" + "\n".join(annex), "plan.txt")


def _codes(plan: PlanDocument) -> list[str]:
    return [w.code for w in plan.warnings]


def _annex(plan: PlanDocument) -> list[tuple[str, ...]]:
    return [(t.no, t.content, *t.channels) for t in plan.tasks if t.source == "annex"]


def test_a_letterhead_in_two_columns_is_taken_apart() -> None:
    plan = read_plan(HEAD + BODY, "plan.txt")
    assert plan.issuer == "Ủy ban nhân dân xã An Bình"
    assert (plan.number, plan.symbol, plan.place) == ("15", "KH-UBND", "An Bình")
    assert plan.date.full() == date(2026, 2, 10)
    title = "Tuyên truyền công tác cải cách hành chính năm 2026 trên địa bàn xã An Bình"
    assert plan.title == title
    assert (plan.start, plan.end) == (date(2026, 1, 1), date(2026, 12, 31))


def test_bases_recipients_and_signer_are_read() -> None:
    plan = read_plan(HEAD + BODY, "plan.txt")
    assert [(b.type, b.number, b.symbol, b.date) for b in plan.bases] == [
        ("Luật", None, None, date(2025, 6, 16)),
        ("Nghị quyết", "76", "NQ-CP", date(2021, 7, 15)),
    ]
    assert [(r.name, r.note) for r in plan.recipients] == [
        ("UBND tỉnh", "để b/c"),
        ("Lưu: VT", None),
    ]
    assert (plan.signer.name, plan.signer.title) == ("Trần Văn Bình", "Phó Chủ tịch")


def test_columns_kept_apart_by_spaces_are_taken_apart_too() -> None:
    text = """ỦY BAN NHÂN DÂN                CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM
PHƯỜNG HẢI BÌNH                    Độc lập – Tự do – Hạnh phúc
Số: 123/KH-UBND                Hải Bình, ngày 5 tháng 3 năm 2025
KẾ HOẠCH
Tuyên truyền năm 2025
I. NỘI DUNG
1. Dịch vụ công trực tuyến.
Nơi nhận:                                TM. ỦY BAN NHÂN DÂN
- UBND thành phố;                             CHỦ TỊCH
- Lưu: VT.                                    (đã ký)
                                         NGUYỄN VĂN AN
"""
    plan = read_plan(text, "plan.txt")
    assert plan.issuer == "Ủy ban nhân dân phường Hải Bình"
    assert (plan.number, plan.place, plan.date.day) == ("123", "Hải Bình", 5)
    assert [r.name for r in plan.recipients] == ["UBND thành phố", "Lưu: VT"]
    assert (plan.signer.name, plan.signer.title) == ("Nguyễn Văn An", "Chủ tịch")


def test_topics_forms_and_units_are_read_from_their_sections() -> None:
    plan = read_plan(HEAD + BODY, "plan.txt")
    assert [(t.no, t.code) for t in plan.topics] == [(1, "dvctt"), (2, "feedback")]
    assert plan.topics[0].text.endswith("trên Cổng dịch vụ công quốc gia.")
    assert [f.channels for f in plan.forms] == [("radio", "zalo"), ("conference", "poster")]
    assert [(a.unit, a.requested) for a in plan.assignments] == [
        ("Văn phòng HĐND và UBND", False),
        ("Công an xã", False),
        ("Đoàn thanh niên xã", True),
    ]
    assert plan.assignments[1].duties[0].text.startswith("phối hợp")


def test_a_topic_that_only_introduces_a_list_gives_a_draft_for_each_point_of_it() -> None:
    listed = "2. Các nội dung cơ bản gồm:\n- Cải cách thể chế;\n- Cải cách tài chính công."
    own = "3. Phổ biến dịch vụ công; tập trung vào:\n- Cách nộp hồ sơ;\n- Cách tra cứu."
    body = BODY.replace("2. Đường dây nóng tiếp nhận phản ánh.", f"{listed}\n{own}")
    tasks = [(t.no, t.content) for t in read_plan(HEAD + body, "plan.txt").tasks][1:4]
    assert tasks == [
        ("ND2.1", "Cải cách thể chế;"),
        ("ND2.2", "Cải cách tài chính công."),
        ("ND3", "Phổ biến dịch vụ công; tập trung vào:"),
    ]


def test_without_an_annex_tasks_come_from_topics_forms_and_duties() -> None:
    plan = read_plan(HEAD + BODY, "plan.txt")
    assert [(t.no, t.source, t.channels) for t in plan.tasks] == [
        ("ND1", "derived", ("radio", "zalo")),
        ("ND2", "derived", ("radio", "zalo")),
        ("HT1", "derived", ("conference",)),
        ("HT2", "derived", ("poster",)),
        ("NV1", "duty", ("other",)),
        ("NV2", "duty", ("report",)),
    ]
    assert plan.tasks[0].timeframe.text == "năm 2026"
    assert (plan.tasks[4].timeframe.at_least, plan.tasks[4].lead) == (2, "Văn phòng HĐND và UBND")
    assert plan.tasks[5].timeframe.kind is Kind.DEADLINE


def test_a_section_about_time_dates_the_drafts() -> None:
    section = "IV. THỜI GIAN: Từ tháng 3 đến tháng 11/2026\nV. TỔ CHỨC THỰC HIỆN"
    text = (HEAD + BODY).replace("IV. TỔ CHỨC THỰC HIỆN", section)
    assert read_plan(text, "plan.txt").tasks[0].timeframe.windows == (
        (date(2026, 3, 1), date(2026, 11, 30)),
    )


@settings(max_examples=60, deadline=None)
@given(st.permutations(list(COLUMNS)), st.sampled_from(["\t", " | "]))
def test_annex_columns_are_known_by_their_titles_in_any_order(order: list[str], sep: str) -> None:
    rows = [sep.join(order), sep.join(COLUMNS[title] for title in order)]
    (task,) = [t for t in _plan(*rows).tasks if t.source == "annex"]
    assert (task.no, task.content, task.form) == (
        "1",
        "Dịch vụ công trực tuyến",
        "Loa truyền thanh",
    )
    assert (task.lead, task.support, task.product) == ("Văn phòng", "Các thôn", "Tin, bài")
    assert task.timeframe.windows == ((date(2026, 1, 1), date(2026, 3, 31)),)
    assert task.channels == ("radio",)


@pytest.mark.parametrize(
    "titles",
    [
        "TT|Nhiệm vụ|Phương tiện|Thời hạn hoàn thành|Thực hiện|Phối hợp|Kết quả",
        "Số TT|Tên nhiệm vụ|Kênh tuyên truyền|Tiến độ|Cơ quan chủ trì|Cơ quan phối hợp|Đầu ra",
        "STT|NỘI DUNG|HÌNH THỨC|THỜI ĐIỂM|NGƯỜI PHỤ TRÁCH|ĐƠN VỊ PHỐI HỢP THỰC HIỆN|MINH CHỨNG",
    ],
)
def test_columns_have_many_names(titles: str) -> None:
    row = "\t".join(COLUMNS.values())
    (task,) = [t for t in _plan(titles.replace("|", "\t"), row).tasks if t.source == "annex"]
    assert (task.content, task.form) == ("Dịch vụ công trực tuyến", "Loa truyền thanh")
    assert (task.lead, task.support, task.product) == ("Văn phòng", "Các thôn", "Tin, bài")


def test_a_markdown_table_loses_its_marks_and_keeps_its_last_row() -> None:
    plan = _plan(
        "| STT | Nội dung | Hình thức | Thời gian |",
        "|:---:|---|---|---|",
        "| 1 | Đăng **một cửa** | Zalo | Quý I |",
        "| 2 | Họp thôn | Hội nghị | Quý II |",
    )
    assert _annex(plan) == [("1", "Đăng một cửa", "zalo"), ("2", "Họp thôn", "conference")]


def test_a_table_of_spaces_joins_its_wrapped_cells() -> None:
    plan = _plan(
        "TT    Nội dung                   Hình thức           Thời gian",
        "1     Tuyên truyền dịch vụ       Loa truyền thanh    Quý I/2026",
        "      công trực tuyến            xã",
        "2     Hội nghị cán bộ            Hội nghị            Quý II/2026",
    )
    assert _annex(plan) == [
        ("1", "Tuyên truyền dịch vụ công trực tuyến", "radio"),
        ("2", "Hội nghị cán bộ", "conference"),
    ]


def test_ditto_and_merged_cells_take_the_row_above_and_say_so() -> None:
    plan = _plan(
        "STT\tNội dung\tHình thức\tThời gian\tChủ trì",
        "1\tTin một\tZalo\tQuý I\tVăn phòng",
        "2\tTin hai\tnt\t-nt-\t//",
        "3\tTin ba\tFacebook\t\t",
    )
    tasks = [t for t in plan.tasks if t.source == "annex"]
    assert [t.channels for t in tasks] == [("zalo",), ("zalo",), ("facebook",)]
    assert {t.timeframe.text for t in tasks} == {"Quý I"}
    assert {t.lead for t in tasks} == {"Văn phòng"}
    assert _codes(plan).count("inherited_cell") == 2


def test_without_a_form_column_the_channel_is_inferred() -> None:
    plan = _plan(
        "STT\tNội dung\tChủ trì\tThời gian",
        "1\tĐăng trên Cổng thông tin điện tử\tVăn phòng\tQuý I",
        "2\tViết tin bài\tĐài truyền thanh xã\tQuý I",
        "3\tBan hành kế hoạch\tVăn phòng\tQuý I",
    )
    assert [row[2] for row in _annex(plan)] == ["portal", "radio", "other"]
    assert all(t.form is None for t in plan.tasks if t.source == "annex")
    assert "no_form_column" in _codes(plan)


def test_a_missing_cell_is_told_and_stays_unknown() -> None:
    plan = _plan("STT\tNội dung\tHình thức\tThời gian", "1\tTin một\t\t")
    (task,) = [t for t in plan.tasks if t.source == "annex"]
    assert (task.form, task.lead) == (None, None)
    (warning,) = [w for w in plan.warnings if w.code == "missing_cell"]
    assert "hình thức, thời gian" in warning.message
    assert warning.line == len((HEAD + BODY + "\nPHỤ LỤC\n").split("\n")) + 1


def test_an_unknown_column_is_told_by_name() -> None:
    plan = _plan("STT\tNội dung\tThời gian\tMàu sắc", "1\tTin một\tQuý I\tXanh")
    (warning,) = [w for w in plan.warnings if w.code == "unknown_column"]
    assert "Màu sắc" in warning.message


def test_group_rows_repeated_headers_and_column_numbers_are_no_tasks() -> None:
    plan = _plan(
        "STT\tNội dung\tHình thức\tThời gian",
        "(1)\t(2)\t(3)\t(4)",
        "I\tCông tác chỉ đạo\t\t",
        "1\tTin một\tZalo\tQuý I",
        "STT\tNội dung\tHình thức\tThời gian",
        "2\tTin hai\tZalo\tQuý II",
    )
    assert [row[0] for row in _annex(plan)] == ["1", "2"]


def test_a_header_of_two_storeys_is_one_header() -> None:
    plan = _plan(
        "STT\tNội dung\tĐơn vị\t\tThời gian",
        "\t\tChủ trì\tPhối hợp\t",
        "1\tĐăng Zalo\tVăn phòng\tCác thôn\tQuý I",
    )
    (task,) = [t for t in plan.tasks if t.source == "annex"]
    assert (task.lead, task.support) == ("Văn phòng", "Các thôn")


def test_several_annexes_give_tasks_with_numbers_of_their_own() -> None:
    table = ("STT\tNội dung\tHình thức\tThời gian", "1\tTin một\tZalo\tQuý I")
    plan = _plan(*table, "", "PHỤ LỤC 2", *table)
    assert [row[0] for row in _annex(plan)] == ["1", "1-2"]


def test_a_cell_broken_over_two_lines_is_put_together() -> None:
    plan = _plan("STT\tNội dung\tHình thức\tThời gian", "1\tTin về", "một cửa\tZalo\tQuý I")
    assert _annex(plan) == [("1", "Tin về một cửa", "zalo")]


def test_a_report_row_is_due_at_the_end_of_its_periods() -> None:
    plan = _plan("STT\tNội dung\tThời gian", "1\tBáo cáo 6 tháng và 1 năm\tTrong năm 2026")
    (task,) = [t for t in plan.tasks if t.source == "annex"]
    assert task.timeframe.due == (date(2026, 6, 30), date(2026, 12, 31))
    assert "timeframe_from_content" in _codes(plan)


def test_an_ambiguous_timeframe_is_told() -> None:
    plan = _plan("STT\tNội dung\tThời gian", "1\tTin một\tĐịnh kỳ", "2\tTin hai\tTheo tiến độ")
    assert {"ambiguous_timeframe", "timeframe_unknown"} <= set(_codes(plan))


def test_line_ends_and_decomposed_letters_make_no_difference() -> None:
    text = HEAD + BODY + "\nSTT\tNội dung\tThời gian\n1\tTin một\tQuý I"
    expected = read_plan(text, "plan.txt").to_json()
    for variant in (
        text.replace("\n", "\r\n"),
        text.replace("\n", "\r"),
        unicodedata.normalize("NFD", text),
        "\ufeff" + text + "\n",
    ):
        assert read_plan(variant, "plan.txt").to_json() == expected


@pytest.mark.parametrize("number", ["Số:        /KH-UBND", "Số: ...../KH-UBND", "Số: /KH-UBND"])
def test_a_blank_number_and_day_are_unknown(number: str) -> None:
    text = HEAD.replace("Số: 15/KH-UBND", number).replace("ngày 10 tháng", "ngày ... tháng") + BODY
    plan = read_plan(text, "plan.txt")
    assert (plan.number, plan.symbol, plan.date.day, plan.date.month) == (None, "KH-UBND", None, 2)
    assert {"number_blank", "day_blank"} <= set(_codes(plan))


def test_contradictions_are_told_with_their_lines() -> None:
    text = HEAD.replace("An Bình, ngày", "Phú Mỹ, ngày").replace("ngày 15/7/2021", "ngày 15/7/2026")
    text += "Thực hiện Nghị quyết số 76/NQ-CP ngày 16/7/2021 của Chính phủ.\n" + BODY
    warnings = {w.code: w.line for w in read_plan(text, "plan.txt").warnings}
    assert warnings["place_contradicts_issuer"] == 3
    assert warnings["reference_after_plan"] == 10
    assert warnings["reference_two_dates"] == 12


def test_an_annex_of_another_plan_is_told() -> None:
    plan = _plan(
        "(Kèm theo Kế hoạch số 01 /KH- UBND, ngày 01 tháng 01 năm 2026 của UBND xã An Bình)",
        "STT\tNội dung\tThời gian",
        "1\tTin một\tQuý I",
    )
    assert plan.number == "15"
    assert "annex_cites_other_plan" in _codes(plan)


def test_text_that_fits_nowhere_is_listed() -> None:
    text = (HEAD + BODY).replace("IV. TỔ CHỨC", "IV. LỜI KẾT RIÊNG\nMột câu lạ.\nV. TỔ CHỨC")
    messages = [w.message for w in read_plan(text, "plan.txt").warnings if w.code == "unread"]
    assert any("LỜI KẾT RIÊNG" in m for m in messages)
    assert any("Một câu lạ." in m for m in messages)


@pytest.mark.parametrize("text", ["", " \n\n\t\n", "\ufeff", "---\n***\n"])
def test_an_empty_document_is_refused(text: str) -> None:
    with pytest.raises(UserError, match=r"^plan\.txt: Tệp không có chữ nào"):
        read_plan(text, "plan.txt")


def test_a_letter_is_no_plan() -> None:
    with pytest.raises(UserError, match="không giống một kế hoạch"):
        read_plan("Kính gửi anh Bình,\n\nMời anh đến họp.", "thu.txt")


def test_a_table_without_a_known_column_is_refused_with_the_titles_to_use() -> None:
    with pytest.raises(UserError) as caught:
        read_plan("KẾ HOẠCH\nNăm 2026\n\nA\tB\tC\n1\t2\t3\n", "plan.txt")
    assert str(caught.value).startswith("plan.txt, dòng 4: Không nhận ra cột nào")
    assert "Nội dung (nhiệm vụ)" in str(caught.value)


def test_another_format_can_feed_lines_and_tables() -> None:
    table = SourceTable(
        (TableRow(3, ("Nội dung", "Thời gian")), TableRow(4, ("Đăng Zalo", "Quý I/2026")))
    )
    blocks = [SourceLine(1, "KẾ HOẠCH"), SourceLine(2, "Tuyên truyền năm 2026"), table]
    assert _annex(read_blocks(blocks, "plan.docx")) == [("1", "Đăng Zalo", "zalo")]


def test_the_json_has_exactly_the_keys_of_the_contract() -> None:
    value = _plan("STT\tNội dung\tThời gian", "1\tTin một\tQuý I").to_json()
    tops = "issuer number symbol place date title period signer bases topics forms assignments"
    tops += " recipients tasks warnings"
    task = "no content form channels timeframe lead support product source"
    assert " ".join(value) == tops
    assert " ".join(value["tasks"][0]) == task
    assert " ".join(value["topics"][0]) == "no text code"
    assert " ".join(value["warnings"][0]) == "code line message"
    json.dumps(value)


_PIECES = st.sampled_from(
    [*HEAD.split("\n"), *BODY.split("\n"), "| a | b | c |", "|---|---|---|", "STT\tNội dung\tx", ""]
)
_LINES = st.one_of(_PIECES, st.text(max_size=30))


def _read_or_refused(text: str) -> PlanDocument | None:
    """The plan, or None after a refusal that names the file."""
    try:
        return read_plan(text, "plan.txt")
    except UserError as error:
        if not str(error).startswith("plan.txt"):
            raise
        return None


@settings(max_examples=200, deadline=None)
@given(st.lists(_LINES, max_size=25).map("\n".join))
def test_any_text_is_read_or_refused_in_vietnamese(text: str) -> None:
    plan = _read_or_refused(text)
    if plan is None:
        return
    lines = len(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    assert all(w.line is None or 1 <= w.line <= lines for w in plan.warnings)
    assert len({t.no for t in plan.tasks}) == len(plan.tasks)
    json.dumps(plan.to_json())
