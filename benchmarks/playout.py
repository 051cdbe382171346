"""The audible start against the schedule, beside Liquidsoap's request queue and MPD.

The same tone, the same busy machine, the same listener at the end of a named pipe. The others are
told at the planned moment, which is how every scheduler uses them.
"""

from __future__ import annotations

import math
import os
import shutil
import socket
import subprocess
import sys
from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from benchmarks.bench import ROOT, Bench, environment
from benchmarks.measure import Aim, Row, Sample, percentile
from benchmarks.starts import busy, sending_at
from channels.base import Clock
from channels.radio import pcm
from channels.radio.outputs.liquidsoap_server import LiquidsoapServer
from channels.radio.player import Bank, Player

_AIM = Aim(0.005)
_BETWEEN = timedelta(milliseconds=700)
"""The listener wants silence before each sound."""
_BLOCKS = 10
_PATIENCE = 60.0
_LIQUIDSOAP = """
set("init.allow_root", true)
set("log.stdout", true)
set("log.file", false)
set("server.socket", true)
set("server.socket.path", "{socket}")
set("frame.audio.samplerate", {rate})
set("frame.audio.channels", 1)
loa = request.queue(id="loa")
output.file(%wav(stereo=false, header=false), fallible=false, flush=true, append=true, "{pipe}",
  fallback(track_sensitive=false, [loa, blank()]))
"""
_MPD = """
music_directory "{folder}"
bind_to_address "{socket}"
audio_output {{
  type "fifo"
  name "pipe"
  path "{pipe}"
  format "{rate}:16:1"
}}
"""
Starter = Callable[[datetime], None]
"""Make the tone sound at this moment; returns when it has been played or handed over."""


def run(bench: Bench) -> Sequence[Row]:
    """Ours first; of the others what is installed (package names are printed where it is not)."""
    folder = bench.fresh("playout")
    (folder / "tone.wav").write_bytes(pcm.wav(_tone()))
    with busy():
        ours = _late(bench, folder, _ours)
        others = {
            name: _late(bench, folder, starter)
            for name, (program, starter) in _OTHERS.items()
            if _installed(program)
        }
    rows = []
    for name, late in others.items() or {"itself": ours}.items():
        for share, what, aim in ((50, "median", None), (99, "p99", _AIM)):
            cost, base = (Sample.one(percentile(one, share)) for one in (ours, late))
            rows.append(Row(f"start late, {what} of {len(ours)}", cost, "s", name, base, aim))
    return rows


def _installed(program: str) -> bool:
    if shutil.which(program) is not None:
        return True
    print(f"{program}: not installed; run: sudo apt-get install {program}", file=sys.stderr)
    return False


def _late(
    bench: Bench, folder: Path, made: Callable[[Bench, Path, Path, ExitStack], Starter]
) -> list[float]:
    """Seconds from each planned moment to the sound."""
    pipe = folder / f"{made.__name__.strip('_')}.pcm"
    os.mkfifo(pipe)
    late = []
    with ExitStack() as stack, _Listener(pipe) as listener:
        start = made(bench, folder, pipe, stack)
        for _ in range(bench.sizes.playouts):
            at = bench.clock.now() + _BETWEEN
            start(at)
            late.append((listener.next_onset() - at).total_seconds())
    return late


class _Listener:
    """The process at the far end."""

    def __init__(self, pipe: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.onset", str(pipe)],
            stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment(),
        )  # fmt: skip

    def __enter__(self) -> _Listener:
        self._line()  # it is ready
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def next_onset(self) -> datetime:
        return datetime.fromisoformat(self._line())

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


class _PipeOutput:
    """An output of the player that writes into a named pipe."""

    url = "pipe:"
    recording: Path | None = None

    def __init__(self, pipe: Path) -> None:
        self._pipe = os.open(pipe, os.O_WRONLY)
        self._written = 0

    def open(self, rate: int) -> None:
        """Always open."""

    def write(self, block: bytes) -> None:
        self._written += os.write(self._pipe, block)

    def close(self) -> int:
        return self._written // pcm.WIDTH

    def problem(self) -> str | None:
        return None


def _ours(bench: Bench, folder: Path, pipe: Path, stack: ExitStack) -> Starter:
    del stack
    output = _PipeOutput(pipe)

    def start(at: datetime) -> None:
        bank = Bank([output])
        bank.open()
        played = Player(bench.clock).play(pcm.blocks(folder / "tone.wav"), bank, sending_at(at))
        if not played.whole:
            raise RuntimeError(f"the player cut a sound: {played.cut}")

    return start


def _liquidsoap(bench: Bench, folder: Path, pipe: Path, stack: ExitStack) -> Starter:
    control, script = folder / "liquidsoap.sock", folder / "playout.liq"
    script.write_text(_LIQUIDSOAP.format(socket=control, rate=pcm.RATE, pipe=pipe))
    stack.enter_context(_running(bench.clock, ["liquidsoap", str(script)], folder, control))
    server = stack.enter_context(LiquidsoapServer(str(control)))
    queue = server.queues()[0]

    def start(at: datetime) -> None:
        _wait(bench.clock, at)
        server.push(queue, str(folder / "tone.wav"))

    return start


def _mpd(bench: Bench, folder: Path, pipe: Path, stack: ExitStack) -> Starter:
    control, settings = folder / "mpd.sock", folder / "mpd.conf"
    settings.write_text(_MPD.format(folder=folder, socket=control, rate=pcm.RATE, pipe=pipe))
    command = ["mpd", "--no-daemon", str(settings)]
    stack.enter_context(_running(bench.clock, command, folder, control))
    wire = stack.enter_context(socket.socket(socket.AF_UNIX))
    wire.connect(str(control))
    wire.settimeout(_PATIENCE)
    answers = stack.enter_context(wire.makefile("r", encoding="utf-8"))
    answers.readline()
    play = f'command_list_begin\nclear\nadd "{folder / "tone.wav"}"\nplay\ncommand_list_end\n'

    def start(at: datetime) -> None:
        _wait(bench.clock, at)
        wire.sendall(play.encode())
        answer = answers.readline()
        if not answer.startswith("OK"):
            raise RuntimeError(f"MPD said: {answer}")

    return start


_OTHERS = {"Liquidsoap": ("liquidsoap", _liquidsoap), "MPD": ("mpd", _mpd)}


def _wait(clock: Clock, at: datetime) -> None:
    clock.sleep((at - clock.now()).total_seconds())


@contextmanager
def _running(clock: Clock, command: list[str], folder: Path, ready: Path) -> Iterator[None]:
    """One of the others, until its control socket is there."""
    with (folder / f"{command[0]}.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            deadline = clock.monotonic() + _PATIENCE
            while not ready.exists():
                if process.poll() is not None or clock.monotonic() > deadline:
                    said = (folder / f"{command[0]}.log").read_text(errors="replace")
                    raise RuntimeError(f"{command[0]} did not start: {said[-1000:]}")
                clock.sleep(0.05)
            clock.sleep(0.5)
            yield
        finally:
            process.kill()
            process.wait()


def _tone() -> bytes:
    """440 Hz, loud from the first sample on."""
    count = _BLOCKS * pcm.BLOCK
    wave = (round(12_000 * math.cos(2 * math.pi * 440 * n / pcm.RATE)) for n in range(count))
    return array("h", wave).tobytes()
