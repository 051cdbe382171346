"""A clock that was set by hours is not believed until something vouches for it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from broadcaster import gates
from broadcaster.clock import kernel_synchronised
from broadcaster.clock_trust import BIG_STEP, SETTLED, ClockTrust
from broadcaster.records import DeliveryStatus as Status
from tests.broadcaster.conftest import Bench
from tests.channels_fake import FakeChannel
from tests.clocks import HandClock

HOURS = timedelta(hours=3)


def unsure() -> bool | None:
    return False


@pytest.mark.parametrize("step", [HOURS, -HOURS, BIG_STEP])
def test_a_big_step_either_way_is_not_believed_until_the_time_has_stood(step: timedelta) -> None:
    clock = HandClock()
    trust = ClockTrust(clock, unsure)
    assert trust.reason() is None
    trust.stepped(step)
    assert "đồng hồ vừa nhảy" in (trust.reason() or "")
    clock.forward(SETTLED.total_seconds() - 1)
    assert trust.reason() is not None
    clock.forward(1)
    assert trust.reason() is None


def test_a_small_correction_is_believed() -> None:
    trust = ClockTrust(HandClock(), unsure)
    trust.stepped(BIG_STEP - timedelta(seconds=1))
    assert trust.reason() is None


def test_a_time_service_that_vouches_for_the_time_ends_the_doubt() -> None:
    vouches = False
    trust = ClockTrust(HandClock(), lambda: vouches)
    trust.stepped(HOURS)
    assert trust.reason() is not None
    vouches = True
    assert trust.reason() is None


def test_the_loudspeakers_wait_and_the_page_does_not(bench: Bench) -> None:
    for name, wanted in (("radio", Status.PLANNED), ("facebook", Status.SENT)):
        bench.channel = FakeChannel(name, ("a",))
        delivery = bench.plan()
        dispatcher = bench.dispatcher()
        dispatcher.trust = ClockTrust(bench.clock, unsure)
        dispatcher.trust.stepped(HOURS)
        for lane in (bench.ahead, bench.lane):
            dispatcher.run_lane(lane)
        assert bench.again(delivery).status == wanted


def test_a_step_in_the_middle_of_sound_silences_it(bench: Bench) -> None:
    trust = ClockTrust(bench.clock, unsure)
    permit = gates.permit(bench.settings, bench.zone, gates.SOUND, trust.reason)
    noon = bench.clock.now()
    assert permit(noon) is None
    trust.stepped(HOURS)
    assert "đồng hồ" in (permit(noon) or "")


def test_the_kernel_is_asked_without_being_told_anything() -> None:
    assert kernel_synchronised() in (True, False, None)
