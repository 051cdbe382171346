"""A station with an approved bulletin, on a database of its own."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from broadcaster.database import Database
from broadcaster.dispatch import Dispatcher
from broadcaster.evidence import ArtefactStore
from broadcaster.queue import Lane
from broadcaster.records import Broadcast, Delivery, Origin
from broadcaster.settings import Settings
from content.bulletin import Bulletin, BulletinStatus, Review, ReviewAction, Revision
from content.station import Station
from tests.broadcaster import tampering
from tests.broadcaster.desks import PLAN, Desk, StillClock, typed
from tests.channels_fake import FakeChannel
from tests.clocks import HandClock


@dataclass
class Bench:
    """What the tests of the core work on."""

    database: Database
    clock: HandClock
    settings: Settings
    channel: FakeChannel
    store: ArtefactStore
    home: Path
    station: Station
    dispatchers: list[Dispatcher] = field(default_factory=list)

    def dispatcher(self) -> Dispatcher:
        """A new process, as it were, on the same database."""
        made = Dispatcher(
            self.database,
            self.station,
            self.settings,
            {self.channel.name: self.channel},
            self.store,
            self.home / "media",
            self.clock,
            lambda revision: spoken_hash(revision.body),
        )
        self.dispatchers.append(made)
        return made

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.station.timezone)

    @property
    def lane(self) -> Lane:
        return Lane(self.channel.name, self.channel.targets()[0].name)

    @property
    def ahead(self) -> Lane:
        """Where the same target's deliveries are rendered and checked."""
        return replace(self.lane, ahead=True)

    def plan(
        self,
        *,
        at: datetime | None = None,
        grace: float = 7200,
        body: str = "Nội dung.",
        link: str | None = None,
        image: str | None = None,
        recording: str | None = None,
    ) -> Delivery:
        """An approved bulletin, planned once on the channel."""
        at = at or self.clock.now()
        with self.database.writing() as session:
            bulletin = Bulletin(
                station_id=self.station.id or 0,
                status=BulletinStatus.APPROVED,
                created_at=self.clock.now(),
                created_by="Lan",
            )
            session.add(bulletin)
            session.flush()
            revision = Revision(
                bulletin_id=bulletin.id or 0,
                number=1,
                title="Giờ làm việc",
                body=body,
                link=link,
                image=image,
                recording=recording,
                sha256="c" * 64,
                created_at=self.clock.now(),
                created_by="Lan",
            )
            session.add(revision)
            session.flush()
            session.add(
                Review(
                    revision_id=revision.id or 0,
                    action=ReviewAction.APPROVE,
                    person="Minh",
                    at=self.clock.now(),
                    sha256=revision.sha256,
                    spoken_sha256=spoken_hash(body),
                )
            )
            broadcast = Broadcast(
                station_id=self.station.id or 0,
                channel=self.channel.name,
                origin=Origin.ONE_OFF,
                starts_at=at,
                ends_at=at + timedelta(seconds=grace),
                created_at=self.clock.now(),
                created_by="Lan",
            )
            session.add(broadcast)
            session.flush()
            delivery = Delivery(
                station_id=self.station.id or 0,
                broadcast_id=broadcast.id or 0,
                bulletin_id=bulletin.id or 0,
                revision_id=revision.id or 0,
                revision=1,
                channel=self.channel.name,
                target=self.lane.target,
                scheduled_at=at,
                expires_at=at + timedelta(seconds=grace),
            )
            session.add(delivery)
            session.flush()
        return delivery

    def again(self, delivery: Delivery) -> Delivery:
        """The row as it is now."""
        with self.database.reading() as session:
            return session.get_one(Delivery, delivery.id)


def spoken_hash(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    clock = HandClock()
    database = Database("", tmp_path)
    database.migrate(clock.now())
    with database.writing() as session:
        station = Station(name="UBND xã Thử", created_at=clock.now())
        session.add(station)
        session.flush()
    yield Bench(
        database,
        clock,
        Settings(),
        FakeChannel(),
        ArtefactStore(tmp_path / "evidence"),
        tmp_path,
        station,
    )
    database.close()


@pytest.fixture
def planned_desk(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Desk:
    """A desk with a plan imported and a timetable, on Monday 23/11/2026 at 16:00."""
    home = tmp_path / "nhà"
    monkeypatch.setenv("BROADCASTER_HOME", str(home))
    monkeypatch.setenv("BROADCASTER_USER", "Lan")
    monkeypatch.setenv("BROADCASTER_RADIO__ENGINES", '["espeak"]')
    monkeypatch.setattr("broadcaster.app.SystemClock", StillClock)
    monkeypatch.setattr(
        StillClock, "moment", datetime(2026, 11, 23, 9, 0, tzinfo=UTC), raising=False
    )

    desk = Desk(home, typed(capsys))
    desk.ok("init", "--name", "Ủy ban nhân dân xã An Bình")
    desk.ok("person", "add", "Minh", "--role", "approver")
    desk.ok("plan", "import", desk.file("kế hoạch.md", PLAN))
    desk.ok("slot", "add", "--channel", "radio", "--at", "05:30", "--minutes", "15")
    return desk


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ledger of `tampering.build`, which nobody may change."""
    home = tmp_path_factory.mktemp("sổ") / "nhà"
    tampering.build(home)
    return home


@pytest.fixture
def home(pristine: Path, tmp_path: Path) -> Path:
    """A copy of it, for whoever tampers."""
    return Path(shutil.copytree(pristine, tmp_path / "nhà"))


@pytest.fixture
def desk(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Desk:
    home = tmp_path / "nhà"
    monkeypatch.setenv("BROADCASTER_HOME", str(home))
    monkeypatch.setenv("BROADCASTER_USER", "Lan")
    monkeypatch.setenv("BROADCASTER_RADIO__ENGINES", '["espeak"]')
    monkeypatch.setenv("BROADCASTER_RADIO__SIGNATURE_TUNE", "none")

    desk = Desk(home, typed(capsys))
    desk.ok("init", "--name", "Ủy ban nhân dân xã An Bình")
    desk.ok("person", "add", "Minh", "--role", "approver")
    return desk
