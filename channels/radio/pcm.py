"""The one sound format inside the radio: 16-bit mono at 22,050 Hz, and what is measured of it."""

from __future__ import annotations

import audioop
import hashlib
import io
import math
import shutil
import wave
from collections.abc import Iterator
from pathlib import Path

RATE = 22_050
"""Samples a second: what espeak-ng gives; horns reach 7 kHz at most."""
WIDTH = 2
BLOCK = RATE // 50
"""Samples in one 20 ms block (441)."""
BLOCK_SECONDS = BLOCK / RATE
HEADER = 44
"""Bytes before the samples in the WAV files written here."""
SILENT = 100
"""A sound whose highest sample is below this (-50 dBFS) counts as silent."""
_FULL_SCALE = 32_768.0
_FLOOR = -120.0


def seconds(pcm: bytes) -> float:
    """Length of raw samples."""
    return len(pcm) / WIDTH / RATE


def peak(pcm: bytes) -> int:
    """The highest absolute sample."""
    return audioop.max(pcm, WIDTH)


def decibels(amplitude: float) -> float:
    """dB below full scale, at least -120."""
    return 20 * math.log10(amplitude / _FULL_SCALE) if amplitude > 0 else _FLOOR


def wav_header(samples: int, rate: int = RATE) -> bytes:
    """The 44 bytes before `samples` mono 16-bit samples."""
    size = samples * WIDTH
    return (
        b"RIFF" + (36 + size).to_bytes(4, "little") + b"WAVEfmt " + (16).to_bytes(4, "little")
        + (1).to_bytes(2, "little") + (1).to_bytes(2, "little") + rate.to_bytes(4, "little")
        + (rate * WIDTH).to_bytes(4, "little") + WIDTH.to_bytes(2, "little")
        + (8 * WIDTH).to_bytes(2, "little") + b"data" + size.to_bytes(4, "little")
    )  # fmt: skip


def wav(pcm: bytes) -> bytes:
    """A WAV file of these samples."""
    return wav_header(len(pcm) // WIDTH) + pcm


def write_wav(raw: Path, path: Path) -> int:
    """A WAV file of a file of raw samples; how many there are."""
    samples = raw.stat().st_size // WIDTH
    with raw.open("rb") as source, path.open("wb") as target:
        target.write(wav_header(samples))
        shutil.copyfileobj(source, target, 1 << 20)
    return samples


def read_wav(data: bytes) -> bytes | None:
    """The samples of a WAV file in the radio's own format; None for any other."""
    try:
        with wave.open(io.BytesIO(data)) as file:
            if (file.getnchannels(), file.getsampwidth(), file.getframerate()) != (1, WIDTH, RATE):
                return None
            samples: bytes = file.readframes(file.getnframes())
            return samples
    except (wave.Error, EOFError):
        return None


def blocks(path: Path) -> Iterator[bytes]:
    """The samples of a WAV file written here, block by block; the last one may be shorter."""
    with path.open("rb", buffering=1 << 16) as file:
        file.seek(HEADER)
        while block := file.read(BLOCK * WIDTH):
            yield block


class Tap:
    """Listens to what really goes out: how much, how loud, and its hash."""

    def __init__(self) -> None:
        self.samples = 0
        self.peak = 0
        self.silence = 0.0
        """Seconds since something was last heard."""
        self.longest_silence = 0.0
        self._power = 0.0
        self._digest = hashlib.sha256()

    def hear(self, block: bytes) -> None:
        """One block that at least one output has taken."""
        count = len(block) // WIDTH
        self.samples += count
        highest = audioop.max(block, WIDTH)
        self.peak = max(self.peak, highest)
        self.silence = 0.0 if highest >= SILENT else self.silence + count / RATE
        self.longest_silence = max(self.longest_silence, self.silence)
        self._power += float(audioop.rms(block, WIDTH)) ** 2 * count
        self._digest.update(block)

    def rms(self) -> float:
        """Root mean square of all samples heard."""
        return math.sqrt(self._power / self.samples) if self.samples else 0.0

    def sha256(self) -> str:
        """Of the samples heard."""
        return self._digest.hexdigest()
