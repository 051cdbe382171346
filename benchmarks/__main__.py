"""`python -m benchmarks [NAME …]`: measure, print one table."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from benchmarks import (
    alarms,
    commands,
    daemon,
    growth,
    ledger,
    networks,
    pack,
    planning,
    plans,
    playout,
    recovery,
    reports,
    speech,
    starts,
    years,
)
from benchmarks.bench import FULL, QUICK, Bench
from benchmarks.measure import Row
from benchmarks.table import as_json, machine, show
from broadcaster.clock import SystemClock

BENCHMARKS: Mapping[str, Callable[[Bench], Sequence[Row]]] = {
    "commands": commands.run,
    "plans": plans.run,
    "planning": planning.run,
    "years": years.run,
    "ledger": ledger.run,
    "growth": growth.run,
    "reports": reports.run,
    "pack": pack.run,
    "daemon": daemon.run,
    "speech": speech.run,
    "starts": starts.run,
    "playout": playout.run,
    "alarms": alarms.run,
    "recovery": recovery.run,
    "networks": networks.run,
}
"""Every benchmark by its name on the command line."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is named, or all."""
    options = _parser().parse_args(arguments)
    sizes = QUICK if options.quick else FULL
    if options.starts is not None:
        sizes = replace(sizes, starts=options.starts)
    if options.million:
        sizes = replace(sizes, growth=(*sizes.growth, 1_000_000))
    clock = SystemClock()
    with tempfile.TemporaryDirectory(prefix="benchmarks-", dir=options.folder) as name:
        bench = Bench(Path(name).resolve(), sizes, clock)
        found = {one: _said(one, bench) for one in options.names or BENCHMARKS}
        facts = machine(Path(name))
    if options.json:
        print(as_json(found, facts, clock.now()))
    else:
        show(found, facts, clock.now(), Console(width=80, highlight=False))
    return 0


def _said(name: str, bench: Bench) -> Sequence[Row]:
    print(f"measuring {name} …", file=sys.stderr, flush=True)
    return BENCHMARKS[name](bench)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *BENCHMARKS], metavar="NAME",
                        help=f"which ones: {', '.join(BENCHMARKS)} (default: all)")  # fmt: skip
    parser.add_argument("--quick", action="store_true", help="small sizes, few runs")
    parser.add_argument("--starts", type=_positive, help="how many starts of the player")
    parser.add_argument("--million", action="store_true", help="growth: a million records too")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    parser.add_argument("--folder", type=Path, help="where to work (default: the temporary folder)")
    return parser


def _positive(text: str) -> int:
    value = int(text)
    if value < 2:
        raise argparse.ArgumentTypeError("at least 2")
    return value


if __name__ == "__main__":
    sys.exit(main())
