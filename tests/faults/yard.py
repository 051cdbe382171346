"""A station with every channel at once, whose power is cut at chosen steps; and what is outside.

One round: one new bulletin on every channel, some power cuts, then peace. Afterwards what the
platform servers stored is compared with what the station claims.
"""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

from sqlmodel import col, func, select

from broadcaster import bookings, editorial, logins, takedowns, verification
from broadcaster.app import App, open_app
from broadcaster.delivery import FINAL
from broadcaster.evidence import Kind
from broadcaster.outgoing import reference_of
from broadcaster.records import Decision, Delivery, EvidenceRecord
from broadcaster.records import DeliveryStatus as Status
from broadcaster.records import TakedownResult as Result
from broadcaster.setup import make_home
from channels.radio import pcm
from channels.radio.journal import Journal
from channels.radio.settings import RadioFolders
from content.draft import BulletinDraft
from content.people import Role, add_person
from tests.faults.forks import ForkServer
from tests.faults.station import EDITOR, LEADER, Station, facebook_settings, zalo_settings
from tests.servers import webdav
from tests.servers.facebook import PAGE, TOKEN, FacebookServer
from tests.servers.webdav import WebDavServer
from tests.servers.zalo import APP_ID, APP_SECRET, OA_ID, REFRESH, ZaloServer

NETWORKS = ("facebook", "zalo", "portal")
ALL = ("radio", *NETWORKS)
USERS = ("nguoi-1", "nguoi-2", "nguoi-3")
_GROUPS = ("thon-1", "thon-2")
_ROOT = Path(__file__).resolve().parents[2]
_ERRNO = {"full": "ENOSPC", "eio": "EIO"}
_PATIENCE = 30.0
_LOOK = 0.03
"""Seconds between looks: the database is read each time, and the daemon needs the processor."""
_WANTS_LOGIN = "Hãy cấp quyền lại"
_BODY = "Mời đến."
_TAKEN_DOWN = "đã gỡ bài viết này"
_LISTING = ("index.html", "feed.xml", "bulletins.json")


@dataclass(frozen=True, slots=True)
class Strike:
    """What goes wrong: `fault` at the `nth` passing of a step; no step: killed `after` seconds."""

    step: str = ""
    nth: int = 1
    fault: str = "kill"
    after: float = 0.0
    times: int = 1


@dataclass
class Tally:
    """The figures of many rounds."""

    rounds: int = 0
    strikes: Counter[str] = field(default_factory=Counter)
    """By step, or "moment" for random moments; only those that really struck."""
    deliveries: Counter[str] = field(default_factory=Counter)
    """By channel and final state."""
    unknown: Counter[str] = field(default_factory=Counter)
    """By channel: left to a person, honestly."""
    logins: int = 0
    """A kill between Zalo's answer and our disk costs the rotated pair; a person logs in again."""
    persons_unknown: int = 0
    """Single messages that nobody can look up: said so in the evidence."""
    takedowns: int = 0
    """Withdrawn pages, taken down with the power failing meanwhile."""
    recovery: list[float] = field(default_factory=list)
    """Seconds from power-up until the daemon has started and taken up what was open."""
    doubles: list[str] = field(default_factory=list)
    losses: list[str] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)
    ledger: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        for name, value in vars(other).items():
            mine = getattr(self, name)
            if isinstance(mine, Counter):
                mine.update(value)
            else:
                setattr(self, name, mine + value)

    def outcome(self) -> list[str]:
        """What became of it, as lines for a person."""
        return [
            f"rounds               {self.rounds}",
            *(f"  {count:6} {name}" for name, count in sorted(self.deliveries.items())),
            f"pages taken down     {self.takedowns}",
            f"doubles              {len(self.doubles)}",
            f"silent losses        {len(self.losses)}",
            f"not settled          {len(self.stuck)}",
            f"ledger broken        {len(self.ledger)}",
            f"left to a person     {dict(self.unknown)}",
            f"logins needed        {self.logins}  (cut off between Zalo's answer and our disk)",
            f"messages unknown     {self.persons_unknown}  (to single persons, in the evidence)",
        ]

    @property
    def faults(self) -> list[str]:
        return [*self.doubles, *self.losses, *self.stuck, *self.ledger]


class Yard:
    """`with Yard(folder) as yard: yard.round([Strike(...)])`."""

    def __init__(self, folder: Path, portal: str = "folder") -> None:
        self.home = folder / "nhà"
        self.site = folder / "cổng"
        self.portal_kind = portal
        self.facebook = FacebookServer()
        self.zalo = ZaloServer()
        self.webdav = WebDavServer()
        self.zalo.users = list(USERS)
        self.tally = Tally()
        self.steps: Counter[str] = Counter()
        """Every step seen, with the most passings in the life of one daemon."""
        self.pid: int | None = None
        self._stack = ExitStack()
        self._number = 0

    def __enter__(self) -> Self:
        for server in (self.facebook, self.zalo, self.webdav):
            self._stack.enter_context(server)
        self.environment = self._settings()
        kept = {name: value for name, value in os.environ.items() if "BROADCASTER" in name}
        for name in kept:
            del os.environ[name]
        self._stack.callback(os.environ.update, kept)
        for name, value in self.environment.items():
            if "BROADCASTER" in name:
                os.environ[name] = value
                self._stack.callback(os.environ.pop, name, None)
        from broadcaster.clock import SystemClock

        make_home(self.home, SystemClock(), name="Xã An").close()
        self.app: App = open_app(self.home, person=EDITOR)
        self._stack.callback(self.app.close)
        now = self.app.clock.now()
        with self.app.database.writing() as session:
            add_person(session, self.app.station_id, LEADER, Role.APPROVER, EDITOR, now)
        self.forks = ForkServer(self.environment)
        self._stack.callback(self.forks.close)
        return self

    def __exit__(self, *_: object) -> None:
        self.cut_power()
        self._stack.close()

    def _settings(self) -> dict[str, str]:
        portal = {
            "portal__mode": "live",
            "portal__url": "https://anbinh.example.vn/cchc/",
            "portal__audio": "false",
            "portal__kind": self.portal_kind,
            "portal__path": str(self.site),
            "portal__wait": "0",
        }
        if self.portal_kind == "webdav":
            portal["portal__server"] = self.webdav.collection
            portal["portal__user"] = webdav.USER
            portal["portal__password"] = webdav.PASSWORD
        return Station(
            self.home,
            **facebook_settings(self.facebook.url, PAGE, TOKEN),
            **zalo_settings(
                self.zalo.url, oa_id=OA_ID, app_id=APP_ID, app_secret=APP_SECRET, refresh=REFRESH
            ),
            **portal,
            zalo__audience='["followers", "groups", "recent"]',
            zalo__groups=json.dumps(_GROUPS),
            zalo__redirect_url="https://anbinh.example.vn/zalo",
            zalo__calls_per_minute="100000",
            facebook__calls_per_hour="100000",
            broadcast__settle="[0, 0]",
            broadcast__retry="[0, 1, 1, 1, 1, 1]",
        ).environment

    # Power

    def power_up(self, strike: Strike | None = None) -> None:
        self._trace().unlink(missing_ok=True)
        wanted = asdict(strike) if strike is not None and strike.step else None
        self.pid = self.forks.start(self.home, wanted, self.environment)

    def cut_power(self) -> None:
        """SIGKILL to the daemon and its children."""
        if self.pid is None:
            return
        for kill in (os.killpg, os.kill):  # a newborn has no group yet
            with suppress(ProcessLookupError):  # it may have struck itself
                kill(self.pid, signal.SIGKILL)
        self.wait_for(lambda: self.ended() is not None, "the daemon to be dead")
        self.note_steps()

    def ended(self) -> int | None:
        """How the daemon ended; None while it lives. Asked again it says the same."""
        if self.pid is None:
            return self._code
        code = self.forks.ended(self.pid)
        if code is not None:
            self.pid, self._code = None, code
        return code

    _code: int = 0

    def started(self) -> bool:
        """Whether the daemon holds its lock and has taken up what was open."""
        return self.said().count("daemon.started") > self._starts

    _starts: int = 0

    def note_steps(self) -> None:
        """What the last daemon passed."""
        if self._trace().exists():
            for name, count in Counter(self._trace().read_text().splitlines()).items():
                self.steps[name] = max(self.steps[name], count)

    def _trace(self) -> Path:
        return self.home / "trace"

    def said(self) -> str:
        path = self.home / "daemon.out"
        return path.read_text(errors="replace") if path.exists() else ""

    def wait_for(
        self, condition: Callable[[], bool], what: str, seconds: float = _PATIENCE
    ) -> None:
        """Real time passes: a real process is watched. Raises TimeoutError."""
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise TimeoutError(f"waited {seconds} s for {what}\n{self.said()[-3000:]}")
            time.sleep(_LOOK)  # noqa: TID251

    # Rounds

    def round(self, strikes: Sequence[Strike], channels: Sequence[str] = ALL) -> list[Delivery]:
        """Book, strike, have peace, compare; the deliveries as they ended."""
        rows = self.book(channels)
        for strike in strikes:
            self._struck(strike, lambda: self._no_more(rows))
        self.recover()
        self.settle_all(rows)
        self.cut_power()
        self.compare(rows)
        return [self._now(row) for row in rows]

    def take_down(self, strikes: Sequence[Strike]) -> None:
        """A bulletin that stands on the portal is withdrawn; strikes while it is taken down."""
        (row,) = self.round([], ("portal",))
        editorial.withdraw(self.app, row.bulletin_id, "sai số liệu")
        for strike in strikes:
            self._struck(strike, lambda: self._is_down(row))
        self.recover()
        self.wait_for(lambda: self._is_down(row), "the page to be taken down")
        self.cut_power()
        self._compare_takedown(row)

    def book(self, channels: Sequence[str]) -> list[Delivery]:
        """A new approved bulletin, due now everywhere."""
        self._number += 1
        draft = BulletinDraft(f"Tin {1_000 + self._number}", _BODY)
        number = editorial.add(self.app, draft).article.id
        editorial.submit(self.app, number)
        self.app.person = LEADER
        editorial.approve(self.app, number)
        self.app.person = EDITOR
        at = self.app.clock.now() + timedelta(milliseconds=1)
        return [
            delivery
            for channel in channels
            for delivery in bookings.add(self.app, number, channel, [], at).deliveries
        ]

    def recover(self) -> None:
        """Power-up that stays; how long it takes until the daemon works is noted."""
        before = time.monotonic()
        self._starts = self.said().count("daemon.started")
        self.power_up()
        self.wait_for(lambda: self.started() or self.ended() is not None, "the daemon's start")
        self.tally.recovery.append(time.monotonic() - before)

    def settle_all(self, rows: Sequence[Delivery], seconds: float = _PATIENCE) -> None:
        """Until every delivery is final; a person looks where the platform tells nothing."""
        seen: Counter[str] = Counter()

        def quiet() -> bool:
            open_rows = [row for row in map(self._now, rows) if Status(row.status) not in FINAL]
            if any(_WANTS_LOGIN in (row.reason or "") for row in open_rows):
                self._log_in()
            for row in open_rows:
                if row.status == Status.UNKNOWN and self._needs_person(row):
                    name = f"{row.channel}:{row.target.split(':')[0]}"
                    self.tally.unknown[name] += 1
                    seen[reference_of(row)] += 1
                    if seen[reference_of(row)] > 5:
                        raise TimeoutError(f"{reference_of(row)} asks for a person again and again")
                    out = bool(self.outside(row))
                    link = "https://zalo.me/bai" if out else None
                    bookings.settle(self.app, row.id or 0, permalink=link)
            return not open_rows

        try:
            self.wait_for(quiet, "every delivery to be final", seconds)
        except TimeoutError as error:
            left = [f"{reference_of(r)} {r.channel}:{r.target} {r.status}: {r.reason}"
                    for r in map(self._now, rows) if Status(r.status) not in FINAL]  # fmt: skip
            self.tally.stuck += [*left, str(error)[-600:]]

    def _log_in(self) -> None:
        """An administrator gives Zalo's consent again, where our pair is really not its newest."""
        with self.zalo.lock:
            newest = self.zalo.refresh_token
        if newest not in (self.app.vault.get("zalo.tokens") or REFRESH):
            attempt = logins.begin_zalo(self.app)
            logins.finish_zalo(self.app, attempt, lambda: self.zalo.consent(attempt.link))
            self.tally.logins += 1

    def weather(self, strike: Strike, channels: Sequence[str]) -> None:
        """A round in which something fails but the daemon lives on."""
        rows = self.book(channels)
        self.power_up(strike)
        self.settle_all(rows, 2 * _PATIENCE)  # what could not be made is tried again after 30 s
        struck = f"struck: {_ERRNO[strike.fault]} {strike.step}"
        if struck not in self.said():
            raise TimeoutError(f"never came to {strike}")
        self.cut_power()
        self.tally.strikes[f"{strike.fault} {strike.step}"] += 1
        self.compare(rows)

    def finish(self, rows: Sequence[Delivery], seconds: float = 4.0) -> None:
        """Let the daemon work for a while, or until all is final."""
        ends = time.monotonic() + seconds
        while time.monotonic() < ends and not self._all_final(rows):
            time.sleep(0.05)  # noqa: TID251

    def terminate(self) -> float:
        """SIGTERM; the seconds until the daemon has ended."""
        assert self.pid is not None
        before = time.monotonic()
        os.kill(self.pid, signal.SIGTERM)
        self.wait_for(lambda: self.ended() is not None, "the daemon to leave")
        return time.monotonic() - before

    def set_clock(self, hours: float) -> None:
        """Somebody sets the daemon's wall clock: so many hours off the true time."""
        (self.home / "clock-off").write_text(str(hours * 3600))

    @contextmanager
    def locked_database(self, seconds: float) -> Iterator[None]:
        """Another process holds the write lock; the block ends after so long, at least."""
        ends = time.monotonic() + seconds
        with sqlite3.connect(self.home / "broadcaster.db", isolation_level=None) as other:
            other.execute("BEGIN IMMEDIATE")
            try:
                yield
                while time.monotonic() < ends:
                    time.sleep(0.1)  # noqa: TID251
            finally:
                other.execute("ROLLBACK")
        other.close()

    def limit_files(self, size: int | None) -> None:
        """No file of the daemon may grow beyond `size` bytes (None: no limit)."""
        assert self.pid is not None
        hard = resource.prlimit(self.pid, resource.RLIMIT_FSIZE)[1]
        soft = resource.RLIM_INFINITY if size is None else size
        resource.prlimit(self.pid, resource.RLIMIT_FSIZE, (soft, hard))

    @contextmanager
    def network(self, state: str) -> Iterator[None]:
        """Of the daemon: "gone" (no route to anywhere) or "nameless" (no DNS), then it is back."""
        path = self.home / "network"
        path.write_text(state)
        try:
            yield
        finally:
            path.unlink()

    @contextmanager
    def platforms_gone(self) -> Iterator[None]:
        """Their names lead nowhere: the next daemons get addresses that nobody answers at."""
        kept = dict(self.environment)
        nowhere = "http://127.0.0.1:9"
        for name in ("FACEBOOK__API_URL", "ZALO__API_URL", "ZALO__OAUTH_URL"):
            self.environment[f"BROADCASTER_{name}"] = nowhere
        try:
            yield
        finally:
            self.environment = kept

    def wait_a_while(self, seconds: float) -> None:
        time.sleep(seconds)  # noqa: TID251

    def edit_something(self) -> None:
        """What an editor does meanwhile."""
        draft = BulletinDraft(f"Bài khác {time.monotonic()}", _BODY)
        article = editorial.add(self.app, draft).article
        editorial.submit(self.app, article.id)

    def status(self, row: Delivery) -> str:
        return str(self._now(row).status)

    def evidence_text(self, rows: Sequence[Delivery]) -> str:
        return json.dumps([self._records(row) for row in rows])

    def _all_final(self, rows: Sequence[Delivery]) -> bool:
        return all(Status(self._now(row).status) in FINAL for row in rows)

    def _struck(self, strike: Strike, finished: Callable[[], bool]) -> None:
        """One life of the daemon that ends by the strike, if it comes to that step."""
        self.power_up(strike)
        if not strike.step:
            time.sleep(strike.after)  # noqa: TID251
            if self.ended() is None:
                self.cut_power()
                self.tally.strikes["moment"] += 1
            return

        with suppress(TimeoutError):  # what is open is judged after the recovery
            self.wait_for(lambda: self.ended() is not None or finished(), f"{strike}", 25)
        if self.ended() == -signal.SIGKILL:
            self.note_steps()
            self.tally.strikes[strike.step] += 1
        else:
            self.cut_power()

    def _no_more(self, rows: Sequence[Delivery]) -> bool:
        """Whether the daemon alone can do nothing more for them."""
        return all(
            Status(now.status) in FINAL
            or self._needs_person(now)
            or _WANTS_LOGIN in (now.reason or "")
            for now in map(self._now, rows)
        )

    def _is_down(self, row: Delivery) -> bool:
        with self.app.database.reading() as session:
            wishes = takedowns.of_bulletin(session, row.bulletin_id)
        return all(wish.done_at is not None for wish in wishes)

    def _now(self, row: Delivery) -> Delivery:
        with self.app.database.reading() as session:
            return session.get_one(Delivery, row.id)

    def _needs_person(self, row: Delivery) -> bool:
        return row.status == Status.UNKNOWN and "settle" in row.reason

    # The world outside

    def compare(self, rows: Sequence[Delivery]) -> None:
        """What the station claims against what is stored outside, and the ledger."""
        self.tally.rounds += 1
        for row in map(self._now, rows):
            self.tally.deliveries[f"{row.channel} {row.status}"] += 1
            self._compare(row)
        with self.app.database.reading() as session:
            verdict = verification.verify(session, self.app.station_id, self.app.store)
        if not verdict.ok:
            self.tally.ledger.append(f"{verdict.broken} {verdict.seq} {verdict.what}")

    def _compare(self, row: Delivery) -> None:
        name = f"{reference_of(row)} {row.channel}:{row.target} {row.status}"
        out = self.outside(row)
        if any(count > 1 for count in out.values()):
            self.tally.doubles.append(f"{name}: {dict(out)}")
        records = self._records(row)
        sent = [record for record in records if record["outcome"] == Status.SENT]
        if row.status == Status.SENT:
            if len(sent) != 1:
                self.tally.ledger.append(f"{name}: {len(sent)} records of it")
            if not out:
                self.tally.losses.append(f"{name}: claimed, and not outside")
            if row.target == "recent":
                self._compare_persons(name, out, sent)
        elif out and not sent:
            self.tally.losses.append(f"{name}: outside, and no record of it: {row.reason}")

    def _compare_takedown(self, row: Delivery) -> None:
        name, marks = f"takedown of {reference_of(row)}", self._marks(row)
        kept = self._site_files()
        (page,) = [kept[one] for one in kept if one.endswith(f"-bt{row.bulletin_id}.html")]
        if _TAKEN_DOWN not in page or _BODY in page:
            self.tally.losses.append(f"{name}: it still stands there")
        listed = [one for one in _LISTING if _has(kept[one], marks)]
        if listed:
            self.tally.losses.append(f"{name}: still in {listed}")
        records = self._takedown_records(row)
        if [record["details"]["result"] for record in records] != [Result.REMOVED]:
            self.tally.ledger.append(f"{name}: {records}")
        self.tally.takedowns += 1

    def _takedown_records(self, row: Delivery) -> list[dict[str, Any]]:
        with self.app.database.reading() as session:
            query = select(EvidenceRecord.body).where(
                col(EvidenceRecord.body).contains(f'"kind":"{Kind.TAKEDOWN}"')
            )
            bodies = [json.loads(body) for body in session.exec(query).all()]
        return [body for body in bodies if body["bulletin"] == row.bulletin_id]

    def _compare_persons(
        self, name: str, out: Counter[str], sent: Sequence[Mapping[str, Any]]
    ) -> None:
        said = sent[0]["details"].get("unknown", 0) if sent else 0
        settled = bool(sent and sent[0]["kind"] == "settlement")
        self.tally.persons_unknown += said
        missing = len(USERS) - len(out)
        if missing > said and not settled:
            self.tally.losses.append(f"{name}: {missing} persons without it, {said} said")

    def outside(self, row: Delivery) -> Counter[str]:
        """How often it is where people see it; empty: not at all. Keys: persons, files, posts."""
        marks = self._marks(row)
        with self._lock_servers():
            match row.channel, row.target.partition(":")[0]:
                case "facebook", _:
                    found = ["post" for post in self.facebook.posts if _has(post.message, marks)]
                case "zalo", "followers":
                    mine = {a.id for a in self.zalo.articles if _has(str(a.content), marks)}
                    found = ["followers" for article in self.zalo.broadcasts if article in mine]
                case "zalo", "recent":
                    found = [user for user, text in self.zalo.user_messages if _has(text, marks)]
                case "zalo", _:
                    group = row.target.partition(":")[2]
                    messages = self.zalo.group_messages
                    found = [to for to, text in messages if to == group and _has(text, marks)]
                case "portal", _:
                    found = self._pages(marks)
                case _:
                    found = self._sounds(row)
        return Counter(found)

    def _sounds(self, row: Delivery) -> list[str]:
        """Playings to the last sample: the recordings' lengths against what was to be played."""
        entries = Journal(RadioFolders.in_home(self.home).state / "asrun").entries(
            reference_of(row)
        )
        armed = [entry for entry in entries if entry.get("recordings")]
        return [
            "sound"
            for entry in armed
            if _samples(Path(entry["recordings"][0])) >= entry["total"]  # type: ignore[index, operator]
        ]

    def _pages(self, marks: Sequence[str]) -> list[str]:
        kept = self._site_files()
        names = [n for n, text in kept.items() if n not in _LISTING and not n.startswith(".")
                 and _has(text, marks)]  # fmt: skip
        return ["page" for _ in names]

    def _site_files(self) -> dict[str, str]:
        if self.portal_kind == "webdav":
            return {n: d.decode(errors="replace") for n, d in self.webdav.files.items()}
        files = (path for path in self.site.glob("*") if path.is_file())
        return {path.name: path.read_text(errors="replace") for path in files}

    def _marks(self, row: Delivery) -> tuple[str, ...]:
        from content import library

        with self.app.database.reading() as session:
            article = library.get_article(session, self.app.station_id, row.bulletin_id)
        return (article.revision.title,)

    def _lock_servers(self) -> ExitStack:
        stack = ExitStack()
        for server in (self.facebook, self.zalo, self.webdav):
            stack.enter_context(server.lock)
        return stack

    def _records(self, row: Delivery) -> list[dict[str, Any]]:
        with self.app.database.reading() as session:
            found = session.exec(
                select(EvidenceRecord)
                .where(EvidenceRecord.station_id == self.app.station_id)
                .where(col(EvidenceRecord.delivery_id) == row.id)
            ).all()
        return [json.loads(record.body) for record in found]

    def count_decisions(self) -> int:
        with self.app.database.reading() as session:
            return int(session.exec(select(func.count()).select_from(Decision)).one())


def plan_of(
    yard: Yard, kills: int, draw: random.Random, channels: Sequence[str] = ALL
) -> list[Strike]:
    """As many strikes as wanted: each step seen in turn, its passings at random, and moments."""
    names = sorted(name for name in yard.steps if name.startswith(("aside", *channels)))
    draw.shuffle(names)
    plan = []
    for number in range(kills):
        if number % 5 == 4:
            plan.append(Strike(after=draw.uniform(0.02, 1.2)))
        else:
            name = names[number % len(names)]
            plan.append(Strike(name, draw.randint(1, min(yard.steps[name], 4))))
    return plan


def _has(text: str, marks: Sequence[str]) -> bool:
    return all(mark in text for mark in marks)


def _samples(path: Path) -> int:
    head = len(pcm.wav_header(0))
    return (path.stat().st_size - head) // pcm.WIDTH if path.exists() else 0
