"""Emergency bulletins (tin khẩn cấp): at once, at any hour, with a name and a reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlmodel import Session

from broadcaster import bookings, evidence, gates
from broadcaster.app import App
from broadcaster.bookings import Booked, Slip
from broadcaster.evidence import Kind
from broadcaster.records import Origin
from content import library, workflow
from content.bulletin import Priority, ReviewAction
from content.draft import BulletinDraft, read_aloud
from content.errors import UserError
from content.library import Article
from content.people import Role, require_role
from content.spoken import Spoken, estimate_seconds
from content.workflow import Approval, words_sha256

AGAIN = "Xin nhắc lại."
TITLE = "Thông báo khẩn"


@dataclass(frozen=True, slots=True)
class Call:
    """What is to be said, how often, for how long, and why."""

    text: str
    reason: str
    zones: Sequence[str] = ()
    repeat: int = 2
    minutes: int = 30
    """After this it is no longer begun."""


def raise_alarm(app: App, call: Call) -> Booked:
    """Book it for now on the loudspeakers; the daemon cuts what sounds. Raises UserError.

    The acting person must be an approver and is the one who answers for it: the bulletin is
    approved in their name, with the reason, in the same transaction.
    """
    # From the settings: to load every channel's code for this would cost half a second.
    names = bookings.chosen(gates.SOUND, call.zones, list(app.settings.radio.zones))
    draft = draft_of(call)
    spoken = app.speak(read_aloud(draft.title, draft.body))
    now = app.clock.now()
    with app.database.writing() as session:
        require_role(session, app.station_id, app.person, Role.APPROVER)
        article = library.add_bulletin(session, app.station_id, draft, app.media, app.person, now)
        _approve(app, session, article, call, spoken)
        slip = Slip(
            Origin.EMERGENCY,
            gates.SOUND,
            now,
            now + timedelta(minutes=call.minutes),
            f"phát khẩn cấp: {call.reason}",
        )
        return bookings.book(app, session, article, slip, names)


def draft_of(call: Call) -> BulletinDraft:
    """The bulletin that is made of it. Raises UserError for an empty one."""
    text = call.text.strip()
    if not text:
        raise UserError("Tin khẩn cấp không có nội dung.", "Hãy ghi câu cần phát.")
    said = f"\n\n{AGAIN}\n\n".join([text] * call.repeat)
    return BulletinDraft(
        title=TITLE, body=said, channels=(gates.SOUND,), priority=Priority.EMERGENCY
    )


def _approve(app: App, session: Session, article: Article, call: Call, spoken: Spoken) -> None:
    """Submitted and approved by one person: the two-person rule gives way, the record stays."""
    now = app.clock.now()
    workflow.submit(session, app.station_id, article.id, app.person, now)
    approval = Approval(
        spoken_sha256=words_sha256(spoken.spoken),
        air_seconds=estimate_seconds(spoken.spoken),
        residue=spoken.residue,
        accept_residue=True,
        two_person=False,
    )
    today = now.astimezone(app.zone).date()
    workflow.approve(session, app.station_id, article.id, approval, app.person, today, now)
    evidence.append(
        session,
        app.station_id,
        Kind.REVIEW,
        now,
        {"bulletin": article.id, "revision": article.revision.number, "simulated": False},
        details={
            "action": str(ReviewAction.APPROVE),
            "emergency": True,
            "person": app.person,
            "reason": call.reason,
            "content_sha256": article.revision.sha256,
            "spoken_sha256": approval.spoken_sha256,
        },
    )
