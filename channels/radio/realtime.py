"""Plays before ordinary threads, where the system lets us: starts to the millisecond.

Measured on a busy two-core machine: 99th percentile of the start's lateness 0.1 ms, against 4 to
8 ms without. systemd grants it with `LimitRTPRIO=10`.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager

_log = logging.getLogger(__name__)
_PRIORITY = 5
"""Low among real-time threads: anything of the system's own still goes first."""


@contextmanager
def first_in_line() -> Iterator[bool]:
    """While the block runs, this thread is scheduled in real time; yields whether it is."""
    raised = _schedule(_policy(), _PRIORITY)
    try:
        yield raised
    finally:
        if raised:
            _schedule(os.SCHED_OTHER, 0)


def _policy() -> int | None:
    """Round robin, and not for the threads and processes that this one starts."""
    policy: int | None = getattr(os, "SCHED_RR", None)
    return None if policy is None else policy | getattr(os, "SCHED_RESET_ON_FORK", 0)


def _schedule(policy: int | None, priority: int) -> bool:
    if policy is None:
        return False
    try:
        os.sched_setscheduler(0, policy, os.sched_param(priority))
    except OSError as error:
        _log.info("no real-time scheduling: %s", error.strerror)
        return False
    return True
