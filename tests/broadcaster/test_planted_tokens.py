"""Tokens planted with a marker appear nowhere: not in what is kept, printed, or raised."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from broadcaster import cli, takedowns
from broadcaster.app import open_app
from broadcaster.records import DeliveryStatus as Status
from broadcaster.services import make_dispatcher
from tests.broadcaster.desks import Desk, StillClock
from tests.channels.rigs import FACEBOOK_SECRET, MARKER
from tests.clocks import HandClock
from tests.servers import webdav
from tests.servers.facebook import PAGE, TOKEN, FacebookServer, Fault
from tests.servers.webdav import WebDavServer
from tests.servers.zalo import APP_ID, APP_SECRET, OA_ID, REFRESH, ZaloServer

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
LOOKS = (
    ("evidence", "list", "--json"),
    ("broadcast", "list", "--json"),
    ("broadcast", "why", "1"),
    ("broadcast", "why", "2"),
    ("channel", "check"),
    ("channel", "check", "--json"),
    ("bulletin", "preview", "1"),
    ("bulletin", "show", "1", "--json"),
    ("status",),
    ("doctor",),
)


@pytest.fixture
def servers() -> Iterator[tuple[FacebookServer, ZaloServer, WebDavServer]]:
    with (
        FacebookServer(app_secret=FACEBOOK_SECRET, now=NOW) as facebook,
        ZaloServer() as zalo,
        WebDavServer() as dav,
    ):
        yield facebook, zalo, dav
        for server in (facebook, zalo, dav):
            assert server.elsewhere == [], "nothing may follow a redirect to another host"
            assert not [line for line in server.addresses if MARKER in line]


def plant(
    monkeypatch: pytest.MonkeyPatch,
    home: Path,
    servers: tuple[FacebookServer, ZaloServer, WebDavServer],
) -> None:
    facebook, zalo, dav = servers
    for name, value in {
        "HOME": str(home),
        "USER": "Lan",
        "RADIO__ENGINES": '["espeak"]',
        "FACEBOOK__MODE": "live",
        "FACEBOOK__PAGE_ID": PAGE,
        "FACEBOOK__API_URL": facebook.url,
        "FACEBOOK__PAGE_TOKEN": TOKEN,
        "FACEBOOK__APP_SECRET": FACEBOOK_SECRET,
        "ZALO__MODE": "live",
        "ZALO__OA_ID": OA_ID,
        "ZALO__APP_ID": APP_ID,
        "ZALO__API_URL": zalo.url,
        "ZALO__OAUTH_URL": zalo.url,
        "ZALO__APP_SECRET": APP_SECRET,
        "ZALO__REFRESH_TOKEN": REFRESH,
        "ZALO__AUDIENCE": '["followers", "groups", "recent"]',
        "ZALO__GROUPS": '["thon1"]',
        "ZALO__COVER_URL": "https://anbinh.example.vn/bia.jpg",
        "PORTAL__MODE": "live",
        "PORTAL__KIND": "webdav",
        "PORTAL__URL": "https://anbinh.example.vn/cchc",
        "PORTAL__SERVER": dav.collection,
        "PORTAL__USER": webdav.USER,
        "PORTAL__PASSWORD": webdav.PASSWORD,
        "PORTAL__AUDIO": "false",
    }.items():
        monkeypatch.setenv(f"BROADCASTER_{name}", value)
    monkeypatch.setattr("broadcaster.app.SystemClock", StillClock)
    monkeypatch.setattr(StillClock, "moment", NOW, raising=False)


@pytest.mark.parametrize(
    "fault",
    [
        None,
        Fault.ACCEPT_THEN_5XX,
        Fault.ACCEPT_THEN_HTML,
        Fault.EXPIRED_TOKEN,
        Fault.REFUSE,
        Fault.REDIRECT,
        Fault.REFRESH_ERROR_200,
    ],
)
def test_no_token_is_kept_in_clear_or_shown_whatever_the_platforms_answer(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    servers: tuple[FacebookServer, ZaloServer, WebDavServer],
    fault: Fault | None,
) -> None:
    home = tmp_path / "nhà"
    plant(monkeypatch, home, servers)
    said: list[str] = []

    def call(*words: str) -> tuple[int, str, str]:
        code = cli.run(list(words))
        printed = capsys.readouterr()
        said.append(printed.out + printed.err)
        return code, printed.out, printed.err

    desk = Desk(home, call)
    desk.ok("init", "--name", "Ủy ban nhân dân xã An Bình")
    desk.ok("person", "add", "Minh", "--role", "approver")
    number = str(desk.approved("Giờ làm việc", "1"))
    facebook, zalo, dav = servers
    zalo.users = ["u1", "u2"]
    if fault is not None:
        for server, name in ((facebook, "feed"), (dav, "PUT"), (zalo, "create"), (zalo, "cs")):
            server.fault(name, fault)
        zalo.fault("token", Fault.REFRESH_ERROR_200)
    for channel in ("portal", "facebook", "zalo"):
        desk.ok("broadcast", "add", number, "--channel", channel, "--at", "2026-11-23T16:01")
    clock = HandClock(NOW + timedelta(minutes=1))
    app = open_app(home, clock=clock, person="Lan")
    dispatcher = make_dispatcher(app)
    for _ in range(6):
        for lane in dispatcher.next_wakes():
            dispatcher.run_lane(lane)
        clock.forward(120)
    StillClock.moment = clock.now()
    desk.ok("bulletin", "withdraw", number)
    takedowns.run_due(app)
    app.close()
    for look in LOOKS:
        call(*look)
    said.append(capsys.readouterr().out)
    outcomes = {
        row["status"] for one in desk.json("broadcast", "list") for row in one["deliveries"]
    }
    assert outcomes & {Status.SENT, Status.UNKNOWN, Status.FAILED}
    assert MARKER not in "\n".join(said)
    holding = [
        path for path in home.rglob("*") if path.is_file() and MARKER.encode() in path.read_bytes()
    ]
    assert holding == []
