"""The Zalo Official Account: what is sent to whom, within which limits, and when."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from channels.base import (
    SAID_NOT_SENT,
    ChannelError,
    ErrorKind,
    OutcomeUnknown,
    Quota,
    Receipt,
    Sending,
    Target,
)
from channels.zalo import ZaloChannel, ZaloSettings
from channels.zalo_recent import pseudonym
from content.errors import UserError
from tests.channels.rigs import MemoryStore, zalo_settings
from tests.channels.support import (
    NOON,
    Died,
    DyingProgress,
    HandClock,
    MemoryProgress,
    attempt,
    outgoing,
    picture,
    sending,
)
from tests.servers.zalo import Fault, ZaloServer

ALL = ("followers", "groups", "recent")
RECENT = Target("zalo", "recent")


@pytest.fixture
def server() -> Iterator[ZaloServer]:
    with ZaloServer() as running:
        yield running


@pytest.fixture
def channel(server: ZaloServer, tmp_path: Path) -> ZaloChannel:
    return make(server, tmp_path, audience=ALL, groups=("thon1", "thon2"))


def paced(folder: Path) -> dict[str, object]:
    """Recent contacts at what the smallest package allows."""
    pace = folder / "pace.json"
    return {"audience": ("recent",), "calls_per_minute": 100, "pace_file": pace, "timeout": (5, 5)}


def make(
    server: ZaloServer, folder: Path, clock: HandClock | None = None, **changes: object
) -> ZaloChannel:
    settings = zalo_settings(server.url, **changes)
    return ZaloChannel(settings, MemoryStore(), folder / "zalo.lock", clock or HandClock())


def test_the_targets_are_the_audience_of_the_settings_in_their_order(channel: ZaloChannel) -> None:
    names = [target.name for target in channel.targets()]
    assert names == ["followers", "group:thon1", "group:thon2", "recent"]


class TestFollowers:
    def test_an_article_is_created_verified_and_broadcast(
        self, server: ZaloServer, channel: ZaloChannel
    ) -> None:
        server.knobs.processing = 3
        receipt = channel.deliver(channel.prepare(outgoing()), sending(channel))
        (article,) = server.articles
        assert server.broadcasts == [article.id]
        assert receipt.permalink == article.link
        assert article.content["title"] == "Nộp hồ sơ trực tuyến được giảm lệ phí"
        assert article.content["author"] == "Ủy ban nhân dân xã An Bình"
        assert article.content["cover"]["status"] == "show"
        lines = [block["content"] for block in article.content["body"]]
        assert lines == [
            "Từ ngày 01/12, hồ sơ trực tuyến được giảm 50% lệ phí.",
            "• Vào Cổng dịch vụ công",
            "• Chọn thủ tục & điền <tờ khai>",
            "Xem thêm: https://anbinh.example.vn/tin/7",
            "Mã tin: AB12-7",
        ]

    def test_it_waits_for_the_processing_by_the_clock_that_it_was_given(
        self, server: ZaloServer, tmp_path: Path
    ) -> None:
        clock = HandClock()
        channel = make(server, tmp_path, clock)
        server.knobs.processing = 3
        channel.deliver(channel.prepare(outgoing()), sending(channel))
        assert clock.slept == [2, 4, 6]

    def test_the_bulletins_own_picture_is_the_cover_and_others_stand_in_the_text(
        self, server: ZaloServer, channel: ZaloChannel, tmp_path: Path
    ) -> None:
        images = ("https://x.vn/1.jpg", picture(tmp_path), "https://x.vn/2.jpg")
        channel.deliver(channel.prepare(outgoing(images=images)), sending(channel))
        content = server.articles[0].content
        assert content["cover"]["photo_url"] == "https://x.vn/1.jpg"
        assert {"type": "image", "url": "https://x.vn/2.jpg"} in content["body"]

    def test_without_any_picture_the_accounts_own_is_the_cover(
        self, server: ZaloServer, tmp_path: Path
    ) -> None:
        channel = make(server, tmp_path, cover_url=None)
        channel.deliver(channel.prepare(outgoing()), sending(channel))
        cover = server.articles[0].content["cover"]
        assert cover["photo_url"] == server.knobs.account["avatar"]

    def test_long_fields_are_shortened_to_zalos_limits_and_accepted(
        self, server: ZaloServer, channel: ZaloChannel
    ) -> None:
        station = "Ủy ban nhân dân xã " + "Rất Dài " * 10
        long = outgoing(title="Tiêu đề dài " * 30, body="Một câu dài. " * 100, station=station)
        channel.deliver(channel.prepare(long), sending(channel))
        content = server.articles[0].content
        assert len(content["title"]) <= 150
        assert len(content["description"]) <= 300
        assert len(content["author"]) <= 50
        assert content["description"].endswith("Một câu dài.")
        assert content["title"].endswith("…")
        assert set(content["title"].removesuffix("…").split()) == {"Tiêu", "đề", "dài"}

    def test_a_failing_look_for_the_permalink_does_not_undo_the_broadcast(
        self, server: ZaloServer, channel: ZaloChannel
    ) -> None:
        server.fault("getslice", Fault.HTML_ERROR)
        receipt = channel.deliver(channel.prepare(outgoing()), sending(channel))
        assert receipt.permalink is None
        assert receipt.external_id == "broadcast1"


class TestGroups:
    def test_a_group_gets_one_message(self, server: ZaloServer, channel: ZaloChannel) -> None:
        target = channel.targets()[1]
        channel.deliver(channel.prepare(outgoing()), sending(channel, target=target))
        ((group, text),) = server.group_messages
        assert group == "thon1"
        assert text.startswith("Nộp hồ sơ trực tuyến được giảm lệ phí\n\nTừ ngày 01/12")
        assert text.endswith("Mã tin: AB12-7")
        assert server.articles == []

    @pytest.mark.parametrize(
        ("link", "words"),
        [
            ("https://anbinh.example.vn/7", "Xem đầy đủ: https://anbinh.example.vn/7"),
            (None, "Xem toàn văn trong bài viết trên Zalo Official Account"),
        ],
    )
    def test_a_long_message_ends_with_a_whole_sentence_and_where_to_read_on(
        self, server: ZaloServer, channel: ZaloChannel, link: str | None, words: str
    ) -> None:
        body = "\n\n".join(f"Câu số {n} nói về thủ tục hành chính." for n in range(200))
        prepared = channel.prepare(outgoing(body=body, link=link))
        channel.deliver(prepared, sending(channel, target=channel.targets()[1]))
        ((_, text),) = server.group_messages
        assert 1800 < len(text) <= 2000
        before, _, _ = text.partition("\n\nXem ")
        assert before.endswith("thủ tục hành chính.")
        assert words in text

    def test_a_target_that_the_settings_no_longer_know_is_refused(
        self, channel: ZaloChannel
    ) -> None:
        one = sending(channel, target=Target("zalo", "nobody"))
        outcome = attempt(channel, channel.prepare(outgoing()), one)
        assert isinstance(outcome, ChannelError)
        assert outcome.kind is ErrorKind.STOP


class TestRecentContacts:
    @pytest.fixture
    def channel(self, server: ZaloServer, tmp_path: Path) -> ZaloChannel:
        """Patient: sixteen connections at once on a busy machine."""
        settings = zalo_settings(server.url, audience=("recent",), timeout=(5, 5))
        return ZaloChannel(settings, MemoryStore(), tmp_path / "lock", HandClock())

    def test_each_follower_who_wrote_gets_one_message(
        self, server: ZaloServer, channel: ZaloChannel
    ) -> None:
        server.users = [f"u{n}" for n in range(120)]
        server.refusing_users = {"u7": -230, "u50": -227}
        receipt = channel.deliver(channel.prepare(outgoing()), sending(channel, target=RECENT))
        assert receipt.details == {"sent": 118, "skipped": 2}
        assert len({user for user, _ in server.user_messages}) == 118
        assert server.count("users") == 3

    def test_whom_it_reached_is_told_by_pseudonym_only(
        self, server: ZaloServer, tmp_path: Path
    ) -> None:
        server.users = ["2512523625412515", "8412345678"]
        server.refusing_users = {"8412345678": -230}
        settings = zalo_settings(server.url, audience=ALL)
        made = ZaloChannel(
            settings, MemoryStore(), tmp_path / "zalo.lock", HandClock(), lambda: "k" * 64
        )
        progress = MemoryProgress()
        one = sending(made, target=RECENT, progress=progress)
        receipt = made.deliver(made.prepare(outgoing()), one)
        (kept,) = receipt.artefacts
        told = json.loads(kept.read())
        assert sorted(told.values()) == ["sent", "skipped"]
        everything = kept.read().decode() + str(receipt) + str(progress.kept)
        assert not any(user in everything for user in server.users)

    def test_a_delivery_begun_before_pseudonyms_reaches_nobody_twice(
        self, server: ZaloServer, channel: ZaloChannel
    ) -> None:
        server.users = ["u0", "u1"]
        progress = MemoryProgress()
        progress.record("user.u0", "sent")
        one = sending(channel, target=RECENT, progress=progress)
        channel.deliver(channel.prepare(outgoing()), one)
        assert [user for user, _ in server.user_messages] == ["u1"]

    def test_after_a_stop_midway_the_next_attempt_goes_on_with_the_rest(
        self, server: ZaloServer, channel: ZaloChannel
    ) -> None:
        server.users = [f"u{n}" for n in range(40)]
        server.pass_first("cs", 9)
        server.fault("cs", Fault.RATE_LIMIT)
        progress = MemoryProgress()
        prepared = channel.prepare(outgoing())
        one = sending(channel, target=RECENT, progress=progress)
        outcome = attempt(channel, prepared, one)
        assert isinstance(outcome, ChannelError)
        assert outcome.details["sent"] == len(server.user_messages) < len(server.users)
        assert isinstance(attempt(channel, prepared, one), Receipt)
        assert sorted(user for user, _ in server.user_messages) == sorted(server.users)

    @pytest.mark.parametrize("fault", [Fault.ACCEPT_THEN_5XX, Fault.SERVER_ERROR])
    def test_a_person_whose_message_is_unknown_never_gets_a_second_one(
        self, server: ZaloServer, channel: ZaloChannel, fault: Fault
    ) -> None:
        server.users = ["u0", "u1", "u2"]
        server.pass_first("cs")
        server.fault("cs", fault)
        one = sending(channel, target=RECENT)
        receipt = channel.deliver(channel.prepare(outgoing()), one)
        again = channel.deliver(channel.prepare(outgoing()), one)
        assert receipt.details == again.details == {"sent": 2, "unknown": 1}
        assert server.count("cs") == 3

    def test_at_the_smallest_packages_pace_it_is_one_long_round_and_the_list_is_read_once(
        self, server: ZaloServer, tmp_path: Path
    ) -> None:
        server.users = [f"u{n}" for n in range(300)]
        clock = HandClock()
        channel = make(server, tmp_path, clock, **paced(tmp_path))
        receipt = channel.deliver(channel.prepare(outgoing()), sending(channel))
        assert receipt.details == {"sent": 300}
        assert server.count("users") == 7
        minutes = (clock.now() - NOON).total_seconds() / 60
        assert 2.7 < minutes < 3.1, "307 calls at 100 a minute, 20 of them at once"

    def test_a_daemon_that_ends_while_it_waits_for_its_turn_leaves_nobody_in_doubt(
        self, server: ZaloServer, tmp_path: Path
    ) -> None:
        server.users = [f"u{n}" for n in range(60)]
        clock = HandClock()
        channel = make(server, tmp_path, clock, **paced(tmp_path))
        progress = MemoryProgress()
        one = sending(channel, progress=progress)
        clock.on_sleep = one.stop.set
        outcome = attempt(channel, channel.prepare(outgoing()), one)
        assert isinstance(outcome, ChannelError)
        assert "unknown" not in outcome.details
        assert outcome.details["sent"] == len(server.user_messages) < 60

    def test_when_night_comes_in_the_middle_the_rest_waits_for_the_morning(
        self, server: ZaloServer, tmp_path: Path
    ) -> None:
        server.users = [f"u{n}" for n in range(300)]
        clock = HandClock(datetime(2026, 11, 23, 14, 59, tzinfo=UTC))
        channel = make(server, tmp_path, clock, **paced(tmp_path))
        one = sending(channel, at=clock.now())
        outcome = attempt(channel, channel.prepare(outgoing()), one)
        assert isinstance(outcome, ChannelError)
        assert outcome.kind is ErrorKind.DEFER
        assert 100 < len(server.user_messages) < 130
        clock.moment = datetime(2026, 11, 23, 23, 0, tzinfo=UTC)
        assert isinstance(attempt(channel, channel.prepare(outgoing()), one), Receipt)
        assert sorted(user for user, _ in server.user_messages) == sorted(server.users)

    def test_when_the_window_closes_in_the_middle_it_went_out_to_so_many(
        self, server: ZaloServer, tmp_path: Path
    ) -> None:
        server.users = [f"u{n}" for n in range(300)]
        clock = HandClock()
        channel = make(server, tmp_path, clock, **paced(tmp_path))
        one = replace(sending(channel), deadline=NOON + timedelta(minutes=1))
        receipt = channel.deliver(channel.prepare(outgoing()), one)
        assert receipt.details == {
            "sent": len(server.user_messages),
            "not_reached_in_time": 1,
        }
        assert 100 < len(server.user_messages) < 130

    def test_when_a_person_says_that_nothing_arrived_all_are_written_to_once_more(
        self, server: ZaloServer, channel: ZaloChannel
    ) -> None:
        server.users = [f"u{n}" for n in range(30)]
        server.fault("cs", Fault.SERVER_ERROR, times=30)
        progress = MemoryProgress()
        prepared = channel.prepare(outgoing())
        one = sending(channel, target=RECENT, progress=progress)
        assert isinstance(attempt(channel, prepared, one), OutcomeUnknown)
        with pytest.raises(OutcomeUnknown):
            channel.find(prepared, one)
        assert isinstance(attempt(channel, prepared, one), OutcomeUnknown), "nobody is asked twice"
        assert server.count("cs") == 30
        progress.record(SAID_NOT_SENT, "1")
        receipt = attempt(channel, prepared, one)
        assert isinstance(receipt, Receipt)
        assert receipt.details == {"sent": 30}
        assert sorted(user for user, _ in server.user_messages) == sorted(server.users)

    def test_after_that_word_an_unknown_message_is_again_never_repeated(
        self, server: ZaloServer, channel: ZaloChannel
    ) -> None:
        server.users = ["u0"]
        server.fault("cs", Fault.ACCEPT_THEN_5XX, times=2)
        progress = MemoryProgress()
        prepared = channel.prepare(outgoing())
        one = sending(channel, target=RECENT, progress=progress)
        attempt(channel, prepared, one)
        progress.record(SAID_NOT_SENT, "1")
        attempt(channel, prepared, one)
        assert isinstance(attempt(channel, prepared, one), OutcomeUnknown)
        assert server.count("cs") == 2

    def test_a_round_that_died_is_not_taken_for_the_finished_one_before_it(
        self, server: ZaloServer, channel: ZaloChannel
    ) -> None:
        server.users = ["u0", "u1"]
        server.fault("cs", Fault.SERVER_ERROR, times=2)
        progress = DyingProgress("never")
        prepared = channel.prepare(outgoing())
        one = sending(channel, target=RECENT, progress=progress)
        attempt(channel, prepared, one)
        progress.record(SAID_NOT_SENT, "1")
        progress.after = f"user.{pseudonym(b'', 'u0')}"
        with pytest.raises(Died):
            channel.deliver(prepared, one)
        assert channel.find(prepared, one) is None, "go on with those not yet reached"

    def test_a_found_round_brings_its_list_of_persons(
        self, server: ZaloServer, channel: ZaloChannel
    ) -> None:
        server.users = [f"u{n}" for n in range(5)]
        prepared = channel.prepare(outgoing())
        one = sending(channel, target=RECENT)
        sent = channel.deliver(prepared, one)
        found = channel.find(prepared, one)
        assert found is not None
        assert found.artefacts[0].sha256() == sent.artefacts[0].sha256()
        assert list(json.loads(found.artefacts[0].read()).values()) == ["sent"] * 5
        assert channel.tidy(datetime(2100, 1, 1, tzinfo=UTC)) > 0
        assert not Path(str(found.artefacts[0].data)).exists()

    def test_after_a_withdrawal_only_what_was_leaving_arrives(
        self, server: ZaloServer, channel: ZaloChannel
    ) -> None:
        server.users = [f"u{n}" for n in range(60)]
        whole = sending(channel, target=RECENT)

        def permit(_: datetime) -> str | None:
            return "Bản tin đã được gỡ." if server.user_messages else None

        one = Sending(
            RECENT,
            whole.reference,
            whole.at,
            whole.deadline,
            whole.since,
            whole.progress,
            permit,
        )
        assert isinstance(attempt(channel, channel.prepare(outgoing()), one), ChannelError)
        assert 1 <= len(server.user_messages) <= 1 + 16

    def test_with_nobody_to_write_to_the_target_is_skipped(self, channel: ZaloChannel) -> None:
        outcome = attempt(channel, channel.prepare(outgoing()), sending(channel, target=RECENT))
        assert isinstance(outcome, ChannelError)
        assert outcome.kind is ErrorKind.SKIP_TARGET


class TestNight:
    @pytest.mark.parametrize(
        ("now", "until"),
        [
            ("2026-11-23T15:00", "2026-11-23T23:00"),  # 22:00 at home until 06:00
            ("2026-11-23T18:30", "2026-11-23T23:00"),  # 01:30 at home
            ("2026-11-23T22:59", "2026-11-23T23:00"),  # 05:59 at home
        ],
    )
    def test_at_night_it_is_deferred_to_the_morning_and_nothing_is_made(
        self, server: ZaloServer, tmp_path: Path, now: str, until: str
    ) -> None:
        clock = HandClock(datetime.fromisoformat(now).replace(tzinfo=UTC))
        channel = make(server, tmp_path, clock)
        outcome = attempt(channel, channel.prepare(outgoing()), sending(channel, at=clock.now()))
        assert isinstance(outcome, ChannelError)
        assert outcome.kind is ErrorKind.DEFER
        assert outcome.until == datetime.fromisoformat(until).replace(tzinfo=UTC)
        assert "06:00" in outcome.message
        assert server.calls == []

    @pytest.mark.parametrize("now", ["2026-11-23T14:59", "2026-11-23T23:00"])
    def test_by_day_it_goes_out(self, server: ZaloServer, tmp_path: Path, now: str) -> None:
        clock = HandClock(datetime.fromisoformat(now).replace(tzinfo=UTC))
        channel = make(server, tmp_path, clock)
        channel.deliver(channel.prepare(outgoing()), sending(channel, at=clock.now()))
        assert len(server.broadcasts) == 1

    def test_zalos_own_night_refusal_waits_for_six_o_clock(
        self, server: ZaloServer, tmp_path: Path
    ) -> None:
        clock = HandClock(datetime(2026, 11, 23, 15, 30, tzinfo=UTC))
        channel = make(server, tmp_path, clock, night_hours=())
        server.fault("create", Fault.NIGHT)
        outcome = attempt(channel, channel.prepare(outgoing()), sending(channel, at=clock.now()))
        assert isinstance(outcome, ChannelError)
        assert outcome.until == datetime(2026, 11, 23, 23, 0, tzinfo=UTC)


class TestSettings:
    def test_every_mistake_is_named_at_once(self) -> None:
        with pytest.raises(UserError) as caught:
            ZaloSettings(audience=("followers", "everyone"), night_hours=("22h-6h", "25:00-06:00"))
        said = str(caught.value)
        assert all(words in said for words in ("everyone", "22h-6h", "25:00-06:00"))

    def test_secrets_are_not_in_its_representation(self) -> None:
        assert "MARKER" not in repr(zalo_settings("http://x"))


def test_all_limits_that_a_bulletin_breaks_are_named_at_once(
    server: ZaloServer, tmp_path: Path
) -> None:
    channel = make(server, tmp_path, cover_url="bia.jpg")
    problems = channel.prepare(outgoing(title=" ", body="", link="x", images=("y",))).problems
    assert len(problems) == 5


def test_a_link_longer_than_a_message_is_a_problem(server: ZaloServer, tmp_path: Path) -> None:
    channel = make(server, tmp_path, audience=ALL)
    prepared = channel.prepare(outgoing(link="https://x.vn/" + "a" * 2000))
    assert any("Liên kết" in problem for problem in prepared.problems)


def test_proof_of_the_app_secret_goes_with_every_call(
    server: ZaloServer, channel: ZaloChannel
) -> None:
    server.knobs.require_proof = True
    channel.deliver(channel.prepare(outgoing()), sending(channel))
    assert len(server.broadcasts) == 1


class TestCheck:
    def test_the_account_and_its_package_are_named(self, channel: ZaloChannel) -> None:
        lines = channel.check()
        assert all(line.ok for line in lines)
        assert "UBND xã An Bình" in lines[0].message
        assert "Tăng trưởng" in lines[1].message

    def test_the_packages_last_day_is_read(self, channel: ZaloChannel) -> None:
        assert [line.until for line in channel.check() if line.until] == [date(2026, 12, 31)]

    @pytest.mark.parametrize(("left", "enough"), [(40, True), (39, False)])
    def test_the_quota_is_held_against_the_persons_of_one_delivery(
        self, server: ZaloServer, tmp_path: Path, left: int, enough: bool
    ) -> None:
        server.users = [f"u{number}" for number in range(40)]
        server.knobs.quota = {"remain": left, "total": 500}
        (line,) = [
            line
            for line in make(server, tmp_path, audience=("recent",)).check()
            if line.name == "Hạn mức"
        ]
        assert line.ok is enough
        assert line.quota == Quota("recent", left, 40)
        assert "40 người" in line.message

    def test_a_platform_that_does_not_answer_is_told_from_one_that_refuses(
        self, server: ZaloServer, tmp_path: Path
    ) -> None:
        server.fault("getoa", Fault.TIMEOUT)
        server.fault("getoa", Fault.REFUSE)
        looks = [make(server, tmp_path / str(n), HandClock()).check()[0] for n in range(2)]
        assert [(look.ok, look.reached) for look in looks] == [(False, False), (False, True)]

    @pytest.mark.parametrize(
        ("account", "words"),
        [
            ({"oa_id": "5", "name": "OA khác"}, "OA khác"),
            ({"oa_id": "8800990011", "package_name": "Cơ bản"}, "nâng gói"),
        ],
    )
    def test_another_account_and_a_lapsed_package_are_told(
        self, server: ZaloServer, channel: ZaloChannel, account: dict[str, str], words: str
    ) -> None:
        server.knobs.account = account
        bad = [line for line in channel.check() if not line.ok]
        assert words in bad[0].message

    def test_groups_without_ids_are_told(self, server: ZaloServer, tmp_path: Path) -> None:
        lines = make(server, tmp_path, audience=("groups",)).check()
        assert [line.name for line in lines if not line.ok] == ["Nhóm Zalo"]

    def test_a_missing_app_is_told_without_a_call(self, server: ZaloServer, tmp_path: Path) -> None:
        (line,) = make(server, tmp_path, app_id="").check()
        assert "app_id" in line.message
        assert server.calls == []


def test_the_payload_is_what_is_sent(server: ZaloServer, channel: ZaloChannel) -> None:
    prepared = channel.prepare(outgoing())
    payload = json.loads(prepared.payload.read())
    channel.deliver(prepared, sending(channel))
    channel.deliver(prepared, sending(channel, target=channel.targets()[1]))
    content = server.articles[0].content
    for name in ("title", "author", "description", "body"):
        assert payload["article"][name] == content[name]
    assert payload["message"] == server.group_messages[0][1]


def test_a_picture_goes_to_persons_within_zalos_limit_and_is_uploaded_once(
    server: ZaloServer, tmp_path: Path
) -> None:
    import os

    from PIL import Image

    Image.frombytes("RGB", (2000, 1500), os.urandom(9_000_000)).save(tmp_path / "ảnh.jpg")
    server.users = ["u1", "u2"]
    settings = zalo_settings(server.url, audience=("recent",), timeout=(5, 5))
    channel = ZaloChannel(settings, MemoryStore(), tmp_path / "lock", HandClock())
    prepared = channel.prepare(outgoing(images=(tmp_path / "ảnh.jpg",)))
    one = sending(channel, progress=MemoryProgress())
    server.pass_first("cs")
    server.fault("cs", Fault.RATE_LIMIT)
    assert isinstance(attempt(channel, prepared, one), ChannelError)
    assert isinstance(attempt(channel, prepared, one), Receipt)
    assert sorted(user for user, _ in server.user_messages) == ["u1", "u2"]
    assert len(server.pictures) == 1
    assert b"<img" in channel.preview(prepared).read()


def test_a_picture_that_zalo_has_forgotten_is_uploaded_again(
    server: ZaloServer, tmp_path: Path
) -> None:
    server.users = ["u1", "u2"]
    settings = zalo_settings(server.url, audience=("recent",), timeout=(5, 5))
    channel = ZaloChannel(settings, MemoryStore(), tmp_path / "lock", HandClock())
    prepared = channel.prepare(outgoing(images=(picture(tmp_path),)))
    progress = MemoryProgress()
    progress.record("picture", f"picture99 {NOON.isoformat()}")
    one = sending(channel, progress=progress)
    outcome = attempt(channel, prepared, one)
    assert isinstance(outcome, ChannelError)
    assert outcome.kind is ErrorKind.RETRY
    assert isinstance(attempt(channel, prepared, one), Receipt)
    assert len(server.user_messages) == 2


def test_somebody_named_twice_at_once_gets_one_message(server: ZaloServer, tmp_path: Path) -> None:
    server.users = ["u1", "u1", "u2", "u1", "u2"] * 20
    settings = zalo_settings(server.url, audience=("recent",), timeout=(5, 5))
    channel = ZaloChannel(settings, MemoryStore(), tmp_path / "lock", HandClock())
    receipt = channel.deliver(channel.prepare(outgoing()), sending(channel))
    assert sorted(user for user, _ in server.user_messages) == ["u1", "u2"]
    assert receipt.details == {"sent": 2}, "persons, not lines of a shifting list"


def test_a_refusal_in_the_middle_is_taken_up_where_it_was(
    server: ZaloServer, tmp_path: Path
) -> None:
    server.users = [f"u{number}" for number in range(500)]
    settings = zalo_settings(server.url, audience=("recent",), timeout=(5, 5))
    channel = ZaloChannel(settings, MemoryStore(), tmp_path / "lock", HandClock())
    prepared = channel.prepare(outgoing())
    one = sending(channel, progress=MemoryProgress())
    server.pass_first("cs", 200)
    server.fault("cs", Fault.ACCEPT_THEN_DROP)
    server.fault("cs", Fault.RATE_LIMIT, times=3)
    assert isinstance(attempt(channel, prepared, one), ChannelError)
    receipt = attempt(channel, prepared, one)
    assert isinstance(receipt, Receipt)
    reached = [user for user, _ in server.user_messages]
    assert len(reached) == len(set(reached)) == 500
    assert receipt.details["unknown"] == 1
