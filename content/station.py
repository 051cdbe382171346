"""The station (đài, đơn vị): one commune. Every row of the database belongs to one."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel


class Station(SQLModel, table=True):
    """One commune: its names for letterheads and its time zone. A province hosts many."""

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    """As on the letterhead: "Ủy ban nhân dân xã An Bình"."""
    parent: str | None = None
    place: str | None = None
    timezone: str = "Asia/Ho_Chi_Minh"
    created_at: datetime
