"""What every channel promises, live and sandbox alike (`channels.base.Channel`)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from channels.base import ChannelError, OutcomeUnknown, Receipt, Sending
from tests.channels.rigs import MARKER, RIGS, Rig
from tests.channels.support import (
    NOON,
    MemoryProgress,
    attempt,
    deliver_as_dispatch_does,
    everything_said,
    outgoing,
    sending,
)


@pytest.fixture(params=RIGS)
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rig]:
    with RIGS[request.param](tmp_path) as made:
        yield made


def test_it_has_a_name_and_at_least_one_target_of_its_own(rig: Rig) -> None:
    targets = rig.channel.targets()
    assert targets
    assert {target.channel for target in targets} == {rig.channel.name}
    assert len({target.name for target in targets}) == len(targets)


def test_prepare_answers_the_same_for_the_same_content_and_sends_nothing(rig: Rig) -> None:
    first = rig.channel.prepare(outgoing())
    second = rig.channel.prepare(outgoing())
    assert first.text == second.text
    assert first.payload.sha256() == second.payload.sha256()
    assert first.problems == second.problems == ()
    assert rig.published() == 0


def test_another_text_has_another_payload_hash(rig: Rig) -> None:
    first = rig.channel.prepare(outgoing())
    second = rig.channel.prepare(outgoing(body="Một nội dung khác hẳn."))
    assert first.payload.sha256() != second.payload.sha256()


def test_a_preview_sends_nothing(rig: Rig) -> None:
    prepared = rig.channel.prepare(outgoing())
    assert rig.channel.preview(prepared).read()
    assert rig.published() == 0


def test_a_delivery_is_outside_once_and_returns_a_receipt_with_its_id(rig: Rig) -> None:
    prepared = rig.channel.prepare(outgoing())
    receipt = rig.channel.deliver(prepared, sending(rig.channel))
    assert receipt.external_id
    assert receipt.started_at is not None
    assert receipt.started_at >= NOON
    assert receipt.simulated is rig.channel.simulated
    assert rig.published() == 1


def test_what_was_delivered_is_found(rig: Rig) -> None:
    prepared = rig.channel.prepare(outgoing())
    one = sending(rig.channel)
    sent = rig.channel.deliver(prepared, one)
    if not rig.channel.can_find:
        pytest.skip("the channel says that it cannot look")
    found = rig.channel.find(prepared, one)
    assert found is not None
    assert found.external_id == sent.external_id
    assert found.simulated is rig.channel.simulated
    assert rig.published() == 1


def test_what_was_never_sent_is_not_found(rig: Rig) -> None:
    if not rig.channel.can_find:
        pytest.skip("the channel says that it cannot look")
    for reference in ("AB12-11", "AB12-1-2", "XAB12-1"):
        other = rig.channel.prepare(outgoing(reference))
        rig.channel.deliver(other, sending(rig.channel, reference))
    prepared = rig.channel.prepare(outgoing("AB12-1"))
    assert rig.channel.find(prepared, sending(rig.channel, "AB12-1")) is None


def test_content_with_problems_is_refused_and_nothing_leaves(rig: Rig) -> None:
    broken = rig.channel.prepare(outgoing(link="javascript:alert(1)"))
    if not broken.problems:
        pytest.skip("this channel has no use for the link")
    outcome = attempt(rig.channel, broken, sending(rig.channel))
    assert isinstance(outcome, ChannelError)
    assert rig.published() == 0


def test_a_surely_failed_delivery_leaves_nothing_outside_and_may_be_tried_again(rig: Rig) -> None:
    if rig.refuse_once is None:
        pytest.skip("nothing refuses in this channel")
    prepared = rig.channel.prepare(outgoing())
    one = sending(rig.channel)
    rig.refuse_once()
    assert isinstance(attempt(rig.channel, prepared, one), ChannelError)
    assert rig.published() == 0
    assert isinstance(attempt(rig.channel, prepared, one), Receipt)
    assert rig.published() == 1


def test_an_unknown_outcome_is_settled_by_looking_and_never_doubled(rig: Rig) -> None:
    if rig.accept_and_lose_once is None:
        pytest.skip("no answer is lost in this channel")
    prepared = rig.channel.prepare(outgoing())
    one = sending(rig.channel)
    rig.accept_and_lose_once()
    assert isinstance(attempt(rig.channel, prepared, one), OutcomeUnknown)
    assert isinstance(deliver_as_found_or_again(rig, one), Receipt)
    assert rig.published() == 1


def deliver_as_found_or_again(rig: Rig, one: Sending) -> object:
    prepared = rig.channel.prepare(outgoing())
    found = rig.channel.find(prepared, one)
    return found or deliver_as_dispatch_does(rig.channel, prepared, one)


def test_nothing_begins_before_its_time(rig: Rig) -> None:
    prepared = rig.channel.prepare(outgoing())
    later = NOON + timedelta(seconds=rig.channel.lead.total_seconds() or 5)
    receipt = rig.channel.deliver(prepared, sending(rig.channel, at=later))
    assert receipt.started_at is not None
    assert receipt.started_at >= later


def test_nothing_begins_after_the_deadline(rig: Rig) -> None:
    prepared = rig.channel.prepare(outgoing())
    late = sending(rig.channel, at=NOON - timedelta(days=2))
    assert isinstance(attempt(rig.channel, prepared, late), ChannelError)
    assert rig.published() == 0


def test_the_last_gate_stops_it_with_its_own_reason(rig: Rig) -> None:
    prepared = rig.channel.prepare(outgoing())
    one = sending(rig.channel)
    closed = Sending(
        one.target,
        one.reference,
        one.at,
        one.deadline,
        one.since,
        MemoryProgress(),
        permit=lambda _: "Bản tin đã được gỡ.",
    )
    outcome = attempt(rig.channel, prepared, closed)
    assert isinstance(outcome, ChannelError)
    assert "Bản tin đã được gỡ." in outcome.message
    assert rig.published() == 0


def test_a_daemon_that_ends_starts_nothing_new(rig: Rig) -> None:
    prepared = rig.channel.prepare(outgoing())
    one = sending(rig.channel)
    stop = threading.Event()
    stop.set()
    stopped = Sending(
        one.target, one.reference, one.at, one.deadline, one.since, one.progress, stop=stop
    )
    assert isinstance(attempt(rig.channel, prepared, stopped), ChannelError)
    assert rig.published() == 0


def test_secrets_never_appear_in_what_comes_back(rig: Rig) -> None:
    prepared = rig.channel.prepare(outgoing())
    said = [repr(prepared), prepared.payload.read().decode("utf-8", "replace"), repr(rig.channel)]
    for fault in (rig.refuse_once, rig.accept_and_lose_once):
        if fault is not None:
            fault()
            outcome = attempt(rig.channel, prepared, sending(rig.channel))
            assert isinstance(outcome, ChannelError | OutcomeUnknown)
            said.append(everything_said(outcome))
    receipt = rig.channel.deliver(prepared, sending(rig.channel))
    said += [repr(receipt), *(a.read().decode("utf-8", "replace") for a in receipt.artefacts)]
    said += [f"{line.name} {line.message}" for line in rig.channel.check()]
    assert MARKER not in "\n".join(said)


def test_its_health_is_told_in_named_lines(rig: Rig) -> None:
    lines = rig.channel.check()
    assert lines
    assert all(line.ok for line in lines), lines
    assert rig.published() == 0
