"""The daemon walks the ledger by itself, when nothing sounds, and tells what it finds."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from broadcaster import alerts, verified
from broadcaster.alert_watch import Watch
from broadcaster.automatic_verification import AutomaticVerification
from broadcaster.clock import SystemClock
from broadcaster.evidence import head
from broadcaster.settings import Settings
from broadcaster.verification import Break, Verification
from tests.broadcaster import tampering
from tests.broadcaster.tampering import DAY, opened
from tests.clocks import HandClock

LEFT = 130.0
"""Seconds after a start, when what was late has gone out."""


def walk(chore: AutomaticVerification) -> None:
    """From its beginning to its end."""
    chore.look()
    assert chore._child is not None
    chore._child.wait(60)
    chore.look()
    assert chore._child is None


def test_a_whole_ledger_is_walked_once_a_week_when_nothing_sounds(home: Path) -> None:
    sounding = [True]
    clock = HandClock(SystemClock().now())
    chore = AutomaticVerification(home, Settings(), clock, lambda: sounding[0])
    chore.look()
    clock.forward(LEFT)
    chore.look()
    assert chore._child is None
    sounding[0] = False
    walk(chore)
    last = verified.last(home)
    assert last is not None
    assert (last.ok, last.records, chore.trouble) == (True, 14, None)
    clock.forward(6 * DAY)
    chore.look()
    assert chore._child is None
    clock.forward(DAY)
    chore.look()
    assert chore._child is not None
    chore.leave()


def test_a_ledger_that_broke_is_told_and_walked_again_the_next_day(home: Path) -> None:
    path = tampering.artefact(home, 9)
    good = path.read_bytes()
    path.write_bytes(good[:-1])
    clock = HandClock(SystemClock().now())
    chore = AutomaticVerification(home, Settings(), clock, lambda: False)
    clock.forward(LEFT)
    walk(chore)
    assert "chỉ còn một phần" in str(chore.trouble)
    app = opened(home)
    watch = Watch(app, ["mail"], {"ledger": lambda: chore.trouble}, died=False)
    for _ in range(2):
        watch.look()
    with app.database.reading() as session:
        told = [row for row in alerts.listed(session, 1) if row.key.startswith("ledger:")]
    app.close()
    (one,) = told
    assert one.subject == "Kiểm tra sổ minh chứng không đạt"
    assert "chỉ còn một phần" in one.body
    path.write_bytes(good)  # put back from a backup
    clock.forward(DAY + 3600)
    walk(chore)
    assert chore.trouble is None


@pytest.mark.parametrize(
    ("days", "since", "ok", "due"),
    [
        (7, 6.9, True, False),
        (7, 7.0, True, True),
        (7, 1.0, False, True),
        (7, 0.5, False, False),
        (7, -2.0, True, True),
        (0, 999.0, True, False),
    ],
    ids=["fresh", "a week old", "broken yesterday", "broken today", "of a wrong clock", "off"],
)
def test_when_the_next_walk_is_due(
    home: Path, monkeypatch: pytest.MonkeyPatch, days: int, since: float, ok: bool, due: bool
) -> None:
    monkeypatch.setenv("BROADCASTER_EVIDENCE__VERIFY_DAYS", str(days))
    clock = HandClock()
    broken = None if ok else Break.EDITED
    app = opened(home)
    with app.database.reading() as session:
        verdict = Verification(14, 3, head(session, 1), broken)
    app.close()
    verified.note(home, verdict, clock.now() - timedelta(days=since))
    assert AutomaticVerification(home, Settings(), clock, lambda: False).is_due() is due


def test_a_ledger_never_walked_is_due_unless_switched_off(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert AutomaticVerification(home, Settings(), HandClock(), lambda: False).is_due()
    monkeypatch.setenv("BROADCASTER_EVIDENCE__VERIFY_DAYS", "0")
    assert not AutomaticVerification(home, Settings(), HandClock(), lambda: False).is_due()


def test_a_walk_that_could_not_be_made_is_told_too(home: Path) -> None:
    (home / "broadcaster.toml").write_text("[evidence]\nverify_dayz = 1\n", encoding="utf-8")
    clock = HandClock(SystemClock().now())
    chore = AutomaticVerification(home, Settings(), clock, lambda: False)
    clock.forward(LEFT)
    walk(chore)
    assert "verify_dayz" in str(chore.trouble)
