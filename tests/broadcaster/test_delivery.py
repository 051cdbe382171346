"""The state table: every pair of states, the guard, and the evidence beside each move."""

from __future__ import annotations

import json
from itertools import product

import pytest
from sqlmodel import select

from broadcaster.delivery import FINAL, MOVES, ForbiddenMoveError, LostRaceError, Outcome, move
from broadcaster.records import Decision, Delivery, EvidenceRecord
from broadcaster.records import DeliveryStatus as Status
from tests.broadcaster.conftest import Bench

ALLOWED = {
    ("planned", "ready"),
    ("planned", "missed"),
    ("planned", "cancelled"),
    ("planned", "failed"),
    ("planned", "unknown"),
    ("ready", "sending"),
    ("ready", "missed"),
    ("ready", "cancelled"),
    ("ready", "failed"),
    ("ready", "unknown"),
    ("sending", "sent"),
    ("sending", "ready"),
    ("sending", "failed"),
    ("sending", "unknown"),
    ("unknown", "sent"),
    ("unknown", "ready"),
    ("unknown", "failed"),
}


def stand(bench: Bench, status: Status) -> Delivery:
    delivery = bench.plan()
    with bench.database.writing() as session:
        row = session.get_one(Delivery, delivery.id)
        row.status = status
        session.add(row)
    return row


@pytest.mark.parametrize(("old", "new"), list(product(Status, Status)))
def test_only_the_moves_of_the_table_are_allowed(bench: Bench, old: Status, new: Status) -> None:
    delivery = stand(bench, old)
    if (old, new) in ALLOWED:
        with bench.database.writing() as session:
            move(session, delivery, new, Outcome("thử"), bench.clock.now())
        assert bench.again(delivery).status == new
    else:
        with pytest.raises(ForbiddenMoveError), bench.database.writing() as session:
            move(session, delivery, new, Outcome("thử"), bench.clock.now())
        assert bench.again(delivery).status == old


def test_nothing_leaves_a_final_state() -> None:
    assert set(FINAL) == {Status.SENT, Status.FAILED, Status.MISSED, Status.CANCELLED}
    assert all(not MOVES[status] for status in FINAL)


def test_a_move_loses_to_whoever_moved_first_and_leaves_no_evidence(bench: Bench) -> None:
    delivery = bench.plan()
    with bench.database.writing() as session:
        move(session, bench.again(delivery), Status.CANCELLED, Outcome("hủy"), bench.clock.now())
    with pytest.raises(LostRaceError), bench.database.writing() as session:
        move(session, delivery, Status.READY, Outcome("dựng xong"), bench.clock.now())
    with bench.database.reading() as session:
        outcomes = [json.loads(r.body)["outcome"] for r in session.exec(select(EvidenceRecord))]
    assert outcomes == ["cancelled"]


def test_a_move_that_fails_half_way_changes_nothing(bench: Bench) -> None:
    delivery = bench.plan()
    with pytest.raises(ZeroDivisionError), bench.database.writing() as session:
        move(session, bench.again(delivery), Status.READY, Outcome("x"), bench.clock.now())
        raise ZeroDivisionError
    assert bench.again(delivery).status == Status.PLANNED
    with bench.database.reading() as session:
        assert session.exec(select(EvidenceRecord)).all() == []
        assert session.exec(select(Decision)).all() == []
