"""The air check of one reception, made in a process of its own so that the player never waits."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from channels.base import Clock, Finding, FindingKind, Json
from channels.radio import air_check, ffmpeg
from channels.radio.monitor import Heard

_log = logging.getLogger(__name__)

_ROOT = Path(__file__).resolve().parents[2]
_TIME_LIMIT = 900.0


def checked(heard: Heard, clock: Clock) -> Finding:
    """Whether the listener got the programme, as a proof; an alarm where he did not."""
    found = _compared(heard)
    error = found.get("error")
    if error is not None:
        kind, message = FindingKind.CHECK, f"Không kiểm được bản thu: {error}"
    elif found["matched"]:
        kind, message = FindingKind.CHECK, f"Người nghe đã nhận đúng chương trình{_late(found)}"
    else:
        share = found["share"]
        percent = f"{share:.0%}" if isinstance(share, float) else "0%"
        kind, message = FindingKind.ALARM, f"Người nghe chỉ nhận được {percent} chương trình"
    if heard.passing:
        heard.received.unlink(missing_ok=True)
    alarm = "not heard" if kind is FindingKind.ALARM else None
    details: dict[str, Json] = {"alarm": alarm, "air_check": found}
    return Finding(kind, heard.zone, clock.now(), message, heard.reference, details)


def main() -> None:
    """Compare two files named as arguments; JSON on stdout. For `checked` only."""
    approved, received, lead = sys.argv[1:]
    try:
        result = air_check.check_file(Path(received), ffmpeg.decode(Path(approved)), float(lead))
    except ffmpeg.AudioError as error:
        json.dump({"error": str(error)}, sys.stdout)
        return
    facts = {
        "matched": result.matched,
        "share": result.share,
        "delay_ms": result.delay_ms,
        "correlation": round(result.correlation, 3),
    }
    json.dump(facts, sys.stdout)


def _compared(heard: Heard) -> Mapping[str, Json]:
    command = [sys.executable, "-m", __name__, str(heard.approved), str(heard.received)]
    try:
        done = subprocess.run(
            [*command, repr(heard.lead)],
            cwd=_ROOT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_TIME_LIMIT,
            check=False,
        )
        facts: Mapping[str, Json] = json.loads(done.stdout)
    except (OSError, subprocess.TimeoutExpired, ValueError) as error:
        _log.warning("air check of %s failed: %s", heard.reference, error)
        return {"error": "trình so sánh không chạy được"}
    return facts


def _late(found: Mapping[str, Json]) -> str:
    delay = found.get("delay_ms")
    return f", chậm {delay / 1000:.1f} giây" if isinstance(delay, float) else ""


if __name__ == "__main__":
    main()
