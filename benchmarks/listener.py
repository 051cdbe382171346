"""Stands where an amplifier would: notes when the first samples of each sound arrive on stdin.

The one argument is the bytes of one sound. Prints the moments as a JSON array at the end.
"""

from __future__ import annotations

import json
import os
import sys

from broadcaster.clock import SystemClock


def main() -> None:
    """Read to the end of the pipe."""
    length, heard, clock = int(sys.argv[1]), 0, SystemClock()
    moments = []
    print("ready", flush=True)
    while data := os.read(0, length - heard % length):
        if heard % length == 0:
            moments.append(clock.now().isoformat())
        heard += len(data)
    print(json.dumps(moments))


if __name__ == "__main__":
    main()
