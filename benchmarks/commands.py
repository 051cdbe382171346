"""How long a command takes to start, beside a bare Python that does nothing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence

from benchmarks.bench import PERSON, Bench, command, environment
from benchmarks.homes import add_bulletins
from benchmarks.measure import Aim, Row, in_turns, timed
from broadcaster.setup import make_home

BULLETINS = 12
_HELP_AIM = Aim(0.2)


def run(bench: Bench) -> Sequence[Row]:
    """`--help`, and a list of twelve bulletins out of the database."""
    home = bench.fresh("commands")
    app = make_home(home, bench.clock, person=PERSON)
    add_bulletins(app, BULLETINS)
    app.close()
    listed, helped, bare = in_turns(
        bench.sizes.rounds,
        _started(command("bulletin", "list", "--home", str(home))),
        _started(command("--help")),
        _started([sys.executable, "-c", "pass"]),
    )
    return [
        Row("broadcaster --help", helped, "s", "bare python", bare, _HELP_AIM),
        Row(f"bulletin list ({BULLETINS})", listed, "s", "bare python", bare),
    ]


def _started(arguments: list[str]) -> Callable[[], float]:
    def once() -> None:
        subprocess.run(
            arguments, check=True, stdout=subprocess.DEVNULL, env=environment(), timeout=60
        )

    return lambda: timed(once)
