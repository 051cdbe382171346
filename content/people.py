"""The people of a station and what each may do."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlmodel import Field, SQLModel, UniqueConstraint


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
