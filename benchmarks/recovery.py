"""After the power comes back: from the start of the daemon to sound, and what a backup takes."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from benchmarks.bench import PERSON, Bench, command, environment
from benchmarks.daemon import prepared, recordings
from benchmarks.ledger import Ledger
from benchmarks.measure import Aim, Row, Sample, in_turns, timed
from broadcaster import backups, bookings
from broadcaster.app import App
from broadcaster.setup import make_home
from channels.base import Artefact

_SOUND_BYTES = 8_192
"""More than the head of a recording: samples have left."""
_PATIENCE = 60.0
_AIM = Aim(5.0)
_BATCHES = 5
_ARTEFACTS, _ARTEFACT_BYTES = 200, 100_000


def run(bench: Bench) -> Sequence[Row]:
    """Killed in the middle of sound and started again; a home copied beside bare copying."""
    return [*_recovery(bench), *_backup(bench)]


def _recovery(bench: Bench) -> list[Row]:
    home = bench.fresh("recovery")
    app = prepared(bench, home)
    try:
        bookings.add(app, 1, "radio", [], bench.clock.now() + timedelta(milliseconds=1))
        _once(bench, app)  # renders; from here on the power fails in the middle of sound
        bare = [timed(lambda: subprocess.run(command("--help"), env=environment(),
                                             capture_output=True, check=True))
                for _ in range(bench.sizes.rounds)]  # fmt: skip
        took = [_once(bench, app) for _ in range(bench.sizes.rounds)]
    finally:
        app.close()
    base = Sample(tuple(bare))
    return [Row("power-up to sound", Sample(tuple(took)), "s", "--help", base, _AIM)]


def _once(bench: Bench, app: App) -> float:
    """Seconds from starting the daemon to the first new samples; then the power fails."""
    before = _sizes(app)
    with (app.home / "process.log").open("ab") as log:
        began = bench.clock.monotonic()
        daemon = subprocess.Popen(
            command("run", "--home", str(app.home)), stdout=log, stderr=log, env=environment()
        )
    try:
        while not _sounds(app, before):
            took = bench.clock.monotonic() - began
            if took > _PATIENCE or daemon.poll() is not None:
                raise RuntimeError((app.home / "process.log").read_text(errors="replace")[-2000:])
            bench.clock.sleep(0.01)
        return bench.clock.monotonic() - began
    finally:
        daemon.send_signal(signal.SIGKILL)
        daemon.wait()


def _sizes(app: App) -> dict[Path, int]:
    return {path: path.stat().st_size for path in recordings(app)}


def _sounds(app: App, before: dict[Path, int]) -> bool:
    return any(size > before.get(path, 0) + _SOUND_BYTES for path, size in _sizes(app).items())


def _backup(bench: Bench) -> list[Row]:
    app = make_home(bench.fresh("backup"), bench.clock, person=PERSON)
    count = bench.sizes.records * _BATCHES
    Ledger(app).batch(count)
    for number in range(_ARTEFACTS):
        app.store.put(Artefact(f"{number}.mp3", "audio/mpeg", os.urandom(_ARTEFACT_BYTES)))
    target = bench.folder / "backup.zip"

    def ours() -> float:
        target.unlink(missing_ok=True)
        return timed(lambda: backups.make(app.home, app.settings, target, bench.clock.now()))

    mine, bare = in_turns(bench.sizes.rounds, ours, lambda: timed(lambda: _copy(app, target)))
    app.close()
    return [Row(f"backup, {count:,} records", mine, "s", "read, hash, write, fsync", bare)]


def _copy(app: App, target: Path) -> None:
    """The least that could be called a backup: the same bytes, hashed, on the disk."""
    paths = [app.database.file, *(p for p in app.store.folder.rglob("*") if p.is_file())]
    with target.with_name("bare.bin").open("wb") as out:
        for path in paths:
            data = path.read_bytes()
            hashlib.sha256(data).digest()
            out.write(data)
        out.flush()
        os.fsync(out.fileno())
