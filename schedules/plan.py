"""An imported plan (kế hoạch) and the tasks (nhiệm vụ) it asks for."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Column
from sqlmodel import Field, SQLModel, UniqueConstraint


class Plan(SQLModel, table=True):
    """One imported plan document; `document` is what was read, in the contract's form."""

    __table_args__ = (UniqueConstraint("station_id", "source_sha256"),)

    id: int | None = Field(default=None, primary_key=True)
    station_id: int = Field(foreign_key="station.id", index=True)
    title: str | None = None
    period_start: date | None = None
    period_end: date | None = None
    document: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    source_name: str
    source_sha256: str
    imported_at: datetime
    imported_by: str


class Task(SQLModel, table=True):
    """One thing the plan asks for: content, form, timeframe, units, product."""

    __table_args__ = (UniqueConstraint("plan_id", "no"),)

    id: int | None = Field(default=None, primary_key=True)
    station_id: int = Field(foreign_key="station.id", index=True)
    plan_id: int = Field(foreign_key="plan.id", index=True)
    no: str
    content: str
    form: str | None = None
    channels: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    timeframe: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    """In the contract's form (`schedules.timeframe.Timeframe.to_json`)."""
    lead: str | None = None
    support: str | None = None
    product: str | None = None
    source: str = "annex"
    """"annex", "derived" (from topics and forms) or "duty"."""
