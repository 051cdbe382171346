"""Runs one guarded operation in a process of its own and kills it at a named step.

Called as: python -m tests.faults.killed_at OPERATION STEP HOME FILE
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from broadcaster import backups
from broadcaster.database import Database
from broadcaster.restore import restore
from broadcaster.settings import load_settings
from tests.clocks import HandClock


def main(operation: str, step: str, home: Path, file: Path) -> None:
    def killer(name: str) -> None:
        sys.stdout.write(name + "\n")
        sys.stdout.flush()
        if name == step:
            os.kill(os.getpid(), signal.SIGKILL)

    OPERATIONS[operation](home, file, killer)


def _backup(home: Path, file: Path, killer: Callable[[str], None]) -> None:
    backups.make(home, load_settings(home), file, HandClock().now(), on_step=killer)


def _restore(home: Path, file: Path, killer: Callable[[str], None]) -> None:
    restore(home, file, HandClock(), "Lan", on_step=killer)


def _migrate(home: Path, _file: Path, killer: Callable[[str], None]) -> None:
    database = Database("", home)
    database.migrate(HandClock().now(), killer)
    database.close()


OPERATIONS = {"backup": _backup, "restore": _restore, "migrate": _migrate}

if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4]))
