"""The player puts every sample out at its moment, and not one that is not permitted."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from channels.radio import pcm
from channels.radio.outputs import Output
from channels.radio.player import Bank, Cut, Played, Player
from tests.channels.radio.fakes import AT, FakeClock, MemoryOutput, sending, tone

SOUND = tone(1.01)
BLOCKS = [SOUND[start : start + pcm.BLOCK * 2] for start in range(0, len(SOUND), pcm.BLOCK * 2)]


def opened(*outputs: Output) -> Bank:
    bank = Bank(outputs)
    bank.open()
    return bank


def play(clock: FakeClock, *outputs: MemoryOutput, **options: object) -> Played:
    return Player(clock).play(BLOCKS, opened(*outputs), sending(**options))  # type: ignore[arg-type]


def test_every_sample_goes_out_once_and_in_order() -> None:
    clock = FakeClock()
    output = MemoryOutput(clock)
    played = play(clock, output)
    assert bytes(output.data) == SOUND
    assert played.whole
    assert played.tap.samples == len(SOUND) // 2


def test_the_first_sample_leaves_at_the_moment_and_each_block_20_ms_later() -> None:
    clock = FakeClock()
    output = MemoryOutput(clock)
    played = play(clock, output)
    assert played.onset == AT
    assert played.late == timedelta(0)
    for number, moment in enumerate(output.times):
        assert abs(moment - (AT + timedelta(milliseconds=20 * number))) < timedelta(microseconds=50)


def test_it_ends_when_the_last_sample_has_been_heard() -> None:
    clock = FakeClock()
    played = play(clock, MemoryOutput(clock))
    length = timedelta(seconds=pcm.seconds(SOUND))
    assert abs(played.ended - (AT + length)) < timedelta(microseconds=100)


@pytest.mark.parametrize("jump", [timedelta(seconds=5), timedelta(seconds=-5), timedelta(hours=-1)])
def test_a_wall_clock_set_while_waiting_moves_the_start_with_it(jump: timedelta) -> None:
    clock = FakeClock()
    clock.step_wall(2.0, jump)
    output = MemoryOutput(clock)
    played = play(clock, output)
    assert played.onset == output.times[0]
    assert timedelta(0) <= output.times[0] - AT < timedelta(milliseconds=1)


def test_a_wall_clock_set_beyond_the_deadline_means_silence() -> None:
    clock = FakeClock()
    clock.step_wall(2.0, timedelta(hours=1))
    output = MemoryOutput(clock)
    played = play(clock, output)
    assert (played.cut, played.onset, bytes(output.data)) == (Cut.DEADLINE, None, b"")


def test_a_late_start_within_the_deadline_is_told() -> None:
    clock = FakeClock(AT + timedelta(seconds=30))
    played = play(clock, MemoryOutput(clock))
    assert played.whole
    assert played.late == timedelta(seconds=30)


def test_the_gate_is_asked_before_the_first_sample() -> None:
    clock = FakeClock()
    output = MemoryOutput(clock)
    asked: list[datetime] = []

    def permit(now: datetime) -> str | None:
        asked.append(now)
        return "giờ yên tĩnh"

    played = play(clock, output, permit=permit)
    assert (played.cut, played.why) == (Cut.PERMIT, "giờ yên tĩnh")
    assert bytes(output.data) == b""
    assert asked == [AT]


def test_a_gate_that_closes_midway_silences_within_a_tenth_of_a_second() -> None:
    clock = FakeClock()
    output = MemoryOutput(clock)
    closing = AT + timedelta(seconds=0.5)
    played = play(clock, output, permit=lambda now: "hết giờ" if now >= closing else None)
    assert played.cut is Cut.PERMIT
    assert not played.whole
    assert 0.5 <= played.tap.samples / pcm.RATE <= 0.601
    assert bytes(output.data) == SOUND[: played.tap.samples * 2]


def test_stop_is_obeyed_while_waiting() -> None:
    clock = FakeClock()
    order = sending()
    clock.on_sleep = order.stop.set
    output = MemoryOutput(clock)
    played = Player(clock).play(BLOCKS, opened(output), order)
    assert (played.cut, played.onset) == (Cut.STOP, None)
    assert clock.now() - (AT - timedelta(seconds=10)) <= timedelta(milliseconds=20)


def test_stop_is_obeyed_before_the_next_block_while_playing() -> None:
    clock = FakeClock()
    order = sending()
    output = MemoryOutput(clock)

    def heard(_: datetime, tap: pcm.Tap) -> None:
        if tap.samples == 10 * pcm.BLOCK:
            order.stop.set()

    played = Player(clock).play(BLOCKS, opened(output), order, heard)
    assert played.cut is Cut.STOP
    assert len(output.data) == 10 * pcm.BLOCK * 2


def test_an_output_that_fails_does_not_stop_the_others() -> None:
    clock = FakeClock()
    good = MemoryOutput(clock, "memory:good")
    bad = MemoryOutput(clock, "memory:bad", fails_at=4410)
    shut = MemoryOutput(clock, "memory:shut", fails_to_open=True)
    bank = opened(bad, shut, good)
    played = Player(clock).play(BLOCKS, bank, sending())
    assert played.whole
    assert bytes(good.data) == SOUND
    assert bank.failed == {"memory:bad": "rút dây", "memory:shut": "hỏng"}
    assert bad.closed


class SlowOutput(MemoryOutput):
    """Opens when it is let."""

    def __init__(self, clock: FakeClock, url: str) -> None:
        super().__init__(clock, url)
        self.let = threading.Event()

    def open(self, rate: int) -> None:
        self.let.wait(10)
        super().open(rate)


def test_an_output_that_opens_slowly_holds_up_nobody_and_joins_when_it_is_ready() -> None:
    clock = FakeClock()
    fast, slow = MemoryOutput(clock, "memory:fast"), SlowOutput(clock, "memory:slow")
    bank = Bank([slow, fast])
    begun = time.monotonic()
    assert bank.open(patience=0.05)
    assert time.monotonic() - begun < 2

    def heard(_: datetime, tap: pcm.Tap) -> None:
        if tap.samples == 10 * pcm.BLOCK:
            slow.let.set()
            wait_until(lambda: not bank.waiting)

    played = Player(clock).play(BLOCKS, bank, sending(), heard)
    bank.close()
    assert played.whole
    assert bytes(fast.data) == SOUND
    assert bytes(slow.data) == SOUND[10 * pcm.BLOCK * 2 :]
    assert bank.late == {"memory:slow": 0.2}
    assert [output.url for output in bank.live] == ["memory:fast"]


def test_an_output_that_never_opens_is_named_and_closed_when_it_opens_after_all() -> None:
    clock = FakeClock()
    fast, slow = MemoryOutput(clock, "memory:fast"), SlowOutput(clock, "memory:slow")
    bank = Bank([slow, fast])
    bank.open(patience=0.05)
    assert Player(clock).play(BLOCKS, bank, sending()).whole
    bank.close()
    assert bank.failed == {"memory:slow": "không mở kịp"}
    slow.let.set()
    wait_until(lambda: slow.closed)
    assert bytes(slow.data) == b""


def test_the_only_output_is_waited_for() -> None:
    clock = FakeClock()
    slow = SlowOutput(clock, "memory:slow")
    threading.Timer(0.2, slow.let.set).start()
    bank = Bank([slow])
    assert bank.open(patience=0.0)
    assert bank.late == {}


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not condition() and time.monotonic() < deadline:
        threading.Event().wait(0.005)
    assert condition()


def test_when_all_outputs_fail_the_sound_is_cut_there() -> None:
    clock = FakeClock()
    played = play(clock, MemoryOutput(clock, fails_at=4410), MemoryOutput(clock, fails_at=8820))
    assert played.cut is Cut.OUTPUTS
    assert played.tap.samples == 8820


def test_no_output_at_all_is_a_failure_and_not_a_silent_success() -> None:
    clock = FakeClock()
    played = play(clock, MemoryOutput(clock, fails_to_open=True))
    assert (played.cut, played.onset, played.whole) == (Cut.OUTPUTS, None, False)


def test_the_tap_measures_what_was_played() -> None:
    clock = FakeClock()
    played = play(clock, MemoryOutput(clock))
    assert pcm.decibels(played.tap.peak) == pytest.approx(-10.5, abs=0.1)
    assert pcm.decibels(played.tap.rms()) == pytest.approx(-13.5, abs=0.1)
