"""The composition root: settings → database → channels → services, each made when first needed."""

from __future__ import annotations

import getpass
import os
from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from broadcaster import restore_switch
from broadcaster.clock import SystemClock
from broadcaster.database import FILE_NAME as DATABASE_FILE
from broadcaster.database import Database
from broadcaster.evidence import ArtefactStore
from broadcaster.records import LexiconEntry
from broadcaster.settings import FILE_NAME, Settings, load_settings
from broadcaster.vault import Vault
from channels.base import Channel, Clock
from channels.redaction import register_secret
from content.errors import UserError
from content.station import Station

if TYPE_CHECKING:
    from content.spoken import Spoken


class App:
    """One home, open: what the commands and the daemon work with."""

    def __init__(self, home: Path, settings: Settings, clock: Clock, person: str) -> None:
        self.home = home
        self.settings = settings
        self.clock = clock
        self.person = person
        for secret in settings.secrets():
            register_secret(secret)
        self.database = Database(settings.database.url, home)
        self.store = ArtefactStore(home / "evidence")
        self.media = home / "media"
        self.vault = Vault(self.database, home, clock)

    @cached_property
    def station(self) -> Station:
        """This home's station, its names kept as the settings have them."""
        with self.database.reading() as session:
            found = _find_station(session, self.settings)
            if found is not None and _same(found, self.settings):
                return found
        with self.database.writing() as session:
            return _keep_station(session, self.settings, self.clock.now())

    @property
    def station_id(self) -> int:
        return self.station.id or 0

    @property
    def zone(self) -> ZoneInfo:
        return self.settings.station.zone

    @cached_property
    def channels(self) -> Mapping[str, Channel]:
        """Every channel that this program has, as the settings want it."""
        from broadcaster.registry import CHANNELS

        return {name: make(self) for name, make in CHANNELS.items()}

    def speak(self, text: str) -> Spoken:
        """Written → spoken, with the commune's own readings."""
        from content.spoken import speak  # its rules take a moment to load, few commands speak

        return speak(text, self.lexicon())

    def lexicon(self) -> dict[str, str]:
        """The commune's own readings, as they are now."""
        with self.database.reading() as session:
            rows = session.exec(
                select(LexiconEntry)
                .where(LexiconEntry.station_id == self.station_id)
                .order_by(col(LexiconEntry.written))
            ).all()
        return {row.written: row.spoken for row in rows}

    def close(self) -> None:
        self.database.close()


def open_app(home: Path, *, clock: Clock | None = None, person: str | None = None) -> App:
    """Open a home made by `init`; the schema is brought up to date after a backup.

    Raises UserError where there is no home yet.
    """
    restore_switch.finish(home)
    settings = load_settings(home)
    if not (home / FILE_NAME).exists() and not (home / DATABASE_FILE).exists():
        raise UserError(
            f"Chưa có thư mục làm việc ở “{home}”.", "Hãy chạy trước: broadcaster init."
        )
    app = App(home, settings, clock or SystemClock(), person or acting_person())
    app.database.migrate(app.clock.now())
    return app


def acting_person() -> str:
    """Who acts: `--as` / BROADCASTER_USER, or the login name."""
    return os.environ.get("BROADCASTER_USER") or getpass.getuser()


def _find_station(session: Session, settings: Settings) -> Station | None:
    """The station of this name; in a home with a single one, that one."""
    rows = session.exec(select(Station)).all()
    named = [row for row in rows if row.name == settings.station.name]
    if named:
        return named[0]
    return rows[0] if len(rows) == 1 else None


def _same(row: Station, settings: Settings) -> bool:
    wanted = settings.station
    return (row.name, row.parent, row.place, row.timezone) == (
        wanted.name,
        wanted.parent,
        wanted.place,
        wanted.timezone,
    )


def _keep_station(session: Session, settings: Settings, now: datetime) -> Station:
    wanted = settings.station
    row = _find_station(session, settings) or Station(name=wanted.name, created_at=now)
    row.name, row.parent, row.place = wanted.name, wanted.parent, wanted.place
    row.timezone = wanted.timezone
    session.add(row)
    session.flush()
    return row
