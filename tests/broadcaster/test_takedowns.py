"""A withdrawn bulletin leaves the portal, whatever fails on the way, and a newer one stays."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from broadcaster import overview, takedowns
from broadcaster.alert_watch import still_there
from broadcaster.app import App, open_app
from broadcaster.queue import Lane
from broadcaster.records import Delivery
from broadcaster.records import DeliveryStatus as Status
from broadcaster.services import make_dispatcher
from channels.base import ChannelError, ErrorKind, OutcomeUnknown, Receipt, Withdrawal
from channels.portal.channel import PortalChannel
from tests.broadcaster.desks import Desk, StillClock, typed
from tests.clocks import HandClock

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
LANE = Lane("portal", "site")


@dataclass
class Portal:
    """A station whose bulletin 1 stands on its portal."""

    desk: Desk
    app: App
    clock: HandClock
    site: Path

    @property
    def page(self) -> str:
        (path,) = self.site.glob("*-bt1.html")
        return path.read_text(encoding="utf-8")

    @property
    def is_gone(self) -> bool:
        lists = (self.site / "index.html").read_text() + (self.site / "feed.xml").read_text()
        return "đã gỡ bài viết này" in self.page and "Giờ làm việc" not in lists

    def shown(self) -> list[dict[str, object]]:
        return list(self.desk.json("bulletin", "show", "1")["takedowns"])

    def publish(self) -> None:
        at = StillClock.moment + timedelta(minutes=1)
        local = at.astimezone(self.app.zone).strftime("%Y-%m-%dT%H:%M")
        self.desk.ok("broadcast", "add", "1", "--channel", "portal", "--at", local)
        self.clock.forward(90)
        StillClock.moment = self.clock.now()
        dispatcher = make_dispatcher(self.app)
        dispatcher.run_lane(Lane("portal", "site", ahead=True))
        dispatcher.run_lane(LANE)

    def records(self, kind: str) -> list[dict[str, object]]:
        found = self.desk.json("evidence", "list")
        return [one for one in found if one["kind"] == kind]


@pytest.fixture
def portal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Portal]:
    home, site = tmp_path / "nhà", tmp_path / "cổng"
    for name, value in {
        "HOME": str(home),
        "USER": "Lan",
        "RADIO__ENGINES": '["espeak"]',
        "PORTAL__MODE": "live",
        "PORTAL__URL": "https://anbinh.example.vn/cchc",
        "PORTAL__PATH": str(site),
        "PORTAL__AUDIO": "false",
    }.items():
        monkeypatch.setenv(f"BROADCASTER_{name}", value)
    monkeypatch.setattr("broadcaster.app.SystemClock", StillClock)
    monkeypatch.setattr(StillClock, "moment", NOW, raising=False)

    desk = Desk(home, typed(capsys))
    desk.ok("init", "--name", "Ủy ban nhân dân xã An Bình")
    desk.ok("person", "add", "Minh", "--role", "approver")
    desk.approved("Giờ làm việc", "1", "Làm việc từ 25 giờ.")
    clock = HandClock(NOW)
    app = open_app(home, clock=clock, person="Lan")
    made = Portal(desk, app, clock, site)
    made.publish()
    assert "25 giờ" in made.page
    yield made
    app.close()


def failing(
    monkeypatch: pytest.MonkeyPatch, *faults: Exception, after: bool = False
) -> list[Withdrawal]:
    """The next takedowns raise these; with `after`, having done their work."""
    real: Callable[[PortalChannel, Withdrawal], Receipt | None] = PortalChannel.take_down
    left, seen = list(faults), []

    def take_down(channel: PortalChannel, wanted: Withdrawal) -> Receipt | None:
        seen.append(wanted)
        if left and not after:
            raise left.pop(0)
        receipt = real(channel, wanted)
        if left:
            raise left.pop(0)
        return receipt

    monkeypatch.setattr(PortalChannel, "take_down", take_down)
    return seen


def test_a_withdrawn_bulletin_leaves_the_portal_and_the_record_names_the_old_one(
    portal: Portal,
) -> None:
    said = portal.desk.json("bulletin", "withdraw", "1", "--note", "sai giờ")
    assert said["taking_down"] == 1
    assert "25 giờ" in portal.page, "the command itself touches no network"
    assert portal.shown()[0]["result"] is None

    assert takedowns.run_due(portal.app) == 1

    assert portal.is_gone
    assert portal.shown()[0]["result"] == "removed"
    assert "đã gỡ" in portal.desk.ok("bulletin", "show", "1")
    (record,) = portal.records("takedown")
    sent = next(one for one in portal.records("delivery") if one["outcome"] == "sent")
    withdrawn = portal.records("review")[-1]
    details = json.loads(json.dumps(record["details"]))
    assert details["withdraws"] == [sent["seq"]]
    assert details["withdrawal"] == withdrawn["seq"]
    assert record["permalink"] == sent["permalink"]
    assert record["payload_sha256"] != sent["payload_sha256"]
    assert takedowns.run_due(portal.app) == 0
    portal.desk.ok("evidence", "verify")


def test_a_portal_that_is_down_is_tried_again_until_it_is_done(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    down = ChannelError(ErrorKind.RETRY, "Chưa gọi được cổng thông tin.")
    failing(monkeypatch, down, OutcomeUnknown("Chưa rõ."), down)
    portal.desk.ok("bulletin", "withdraw", "1")
    for _ in range(3):
        takedowns.run_due(portal.app)
        assert takedowns.run_due(portal.app) == 0, "not at once again"
        portal.clock.forward(600)
    with portal.app.database.reading() as session:
        (trouble,) = still_there(session, portal.app, portal.clock.now())
    assert "đã gỡ nhưng còn trên portal" in trouble.subject
    assert any("đã gỡ nhưng còn" in line for line in overview.look(portal.app).needs)
    takedowns.run_due(portal.app)
    assert portal.is_gone
    assert len(portal.records("takedown")) == 1
    assert not any("đã gỡ nhưng còn" in line for line in overview.look(portal.app).needs)


@pytest.mark.parametrize("after", [False, True])
def test_a_crash_before_or_after_the_effect_is_made_good_by_the_next_start(
    portal: Portal, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    portal.desk.ok("bulletin", "withdraw", "1")
    with monkeypatch.context() as patch:
        failing(patch, KeyboardInterrupt(), after=after)  # type: ignore[arg-type]
        with pytest.raises(KeyboardInterrupt):
            takedowns.run_due(portal.app)
    assert portal.records("takedown") == []
    portal.clock.forward(600)
    takedowns.run_due(portal.app)
    assert portal.is_gone
    assert [one["details"]["result"] for one in portal.records("takedown")] == ["removed"]  # type: ignore[index]


def test_a_revision_published_after_the_withdrawal_stays(portal: Portal) -> None:
    portal.desk.ok("bulletin", "withdraw", "1")
    text = "---\ntitle: Giờ làm việc\n---\nLàm việc từ 7 giờ.\n"
    portal.desk.ok("bulletin", "edit", "1", portal.desk.file("bản hai.md", text))
    portal.desk.ok("bulletin", "submit", "1")
    portal.desk.ok("bulletin", "approve", "1", "--as", "Minh")
    os.environ["BROADCASTER_USER"] = "Lan"
    portal.publish()
    assert "7 giờ" in portal.page
    takedowns.run_due(portal.app)
    assert "7 giờ" in portal.page
    assert portal.shown()[0]["result"] == "superseded"


def test_while_the_withdrawn_text_is_being_sent_the_takedown_waits_for_it(
    portal: Portal,
) -> None:
    portal.desk.ok("bulletin", "withdraw", "1")
    set_status(portal, Status.SENDING)
    takedowns.run_due(portal.app)
    assert "25 giờ" in portal.page
    set_status(portal, Status.SENT)
    portal.clock.forward(31)
    takedowns.run_due(portal.app)
    assert portal.is_gone


def test_with_an_unknown_outcome_it_is_taken_down_now_and_looked_at_until_it_is_known(
    portal: Portal,
) -> None:
    portal.desk.ok("bulletin", "withdraw", "1")
    set_status(portal, Status.UNKNOWN)
    takedowns.run_due(portal.app)
    assert portal.is_gone
    # The request whose answer was lost is carried out only now.
    (path,) = portal.site.glob("*-bt1.html")
    path.write_text("Làm việc từ 25 giờ.", encoding="utf-8")
    portal.clock.forward(600)
    takedowns.run_due(portal.app)
    assert portal.is_gone
    set_status(portal, Status.SENT)
    portal.clock.forward(600)
    takedowns.run_due(portal.app)
    portal.clock.forward(6000)
    assert takedowns.run_due(portal.app) == 0
    assert len(portal.records("takedown")) == 1


def test_a_bulletin_that_never_reached_the_portal_asks_for_nothing(portal: Portal) -> None:
    number = portal.desk.approved("Tin khác", "1")
    assert portal.desk.json("bulletin", "withdraw", str(number))["taking_down"] == 0


def test_the_networks_posts_that_stay_are_named(portal: Portal) -> None:
    with portal.app.database.writing() as session:
        row = session.get_one(Delivery, 1)
        session.add(
            Delivery(
                station_id=row.station_id,
                broadcast_id=row.broadcast_id,
                bulletin_id=1,
                revision_id=row.revision_id,
                revision=1,
                channel="facebook",
                target="page",
                status=Status.SENT,
                permalink="https://facebook.com/1_2",
                scheduled_at=row.scheduled_at,
                expires_at=row.expires_at,
            )
        )
    code, out, err = portal.desk.call("bulletin", "withdraw", "1")
    assert code == 0
    assert "https://facebook.com/1_2" in " ".join((out + err).split())


def test_the_daemons_chore_does_it_in_a_thread_of_its_own(portal: Portal) -> None:
    portal.desk.ok("bulletin", "withdraw", "1")
    chore = takedowns.Takedowns(portal.app)
    chore.look()
    chore.aside.join(10)
    chore.look()
    chore.leave()
    assert portal.is_gone


def set_status(portal: Portal, status: Status) -> None:
    with portal.app.database.writing() as session:
        row = session.get_one(Delivery, 1)
        row.status = status
        session.add(row)
