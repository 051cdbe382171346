"""Rehearsal: the sound is made when it is approved and when the week is built, not at air time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from sqlmodel import Session, col, select

from broadcaster.app import App
from broadcaster.editorial import is_heard
from broadcaster.gates import SOUND
from broadcaster.outgoing import obstacles, outgoing_for, preview_of
from broadcaster.records import Delivery
from broadcaster.records import DeliveryStatus as Status
from broadcaster.registry import radio_of
from channels.base import ChannelError
from content.bulletin import BulletinStatus
from content.library import Article, get_article
from schedules.openings import Week

Count: TypeAlias = Callable[[int, int], None]
"""Told how much is done, and of how much."""


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """One bulletin as the loudspeakers will say it."""

    revision_id: int
    seconds: float | None
    """None where it could not be made, or has no length of its own (a relay)."""
    problems: tuple[str, ...] = ()
    """In Vietnamese: why it could not go out like this."""


def rehearse(app: App, bulletin_id: int, count: Count) -> Rehearsed | None:
    """Make the sound of a bulletin that waits for approval; None where there is nothing to make.

    Raises UserError for a bulletin that is not there.
    """
    with app.database.reading() as session:
        article = get_article(session, app.station_id, bulletin_id)
    if article.bulletin.status != BulletinStatus.SUBMITTED or not is_heard(article):
        return None
    try:
        outgoing = preview_of(app.station, article.revision, app.media)
        prepared = radio_of(app).prepare(outgoing, count)
    except ChannelError as error:
        return Rehearsed(article.revision_id, None, (error.message,))
    seconds = _length(article, prepared.duration.total_seconds())
    return Rehearsed(article.revision_id, seconds, prepared.problems)


def rehearse_week(app: App, week: Week, count: Count) -> Sequence[str]:
    """Make every programme of a week's loudspeaker sessions; what stands in their way."""
    with app.database.reading() as session:
        waiting = _planned(session, app, week)
        wanted = [(row, outgoing_for(session, app.station, row, app.media)) for row in waiting]
    radio = radio_of(app)
    problems: list[str] = []
    for number, (row, outgoing) in enumerate(wanted):
        count(number, len(wanted))
        found = obstacles(radio, outgoing)
        problems += [f"Bản tin {row.bulletin_id}: {problem}" for problem in found]
    count(len(wanted), len(wanted))
    return list(dict.fromkeys(problems))


def _length(article: Article, seconds: float) -> float | None:
    return seconds if article.revision.relay is None and seconds else None


def _planned(session: Session, app: App, week: Week) -> Sequence[Delivery]:
    return session.exec(
        select(Delivery)
        .where(
            Delivery.station_id == app.station_id,
            Delivery.channel == SOUND,
            col(Delivery.status) == Status.PLANNED,
            col(Delivery.scheduled_at) >= max(week.start, app.clock.now()),
            col(Delivery.scheduled_at) < week.end,
        )
        .order_by(col(Delivery.scheduled_at), col(Delivery.position))
    ).all()
