"""The editors' and leaders' acts: each changes the library, leaves evidence, and clears the week.

An edit or a withdrawal takes the bulletin's coming deliveries out in the same transaction, so
that no text can go out that nobody approved.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlmodel import Session, col, select

from broadcaster import evidence, takedowns
from broadcaster.app import App
from broadcaster.delivery import OPEN, Outcome, move
from broadcaster.evidence import Kind
from broadcaster.records import Delivery, EvidenceRecord
from broadcaster.records import DeliveryStatus as Status
from content import library, workflow
from content.bulletin import BulletinStatus, ReviewAction
from content.draft import BulletinDraft, read_aloud
from content.library import Article
from content.people import Role, require_role
from content.workflow import Approval, words_sha256

if TYPE_CHECKING:
    from broadcaster.rehearsal import Rehearsed
    from content.spoken import Spoken


@dataclass(frozen=True, slots=True)
class Acted:
    """A bulletin after an act, and how many coming deliveries were taken out because of it."""

    article: Article
    cancelled: int = 0
    taking_down: int = 0
    """Places from which the daemon takes a withdrawn bulletin down."""
    remaining: Sequence[tuple[str, str]] = ()
    """Channel and address of what was posted and only a person can remove."""


def add(app: App, draft: BulletinDraft) -> Acted:
    """A new draft in the library."""
    now = app.clock.now()
    with app.database.writing() as session:
        require_role(session, app.station_id, app.person, Role.EDITOR)
        article = library.add_bulletin(session, app.station_id, draft, app.media, app.person, now)
    return Acted(article)


def edit(app: App, bulletin_id: int, draft: BulletinDraft) -> Acted:
    """The next revision; what was planned with the old one is taken out."""
    now = app.clock.now()
    with app.database.writing() as session:
        require_role(session, app.station_id, app.person, Role.EDITOR)
        before = library.get_article(session, app.station_id, bulletin_id)
        article = library.edit_bulletin(
            session, app.station_id, bulletin_id, draft, app.media, app.person, now
        )
        changed = article.revision.number != before.revision.number
        reason = f"bản tin được sửa thành bản số {article.revision.number}, chờ duyệt lại"
        cancelled = _take_out(app, session, bulletin_id, reason) if changed else 0
    return Acted(article, cancelled)


def submit(app: App, bulletin_id: int) -> Acted:
    """Hand it over for approval."""
    now = app.clock.now()
    with app.database.writing() as session:
        require_role(session, app.station_id, app.person, Role.EDITOR)
        article = workflow.submit(session, app.station_id, bulletin_id, app.person, now)
        _record(app, session, article, ReviewAction.SUBMIT)
    return Acted(article)


def approve(
    app: App,
    bulletin_id: int,
    *,
    accept_residue: bool = False,
    rehearsed: Rehearsed | None = None,
) -> Acted:
    """Let it go out, bound to the text and to the words that the loudspeakers will say.

    `rehearsed` gives the true air time where the sound has been made; otherwise it is estimated.
    """
    from content.spoken import estimate_seconds

    now = app.clock.now()
    with app.database.writing() as session:
        require_role(session, app.station_id, app.person, Role.APPROVER)
        draft = library.get_article(session, app.station_id, bulletin_id)
        spoken = spoken_of(app, draft)
        approval = Approval(
            spoken_sha256=words_sha256(spoken.spoken),
            air_seconds=_measured(rehearsed, draft) or estimate_seconds(spoken.spoken),
            residue=spoken.residue if is_spoken(draft) else (),
            accept_residue=accept_residue,
            two_person=app.settings.approval.two_person,
        )
        today = now.astimezone(app.zone).date()
        article = workflow.approve(
            session, app.station_id, bulletin_id, approval, app.person, today, now
        )
        _record(app, session, article, ReviewAction.APPROVE, spoken=approval.spoken_sha256)
    return Acted(article)


def send_back(app: App, bulletin_id: int, note: str | None) -> Acted:
    """Return it to the editor with the reason."""
    now = app.clock.now()
    with app.database.writing() as session:
        require_role(session, app.station_id, app.person, Role.APPROVER)
        article = workflow.return_to_editor(
            session, app.station_id, bulletin_id, note, app.person, now
        )
        _record(app, session, article, ReviewAction.RETURN, note=note)
        cancelled = _take_out(app, session, bulletin_id, "người duyệt trả lại bản tin")
    return Acted(article, cancelled)


def withdraw(app: App, bulletin_id: int, note: str | None) -> Acted:
    """Out of use: nothing more of it goes out."""
    now = app.clock.now()
    with app.database.writing() as session:
        require_role(session, app.station_id, app.person, Role.EDITOR)
        article = workflow.withdraw(session, app.station_id, bulletin_id, note, app.person, now)
        out = _records_of_outputs(session, bulletin_id)
        record = _record(app, session, article, ReviewAction.WITHDRAW, note=note, withdraws=out)
        cancelled = _take_out(app, session, bulletin_id, "bản tin đã bị gỡ")
        places = takedowns.ask(session, app, bulletin_id, article.revision.number, record.seq)
        remaining = _public_posts(session, bulletin_id)
    return Acted(article, cancelled, places, remaining)


def spoken_of(app: App, article: Article) -> Spoken:
    """Title and body as the loudspeakers will say them."""
    return app.speak(read_aloud(article.revision.title, article.revision.body))


def is_heard(article: Article) -> bool:
    """Whether the loudspeakers are among its channels."""
    return article.revision.is_for("radio")


def is_spoken(article: Article) -> bool:
    """Whether a voice reads it; the officer's own recording needs none."""
    return is_heard(article) and article.revision.recording is None


def _measured(rehearsed: Rehearsed | None, article: Article) -> float | None:
    """Only of this very revision."""
    same = rehearsed is not None and rehearsed.revision_id == article.revision_id
    return rehearsed.seconds if rehearsed is not None and same else None


def _take_out(app: App, session: Session, bulletin_id: int, reason: str) -> int:
    """Cancel what is planned or ready; what is being sent or has gone out stays as it is."""
    rows = session.exec(
        select(Delivery).where(Delivery.bulletin_id == bulletin_id, col(Delivery.status).in_(OPEN))
    ).all()
    for delivery in rows:
        move(session, delivery, Status.CANCELLED, Outcome(reason), app.clock.now())
    return len(rows)


def _public_posts(session: Session, bulletin_id: int) -> list[tuple[str, str]]:
    """Posts that no channel takes down by itself."""
    query = select(Delivery.channel, Delivery.permalink).where(
        Delivery.bulletin_id == bulletin_id,
        Delivery.status == Status.SENT,
        col(Delivery.channel).not_in(takedowns.CHANNELS),
        col(Delivery.permalink).like("http%"),
    )
    found = session.exec(query.order_by(col(Delivery.id))).all()
    return [(channel, link) for channel, link in found if link]


def _records_of_outputs(session: Session, bulletin_id: int) -> list[int]:
    """What a withdrawal points to: the records of all that had gone out."""
    query = (
        select(EvidenceRecord.seq)
        .join(Delivery, col(Delivery.id) == col(EvidenceRecord.delivery_id))
        .where(
            Delivery.bulletin_id == bulletin_id,
            Delivery.status == Status.SENT,
            col(EvidenceRecord.body).contains('"outcome":"sent"'),
        )
    )
    return list(session.exec(query.order_by(col(EvidenceRecord.seq))).all())


def _record(
    app: App,
    session: Session,
    article: Article,
    action: ReviewAction,
    *,
    note: str | None = None,
    spoken: str | None = None,
    withdraws: Sequence[int] | None = None,
) -> EvidenceRecord:
    return evidence.append(
        session,
        app.station_id,
        Kind.REVIEW,
        app.clock.now(),
        {"bulletin": article.id, "revision": article.revision.number, "simulated": False},
        details={
            "action": str(action),
            "person": app.person,
            "note": note,
            "status": str(BulletinStatus(article.bulletin.status)),
            "content_sha256": article.revision.sha256,
            "spoken_sha256": spoken,
            **({} if withdraws is None else {"withdraws": withdraws}),
        },
    )
