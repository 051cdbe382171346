"""The disk fails at every write of every channel's delivery: `python -m tests.faults.disk`.

Once full (ENOSPC) and once broken (EIO), twice in a row each; the daemon lives on, and what it
claims afterwards is compared with what the platforms stored. Exit code 1 on a fault.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.progress import track

from tests.faults.yard import ALL, NETWORKS, Strike, Yard

_WRITES = ("fsync before", "rename before", "commit before", "artefact before")
_TERMINAL = Console(stderr=True)


def strikes(yard: Yard) -> Iterator[Strike]:
    """Each write that every round's deliveries pass, with each fault."""
    names = (name for name in yard.steps if name.endswith(_WRITES))
    for name in sorted(name for name in names if not name.startswith("aside")):
        for fault in ("full", "eio"):
            yield Strike(name, fault=fault, times=2)


def main() -> int:
    with tempfile.TemporaryDirectory() as folder, Yard(Path(folder)) as yard:
        yard.round([])
        plan = list(strikes(yard))
        quiet = not _TERMINAL.is_terminal
        for strike in track(plan, "writes", console=_TERMINAL, transient=True, disable=quiet):
            channels = ALL if strike.step.startswith("radio") else NETWORKS
            try:
                yard.weather(strike, channels)
            except TimeoutError as error:
                yard.tally.stuck.append(f"{strike}: {str(error)[:300]}")
                yard.cut_power()
        struck = f"writes that failed   {sum(yard.tally.strikes.values())} of {len(plan)}"
        lines = [struck, *yard.tally.outcome(), *yard.tally.faults[:20]]
        sys.stdout.write("\n".join(lines) + "\n")
    return 1 if yard.tally.faults else 0


if __name__ == "__main__":
    sys.exit(main())
