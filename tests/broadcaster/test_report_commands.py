"""`report`, `document` and `bulletin sheet` from the command line."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from importlib.resources import as_file, files
from itertools import pairwise
from pathlib import Path

import pytest
from docx import Document
from docx.text.paragraph import Paragraph

from broadcaster.app import open_app
from broadcaster.clock import SystemClock
from tests.broadcaster.desks import Desk, typed
from tests.broadcaster.outputs import Outputs

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
BULLETIN = "---\ntitle: Giờ làm việc & <hồ sơ>\ntask: 3\n---\nMở cửa lúc 7h30.\n"


class Archive(Desk):
    """The desk of a station that has aired something."""

    def outputs(self) -> None:
        app = open_app(self.home, clock=SystemClock(), person="Lan")
        made = Outputs(app)
        for day in (3, 9):
            made.record(made.bulletin(task="3"), datetime(2026, 2, day, 1, tzinfo=UTC))
        app.close()


@pytest.fixture
def desk(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Archive:
    monkeypatch.setenv("BROADCASTER_HOME", str(tmp_path / "nhà"))
    monkeypatch.setenv("BROADCASTER_USER", "Lan")
    monkeypatch.setenv("BROADCASTER_STATION__NAME", "Ủy ban nhân dân xã An Bình")

    made = Archive(tmp_path / "nhà", typed(capsys))
    made.ok("init")
    made.ok("person", "add", "Minh", "--role", "approver")
    with as_file(files("broadcaster.samples")) as folder:
        made.ok("plan", "import", next(folder.glob("ke-hoach-*.md")))
    return made


def test_a_report_is_written_in_every_format_and_is_the_same_again(
    desk: Archive, tmp_path: Path
) -> None:
    desk.outputs()
    for name in ("báo cáo.docx", "báo cáo.pdf", "báo cáo.json"):
        for folder in ("một", "hai"):
            desk.ok("report", "--period", "2026-H1", "-o", tmp_path / folder / name)
        first, second = (tmp_path / folder / name for folder in ("một", "hai"))
        assert first.read_bytes() == second.read_bytes()
    text = "\n".join(p.text for p in Document(str(tmp_path / "một" / "báo cáo.docx")).paragraphs)
    assert "Kết quả công tác tuyên truyền cải cách hành chính 6 tháng đầu năm 2026" in text
    assert "Trong kỳ đã phát, đăng tải 02 tin, bài với 02 lượt" in text
    document = json.loads((tmp_path / "một" / "báo cáo.json").read_text(encoding="utf-8"))
    assert document["figures"]["total.outputs"]["value"] == 2


def test_number_and_day_of_issue_are_printed_as_the_decree_wants(
    desk: Archive, tmp_path: Path
) -> None:
    path = tmp_path / "b.docx"
    desk.ok("report", "--period", "2026", "--number", "7", "--date", "5/1/2027", "-o", path)
    document = Document(str(path))
    assert document.tables[1].rows[0].cells[0].text == "Số: 07/BC-UBND"
    assert document.tables[1].rows[0].cells[1].text.endswith("gày 05 tháng 01 năm 2027")


def test_explain_names_the_records_of_each_figure(desk: Archive) -> None:
    desk.outputs()
    said = desk.ok("report", "--period", "2026-H1", "--explain")
    assert "total.outputs = 02" in said
    assert "Minh chứng số: 2–3" in said
    figures = json.loads(desk.ok("report", "--period", "2026-H1", "--explain", "--json"))
    by_key = {one["key"]: one for one in figures}
    assert by_key["total.outputs"]["evidence"] == [2, 3]
    assert by_key["plan.number"]["rows"] == ["plan 1"]


def test_the_plans_own_deadline_gives_the_period(desk: Archive) -> None:
    made = json.loads(desk.ok("report", "--due", "2026-12-15", "--json"))
    assert (made["period"]["words"], made["period"]["end"]) == ("năm 2026", "2026-12-14")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("report",), "--period"),
        (("report", "--period", "2026", "--due", "next"), "--period"),
        (("report", "--period", "tháng trước"), "2026-H1"),
        (("report", "--period", "2026", "-o", "x.odt"), ".docx"),
        (("report", "--period", "2026", "--plan", "9"), "kế hoạch số 9"),
        (("report", "--due", "2026-05-05"), "14/12/2026"),
        (("document", "make", "thiep-moi", "-o", "x.docx"), "giay-moi"),
        (("document", "make", "giay-moi", "-o", "x.docx"), "--task"),
        (("document", "make", "giay-moi", "--task", "77", "-o", "x.docx"), "Các nhiệm vụ: 1, 2"),
        (("document", "make", "bao-cao", "-o", "x.docx"), "broadcaster report"),
        (("bulletin", "sheet", "9", "-o", "x.docx"), "bản tin số 9"),
    ],
)
def test_what_can_be_mended_is_told(desk: Archive, words: tuple[str, ...], says: str) -> None:
    assert says in desk.refused(*words)


def test_an_invitation_speaks_of_its_task(desk: Archive, tmp_path: Path) -> None:
    path = tmp_path / "giấy mời.docx"
    desk.ok("document", "make", "giay-moi", "--task", "7", "-o", path)
    text = "\n".join(p.text for p in Document(str(path)).paragraphs)
    assert "GIẤY MỜI" in text
    assert "Tập huấn kỹ năng hướng dẫn dịch vụ công trực tuyến" in text
    assert "Kế hoạch số 15/KH-UBND ngày 20 tháng 01 năm 2026" in text


def test_the_approval_sheet_has_the_hashes_and_the_people(desk: Archive, tmp_path: Path) -> None:
    number = desk.approved_text(BULLETIN)
    path = tmp_path / "phiếu.docx"
    desk.ok("bulletin", "sheet", number, "-o", path)
    document = Document(str(path))
    text = "\n".join(p.text for p in document.paragraphs)
    records = json.loads(desk.ok("evidence", "list", "--json"))
    hashes = [r["details"]["spoken_sha256"] for r in records if r["kind"] == "review"]
    assert hashes[-1] in text
    assert "- duyệt: Minh, lúc" in text
    assert "Giờ làm việc & <hồ sơ>" in text
    names = [cell.text.split("\n")[-1] for cell in document.tables[-1].rows[0].cells]
    assert names == ["Lan", "Minh"]


def test_a_notice_is_only_made_of_what_was_approved(desk: Archive, tmp_path: Path) -> None:
    number = desk.approved_text(BULLETIN)
    desk.ok("document", "make", "niem-yet", "--bulletin", number, "-o", tmp_path / "tb.pdf")
    path = tmp_path / "sửa.md"
    path.write_text(BULLETIN.replace("7h30", "8h00"), encoding="utf-8")
    desk.ok("bulletin", "edit", number, path)
    said = desk.refused(
        "document", "make", "niem-yet", "--bulletin", number, "-o", tmp_path / "x.pdf"
    )
    assert "chưa được công bố" in said


def test_the_communes_own_template_wins_and_its_mistakes_name_file_and_line(
    desk: Archive, tmp_path: Path
) -> None:
    own = desk.home / "templates" / "giay-moi.txt"
    desk.ok("document", "template", "giay-moi", "-o", own)
    text = own.read_text(encoding="utf-8")
    own.write_text(text.replace("trân trọng kính mời", "kính mời"), encoding="utf-8")
    path = tmp_path / "m.docx"
    desk.ok("document", "make", "giay-moi", "--task", "7", "-o", path)
    assert "trân trọng" not in "\n".join(p.text for p in Document(str(path)).paragraphs)
    own.write_text(text + "{task.leader}\n", encoding="utf-8")
    said = desk.refused("document", "make", "giay-moi", "--task", "7", "-o", path)
    assert f"{own}, dòng {len(text.splitlines()) + 1}" in " ".join(said.split())
    assert "task.lead" in said


def test_the_signer_and_the_addressee_come_from_the_settings_first(
    desk: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BROADCASTER_PAPERS__SIGNER", "Lê Văn Tám")
    monkeypatch.setenv("BROADCASTER_PAPERS__SIGNER_TITLE", "Chủ tịch")
    monkeypatch.setenv("BROADCASTER_PAPERS__TO", "Ủy ban nhân dân tỉnh")
    path = tmp_path / "b.docx"
    desk.ok("report", "--period", "2026", "-o", path)
    document = Document(str(path))
    signatures = [t for t in document.tables if "Nơi nhận" in t.rows[0].cells[0].text]
    assert signatures[0].rows[0].cells[1].text == "TM. ỦY BAN NHÂN DÂN\nCHỦ TỊCH\nLê Văn Tám"
    assert any(p.text == "Kính gửi: Ủy ban nhân dân tỉnh." for p in document.paragraphs)


def test_an_own_template_from_before_footnotes_still_says_what_the_mark_means(
    desk: Archive, tmp_path: Path
) -> None:
    desk.outputs()
    own = tmp_path / "nhà" / "templates" / "bao-cao.txt"
    desk.ok("document", "template", "bao-cao", "-o", own)
    lines = own.read_text(encoding="utf-8").splitlines()
    own.write_text("\n".join(line for line in lines if "⁽¹⁾" not in line), encoding="utf-8")
    target = tmp_path / "báo cáo.docx"
    desk.ok("report", "--period", "2026", "-o", target)
    said = [p.text for p in Document(str(target)).paragraphs if p.text.startswith("⁽¹⁾")]
    assert len(said) == 1
    assert "tự xác định để theo dõi" in said[0]
    found = desk.json("report", "--period", "2026", "--explain")
    assert sum(one["key"] == "tasks.assumed" for one in found) == 1


def test_what_announces_a_table_and_its_titles_never_stand_alone_at_the_foot_of_a_page(
    desk: Archive, tmp_path: Path
) -> None:
    desk.outputs()
    target = tmp_path / "báo cáo.docx"
    desk.ok("report", "--period", "2026-H1", "-o", target)
    document = Document(str(target))
    before = {
        after: one
        for one, after in pairwise(document.element.body)
        if after.tag.endswith("}tbl") and one.tag.endswith("}p")
    }
    marked = [one for one in document.tables if one._tbl.find(f".//{W}tblHeader") is not None]
    assert len(marked) >= 4
    for table in marked:
        titles = table.rows[0].cells[0].paragraphs[0]
        assert titles.paragraph_format.keep_with_next
        above = Paragraph(before[table._tbl], document)
        if above.text and not above.text.startswith("(Kèm theo"):  # an annex begins a page
            assert above.paragraph_format.keep_with_next, above.text
