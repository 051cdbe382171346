"""The library of bulletins: added, edited by new revisions, listed; nothing is ever overwritten."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlmodel import Session, col, select

from content.bulletin import Bulletin, BulletinStatus, Review, Revision
from content.draft import BulletinDraft
from content.errors import UserError
from content.files import sha256_of_file, write_atomically


@dataclass(frozen=True, slots=True)
class Article:
    """A bulletin with one of its revisions (the newest, unless said otherwise)."""

    bulletin: Bulletin
    revision: Revision

    @property
    def id(self) -> int:
        return _known(self.bulletin.id)

    @property
    def revision_id(self) -> int:
        return _known(self.revision.id)


def add_bulletin(
    session: Session,
    station_id: int,
    draft: BulletinDraft,
    media: Path,
    by: str,
    now: datetime,
) -> Article:
    """A new bulletin as a draft with its first revision; a local image is copied to `media`."""
    bulletin = Bulletin(station_id=station_id, created_at=now, created_by=by)
    session.add(bulletin)
    session.flush()
    revision = _revision(bulletin, 1, draft, media, by, now)
    session.add(revision)
    session.flush()
    return Article(bulletin, revision)


def edit_bulletin(
    session: Session,
    station_id: int,
    bulletin_id: int,
    draft: BulletinDraft,
    media: Path,
    by: str,
    now: datetime,
) -> Article:
    """Add the next revision; the bulletin is a draft again and needs a new approval.

    An edit that changes nothing returns the present article as it stands.
    """
    article = get_article(session, station_id, bulletin_id)
    bulletin = article.bulletin
    revision = _revision(bulletin, bulletin.revision + 1, draft, media, by, now)
    if _same(article.revision, revision):
        return article
    bulletin.revision = revision.number
    bulletin.status = BulletinStatus.DRAFT
    session.add(bulletin)
    session.add(revision)
    session.flush()
    return Article(bulletin, revision)


def check_channel(article: Article, channel: str) -> None:
    """Raises UserError where the bulletin names its channels and this is none of them."""
    if not article.revision.is_for(channel):
        raise UserError(
            f"Bản tin {article.id} không dành cho kênh {channel}.",
            f"Bài ghi các kênh: {', '.join(article.revision.channels)}.",
        )


def get_article(
    session: Session, station_id: int, bulletin_id: int, number: int | None = None
) -> Article:
    """A bulletin with its newest revision, or the one of this number. Raises UserError."""
    bulletin = session.get(Bulletin, bulletin_id)
    if bulletin is None or bulletin.station_id != station_id:
        raise UserError(
            f"Không có bản tin số {bulletin_id}.",
            "Hãy xem danh sách bằng: broadcaster bulletin list.",
        )
    wanted = number if number is not None else bulletin.revision
    revision = session.exec(
        select(Revision).where(Revision.bulletin_id == bulletin_id, Revision.number == wanted)
    ).first()
    if revision is None:
        raise UserError(f"Bản tin {bulletin_id} không có bản sửa số {wanted}.")
    return Article(bulletin, revision)


def list_articles(
    session: Session, station_id: int, status: BulletinStatus | None = None
) -> list[Article]:
    """All bulletins with their newest revisions, oldest first."""
    query = (
        select(Bulletin, Revision)
        .join(Revision, col(Revision.bulletin_id) == col(Bulletin.id))
        .where(Bulletin.station_id == station_id, Revision.number == Bulletin.revision)
        .order_by(col(Bulletin.id))
    )
    if status is not None:
        query = query.where(Bulletin.status == status)
    return [Article(bulletin, revision) for bulletin, revision in session.exec(query).all()]


def history(session: Session, bulletin_id: int) -> Sequence[tuple[Revision, list[Review]]]:
    """Every revision with the steps of its review, in order."""
    revisions = session.exec(
        select(Revision).where(Revision.bulletin_id == bulletin_id).order_by(col(Revision.number))
    ).all()
    return [(revision, reviews_of(session, _known(revision.id))) for revision in revisions]


def reviews_of(session: Session, revision_id: int) -> list[Review]:
    """The steps of one revision's review, in order."""
    query = select(Review).where(Review.revision_id == revision_id).order_by(col(Review.id))
    return list(session.exec(query).all())


def _revision(
    bulletin: Bulletin, number: int, draft: BulletinDraft, media: Path, by: str, now: datetime
) -> Revision:
    return Revision(
        bulletin_id=_known(bulletin.id),
        number=number,
        title=draft.title,
        body=draft.body,
        topic=draft.topic,
        task=draft.task,
        channels=list(draft.channels),
        priority=draft.priority,
        valid_from=draft.valid_from,
        valid_until=draft.valid_until,
        image=_keep_image(draft.image, media),
        link=draft.link,
        recording=None if draft.recording is None else _kept_file(draft.recording, media),
        relay=draft.relay,
        source_name=draft.source_name,
        sha256=draft.sha256,
        created_at=now,
        created_by=by,
    )


def _keep_image(image: Path | str | None, media: Path) -> str | None:
    """A public URL stays; a file is copied under its own hash, so that no edit can change it."""
    if image is None or isinstance(image, str):
        return image
    return _kept_file(image, media)


def _kept_file(file: Path, media: Path) -> str:
    """A copy in `media`, named by its content; the name."""
    digest = sha256_of_file(file)
    place = media / (digest + file.suffix.lower())
    # A copy that was spoilt on the disk is mended by giving the same file again.
    if not place.exists() or sha256_of_file(place) != digest:
        write_atomically(place, file.read_bytes())
    return place.name


_COMPARED = (
    "title",
    "body",
    "topic",
    "task",
    "channels",
    "priority",
    "valid_from",
    "valid_until",
    "image",
    "link",
    "recording",
    "relay",
)


def _same(old: Revision, new: Revision) -> bool:
    return all(getattr(old, name) == getattr(new, name) for name in _COMPARED)


def _known(value: int | None) -> int:
    if value is None:
        raise ValueError("row was not flushed")
    return value
