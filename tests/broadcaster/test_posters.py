"""`bulletin poster`, from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.broadcaster.desks import Desk


@pytest.mark.parametrize("form", ["poster", "leaflet", "banner"])
def test_an_approved_bulletin_becomes_a_pdf(planned_desk: Desk, tmp_path: Path, form: str) -> None:
    number = planned_desk.approved("Nộp hồ sơ trực tuyến", "1")
    path = tmp_path / f"áp phích {form}.pdf"
    made = planned_desk.json(
        "bulletin", "poster", str(number), "--form", form, "-o", str(path),
        "--link", "https://anbinh.gov.vn/bai/1",
    )  # fmt: skip
    assert made == {"file": str(path), "form": form, "link": "https://anbinh.gov.vn/bai/1"}
    assert path.read_bytes().startswith(b"%PDF")


def test_nothing_is_printed_without_approval(planned_desk: Desk, tmp_path: Path) -> None:
    planned_desk.ok("bulletin", "add", planned_desk.file("b.md", "---\ntitle: Nháp\n---\nA.\n"))
    path = tmp_path / "a.pdf"
    said = planned_desk.refused("bulletin", "poster", "1", "-o", str(path))
    assert "chưa được in" in said
    assert not path.exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--form", "sách"), "Không có hình thức"),
        (("--paper", "a0"), "Không có khổ giấy"),
        (("--link", "javascript:alert(1)"), "không phải địa chỉ"),
        (("--link", "https://a.vn/" + "x" * 1200), "quá dài"),
    ],
)
def test_a_wrong_wish_is_refused(
    planned_desk: Desk, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    number = planned_desk.approved("Bài", "1")
    path = str(tmp_path / "a.pdf")
    assert said in planned_desk.refused("bulletin", "poster", str(number), "-o", path, *words)


def test_without_a_link_there_is_no_code_and_this_is_said(
    planned_desk: Desk, tmp_path: Path
) -> None:
    number = planned_desk.approved("Bài", "1")
    said = planned_desk.ok("bulletin", "poster", str(number), "-o", str(tmp_path / "a.pdf"))
    assert "không có mã QR" in said
