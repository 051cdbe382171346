"""Every limit of every channel, looked at long before air time, all problems at once.

Nothing is sent and no platform is asked: what only a platform knows (token, package, quota) is
taken from what it last said (`accounts`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from broadcaster import accounts
from broadcaster.accounts import Planned
from broadcaster.app import App
from broadcaster.delivery import OPEN
from broadcaster.outgoing import obstacles, preview_of
from broadcaster.records import Delivery
from broadcaster.registry import without_sound
from channels.base import Channel, HasHours
from content.bulletin import Revision
from content.library import get_article
from schedules.openings import Week


@dataclass(frozen=True, slots=True)
class Finding:
    """What a channel would refuse of a bulletin."""

    channel: str
    message: str
    bulletin: int

    def to_json(self) -> dict[str, Any]:
        return {"bulletin": self.bulletin, "channel": self.channel, "message": self.message}


def check_bulletin(app: App, bulletin_id: int) -> dict[str, list[Finding]]:
    """The newest revision on each channel that it is meant for; [] where nothing stands against
    it. The loudspeakers' sound is rendered, so that its length is true. Raises UserError."""
    with app.database.reading() as session:
        article = get_article(session, app.station_id, bulletin_id)
    adapters = {**without_sound(app), "radio": app.channels["radio"]}
    meant = [name for name in app.channels if article.revision.is_for(name)]
    return {
        name: _findings(app, article.revision, adapters[name])
        + [Finding(name, one, bulletin_id) for one in _of_account(app, name)]
        for name in meant
    }


def check_week(app: App, session: Session, week: Week) -> list[Finding]:
    """What is planned for the networks in a week: each text once, and each hour."""
    rows = session.exec(
        select(Delivery)
        .where(
            Delivery.station_id == app.station_id,
            col(Delivery.status).in_(OPEN),
            col(Delivery.scheduled_at) >= week.start,
            col(Delivery.scheduled_at) < week.end,
        )
        .order_by(col(Delivery.scheduled_at), col(Delivery.id))
    ).all()
    adapters = without_sound(app)
    planned = [row for row in rows if row.channel in adapters]
    texts = {(row.revision_id, row.channel) for row in planned}
    found = []
    for revision_id, channel in sorted(texts):
        revision = session.get_one(Revision, revision_id)
        found += _findings(app, revision, adapters[channel])
    return [*found, *_out_of_hours(app, planned, adapters), *_accounts(app, planned)]


def _findings(app: App, revision: Revision, adapter: Channel) -> list[Finding]:
    problems = obstacles(adapter, preview_of(app.station, revision, app.media))
    return [Finding(adapter.name, problem, revision.bulletin_id) for problem in problems]


def _out_of_hours(
    app: App, planned: list[Delivery], adapters: Mapping[str, Channel]
) -> list[Finding]:
    found = []
    for row in planned:
        adapter = adapters[row.channel]
        opens = adapter.closed_until(row.scheduled_at) if isinstance(adapter, HasHours) else None
        if opens is None:
            continue
        at, again = row.scheduled_at.astimezone(app.zone), opens.astimezone(app.zone)
        message = f"Lúc {at:%H:%M %d/%m} là giờ nghỉ đêm; sẽ gửi lúc {again:%H:%M %d/%m}"
        if opens > row.expires_at:
            message = f"Lúc {at:%H:%M %d/%m} là giờ nghỉ đêm, tin sẽ lỡ giờ; hãy dời khung giờ"
        found.append(Finding(row.channel, f"{message}.", row.bulletin_id))
    return found


def _of_account(app: App, name: str) -> list[str]:
    """As if it went once to each target."""
    targets = app.channels[name].targets()
    return accounts.problems(app, name, [Planned(target.name) for target in targets])


def _accounts(app: App, planned: list[Delivery]) -> list[Finding]:
    found = []
    for channel in sorted({row.channel for row in planned}):
        rows = [row for row in planned if row.channel == channel]
        wanted = [Planned(row.target, row.scheduled_at.astimezone(app.zone).date()) for row in rows]
        said = accounts.problems(app, channel, wanted)
        found += [Finding(channel, one, rows[0].bulletin_id) for one in said]
    return found
