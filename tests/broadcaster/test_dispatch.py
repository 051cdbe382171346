"""Dispatch: nothing lost, nothing twice, and an honest state whatever the channel answers."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from broadcaster import verification
from broadcaster.records import Delivery, DeliveryStep, EvidenceRecord
from broadcaster.records import DeliveryStatus as Status
from channels.base import (
    NOT_REACHED,
    Artefact,
    ChannelError,
    ErrorKind,
    Finding,
    FindingKind,
    NeedsPerson,
)
from content.bulletin import Bulletin, BulletinStatus
from tests.broadcaster.conftest import Bench
from tests.channels_fake import unknown


def run(bench: Bench, seconds: float = 0) -> None:
    bench.clock.forward(seconds)
    dispatcher = bench.dispatcher()
    for lane in (bench.ahead, bench.lane):
        dispatcher.run_lane(lane)


def why(bench: Bench, delivery: Delivery) -> str | None:
    return bench.again(delivery).reason


def outcomes(bench: Bench) -> list[str]:
    with bench.database.reading() as session:
        rows = session.exec(select(EvidenceRecord).order_by(EvidenceRecord.seq)).all()  # type: ignore[arg-type]
    return [json.loads(row.body)["outcome"] for row in rows]


def verified(bench: Bench) -> bool:
    with bench.database.reading() as session:
        return verification.verify(session, bench.station.id or 0, bench.store).ok


def test_a_due_delivery_goes_out_once_with_evidence_at_every_move(bench: Bench) -> None:
    delivery = bench.plan()
    run(bench)
    run(bench, 60)
    row = bench.again(delivery)
    assert row.status == Status.SENT
    assert bench.channel.outside == [f"BT{row.bulletin_id}.1-{row.id}"]
    assert outcomes(bench) == ["ready", "sending", "sent"]
    assert row.external_id == f"id-{bench.channel.outside[0]}"
    assert verified(bench)


def test_it_is_made_ready_half_an_hour_ahead_and_not_sent_before_its_time(bench: Bench) -> None:
    delivery = bench.plan(at=bench.clock.now() + timedelta(minutes=30))
    run(bench)
    assert bench.again(delivery).status == Status.READY
    run(bench, 29 * 60)
    assert bench.channel.outside == []
    run(bench, 60)
    assert bench.again(delivery).status == Status.SENT


def test_what_is_ready_is_looked_at_again_five_minutes_and_thirty_seconds_ahead(
    bench: Bench,
) -> None:
    delivery = bench.plan(at=bench.clock.now() + timedelta(minutes=30))
    run(bench)
    seen = [why(bench, delivery)]
    for seconds in (25 * 60, 4 * 60 + 30, 29):
        run(bench, seconds)
        seen.append(why(bench, delivery))
    assert seen[1:] == [
        "kiểm tra trước giờ 5 phút: sẵn sàng",
        "kiểm tra trước giờ 30 giây: sẵn sàng",
        "kiểm tra trước giờ 30 giây: sẵn sàng",
    ]
    run(bench, 1)
    assert bench.again(delivery).status == Status.SENT


def test_what_changed_or_broke_since_it_was_ready_is_mended_before_its_time(bench: Bench) -> None:
    delivery = bench.plan(at=bench.clock.now() + timedelta(minutes=30))
    run(bench)
    first = bench.again(delivery).payload_sha256
    bench.channel.edition = "dựng lại"
    run(bench, 25 * 60)
    assert why(bench, delivery) == "kiểm tra trước giờ 5 phút: đã dựng lại, sẵn sàng"
    assert bench.again(delivery).payload_sha256 != first
    bench.channel.problems = ("tệp âm thanh hỏng",)
    run(bench, 4 * 60 + 30)
    assert bench.again(delivery).status == Status.FAILED


def test_a_rendering_that_never_ends_holds_up_nothing_that_is_ready(bench: Bench) -> None:
    soon = bench.plan(at=bench.clock.now() + timedelta(minutes=1))
    run(bench)
    late = bench.plan(at=bench.clock.now() + timedelta(minutes=20))
    bench.channel.on_prepare = lambda: bench.dispatcher().run_lane(bench.lane)
    bench.clock.forward(60)
    bench.dispatcher().run_lane(bench.ahead)
    assert bench.again(soon).status == Status.SENT
    assert bench.again(late).status == Status.READY


def test_a_look_ahead_that_was_slept_through_is_not_waited_for(bench: Bench) -> None:
    delivery = bench.plan(at=bench.clock.now() + timedelta(minutes=30))
    run(bench)
    run(bench, 30 * 60)
    assert bench.again(delivery).status == Status.SENT


def test_sending_is_on_disk_before_the_channel_is_called(bench: Bench) -> None:
    delivery = bench.plan()
    seen: list[str] = []
    bench.channel.on_deliver = lambda: seen.append(bench.again(delivery).status)
    run(bench)
    assert seen == [Status.SENDING]


def test_what_a_crash_left_in_sending_is_looked_for_and_not_sent_again(bench: Bench) -> None:
    delivery = bench.plan()
    bench.channel.publish_before_fault = True
    bench.channel.faults = [KeyboardInterrupt()]  # type: ignore[list-item]
    with pytest.raises(KeyboardInterrupt):
        run(bench)
    assert bench.again(delivery).status == Status.SENDING
    assert bench.dispatcher().recover() == 1
    assert bench.again(delivery).status == Status.UNKNOWN
    run(bench)
    assert bench.again(delivery).status == Status.SENT
    assert len(bench.channel.outside) == 1
    assert verified(bench)


def test_what_a_crash_left_in_sending_and_is_nowhere_is_sent_after_proof(bench: Bench) -> None:
    delivery = bench.plan()
    bench.channel.faults = [KeyboardInterrupt()]  # type: ignore[list-item]
    with pytest.raises(KeyboardInterrupt):
        run(bench)
    bench.dispatcher().recover()
    run(bench)
    assert bench.channel.outside == []
    for delay in bench.settings.broadcast.settle:
        run(bench, delay)
    assert bench.again(delivery).status == Status.SENT
    assert len(bench.channel.outside) == 1


def test_an_unknown_outcome_that_was_published_is_never_sent_again(bench: Bench) -> None:
    delivery = bench.plan()
    bench.channel.publish_before_fault = True
    bench.channel.faults = [unknown()]
    run(bench)
    assert bench.again(delivery).status == Status.UNKNOWN
    run(bench, 9)
    assert bench.again(delivery).status == Status.UNKNOWN
    run(bench, 1)
    assert bench.again(delivery).status == Status.SENT
    assert len(bench.channel.outside) == 1


def test_a_look_that_fails_proves_nothing(bench: Bench) -> None:
    delivery = bench.plan(grace=100_000)
    bench.channel.publish_before_fault = True
    bench.channel.faults = [unknown()]
    bench.channel.find_faults = [unknown() for _ in range(20)]
    run(bench)
    for _ in range(20):
        run(bench, 600)
        assert bench.again(delivery).status == Status.UNKNOWN
    run(bench, 600)
    assert bench.again(delivery).status == Status.SENT
    assert len(bench.channel.outside) == 1


def looks_within(bench: Bench, hours: int) -> int:
    """How often the outside was asked in so long; a minute goes by between two turns."""
    before = bench.channel.finds
    for _ in range(hours * 60):
        run(bench, 60)
    return bench.channel.finds - before


def test_where_only_a_person_can_tell_the_platform_is_not_asked_for_ever(bench: Bench) -> None:
    delivery = bench.plan(grace=100_000)
    bench.channel.faults = [unknown()]
    bench.channel.find_faults = [NeedsPerson("hãy mở ra xem") for _ in range(9)]
    run(bench)
    assert looks_within(bench, 48) <= 3
    assert bench.again(delivery).status == Status.UNKNOWN
    assert bench.again(delivery).reason == "hãy mở ra xem"


def test_a_platform_that_is_away_is_looked_at_more_and_more_seldom(bench: Bench) -> None:
    bench.plan(grace=100_000)
    bench.channel.faults = [unknown()]
    bench.channel.find_faults = [unknown() for _ in range(9_000)]
    run(bench)
    assert looks_within(bench, 1) <= 20
    assert 10 <= looks_within(bench, 2) <= 12, "every ten minutes, the last of broadcast.settle"


def test_looks_without_any_pause_between_them_do_not_hold_the_lane(bench: Bench) -> None:
    eager = bench.settings.broadcast.model_copy(update={"settle": [0, 0]})
    bench.settings = bench.settings.model_copy(update={"broadcast": eager})
    bench.plan(grace=100_000)
    bench.channel.faults = [unknown()]
    bench.channel.find_faults = [unknown() for _ in range(50)]
    run(bench)
    run(bench, 2)
    assert bench.channel.finds <= 2


def test_a_channel_that_cannot_look_waits_for_a_person(bench: Bench) -> None:
    delivery = bench.plan()
    bench.channel.can_find = False
    bench.channel.faults = [unknown()]
    run(bench)
    run(bench, 100_000)
    row = bench.again(delivery)
    assert row.status == Status.UNKNOWN
    assert "broadcast settle" in (row.reason or "")


def test_a_bug_in_a_channel_is_an_unknown_outcome_not_a_crash(bench: Bench) -> None:
    delivery = bench.plan()
    bench.channel.faults = [RuntimeError("bug")]
    run(bench)
    assert bench.again(delivery).status == Status.UNKNOWN


def test_a_sure_failure_is_tried_again_after_the_set_delays_and_then_fails(bench: Bench) -> None:
    delivery = bench.plan()
    bench.channel.faults = [ChannelError(ErrorKind.RETRY, "mất mạng") for _ in range(4)]
    run(bench)
    for delay in bench.settings.broadcast.retry:
        assert bench.again(delivery).status == Status.READY
        run(bench, delay - 1)
        assert bench.again(delivery).status == Status.READY
        run(bench, 1)
    row = bench.again(delivery)
    assert row.status == Status.FAILED
    assert row.attempts == 4
    assert bench.channel.outside == []


def test_without_internet_it_goes_on_trying_until_the_window_closes(bench: Bench) -> None:
    delivery = bench.plan(grace=7200)
    refused = ChannelError(ErrorKind.RETRY, "mất mạng", code=NOT_REACHED)
    bench.channel.faults = [refused for _ in range(10)]
    run(bench)
    for _ in range(9):
        run(bench, 600)
        assert bench.again(delivery).status == Status.READY
    run(bench, 600)
    assert bench.again(delivery).status == Status.SENT


def test_without_internet_for_the_whole_window_it_is_missed(bench: Bench) -> None:
    delivery = bench.plan(grace=3600)
    bench.channel.faults = [
        ChannelError(ErrorKind.RETRY, "mất mạng", code=NOT_REACHED) for _ in range(20)
    ]
    for _ in range(20):
        run(bench, 300)
    row = bench.again(delivery)
    assert row.status == Status.MISSED
    assert "mất mạng" in (row.reason or "")
    assert bench.channel.outside == []


def test_a_deferred_delivery_waits_for_the_moment_the_channel_named(bench: Bench) -> None:
    delivery = bench.plan()
    until = bench.clock.now() + timedelta(hours=1)
    bench.channel.faults = [ChannelError(ErrorKind.DEFER, "giờ nghỉ đêm", until=until)]
    run(bench)
    run(bench, 3599)
    assert bench.again(delivery).status == Status.READY
    run(bench, 1)
    assert bench.again(delivery).status == Status.SENT


@pytest.mark.parametrize("kind", [ErrorKind.FIX_CONTENT, ErrorKind.SKIP_TARGET, ErrorKind.STOP])
def test_what_trying_again_cannot_mend_fails_at_once(bench: Bench, kind: ErrorKind) -> None:
    delivery = bench.plan()
    bench.channel.faults = [ChannelError(kind, "sai nội dung")]
    run(bench)
    assert bench.again(delivery).status == Status.FAILED


def test_a_lost_token_holds_the_delivery_until_somebody_logs_in(bench: Bench) -> None:
    delivery = bench.plan()
    bench.channel.faults = [ChannelError(ErrorKind.REAUTHORISE, "hết hạn mã") for _ in range(3)]
    run(bench)
    for _ in range(3):
        assert bench.again(delivery).status == Status.READY
        run(bench, 300)
    assert bench.again(delivery).status == Status.SENT


def test_a_window_that_closed_is_missed_with_evidence_and_never_sent(bench: Bench) -> None:
    delivery = bench.plan(grace=60)
    bench.clock.forward(61)
    dispatcher = bench.dispatcher()
    assert dispatcher.expire() == 1
    dispatcher.run_lane(bench.lane)
    assert bench.again(delivery).status == Status.MISSED
    assert bench.channel.outside == []
    assert outcomes(bench) == ["missed"]


def test_what_was_heard_of_a_cut_playing_is_kept(bench: Bench) -> None:
    delivery = bench.plan()
    heard = Artefact("as-aired.mp3", "audio/mpeg", b"half of it")
    cut = ChannelError(ErrorKind.STOP, "luồng mất giữa chừng", artefacts=(heard,))
    bench.channel.faults = [cut]
    run(bench)
    assert bench.again(delivery).status == Status.FAILED
    assert bench.store.path(heard.sha256()).read_bytes() == b"half of it"
    with bench.database.reading() as session:
        last = session.exec(select(EvidenceRecord).order_by(EvidenceRecord.seq)).all()[-1]
    assert [one["sha256"] for one in json.loads(last.body)["artefacts"]] == [heard.sha256()]


def test_a_full_disk_does_not_hide_that_a_playing_was_cut(bench: Bench, tmp_path: Path) -> None:
    delivery = bench.plan()
    gone = Artefact("as-aired.mp3", "audio/mpeg", tmp_path / "không có.mp3")
    bench.channel.faults = [ChannelError(ErrorKind.STOP, "luồng mất", artefacts=(gone,))]
    run(bench)
    assert bench.again(delivery).status == Status.FAILED


def test_content_that_breaks_a_limit_fails_early_with_the_limits_named(bench: Bench) -> None:
    delivery = bench.plan(at=bench.clock.now() + timedelta(minutes=20))
    bench.channel.problems = ("bài dài quá", "ảnh nặng quá")
    run(bench)
    row = bench.again(delivery)
    assert row.status == Status.FAILED
    assert "bài dài quá" in (row.reason or "")
    assert "ảnh nặng quá" in (row.reason or "")


def test_a_bulletin_withdrawn_behind_our_back_does_not_go_out(bench: Bench) -> None:
    delivery = bench.plan()
    with bench.database.writing() as session:
        bulletin = session.get_one(Bulletin, delivery.bulletin_id)
        bulletin.status = BulletinStatus.WITHDRAWN
        session.add(bulletin)
    run(bench)
    assert bench.again(delivery).status == Status.CANCELLED
    assert bench.channel.outside == []


def test_one_delivery_that_waits_does_not_hold_the_next(bench: Bench) -> None:
    first = bench.plan()
    second = bench.plan(at=bench.clock.now() + timedelta(seconds=1))
    bench.channel.faults = [ChannelError(ErrorKind.RETRY, "mất mạng")]
    run(bench, 1)
    assert bench.again(first).status == Status.READY
    assert bench.again(second).status == Status.SENT


def test_our_own_shutdown_does_not_count_as_an_attempt(bench: Bench) -> None:
    delivery = bench.plan()
    dispatcher = bench.dispatcher()
    bench.channel.on_deliver = dispatcher.stop.set
    bench.channel.faults = [ChannelError(ErrorKind.RETRY, "bị ngắt")]
    for lane in (bench.ahead, bench.lane):
        dispatcher.run_lane(lane)
    row = bench.again(delivery)
    assert (row.status, row.attempts) == (Status.READY, 0)
    bench.channel.on_deliver = lambda: None
    run(bench)
    assert bench.again(delivery).status == Status.SENT


def test_a_busy_database_does_not_lose_the_record_of_what_went_out(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sqlalchemy.exc import OperationalError

    import broadcaster.books as books

    delivery = bench.plan()
    real, failures = books.move, [1, 2, 3]

    def moody(session, row, to, outcome, now):  # type: ignore[no-untyped-def]
        if to is Status.SENT and failures:
            failures.pop()
            raise OperationalError("UPDATE", {}, Exception("database is locked"))
        real(session, row, to, outcome, now)

    monkeypatch.setattr(books, "move", moody)
    run(bench)
    assert failures == []
    assert bench.again(delivery).status == Status.SENT
    assert len(bench.channel.outside) == 1


def test_steps_recorded_by_a_channel_survive_a_crash(bench: Bench) -> None:
    delivery = bench.plan()
    bench.channel.on_deliver = lambda: bench.channel.seen[-1].progress.record("bước", "một")
    bench.channel.faults = [ChannelError(ErrorKind.RETRY, "mất mạng")]
    run(bench)
    with bench.database.reading() as session:
        assert session.get_one(DeliveryStep, (delivery.id, "bước")).value == "một"
    run(bench, 30)
    assert bench.channel.seen[-1].progress.get("bước") == "một"


@pytest.mark.parametrize("simulated", [False, True])
def test_what_a_sandbox_heard_of_itself_is_marked_as_simulated(
    bench: Bench, simulated: bool
) -> None:
    bench.channel.simulated = simulated
    finding = Finding(FindingKind.CHECK, "page", bench.clock.now(), "nghe được 100 %")
    bench.dispatcher().found(finding, bench.channel.name)
    with bench.database.reading() as session:
        record = session.exec(select(EvidenceRecord)).one()
    assert json.loads(record.body)["simulated"] is simulated
