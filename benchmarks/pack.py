"""An evidence pack of many records, beside a plain zip of the same files; its verifier."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.bench import PERSON, Bench
from benchmarks.measure import Row, in_turns, timed
from broadcaster import evidence
from broadcaster.app import App
from broadcaster.evidence import Kind
from broadcaster.pack import kiem_tra
from broadcaster.pack.export import export
from broadcaster.pack.scope import Scope
from broadcaster.setup import make_home
from channels.base import Artefact

_BYTES = 16_384
"""Of each artefact."""


def run(bench: Bench) -> Sequence[Row]:
    """Making the pack, and verifying it with the script inside it."""
    app = make_home(bench.fresh("pack"), bench.clock, person=PERSON)
    try:
        return _rows(bench, app)
    finally:
        app.close()


def _rows(bench: Bench, app: App) -> list[Row]:
    count = bench.sizes.records * 5
    _fill(app, count)
    pack, plain = app.home / "pack.zip", app.home / "plain.zip"
    stored = sorted(path for path in app.store.folder.rglob("*") if path.is_file())
    rounds = min(bench.sizes.rounds, 3)
    made, bare = in_turns(
        rounds,
        lambda: timed(lambda: export(app, pack, Scope("all"))),
        lambda: timed(lambda: _zip(plain, stored)),
    )
    verified, hashed = in_turns(
        rounds,
        lambda: timed(lambda: _verify(pack)),
        lambda: timed(lambda: _hash(stored)),
    )
    return [
        Row(f"pack of {count:,} records", made, "s", "a plain zip of the files", bare),
        Row("its verifier, alone", verified, "s", "SHA-256 of the files", hashed),
    ]


def _fill(app: App, count: int) -> None:
    for first in range(0, count, 1000):
        numbers = range(first, min(first + 1000, count))
        sounds = [hashlib.sha256(b"%d" % n).digest() * (_BYTES // 32) for n in numbers]
        kept = [app.store.put(Artefact("a.mp3", "audio/mpeg", sound)) for sound in sounds]
        with app.database.writing() as session:
            for number, one in zip(numbers, kept, strict=True):
                moment = evidence.iso(app.clock.now())
                evidence.append(
                    session, app.station_id, Kind.DELIVERY, app.clock.now(),
                    {"channel": "radio", "target": "toan-xa", "delivery": number, "bulletin": 1,
                     "revision": 1, "outcome": "sent", "simulated": False,
                     "scheduled_at": moment, "started_at": moment, "ended_at": moment},
                    artefacts=[one],
                )  # fmt: skip


def _zip(target: Path, files: Sequence[Path]) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for path in files:
            archive.write(path, path.name)


def _verify(pack: Path) -> None:
    verdict = kiem_tra.Verifier(kiem_tra.Pack(pack)).run()
    if not verdict["ok"]:
        raise RuntimeError(f"the pack does not verify: {verdict['what']}")


def _hash(files: Sequence[Path]) -> None:
    for path in files:
        hashlib.sha256(path.read_bytes()).hexdigest()
