"""Steps of a delivery: each on disk before the channel goes on, many threads in few commits."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError
from sqlmodel import Session, select

from broadcaster import books
from broadcaster.books import Books
from broadcaster.evidence import ArtefactStore
from broadcaster.records import DeliveryStep
from channels.base import Artefact, Progress
from tests.broadcaster.conftest import Bench


@pytest.fixture
def progress(bench: Bench) -> Progress:
    return Books(bench.database, bench.clock).progress(bench.plan())


def test_steps_of_many_threads_are_all_kept(bench: Bench, progress: Progress) -> None:
    def record(number: int) -> None:
        progress.record(f"user.{number:03}", "begun")
        assert progress.get(f"user.{number:03}") == "begun"

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(record, range(200)))
    assert len(list(progress.steps("user."))) == 200


def test_who_waits_for_the_disk_is_written_together(
    bench: Bench, progress: Progress, monkeypatch: pytest.MonkeyPatch
) -> None:
    commits, pause = 0, threading.Event()
    real = bench.database.writing

    @contextmanager
    def slow() -> Iterator[Session]:
        nonlocal commits
        commits += 1
        with real() as session:
            pause.wait(0.05)
            yield session

    monkeypatch.setattr(bench.database, "writing", slow)
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda n: progress.record(f"user.{n}", "begun"), range(16)))
    assert commits < 16
    assert len(list(progress.steps("user."))) == 16


def test_a_step_that_was_not_written_is_said_to_be_so_by_its_own_thread_only(
    bench: Bench, progress: Progress, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, faults = bench.database.writing, [OperationalError("x", None, Exception("full"))]

    @contextmanager
    def failing() -> Iterator[Session]:
        if faults:
            raise faults.pop()
        with real() as session:
            yield session

    monkeypatch.setattr(bench.database, "writing", failing)

    def record(number: int) -> bool:
        try:
            progress.record(f"user.{number}", "begun")
        except OperationalError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        kept = list(pool.map(record, range(40)))
    assert kept.count(False) == 1
    for number, was_kept in enumerate(kept):
        assert (progress.get(f"user.{number}") == "begun") or not was_kept


def test_steps_are_read_in_order_a_few_at_a_time(
    bench: Bench, progress: Progress, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(books, "_STEPS_AT_ONCE", 3)
    for number in range(10):
        progress.record(f"user.{number}", str(number))
    progress.record("usex", "another")
    assert list(progress.steps("user.")) == [(f"user.{n}", str(n)) for n in range(10)]
    with bench.database.reading() as session:
        assert len(session.exec(select(DeliveryStep)).all()) == 11


def test_a_kept_file_is_copied_and_one_that_changes_meanwhile_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, source = ArtefactStore(tmp_path / "store"), tmp_path / "danh sách.json"
    source.write_bytes(b"x" * 3_000_000)
    kept = store.put(Artefact("a.json", "application/json", source))
    assert store.path(kept.sha256).read_bytes() == source.read_bytes()
    assert kept.bytes == 3_000_000
    monkeypatch.setattr(Artefact, "sha256", lambda _: "0" * 64)
    with pytest.raises(OSError, match="changed"):
        store.put(Artefact("a.json", "application/json", source))
    assert not store.path("0" * 64).exists()
