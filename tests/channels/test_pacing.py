"""The pace of calls: kept over restarts, shared by processes, never a long sleep."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from channels.base import ChannelError, ErrorKind, Receipt
from channels.facebook import FacebookChannel
from channels.pacing import LONGEST_WAIT, Pace
from channels.zalo import ZaloChannel
from tests.channels.rigs import MemoryStore, facebook_settings, zalo_settings
from tests.channels.support import HandClock, attempt, outgoing, sending
from tests.servers.facebook import FacebookServer
from tests.servers.zalo import Fault, ZaloServer

MINUTE = timedelta(minutes=1)


def test_a_burst_passes_and_the_rest_keep_the_pace(tmp_path: Path) -> None:
    clock = HandClock()
    pace = Pace(tmp_path / "p.json", clock, 60, MINUTE, burst=10)
    started = clock.now()
    for _ in range(70):
        pace.take()
    assert clock.now() - started == timedelta(seconds=60)


def test_a_restart_forgets_nothing(tmp_path: Path) -> None:
    clock = HandClock()
    for _ in range(12):
        Pace(tmp_path / "p.json", clock, 60, MINUTE, burst=2).take()
    assert sum(clock.slept) == 10


def test_a_long_wait_is_for_dispatch_and_nothing_is_taken(tmp_path: Path) -> None:
    clock = HandClock()
    pace = Pace(tmp_path / "p.json", clock, 1, timedelta(hours=1), burst=1)
    pace.take()
    for _ in range(3):
        with pytest.raises(ChannelError) as caught:
            pace.take()
        assert caught.value.kind is ErrorKind.DEFER
        assert caught.value.until == clock.now() + timedelta(hours=1)
    clock.moment += timedelta(hours=1)
    pace.take()


@settings(max_examples=30, deadline=None)
@given(
    calls=st.integers(1, 200),
    burst=st.integers(1, 30),
    gaps=st.lists(st.floats(0, 3), max_size=60),
)
@example(calls=1, burst=2, gaps=[0.0, 0.0, 0.0])
def test_never_more_than_the_burst_above_the_allowed_pace(
    tmp_path_factory: pytest.TempPathFactory, calls: int, burst: int, gaps: list[float]
) -> None:
    clock = HandClock()
    pace = Pace(tmp_path_factory.mktemp("p") / "p.json", clock, calls, MINUTE, burst)
    started, made = clock.now(), 0
    for gap in gaps:
        clock.sleep(gap)
        try:
            pace.take()
        except ChannelError:
            continue
        made += 1
        allowed = (clock.now() - started) / MINUTE * calls + burst
        assert made <= allowed + 1e-6


def test_a_clock_set_back_does_not_hold_for_ever(tmp_path: Path) -> None:
    clock = HandClock()
    pace = Pace(tmp_path / "p.json", clock, 60, MINUTE, burst=1)
    pace.take()
    pace.hold(clock.now() + timedelta(hours=1))
    clock.moment -= timedelta(days=400)
    with pytest.raises(ChannelError) as caught:
        pace.take()
    assert caught.value.until is not None
    assert caught.value.until - clock.now() <= MINUTE


def test_a_broken_file_counts_as_empty(tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text('{"paid_until": "hôm qua"')
    Pace(tmp_path / "p.json", HandClock(), 60, MINUTE).take()


def test_facebook_is_left_alone_once_it_says_that_it_has_nearly_enough(tmp_path: Path) -> None:
    clock = HandClock()
    with FacebookServer() as server:
        settings = facebook_settings(
            server.url, app_secret=None, pace_file=tmp_path / "f.json", timeout=(5, 5)
        )
        server.knobs.app_usage = 96
        channel = FacebookChannel(settings, clock)
        prepared = channel.prepare(outgoing())
        assert isinstance(attempt(channel, prepared, sending(channel)), Receipt)
        again = FacebookChannel(settings, clock)
        outcome = attempt(again, prepared, sending(again, "AB12-8"))
        assert isinstance(outcome, ChannelError)
        assert outcome.kind is ErrorKind.DEFER
        assert len(server.posts) == 1
        server.knobs.app_usage = 20
        clock.moment += timedelta(minutes=16)
        assert isinstance(attempt(again, prepared, sending(again, "AB12-8")), Receipt)


def test_zalo_that_says_too_fast_is_left_alone_for_a_minute(tmp_path: Path) -> None:
    clock = HandClock()
    with ZaloServer() as server:
        settings = zalo_settings(server.url, pace_file=tmp_path / "z.json")
        channel = ZaloChannel(settings, MemoryStore(), tmp_path / "lock", clock)
        prepared = channel.prepare(outgoing())
        server.fault("broadcast", Fault.RATE_LIMIT)
        one = sending(channel)
        assert isinstance(attempt(channel, prepared, one), ChannelError)
        calls = len(server.calls)
        held = attempt(channel, prepared, one)
        assert isinstance(held, ChannelError)
        assert held.kind is ErrorKind.DEFER
        assert len(server.calls) == calls
        clock.moment += LONGEST_WAIT + MINUTE
        assert isinstance(attempt(channel, prepared, one), Receipt)


@pytest.mark.parametrize(
    ("quota", "ok", "words"),
    [
        ({"remain": 480, "total": 500}, True, "480/500"),
        ([{"remain": 0, "total": 500}], False, "0/500"),
        ({}, True, "không cho biết"),
    ],
)
def test_the_check_shows_the_quota(tmp_path: Path, quota: object, ok: bool, words: str) -> None:
    with ZaloServer() as server:
        server.knobs.quota = quota
        channel = ZaloChannel(
            zalo_settings(server.url), MemoryStore(), tmp_path / "lock", HandClock()
        )
        (line,) = [one for one in channel.check() if one.name == "Hạn mức"]
    assert line.ok is ok
    assert words in line.message
