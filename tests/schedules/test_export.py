"""The printed week in every format: read back, compared, and the same bytes each time."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import icalendar
import openpyxl
import pdfplumber
import pytest
from docx import Document
from docx.oxml.ns import qn
from hypothesis import given, settings
from hypothesis import strategies as st

from content.errors import UserError
from schedules.export import (
    FORMATS,
    SheetRow,
    WeekSheet,
    export,
    official_date,
    render,
    session_of,
)
from schedules.export.as_pdf import pictures
from schedules.export.sheet import COLUMNS, EMPTY, NO_TITLE, SIMULATED, TITLE, heights, printable

MONDAY = date(2026, 11, 23)
NASTY = (
    "=HYPERLINK(\"http://x\") & <b>Ủy ban</b> 'nháy' “kép” #[*_$`\\ 🎉👨‍👩‍👧 \x00\x07\r\n]]>"
    + " dài" * 40
)
CLEAN = re.sub(r"\s+", " ", re.sub(r"[\x00\x07]", "", NASTY))


def _row(title: str, hour: int = 5, day: int = 0, **changes: Any) -> SheetRow:
    row = SheetRow(
        MONDAY + timedelta(days=day),
        time(hour, 30),
        time(hour + 1, 0),
        "radio",
        "Loa truyền thanh",
        title,
        targets=("Thôn Đông", "Thôn Đoài"),
        kind="PM",
        duration=timedelta(seconds=245),
        status="đã lên lịch",
        made_by="Nguyễn Thị Hòa",
        approved_by="Trần Văn Bình",
        note="ưu tiên",
        key=f"d-{title[:8]}-{hour}-{day}",
    )
    return replace(row, **changes)


SHEET = WeekSheet(
    "Ủy ban nhân dân xã An Bình",
    MONDAY,
    (
        _row("Niêm yết thủ tục hành chính", 17, 1, kind="PL"),
        _row("Nộp hồ sơ trực tuyến"),
        _row("Định danh điện tử"),
        _row("Chỉ số cải cách", 8, channel="facebook", channel_label="Fanpage", targets=()),
    ),
    parent="Ủy ban nhân dân tỉnh Bình Minh",
    created=official_date("An Bình", date(2026, 11, 22)),
    made_by="Nguyễn Thị Hòa",
    approver_title="KT. CHỦ TỊCH\nPHÓ CHỦ TỊCH",
    approver="Trần Văn Bình",
    evidence_head="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
)
EMPTY_SHEET = replace(SHEET, rows=())
NASTY_SHEET = replace(
    SHEET,
    station=NASTY[:40],
    made_by="+cmd|'/c calc'!A0",
    rows=(_row(NASTY, note="-1+1", made_by="@SUM(A1)"), _row("=1+1", 8)),
    evidence_head=None,
    simulated=True,
)
TITLES_IN_ORDER = [
    "Nộp hồ sơ trực tuyến",
    "Định danh điện tử",
    "Chỉ số cải cách",
    "Niêm yết thủ tục hành chính",
]


@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize("sheet", [SHEET, EMPTY_SHEET, NASTY_SHEET], ids=["full", "empty", "nasty"])
def test_the_same_sheet_gives_the_same_bytes(fmt: str, sheet: WeekSheet, tmp_path: Path) -> None:
    first = export(sheet, fmt, tmp_path / "one")
    # Another order of openings is the same week.
    second = export(replace(sheet, rows=(*sheet.rows[1:], *sheet.rows[:1])), fmt, tmp_path / "two")
    assert first.name == f"Lich-phat-song-2026-W48.{fmt}"
    assert len(first.read_bytes()) > 100
    if sheet is SHEET:
        assert first.read_bytes() == second.read_bytes()
    assert first.read_bytes() == render(sheet, fmt)


@pytest.mark.parametrize("fmt", ["docx", "xlsx"])
def test_office_files_carry_no_time_of_writing(fmt: str) -> None:
    with zipfile.ZipFile(io.BytesIO(render(SHEET, fmt))) as archive:
        assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        core = archive.read("docProps/core.xml").decode()
    assert set(re.findall(r"\d{4}-\d\d-\d\dT[\d:]+Z", core)) == {"2026-11-22T17:00:00Z"}


def test_an_unknown_format_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="docx, xlsx, pdf, html, ics, csv, json"):
        export(SHEET, "odt", tmp_path)


def test_a_folder_that_cannot_be_written_is_the_users_to_mend(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(UserError, match="Không ghi được tệp"):
        export(SHEET, "csv", tmp_path / "file")


def test_word_has_the_letterhead_the_days_and_every_item() -> None:
    document = Document(io.BytesIO(render(SHEET, "docx")))
    head, table, signatures = document.tables
    left, right = (cell.text for cell in head.rows[0].cells)
    assert left.split("\n")[:2] == ["ỦY BAN NHÂN DÂN TỈNH BÌNH MINH", "ỦY BAN NHÂN DÂN XÃ AN BÌNH"]
    assert "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" in right
    assert "An Bình, ngày 22 tháng 11 năm 2026" in right
    paragraphs = [paragraph.text for paragraph in document.paragraphs]
    assert TITLE in paragraphs
    assert "Tuần 48, từ ngày 23/11/2026 đến ngày 29/11/2026" in paragraphs
    lines = [[cell.text for cell in row.cells] for row in table.rows]
    assert lines[0] == list(COLUMNS)
    assert lines[1][0] == "Thứ Hai, ngày 23/11/2026"
    assert lines[2] == [
        "Sáng", "05:30–06:00", "Loa truyền thanh: Thôn Đông, Thôn Đoài", "Nộp hồ sơ trực tuyến",
        "PM", "4'05\"", "Nguyễn Thị Hòa", "Trần Văn Bình", "đã lên lịch; ưu tiên",
    ]  # fmt: skip
    assert lines[3][:4] == [*lines[2][:3], "Định danh điện tử"]
    assert [line[3] for line in lines if line[4] in ("PM", "PL")] == TITLES_IN_ORDER
    assert [cell.text for cell in signatures.rows[0].cells] == [
        "NGƯỜI LẬP LỊCH",
        "KT. CHỦ TỊCH\nPHÓ CHỦ TỊCH",
    ]
    assert [cell.text for cell in signatures.rows[1].cells] == ["Nguyễn Thị Hòa", "Trần Văn Bình"]


def test_word_is_a_landscape_page_whose_rows_and_header_behave() -> None:
    document = Document(io.BytesIO(render(SHEET, "docx")))
    section, table = document.sections[0], document.tables[1]
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (297, 210)
    assert document.styles["Normal"].font.name == "Times New Roman"
    assert table.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None
    assert all(row._tr.trPr.find(qn("w:cantSplit")) is not None for row in table.rows)
    footer = section.footer._element.xml
    assert 'w:instr="PAGE"' in footer
    assert str(SHEET.evidence_head) in footer


def test_the_footer_shows_the_chain_as_a_code_that_phones_read() -> None:
    sheet = replace(SHEET, evidence_seq=214)
    assert sheet.anchor is not None
    assert sheet.anchor.code == f"EVIDENCE:214:{str(SHEET.evidence_head).upper()}"
    assert "bản ghi số 214" in sheet.anchor.line
    part = Document(io.BytesIO(render(sheet, "docx"))).sections[0].footer.part
    assert [rel.target_part.blob for rel in part.rels.values()] == [sheet.anchor.png()]
    assert sheet.anchor.svg() in render(sheet, "html").decode()
    assert render(sheet, "pdf") != render(SHEET, "pdf")


_CELL_ORDER = ["tcW", "gridSpan", "vMerge", "tcBorders", "shd", "noWrap", "tcMar", "vAlign"]
_TABLE_ORDER = [
    "tblStyle",
    "tblW",
    "jc",
    "tblInd",
    "tblBorders",
    "tblLayout",
    "tblCellMar",
    "tblLook",
]
_PARAGRAPH_ORDER = ["pStyle", "keepNext", "keepLines", "pBdr", "shd", "spacing", "ind", "jc", "rPr"]


@pytest.mark.parametrize(
    ("tag", "order"),
    [("w:tcPr", _CELL_ORDER), ("w:tblPr", _TABLE_ORDER), ("w:pPr", _PARAGRAPH_ORDER)],
)
def test_word_properties_stand_in_the_order_of_the_schema(tag: str, order: list[str]) -> None:
    body = Document(io.BytesIO(render(SHEET, "docx"))).element.body
    found = list(body.iter(qn(tag)))
    assert found
    for element in found:
        places = [order.index(child.tag.split("}")[1]) for child in element]
        assert places == sorted(set(places))


def test_excel_has_real_dates_times_and_a_frozen_repeating_header() -> None:
    page = openpyxl.load_workbook(io.BytesIO(render(SHEET, "xlsx"))).active
    assert page is not None
    header = [cell.value for cell in page[7]]
    assert header[:5] == ["Thứ", "Ngày", "Buổi", "Bắt đầu", "Kết thúc"]
    first = [cell.value for cell in page[8]]
    assert first == [
        "Thứ Hai", datetime.combine(MONDAY, time(0)), "Sáng", time(5, 30), time(6, 0),
        "Loa truyền thanh", "Thôn Đông, Thôn Đoài", "Nộp hồ sơ trực tuyến", "PM",
        timedelta(seconds=245), "Nguyễn Thị Hòa", "Trần Văn Bình", "đã lên lịch", "ưu tiên",
    ]  # fmt: skip
    assert [page.cell(row, 8).value for row in range(8, 12)] == TITLES_IN_ORDER
    assert page.freeze_panes == "A8"
    assert page.print_title_rows == "$7:$7"
    assert page.page_setup.orientation == "landscape"
    assert str(SHEET.evidence_head) in str(page.oddFooter.center.text)


def test_excel_keeps_what_looks_like_a_formula_as_text() -> None:
    page = openpyxl.load_workbook(io.BytesIO(render(NASTY_SHEET, "xlsx"))).active
    assert page is not None
    cells = [cell for row in page.iter_rows() for cell in row if cell.value is not None]
    assert "f" not in {cell.data_type for cell in cells}
    assert {"=1+1", "@SUM(A1)", "-1+1", CLEAN} <= {cell.value for cell in cells}


def test_csv_opens_in_excel_and_reads_back() -> None:
    data = render(SHEET, "csv")
    assert data.startswith(b"\xef\xbb\xbf")
    header, *lines = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""))
    assert header == ["Thứ", "Ngày", *COLUMNS]
    assert [line[5] for line in lines] == TITLES_IN_ORDER
    assert lines[0][:4] == ["Thứ Hai", "23/11/2026", "Sáng", "05:30–06:00"]


def test_csv_defuses_formulas_in_every_cell() -> None:
    text = render(NASTY_SHEET, "csv").decode("utf-8-sig")
    cells = [cell for line in csv.reader(io.StringIO(text, newline="")) for cell in line]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
    assert {"'=1+1", "'@SUM(A1)", f"'{CLEAN}"} <= set(cells)


def test_the_calendar_reads_back_in_utc_with_lasting_names() -> None:
    events = _events(SHEET)
    assert [str(event["summary"]) for event in events] == [
        "Loa truyền thanh: Nộp hồ sơ trực tuyến",
        "Loa truyền thanh: Định danh điện tử",
        "Fanpage: Chỉ số cải cách",
        "Loa truyền thanh: Niêm yết thủ tục hành chính",
    ]
    assert events[0]["dtstart"].dt == datetime(2026, 11, 22, 22, 30, tzinfo=UTC)
    assert events[0]["dtend"].dt == datetime(2026, 11, 22, 23, 0, tzinfo=UTC)
    uids = [str(event["uid"]) for event in events]
    assert len(set(uids)) == 4
    renamed = replace(SHEET, rows=tuple(replace(row, status="đã phát") for row in SHEET.rows))
    assert [str(event["uid"]) for event in _events(renamed)] == uids


def test_the_calendar_names_items_without_a_key_by_their_place() -> None:
    keyless = replace(SHEET, rows=tuple(replace(row, key="") for row in SHEET.rows))
    retitled = replace(keyless, rows=tuple(replace(row, title="Khác") for row in keyless.rows))
    uids = [str(event["uid"]) for event in _events(keyless)]
    assert len(set(uids)) == 4
    assert [str(event["uid"]) for event in _events(retitled)] == uids


def test_an_item_that_ends_after_midnight_ends_on_the_next_day_in_the_calendar() -> None:
    late = replace(SHEET, rows=(_row("Đêm", starts=time(23, 30), ends=time(0, 15)),))
    event = _events(late)[0]
    assert event["dtend"].dt - event["dtstart"].dt == timedelta(minutes=45)


def test_json_reads_back_whole() -> None:
    document = json.loads(render(SHEET, "json"))
    assert document["week"] == "2026-W48"
    assert [row["title"] for row in document["rows"]] == TITLES_IN_ORDER
    assert document["rows"][0]["seconds"] == 245
    assert document["evidence_head"] == SHEET.evidence_head


def test_the_web_page_stands_alone_and_shows_every_title_as_text() -> None:
    for sheet in (SHEET, NASTY_SHEET):
        page = render(sheet, "html").decode()
        reader = _Reader(page)
        assert reader.outside == []
        for row in printable(sheet).rows:
            assert row.title in reader.text
    assert "b" not in _Reader(render(NASTY_SHEET, "html").decode()).tags
    assert 'lang="vi"' in page


def test_pdf_is_landscape_and_grows_by_pages() -> None:
    data = render(SHEET, "pdf")
    assert data.startswith(b"%PDF-")
    width, height = _png_size(pictures(printable(SHEET))[0])
    assert width / height == pytest.approx(297 / 210, rel=0.01)
    many = replace(SHEET, rows=tuple(_row(f"Bản tin số {n}", 5, n % 7) for n in range(140)))
    assert len(pictures(printable(SHEET))) == 1
    assert len(pictures(printable(many))) > 3


@pytest.mark.parametrize("first", range(2, 16))
def test_neither_a_days_heading_nor_the_signatures_stand_alone_on_a_page_of_the_pdf(
    first: int,
) -> None:
    """Wherever the first day ends on the page; a day that goes on is named again."""
    rows = [_row(f"Bản tin số {n}", 4 + n) for n in range(first)]
    rows += [_row(f"Bản tin số {n}", 4 + n, 1) for n in range(10)]
    with pdfplumber.open(io.BytesIO(render(replace(SHEET, rows=tuple(rows)), "pdf"))) as pdf:
        pages = [page.extract_text().splitlines() for page in pdf.pages]
    assert len(pages) > 1
    for page in pages:
        shown = [
            line for line in page if re.match(r"Thứ (?:Hai|Ba)|Bản tin số|\S.*Bản tin số", line)
        ]
        if shown:
            assert not shown[-1].startswith("Thứ"), shown
    signed = next(page for page in pages if any("NGƯỜI LẬP LỊCH" in line for line in page))
    assert any("Bản tin số" in line for line in signed)
    for page in pages[1:]:
        days = [i for i, line in enumerate(page) if re.match(r"Thứ (?:Hai|Ba)", line)]
        items = [i for i, line in enumerate(page) if "Bản tin số" in line]
        assert not items or (days and days[0] < items[0]), page


def test_a_page_longer_than_paper_does_not_lose_an_opening() -> None:
    crowded = replace(SHEET, rows=tuple(_row(f"Bản tin số {n}") for n in range(60)))
    assert len(pictures(printable(crowded))) >= 3
    assert len(Document(io.BytesIO(render(crowded, "docx"))).tables[1].rows) == 62


@pytest.mark.parametrize("fmt", ["docx", "xlsx", "html", "ics", "csv"])
def test_an_empty_week_says_so(fmt: str) -> None:
    assert EMPTY in _text(EMPTY_SHEET, fmt)
    assert EMPTY not in _text(SHEET, fmt)


def test_an_opening_without_a_bulletin_is_shown_as_such() -> None:
    sheet = replace(SHEET, rows=(_row(""),))
    for fmt in ("docx", "xlsx", "html", "ics", "csv"):
        assert NO_TITLE in _text(sheet, fmt)


def test_a_trial_week_is_marked_on_paper_and_has_no_evidence_line() -> None:
    for fmt in ("docx", "xlsx", "html"):
        text = _text(NASTY_SHEET, fmt)
        assert SIMULATED in text
        assert "SHA-256" not in text
    assert SIMULATED not in _text(SHEET, "docx")
    assert json.loads(render(NASTY_SHEET, "json"))["simulated"] is True


def test_the_items_of_one_opening_share_its_cells_and_only_these() -> None:
    rows = printable(SHEET).rows
    assert heights(rows[:3]) == [2, 0, 1]
    assert heights([rows[0], rows[2], rows[1]]) == [1, 1, 1]
    assert heights([]) == []


def test_official_dates_are_padded_as_the_decree_asks() -> None:
    assert official_date("An Bình", date(2026, 1, 5)) == "An Bình, ngày 05 tháng 01 năm 2026"
    assert official_date("An Bình", date(2026, 6, 29)) == "An Bình, ngày 29 tháng 6 năm 2026"
    assert official_date(None, date(2026, 12, 1)) == "Ngày 01 tháng 12 năm 2026"


def test_the_parts_of_the_day_are_told_from_the_hour() -> None:
    hours = {5: "Sáng", 10: "Sáng", 11: "Trưa", 13: "Trưa", 14: "Chiều", 17: "Chiều", 19: "Tối"}
    assert {hour: session_of(time(hour)) for hour in hours} == hours


_ANY_TEXT = st.text(max_size=80)


@settings(max_examples=25, deadline=None)
@given(_ANY_TEXT, _ANY_TEXT, _ANY_TEXT)
def test_no_text_breaks_any_format(title: str, station: str, note: str) -> None:
    row = _row(title, note=note, made_by=title, targets=(note,), status=station, key=note)
    sheet = replace(SHEET, rows=(row,), station=station, approver_title=note, approver=title)
    shown = printable(sheet).rows[0].title or NO_TITLE
    document = Document(io.BytesIO(render(sheet, "docx")))
    assert document.tables[1].rows[2].cells[3].text == shown
    page = openpyxl.load_workbook(io.BytesIO(render(sheet, "xlsx"))).active
    assert page is not None
    assert page.cell(8, 8).value == shown
    assert str(_events(sheet)[0]["summary"]) == f"Loa truyền thanh: {shown}"
    lines = list(csv.reader(io.StringIO(render(sheet, "csv").decode("utf-8-sig"), newline="")))
    assert lines[1][5].removeprefix("'") in (shown, shown.removeprefix("'"))
    assert shown in _Reader(render(sheet, "html").decode()).text
    assert (json.loads(render(sheet, "json"))["rows"][0]["title"] or NO_TITLE) == shown
    assert render(sheet, "pdf").startswith(b"%PDF-")


def _events(sheet: WeekSheet) -> list[Any]:
    calendar = icalendar.Calendar.from_ical(render(sheet, "ics"))
    return list(calendar.walk("VEVENT"))


def _text(sheet: WeekSheet, fmt: str) -> str:
    data = render(sheet, fmt)
    if fmt == "docx":
        document = Document(io.BytesIO(data))
        parts = [paragraph.text for paragraph in document.paragraphs]
        parts += [c.text for table in document.tables for row in table.rows for c in row.cells]
        return "\n".join(parts)
    if fmt == "xlsx":
        page = openpyxl.load_workbook(io.BytesIO(data)).active
        assert page is not None
        return "\n".join(str(cell.value) for row in page.iter_rows() for cell in row)
    if fmt == "ics":
        return "\n".join(str(event["summary"]) for event in _events(sheet))
    return data.decode("utf-8-sig")


def _png_size(data: bytes) -> tuple[int, int]:
    return int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")


class _Reader(HTMLParser):
    """The text, the tags, and everything that the page would fetch."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text = ""
        self.outside: list[str] = []
        self.tags: set[str] = set()
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.outside += [str(value) for name, value in attrs if name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        self.text += data
