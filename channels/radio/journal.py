"""The as-run journal: what each playing really did, in append-only JSON lines, one file a delivery.

Written ahead: "armed" is safe on the disk before the first sample, "end" after the last.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from channels.base import Json
from channels.radio.outputs import ascii_name
from content.files import sync_folder

Entry = Mapping[str, Json]

ARMED = "armed"
ONSET = "onset"
PROGRESS = "progress"
END = "end"


class Journal:
    """All playings of all deliveries, found by the delivery's reference."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def entries(self, reference: str) -> list[Entry]:
        """In the order written; a line torn by a crash is left out. Raises OSError."""
        try:
            lines = self.path(reference).read_bytes().splitlines()
        except FileNotFoundError:
            return []
        return [entry for line in lines if (entry := _parsed(line)) is not None]

    def runs(self, reference: str) -> list[list[Entry]]:
        """The entries of each playing, oldest first."""
        runs: dict[Json, list[Entry]] = {}
        for entry in self.entries(reference):
            runs.setdefault(str(entry.get("run")), []).append(entry)
        return list(runs.values())

    def writer(self, reference: str, run: str) -> RunWriter:
        """Raises OSError."""
        self._folder.mkdir(parents=True, exist_ok=True)
        return RunWriter(self.path(reference), run)

    def path(self, reference: str) -> Path:
        return self._folder / f"{ascii_name(reference)}.jsonl"


class RunWriter:
    """Adds the entries of one playing."""

    def __init__(self, path: Path, run: str) -> None:
        self.run = run
        torn = path.exists() and not path.read_bytes().endswith(b"\n")
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        sync_folder(path.parent)
        if torn:
            os.write(self._file, b"\n")

    def write(self, event: str, *, safe: bool = False, **facts: Json) -> None:
        """`safe`: return only after it is on the disk. Raises OSError."""
        line = json.dumps({"event": event, "run": self.run, **facts}, ensure_ascii=False) + "\n"
        data = line.encode()
        if os.write(self._file, data) != len(data):
            raise OSError("journal: disk full")
        if safe:
            os.fsync(self._file)

    def close(self) -> None:
        os.close(self._file)


def last(entries: Sequence[Entry], event: str) -> Entry | None:
    """The newest entry of this kind."""
    return next((entry for entry in reversed(entries) if entry.get("event") == event), None)


def _parsed(line: bytes) -> Entry | None:
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) else None
