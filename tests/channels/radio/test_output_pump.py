"""The pump: the player never waits for a sink, and nothing is lost without a word."""

from __future__ import annotations

import threading
import time

import pytest

from channels.radio import pcm
from channels.radio.outputs.pump import Pump

BLOCK = bytes(pcm.BLOCK * pcm.WIDTH)


class Stuck:
    """A sink that takes nothing until it is let."""

    def __init__(self) -> None:
        self.free = threading.Event()
        self.taken: list[bytes] = []

    def send(self, block: bytes) -> None:
        self.free.wait(5)
        self.taken.append(block)


def test_everything_put_in_comes_out_in_order() -> None:
    got: list[bytes] = []
    pump = Pump("a", got.append)
    wanted = [bytes([n % 256, 0]) * pcm.BLOCK for n in range(40)]
    for block in wanted:
        pump.put(block)
    assert pump.finish()
    assert got == wanted
    assert pump.sent == 40 * pcm.BLOCK


def test_a_stuck_sink_never_holds_up_the_player() -> None:
    sink = Stuck()
    pump = Pump("a", sink.send, seconds=0.5)
    began = time.monotonic()
    for _ in range(20):
        pump.put(BLOCK)
    assert time.monotonic() - began < 0.2
    sink.free.set()
    assert pump.finish()


def test_a_sink_that_falls_behind_is_a_failure_and_not_a_silent_loss() -> None:
    sink = Stuck()
    pump = Pump("a", sink.send, seconds=0.1)
    with pytest.raises(OSError, match="không nhận kịp"):
        for _ in range(20):
            pump.put(BLOCK)
    with pytest.raises(OSError, match="không nhận kịp"):
        pump.put(BLOCK)
    sink.free.set()
    assert not pump.finish()


def test_a_failed_sink_is_told_at_the_next_block() -> None:
    failed = threading.Event()

    def send(_: bytes) -> None:
        failed.set()
        raise OSError(19, "rút dây")

    pump = Pump("a", send)
    pump.put(BLOCK)
    assert failed.wait(2)
    assert not pump.finish()
    with pytest.raises(OSError, match="rút dây"):
        pump.complain()
    assert pump.sent == 0


def test_closing_waits_only_so_long() -> None:
    sink = Stuck()
    pump = Pump("a", sink.send)
    pump.put(BLOCK)
    began = time.monotonic()
    assert not pump.finish(0.1)
    assert time.monotonic() - began < 1
    sink.free.set()
    pump.abandon()
