"""The power fails at named steps of every channel; `python -m tests.faults` does it longer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from broadcaster.records import Delivery
from tests.faults.yard import NETWORKS, Strike, Yard


@pytest.fixture
def yard(tmp_path: Path) -> Iterator[Yard]:
    with Yard(tmp_path) as yard:
        yield yard


def test_killed_again_and_again_at_the_steps_of_every_channel(yard: Yard) -> None:
    steps = (
        "facebook:page/POST feed after",
        "zalo:followers/progress broadcast_begun after",
        "zalo:followers/POST create after",
        "zalo:group:thon-1/sending after",
        "aside/POST cs after",
        "zalo:recent/progress recent_done after",  # the second time: the round's end
        "portal:site/rename after",
        "facebook:page/inside the transaction after",
        "zalo:group:thon-2/vault zalo.tokens before",
    )
    # A quiet round first: killed inside the very first rotation, Zalo's single-use token is lost.
    yard.round([], NETWORKS)
    for number in range(0, len(steps), 3):
        strikes = [
            Strike(step, 1 + step.count("recent_done")) for step in steps[number : number + 3]
        ]
        yard.round(strikes, NETWORKS)
    assert yard.tally.faults == []
    assert sum(yard.tally.strikes.values()) >= 5
    assert yard.tally.deliveries["zalo sent"] == 4 * 4


@pytest.mark.parametrize("portal", ["folder", "webdav"])
def test_killed_while_a_withdrawn_page_is_taken_down(tmp_path: Path, portal: str) -> None:
    steps = ("begin after", "take_down before", "take_down after", "artefact after", "close after")
    with Yard(tmp_path, portal) as yard:
        yard.take_down([Strike(f"takedown/{step}") for step in steps])
        assert yard.tally.faults == []
        assert sum(yard.tally.strikes.values()) >= 4


def test_killed_at_the_last_sample_it_was_played_once(yard: Yard) -> None:
    yard.round([Strike("radio:toan-xa/recording closed after"), Strike(after=1.0)], ("radio",))
    assert yard.tally.faults == []
    assert yard.tally.strikes["radio:toan-xa/recording closed after"] == 1


@pytest.mark.parametrize(
    ("fault", "steps"),
    [
        ("full", ("facebook:page/commit before", "zalo:followers/artefact before")),
        ("eio", ("portal:site/rename before", "zalo:group:thon-1/fsync before")),
    ],
)
def test_a_disk_that_fails_at_a_write_costs_no_delivery(
    yard: Yard, fault: str, steps: tuple[str, ...]
) -> None:
    for step in steps:
        yard.weather(Strike(step, nth=2, fault=fault, times=2), NETWORKS)
    assert yard.tally.faults == []


def test_a_worker_that_hangs_holds_up_nothing_else_and_sigterm_still_ends_it(yard: Yard) -> None:
    rows = yard.book(NETWORKS)
    yard.power_up(Strike("facebook:page/POST feed before", fault="hang"))
    others = [row for row in rows if row.channel != "facebook"]
    yard.settle_all(others)
    assert yard.tally.stuck == []
    assert yard.terminate() < 15
    yard.recover()
    yard.settle_all(rows)
    yard.compare(rows)
    assert yard.tally.faults == []


@pytest.mark.parametrize("hours", [-5, 5])
def test_the_clock_jumps_by_hours_in_the_middle_and_nothing_goes_out_twice(
    yard: Yard, hours: int
) -> None:
    rows = yard.book(NETWORKS)
    yard.power_up()
    yard.wait_for(lambda: bool(yard.facebook.calls or yard.zalo.calls), "the first call")
    yard.set_clock(hours)
    yard.finish(rows)
    yard.set_clock(0)
    yard.finish(rows)
    yard.compare(rows)
    assert yard.tally.faults == []


def test_the_database_is_locked_for_longer_than_the_patience(yard: Yard) -> None:
    rows = yard.book(NETWORKS)
    yard.environment["FAULTS_IMPATIENT"] = "1"
    yard.power_up()
    yard.wait_for(lambda: bool(yard.zalo.calls), "the first call")
    with yard.locked_database(2.0):
        yard.wait_for(lambda: "lane.broke" in yard.said(), "the end of patience")
    yard.settle_all(rows)
    yard.compare(rows)
    assert yard.tally.faults == []


def test_a_full_disk_for_real(yard: Yard) -> None:
    """Every write beyond a size fails in the daemon, as on a full disk; then there is room."""
    rows = yard.book(NETWORKS)
    yard.power_up()
    yard.wait_for(lambda: bool(yard.zalo.calls), "the first call")
    yard.limit_files(1)
    yard.wait_a_while(3.0)
    yard.limit_files(None)
    yard.settle_all(rows)
    yard.compare(rows)
    assert yard.tally.faults == []


def test_platforms_gone_for_the_whole_window_are_missed_with_evidence(yard: Yard) -> None:
    with yard.platforms_gone():
        rows = yard.book(("facebook", "zalo"))
        yard.power_up()
        yard.wait_for(lambda: "not_sent" in yard.evidence_text(rows), "tries")
        yard.set_clock(3)  # beyond the grace of two hours
        yard.settle_all(rows)
    yard.compare(rows)
    assert yard.tally.deliveries["facebook missed"] == 1
    assert yard.tally.deliveries["zalo missed"] == 4
    assert yard.tally.faults == []


@pytest.mark.parametrize("state", ["gone", "nameless"])
def test_without_network_or_names_it_waits_and_then_goes_out_once(yard: Yard, state: str) -> None:
    with yard.network(state):
        rows = yard.book(("facebook", "zalo"))
        yard.power_up()
        yard.wait_for(lambda: _tries(yard, rows) > 3, "tries")
        assert not yard.facebook.posts
    yard.settle_all(rows)
    yard.compare(rows)
    assert yard.tally.deliveries["facebook sent"] == 1
    assert yard.tally.deliveries["zalo sent"] == 4
    assert yard.tally.faults == []


def test_a_day_without_network_is_missed_with_evidence_and_the_next_day_works(yard: Yard) -> None:
    with yard.network("gone"):
        rows = yard.book(("facebook", "zalo"))
        yard.power_up()
        yard.wait_for(lambda: _tries(yard, rows) > 0, "tries")
        yard.set_clock(24)
        yard.settle_all(rows)
    yard.compare(rows)
    assert yard.tally.deliveries["facebook missed"] == 1
    yard.cut_power()
    yard.set_clock(0)
    fresh = yard.round([], ("facebook", "zalo"))
    assert all(row.status == "sent" for row in fresh)
    assert yard.tally.faults == []


def _tries(yard: Yard, rows: Sequence[Delivery]) -> int:
    return yard.evidence_text(rows).count('"not_sent"')


def test_a_corrupt_cache_is_made_again(yard: Yard) -> None:
    yard.round([Strike("radio:toan-xa/sending after")], ("radio",))
    rows = yard.book(("radio",))
    yard.power_up(Strike("radio:toan-xa/ready after"))
    yard.wait_for(lambda: yard.ended() is not None, "the strike")
    spoilt = [p for p in (yard.home / "cache").rglob("*") if p.is_file()]
    for path in spoilt:
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert spoilt
    yard.recover()
    yard.settle_all(rows)
    yard.compare(rows)
    assert yard.tally.deliveries["radio sent"] == 2
    assert yard.tally.faults == []


def test_edits_by_the_command_line_during_a_broadcast(yard: Yard) -> None:
    rows = yard.book(("radio", "facebook"))
    yard.power_up()
    yard.wait_for(lambda: yard.status(rows[0]) == "sending", "sound")
    for _ in range(20):
        yard.edit_something()
    yard.settle_all(rows)
    yard.compare(rows)
    assert yard.tally.deliveries["radio sent"] == 1
    assert yard.tally.faults == []


def test_the_comparison_sees_a_double_and_a_loss(yard: Yard) -> None:
    """What says “none” a thousand times must be able to say “one”."""
    rows = yard.round([], ("facebook",))
    yard.facebook.posts.append(yard.facebook.posts[0])
    yard.compare(rows)
    assert len(yard.tally.doubles) == 1
    yard.facebook.posts.clear()
    yard.compare(rows)
    assert len(yard.tally.losses) == 1
