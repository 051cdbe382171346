"""Real-time scheduling is used where it is granted, given back, and not needed."""

from __future__ import annotations

import os
import threading

import pytest

from channels.radio.realtime import first_in_line


def test_the_thread_is_as_before_afterwards() -> None:
    before = policy()
    with first_in_line() as raised:
        assert (policy() == os.SCHED_RR) is raised
    assert policy() == before


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes an ordinary user, which root alone may")
def test_an_ordinary_user_gives_it_back_too() -> None:
    """The service's user may raise itself (LimitRTPRIO), but has no capability."""
    child = os.fork()
    if child == 0:
        with first_in_line():
            os.setresuid(65534, 65534, 65534)
        os._exit(0 if policy() == os.SCHED_OTHER else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_threads_that_it_starts_are_ordinary_ones() -> None:
    seen: list[int] = []
    with first_in_line():
        thread = threading.Thread(target=lambda: seen.append(policy()))
        thread.start()
        thread.join()
    assert seen == [os.SCHED_OTHER]


def policy() -> int:
    return os.sched_getscheduler(0) & ~os.SCHED_RESET_ON_FORK


def test_without_the_right_it_plays_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_pid: int, _policy: int, _param: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "sched_setscheduler", refused)
    with first_in_line() as raised:
        assert raised is False
