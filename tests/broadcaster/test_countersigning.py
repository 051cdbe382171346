"""The second signature under an emergency: another approver, once, in the ledger."""

from __future__ import annotations

import pytest

from tests.broadcaster.desks import BULLETIN, Desk


@pytest.fixture
def alarm(desk: Desk) -> int:
    """An emergency that Minh has raised."""
    desk.be("Minh")
    return int(desk.json("emergency", "Nước sông dâng cao.", "--reason", "lệnh huyện")["id"])


def confirm(alarm: int, person: str) -> tuple[str, ...]:
    return ("broadcast", "confirm", str(alarm), "--as", person)


def test_status_reminds_until_another_approver_has_signed(desk: Desk, alarm: int) -> None:
    assert any(f"confirm {alarm}" in line for line in desk.json("status")["needs"])
    signed = desk.json(*confirm(alarm, "Lan"), "--note", "đúng lệnh")
    assert (signed["raised_by"], signed["confirmed_by"]) == ("Minh", "Lan")
    assert not any("khẩn cấp" in line for line in desk.json("status")["needs"])


def test_the_signature_stands_in_the_ledger(desk: Desk, alarm: int) -> None:
    desk.ok(*confirm(alarm, "Lan"))
    record = desk.json("evidence", "list")[-1]
    assert (record["kind"], record["broadcast"]) == ("review", alarm)
    assert record["details"]["action"] == "countersign"
    assert record["details"]["raised_by"] == "Minh"
    assert desk.json("evidence", "verify")["ok"]


def test_nobody_signs_for_themselves_twice_or_without_the_role(desk: Desk, alarm: int) -> None:
    desk.ok("person", "add", "Hoa", "--role", "editor", "--as", "Lan")
    assert "không tự xác nhận" in desk.refused(*confirm(alarm, "Minh"))
    assert "không phải là người duyệt" in desk.refused(*confirm(alarm, "Hoa"))
    desk.ok(*confirm(alarm, "Lan"))
    assert "đã được Lan xác nhận" in desk.refused(*confirm(alarm, "Lan"))
    assert "không phải tin khẩn cấp" in desk.refused(*confirm(99, "Lan"))


def test_an_ordinary_broadcast_needs_no_second_signature(desk: Desk) -> None:
    number = str(desk.approved_text(BULLETIN))
    booked = desk.json("broadcast", "add", number, "--channel", "zalo", "--at", "23:59")
    said = desk.refused("broadcast", "confirm", str(booked["id"]), "--as", "Minh")
    assert "không phải tin khẩn cấp" in said
