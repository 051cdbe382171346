"""What may be heard, asked when a delivery is armed: hours, length, the clock, the words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from broadcaster import evidence, gates
from broadcaster.evidence import Kind
from broadcaster.records import Broadcast, Delivery
from broadcaster.settings import BroadcastSection, Settings
from channels.base import Artefact, Prepared
from tests.broadcaster.conftest import Bench, spoken_hash
from tests.channels_fake import FakeChannel

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


@pytest.fixture
def radio(bench: Bench) -> Bench:
    bench.channel = FakeChannel("radio", ("toan-xa",))
    return bench


def refusal(
    bench: Bench, delivery: Delivery, start: datetime, seconds: float = 60, **chosen: object
) -> gates.Refusal | None:
    settings = Settings(broadcast=BroadcastSection.model_validate(chosen))
    with bench.database.reading() as session:
        return gates.check(session, settings, ZONE, delivery, start, lasting(seconds))


def lasting(seconds: float, *, elastic: bool = False) -> Prepared:
    payload = Artefact("a.mp3", "audio/mpeg", b"")
    return Prepared("radio", "", payload, duration=timedelta(seconds=seconds), elastic=elastic)


def local(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, 24, hour, minute, tzinfo=ZONE).astimezone(UTC)


def test_at_five_in_the_morning_and_not_a_minute_before(radio: Bench) -> None:
    delivery = radio.plan(at=local(5))
    assert refusal(radio, delivery, local(5)) is None
    early = refusal(radio, delivery, local(4, 59))
    assert early is not None
    assert early.until == local(5)


def test_sound_may_not_run_into_the_quiet_hours(radio: Bench) -> None:
    delivery = radio.plan(at=local(20, 55))
    assert refusal(radio, delivery, local(20, 55), seconds=299) is None
    assert refusal(radio, delivery, local(20, 55), seconds=301) is not None


def test_a_post_makes_no_noise(bench: Bench) -> None:
    assert refusal(bench, bench.plan(at=local(3)), local(3)) is None


def test_a_session_longer_than_permitted_is_refused(radio: Bench) -> None:
    delivery = radio.plan(at=local(8))
    assert refusal(radio, delivery, local(8), seconds=61, minutes_per_session=1) is not None
    assert refusal(radio, delivery, local(8), seconds=60, minutes_per_session=1) is None


def test_what_no_longer_fits_the_window_is_missed(radio: Bench) -> None:
    delivery = radio.plan(at=local(8), grace=600)
    late = refusal(radio, delivery, local(8, 9), seconds=120)
    assert late is not None
    assert late.status == "missed"


@pytest.mark.parametrize("moment", [datetime(1970, 1, 1, tzinfo=UTC), local(6)])
def test_a_clock_behind_the_ledger_keeps_the_loudspeakers_silent(
    radio: Bench, moment: datetime
) -> None:
    delivery = radio.plan(at=local(8))
    with radio.database.writing() as session:
        evidence.append(session, 1, Kind.MANUAL, local(8), {})
    found = refusal(radio, delivery, moment)
    assert found is not None
    assert "đồng hồ" in found.reason
    assert found.until is not None
    assert refusal(radio, delivery, local(7, 56)) is None


def test_a_changed_lexicon_stops_the_sound_until_somebody_approves_the_new_words(
    radio: Bench,
) -> None:
    delivery = radio.plan(at=local(8), body="Thôn Đoài.")
    with radio.database.reading() as session:
        same = gates.check_words(session, delivery, lambda r: spoken_hash(r.body))
        other = gates.check_words(session, delivery, lambda r: spoken_hash(r.body + " khác"))
    assert same is None
    assert other is not None


def test_an_emergency_passes_the_quiet_hours_but_not_a_cancel(radio: Bench) -> None:
    delivery = radio.plan(at=local(3))
    delivery.urgent = True
    assert refusal(radio, delivery, local(3)) is None
    with radio.database.writing() as session:
        broadcast = session.get_one(Broadcast, delivery.broadcast_id)
        broadcast.cancelled_at = local(3)
        session.add(broadcast)
    assert refusal(radio, delivery, local(3)) is not None


def test_a_relay_that_begins_late_still_fits_because_it_ends_with_its_window(radio: Bench) -> None:
    delivery = radio.plan(at=local(5), grace=600)
    with radio.database.reading() as session:

        def refused(prepared: Prepared) -> gates.Refusal | None:
            late = local(5, 8)
            return gates.check(session, radio.settings, ZONE, delivery, late, prepared)

        assert refused(lasting(600)) is not None
        assert refused(lasting(600, elastic=True)) is None
