"""Each fault of each Zalo call: one broadcast in the end, or an honest unknown; crashes too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from channels.base import ChannelError, ErrorKind, OutcomeUnknown, Receipt, Target
from channels.zalo import ZaloChannel
from tests.channels.rigs import MARKER, MemoryStore, zalo_settings
from tests.channels.support import (
    Died,
    DyingProgress,
    HandClock,
    MemoryProgress,
    attempt,
    deliver_as_dispatch_does,
    everything_said,
    outgoing,
    picture,
    sending,
)
from tests.servers.zalo import Fault, ZaloServer

UNCLEAR = [
    Fault.ACCEPT_THEN_TIMEOUT,
    Fault.ACCEPT_THEN_5XX,
    Fault.ACCEPT_THEN_5XX_REFUSAL,
    Fault.ACCEPT_THEN_DROP,
    Fault.ACCEPT_THEN_HTML,
    Fault.ACCEPT_THEN_TRICKLE,
    Fault.ACCEPT_CUT_JSON,
    Fault.TIMEOUT,
    Fault.DROP,
    Fault.SERVER_ERROR,
    Fault.HTML_ERROR,
    Fault.REDIRECT,
]
REFUSED = {
    Fault.REFUSE: ErrorKind.FIX_CONTENT,
    Fault.RATE_LIMIT: ErrorKind.RETRY,
    Fault.NIGHT: ErrorKind.DEFER,
}
EVERY = [*UNCLEAR, *REFUSED, Fault.EXPIRED_TOKEN, Fault.ACCEPT_WRONG_TYPE]
GROUP = Target("zalo", "group:thon1")


@pytest.fixture
def server() -> Iterator[ZaloServer]:
    with ZaloServer() as running:
        yield running
        assert running.elsewhere == [], "nothing may follow a redirect to another host"
        assert not [line for line in running.addresses if MARKER in line], "a token in an address"


@pytest.fixture
def channel(server: ZaloServer, tmp_path: Path) -> ZaloChannel:
    settings = zalo_settings(server.url, audience=("followers", "groups"), groups=("thon1",))
    return ZaloChannel(settings, MemoryStore(), tmp_path / "zalo.lock", HandClock())


@pytest.mark.parametrize("call", ["getoa", "create", "verify", "getslice"])
@pytest.mark.parametrize("fault", EVERY)
def test_a_fault_before_the_broadcast_ends_in_exactly_one_broadcast(
    server: ZaloServer, tmp_path: Path, fault: Fault, call: str
) -> None:
    settings = zalo_settings(server.url, cover_url=None if call == "getoa" else "https://a/b.jpg")
    channel = ZaloChannel(settings, MemoryStore(), tmp_path / "zalo.lock", HandClock())
    server.fault(call, fault)
    outcome = deliver_as_dispatch_does(channel, channel.prepare(outgoing()), sending(channel))
    assert isinstance(outcome, Receipt)
    assert len(server.broadcasts) == 1
    assert len(server.articles) == 1


@pytest.mark.parametrize("fault", UNCLEAR)
@pytest.mark.parametrize(("call", "target"), [("broadcast", None), ("group", GROUP)])
def test_a_sending_without_a_clear_answer_is_left_to_a_person(
    server: ZaloServer, channel: ZaloChannel, fault: Fault, call: str, target: Target | None
) -> None:
    server.fault(call, fault)
    one = sending(channel, target=target)
    outcome = deliver_as_dispatch_does(channel, channel.prepare(outgoing()), one)
    assert isinstance(outcome, OutcomeUnknown)
    assert server.count(call) == 1, "never sent a second time"
    assert server.published == int(fault.accepts)
    assert MARKER not in everything_said(outcome)
    with pytest.raises(OutcomeUnknown, match="broadcast settle"):
        channel.find(channel.prepare(outgoing()), one)


@pytest.mark.parametrize(("fault", "kind"), REFUSED.items())
@pytest.mark.parametrize(("call", "target"), [("broadcast", None), ("group", GROUP)])
def test_a_refusal_inside_http_200_is_surely_not_out_and_can_be_tried_again(
    server: ZaloServer,
    channel: ZaloChannel,
    fault: Fault,
    kind: ErrorKind,
    call: str,
    target: Target | None,
) -> None:
    server.fault(call, fault)
    prepared = channel.prepare(outgoing())
    one = sending(channel, target=target)
    outcome = attempt(channel, prepared, one)
    assert isinstance(outcome, ChannelError)
    assert outcome.kind is kind
    assert server.published == 0
    assert channel.find(prepared, one) is None
    assert MARKER not in everything_said(outcome)
    assert isinstance(attempt(channel, prepared, one), Receipt)
    assert server.published == 1
    assert len(server.articles) == (1 if target is None else 0)


@pytest.mark.parametrize("fault", [*UNCLEAR, *REFUSED])
def test_a_failing_refresh_publishes_nothing_and_shows_no_token(
    server: ZaloServer, channel: ZaloChannel, fault: Fault
) -> None:
    server.fault("token", fault)
    outcome = attempt(channel, channel.prepare(outgoing()), sending(channel))
    assert isinstance(outcome, ChannelError)
    assert server.published == 0
    assert server.articles == []
    assert MARKER not in everything_said(outcome)


@pytest.mark.parametrize(
    ("step", "broadcasts", "needs_person"),
    [
        ("article_begun", 1, False),
        ("article_token", 1, False),
        ("article_id", 1, False),
        ("broadcast_begun", 0, True),
        ("broadcast_sent", 1, False),
    ],
)
def test_after_a_crash_behind_any_step_nothing_is_doubled(
    server: ZaloServer, channel: ZaloChannel, step: str, broadcasts: int, needs_person: bool
) -> None:
    prepared = channel.prepare(outgoing())
    one = sending(channel, progress=DyingProgress(after=step))
    with pytest.raises(Died):
        channel.deliver(prepared, one)
    try:
        outcome: object = channel.find(prepared, one) or channel.deliver(prepared, one)
    except OutcomeUnknown as unknown:
        outcome = unknown
    assert isinstance(outcome, OutcomeUnknown) is needs_person
    assert len(server.broadcasts) == broadcasts
    assert len(server.articles) == 1


def test_an_article_whose_answer_was_lost_is_used_again_after_the_look(
    server: ZaloServer, channel: ZaloChannel
) -> None:
    progress = MemoryProgress()
    one = sending(channel, progress=progress)
    prepared = channel.prepare(outgoing())
    server.fault("create", Fault.ACCEPT_THEN_DROP)
    assert isinstance(attempt(channel, prepared, one), OutcomeUnknown)
    assert channel.find(prepared, one) is None, "an article alone is not a broadcast"
    receipt = channel.deliver(prepared, one)
    assert receipt.details["article_id"] == "article1"
    assert len(server.articles) == 1


def test_an_article_of_the_same_title_but_another_delivery_is_not_taken(
    server: ZaloServer, channel: ZaloChannel
) -> None:
    channel.deliver(channel.prepare(outgoing("AB12-70")), sending(channel, "AB12-70"))
    server.fault("create", Fault.DROP)
    outcome = deliver_as_dispatch_does(channel, channel.prepare(outgoing()), sending(channel))
    assert isinstance(outcome, Receipt)
    assert server.broadcasts == ["article1", "article2"]


def test_an_article_that_stays_in_processing_is_tried_again_later_and_not_made_anew(
    server: ZaloServer, channel: ZaloChannel
) -> None:
    server.knobs.processing = 9
    one = sending(channel)
    prepared = channel.prepare(outgoing())
    outcome = attempt(channel, prepared, one)
    assert isinstance(outcome, ChannelError)
    assert outcome.kind is ErrorKind.RETRY
    assert server.broadcasts == []
    assert isinstance(attempt(channel, prepared, one), Receipt)
    assert len(server.articles) == 1
    assert len(server.broadcasts) == 1


def test_a_server_that_cannot_be_reached_got_nothing(tmp_path: Path) -> None:
    with ZaloServer() as gone:
        url = gone.url
    channel = ZaloChannel(zalo_settings(url), MemoryStore(), tmp_path / "lock", HandClock())
    outcome = attempt(channel, channel.prepare(outgoing()), sending(channel))
    assert isinstance(outcome, ChannelError)
    assert outcome.kind is ErrorKind.RETRY
    assert MARKER not in everything_said(outcome)


@pytest.mark.parametrize("call", ["users", "upload", "cs"])
@pytest.mark.parametrize("fault", EVERY)
def test_a_fault_among_messages_to_persons_gives_nobody_two_and_says_what_is_unknown(
    server: ZaloServer, tmp_path: Path, fault: Fault, call: str
) -> None:
    server.users = [f"u{number}" for number in range(5)]
    settings = zalo_settings(server.url, audience=("recent",), timeout=(1, 1))
    channel = ZaloChannel(settings, MemoryStore(), tmp_path / "zalo.lock", HandClock())
    server.fault(call, fault)
    prepared = channel.prepare(outgoing(images=(picture(tmp_path),)))
    outcome = deliver_as_dispatch_does(channel, prepared, sending(channel))
    assert isinstance(outcome, Receipt), outcome
    reached = [user for user, _ in server.user_messages]
    assert len(reached) == len(set(reached)), "nobody gets two"
    unclear = call == "cs" and fault in UNCLEAR
    assert outcome.details == ({"sent": 4, "unknown": 1} if unclear else {"sent": 5})
    assert len(reached) == 4 + (fault.accepts or not unclear)
