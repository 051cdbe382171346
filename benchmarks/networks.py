"""Messages to persons against a server that is slow to answer, beside the ideal; memory."""

from __future__ import annotations

import json
import threading
import tracemalloc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

from benchmarks.bench import PERSON, Bench
from benchmarks.homes import add_bulletins
from benchmarks.measure import Aim, Row, Sample, timed
from broadcaster.app import App
from broadcaster.books import Books
from broadcaster.records import Broadcast, Delivery
from broadcaster.setup import make_home
from channels import zalo_recent
from channels.base import Outgoing, Progress, Sending, Target
from channels.zalo import ZaloChannel
from channels.zalo_api import ZaloApi
from channels.zalo_settings import ZaloSettings
from channels.zalo_tokens import TokenPair

_ANSWER_SECONDS = 0.3
_CALLS_A_MINUTE = 2_000
"""What Zalo's largest package allows."""
_BURST = 20
_RECENT = Target("zalo", "recent")


def run(bench: Bench) -> Sequence[Row]:
    """Total time at the allowed pace; peak memory of ten times as many targets."""
    people, targets = bench.sizes.messages, bench.sizes.targets
    spent = _deliver_all(bench, people)
    ideal = (people - _BURST) * 60 / _CALLS_A_MINUTE + _ANSWER_SECONDS
    few, many = _peak(bench, targets // 10), _peak(bench, targets)
    return [
        Row(
            f"{people:,} messages, answers after 300 ms",
            Sample.one(spent),
            "s",
            f"ideal at {_CALLS_A_MINUTE:,} a minute",
            Sample.one(max(ideal, _ANSWER_SECONDS)),
            Aim(1.15, of_ratio=True) if people >= 1_000 else None,
        ),
        Row(
            f"peak memory, {targets:,} targets",
            Sample.one(many),
            "MB",
            f"{targets // 10:,} targets",
            Sample.one(few),
            Aim(1.2, of_ratio=True) if targets >= 10_000 else None,
        ),
    ]


def _deliver_all(bench: Bench, people: int) -> float:
    """Through the real channel, real sockets, and the real record of every step."""
    app = make_home(bench.fresh("networks"), bench.clock, person=PERSON)
    try:
        with _slow_zalo(people) as url:
            settings = ZaloSettings(
                mode="live",
                app_id="1",
                api_url=url,
                audience=("recent",),
                night_hours=(),
                calls_per_minute=_CALLS_A_MINUTE,
                pace_file=app.home / "state" / "pace.json",
            )
            channel = ZaloChannel(settings, _Tokens(app), app.home / "zalo.lock", bench.clock)
            prepared = channel.prepare(_OUTGOING)
            sending = _sending(app, Books(app.database, bench.clock).progress(_delivery(app)))
            return timed(lambda: channel.deliver(prepared, sending))
    finally:
        app.close()


def _peak(bench: Bench, targets: int) -> float:
    """Megabytes that Python asked for at most: the channel alone, with a platform in memory."""
    api = cast("ZaloApi", _Platform(targets))
    now, folder = bench.clock.now, bench.fresh("recipients")
    channel = zalo_recent.RecentContacts(api, bench.clock, lambda _: now(), lambda: "key", folder)
    prepared = ZaloChannel(
        ZaloSettings(audience=("recent",)), _Tokens(None), Path("unused"), bench.clock
    ).prepare(_OUTGOING)
    sending = _sending(None, _Forgetful(targets), bench)
    furthest, zalo_recent._LAST_OFFSET = zalo_recent._LAST_OFFSET, targets
    tracemalloc.start()
    try:
        channel.deliver(prepared, sending)
        return tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()
        zalo_recent._LAST_OFFSET = furthest


_OUTGOING = Outgoing(1, 1, "Giờ làm việc", "Bộ phận một cửa mở cửa từ 7h30.", "UBND xã", "BT1.1-1")


def _sending(app: App | None, progress: Progress, bench: Bench | None = None) -> Sending:
    clock = app.clock if app is not None else cast("Bench", bench).clock
    now = clock.now()
    return Sending(_RECENT, "BT1.1-1", now, now + timedelta(hours=12), now, progress)


def _delivery(app: App) -> Delivery:
    add_bulletins(app, 1)
    now = app.clock.now()
    with app.database.writing() as session:
        broadcast = Broadcast(
            station_id=app.station_id,
            channel="zalo",
            starts_at=now,
            ends_at=now,
            created_at=now,
            created_by=PERSON,
        )
        session.add(broadcast)
        session.flush()
        delivery = Delivery(
            station_id=app.station_id,
            broadcast_id=broadcast.id or 0,
            bulletin_id=1,
            revision_id=1,
            revision=1,
            channel="zalo",
            target="recent",
            scheduled_at=now,
            expires_at=now,
        )
        session.add(delivery)
        session.flush()
    return delivery


@contextmanager
def _slow_zalo(people: int) -> Iterator[str]:
    """Answers everything well, each after its time."""
    never = threading.Event()

    class Zalo(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            query = json.loads(parse_qs(urlsplit(self.path).query)["data"][0])
            self._answer({"users": _page(query["offset"], query["count"], people)})

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            never.wait(_ANSWER_SECONDS)
            self._answer({"message_id": "m"})

        def _answer(self, data: Mapping[str, Any]) -> None:
            body = json.dumps({"error": 0, "data": data}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Zalo)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def _page(start: int, count: int, people: int) -> list[dict[str, str]]:
    return [{"user_id": f"u{number}"} for number in range(start, min(start + count, people))]


class _Platform:
    """Answers from memory."""

    def __init__(self, people: int) -> None:
        self._people = people

    def read(self, _path: str, data: str) -> dict[str, Any]:
        query = json.loads(data)
        return {"users": _page(query["offset"], query["count"], self._people)}

    def reserve(self) -> timedelta:
        return timedelta(0)

    def send(self, _path: str, _body: object, *, reserved: bool) -> dict[str, Any]:
        return {"message_id": "m"}


class _Forgetful:
    """The steps are rows in the database; none of them stays in memory."""

    def __init__(self, people: int) -> None:
        self._people = people

    def get(self, _key: str) -> str | None:
        return None

    def record(self, _key: str, _value: str) -> None:
        return None

    def steps(self, prefix: str) -> Iterator[tuple[str, str]]:
        return ((f"{prefix}{number:020x}", "sent") for number in range(self._people))


class _Tokens:
    def __init__(self, app: App | None) -> None:
        self._app = app

    def load(self) -> TokenPair | None:
        if self._app is None:
            return None
        return TokenPair("access", "refresh", self._app.clock.now() + timedelta(days=1))

    def save(self, _pair: TokenPair) -> None:
        raise AssertionError("nothing is refreshed here")
