"""The Facebook Page: what a post says, how it is sent, found and checked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from channels.base import ChannelError, ErrorKind, Health
from channels.facebook import FacebookChannel
from tests.channels.rigs import FACEBOOK_SECRET, MARKER, facebook_settings
from tests.channels.support import (
    NOON,
    HandClock,
    MemoryProgress,
    attempt,
    outgoing,
    picture,
    sending,
)
from tests.servers.facebook import PAGE, FacebookServer, Fault


@pytest.fixture
def server() -> Iterator[FacebookServer]:
    with FacebookServer(app_secret=FACEBOOK_SECRET, now=NOON) as running:
        yield running
        assert not [line for line in running.addresses if MARKER in line]


@pytest.fixture
def channel(server: FacebookServer) -> FacebookChannel:
    return FacebookChannel(facebook_settings(server.url), HandClock())


def test_a_post_is_title_plain_text_link_and_reference(
    server: FacebookServer, channel: FacebookChannel
) -> None:
    channel.deliver(channel.prepare(outgoing()), sending(channel))
    (post,) = server.posts
    assert post.message == (
        "Nộp hồ sơ trực tuyến được giảm lệ phí\n\n"
        "Từ ngày 01/12, hồ sơ trực tuyến được giảm 50% lệ phí.\n\n"
        "• Vào Cổng dịch vụ công\n• Chọn thủ tục & điền <tờ khai>\n\n"
        "Xem thêm: https://anbinh.example.vn/tin/7\n\nMã tin: AB12-7"
    )
    assert post.link == "https://anbinh.example.vn/tin/7"


def test_a_body_that_repeats_the_title_says_it_once(channel: FacebookChannel) -> None:
    prepared = channel.prepare(outgoing(title="Giờ làm việc", body="# Giờ làm việc\n\nTừ 7 giờ."))
    assert prepared.text.count("Giờ làm việc") == 1


def test_the_reference_can_be_left_out_and_the_text_itself_is_then_recognised(
    server: FacebookServer,
) -> None:
    channel = FacebookChannel(facebook_settings(server.url, reference_code=False), HandClock())
    prepared = channel.prepare(outgoing())
    assert "Mã tin" not in prepared.text
    server.fault("feed", Fault.ACCEPT_THEN_DROP)
    attempt(channel, prepared, sending(channel))
    found = channel.find(prepared, sending(channel))
    assert found is not None
    assert found.external_id == server.posts[0].id
    assert channel.find(channel.prepare(outgoing(title="Tin khác")), sending(channel)) is None


def test_the_permalink_comes_with_the_answer_or_is_read_back(
    server: FacebookServer, channel: FacebookChannel
) -> None:
    with_answer = channel.deliver(channel.prepare(outgoing()), sending(channel))
    server.knobs.permalink_on_write = False
    read_back = channel.deliver(channel.prepare(outgoing("B")), sending(channel, "B"))
    assert with_answer.permalink == f"https://www.facebook.com/{PAGE}/posts/0001"
    assert read_back.permalink == f"https://www.facebook.com/{PAGE}/posts/0002"
    assert server.count("object") == 1


def test_a_failing_read_back_of_the_permalink_does_not_undo_the_post(
    server: FacebookServer, channel: FacebookChannel
) -> None:
    server.knobs.permalink_on_write = False
    server.fault("object", Fault.HTML_ERROR)
    receipt = channel.deliver(channel.prepare(outgoing()), sending(channel))
    assert receipt.permalink == f"https://www.facebook.com/{receipt.external_id}"


def test_several_photos_are_uploaded_unpublished_and_published_with_one_post(
    server: FacebookServer, channel: FacebookChannel, tmp_path: Path
) -> None:
    images = (picture(tmp_path), "https://anbinh.example.vn/a.jpg", picture(tmp_path, "b.png"))
    channel.deliver(channel.prepare(outgoing(images=images)), sending(channel))
    (post,) = server.posts
    assert post.photos == ["700", "701", "702"]
    assert post.link is None, "Facebook takes photos or a link preview, not both"
    assert "https://anbinh.example.vn/tin/7" in post.message
    assert [photo.published for photo in server.photos] == [False] * 3
    assert server.photos[1].url == "https://anbinh.example.vn/a.jpg"


def test_photos_uploaded_by_an_earlier_attempt_are_used_again(
    server: FacebookServer, channel: FacebookChannel, tmp_path: Path
) -> None:
    prepared = channel.prepare(outgoing(images=(picture(tmp_path), picture(tmp_path, "b.png"))))
    progress = MemoryProgress()
    server.pass_first("photos")
    server.fault("photos", Fault.SERVER_ERROR)
    outcome = attempt(channel, prepared, sending(channel, progress=progress))
    assert isinstance(outcome, ChannelError), "an unpublished photo is no public effect"
    assert outcome.kind is ErrorKind.RETRY
    channel.deliver(prepared, sending(channel, progress=progress))
    assert len(server.photos) == 2
    assert server.posts[0].photos == ["700", "701"]


def test_an_unpublished_photo_of_the_day_before_is_uploaded_anew(
    server: FacebookServer, channel: FacebookChannel, tmp_path: Path
) -> None:
    progress = MemoryProgress()
    progress.record("photo.0", f"old {(NOON - timedelta(hours=21)).isoformat()}")
    prepared = channel.prepare(outgoing(images=(picture(tmp_path),)))
    channel.deliver(prepared, sending(channel, progress=progress))
    assert server.posts[0].photos == ["700"]


def test_a_photo_that_changed_after_it_was_prepared_is_posted_as_it_was(
    server: FacebookServer, channel: FacebookChannel, tmp_path: Path
) -> None:
    image = picture(tmp_path)
    prepared = channel.prepare(outgoing(images=(image,)))
    image.write_bytes(b"changed")
    channel.deliver(prepared, sending(channel))
    assert server.photos[0].size == len(prepared.attachments[0].read())


def test_a_kept_copy_that_was_tampered_with_is_not_posted(
    server: FacebookServer, tmp_path: Path
) -> None:
    settings = facebook_settings(server.url, image_cache=tmp_path / "cache", app_secret=None)
    channel = FacebookChannel(settings, HandClock())
    prepared = channel.prepare(outgoing(images=(picture(tmp_path),)))
    (copy,) = (tmp_path / "cache").iterdir()
    copy.write_bytes(b"changed")
    outcome = attempt(channel, prepared, sending(channel))
    assert isinstance(outcome, ChannelError)
    assert outcome.kind is ErrorKind.FIX_CONTENT
    assert server.posts == []


def test_all_limits_that_a_post_breaks_are_named_at_once(
    channel: FacebookChannel, tmp_path: Path
) -> None:
    text = tmp_path / "ghi chú.jpg"
    text.write_text("không phải ảnh")
    images = (
        text,
        tmp_path / "mất.png",
        "ftp://x/y.png",
        *[picture(tmp_path)] * 8,
    )
    problems = channel.prepare(
        outgoing(body="chữ " * 20_000, link="không-phải-liên-kết", images=images)
    ).problems
    assert len(problems) == 6
    for words in (
        "63206",
        "không-phải-liên-kết",
        "11 ảnh",
        "ghi chú.jpg",
        "mất.png",
        "ftp",
    ):
        assert any(words in problem for problem in problems), words


def test_a_rate_limit_waits_as_long_as_facebook_asks(
    server: FacebookServer, channel: FacebookChannel
) -> None:
    server.knobs.regain_minutes = 42
    server.fault("feed", Fault.RATE_LIMIT)
    outcome = attempt(channel, channel.prepare(outgoing()), sending(channel))
    assert isinstance(outcome, ChannelError)
    assert outcome.until == NOON + timedelta(minutes=42)


def test_the_graph_version_of_the_settings_is_called(server: FacebookServer) -> None:
    channel = FacebookChannel(facebook_settings(server.url, graph_version="v24.0"), HandClock())
    channel.deliver(channel.prepare(outgoing()), sending(channel))
    assert server.calls[-1].path == f"/v24.0/{PAGE}/feed"


def test_without_an_app_secret_no_proof_is_sent() -> None:
    with FacebookServer(now=NOON) as server:
        channel = FacebookChannel(facebook_settings(server.url, app_secret=None), HandClock())
        channel.deliver(channel.prepare(outgoing()), sending(channel))
        assert "appsecret_proof" not in server.calls[-1].form


def test_the_post_is_found_on_a_later_page_of_the_list(
    server: FacebookServer, channel: FacebookChannel
) -> None:
    server.knobs.page_size = 2
    for number in range(7):
        reference = f"R{number}"
        channel.deliver(channel.prepare(outgoing(reference)), sending(channel, reference))
    found = channel.find(channel.prepare(outgoing("R0")), sending(channel, "R0"))
    assert found is not None
    assert found.external_id == server.posts[0].id


def test_a_list_too_long_to_read_to_its_end_proves_nothing(
    server: FacebookServer, channel: FacebookChannel
) -> None:
    from channels.base import OutcomeUnknown

    server.knobs.page_size = 1
    for number in range(21):
        reference = f"R{number}"
        channel.deliver(channel.prepare(outgoing(reference)), sending(channel, reference))
    with pytest.raises(OutcomeUnknown):
        channel.find(channel.prepare(outgoing("R-none")), sending(channel, "R-none"))


def test_posts_of_before_the_first_attempt_are_not_looked_at(
    server: FacebookServer, channel: FacebookChannel
) -> None:
    channel.deliver(channel.prepare(outgoing()), sending(channel))
    later = NOON + timedelta(days=1)
    assert channel.find(channel.prepare(outgoing()), sending(channel, at=later)) is None


def test_missing_settings_are_named_and_nothing_is_called(server: FacebookServer) -> None:
    for changes, words in (({"page_id": ""}, "page_id"), ({"page_token": ""}, "mã truy cập")):
        channel = FacebookChannel(facebook_settings(server.url, **changes), HandClock())
        (line,) = channel.check()
        assert not line.ok
        assert words in line.message
        outcome = attempt(channel, channel.prepare(outgoing()), sending(channel))
        assert isinstance(outcome, ChannelError)
        assert outcome.kind is ErrorKind.REAUTHORISE
    assert server.calls == []


class TestCheck:
    def test_a_healthy_page_is_named(self, channel: FacebookChannel) -> None:
        lines = channel.check()
        assert [line.ok for line in lines] == [True] * 4
        assert "UBND xã An Bình" in lines[0].message

    def test_a_token_of_a_person_is_told_from_a_token_of_the_page(
        self, server: FacebookServer, channel: FacebookChannel
    ) -> None:
        server.knobs.me = {"id": "5", "name": "Nguyễn Văn Nam"}
        assert "Nguyễn Văn Nam" in self.bad(channel)

    def test_a_missing_permission_is_named(
        self, server: FacebookServer, channel: FacebookChannel
    ) -> None:
        server.knobs.scopes = ["pages_read_engagement"]
        assert "pages_manage_posts" in self.bad(channel)

    def test_a_token_that_ends_soon_is_told_with_its_day(
        self, server: FacebookServer, channel: FacebookChannel
    ) -> None:
        server.knobs.expires_at = int(datetime(2026, 11, 25, tzinfo=UTC).timestamp())
        assert "25/11/2026" in self.bad(channel)

    def test_an_expired_version_is_told(self, server: FacebookServer) -> None:
        server.knobs.version_header = None
        settings = facebook_settings(server.url, graph_version="v20.0")
        assert "24/09/2026" in self.bad(FacebookChannel(settings, HandClock()))

    def test_a_version_that_facebook_replaced_is_told(
        self, server: FacebookServer, channel: FacebookChannel
    ) -> None:
        server.knobs.version_header = "v27.0"
        assert "v27.0" in self.bad(channel)

    def test_a_dead_token_is_told_without_the_token(
        self, server: FacebookServer, channel: FacebookChannel
    ) -> None:
        server.fault("me", Fault.EXPIRED_TOKEN)
        (line,) = channel.check()
        assert not line.ok
        assert "hết hạn" in line.message

    @staticmethod
    def bad(channel: FacebookChannel) -> str:
        (line,) = [line for line in channel.check() if not line.ok]
        assert isinstance(line, Health)
        return line.message


def test_the_payload_names_the_very_bytes_of_the_photos(
    channel: FacebookChannel, tmp_path: Path
) -> None:
    image = picture(tmp_path)
    prepared = channel.prepare(outgoing(images=(image,)))
    payload = json.loads(prepared.payload.read())
    assert payload["photos"] == [{"name": "anh.png", "sha256": prepared.attachments[0].sha256()}]
    assert payload["message"] == prepared.text
