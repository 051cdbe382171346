"""What the station notices about its own air while it plays, and who is told."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from channels.base import Clock, Finding, FindingKind, Json, Sending
from channels.radio import pcm
from channels.radio.asrun import moment
from channels.radio.checking import checked
from channels.radio.monitor import Heard, Monitor

OWN_FILE = "file"
"""In the place of a listener's URL: the zone's own recording is compared."""
_LOOK_EVERY = 0.25


class Watch:
    """Everything noticed goes through one queue, which `run` empties in a thread of its own."""

    def __init__(
        self,
        listen: Mapping[str, str],
        clock: Clock,
        folder: Path | None = None,
        silence: float = 10.0,
    ) -> None:
        """`listen`: zone -> URL or OWN_FILE; `folder`: where receptions are kept for a while."""
        self._clock = clock
        self._silence = silence
        self._noticed: queue.SimpleQueue[Finding | Heard] = queue.SimpleQueue()
        self._files = {zone for zone, where in listen.items() if where == OWN_FILE}
        self._monitors = {
            zone: Monitor(zone, where, folder, clock, silence, self._noticed.put)
            for zone, where in listen.items()
            if where != OWN_FILE and folder is not None
        }

    def run(self, found: Callable[[Finding], None], stop: threading.Event) -> None:
        """Listen, compare and tell until `stop`."""
        threads = [
            threading.Thread(target=monitor.run, args=(stop,), name="radio-monitor", daemon=True)
            for monitor in self._monitors.values()
        ]
        for thread in threads:
            thread.start()
        while not stop.is_set():
            try:
                noticed = self._noticed.get(timeout=_LOOK_EVERY)
            except queue.Empty:
                continue
            found(checked(noticed, self._clock) if isinstance(noticed, Heard) else noticed)
        for thread in threads:
            thread.join(2.0)

    def on_air(self, sending: Sending) -> None:
        """Something is about to sound in this zone."""
        if (monitor := self._monitors.get(sending.target.name)) is not None:
            monitor.on_air(sending.reference)

    def listen(self, sending: Sending, tap: pcm.Tap) -> None:
        """After every block: has the sound itself gone silent? Told once for each silence."""
        before = tap.silence - pcm.BLOCK_SECONDS
        if before < self._silence <= tap.silence:
            message = f"Trong bản tin đang phát có {self._silence:g} giây không có tiếng"
            self._alarm(sending, "silence", message)

    def off_air(
        self,
        sending: Sending,
        facts: Mapping[str, Json],
        sound: Path | None,
        recording: Path | None,
    ) -> None:
        """It has ended: what failed is told, what can be compared is compared."""
        zone = sending.target.name
        whole = bool(facts.get("whole"))
        if (monitor := self._monitors.get(zone)) is not None:
            monitor.off_air(moment(facts.get("onset")), sound if whole else None)
        if zone in self._files and whole and sound is not None and recording is not None:
            self._noticed.put(Heard(zone, sending.reference, sound, recording, 0.0, passing=False))
        failed = facts.get("outputs_failed")
        for url, reason in failed.items() if isinstance(failed, Mapping) else ():
            self._alarm(sending, "output", f"Đầu ra {url} của cụm loa hỏng: {reason}")

    def _alarm(self, sending: Sending, what: str, message: str) -> None:
        zone, now = sending.target.name, self._clock.now()
        alarm = FindingKind.ALARM
        self._noticed.put(Finding(alarm, zone, now, message, sending.reference, {"alarm": what}))
