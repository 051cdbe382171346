"""The second signature under an emergency: another person says that it was right."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from broadcaster import evidence
from broadcaster.app import App
from broadcaster.evidence import Kind
from broadcaster.records import Broadcast, Countersignature, Origin
from content.errors import UserError
from content.people import Role, clean_name, require_role


@dataclass(frozen=True, slots=True)
class Raised:
    """An emergency and, once it is given, the second signature."""

    broadcast: int
    at: datetime
    by: str
    confirmed_by: str | None = None
    confirmed_at: datetime | None = None
    note: str | None = None


def confirm(app: App, broadcast_id: int, note: str | None) -> Raised:
    """Sign an emergency afterwards. Raises UserError.

    The acting person must be an approver and another than the one who raised it; what is signed
    stands in the ledger, in the same transaction.
    """
    now = app.clock.now()
    with app.database.writing() as session:
        require_role(session, app.station_id, app.person, Role.APPROVER)
        row = _emergency(session, app, broadcast_id)
        person = clean_name(app.person)
        if person == clean_name(row.created_by):
            raise UserError(
                "Người phát tin khẩn cấp không tự xác nhận được.",
                "Hãy nhờ một người duyệt khác: thêm --as “HỌ TÊN”.",
            )
        if (given := session.get(Countersignature, broadcast_id)) is not None:
            raise UserError(f"Buổi {broadcast_id} đã được {given.person} xác nhận.")
        session.add(
            Countersignature(
                broadcast_id=broadcast_id,
                station_id=app.station_id,
                person=person,
                at=now,
                note=note,
            )
        )
        evidence.append(
            session,
            app.station_id,
            Kind.REVIEW,
            now,
            {"channel": row.channel, "broadcast": broadcast_id, "simulated": False},
            details={
                "action": "countersign",
                "emergency": True,
                "person": person,
                "raised_by": row.created_by,
                "note": note,
            },
        )
        return Raised(broadcast_id, row.starts_at, row.created_by, person, now, note)


def raised(session: Session, station_id: int) -> list[Raised]:
    """Every emergency in order of time, with its second signature where there is one."""
    query = (
        select(Broadcast, Countersignature)
        .outerjoin(Countersignature, col(Countersignature.broadcast_id) == col(Broadcast.id))
        .where(Broadcast.station_id == station_id, Broadcast.origin == Origin.EMERGENCY)
        .order_by(col(Broadcast.starts_at), col(Broadcast.id))
    )
    return [_raised(row, signed) for row, signed in session.exec(query).all()]


def waiting(session: Session, station_id: int) -> list[Raised]:
    """The emergencies that nobody has countersigned yet."""
    return [one for one in raised(session, station_id) if one.confirmed_by is None]


def _raised(row: Broadcast, signed: Countersignature | None) -> Raised:
    number = row.id or 0
    if signed is None:
        return Raised(number, row.starts_at, row.created_by)
    return Raised(number, row.starts_at, row.created_by, signed.person, signed.at, signed.note)


def _emergency(session: Session, app: App, broadcast_id: int) -> Broadcast:
    row = session.get(Broadcast, broadcast_id)
    if row is None or row.station_id != app.station_id or row.origin != Origin.EMERGENCY:
        raise UserError(
            f"Buổi phát {broadcast_id} không phải tin khẩn cấp.",
            "Xem các buổi chờ xác nhận: broadcaster status.",
        )
    return row
