"""Bulletins (bản tin), their immutable revisions, and the review that lets one go out."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import JSON, Column
from sqlmodel import Field, SQLModel, UniqueConstraint


class BulletinStatus(StrEnum):
    """Where a bulletin stands: bản nháp, chờ duyệt, đã duyệt, đã gỡ."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    WITHDRAWN = "withdrawn"


class Priority(StrEnum):
    """Thông thường < ưu tiên < khẩn cấp (Thông tư 39/2020/TT-BTTTT)."""

    NORMAL = "normal"
    PRIORITY = "priority"
    EMERGENCY = "emergency"


class ReviewAction(StrEnum):
    """A step of the review, made by a person about one revision."""

    SUBMIT = "submit"
    APPROVE = "approve"
    RETURN = "return"
    WITHDRAW = "withdraw"


class Bulletin(SQLModel, table=True):
    """An article; its text lives in its revisions. `revision` is the number of the newest."""

    id: int | None = Field(default=None, primary_key=True)
    station_id: int = Field(foreign_key="station.id", index=True)
    status: str = Field(default=BulletinStatus.DRAFT, index=True)
    revision: int = 1
    created_at: datetime
    created_by: str


class Revision(SQLModel, table=True):
    """One version of a bulletin's text. Never changed: an edit adds the next one."""

    __table_args__ = (UniqueConstraint("bulletin_id", "number"),)

    id: int | None = Field(default=None, primary_key=True)
    bulletin_id: int = Field(foreign_key="bulletin.id", index=True)
    number: int
    title: str
    body: str
    """Markdown, NFC, "\\n" line ends, without the front matter."""
    topic: str | None = None
    task: str | None = None
    channels: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    """Channel names; empty means every channel."""
    priority: str = Priority.NORMAL
    valid_from: date | None = None
    valid_until: date | None = None
    """The last day on which it may go out."""
    image: str | None = None
    """A public URL, or the name of a file in the home's `media` folder (content-addressed)."""
    link: str | None = None
    recording: str | None = None
    """Name of a sound file in the home's `media` folder (content-addressed)."""
    relay: str | None = None
    """URL of a stream that the loudspeakers relay; the text is heard where it fails."""
    source_name: str | None = None
    """File name it was read from."""
    sha256: str
    """`content.draft.content_sha256` of all that goes out."""
    created_at: datetime
    created_by: str

    def is_for(self, channel: str) -> bool:
        """Whether it is meant for a channel; without channels it is for all."""
        return not self.channels or channel in self.channels


class Review(SQLModel, table=True):
    """A step of the review of one revision: who, when, why. Append-only."""

    id: int | None = Field(default=None, primary_key=True)
    revision_id: int = Field(foreign_key="revision.id", index=True)
    action: str
    person: str
    at: datetime
    note: str | None = None
    sha256: str
    """The revision's hash as it stood when the person decided."""
    spoken_sha256: str | None = None
    """Of the spoken text that was approved for the loudspeakers."""
    air_seconds: float | None = None
    """With an approval: estimated air time of the spoken text, for planning."""
    residue_accepted: list[str] = Field(
        default_factory=list, sa_column=Column(JSON, nullable=False)
    )
    """What the voice could not read and the approver let pass, each as written."""
