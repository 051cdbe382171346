"""Written text to spoken words, and on to the mp3 that is aired, beside the bare tools."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.bench import ROOT, Bench, environment
from benchmarks.measure import Aim, Row, in_turns, timed
from benchmarks.texts import administrative_text
from channels.radio import ffmpeg, pcm
from channels.radio.profiles import DEFAULT_PROFILE, chain_of
from channels.radio.script import Script, Words
from channels.radio.settings import NO_TUNE, RadioFolders, RadioSettings
from channels.radio.studio import Programme, Studio
from channels.radio.voices.espeak import VOLUME
from content.spoken import speak

_SPOKEN_AIM = Aim(1.0)
_COLD_AIM, _WARM_AIM = Aim(1.15, of_ratio=True), Aim(0.1, of_ratio=True)
_SETTINGS = RadioSettings(engines=("espeak",), signature_tune=NO_TUNE)
_RAW = ("-f", "s16le", "-ac", "1", "-ar", str(pcm.RATE), "-i")
_SHAPE = chain_of(DEFAULT_PROFILE)
_LOUDNESS = re.compile(r"\bI:\s+(-?[\d.]+) LUFS")
_PART = 5
"""The shorter text that shows the growth is this much shorter."""


def run(bench: Bench) -> Sequence[Row]:
    """The rules' throughput and growth; then a whole bulletin, cold and from the cache."""
    return [*_spoken(bench), *_voiced(bench)]


def _spoken(bench: Bench) -> list[Row]:
    count = bench.sizes.characters
    long, short = administrative_text(count), administrative_text(count // _PART)
    words = speak(long).spoken
    voice = _Bare(bench.fresh("voice"))
    whole, part, voiced = in_turns(
        bench.sizes.rounds,
        lambda: timed(lambda: speak(long)),
        lambda: timed(lambda: speak(short)),
        lambda: timed(lambda: voice.speak(words)),
    )
    return [
        Row(f"spoken text, {count:,} ch.", whole, "s", f"{count // _PART:,} ch.", part,
            _SPOKEN_AIM),
        Row("spoken text, ch.", whole, "", "espeak-ng on it", voiced, count=count),
    ]  # fmt: skip


def _voiced(bench: Bench) -> list[Row]:
    written = administrative_text(bench.sizes.broadcast_characters)
    spoken = speak(written).spoken
    chain = _Bare(bench.fresh("bare"))

    def cold() -> float:
        studio = _studio(bench)
        return timed(lambda: _programme(studio, written))

    kept = _studio(bench, "warm")
    made = _programme(kept, written)
    cold_cost, warm_cost, bare_cost = in_turns(
        min(5, bench.sizes.rounds),
        cold,
        lambda: timed(lambda: _programme(kept, written)),
        lambda: timed(lambda: chain.mp3(spoken)),
    )
    _check_same_length(made, chain.seconds)
    what = f"text to mp3 ({made.duration.total_seconds():.0f} s)"
    bare = "bare espeak-ng and ffmpeg"
    return [
        Row(f"{what}, cold", cold_cost, "s", bare, bare_cost, _COLD_AIM),
        Row(f"{what}, cached", warm_cost, "s", bare, bare_cost, _WARM_AIM),
    ]


def _studio(bench: Bench, name: str = "cold") -> Studio:
    return Studio(_SETTINGS, RadioFolders.in_home(bench.fresh(name)), bench.clock)


def _programme(studio: Studio, written: str) -> Programme:
    words = Words(speak(written).spoken)
    return studio.render(Script((words,), (), has_content=True), title="Bản tin", artist="Xã")


class _Bare:
    """What somebody would do with the two tools by hand, to the same sound.

    One call of espeak-ng for the whole text; ffmpeg once to measure the loudness, once to apply
    the same filters with the gain found and to write the mp3 (64 kbit/s).
    """

    def __init__(self, folder: Path) -> None:
        self._raw = folder / "voice.pcm"
        self._mp3 = folder / "bulletin.mp3"
        self._ffmpeg = ffmpeg.executable()

    @property
    def seconds(self) -> float:
        return self._raw.stat().st_size / pcm.WIDTH / pcm.RATE

    def speak(self, words: str) -> None:
        options = (_SETTINGS.voice, str(_SETTINGS.rate_wpm), str(VOLUME), str(self._raw))
        subprocess.run(
            [sys.executable, "-m", "benchmarks.bare_voice", *options],
            input=words.encode(), check=True, cwd=ROOT, env=environment(), timeout=300,
        )  # fmt: skip

    def mp3(self, words: str) -> None:
        self.speak(words)
        report = self._run("-af", f"{_SHAPE},ebur128=framelog=verbose", "-f", "null", "-")
        gain = _SETTINGS.loudness - float(_LOUDNESS.findall(report)[-1])
        limit = 10 ** (_SETTINGS.true_peak / 20)
        loud = (
            f"{_SHAPE},volume={gain:.2f}dB,aresample={4 * pcm.RATE},"
            f"alimiter=limit={limit:.4f}:level=0:attack=5:release=50:latency=1,"
            f"aresample={pcm.RATE}"
        )
        self._run("-af", loud, "-c:a", "libmp3lame", "-b:a", "64k", "-y", str(self._mp3))

    def _run(self, *arguments: str) -> str:
        command = [self._ffmpeg, "-hide_banner", "-nostats", *_RAW, str(self._raw), *arguments]
        done = subprocess.run(
            command, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, timeout=300,
        )  # fmt: skip
        return done.stderr.decode("utf-8", "replace")


def _check_same_length(made: Programme, bare: float) -> None:
    """Both must have said the same; pauses may differ a little."""
    ours = made.duration.total_seconds()
    if not 0.8 < ours / bare < 1.25:
        raise RuntimeError(f"not the same sound: {ours:.0f} s beside {bare:.0f} s")
