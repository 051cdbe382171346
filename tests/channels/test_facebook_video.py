"""A bulletin's sound as a video: one video whatever happens, its card in Vietnamese."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from channels.base import Artefact, ChannelError, OutcomeUnknown, Outgoing, Receipt
from channels.facebook import FacebookChannel, SandboxFacebook
from channels.facebook_video import title_card
from channels.radio import ffmpeg
from tests.channels.rigs import MARKER, facebook_settings, no_sound
from tests.channels.support import (
    HandClock,
    MemoryProgress,
    attempt,
    deliver_as_dispatch_does,
    everything_said,
    outgoing,
    picture,
    sending,
)
from tests.servers.facebook import FacebookServer, Fault


@pytest.fixture(scope="module")
def mp3(tmp_path_factory: pytest.TempPathFactory) -> Artefact:
    """Two seconds."""
    place = tmp_path_factory.mktemp("tiếng") / "a.mp3"
    pcm = b"\x10\x00\x20\x10" * 48_000
    ffmpeg._run(["-f", "s16le", "-ac", "1", "-ar", "48000", "-i", "pipe:0", str(place)], pcm)
    return Artefact("a.mp3", "audio/mpeg", place)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def server() -> Iterator[FacebookServer]:
    with FacebookServer() as running:
        yield running
        assert running.elsewhere == []
        assert not [line for line in running.addresses if MARKER in line]


def make(server: FacebookServer, mp3: Artefact, cache: Path) -> FacebookChannel:
    settings = facebook_settings(server.url, as_video=True, image_cache=cache, app_secret=None)

    def sound(_: Outgoing) -> Artefact:
        return mp3

    return FacebookChannel(settings, HandClock(), sound)


def test_the_sound_goes_out_as_one_video_with_its_text(
    server: FacebookServer, mp3: Artefact, cache: Path
) -> None:
    channel = make(server, mp3, cache)
    prepared = channel.prepare(outgoing())
    receipt = channel.deliver(prepared, sending(channel, progress=MemoryProgress()))
    (video,) = server.videos
    assert receipt.external_id == video.id
    assert receipt.permalink == f"https://www.facebook.com/reel/{video.id}/"
    assert "Mã tin: AB12-7" in video.description
    assert b"ftyp" in video.data[:16]
    assert server.posts == []


def test_the_same_bulletin_gives_the_same_payload(
    server: FacebookServer, mp3: Artefact, cache: Path, tmp_path: Path
) -> None:
    first = make(server, mp3, cache).prepare(outgoing())
    second = make(server, mp3, tmp_path).prepare(outgoing())
    assert first.payload.sha256() == second.payload.sha256()


@pytest.mark.parametrize("place", [0, 1, 2, 3])
@pytest.mark.parametrize(
    "fault",
    [fault for fault in Fault if fault.accepts]
    + [
        Fault.TIMEOUT,
        Fault.DROP,
        Fault.SERVER_ERROR,
        Fault.HTML_ERROR,
        Fault.REDIRECT,
    ],
)
def test_a_fault_of_any_phase_ends_in_exactly_one_video(
    server: FacebookServer, mp3: Artefact, cache: Path, fault: Fault, place: int
) -> None:
    channel = make(server, mp3, cache)
    server.pass_first("video", place)
    server.fault("video", fault)
    one = sending(channel, progress=MemoryProgress())
    outcome = deliver_as_dispatch_does(channel, channel.prepare(outgoing()), one)
    assert isinstance(outcome, Receipt), outcome
    assert len([video for video in server.videos if video.finished]) == 1


def test_a_lost_answer_to_finish_is_unknown_and_then_found(
    server: FacebookServer, mp3: Artefact, cache: Path
) -> None:
    channel = make(server, mp3, cache)
    prepared = channel.prepare(outgoing())
    calls = 1 + -(-len(prepared.attachments[-1].read()) // 64_000)
    server.pass_first("video", calls)
    server.fault("video", Fault.ACCEPT_THEN_TIMEOUT)
    one = sending(channel, progress=MemoryProgress())
    outcome = attempt(channel, prepared, one)
    assert isinstance(outcome, OutcomeUnknown)
    assert MARKER not in everything_said(outcome)
    found = channel.find(prepared, one)
    assert found is not None
    assert found.external_id == server.videos[0].id


def test_what_was_only_uploaded_is_not_found(
    server: FacebookServer, mp3: Artefact, cache: Path
) -> None:
    channel = make(server, mp3, cache)
    prepared = channel.prepare(outgoing())
    calls = 1 + -(-len(prepared.attachments[-1].read()) // 64_000)
    server.pass_first("video", calls)
    server.fault("video", Fault.EXPIRED_TOKEN)
    one = sending(channel, progress=MemoryProgress())
    assert isinstance(attempt(channel, prepared, one), ChannelError)
    assert channel.find(prepared, one) is None
    assert isinstance(attempt(channel, prepared, one), Receipt)
    assert len(server.videos) == 1, "the whole upload is used again"


def test_pictures_go_before_the_video_and_without_sound_it_is_a_post(
    server: FacebookServer, mp3: Artefact, cache: Path, tmp_path: Path
) -> None:
    channel = make(server, mp3, cache)
    assert "video" not in channel.prepare(outgoing(images=(picture(tmp_path),))).details
    settings = facebook_settings(server.url, as_video=True, image_cache=cache)
    silent = FacebookChannel(settings, HandClock(), no_sound)  # type: ignore[arg-type]
    assert "video" not in silent.prepare(outgoing()).details


def test_the_sandbox_shows_the_card(mp3: Artefact, cache: Path, tmp_path: Path) -> None:
    settings = facebook_settings("http://127.0.0.1:9", as_video=True, image_cache=cache)
    channel = SandboxFacebook(settings, tmp_path, HandClock(), lambda _: mp3)
    page = channel.preview(channel.prepare(outgoing())).read().decode()
    assert "data:image/png;base64," in page
    assert "▶ Video" in page


@pytest.mark.parametrize("title", ["Ngắn", "Đăng ký khai sinh " * 16, '#panic("x") $y$ \\'])
def test_the_card_takes_any_title_as_words(title: str) -> None:
    card = title_card(outgoing(title=title))
    with Image.open(io.BytesIO(card)) as image:
        assert image.size == (1280, 720)
    assert card == title_card(outgoing(title=title))
