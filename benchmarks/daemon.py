"""What the running daemon takes: memory and processor, idle and while a programme is on the air."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import psutil

from benchmarks.bench import LEADER, PERSON, Bench, command, environment
from benchmarks.measure import Aim, Row, Sample
from benchmarks.texts import administrative_text
from broadcaster import bookings, editorial
from broadcaster.app import App
from broadcaster.settings import FILE_NAME
from broadcaster.setup import make_home
from channels.radio import pcm
from content.draft import BulletinDraft
from content.people import Role, add_person

_LOG = "process.log"
_BARE = "import threading\nwake = threading.Event()\nwhile True: wake.wait(0.25)"
"""A Python that looks around four times a second, as the daemon does."""
_SETTINGS = """
[broadcast]
quiet_hours = []
[radio]
engines = ["espeak"]
"""
_THREE_OUTPUTS = """
[radio.zones.toan-xa]
outputs = [
  "file:air",
  "rtp://239.255.7.1:5004?interface=127.0.0.1",
  "rtp://239.255.7.2:5004?codec=l16-22050&interface=127.0.0.1",
]
"""
_IDLE_AIM = Aim(100.0)
_START_SECONDS = 30.0
_SETTLE_SECONDS = 2.0
_LEAD = timedelta(seconds=2)


def run(bench: Bench) -> Sequence[Row]:
    """A real `broadcaster run`, beside a bare Python measured over the same seconds."""
    home = bench.fresh("daemon")
    app = prepared(bench, home, _SETTINGS + _THREE_OUTPUTS)
    try:
        with process(command("run", "--home", str(home)), home) as daemon:
            until(bench, daemon, home, (home / "daemon.pid").exists)
            with process([sys.executable, "-c", _BARE], home) as bare:
                bench.clock.sleep(_SETTLE_SECONDS)
                idle = _watched(bench, daemon, bare)
                recording = on_air(bench, daemon, app)
                before = recording.stat().st_size
                playing = _watched(bench, daemon, bare)
                _check_real_time(bench, recording.stat().st_size - before)
    finally:
        app.close()
    return [
        *_rows("idle", bench, *idle, _IDLE_AIM),
        *_rows("3 outputs", bench, *playing, None),
    ]


def _rows(state: str, bench: Bench, ours: _Taken, bare: _Taken, aim: Aim | None) -> list[Row]:
    length = f"in {bench.sizes.idle_seconds:g} s"
    return [
        Row(f"memory, {state}", ours.memory, "MB", "bare python", bare.memory, aim),
        Row(f"CPU {length}, {state}", ours.processor, "s", "bare python", bare.processor),
    ]


class _Taken:
    """What one process has taken, window by window."""

    def __init__(self, memory: Sequence[float], processor: Sequence[float]) -> None:
        self.memory = Sample(tuple(memory))
        """Resident megabytes (10^6 bytes), children included."""
        self.processor = Sample(tuple(processor))
        """Seconds of one core, carried over to the whole length."""


def _watched(
    bench: Bench, daemon: subprocess.Popen[bytes], bare: subprocess.Popen[bytes]
) -> tuple[_Taken, _Taken]:
    processes = (daemon, bare)
    windows = bench.sizes.windows
    memory: list[list[float]] = [[] for _ in processes]
    processor: list[list[float]] = [[] for _ in processes]
    for _ in range(windows):
        before = [_processor_seconds(one.pid) for one in processes]
        bench.clock.sleep(bench.sizes.idle_seconds / windows)
        for place, one in enumerate(processes):
            processor[place].append((_processor_seconds(one.pid) - before[place]) * windows)
            memory[place].append(_resident(one.pid))
    ours, base = (_Taken(*pair) for pair in zip(memory, processor, strict=True))
    return ours, base


def _resident(pid: int) -> float:
    process = psutil.Process(pid)
    family = (process, *process.children(recursive=True))
    return float(sum(one.memory_info().rss for one in family) / 1e6)


def _processor_seconds(pid: int) -> float:
    """By the scheduler's own count in nanoseconds where there is one; psutil knows 10 ms only."""
    try:
        tasks = Path(f"/proc/{pid}/task").iterdir()
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9
    except (OSError, IndexError):
        times = psutil.Process(pid).cpu_times()
        return float(times.user + times.system)


def prepared(bench: Bench, home: Path, settings: str = _SETTINGS) -> App:
    """A home with one approved bulletin that plays longer than is measured."""
    # No quiet hours: it is measured at any hour, and what sounds is a file.
    (home / FILE_NAME).write_text(settings, encoding="utf-8")
    app = make_home(home, bench.clock, person=PERSON)
    with app.database.writing() as session:
        add_person(session, app.station_id, LEADER, Role.APPROVER, PERSON, bench.clock.now())
    body = administrative_text(bench.sizes.broadcast_characters)
    article = editorial.add(app, BulletinDraft(title="Bản tin đo thử", body=body)).article
    editorial.submit(app, article.id)
    leader = App(home, app.settings, bench.clock, LEADER)
    editorial.approve(leader, article.id, accept_residue=True)
    leader.close()
    return app


def on_air(bench: Bench, daemon: subprocess.Popen[bytes], app: App) -> Path:
    """Book the bulletin and wait until its sound comes out; gives the recording of it."""
    at = bench.clock.now() + _LEAD
    bookings.add(app, 1, "radio", [], at)
    until(bench, daemon, app.home, lambda: any(map(sounding, recordings(app))))
    return next(filter(sounding, recordings(app)))


def _check_real_time(bench: Bench, recorded: int) -> None:
    """The seconds measured must have been seconds on the air."""
    seconds = recorded / pcm.WIDTH / pcm.RATE
    if not 0.9 < seconds / bench.sizes.idle_seconds < 1.2:
        raise RuntimeError(f"{seconds:.1f} s of sound in {bench.sizes.idle_seconds:g} s")


def recordings(app: App) -> list[Path]:
    return list((app.home / "air").rglob("*.wav"))


def sounding(path: Path) -> bool:
    return path.stat().st_size > pcm.RATE * pcm.WIDTH


@contextmanager
def process(arguments: list[str], home: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process of ours, asked to end when it is no longer needed."""
    with (home / _LOG).open("ab") as log:
        process = subprocess.Popen(
            arguments, stdout=log, stderr=log, env=environment(), start_new_session=True
        )
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def until(
    bench: Bench, daemon: subprocess.Popen[bytes], home: Path, happened: Callable[[], bool]
) -> None:
    """Wait for the daemon to do something; what it said is the error when it does not."""
    deadline = bench.clock.monotonic() + _START_SECONDS
    while not happened():
        if daemon.poll() is not None or bench.clock.monotonic() > deadline:
            said = (home / _LOG).read_text(encoding="utf-8", errors="replace")
            raise RuntimeError(f"the daemon (code {daemon.returncode}) said: {said[-2000:]}")
        bench.clock.sleep(0.05)
