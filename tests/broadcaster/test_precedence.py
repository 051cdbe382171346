"""Emergencies: they cut what sounds on their target, a newer one cuts an older one."""

from __future__ import annotations

import threading

from broadcaster.precedence import Precedence
from broadcaster.queue import Lane

PLAN = Lane("radio", "thon-1")
OLDER = Lane("radio", "thon-1", urgent=7)
NEWER = Lane("radio", "thon-1", urgent=8)
ELSEWHERE = Lane("radio", "thon-2")


def test_an_emergency_cuts_what_sounds_on_its_target_and_nothing_else() -> None:
    precedence, daemon = Precedence(), threading.Event()
    with precedence.on_air(PLAN, daemon) as plan, precedence.on_air(ELSEWHERE, daemon) as other:
        assert not plan.is_set()
        with precedence.on_air(OLDER, daemon) as alarm:
            assert plan.is_set()
            assert not alarm.is_set()
            assert not other.is_set()


def test_a_newer_emergency_cuts_an_older_one_and_not_the_other_way_round() -> None:
    precedence, daemon = Precedence(), threading.Event()
    with precedence.on_air(NEWER, daemon) as newer:
        with precedence.on_air(OLDER, daemon):
            assert not newer.is_set()
        with precedence.on_air(PLAN, daemon):
            assert not newer.is_set()
    with precedence.on_air(OLDER, daemon) as older, precedence.on_air(NEWER, daemon):
        assert older.is_set()


def test_lanes_yield_while_an_emergency_is_on_air_and_go_on_after_it() -> None:
    precedence, daemon = Precedence(), threading.Event()
    with precedence.on_air(OLDER, daemon):
        assert precedence.must_yield(PLAN)
        assert not precedence.must_yield(ELSEWHERE)
        assert not precedence.must_yield(NEWER)
    assert not precedence.must_yield(PLAN)


def test_the_daemons_wish_to_end_reaches_every_delivery() -> None:
    precedence, daemon = Precedence(), threading.Event()
    with precedence.on_air(PLAN, daemon) as signal:
        daemon.set()
        assert signal.is_set()
