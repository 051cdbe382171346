"""espeak-ng from its wheel, always there: spoken in a worker process whose crash is survived."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from channels.radio.voices.base import Utterance
from channels.radio.voices.worker import Worker

WORKER = (sys.executable, "-m", "channels.radio.voices.espeak_worker")
VOLUME = 80
"""At 100 espeak-ng clips some samples, at 80 none."""


class EspeakVoice:
    """Speaks offline, about 600 times faster than the sound lasts."""

    name = "espeak"
    remote = False

    def __init__(
        self, voice: str, rate: int, *, limit: float = 60.0, worker: Sequence[str] = WORKER
    ) -> None:
        """`rate` in espeak's words a minute; `limit` in seconds for one sentence."""
        self._voice = voice
        self._rate = rate
        reasons = {
            "voice": f"espeak-ng không có giọng “{voice}”; hãy sửa radio.voice",
            "library": "thư viện espeak-ng không khởi động được",
        }
        self._worker = Worker(worker, limit, reasons)
        self.identity = f"espeak-ng/{voice}/{rate}/{VOLUME}"

    def speak(self, utterances: Sequence[Utterance]) -> None:
        self._worker.speak(utterances, voice=self._voice, rate=self._rate, volume=VOLUME)

    def problem(self) -> str | None:
        import espeakng_loader

        if not Path(espeakng_loader.get_library_path()).exists():
            return "thiếu thư viện espeak-ng; hãy cài lại gói espeakng-loader"
        return None
