"""The radio's 20 ms blocks as RTP payloads (RFC 3551): PCMU at 8 kHz, or L16."""

from __future__ import annotations

import audioop
import math
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from operator import mul
from typing import Protocol

from channels.radio import pcm

_PCMU_RATE = 8_000
_UP, _DOWN = 160, 441
"""22,050 to 8,000 Hz: 160 samples out of every 441, so a block stays a packet."""
_REACH = 16
"""Input samples on each side of an output sample."""
_CUT_OFF = 3_600.0
"""Hz. Above 4 kHz nothing may be left, or speech comes back as whistling."""


class Codec(Protocol):
    """How samples become payloads; keeps what one block owes to the next."""

    payload_type: int
    name: str
    """As in SDP's `rtpmap`."""
    samples: int
    """RTP clock ticks in one packet."""

    def payloads(self, block: bytes) -> Iterator[bytes]:
        """One whole block as one or more packets."""


class Pcmu:
    """G.711 µ-law, static payload type 0; what every IP loudspeaker plays."""

    payload_type = 0
    name = "PCMU/8000"
    samples = _PCMU_RATE // 50

    def __init__(self) -> None:
        self._before = array("h", bytes(2 * 2 * _REACH))

    def payloads(self, block: bytes) -> Iterator[bytes]:
        """One packet of 160 bytes, 0.7 ms late by the filter's reach."""
        known = self._before + array("h", block)
        low = array("h", (_sample(known, start, taps) for start, taps in _phases()))
        self._before = known[-2 * _REACH :]
        yield audioop.lin2ulaw(low.tobytes(), pcm.WIDTH)


@dataclass
class L16:
    """Uncompressed at 44.1 kHz (static types 11 mono, 10 stereo), or at the radio's own rate.

    At 44.1 kHz a block travels in packets that fit an Ethernet frame: a fragmented multicast
    packet is lost whole with any of its parts.
    """

    payload_type: int
    rate: int
    channels: int
    packets: int
    """To a block of 20 ms."""

    def __post_init__(self) -> None:
        stereo = "/2" if self.channels == 2 else ""
        self.name = f"L16/{self.rate}{stereo}"
        self.samples = self.rate // 50 // self.packets
        # ratecv holds one sample back: with one before the first, every block gives whole packets
        _, self._state = audioop.ratecv(b"\0\0", pcm.WIDTH, 1, pcm.RATE, self.rate, None)

    def payloads(self, block: bytes) -> Iterator[bytes]:
        if self.rate != pcm.RATE:
            block, self._state = audioop.ratecv(
                block, pcm.WIDTH, 1, pcm.RATE, self.rate, self._state
            )
        if self.channels == 2:
            block = audioop.tostereo(block, pcm.WIDTH, 1, 1)
        big_endian = audioop.byteswap(block, pcm.WIDTH)
        size = len(big_endian) // self.packets
        for start in range(0, len(big_endian), size):
            yield big_endian[start : start + size]


def codec(name: str) -> Codec | None:
    """A new codec by its name in the URL; None when there is none such."""
    match name:
        case "pcmu":
            return Pcmu()
        case "l16":
            return L16(payload_type=11, rate=44_100, channels=1, packets=2)
        case "l16-stereo":
            return L16(payload_type=10, rate=44_100, channels=2, packets=3)
        case "l16-22050":
            return L16(payload_type=96, rate=pcm.RATE, channels=1, packets=1)
    return None


CODECS = ("pcmu", "l16", "l16-stereo", "l16-22050")


def _sample(known: array[int], start: int, taps: tuple[float, ...]) -> int:
    value = round(math.fsum(map(mul, taps, known[start : start + 2 * _REACH])))
    return max(-32_768, min(32_767, value))


@cache
def _phases() -> tuple[tuple[int, tuple[float, ...]], ...]:
    """For each of the 160 output samples: where its input begins, and a windowed sinc."""
    phases = []
    for number in range(_UP):
        whole, part = divmod(number * _DOWN, _UP)
        phases.append((whole + 1, _taps(part / _UP)))
    return tuple(phases)


def _taps(offset: float) -> tuple[float, ...]:
    width = 2 * _CUT_OFF / pcm.RATE
    distances = [n - (_REACH - 1) - offset for n in range(2 * _REACH)]
    taps = [
        (math.sin(math.pi * width * d) / (math.pi * width * d) if d else 1.0)
        * (0.5 + 0.5 * math.cos(math.pi * d / _REACH))
        for d in distances
    ]
    total = sum(taps)
    return tuple(tap / total for tap in taps)
