"""Stands where an amplifier would, at the end of a named pipe: when does it become loud?

Arguments: the pipe. Prints "ready", then a moment (ISO 8601) for each sound that follows silence
of a quarter of a second or more; ends when it is killed.
"""

from __future__ import annotations

import os
import sys
from array import array

from broadcaster.clock import SystemClock

_LOUD = 1_000
_QUIET_SECONDS = 0.25


def main() -> None:
    """Read for as long as there is a writer."""
    clock = SystemClock()
    pipe = os.open(sys.argv[1], os.O_RDWR)  # never at its end, whoever comes and goes
    print("ready", flush=True)
    last = float("-inf")
    while data := os.read(pipe, 4096):
        whole = data[: len(data) // 2 * 2]
        if max(array("h", whole), default=0) < _LOUD:
            continue
        now = clock.monotonic()
        if now - last > _QUIET_SECONDS:
            print(clock.now().isoformat(), flush=True)
        last = now


if __name__ == "__main__":
    main()
