"""The people of a station and what each may do."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from enum import StrEnum

from sqlmodel import Field, Session, SQLModel, UniqueConstraint, col, select

from content.errors import UserError


class Role(StrEnum):
    """What a person may do: write bulletins, approve them, or look after the machine."""

    EDITOR = "editor"
    APPROVER = "approver"
    ADMIN = "admin"


class Person(SQLModel, table=True):
    """Somebody who acts: an editor, a leader who approves, the administrator."""

    __table_args__ = (UniqueConstraint("station_id", "name"),)

    id: int | None = Field(default=None, primary_key=True)
    station_id: int = Field(foreign_key="station.id")
    name: str
    created_at: datetime


class PersonRole(SQLModel, table=True):
    """One role of one person."""

    person_id: int = Field(foreign_key="person.id", primary_key=True)
    role: str = Field(primary_key=True)
    granted_at: datetime
    granted_by: str


_ABLE: dict[Role, frozenset[Role]] = {
    Role.EDITOR: frozenset({Role.EDITOR, Role.ADMIN}),
    Role.APPROVER: frozenset({Role.APPROVER, Role.ADMIN}),
    Role.ADMIN: frozenset({Role.ADMIN}),
}
"""For what a command needs, the roles that may do it."""

ROLE_LABELS: dict[Role, str] = {
    Role.EDITOR: "biên tập viên",
    Role.APPROVER: "người duyệt",
    Role.ADMIN: "quản trị viên",
}


def add_person(
    session: Session, station_id: int, name: str, role: Role, by: str, now: datetime
) -> Person:
    """Add a person with a role, or the role to a known person."""
    person = find_person(session, station_id, name)
    if person is None:
        person = Person(station_id=station_id, name=clean_name(name), created_at=now)
        session.add(person)
        session.flush()
    assert person.id is not None  # noqa: S101 - flushed rows have an id
    if session.get(PersonRole, (person.id, role)) is None:
        session.add(PersonRole(person_id=person.id, role=role, granted_at=now, granted_by=by))
    return person


def find_person(session: Session, station_id: int, name: str) -> Person | None:
    """The person of this name (NFC, spaces folded), if known."""
    query = select(Person).where(Person.station_id == station_id, Person.name == clean_name(name))
    return session.exec(query).first()


def roles_of(session: Session, station_id: int, name: str) -> tuple[Role, ...]:
    """The person's roles, in the order of `Role`; empty for somebody unknown."""
    person = find_person(session, station_id, name)
    if person is None:
        return ()
    rows = session.exec(select(PersonRole.role).where(PersonRole.person_id == person.id)).all()
    return tuple(role for role in Role if role in rows)


def require_role(session: Session, station_id: int, name: str, needed: Role) -> None:
    """The one place that says who may do what. Raises UserError."""
    if find_person(session, station_id, name) is None:
        raise UserError(
            f"Chưa có ai tên “{name}” trong danh sách của đơn vị.",
            f'Quản trị viên hãy chạy: broadcaster person add "{name}" --role {needed} '
            "(hoặc chọn người khác bằng --as).",
        )
    if not _ABLE[needed].intersection(roles_of(session, station_id, name)):
        raise UserError(
            f"“{name}” không phải là {ROLE_LABELS[needed]} nên không làm được việc này.",
            f'Quản trị viên có thể chạy: broadcaster person add "{name}" --role {needed}.',
        )


def people(session: Session, station_id: int) -> list[tuple[Person, tuple[Role, ...]]]:
    """Everybody of the station, by name."""
    rows = session.exec(
        select(Person).where(Person.station_id == station_id).order_by(col(Person.name))
    ).all()
    return [(person, roles_of(session, station_id, person.name)) for person in rows]


def clean_name(name: str) -> str:
    """NFC, with single spaces: one spelling for one person. Raises UserError when empty."""
    cleaned = " ".join(unicodedata.normalize("NFC", name).split())
    if not cleaned:
        raise UserError("Tên người không được để trống.", "Hãy ghi họ và tên.")
    return cleaned
