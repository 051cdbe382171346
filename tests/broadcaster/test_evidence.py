"""The ledger: what was written stays, and what was tampered with is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError
from sqlmodel import select

from broadcaster import evidence, verification
from broadcaster.evidence import Kind
from broadcaster.records import EvidenceRecord
from broadcaster.verification import Verification
from channels.base import Artefact
from tests.broadcaster.conftest import Bench


def fill(bench: Bench, count: int = 6) -> None:
    stored = bench.store.put(Artefact("bài.txt", "text/plain", "nội dung".encode()))
    with bench.database.writing() as session:
        for number in range(count):
            evidence.append(
                session,
                bench.station.id or 0,
                Kind.MANUAL,
                bench.clock.now(),
                {"bulletin": number, "simulated": False},
                details={"lời": f"số {number}"},
                artefacts=[stored] if number == 2 else [],
            )


def verdict(bench: Bench) -> Verification:
    with bench.database.reading() as session:
        return verification.verify(session, bench.station.id or 0, bench.store)


def test_an_untouched_chain_holds(bench: Bench) -> None:
    fill(bench)
    found = verdict(bench)
    assert (found.ok, found.records, found.artefacts) == (True, 6, 1)


def test_each_record_names_the_hash_of_the_one_before(bench: Bench) -> None:
    fill(bench, 3)
    with bench.database.reading() as session:
        rows = [evidence.to_json(row) for row in evidence.records(session, 1)]
    assert [row["prev_hash"] for row in rows] == [
        evidence.GENESIS,
        rows[0]["hash"],
        rows[1]["hash"],
    ]
    assert all(key in rows[0] for key in ("seq", "kind", *evidence.FACTS, "hash", "prev_hash"))


@pytest.mark.parametrize("statement", ["UPDATE evidence SET hash = 'x'", "DELETE FROM evidence"])
def test_the_database_itself_refuses_to_change_a_record(bench: Bench, statement: str) -> None:
    fill(bench)
    with (
        pytest.raises(IntegrityError, match="append-only"),
        bench.database.writing() as session,
    ):
        session.connection().exec_driver_sql(statement)
    assert verdict(bench).ok


def test_two_stations_have_two_chains(bench: Bench) -> None:
    from content.station import Station

    fill(bench, 2)
    with bench.database.writing() as session:
        other = Station(name="UBND xã Khác", created_at=bench.clock.now())
        session.add(other)
        session.flush()
        evidence.append(session, other.id or 0, Kind.MANUAL, bench.clock.now(), {})
    with bench.database.reading() as session:
        assert evidence.head(session, other.id or 0).seq == 1
        assert verification.verify(session, other.id or 0, bench.store).ok
    assert verdict(bench).records == 2


def test_artefacts_are_written_once_under_their_own_hash(bench: Bench) -> None:
    one = bench.store.put(Artefact("a.txt", "text/plain", b"x"))
    two = bench.store.put(Artefact("b.txt", "text/plain", b"x"))
    assert one.sha256 == two.sha256
    assert [p.name for p in bench.store.folder.rglob("*") if p.is_file()] == [one.sha256]
    assert bench.store.path(one.sha256).read_bytes() == b"x"


_words = st.text(st.characters(codec="utf-8"), max_size=30)


@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(details=st.dictionaries(_words, st.one_of(_words, st.integers(-(2**53) + 1, 2**53 - 1))))
def test_any_text_can_be_recorded_and_read_back(bench: Bench, details: dict[str, str]) -> None:
    with bench.database.writing() as session:
        row = evidence.append(
            session, bench.station.id or 0, Kind.MANUAL, bench.clock.now(), {}, details=details
        )
    assert json.loads(row.body)["details"] == details
    assert verdict(bench).ok


def test_records_are_read_in_order_in_small_batches(bench: Bench) -> None:
    fill(bench, 7)
    with bench.database.reading() as session:
        assert [row.seq for row in evidence.records(session, 1, batch=2)] == list(range(1, 8))
        assert len(session.exec(select(EvidenceRecord)).all()) == 7


def test_the_store_never_shows_a_half_written_artefact(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        bench.store.put(Artefact("a", "text/plain", b"half"))
    assert [p for p in Path(bench.store.folder).rglob("*") if p.is_file()] == []
