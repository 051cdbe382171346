"""Listens to a zone's own stream: silence in a broadcast, sound outside one, and the air check.

What an output took is one thing, what a listener gets is another. A monitor is a listener: it
stays connected, knows when something of ours is on the air, and says when the two do not agree.
"""

from __future__ import annotations

import logging
import threading
import wave
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from channels.base import Clock, Finding, FindingKind, Json
from channels.radio import pcm
from channels.radio.pcm import BLOCK, BLOCK_SECONDS, RATE, SILENT, WIDTH
from channels.radio.relay_source import Feed
from channels.radio.stream_client import anywhere

_log = logging.getLogger(__name__)

LISTEN_LATE = timedelta(seconds=12)
"""How much later than the output a listener may hear it (Icecast, with its burst, 4 to 5 s)."""
STRAY_SECONDS = 3.0
"""So much sound while nothing of ours is on the air is no click on the line."""
_BREATH = 1.5
"""Silence between words, which does not end a stretch of sound."""
_LOOK_EVERY = 0.1
_TIMEOUT = 5.0


@dataclass(frozen=True, slots=True)
class Heard:
    """A reception to be compared with what was played."""

    zone: str
    reference: str
    approved: Path
    """WAV or mp3 of the sound that went out."""
    received: Path
    """WAV of what the listener got."""
    lead: float
    """Seconds from the beginning of the reception to the onset."""
    passing: bool = True
    """The reception was made for the comparison only and is deleted after it."""


@dataclass(slots=True)
class _Playing:
    """One broadcast as the monitor follows it."""

    reference: str
    file: wave.Wave_write
    path: Path
    began: datetime | None = None
    """When the reception began."""
    ended: datetime | None = None
    """When the output had played it, and it is waited for the listener's last second."""
    onset: datetime | None = None
    sound: Path | None = None
    told: bool = False


class Monitor:
    """One zone's listener; `on_air` and `off_air` are called from the player's side."""

    def __init__(
        self,
        zone: str,
        url: str,
        folder: Path,
        clock: Clock,
        silence: float,
        tell: Callable[[Finding | Heard], None],
    ) -> None:
        """`silence`: seconds of it inside a broadcast that raise an alarm."""
        self._zone = zone
        self._folder = folder
        self._clock = clock
        self._limit = silence
        self._tell = tell
        self._feed = Feed(url, anywhere, _TIMEOUT)
        self._lock = threading.Lock()
        self._playing: _Playing | None = None
        self._silent = 0.0
        self._stray = 0.0
        self._stray_told = False

    def on_air(self, reference: str) -> None:
        """Something of ours is about to sound."""
        path = self._folder / f"{reference}.heard.wav"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            file = wave.open(str(path), "wb")  # noqa: SIM115 - closed when the broadcast has ended
            file.setparams((1, WIDTH, RATE, 0, "NONE", ""))
        except OSError as error:
            _log.warning("the reception of %s is not kept: %s", reference, error)
            return
        with self._lock:
            self._finish()
            self._playing = _Playing(reference, file, path)
            self._silent = 0.0

    def off_air(self, onset: datetime | None, sound: Path | None) -> None:
        """The output has ended; `sound` is what it played, None where nothing is to be compared."""
        with self._lock:
            if self._playing is not None:
                self._playing.ended = self._clock.now()
                self._playing.onset, self._playing.sound = onset, sound

    def run(self, stop: threading.Event) -> None:
        """Listen until `stop`."""
        self._feed.start()
        self._feed.buffer.go_live()
        last = self._clock.monotonic()
        try:
            while not stop.wait(_LOOK_EVERY):
                now = self._clock.monotonic()
                self._listen(now - last)
                last = now
        finally:
            with self._lock:
                self._finish()
            self._feed.close()

    def _listen(self, passed: float) -> None:
        came = 0.0
        with self._lock:
            while (block := self._feed.buffer.take(BLOCK * WIDTH)) is not None:
                came += BLOCK_SECONDS
                self._hear(block)
            if came == 0.0 and self._is_sounding():
                self._silent += passed  # no stream at all is silence too
            self._judge()
            ended = self._playing.ended if self._playing is not None else None
            if ended is not None and self._clock.now() - ended >= LISTEN_LATE:
                self._finish()

    def _hear(self, block: bytes) -> None:
        loud = pcm.peak(block) >= SILENT
        self._silent = 0.0 if loud else self._silent + BLOCK_SECONDS
        if self._playing is None:
            # A breath between words is part of the sound; longer silence ends it.
            quiet = self._silent > _BREATH
            self._stray = 0.0 if quiet else self._stray + (BLOCK_SECONDS if loud else 0.0)
            self._stray_told = self._stray_told and not quiet
            return
        if self._playing.began is None:
            self._playing.began = self._clock.now()
        try:
            self._playing.file.writeframesraw(block)
        except OSError as error:
            _log.warning("the reception is not kept: %s", error)

    def _is_sounding(self) -> bool:
        playing = self._playing
        return playing is not None and playing.ended is None

    def _judge(self) -> None:
        playing = self._playing
        if playing is not None and self._is_sounding() and self._silent >= self._limit:
            if not playing.told:
                playing.told = True
                why = self._feed.trouble or "luồng im lặng"
                self._alarm(
                    "silence",
                    f"Đang phát mà người nghe không nghe thấy gì {self._limit:g} giây ({why})",
                    playing.reference,
                )
        elif playing is None and self._stray >= STRAY_SECONDS and not self._stray_told:
            self._stray_told = True
            self._alarm("stray", "Loa có tiếng ngoài khung giờ, không phải do chương trình phát")

    def _alarm(self, what: str, message: str, reference: str | None = None) -> None:
        details: dict[str, Json] = {"alarm": what, "listener": True}
        now = self._clock.now()
        self._tell(Finding(FindingKind.ALARM, self._zone, now, message, reference, details))

    def _finish(self) -> None:
        """Close the reception, and hand it over when there is something to compare it with."""
        playing, self._playing = self._playing, None
        if playing is None:
            return
        self._stray, self._stray_told = 0.0, False
        try:
            playing.file.close()
        except OSError as error:
            _log.warning("the reception is not kept: %s", error)
        if playing.sound is None or playing.onset is None or playing.began is None:
            playing.path.unlink(missing_ok=True)
            return
        lead = (playing.onset - playing.began).total_seconds()
        self._tell(Heard(self._zone, playing.reference, playing.sound, playing.path, lead))
