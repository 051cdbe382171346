"""What every benchmark is given: a folder of its own, sizes, a clock."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from channels.base import Clock

ROOT = Path(__file__).resolve().parents[1]
PERSON = "Nguyễn Thị Lan"
LEADER = "Trần Văn Minh"


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured."""

    rounds: int
    bulletins: tuple[int, ...]
    records: int
    """Evidence records in a batch, and four times as many to verify."""
    commits: int
    """Evidence records with a transaction each."""
    idle_seconds: float
    windows: int
    """Into how many windows the daemon's seconds are cut."""
    starts: int
    characters: int
    """Of the long text that is turned into spoken words."""
    broadcast_characters: int
    messages: int
    """To persons, over a network that is slow to answer."""
    targets: int
    """Of one delivery, for its memory."""


FULL = Sizes(7, (100, 1_000, 10_000), 2_000, 200, 10.0, 5, 40, 50_000, 4_000, 3_000, 100_000)
QUICK = Sizes(3, (100, 1_000), 500, 50, 2.0, 2, 20, 10_000, 1_000, 200, 10_000)


@dataclass(frozen=True, slots=True)
class Bench:
    """One run of the benchmarks."""

    folder: Path
    """Thrown away afterwards; on a real disk, or writing to it costs nothing."""
    sizes: Sizes
    clock: Clock

    def fresh(self, name: str) -> Path:
        """An empty folder."""
        path = self.folder / name
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(parents=True)
        return path


def environment() -> dict[str, str]:
    """This process's own without any setting of the program in it; it runs this checkout."""
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    kept = {key: value for key, value in os.environ.items() if not key.startswith("BROADCASTER_")}
    return {**kept, "PYTHONPATH": path, "BROADCASTER_USER": PERSON}


def command(*arguments: str) -> list[str]:
    """The installed `broadcaster` beside this Python, or its module."""
    installed = Path(sys.executable).with_name("broadcaster")
    start = [str(installed)] if installed.exists() else [sys.executable, "-m", "broadcaster"]
    return [*start, *arguments]
