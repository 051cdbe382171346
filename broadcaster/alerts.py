"""Alerts: raised once for each thing, kept in the database until the officers have them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, delete, select

from broadcaster.alert_routes import Item, Message, NotDelivered, Route, routes_of
from broadcaster.database import Database
from broadcaster.logs import get_logger
from broadcaster.records import Alert
from broadcaster.settings import Settings
from channels.base import Clock
from content.files import write_atomically

log = get_logger(__name__)

_GIVE_UP = timedelta(days=7)
"""Old news is no alert; it stays in the table as not sent."""
_KEPT = timedelta(days=90)
_FIRST_WAIT, _LONGEST_WAIT = 60.0, 3600.0
"""Seconds before a failed try is repeated; doubled each time up to the longest."""
_AT_ONCE = 50
"""How many alerts one message may have."""
_SHOUTED = Path("state") / "shouted.json"


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that the officers must hear; `key` says what it is about."""

    key: str
    subject: str
    body: str


def raise_alerts(
    database: Database,
    station_id: int,
    routes: Sequence[str],
    troubles: Sequence[Trouble],
    now: datetime,
) -> int:
    """Write down what was not known before, for every route; how many rows that made."""
    if not (routes and troubles):
        return 0
    keys = [trouble.key for trouble in troubles]
    query = select(Alert.key, Alert.route).where(
        Alert.station_id == station_id, col(Alert.key).in_(keys)
    )
    with database.reading() as session:
        known = {(key, route) for key, route in session.exec(query).all()}
    fresh = [
        Alert(
            station_id=station_id,
            key=trouble.key,
            route=route,
            subject=trouble.subject,
            body=trouble.body,
            raised_at=now,
            next_at=now,
        )
        for trouble in troubles
        for route in routes
        if (trouble.key, route) not in known
    ]
    if fresh:
        with database.writing() as session:
            session.add_all(fresh)
    return len(fresh)


class Sender:
    """Sends what waits: all of a route in one message, and not more often than allowed."""

    name = "alerts"
    every = 5.0

    def __init__(
        self,
        database: Database,
        station_id: int,
        station: str,
        settings: Settings,
        clock: Clock,
        routes: Mapping[str, Route] | None = None,
    ) -> None:
        self._database = database
        self._station_id = station_id
        self._station = station
        self._zone = settings.station.zone
        self._gap = timedelta(minutes=settings.alerts.gap)
        self._clock = clock
        self.routes = routes if routes is not None else routes_of(settings, clock)

    def look(self) -> None:
        for name, route in self.routes.items():
            if rows := self._take(name):
                self._send(name, route, rows)

    def leave(self) -> None:
        """Nothing to do: what was not sent is in the database."""

    def _take(self, route: str) -> list[Alert]:
        """What is due, with the try written down before it is made."""
        now = self._clock.now()
        with self._database.reading() as session:
            due = self._due(session, route, now)
            if not due or self._too_soon(session, route, now):
                return []
        with self._database.writing() as session:
            rows = self._due(session, route, now)
            for row in rows:
                row.tries += 1
                wait = min(_FIRST_WAIT * 2 ** (row.tries - 1), _LONGEST_WAIT)
                row.next_at = now + timedelta(seconds=wait)
                session.add(row)
        return rows

    def _due(self, session: Session, route: str, now: datetime) -> list[Alert]:
        query = select(Alert).where(
            Alert.station_id == self._station_id, Alert.route == route, col(Alert.next_at) <= now
        )
        return list(session.exec(query.order_by(col(Alert.id)).limit(_AT_ONCE)).all())

    def _too_soon(self, session: Session, route: str, now: datetime) -> bool:
        query = select(Alert.sent_at).where(
            Alert.station_id == self._station_id,
            Alert.route == route,
            col(Alert.sent_at).is_not(None),
        )
        last = session.exec(query.order_by(col(Alert.sent_at).desc()).limit(1)).first()
        # A message "from the future" was sent by a wrong clock and holds nothing up.
        return last is not None and timedelta(0) <= now - last < self._gap

    def _send(self, name: str, route: Route, rows: Sequence[Alert]) -> None:
        items = [Item(row.key, row.subject, row.body, row.raised_at) for row in rows]
        message = Message(self._station, items, self._clock.now().astimezone(self._zone))
        try:
            route.send(message)
        except NotDelivered as error:
            log.warning("alert.not_sent", route=name, alerts=len(rows), why=str(error))
            self._note(rows, trouble=str(error))
        else:
            log.info("alert.sent", route=name, alerts=len(rows))
            self._note(rows, trouble=None)

    def _note(self, rows: Sequence[Alert], *, trouble: str | None) -> None:
        now = self._clock.now()
        with self._database.writing() as session:
            for row in rows:
                row.trouble = trouble
                if trouble is None:
                    row.sent_at, row.next_at = now, None
                elif now - row.raised_at > _GIVE_UP:
                    row.next_at = None
                session.merge(row)


def forget_old(database: Database, station_id: int, now: datetime) -> None:
    """Take out what was settled long ago."""
    with database.writing() as session:
        session.exec(
            delete(Alert).where(
                col(Alert.station_id) == station_id,
                col(Alert.next_at).is_(None),
                col(Alert.raised_at) < now - _KEPT,
            )
        )


def waiting(session: Session, station_id: int) -> list[Alert]:
    """What the officers have not got yet, the oldest first."""
    query = select(Alert).where(Alert.station_id == station_id, col(Alert.sent_at).is_(None))
    return list(session.exec(query.order_by(col(Alert.id))).all())


def listed(session: Session, station_id: int, limit: int = 50) -> list[Alert]:
    """The newest alerts, in the order in which they were raised."""
    query = select(Alert).where(Alert.station_id == station_id)
    rows = session.exec(query.order_by(col(Alert.id).desc()).limit(limit)).all()
    return list(reversed(rows))


def send_test(settings: Settings, station: str, clock: Clock) -> dict[str, str | None]:
    """A message by every route at once; for each its trouble, None when it went."""
    now = clock.now()
    item = Item(f"test:{now.isoformat()}", "Thử cảnh báo", "Thư này để thử, không cần làm gì.", now)
    return _by_all(settings, Message(station, [item], now.astimezone(settings.station.zone)), clock)


def shout(home: Path, settings: Settings, trouble: Trouble, clock: Clock) -> bool:
    """Send at once what cannot be kept in the database, since that is the trouble; once a day.

    True when it was sent by some route now.
    """
    now = clock.now()
    stamp = {"key": trouble.key, "day": now.astimezone(settings.station.zone).date().isoformat()}
    if _shouted(home) == stamp or not routes_of(settings, clock):
        return False
    item = Item(trouble.key, trouble.subject, trouble.body, now)
    zone: ZoneInfo = settings.station.zone
    went = _by_all(settings, Message(settings.station.name, [item], now.astimezone(zone)), clock)
    if all(why is not None for why in went.values()):
        return False
    write_atomically(home / _SHOUTED, json.dumps(stamp).encode())
    return True


def _shouted(home: Path) -> object:
    try:
        return json.loads((home / _SHOUTED).read_bytes())
    except (OSError, ValueError):
        return None


def _by_all(settings: Settings, message: Message, clock: Clock) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for name, route in routes_of(settings, clock).items():
        try:
            route.send(message)
        except NotDelivered as error:
            found[name] = str(error)
        else:
            found[name] = None
    return found
