"""The only place that runs ffmpeg (the one inside the imageio-ffmpeg wheel; PATH is not used).

Sound travels through pipes and never a bulletin's words: tags are written by `id3.py`.
"""

from __future__ import annotations

import errno
import logging
import os
import re
import subprocess
from contextlib import ExitStack
from pathlib import Path
from typing import IO

from channels.radio.pcm import RATE, seconds
from channels.radio.profiles import DEFAULT_PROFILE, chain_of

_log = logging.getLogger(__name__)

_RAW = ("-f", "s16le", "-ac", "1", "-ar", str(RATE))
_FLOAT = ("-f", "f32le", "-ac", "1", "-ar", str(RATE))
_PIPE_IN = ("-i", "pipe:0")
_MP3 = (
    "-fflags", "+bitexact", "-flags:a", "+bitexact", "-threads", "1",
    "-c:a", "libmp3lame", "-b:a", "64k", "-id3v2_version", "0", "-f", "mp3",
)  # fmt: skip
"""The same bytes for the same samples, without tags."""
_TIME_LIMIT = 900.0
"""Seconds; a small board needs minutes for a programme of hours."""
_INTEGRATED = re.compile(r"\bI:\s+(-?[\d.]+) LUFS")
_UNMEASURABLE = -69.0
"""LUFS: ebur128 says -70 where nothing was above its gate."""
_LARGEST_GAIN = 24.0
_NEAR_ENOUGH = (0.2, 0.5, 0.5, 0.5)
"""LU from the target: what is further off is raised once more, at most so many times."""
_METER = "ebur128=framelog=verbose"

_MEASURED_SECONDS = 3.0
"""A shorter sound is measured several times over: EBU R128 looks at 0.4 s at a time."""
_OVERSAMPLED = 4 * RATE
_PEAK_MARGIN = 0.6
"""dB kept below the true-peak limit for what the last resampling and the mp3 add."""


_DISK_FULL = os.strerror(errno.ENOSPC)
_STREAM_FORMATS = "mp3,aac,ogg,flac,wav,mpegts,matroska,webm"


class AudioError(Exception):
    """ffmpeg could not read or make the sound; the text is Vietnamese."""


def executable() -> str:
    """The ffmpeg of the wheel. Raises AudioError when it is not there."""
    import imageio_ffmpeg

    try:
        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError:
        raise AudioError("thiếu ffmpeg; hãy cài lại gói imageio-ffmpeg") from None


def decode(path: Path) -> bytes:
    """Any sound file as raw samples of the radio's format (no ffprobe). Raises AudioError."""
    source = ("-nostdin", "-protocol_whitelist", "file", "-i", f"file:{path.resolve()}")
    pcm, _ = _run([*source, "-map", "0:a:0", "-vn", *_RAW, "pipe:1"])
    return pcm[: len(pcm) // 2 * 2]


def still_video(picture: Path, sound: Path, out: Path) -> None:
    """An mp4 (H.264, AAC) of one picture for as long as the sound lasts. Raises AudioError."""
    safe = ("-protocol_whitelist", "file")
    shown = ("-loop", "1", "-framerate", "2", *safe, "-i", f"file:{picture.resolve()}")
    heard = (*safe, "-i", f"file:{sound.resolve()}")
    picture_as = ("-c:v", "libx264", "-preset", "veryfast", "-tune", "stillimage", "-threads", "1")
    sound_as = ("-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "96k", "-shortest")
    plain = ("-map_metadata", "-1", "-fflags", "+bitexact", "-flags", "+bitexact")
    target = ("-movflags", "+faststart", "-f", "mp4", f"file:{out.resolve()}")
    _run(["-nostdin", "-y", *shown, *heard, *picture_as, *sound_as, *plain, *target])


def loudness(pcm: bytes) -> float | None:
    """Integrated loudness in LUFS (EBU R128); None when it is too short or too quiet to tell."""
    _, report = _run([*_RAW, *_PIPE_IN, "-af", _METER, "-f", "null", "-"], pcm)
    return _integrated(report)


def master(pcm: bytes, target: float, true_peak: float, profile: str = DEFAULT_PROFILE) -> bytes:
    """Shaped for the loudspeakers, at `target` LUFS, below `true_peak` dBTP.

    Measured first, then one fixed gain and a limiter that works oversampled, and again with
    what the limiter took away. As exact as two-pass loudnorm, several times faster, and it does
    not pump in the pauses.
    """
    shaped, measured = _shaped(pcm, profile)
    return _brought_to(target, shaped, measured, true_peak)[0]


def master_file(
    raw: Path, mastered: Path, mp3: Path, target: float, true_peak: float, profile: str
) -> None:
    """The same for raw samples in a file: a programme of hours needs no memory.

    The mp3 is made in the same run: that costs a tenth of what a run of its own does. Leaves the
    files incomplete when it raises AudioError or OSError.
    """
    shaped = mastered.with_suffix(".shaped")
    try:
        _, measured = _shaped(raw, profile, shaped)
        _brought_to(target, shaped, measured, true_peak, (mastered, mp3))
    finally:
        shaped.unlink(missing_ok=True)


def gain_for(pcm: bytes, target: float, true_peak: float, profile: str) -> float:
    """The dB that `at_gain` needs to bring this sound, and more of the same voice, to `target`."""
    times = 1 + int(_MEASURED_SECONDS / max(seconds(pcm), 0.01))
    shaped, measured = _shaped(pcm * times, profile)
    return _brought_to(target, shaped, measured, true_peak)[1]


def at_gain(pcm: bytes, gain: float, true_peak: float, profile: str) -> bytes:
    """A piece of a longer sound, shaped and raised by a gain that is already known."""
    chain = f"{chain_of(profile)},{_levelled(gain, true_peak)}"
    mastered, _ = _run([*_RAW, *_PIPE_IN, "-af", chain, *_RAW, "pipe:1"], pcm)
    return mastered


def at_tempo(sound: bytes, tempo: float) -> bytes:
    """Any sound file as a WAV file that is `tempo` times as fast, at the same pitch."""
    wav, _ = _run([*_PIPE_IN, "-vn", "-af", f"atempo={tempo:.3f}", "-f", "wav", "pipe:1"], sound)
    return wav


def start_mp3_encoder(bits_per_second: int) -> subprocess.Popen[bytes]:
    """Raw samples of the radio's format in, mp3 frames of a constant rate out, as they come.

    Raises AudioError.
    """
    live = ("-fflags", "nobuffer", "-probesize", "32", "-analyzeduration", "0")
    codec = ("-c:a", "libmp3lame", "-b:a", str(bits_per_second), "-reservoir", "0")
    plain = ("-write_xing", "0", "-id3v2_version", "0", "-flush_packets", "1", "-f", "mp3")
    return _started([*live, *_RAW, *_PIPE_IN, *codec, *plain, "pipe:1"])


def start_mp3_file(path: Path) -> subprocess.Popen[bytes]:
    """Raw samples of the radio's format in, an mp3 file out. Raises AudioError."""
    codec = ("-c:a", "libmp3lame", "-b:a", "64k", "-id3v2_version", "0", "-f", "mp3")
    out = f"file:{path.resolve()}"
    return _started(["-y", *_RAW, *_PIPE_IN, *codec, out], stdout=subprocess.DEVNULL)


def start_decoder() -> subprocess.Popen[bytes]:
    """A stream of mp3, aac, ogg, flac or wav on stdin, raw samples of the radio's format out.

    It can read nothing but its stdin: no file, no network, no playlist. Raises AudioError.
    """
    sealed = ("-protocol_whitelist", "pipe", "-format_whitelist", _STREAM_FORMATS)
    live = ("-fflags", "nobuffer", "-probesize", "32768", "-analyzeduration", "500000")
    sound = ("-map", "0:a:0", "-vn", *_RAW, "-flush_packets", "1", "pipe:1")
    return _started([*sealed, *live, *_PIPE_IN, *sound])


def _started(arguments: list[str], stdout: int = subprocess.PIPE) -> subprocess.Popen[bytes]:
    """A long-lived ffmpeg fed through a pipe, out of reach of the terminal's Ctrl-C."""
    try:
        return subprocess.Popen(
            [executable(), "-hide_banner", "-nostats", "-loglevel", "error", *arguments],
            stdin=subprocess.PIPE,
            stdout=stdout,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            start_new_session=True,
        )
    except OSError as error:
        raise AudioError(f"không chạy được ffmpeg ({error.strerror})") from None


def _shaped(
    pcm: bytes | Path, profile: str, sink: Path | None = None
) -> tuple[bytes, float | None]:
    """Float samples after the profile's filters, and their loudness."""
    chain = f"{chain_of(profile)},{_METER}"
    shaped, report = _run([*_RAW, *_PIPE_IN, "-af", chain, *_FLOAT, "pipe:1"], pcm, sink)
    return shaped, _integrated(report)


def _brought_to(
    target: float,
    shaped: bytes | Path,
    measured: float | None,
    true_peak: float,
    sinks: tuple[Path, Path] | None = None,
) -> tuple[bytes, float]:
    """The samples at the target, and the gain that brought them there."""
    gain = 0.0 if measured is None else _bounded(target - measured)
    mastered, reached = _raised(shaped, gain, true_peak, sinks)
    for near in _NEAR_ENOUGH:
        if reached is None or abs(target - reached) <= near:
            break
        gain = _bounded(gain + target - reached)
        mastered, reached = _raised(shaped, gain, true_peak, sinks)
    return mastered, gain


def _raised(
    shaped: bytes | Path, gain: float, true_peak: float, sinks: tuple[Path, Path] | None
) -> tuple[bytes, float | None]:
    """The samples (nothing where they go to a file and an mp3), and the loudness reached."""
    chain = f"{_levelled(gain, true_peak)},{_METER}"
    if sinks is None:
        pcm, report = _run([*_FLOAT, *_PIPE_IN, "-af", chain, *_RAW, "pipe:1"], shaped)
        return pcm, _integrated(report)
    mastered, mp3 = sinks
    # Both from the very same samples: the encoder gets them after they were made 16 bit.
    split = f"[0:a]{chain},aformat=sample_fmts=s16,asplit[pcm][mp3]"
    outputs = ["-map", "[mp3]", *_MP3, "-y", f"file:{mp3.resolve()}"]
    arguments = [*_FLOAT, *_PIPE_IN, "-filter_complex", split, "-map", "[pcm]", *_RAW, "pipe:1"]
    _, report = _run([*arguments, *outputs], shaped, mastered)
    return b"", _integrated(report)


def _levelled(gain: float, true_peak: float) -> str:
    limit = 10 ** ((true_peak - _PEAK_MARGIN) / 20)
    return (
        f"volume={gain:.2f}dB,aresample={_OVERSAMPLED},"
        f"alimiter=limit={limit:.4f}:level=0:attack=5:release=50:latency=1,"
        f"aresample={RATE}"
    )


def _bounded(gain: float) -> float:
    return max(-_LARGEST_GAIN, min(_LARGEST_GAIN, gain))


def _integrated(report: str) -> float | None:
    found = _INTEGRATED.findall(report)
    value = float(found[-1]) if found else _UNMEASURABLE
    return value if value > _UNMEASURABLE else None


def _run(
    arguments: list[str], source: bytes | Path | None = None, sink: Path | None = None
) -> tuple[bytes, str]:
    """What it wrote to stdout (nothing where that is the file `sink`), and its report."""
    with ExitStack() as files:
        data = source if isinstance(source, bytes) else None
        stdin = files.enter_context(source.open("rb")) if isinstance(source, Path) else None
        stdout = subprocess.PIPE if sink is None else files.enter_context(sink.open("wb"))
        done = _done(arguments, data, stdin or subprocess.DEVNULL, stdout)
    report = done.stderr.decode("utf-8", "replace")
    if done.returncode != 0:
        if _DISK_FULL in report:
            raise OSError(errno.ENOSPC, _DISK_FULL)
        _log.warning("ffmpeg failed (%d): %s", done.returncode, report[-400:])
        raise AudioError("ffmpeg không đọc hoặc không ghi được âm thanh này")
    return done.stdout or b"", report


def _done(
    arguments: list[str], data: bytes | None, stdin: int | IO[bytes], stdout: int | IO[bytes]
) -> subprocess.CompletedProcess[bytes]:
    command = [executable(), "-hide_banner", "-nostats", "-loglevel", "info", *arguments]
    try:
        return subprocess.run(
            command,
            input=data,
            stdin=stdin if data is None else None,
            stdout=stdout,
            stderr=subprocess.PIPE,
            timeout=_TIME_LIMIT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise AudioError(f"ffmpeg chạy quá {_TIME_LIMIT:g} giây") from None
    except OSError as error:
        raise AudioError(f"không chạy được ffmpeg ({error.strerror})") from None
