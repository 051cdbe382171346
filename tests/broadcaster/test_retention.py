"""Files whose time is over go, their hashes and records stay; and a wrong clock deletes nothing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from broadcaster import checkpoints, chores, evidence, retention, verification
from broadcaster.app import App, open_app
from broadcaster.evidence import Kind
from broadcaster.pack import kiem_tra
from broadcaster.pack.export import export
from broadcaster.pack.scope import Scope
from broadcaster.setup import make_home
from channels.base import Artefact
from content.errors import UserError
from tests.clocks import HandClock

DAY = 86_400.0


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    made = make_home(tmp_path / "nhà", HandClock(), name="UBND xã Thử", person="Lan")
    yield made
    made.close()


def clock_of(app: App) -> HandClock:
    assert isinstance(app.clock, HandClock)
    return app.clock


def aired(app: App, name: str, kind: str = "audio/mpeg") -> Path:
    stored = app.store.put(Artefact(name, kind, name.encode()))
    with app.database.writing() as session:
        evidence.append(session, 1, Kind.MANUAL, app.clock.now(), {}, artefacts=[stored])
    return app.store.path(stored.sha256)


def daily(app: App, days: int, step: int = 1) -> None:
    for _ in range(days // step):
        clock_of(app).forward(step * DAY)
        aired(app, f"trang {app.clock.now():%Y%m%d}", "text/html")
        checkpoints.make_due_checkpoint(app)


def two_years(app: App) -> None:
    daily(app, 720, step=20)
    daily(app, 40)


def verdict(app: App) -> verification.Verification:
    with app.database.snapshot() as session:
        return verification.verify(session, 1, app.store, copies=checkpoints.copies_in(app, []))


def records(app: App, kind: Kind) -> list[dict[str, object]]:
    with app.database.reading() as session:
        found = [evidence.to_json(row) for row in evidence.records(session, 1)]
    return [one for one in found if one["kind"] == kind]


def test_sound_beyond_its_time_goes_and_the_chain_still_verifies(app: App) -> None:
    old, page = aired(app, "cũ.mp3"), aired(app, "trang.html", "text/html")
    again = aired(app, "phát lại.mp3")
    daily(app, 720, step=20)
    aired(app, "phát lại.mp3")  # still needed by a young record
    daily(app, 40)
    pruned = retention.prune(app)
    assert (pruned.files, old.exists(), page.exists(), again.exists()) == (1, False, True, True)
    (record,) = records(app, Kind.RETENTION)
    assert [one["name"] for one in record["details"]["pruned"]] == ["cũ.mp3"]  # type: ignore[index]
    found = verdict(app)
    assert found.ok, found.what
    assert found.pruned == 1
    target = app.home.parent / "gói.zip"
    export(app, target, Scope("toàn bộ"))
    shown = kiem_tra.Verifier(kiem_tra.Pack(target)).run()
    assert (shown["ok"], shown["pruned"]) == (True, 1)
    assert retention.prune(app).files == 0
    assert len(records(app, Kind.RETENTION)) == 1


def test_a_lost_file_is_not_a_pruned_one(app: App) -> None:
    aired(app, "cũ.mp3")
    lost = aired(app, "mất.html", "text/html")
    two_years(app)
    retention.prune(app)
    lost.unlink()
    found = verdict(app)
    assert (found.broken, found.seq) == (verification.Break.ARTEFACT_MISSING, 2)


def test_a_crash_after_the_record_leaves_files_that_the_next_run_takes(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = aired(app, "cũ.mp3")
    two_years(app)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", _power_cut)
        with pytest.raises(RuntimeError, match="power"):
            retention.prune(app)
    assert old.exists()
    assert verdict(app).ok
    assert retention.prune(app).files == 1
    assert not old.exists()
    assert len(records(app, Kind.RETENTION)) == 1


def _power_cut(*_: object, **__: object) -> None:
    raise RuntimeError("power cut")


def test_a_clock_that_is_years_ahead_for_some_days_deletes_nothing(app: App) -> None:
    old = aired(app, "cũ.mp3")
    daily(app, 40)
    clock_of(app).step(14 * 365 * DAY)
    daily(app, 7)
    chores.run(app)
    assert old.exists()
    assert records(app, Kind.RETENTION) == []


def test_zero_days_is_for_ever(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    old = aired(app, "cũ.mp3")
    two_years(app)
    monkeypatch.setenv("BROADCASTER_EVIDENCE__KEEP_AUDIO_DAYS", "0")
    other = open_app(app.home, clock=app.clock, person="Lan")
    assert retention.prune(other).files == 0
    other.close()
    assert old.exists()


def test_only_an_administrator_prunes_by_hand(app: App) -> None:
    other = open_app(app.home, clock=app.clock, person="Hoa")
    with pytest.raises(UserError):
        retention.prune(other)
    other.close()


def test_the_daily_chores_sign_prune_and_forget_old_logs(app: App) -> None:
    old = aired(app, "cũ.mp3")
    two_years(app)
    logs = app.home / "logs"
    logs.mkdir(exist_ok=True)
    for name, age in (("broadcaster.log.3", 400), ("broadcaster.log", 1)):
        (logs / name).write_text("{}")
        at = app.clock.now().timestamp() - age * DAY
        os.utime(logs / name, (at, at))
    clock_of(app).forward(DAY)
    aired(app, "mới.mp3")
    chores.run(app)
    assert not old.exists()
    assert [path.name for path in logs.iterdir()] == ["broadcaster.log"]
    with app.database.reading() as session:
        last = checkpoints.newest(session, 1)
    assert last is not None
    assert last.at == app.clock.now()


def test_a_chore_that_fails_does_not_stop_the_next(app: App) -> None:
    old = aired(app, "cũ.mp3")
    two_years(app)
    clock_of(app).forward(DAY)
    aired(app, "mới.mp3")
    shutil.copy(app.home / "vault.key", app.home / "kept")
    (app.home / "vault.key").unlink()
    chores.run(app)
    assert not old.exists()
