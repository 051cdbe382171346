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
    playouts: int
    """Starts of each player that is compared."""
    alarms: int
    """Emergencies, with the sound there and without."""
    characters: int
    """Of the long text that is turned into spoken words."""
    broadcast_characters: int
    pages: tuple[int, ...]
    """Of plans as text and as .docx."""
    pdf_pages: tuple[int, ...]
    stations: int
    """Of a province, each with a year of evidence."""
    tasks: int
    """Of the plan whose report is written."""
    messages: int
    """To persons, over a network that is slow to answer."""
    targets: int
    """Of one delivery, for its memory."""
    growth: tuple[int, ...]
    """Records of ledgers that are verified one after another."""


FULL = Sizes(
    rounds=7,
    bulletins=(100, 1_000, 10_000),
    records=2_000,
    commits=200,
    idle_seconds=10.0,
    windows=5,
    starts=40,
    playouts=100,
    alarms=7,
    characters=50_000,
    broadcast_characters=4_000,
    pages=(10, 100, 1_000),
    pdf_pages=(10, 100, 300),
    stations=100,
    tasks=200,
    messages=3_000,
    targets=100_000,
    growth=(1_000, 10_000, 100_000),
)
QUICK = Sizes(
    rounds=3,
    bulletins=(100, 1_000),
    records=500,
    commits=50,
    idle_seconds=2.0,
    windows=2,
    starts=20,
    playouts=20,
    alarms=2,
    characters=10_000,
    broadcast_characters=1_000,
    pages=(10, 100),
    pdf_pages=(5, 20),
    stations=5,
    tasks=50,
    messages=200,
    targets=10_000,
    growth=(1_000, 4_000),
)


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
