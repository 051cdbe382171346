"""The portal goes first, its page is the link of the posts, and a dead portal holds nobody."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest

from broadcaster.dispatch import Dispatcher
from broadcaster.queue import Lane
from broadcaster.records import Broadcast, Delivery, Origin
from broadcaster.records import DeliveryStatus as Status
from channels.base import NOT_REACHED, ChannelError, ErrorKind
from tests.broadcaster.conftest import Bench, spoken_hash
from tests.channels_fake import FakeChannel, unknown

PAGE = "https://anbinh.example.vn/cchc/gio-lam-viec-bt1.html"


@dataclass
class Desk:
    """One bulletin, at one time, for the page and for the portal."""

    bench: Bench
    portal: FakeChannel
    post: Delivery
    page: Delivery

    def run(self, seconds: float = 0, *lanes: str) -> None:
        self.bench.clock.forward(seconds)
        dispatcher = Dispatcher(
            self.bench.database,
            self.bench.station,
            self.bench.settings,
            {"facebook": self.bench.channel, "portal": self.portal},
            self.bench.store,
            self.bench.home / "media",
            self.bench.clock,
            lambda revision: spoken_hash(revision.body),
        )
        for name in lanes or ("facebook", "portal"):
            lane = Lane(name, "page" if name == "facebook" else "site")
            dispatcher.run_lane(replace(lane, ahead=True))
            dispatcher.run_lane(lane)

    def status(self, delivery: Delivery) -> Status:
        return Status(self.bench.again(delivery).status)


@pytest.fixture
def desk(bench: Bench) -> Desk:
    portal = FakeChannel("portal", ["site"])
    portal.permalink = PAGE
    return _desk(bench, portal, bench.clock.now())


def _desk(
    bench: Bench,
    portal: FakeChannel,
    at: datetime,
    grace: float = 7200,
    link: str | None = None,
) -> Desk:
    post = bench.plan(grace=grace, link=link)
    with bench.database.writing() as session:
        broadcast = Broadcast(
            station_id=post.station_id,
            channel="portal",
            origin=Origin.ONE_OFF,
            starts_at=at,
            ends_at=at + timedelta(hours=2),
            created_at=at,
            created_by="Lan",
        )
        session.add(broadcast)
        session.flush()
        page = Delivery(
            station_id=post.station_id,
            broadcast_id=broadcast.id or 0,
            bulletin_id=post.bulletin_id,
            revision_id=post.revision_id,
            revision=1,
            channel="portal",
            target="site",
            scheduled_at=at,
            expires_at=at + timedelta(hours=2),
        )
        session.add(page)
        session.flush()
    return Desk(bench, portal, post, page)


def test_the_post_waits_for_the_page_and_carries_its_address(desk: Desk) -> None:
    desk.run()
    assert desk.status(desk.post) is Status.READY
    assert desk.bench.channel.outside == []
    assert desk.status(desk.page) is Status.SENT
    desk.run(5)
    assert desk.status(desk.post) is Status.SENT
    assert desk.bench.channel.links[-1] == PAGE


def test_a_portal_that_is_down_costs_the_link_and_not_the_post(desk: Desk) -> None:
    desk.portal.faults = [ChannelError(ErrorKind.RETRY, "không tới", code=NOT_REACHED)] * 99
    for _ in range(59):
        desk.run(5)
    assert desk.bench.channel.outside == []
    desk.run(10)
    assert desk.status(desk.post) is Status.SENT
    assert desk.bench.channel.links[-1] is None


def test_no_more_than_half_of_its_own_window_is_waited(bench: Bench) -> None:
    portal = FakeChannel("portal", ["site"])
    desk = _desk(bench, portal, bench.clock.now(), grace=60)
    portal.faults = [unknown()]
    desk.run()
    desk.run(29, "facebook")
    assert desk.bench.channel.outside == []
    desk.run(2, "facebook")
    assert desk.status(desk.post) is Status.SENT


def test_a_failed_portal_is_not_waited_for(desk: Desk) -> None:
    desk.portal.faults = [ChannelError(ErrorKind.STOP, "hỏng")]
    desk.run(0, "portal")
    desk.run(0, "facebook")
    assert desk.status(desk.post) is Status.SENT


def test_a_page_that_comes_later_is_not_waited_for(bench: Bench) -> None:
    portal = FakeChannel("portal", ["site"])
    desk = _desk(bench, portal, bench.clock.now() + timedelta(minutes=1))
    desk.run()
    assert desk.status(desk.post) is Status.SENT


def test_a_page_published_long_ago_is_carried_at_once(desk: Desk) -> None:
    desk.run(0, "portal")
    desk.run(0, "facebook")
    assert desk.status(desk.post) is Status.SENT
    assert desk.bench.channel.links[-1] == PAGE


def test_a_bulletin_keeps_a_link_of_its_own(bench: Bench) -> None:
    own = "https://example.vn/rieng"
    desk = _desk(bench, FakeChannel("portal", ["site"]), bench.clock.now(), link=own)
    desk.run(0, "facebook")
    assert desk.status(desk.post) is Status.SENT
    assert bench.channel.links[-1] == own


def test_a_page_in_a_sandbox_is_no_link_for_others(desk: Desk) -> None:
    desk.portal.permalink = "file:///home/xa/sandbox/portal-BT1.html"
    desk.run(0, "portal")
    desk.run(0, "facebook")
    assert desk.status(desk.post) is Status.SENT
    assert desk.bench.channel.links[-1] is None


def test_a_look_after_a_crash_is_for_the_words_that_went_out(desk: Desk) -> None:
    desk.run(0, "portal")
    desk.bench.channel.faults = [unknown()]
    desk.bench.channel.publish_before_fault = True
    desk.run(0, "facebook")
    assert desk.status(desk.post) is Status.UNKNOWN
    sent = desk.bench.channel.links[-1]
    desk.run(10, "facebook")
    assert desk.status(desk.post) is Status.SENT
    assert desk.bench.channel.links[-1] == sent == PAGE
    assert len(desk.bench.channel.outside) == 1
