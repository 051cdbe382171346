"""Each fault of each Graph call: one publication in the end, or an honest unknown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from channels.base import ChannelError, ErrorKind, OutcomeUnknown, Receipt
from channels.facebook import FacebookChannel
from tests.channels.rigs import FACEBOOK_SECRET, MARKER, facebook_settings
from tests.channels.support import (
    HandClock,
    attempt,
    deliver_as_dispatch_does,
    everything_said,
    outgoing,
    picture,
    sending,
)
from tests.servers.facebook import FacebookServer, Fault

UNKNOWN = [
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
    Fault.DUPLICATE,
]
REFUSED = {
    Fault.REFUSE: ErrorKind.FIX_CONTENT,
    Fault.EXPIRED_TOKEN: ErrorKind.REAUTHORISE,
    Fault.RATE_LIMIT: ErrorKind.DEFER,
}
EVERY = [*UNKNOWN, *REFUSED, Fault.ACCEPT_WRONG_TYPE]


@pytest.fixture
def server() -> Iterator[FacebookServer]:
    with FacebookServer(app_secret=FACEBOOK_SECRET, now=HandClock().now()) as running:
        yield running
        assert running.elsewhere == [], "nothing may follow a redirect to another host"
        assert not [line for line in running.addresses if MARKER in line], "a token in an address"


@pytest.fixture
def channel(server: FacebookServer) -> FacebookChannel:
    return FacebookChannel(facebook_settings(server.url), HandClock())


@pytest.mark.parametrize("fault", UNKNOWN)
def test_a_post_without_a_clear_answer_is_unknown(
    server: FacebookServer, channel: FacebookChannel, fault: Fault
) -> None:
    server.fault("feed", fault)
    outcome = attempt(channel, channel.prepare(outgoing()), sending(channel))
    assert isinstance(outcome, OutcomeUnknown)
    assert len(server.posts) == int(fault.accepts)
    assert MARKER not in everything_said(outcome)


@pytest.mark.parametrize(("fault", "kind"), REFUSED.items())
def test_a_refused_post_is_surely_not_out(
    server: FacebookServer, channel: FacebookChannel, fault: Fault, kind: ErrorKind
) -> None:
    server.fault("feed", fault)
    outcome = attempt(channel, channel.prepare(outgoing()), sending(channel))
    assert isinstance(outcome, ChannelError)
    assert outcome.kind is kind
    assert server.posts == []
    assert MARKER not in everything_said(outcome)


@pytest.mark.parametrize("call", ["feed", "photos", "object", "published_posts"])
@pytest.mark.parametrize("fault", EVERY)
def test_after_any_fault_there_is_exactly_one_post(
    server: FacebookServer, tmp_path: Path, fault: Fault, call: str
) -> None:
    channel = FacebookChannel(facebook_settings(server.url), HandClock())
    server.knobs.permalink_on_write = call != "object"
    if call == "published_posts":
        server.fault("feed", Fault.ACCEPT_THEN_DROP)
    server.fault(call, fault)
    prepared = channel.prepare(outgoing(images=(picture(tmp_path),)))
    outcome = deliver_as_dispatch_does(channel, prepared, sending(channel))
    assert isinstance(outcome, Receipt)
    assert outcome.external_id == server.posts[0].id
    assert len(server.posts) == 1
    assert len(server.posts[0].photos) == 1


@pytest.mark.parametrize("fault", EVERY)
def test_a_fault_that_stays_never_leads_to_a_second_post(
    server: FacebookServer, channel: FacebookChannel, fault: Fault
) -> None:
    if fault is Fault.ACCEPT_THEN_TRICKLE:
        pytest.skip("slow, and the same as ACCEPT_THEN_TIMEOUT from the second time on")
    server.fault("feed", fault, times=99)
    outcome = deliver_as_dispatch_does(channel, channel.prepare(outgoing()), sending(channel))
    assert len(server.posts) == int(fault.accepts)
    assert isinstance(outcome, Receipt) is fault.accepts


def test_while_the_page_cannot_be_read_the_outcome_stays_unknown_and_nothing_is_sent_again(
    server: FacebookServer, channel: FacebookChannel
) -> None:
    server.fault("feed", Fault.ACCEPT_THEN_DROP)
    server.fault("published_posts", Fault.HTML_ERROR, times=99)
    outcome = deliver_as_dispatch_does(channel, channel.prepare(outgoing()), sending(channel))
    assert isinstance(outcome, OutcomeUnknown)
    assert len(server.posts) == 1
    assert server.count("feed") == 1


def test_a_post_that_shows_late_in_the_list_is_found_by_a_later_look(
    server: FacebookServer, channel: FacebookChannel
) -> None:
    server.knobs.lag = 2
    server.fault("feed", Fault.ACCEPT_THEN_TIMEOUT)
    outcome = deliver_as_dispatch_does(channel, channel.prepare(outgoing()), sending(channel))
    assert isinstance(outcome, Receipt)
    assert len(server.posts) == 1


def test_a_server_that_cannot_be_reached_got_nothing(tmp_path: Path) -> None:
    with FacebookServer() as gone:
        url = gone.url
    channel = FacebookChannel(facebook_settings(url), HandClock())
    outcome = attempt(channel, channel.prepare(outgoing()), sending(channel))
    assert isinstance(outcome, ChannelError)
    assert outcome.kind is ErrorKind.RETRY
    assert MARKER not in everything_said(outcome)


@pytest.mark.parametrize("url", ["không phải địa chỉ", "http://", "htp:/x", ""])
def test_a_broken_api_url_got_nothing(url: str) -> None:
    channel = FacebookChannel(facebook_settings(url), HandClock())
    outcome = attempt(channel, channel.prepare(outgoing()), sending(channel))
    assert isinstance(outcome, ChannelError)
    assert MARKER not in everything_said(outcome)


@pytest.mark.parametrize("fault", EVERY)
def test_a_look_that_fails_is_unknown_not_absent(
    server: FacebookServer, channel: FacebookChannel, fault: Fault
) -> None:
    if fault in (Fault.ACCEPT_WRONG_TYPE,):
        pytest.skip("a readable answer")
    server.fault("published_posts", fault)
    with pytest.raises(OutcomeUnknown) as caught:
        channel.find(channel.prepare(outgoing()), sending(channel))
    assert MARKER not in everything_said(caught.value)
