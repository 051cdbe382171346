"""Air check: whether what a listener received is the approved programme, and how late it came.

Two things are compared every 20 ms, the loudness and the brightness (how much of it is high), so
neither the level, nor mp3 or µ-law, nor a resampled clock matter. The place is found by
cross-correlation over the whole length, then every two seconds of the programme are looked up
there: tune and greeting are the same in all programmes and must not be enough.
"""

from __future__ import annotations

import audioop
import math
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from operator import mul
from pathlib import Path

from channels.radio import ffmpeg, pcm

_COARSE = 5
"""Frames of 20 ms joined for the first search (100 ms)."""
_WINDOW = 100
"""Frames looked up together: two seconds."""
_SLACK = 2
"""Frames by which a window may lie elsewhere than the whole: clocks drift."""
_SILENT_DB = -60.0
_PEAK_UNDER = 30.0
"""dB under the loudest frame: below it nothing is compared."""
_ALIKE = 0.75
"""Correlation from which two windows are the same. Other speech: 0.65 at most."""
_FLAT = 0.5
"""Standard deviation (dB) below which an envelope says nothing: a held tone."""
_BRIGHTNESS_NEAR = 3.0
"""dB of mean brightness within which two windows may be the same."""
_FARTHEST = 120.0
"""Seconds around the expected moment within which the programme is looked for."""
ENOUGH = 0.9
"""Share of the programme that must be heard."""
_FINE_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class AirCheck:
    """What the comparison says."""

    matched: bool
    """It is the programme, and enough of it."""
    share: float
    """Of the programme's sounding seconds, those that were received (0 to 1)."""
    delay_ms: float | None
    """From the programme's start to its being heard; None when it was not found."""
    correlation: float
    """Of the whole at its best place: 1 the same, about 0 something else."""


@dataclass(frozen=True, slots=True)
class _Features:
    """Of every 20 ms: loudness in dB over the floor, and brightness in dB."""

    loudness: array[float]
    brightness: array[float]


def compare(approved: bytes, heard: bytes, lead: float = 0.0) -> AirCheck:
    """Look for the approved samples in the received ones (both in the radio's format).

    `lead`: seconds from the beginning of the reception to the moment the programme was started.
    """
    programme, received = _features(approved), _features(heard)
    if not _sounds(programme) or not _sounds(received):
        return AirCheck(False, 0.0, None, 0.0)
    place = _place(programme, received, round(lead / pcm.BLOCK_SECONDS))
    share, correlation = _heard(programme, received, place)
    if share == 0:
        return AirCheck(False, 0.0, None, correlation)
    exact = _exactly(approved, heard, place)
    return AirCheck(
        matched=share >= ENOUGH,
        share=round(share, 4),
        delay_ms=round((exact / pcm.RATE - lead) * 1000, 1),
        correlation=correlation,
    )


def check_file(path: Path, approved: bytes, lead: float = 0.0) -> AirCheck:
    """The same for a recorded file of any kind. Raises ffmpeg.AudioError when it is not sound."""
    return compare(approved, ffmpeg.decode(path), lead)


def _features(samples: bytes) -> _Features:
    """One pass in C for the differences, then one call per frame."""
    size = pcm.BLOCK * pcm.WIDTH
    half = audioop.mul(samples, pcm.WIDTH, 0.5)
    higher = audioop.add(half[pcm.WIDTH :], audioop.mul(half[: -pcm.WIDTH], pcm.WIDTH, -1), 2)
    loudness, brightness = array("d"), array("d")
    for start in range(0, len(samples) - size + 1, size):
        level = pcm.decibels(audioop.rms(samples[start : start + size], pcm.WIDTH))
        high = pcm.decibels(audioop.rms(higher[start : start + size], pcm.WIDTH))
        loudness.append(level)
        brightness.append(high - level)
    floor = max(_SILENT_DB, max(loudness, default=_SILENT_DB) - _PEAK_UNDER)
    for number, level in enumerate(loudness):
        if level <= floor:
            brightness[number] = 0.0
        loudness[number] = max(0.0, level - floor)
    return _Features(loudness, brightness)


def _sounds(features: _Features) -> bool:
    return any(level > 0 for level in features.loudness)


def _place(programme: _Features, received: _Features, expected: int) -> int:
    """At which frame of the reception the programme's first one lies (perhaps before it)."""
    far = round(_FARTHEST / pcm.BLOCK_SECONDS)
    first = max(-len(programme.loudness), expected - far) // _COARSE
    last = min(len(received.loudness), expected + far) // _COARSE
    wide = range(first, max(first, last) + 1)
    coarse = _best(_joined(programme.loudness), _joined(received.loudness), wide)
    near = range((coarse - 1) * _COARSE, (coarse + 1) * _COARSE + 1)
    return _best(programme.loudness, received.loudness, near)


def _joined(values: Sequence[float]) -> array[float]:
    places = range(0, len(values) - _COARSE + 1, _COARSE)
    return array("d", (sum(values[at : at + _COARSE]) / _COARSE for at in places))


def _centred(values: Sequence[float]) -> array[float]:
    mean = math.fsum(values) / len(values) if values else 0.0
    return array("d", (value - mean for value in values))


def _best(wanted: array[float], within: array[float], places: range) -> int:
    """A sound that never changes has its place where there is sound at all."""
    shape = _centred(wanted)
    if _is_flat(shape):
        shape = wanted
    around = _centred(within)
    return max(places, key=lambda place: _product(shape, around, place))


def _is_flat(centred: Sequence[float]) -> bool:
    return math.fsum(map(mul, centred, centred)) < _FLAT**2 * len(centred)


def _product(wanted: array[float], within: array[float], place: int) -> float:
    """Of what overlaps; what does not counts nothing."""
    first = max(0, -place)
    return float(sum(map(mul, wanted[first:], within[max(0, place) :])))


def _heard(programme: _Features, received: _Features, place: int) -> tuple[float, float]:
    """The share of sounding windows that are found, and the mean correlation over all of them."""
    found = windows = 0
    total = 0.0
    for start in range(0, len(programme.loudness), _WINDOW):
        window = _cut(programme, start)
        if not _sounds(window):
            continue
        windows += 1
        likeness = max(
            _likeness(window, _cut(received, place + start + shift, len(window.loudness)))
            for shift in range(-_SLACK, _SLACK + 1)
        )
        total += likeness
        found += likeness >= _ALIKE
    return (found / windows, round(total / windows, 4)) if windows else (0.0, 0.0)


def _cut(features: _Features, start: int, length: int = _WINDOW) -> _Features:
    """Empty when it begins before the reception."""
    if start < 0:
        return _Features(array("d"), array("d"))
    part = slice(start, start + length)
    return _Features(features.loudness[part], features.brightness[part])


def _likeness(wanted: _Features, got: _Features) -> float:
    count = len(got.loudness)
    if count < len(wanted.loudness) or not _sounds(got):
        return 0.0
    apart = abs(math.fsum(wanted.brightness) - math.fsum(got.brightness)) / count
    if apart > _BRIGHTNESS_NEAR:
        return 0.0
    return _correlation(wanted.loudness, got.loudness)


def _correlation(first: Sequence[float], second: Sequence[float]) -> float:
    """1 too for two envelopes that are both flat; 0 when only one of them is."""
    first, second = _centred(first), _centred(second)
    flat = (_is_flat(first), _is_flat(second))
    if any(flat):
        return float(all(flat))
    powers = math.fsum(map(mul, first, first)) * math.fsum(map(mul, second, second))
    return max(0.0, math.fsum(map(mul, first, second)) / math.sqrt(powers))


def _exactly(approved: bytes, heard: bytes, place: int) -> int:
    """The place to the sample: the loudest tenth of a second is searched in the waveform."""
    size = int(_FINE_SECONDS * pcm.RATE) * pcm.WIDTH
    reach = 2 * pcm.BLOCK * pcm.WIDTH
    shift = place * pcm.BLOCK * pcm.WIDTH
    starts = [
        start
        for start in range(0, len(approved) - size + 1, size)
        if start + shift >= reach and start + shift + size + reach <= len(heard)
    ]
    if not starts:
        return place * pcm.BLOCK
    start = max(starts, key=lambda at: audioop.rms(approved[at : at + size], pcm.WIDTH))
    around = heard[start + shift - reach : start + shift + size + reach]
    offset, _ = audioop.findfit(around, approved[start : start + size])
    return (start + shift - reach) // pcm.WIDTH + offset - start // pcm.WIDTH
