"""When the ledger was last walked from end to end, and what was found; for `doctor`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from broadcaster.evidence import iso
from broadcaster.verification import Verification
from content.files import write_atomically

_FILE = Path("state") / "verified.json"


@dataclass(frozen=True, slots=True)
class LastVerified:
    """The last verdict."""

    at: datetime
    ok: bool
    records: int
    what: str


def note(home: Path, verdict: Verification, now: datetime) -> None:
    """Remember a verdict."""
    table = {
        "at": iso(now),
        "ok": verdict.ok,
        "records": verdict.records,
        "seq": verdict.seq,
        "what": verdict.what,
    }
    write_atomically(home / _FILE, json.dumps(table, ensure_ascii=False).encode())


def last(home: Path) -> LastVerified | None:
    """The last verdict; None when there is none that can be read."""
    try:
        table = json.loads((home / _FILE).read_bytes())
        at = datetime.fromisoformat(table["at"])
        return LastVerified(at, bool(table["ok"]), int(table["records"]), str(table["what"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
