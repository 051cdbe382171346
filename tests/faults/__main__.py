"""The long form: `python -m tests.faults --kills 1000`. Prints the figures; exit code 1 on a fault.

Several stations at once, each in a process of its own with its own platform servers.
"""

from __future__ import annotations

import argparse
import pickle
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.faults.yard import ALL, NETWORKS, Strike, Tally, Yard, plan_of

_AT_A_TIME = 3
"""Power cuts one after another in one round."""
_RADIO_EVERY = 6
"""Each so many rounds has sound, which takes its real time."""
_TAKEDOWN_EVERY = 5
"""After each so many rounds a bulletin is withdrawn, and its page taken down."""


def station(folder: Path, kills: int, seed: int, minutes: float) -> Tally:
    """One station's share: until so many kills struck, or the time is over."""
    draw = random.Random(seed)
    ends = time.monotonic() + minutes * 60
    with Yard(folder, ("folder", "webdav")[seed % 2]) as yard:
        yard.round([])
        yard.take_down([])
        yard.tally.recovery.clear()  # the first start of a home makes more than it finds
        while sum(yard.tally.strikes.values()) < kills and time.monotonic() < ends:
            channels = ALL if yard.tally.rounds % _RADIO_EVERY == 0 else NETWORKS
            fresh = [name for name in yard.steps if not yard.tally.strikes[name]]
            plan = plan_of(yard, _AT_A_TIME + 2, draw, channels)
            first = [n for n in fresh if n.startswith(channels)]
            chosen = [Strike(draw.choice(first))] if first else []
            try:
                yard.round([*chosen, *draw.sample(plan, _AT_A_TIME - len(chosen))], channels)
                if yard.tally.rounds % _TAKEDOWN_EVERY == 0:
                    yard.take_down(draw.sample(plan_of(yard, 4, draw, ("takedown",)), _AT_A_TIME))
            except TimeoutError as error:
                yard.tally.stuck.append(str(error)[:600])
                break
        return yard.tally


def main() -> int:
    options = _options()
    if options.result:
        tally = station(options.folder, options.kills, options.seed, options.minutes)
        options.result.write_bytes(pickle.dumps(tally))
        return 0
    before = time.monotonic()
    total = Tally()
    with tempfile.TemporaryDirectory() as folder:
        for tally in _all_stations(Path(folder), options):
            total.add(tally)
    show(total, time.monotonic() - before)
    return 1 if total.faults else 0


def show(tally: Tally, seconds: float) -> None:
    """The figures."""
    kills = sum(tally.strikes.values())
    lines = [
        f"kills                {kills}  ({kills * 60 / seconds:.0f} a minute)",
        f"  at random moments  {tally.strikes['moment']}",
        f"  at named steps     {kills - tally.strikes['moment']}",
        f"  different steps    {len(tally.strikes) - 1}",
        *tally.outcome(),
        f"power-up to working  median {statistics.median(tally.recovery):.2f} s, "
        f"longest {max(tally.recovery):.2f} s",
        *tally.faults[:20],
    ]
    sys.stdout.write("\n".join(lines) + "\n")


def _all_stations(folder: Path, options: argparse.Namespace) -> list[Tally]:
    share = -(-options.kills // options.stations)
    running = []
    for number in range(options.stations):
        result = folder / f"{number}.result"
        words = ["--kills", share, "--seed", options.seed + number, "--minutes", options.minutes]
        words += ["--folder", folder / str(number), "--result", result]
        command = [sys.executable, "-m", "tests.faults", *map(str, words)]
        running.append((subprocess.Popen(command), result))
    tallies = []
    for process, result in running:
        if process.wait() != 0:
            raise RuntimeError(f"a station ended with {process.returncode}")
        tallies.append(pickle.loads(result.read_bytes()))
    return tallies


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--stations", type=int, default=3)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--result", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
