"""The portal comes first: its page is the link that a bulletin's posts on the networks carry.

A bulletin with a link of its own keeps it. Otherwise a post waits for a portal delivery of the same
revision that was due no later than itself, but only for `portal.wait` seconds and never for more
than half of what is left of its own window: a portal that is down costs the link, not the post.
A chosen page stays with the delivery, so that a read-back looks for the words that went out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from broadcaster.records import Delivery, DeliveryStep
from broadcaster.records import DeliveryStatus as Status
from channels.base import Progress
from content.bulletin import Revision

PORTAL = "portal"
CARRIERS = ("facebook", "zalo")
"""The channels whose posts carry a link."""
LINK = "portal_link"
"""The step in a delivery's progress: the page that its post carries."""

_WAIT_UNTIL = "portal_wait_until"
_AGAIN = timedelta(seconds=5)
_COMING = (Status.PLANNED, Status.READY, Status.SENDING, Status.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Waiting:
    """The post is to be looked at again at this moment."""

    until: datetime
    reason: str = "chờ bài lên cổng thông tin trước để lấy liên kết"


def choose_link(
    session: Session, delivery: Delivery, progress: Progress, wait: int, now: datetime
) -> Waiting | str:
    """The portal's page of this delivery's bulletin ("" for none), or how long to wait for it."""
    if (chosen := progress.get(LINK)) is not None:
        return chosen
    if not _wants_link(session, delivery):
        return ""
    pages = _portal_deliveries(session, delivery)
    for page in pages:
        if page.status == Status.SENT and _is_public(page.permalink):
            return page.permalink or ""
    coming = any(
        page.status in _COMING and page.scheduled_at <= delivery.scheduled_at for page in pages
    )
    if coming and now < (limit := _limit(delivery, progress, wait, now)):
        return Waiting(min(now + _AGAIN, limit))
    return ""


def chosen_link(session: Session, delivery: Delivery) -> str | None:
    """The page that was chosen for this delivery's post, if any."""
    step = session.get(DeliveryStep, (delivery.id, LINK))
    return step.value if step is not None else None


def _wants_link(session: Session, delivery: Delivery) -> bool:
    if delivery.urgent or delivery.channel not in CARRIERS:
        return False
    return session.get_one(Revision, delivery.revision_id).link is None


def _portal_deliveries(session: Session, delivery: Delivery) -> list[Delivery]:
    """Of the same revision: an older text's page is not what this post announces."""
    query = select(Delivery).where(
        Delivery.revision_id == delivery.revision_id, Delivery.channel == PORTAL
    )
    return list(session.exec(query.order_by(col(Delivery.id).desc())).all())


def _limit(delivery: Delivery, progress: Progress, wait: int, now: datetime) -> datetime:
    """Fixed at the first look, so that a late start of the program waits no less."""
    if known := progress.get(_WAIT_UNTIL):
        return datetime.fromisoformat(known)
    limit = now + min(timedelta(seconds=wait), (delivery.expires_at - now) / 2)
    progress.record(_WAIT_UNTIL, limit.isoformat())
    return limit


def _is_public(address: str | None) -> bool:
    """A sandbox's page is a file of this machine: nobody else could open it."""
    return bool(address) and str(address).startswith(("https://", "http://"))
