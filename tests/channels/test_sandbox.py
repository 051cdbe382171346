"""The sandbox pages: marked, safe, standing alone, and still there after a restart."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from channels.base import Artefact, ChannelError, ErrorKind, Receipt, Target
from channels.facebook import FacebookChannel, SandboxFacebook
from channels.preview_pages import PREVIEW_MARK, SIMULATED_MARK
from channels.sandbox import SandboxChannel
from channels.zalo import SandboxZalo, ZaloChannel
from tests.channels.rigs import MemoryStore, facebook_settings, zalo_settings
from tests.channels.support import HandClock, attempt, outgoing, picture, sending

EVIL = '<script>alert("x")</script> & "trích" <img src=x onerror=y>'
ZALO = zalo_settings("http://127.0.0.1:9", audience=("followers", "groups"), groups=("thon1",))


def facebook(folder: Path) -> SandboxFacebook:
    return SandboxFacebook(facebook_settings("http://127.0.0.1:9"), folder, HandClock())


def zalo(folder: Path) -> SandboxZalo:
    return SandboxZalo(ZALO, folder, HandClock())


@pytest.fixture(params=[facebook, zalo])
def channel(request: pytest.FixtureRequest, tmp_path: Path) -> SandboxChannel:
    made: SandboxChannel = request.param(tmp_path / "ra")
    return made


def page_of(receipt: Receipt) -> str:
    assert receipt.permalink is not None
    return Path(unquote(urlsplit(receipt.permalink).path)).read_text(encoding="utf-8")


def test_the_page_carries_the_mark_and_the_text(channel: SandboxChannel) -> None:
    receipt = channel.deliver(channel.prepare(outgoing()), sending(channel))
    page = page_of(receipt)
    assert SIMULATED_MARK in page
    assert "Nộp hồ sơ trực tuyến được giảm lệ phí" in page
    assert "Chọn thủ tục &amp; điền &lt;tờ khai&gt;" in page
    assert "Ủy ban nhân dân xã An Bình" in page
    assert receipt.external_id == f"sandbox-{channel.name}-AB12-7"


def test_a_bulletin_cannot_break_out_of_the_page(channel: SandboxChannel) -> None:
    prepared = channel.prepare(outgoing(title=EVIL, body=EVIL, station=EVIL))
    page = page_of(channel.deliver(prepared, sending(channel)))
    tags = _Tags()
    tags.feed(page)
    assert "script" not in tags.names
    assert not [name for name in tags.attributes if name.startswith("on")]
    assert "img" not in tags.names


def test_a_page_stands_alone(channel: SandboxChannel, tmp_path: Path) -> None:
    images = (picture(tmp_path), "https://x.vn/a.jpg")
    page = page_of(channel.deliver(channel.prepare(outgoing(images=images)), sending(channel)))
    tags = _Tags()
    tags.feed(page)
    assert all(source.startswith("data:image/png;base64,") for source in tags.sources)
    assert "link" not in tags.names
    assert not re.search(r"url\(|@import", page)
    assert "default-src 'none'" in page


def test_the_page_is_found_after_a_restart(tmp_path: Path) -> None:
    before = facebook(tmp_path)
    sent = before.deliver(before.prepare(outgoing()), sending(before))
    after = facebook(tmp_path)
    found = after.find(after.prepare(outgoing()), sending(after))
    assert found is not None
    assert (found.external_id, found.permalink) == (sent.external_id, sent.permalink)
    assert found.simulated


def test_both_networks_may_share_a_folder(tmp_path: Path) -> None:
    for made in (facebook(tmp_path), zalo(tmp_path)):
        made.deliver(made.prepare(outgoing()), sending(made))
    assert len([*tmp_path.glob("*.html")]) == 2


@pytest.mark.parametrize("reference", ["../../etc/x", "a/b", ".ẩn", "a b", "a_b", "a:b"])
def test_any_reference_makes_one_file_inside_the_folder(
    channel: SandboxChannel, tmp_path: Path, reference: str
) -> None:
    for name in (reference, "a-b"):
        channel.deliver(channel.prepare(outgoing(name)), sending(channel, name))
    assert len([*(tmp_path / "ra").iterdir()]) == 2
    assert len([*tmp_path.rglob("*.html")]) == 2


def test_a_folder_that_cannot_be_written_is_a_sure_failure(tmp_path: Path) -> None:
    blocked = tmp_path / "tệp"
    blocked.write_text("")
    made = facebook(blocked)
    outcome = attempt(made, made.prepare(outgoing()), sending(made))
    assert isinstance(outcome, ChannelError)
    assert outcome.kind is ErrorKind.RETRY
    assert [line.ok for line in made.check()] == [False]


def test_prepare_is_the_same_as_live(tmp_path: Path) -> None:
    live_facebook = FacebookChannel(facebook_settings("http://127.0.0.1:9"), HandClock())
    live_zalo = ZaloChannel(ZALO, MemoryStore(), tmp_path / "lock", HandClock())
    one = outgoing(images=(picture(tmp_path),), link="x")
    assert facebook(tmp_path).prepare(one) == live_facebook.prepare(one)
    assert zalo(tmp_path).prepare(one) == live_zalo.prepare(one)


def test_a_live_preview_looks_the_same_but_says_that_it_is_a_preview(tmp_path: Path) -> None:
    live = FacebookChannel(facebook_settings("http://127.0.0.1:9"), HandClock())
    prepared = live.prepare(outgoing())
    page = _text(live.preview(prepared))
    assert PREVIEW_MARK in page
    assert SIMULATED_MARK not in page
    simulated = _text(facebook(tmp_path).preview(prepared))
    assert page.count("<p>") == simulated.count("<p>")


def test_a_preview_names_the_problems(channel: SandboxChannel) -> None:
    page = _text(channel.preview(channel.prepare(outgoing(link="không-phải"))))
    assert "phải bắt đầu bằng https://" in page


def test_followers_see_the_article_and_groups_the_message(tmp_path: Path) -> None:
    made = zalo(tmp_path)
    prepared = made.prepare(outgoing())
    article = page_of(made.deliver(prepared, sending(made)))
    group = Target("zalo", "group:thon1")
    message = page_of(made.deliver(made.prepare(outgoing("G")), sending(made, "G", target=group)))
    assert "Bài viết gửi người quan tâm" in article
    assert "Tin nhắn gửi" not in article
    assert "Tin nhắn gửi nhóm" in message
    assert "Bài viết gửi" not in message
    both = _text(made.preview(prepared))
    assert "Bài viết gửi" in both
    assert "Tin nhắn gửi" in both


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.sources: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes.update(name for name, _ in attrs)
        self.sources += [value or "" for name, value in attrs if name == "src"]


def _text(artefact: Artefact) -> str:
    return artefact.read().decode()
