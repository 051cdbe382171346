"""The one place that wraps pydub: pieces of sound trimmed, faded and joined."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable
from functools import cache
from typing import Any

from channels.radio import ffmpeg
from channels.radio.pcm import RATE, WIDTH

_SILENCE = -50.0
"""dBFS below which the edges of a piece count as silence."""
_KEEP = 20
"""Milliseconds of the silent edge kept, so that no consonant is bitten off."""
_TUNE = ((392, 300), (494, 300), (587, 300), (784, 600), (659, 300), (784, 1100))
"""The signature tune made by the project: (Hz, milliseconds), a rising G major call."""
_CHIME = ((784, 350), (587, 650))
"""The separator between bulletins: two falling notes of the same chord."""
_TUNE_LEVEL = -22.0


def trimmed(pcm: bytes) -> bytes:
    """Without the silence at both ends, the cut edges faded for 5 ms."""
    from_start = _segment(pcm)
    start = max(0, _leading_silence(from_start) - _KEEP)
    end = max(0, _leading_silence(from_start.reverse()) - _KEEP)
    kept = from_start[start : len(from_start) - end]
    return _data(kept.fade_in(5).fade_out(5)) if len(kept) > 10 else _data(kept)


def silence(milliseconds: int) -> bytes:
    """This much of nothing."""
    return bytes(RATE * milliseconds // 1000 * WIDTH)


def amplified(pcm: bytes, decibels: float) -> bytes:
    """Louder or quieter; what does not fit is clipped."""
    return _data(_segment(pcm).apply_gain(decibels))


def joined(pieces: Iterable[bytes]) -> bytes:
    """One after the other."""
    return b"".join(pieces)


@cache
def default_tune() -> bytes:
    """The tune from sine tones with an octave above each, the same bytes on every machine."""
    return _melody(_TUNE)


@cache
def default_chime() -> bytes:
    """One second, made like the tune."""
    return _melody(_CHIME)


def _melody(score: Iterable[tuple[int, int]]) -> bytes:
    _pydub()
    from pydub.generators import Sine

    notes = []
    for pitch, length in score:
        tone = Sine(pitch, sample_rate=RATE).to_audio_segment(length, volume=_TUNE_LEVEL)
        octave = Sine(2 * pitch, sample_rate=RATE).to_audio_segment(length, volume=_TUNE_LEVEL - 12)
        notes.append(_data(tone.overlay(octave).fade_in(15).fade_out(length * 2 // 3)))
    return joined(notes)


def _segment(pcm: bytes) -> Any:
    return _pydub()(data=pcm, sample_width=WIDTH, frame_rate=RATE, channels=1)


def _data(segment: Any) -> bytes:
    data: bytes = segment.raw_data
    return data


def _leading_silence(segment: Any) -> int:
    _pydub()
    from pydub.silence import detect_leading_silence

    return int(detect_leading_silence(segment, silence_threshold=_SILENCE))


@cache
def _pydub() -> Any:
    """pydub's AudioSegment, told which ffmpeg to use; its import looks on PATH and complains."""
    os.environ.setdefault("PATH", os.defpath)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pydub import AudioSegment
    AudioSegment.converter = ffmpeg.executable()
    return AudioSegment
