"""The timetable: recurring weekly openings (khung giờ) on a channel."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, Column
from sqlmodel import Field, SQLModel


class Slot(SQLModel, table=True):
    """A recurring weekly opening on a channel, in the station's own time."""

    id: int | None = Field(default=None, primary_key=True)
    station_id: int = Field(foreign_key="station.id", index=True)
    channel: str
    weekdays: list[int] = Field(sa_column=Column(JSON, nullable=False))
    """0 = Monday … 6 = Sunday, ascending."""
    starts: str
    """"HH:MM" on the station's wall clock."""
    minutes: int
    """How long the opening is; on the networks, how many minutes it may be late."""
    targets: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    """Zone or target names; empty means all of the channel."""
    bulletin_id: int | None = Field(default=None, foreign_key="bulletin.id")
    """Always this bulletin (a relay, the anthem); None: whatever the week has for it."""
    removed_at: datetime | None = None
    created_at: datetime
    created_by: str
