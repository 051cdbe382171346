"""What goes on the air: a rendered file, a text spoken while it is being made, another station.

The player takes blocks and knows none of this. A sound that is made on the air keeps a copy of
itself, because nothing else could show afterwards what was heard.
"""

from __future__ import annotations

import hashlib
import logging
import queue
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from channels.base import Clock, Json
from channels.radio import pcm
from channels.radio.keeper import Keeper
from channels.radio.narrator import NoVoiceError
from channels.radio.pcm import BLOCK, RATE, WIDTH
from channels.radio.relay_source import RelaySource
from channels.radio.streaming import LiveSpeech

_log = logging.getLogger(__name__)

_SILENT_BLOCK = bytes(BLOCK * WIDTH)
RELAY_ENOUGH = 0.5
"""Share of a relay that must have come from the stream for it to count as relayed."""


class Sound(Protocol):
    """One use: `begin`, `blocks` to their end or not, `end`."""

    file: Path | None
    """The WAV file, for outputs that hand a file over; None when there is none beforehand."""
    samples: int | None
    """How many there will be; None when only its end shows it."""
    sha256: str | None
    """Of the samples, where they are known beforehand."""

    def is_whole(self) -> bool:
        """Whether what was prepared is still there."""

    def begin(self) -> None:
        """Get going, ahead of the first block; not in the player's real-time thread."""

    def blocks(self) -> Iterator[bytes]:
        """20 ms each (the last may be shorter); never waits longer than a block lasts."""

    def end(self) -> Ending:
        """Let go of everything, after the last block or instead of it."""


@dataclass(frozen=True, slots=True)
class Ending:
    """What the sound itself has to say when it is over."""

    failure: str | None = None
    """In Vietnamese: why it cannot count as said, though every output took what there was."""
    again: bool = True
    """With a failure: whether playing it again could help."""
    facts: dict[str, Json] | None = None
    as_aired: Path | None = None
    """An mp3 of what was played, for a sound that was made on the air."""


class Rendered:
    """A WAV file and what was promised of it."""

    def __init__(self, wav: Path, samples: int, sha256: str) -> None:
        self.file: Path | None = wav
        self.samples: int | None = samples
        self.sha256: str | None = sha256
        self._wav = wav

    def is_whole(self) -> bool:
        return self._wav.is_file() and sha256_of_samples(self._wav) == self.sha256

    def begin(self) -> None:
        """A file is always ready."""

    def blocks(self) -> Iterator[bytes]:
        return pcm.blocks(self._wav)

    def end(self) -> Ending:
        return Ending()


class SpokenLive:
    """A chime, then a text of any length whose sentences are made while the first ones sound."""

    file: Path | None = None
    samples: int | None = None
    sha256: str | None = None

    def __init__(self, chime: bytes, speech: LiveSpeech, keeper: Keeper) -> None:
        self._chime = chime
        self._speech = speech
        self._keeper = keeper
        self._waited = 0
        self._failure: str | None = None

    def is_whole(self) -> bool:
        return True

    def begin(self) -> None:
        self._speech.begin()
        self._keeper.begin()

    def blocks(self) -> Iterator[bytes]:
        for block in self._all_blocks():
            self._keeper.keep(block)
            yield block

    def end(self) -> Ending:
        self._speech.end()
        facts: dict[str, Json] = {
            "live": True,
            "waited_ms": self._waited * round(pcm.BLOCK_SECONDS * 1000),
        }
        return Ending(self._failure, facts=facts, as_aired=self._keeper.end())

    def _all_blocks(self) -> Iterator[bytes]:
        size = BLOCK * WIDTH
        for start in range(0, len(self._chime), size):
            yield self._chime[start : start + size]
        while True:
            try:
                block = self._speech.next_block()
            except queue.Empty:  # the voice is slower than the air: silence, never a standstill
                self._waited += 1
                yield _SILENT_BLOCK
                continue
            except NoVoiceError as error:
                self._failure = f"không đọc được đến hết ({error})"
                return
            if block is None:
                return
            yield block


class Relayed:
    """Another station until a hard end, however late it was joined."""

    file: Path | None = None
    samples: int | None = None
    sha256: str | None = None

    def __init__(self, source: RelaySource, until: datetime, clock: Clock, keeper: Keeper) -> None:
        self._source = source
        self._until = until
        self._clock = clock
        self._keeper = keeper
        self._played = 0

    def is_whole(self) -> bool:
        return True

    def begin(self) -> None:
        self._source.start()
        self._keeper.begin()

    def blocks(self) -> Iterator[bytes]:
        left = round((self._until - self._clock.now()).total_seconds() * RATE)
        for block in self._source.blocks():
            block = block[: left * WIDTH]
            if not block:
                return
            count = len(block) // WIDTH
            left -= count
            self._played += count
            self._keeper.keep(block)
            yield block

    def end(self) -> Ending:
        trouble = self._source.trouble
        self._source.close()
        share = min(1.0, self._source.streamed / self._played) if self._played else 0.0
        facts: dict[str, Json] = {
            "relay": True,
            "stream_share": round(share, 4),
            "switches": [
                {"second": round(one.second, 2), "to": str(one.to), "reason": one.reason}
                for one in self._source.switches
            ],
        }
        failure = None
        if share < RELAY_ENOUGH:
            reason = trouble or "luồng im lặng"
            failure = f"chỉ tiếp sóng được {share:.0%} thời gian ({reason})"
        return Ending(failure, again=False, facts=facts, as_aired=self._keeper.end())


def sha256_of_samples(path: Path) -> str:
    """Of the samples of a WAV file that was written here."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        file.seek(pcm.HEADER)
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
