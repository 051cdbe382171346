"""Rows of imported plans, their tasks, earlier versions, and what people decided about them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Column
from sqlmodel import Field, SQLModel, UniqueConstraint

from schedules.issue_day import earliest_issue
from schedules.task_names import TaskKey


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

    @property
    def issued(self) -> date | None:
        """The first day on which it can have been issued; it asks for nothing before."""
        signed = self.document.get("date") or {}
        cited = (base.get("date") for base in self.document.get("bases") or [])
        return earliest_issue(
            (signed.get("day"), signed.get("month"), signed.get("year")),
            [date.fromisoformat(day) for day in cited if day],
        )


class PlanVersion(SQLModel, table=True):
    """A plan as it stood before a correction took its place."""

    __tablename__ = "plan_version"
    __table_args__ = (UniqueConstraint("plan_id", "number"),)

    id: int | None = Field(default=None, primary_key=True)
    plan_id: int = Field(foreign_key="plan.id", index=True)
    number: int
    """From 1, the first document that was imported."""
    document: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    source_name: str
    source_sha256: str = Field(index=True)
    imported_at: datetime
    imported_by: str
    replaced_at: datetime
    replaced_by: str


class Task(SQLModel, table=True):
    """One thing the plan asks for: content, form, timeframe, units, product.

    Its `no` is its name in the books and stays through corrections of the plan.
    """

    __table_args__ = (UniqueConstraint("plan_id", "no"),)

    id: int | None = Field(default=None, primary_key=True)
    station_id: int = Field(foreign_key="station.id", index=True)
    plan_id: int = Field(foreign_key="plan.id", index=True)
    no: str
    content: str
    form: str | None = None
    channels: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    timeframe: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    """In the contract's form (`schedules.timeframe.Timeframe.to_json`), as printed."""
    lead: str | None = None
    support: str | None = None
    product: str | None = None
    source: str = "annex"
    """"annex", "derived" (from topics and forms) or "duty"."""
    decided: dict[str, Any] = Field(
        default_factory=dict, sa_column=Column(JSON, nullable=False, server_default="{}")
    )
    """What a person decided over the reading: keys of the timeframe's form, or "channels"."""
    confirmed_at: datetime | None = None
    confirmed_by: str | None = None
    gone_at: datetime | None = None
    """No longer asked for; the row and its history stay."""
    gone_reason: str | None = None

    @property
    def key(self) -> TaskKey:
        """What tells it from the same number of another plan."""
        return TaskKey(self.plan_id, self.no)

    def reading(self) -> dict[str, Any]:
        """The timeframe that counts: as read, with a person's decisions over it."""
        chosen = {key: value for key, value in self.decided.items() if key != "channels"}
        return {**self.timeframe, **chosen}


class PlanDecision(SQLModel, table=True):
    """One answer of a person to a question of `plan review`; never changed, only followed."""

    __tablename__ = "plan_decision"

    id: int | None = Field(default=None, primary_key=True)
    station_id: int = Field(foreign_key="station.id")
    plan_id: int = Field(foreign_key="plan.id", index=True)
    key: str
    """Which question: "frequency", "task:ND1", "warning:…"."""
    answer: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    before: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    at: datetime
    person: str
