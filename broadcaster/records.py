"""Rows of what goes out: broadcasts, deliveries, the decisions about them, and the evidence."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import JSON, Column, Index, Text, text
from sqlmodel import Field, SQLModel, UniqueConstraint

RESTORED = "restored_at"
"""Step of a delivery that came back from a backup: what is written here proves no absence."""


class DeliveryStatus(StrEnum):
    """Where a delivery stands; see `broadcaster.delivery.MOVES` for the allowed moves."""

    PLANNED = "planned"
    READY = "ready"
    SENDING = "sending"
    SENT = "sent"
    UNKNOWN = "unknown"
    FAILED = "failed"
    MISSED = "missed"
    CANCELLED = "cancelled"


class Origin(StrEnum):
    """Why a broadcast exists."""

    SLOT = "slot"
    ONE_OFF = "one_off"
    EMERGENCY = "emergency"


class Broadcast(SQLModel, table=True):
    """One dated occurrence (buổi phát, lượt đăng): a slot on a day, or a one-off."""

    __table_args__ = (UniqueConstraint("slot_id", "starts_at"),)

    id: int | None = Field(default=None, primary_key=True)
    station_id: int = Field(foreign_key="station.id", index=True)
    slot_id: int | None = Field(default=None, foreign_key="slot.id")
    channel: str
    origin: str = Origin.SLOT
    starts_at: datetime = Field(index=True)
    cancelled_at: datetime | None = None
    """Cancelled by a person; what sounds of it is cut."""
    ends_at: datetime
    """Nothing of it may begin after this moment; sound also ends before it."""
    created_at: datetime
    created_by: str


class Delivery(SQLModel, table=True):
    """One bulletin revision to one target of one channel in one broadcast; it has a state."""

    __table_args__ = (
        # A cancelled delivery surely never went out, so the same one may be planned again.
        Index(
            "uq_delivery_once",
            "revision_id",
            "channel",
            "target",
            "broadcast_id",
            unique=True,
            sqlite_where=text("status != 'cancelled'"),
            postgresql_where=text("status != 'cancelled'"),
        ),
        Index("ix_delivery_open", "status", "scheduled_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    station_id: int = Field(foreign_key="station.id", index=True)
    broadcast_id: int = Field(foreign_key="broadcast.id", index=True)
    bulletin_id: int = Field(foreign_key="bulletin.id", index=True)
    revision_id: int = Field(foreign_key="revision.id")
    revision: int
    """The revision's number inside its bulletin."""
    channel: str
    target: str
    urgent: bool = False
    """Khẩn cấp: cuts whatever sounds on its target, at any hour."""
    position: int = 0
    """Order inside the broadcast, from 0."""
    status: str = DeliveryStatus.PLANNED
    repeat: bool = False
    """PL (phát lại) rather than PM (phát mới)."""
    scheduled_at: datetime
    expires_at: datetime
    """After this moment it is `missed`."""
    next_at: datetime | None = None
    """Not to be tried (or, when unknown, looked for) before this moment."""
    attempts: int = 0
    looks: int = 0
    """How often an unknown outcome was looked for."""
    first_sent_at: datetime | None = None
    """When `sending` was first written down; a read-back looks from here."""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    external_id: str | None = None
    permalink: str | None = None
    payload_sha256: str | None = None
    progress: dict[str, str] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    """Steps written before they had rows of their own (`DeliveryStep`); only read."""
    reason: str | None = None
    """Why it stands where it stands, in Vietnamese."""


class DeliveryStep(SQLModel, table=True):
    """A step of a delivery that has several effects: one row each, for there may be 10,000."""

    __tablename__ = "delivery_step"

    delivery_id: int = Field(foreign_key="delivery.id", primary_key=True)
    key: str = Field(primary_key=True)
    value: str = Field(sa_column=Column(Text, nullable=False))


class Decision(SQLModel, table=True):
    """One decision about a broadcast or delivery; `broadcast why` reads them in order."""

    id: int | None = Field(default=None, primary_key=True)
    station_id: int = Field(foreign_key="station.id")
    broadcast_id: int = Field(foreign_key="broadcast.id", index=True)
    delivery_id: int | None = Field(default=None, foreign_key="delivery.id", index=True)
    at: datetime
    text: str


class EvidenceRecord(SQLModel, table=True):
    """One link of a station's chain; triggers refuse UPDATE and DELETE."""

    __tablename__ = "evidence"
    __table_args__ = (UniqueConstraint("station_id", "seq"),)

    id: int | None = Field(default=None, primary_key=True)
    station_id: int = Field(foreign_key="station.id")
    seq: int
    """From 1, without gaps."""
    delivery_id: int | None = Field(default=None, index=True)
    body: str = Field(sa_column=Column(Text, nullable=False))
    """Canonical JSON (RFC 8785), with `seq` and `prev_hash` in it."""
    hash: str
    """SHA-256 of `body`."""


class EvidenceHead(SQLModel, table=True):
    """The end of a station's chain; appends are serialised by its row."""

    __tablename__ = "evidence_head"

    station_id: int = Field(foreign_key="station.id", primary_key=True)
    seq: int
    hash: str


class ScheduleLock(SQLModel, table=True):
    """A week, or one broadcast, that stays as it is when the schedule is built again."""

    __tablename__ = "schedule_lock"

    id: int | None = Field(default=None, primary_key=True)
    station_id: int = Field(foreign_key="station.id", index=True)
    monday: date
    """Of the week that is locked, or of the broadcast's."""
    broadcast_id: int | None = Field(default=None, foreign_key="broadcast.id")
    """None: the whole week."""
    created_at: datetime
    created_by: str
    released_at: datetime | None = None
    released_by: str | None = None


class SigningKey(SQLModel, table=True):
    """A key that signs a station's checkpoints; its private half is in the vault."""

    __tablename__ = "signing_key"
    __table_args__ = (UniqueConstraint("station_id", "key_id"),)

    id: int | None = Field(default=None, primary_key=True)
    station_id: int = Field(foreign_key="station.id")
    key_id: str
    public_key: str
    """Hexadecimal, 32 bytes."""
    made_at: datetime
    made_by: str
    retired_at: datetime | None = None
    seq: int | None = None
    """The record that states it; None until its first checkpoint."""


class Checkpoint(SQLModel, table=True):
    """A head of the chain, signed; triggers refuse UPDATE and DELETE."""

    __table_args__ = (UniqueConstraint("station_id", "no"),)

    id: int | None = Field(default=None, primary_key=True)
    station_id: int = Field(foreign_key="station.id")
    no: int
    """From 1, without gaps."""
    seq: int
    hash: str
    at: datetime
    key_id: str
    body: str = Field(sa_column=Column(Text, nullable=False))
    """What was signed (`broadcaster.seals.Seal`); the columns above repeat it for queries."""
    signature: str


class CheckpointStamp(SQLModel, table=True):
    """An RFC 3161 time stamp on a checkpoint's body; triggers refuse UPDATE and DELETE."""

    __tablename__ = "checkpoint_stamp"

    id: int | None = Field(default=None, primary_key=True)
    checkpoint_id: int = Field(foreign_key="checkpoint.id", unique=True)
    url: str
    fetched_at: datetime
    stamped_at: datetime
    """By the authority's clock."""
    response: str = Field(sa_column=Column(Text, nullable=False))
    """The whole TimeStampResp, base64."""


class Secret(SQLModel, table=True):
    """A secret at rest, encrypted by `broadcaster.vault`."""

    name: str = Field(primary_key=True)
    value: str = Field(sa_column=Column(Text, nullable=False))
    changed_at: datetime


class LexiconEntry(SQLModel, table=True):
    """The commune's own reading of a word (village names, leaders); it wins over all rules."""

    __tablename__ = "lexicon"
    __table_args__ = (UniqueConstraint("station_id", "written"),)

    id: int | None = Field(default=None, primary_key=True)
    station_id: int = Field(foreign_key="station.id")
    written: str
    spoken: str
    created_at: datetime
    created_by: str


class Alert(SQLModel, table=True):
    """One thing that the officers must hear by one route (mail, webhook); kept until it is sent."""

    __table_args__ = (
        UniqueConstraint("station_id", "key", "route"),
        Index("ix_alert_waiting", "station_id", "next_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    station_id: int = Field(foreign_key="station.id")
    key: str
    """What it is about; the same thing is never told twice by the same route."""
    route: str
    subject: str
    body: str = Field(sa_column=Column(Text, nullable=False))
    raised_at: datetime
    next_at: datetime | None = None
    """When it is tried next; None once it is sent or given up."""
    tries: int = 0
    sent_at: datetime | None = None
    trouble: str | None = None
    """Why the last try failed, in Vietnamese, free of secrets."""


class Countersignature(SQLModel, table=True):
    """A second person's word that an emergency was right to raise, given afterwards."""

    broadcast_id: int = Field(foreign_key="broadcast.id", primary_key=True)
    station_id: int = Field(foreign_key="station.id")
    person: str
    at: datetime
    note: str | None = None


class FeedEntry(SQLModel, table=True):
    """An entry of the portal's own feed that was seen; it never becomes a second bulletin."""

    __tablename__ = "feed_entry"
    __table_args__ = (UniqueConstraint("station_id", "key"),)

    id: int | None = Field(default=None, primary_key=True)
    station_id: int = Field(foreign_key="station.id")
    key: str
    """SHA-256 of its identity in the feed."""
    title: str
    bulletin_id: int | None = Field(default=None, foreign_key="bulletin.id")
    """None: older than what was wanted when it was first seen."""
    seen_at: datetime


class TakedownResult(StrEnum):
    """What became of a takedown."""

    REMOVED = "removed"
    ABSENT = "absent"
    """Nothing of it stood there."""
    SUPERSEDED = "superseded"
    """A newer revision of the bulletin went out there meanwhile, and stays."""


class Takedown(SQLModel, table=True):
    """A withdrawn bulletin that is to be taken down from one target; kept until that is done."""

    __table_args__ = (Index("ix_takedown_waiting", "station_id", "next_at"),)

    id: int | None = Field(default=None, primary_key=True)
    station_id: int = Field(foreign_key="station.id")
    bulletin_id: int = Field(foreign_key="bulletin.id", index=True)
    revision: int
    """Of the withdrawal: what is newer stays."""
    channel: str
    target: str
    record_seq: int
    """The record of the withdrawal."""
    asked_at: datetime
    asked_by: str
    next_at: datetime | None = None
    """When it is tried next; None once it is over."""
    tries: int = 0
    trouble: str | None = None
    """Why the last try failed, in Vietnamese, free of secrets."""
    done_at: datetime | None = None
    result: str | None = None
