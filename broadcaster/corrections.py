"""Corrections (đính chính): a new record that points to an old one, which stays as it is."""

from __future__ import annotations

from sqlmodel import select

from broadcaster import evidence
from broadcaster.app import App
from broadcaster.evidence import Kind
from broadcaster.records import EvidenceRecord
from content.errors import UserError
from content.people import Role, require_role


def correct(app: App, seq: int, note: str, *, withdraw: bool = False) -> EvidenceRecord:
    """Say what is wrong with a record; with `withdraw` it no longer counts as evidence.

    Raises UserError for an unknown record, an empty note, or one that may not be corrected.
    """
    said = " ".join(note.split())
    if not said:
        raise UserError("Lời đính chính còn trống.", "Hãy ghi: --note “nội dung đính chính”.")
    with app.database.writing() as session:
        require_role(session, app.station_id, app.person, Role.EDITOR)
        query = select(EvidenceRecord).where(
            EvidenceRecord.station_id == app.station_id, EvidenceRecord.seq == seq
        )
        old = session.exec(query).first()
        if old is None:
            raise UserError(
                f"Không có bản ghi số {seq}.", "Xem danh sách: broadcaster evidence list."
            )
        kind = evidence.to_json(old)["kind"]
        if kind in (Kind.KEY, Kind.RETENTION):
            raise UserError(f"Bản ghi số {seq} là việc của máy, không đính chính được.")
        return evidence.append(
            session,
            app.station_id,
            Kind.CORRECTION,
            app.clock.now(),
            {"simulated": False},
            details={
                "corrects": seq,
                "corrects_hash": old.hash,
                "withdraws": withdraw,
                "note": said,
                "person": app.person,
            },
        )
