"""The portal: whole pages at every moment, one page a bulletin, a feed that readers can read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import feedparser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.base import (
    Artefact,
    ChannelError,
    ErrorKind,
    OutcomeUnknown,
    Outgoing,
    Receipt,
    Withdrawal,
)
from channels.portal.channel import PortalChannel, SandboxPortal
from channels.portal.feed import MOST_ENTRIES
from channels.portal.page import LONGEST_SLUG, slug
from channels.portal.settings import PortalSettings
from content.errors import UserError
from content.files import write_atomically
from tests.channels.rigs import MARKER, no_sound, portal_settings
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
from tests.servers import sftp, webdav, wordpress
from tests.servers.faulty import Fault

EVIL = '<script>alert("x")</script> & "trích" <img src=x onerror=y>'
BASE = "https://anbinh.example.vn/cchc/"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return tmp_path / "cổng"


@pytest.fixture
def channel(site: Path) -> PortalChannel:
    return PortalChannel(portal_settings(path=site), HandClock(), no_sound)


def publish(channel: PortalChannel, **changes: object) -> Receipt:
    number = changes.get("bulletin", 7)
    reference = str(changes.pop("reference", f"BT{number}.1-1"))
    outcome = attempt(
        channel, channel.prepare(outgoing(reference, **changes)), sending(channel, reference)
    )
    assert isinstance(outcome, Receipt), outcome
    return outcome


def test_a_vietnamese_title_becomes_an_ascii_address_that_ends_with_the_bulletin(
    channel: PortalChannel, site: Path
) -> None:
    receipt = publish(channel, title="Đăng ký khai sinh: “một cửa” ở xã Ô Lâm")
    assert receipt.permalink == BASE + "dang-ky-khai-sinh-mot-cua-o-xa-o-lam-bt7.html"
    assert (site / "dang-ky-khai-sinh-mot-cua-o-xa-o-lam-bt7.html").is_file()


@given(st.text(max_size=200))
def test_every_title_gives_a_plain_address(title: str) -> None:
    made = slug(title)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", made)
    assert len(made) <= LONGEST_SLUG


def test_the_page_carries_text_tags_picture_and_player(tmp_path: Path, site: Path) -> None:
    sound = Artefact("loa.mp3", "audio/mpeg", b"ID3 mp3")
    channel = PortalChannel(portal_settings(path=site), HandClock(), lambda _: sound)
    at = datetime(2026, 11, 23, 18, 0, tzinfo=timezone(timedelta(hours=7)))
    receipt = publish(channel, images=(picture(tmp_path, "ảnh.png"),), at=at)
    assert receipt.external_id is not None
    page = (site / receipt.external_id).read_text(encoding="utf-8")
    tags = dict(re.findall(r'<meta property="([^"]+)" content="([^"]*)">', page))
    assert tags["og:title"] == "Nộp hồ sơ trực tuyến được giảm lệ phí"
    assert tags["og:url"] == receipt.permalink
    assert tags["og:image"].startswith(BASE + "media/")
    assert tags["article:published_time"] == "2026-11-23T18:00:00+07:00"
    assert "<strong>hồ sơ trực tuyến</strong>" in page
    assert "Ngày 23/11/2026" in page
    (source,) = re.findall(r'<audio controls preload="none" src="([^"]+)"', page)
    assert (site / source).read_bytes() == b"ID3 mp3"


def test_a_bulletin_cannot_break_out_of_its_page_or_of_the_lists(
    channel: PortalChannel, site: Path
) -> None:
    publish(channel, title=EVIL, body=f"{EVIL}\n\n[x](javascript:alert(1))", station=EVIL)
    for name in site.glob("*.html"):
        tags = _Tags()
        tags.feed(name.read_text(encoding="utf-8"))
        assert "script" not in tags.names
        assert not [one for one in tags.attributes if one.startswith("on")]
        assert not [one for one in tags.links if one.lower().startswith("javascript")]
    assert feedparser.parse((site / "feed.xml").read_bytes()).entries[0].title


def test_a_feed_reader_reads_the_newest_bulletins_and_their_sound(site: Path) -> None:
    clock = HandClock()
    sound = Artefact("loa.mp3", "audio/mpeg", b"ID3 mp3")
    channel = PortalChannel(portal_settings(path=site), clock, lambda _: sound)
    for number in range(1, MOST_ENTRIES + 4):
        clock.sleep(60)
        publish(channel, bulletin=number, title=f"Bài số {number}")
    feed = feedparser.parse((site / "feed.xml").read_bytes())
    assert not feed.bozo
    assert len(feed.entries) == MOST_ENTRIES
    assert feed.entries[0].title == f"Bài số {MOST_ENTRIES + 3}"
    assert feed.entries[0].link == f"{BASE}bai-so-{MOST_ENTRIES + 3}-bt{MOST_ENTRIES + 3}.html"
    assert feed.entries[0].enclosures[0].type == "audio/mpeg"
    index = (site / "index.html").read_text(encoding="utf-8")
    assert index.count("<li>") == MOST_ENTRIES + 3


def test_control_characters_do_not_break_the_feed(channel: PortalChannel, site: Path) -> None:
    publish(channel, title="Bài\x0b một\x00", body="Nội\x1f dung\ufffe.")
    ElementTree.fromstring((site / "feed.xml").read_bytes())


def test_a_second_publication_is_the_same_page_and_one_entry(
    channel: PortalChannel, site: Path
) -> None:
    first = publish(channel)
    second = publish(channel, reference="BT7.1-2")
    assert first.permalink == second.permalink
    assert len(feedparser.parse((site / "feed.xml").read_bytes()).entries) == 1


def test_an_address_once_given_out_leads_to_the_bulletin_under_its_new_title(
    channel: PortalChannel, site: Path
) -> None:
    old = publish(channel, title="Tên cũ")
    new = publish(channel, title="Tên mới", revision=3)
    assert old.external_id == "ten-cu-bt7.html"
    assert 'content="0; url=ten-moi-bt7.html"' in (site / "ten-cu-bt7.html").read_text()
    catalogue = json.loads((site / "bulletins.json").read_text())["bulletins"]
    assert [entry["name"] for entry in catalogue.values()] == [new.external_id]


@contextmanager
def dying_after(writes: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The power fails at the folder's next write after so many."""
    done = 0

    def dying(path: Path, data: bytes) -> None:
        nonlocal done
        if done >= writes:
            raise KeyboardInterrupt
        done += 1
        write_atomically(path, data)

    with monkeypatch.context() as patch:
        patch.setattr("channels.portal.folder.write_atomically", dying)
        try:
            yield
        except KeyboardInterrupt:
            assert writes < 4, "page, front page, feed, catalogue"


def test_a_cut_at_any_write_leaves_whole_files_and_the_next_run_completes_them(
    channel: PortalChannel, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(channel, bulletin=1, title="Bài đầu")
    prepared = channel.prepare(outgoing(title="Bài hai"))
    for survived in range(5):
        with dying_after(survived, monkeypatch):
            channel.deliver(prepared, sending(channel))
        ElementTree.fromstring((site / "feed.xml").read_bytes())
        for page in site.glob("*.html"):
            assert page.read_text(encoding="utf-8").rstrip().endswith("</html>")
        found = channel.find(prepared, sending(channel))
        assert (found is not None) is (survived > 0), "the page is the proof"
    entries = feedparser.parse((site / "feed.xml").read_bytes()).entries
    assert sorted(entry.title for entry in entries) == ["Bài hai", "Bài đầu"]


def test_a_page_that_stands_there_unlisted_is_never_called_absent(
    channel: PortalChannel, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared = channel.prepare(outgoing())

    def full(path: Path, data: bytes) -> None:
        if path.name == "feed.xml":
            raise OSError(28, "No space left on device")
        write_atomically(path, data)

    with monkeypatch.context() as patch:
        patch.setattr("channels.portal.folder.write_atomically", full)
        outcome = attempt(channel, prepared, sending(channel))
        assert isinstance(outcome, OutcomeUnknown)
    assert channel.find(prepared, sending(channel)) is not None
    assert len(feedparser.parse((site / "feed.xml").read_bytes()).entries) == 1


def test_a_broken_catalogue_stops_the_section_and_overwrites_nothing(
    channel: PortalChannel, site: Path
) -> None:
    publish(channel)
    (site / "bulletins.json").write_text('{"version": 1, "bulle')
    before = {path.name: path.read_bytes() for path in site.glob("*.*")}
    outcome = attempt(channel, channel.prepare(outgoing(bulletin=8)), sending(channel))
    assert isinstance(outcome, ChannelError)
    assert outcome.kind is ErrorKind.STOP
    assert {path.name: path.read_bytes() for path in site.glob("*.*")} == before


def test_without_its_address_a_live_portal_says_what_is_missing(tmp_path: Path) -> None:
    channel = PortalChannel(portal_settings(url="", path=tmp_path), HandClock(), no_sound)
    assert not channel.check()[0].ok
    assert "url" in channel.check()[0].message
    outcome = attempt(channel, channel.prepare(outgoing()), sending(channel))
    assert isinstance(outcome, ChannelError)


@pytest.mark.parametrize(
    "changes",
    [
        {"url": "anbinh.vn"},
        {"kind": "webdav", "server": "ftp://x/y"},
        {"kind": "sftp", "server": "sftp://a:bMARKERpw@host/x"},
        {"kind": "sftp", "server": "sftp://host:99999999/x"},
    ],
)
def test_unusable_addresses_are_named_and_no_password_is_shown(changes: dict[str, object]) -> None:
    with pytest.raises(UserError) as caught:
        portal_settings(**changes)
    assert "bMARKERpw" not in everything_said(caught.value)


# Taking down


def withdrawal(**changes: object) -> Withdrawal:
    values: dict[str, object] = {
        "bulletin": 7,
        "title": "Nộp hồ sơ trực tuyến được giảm lệ phí",
        "station": "Ủy ban nhân dân xã An Bình",
        "references": ("BT7.1-1",),
        "at": datetime(2026, 11, 24, 8, 5, tzinfo=timezone(timedelta(hours=7))),
    }
    return Withdrawal(**{**values, **changes})  # type: ignore[arg-type]


def take_down_patiently(channel: PortalChannel, tries: int = 4) -> Receipt | None:
    """As the daemon does: again after every failure."""
    for _ in range(tries - 1):
        try:
            return channel.take_down(withdrawal())
        except (ChannelError, OutcomeUnknown):
            continue
    return channel.take_down(withdrawal())


def titles_in_feed(data: bytes) -> list[str]:
    return [entry.title for entry in feedparser.parse(data).entries]


def test_a_withdrawn_bulletin_leaves_the_lists_and_its_page_says_so(
    site: Path, tmp_path: Path
) -> None:
    sound = Artefact("loa.mp3", "audio/mpeg", b"ID3 mp3")
    channel = PortalChannel(portal_settings(path=site), HandClock(), lambda _: sound)
    publish(channel, bulletin=1, title="Bài còn lại", body="Nội dung khác.")
    gone = publish(channel, images=(picture(tmp_path),))
    receipt = channel.take_down(withdrawal())
    assert receipt is not None
    assert (receipt.external_id, receipt.permalink) == (gone.external_id, gone.permalink)
    assert gone.external_id is not None
    page = (site / gone.external_id).read_text(encoding="utf-8")
    assert receipt.artefacts[0].read().decode() == page
    assert "đã gỡ bài viết này khỏi trang thông tin lúc 08:05 ngày 24/11/2026" in page
    assert "noindex" in page
    everything = "".join(
        path.read_text(encoding="utf-8") for path in site.iterdir() if path.is_file()
    )
    assert "giảm 50% lệ phí" not in everything
    assert "được giảm lệ phí" not in everything
    assert titles_in_feed((site / "feed.xml").read_bytes()) == ["Bài còn lại"]
    feed = feedparser.parse((site / "feed.xml").read_bytes())
    assert feed.feed.updated == "2026-11-24T01:05:00+00:00", "readers see that something changed"
    kept = [path.suffix for path in (site / "media").iterdir()]
    assert kept == [".mp3"], "the other page's sound stays, the picture goes"


def test_the_old_address_of_a_withdrawn_bulletin_leads_to_the_word_that_it_is_gone(
    channel: PortalChannel, site: Path
) -> None:
    publish(channel, title="Tên cũ")
    publish(channel, title="Tên mới", revision=3, reference="BT7.3-2")
    channel.take_down(withdrawal(title="Tên mới"))
    assert "url=ten-moi-bt7.html" in (site / "ten-cu-bt7.html").read_text()
    assert "đã gỡ bài viết này" in (site / "ten-moi-bt7.html").read_text()


def test_what_never_stood_there_is_not_taken_down(channel: PortalChannel, site: Path) -> None:
    publish(channel, bulletin=1, title="Bài khác")
    before = {path.name: path.read_bytes() for path in site.glob("*.*")}
    assert channel.take_down(withdrawal()) is None
    assert {path.name: path.read_bytes() for path in site.glob("*.*")} == before


def test_a_bulletin_may_come_back_after_it_was_taken_down(
    channel: PortalChannel, site: Path
) -> None:
    first = publish(channel)
    feed = feedparser.parse((site / "feed.xml").read_bytes())
    channel.take_down(withdrawal())
    again = publish(channel, revision=3, reference="BT7.3-9")
    assert again.permalink == first.permalink
    back = feedparser.parse((site / "feed.xml").read_bytes())
    assert [one.id for one in back.entries] == [one.id for one in feed.entries]


def test_after_a_takedown_a_look_for_the_old_page_does_not_find_it(
    channel: PortalChannel,
) -> None:
    prepared = channel.prepare(outgoing())
    one = sending(channel)
    channel.deliver(prepared, one)
    channel.take_down(withdrawal())
    assert channel.find(prepared, one) is None


def test_a_takedown_that_is_called_off_changes_nothing(channel: PortalChannel, site: Path) -> None:
    publish(channel)
    before = {path.name: path.read_bytes() for path in site.glob("*.*")}

    def called_off() -> None:
        raise KeyError("newer")

    with pytest.raises(KeyError):
        channel.take_down(withdrawal(begin=called_off))
    assert {path.name: path.read_bytes() for path in site.glob("*.*")} == before
    publish(channel, bulletin=8, title="Kênh vẫn chạy")


def test_a_takedown_cut_at_any_write_is_whole_and_the_next_one_completes_it(
    channel: PortalChannel, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(channel, bulletin=1, title="Bài còn lại", body="Nội dung khác.")
    publish(channel)
    for survived in range(5):
        with dying_after(survived, monkeypatch):
            channel.take_down(withdrawal())
        ElementTree.fromstring((site / "feed.xml").read_bytes())
        for page in site.glob("*.html"):
            assert page.read_text(encoding="utf-8").rstrip().endswith("</html>")
    assert titles_in_feed((site / "feed.xml").read_bytes()) == ["Bài còn lại"]
    assert "lệ phí" not in (site / "index.html").read_text()


def test_the_sandbox_shows_what_visitors_would_find(tmp_path: Path) -> None:
    pages = tmp_path / "sandbox"
    channel = SandboxPortal(portal_settings(), pages, HandClock(), no_sound)
    assert channel.take_down(withdrawal()) is None
    prepared = channel.prepare(outgoing("BT7.1-1"))
    channel.deliver(prepared, sending(channel, "BT7.1-1"))
    receipt = channel.take_down(withdrawal())
    assert receipt is not None
    assert receipt.simulated
    (page,) = pages.glob("*.html")
    text = page.read_text(encoding="utf-8")
    assert "BẢN MÔ PHỎNG" in text
    assert "đã gỡ bài viết này" in text
    assert "50%" not in text


# WebDAV


@pytest.fixture
def dav() -> Iterator[webdav.WebDavServer]:
    with webdav.WebDavServer() as running:
        yield running
        assert running.elsewhere == [], "nothing may follow a redirect to another host"


def dav_channel(server: webdav.WebDavServer, password: str = webdav.PASSWORD) -> PortalChannel:
    settings = portal_settings(
        kind="webdav", server=server.collection, user=webdav.USER, password=password
    )
    return PortalChannel(settings, HandClock(), no_sound)


@pytest.mark.parametrize("call", ["GET", "HEAD", "MKCOL", "PUT", "MOVE"])
@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize(
    "fault",
    [
        Fault.ACCEPT_THEN_TIMEOUT,
        Fault.ACCEPT_THEN_DROP,
        Fault.ACCEPT_THEN_5XX,
        Fault.TIMEOUT,
        Fault.DROP,
        Fault.HTML_ERROR,
        Fault.SERVER_ERROR,
    ],
)
def test_a_fault_of_any_webdav_call_ends_in_one_whole_page(
    dav: webdav.WebDavServer, fault: Fault, call: str, place: int, tmp_path: Path
) -> None:
    channel = dav_channel(dav)
    dav.pass_first(call, place)
    dav.fault(call, fault)
    prepared = channel.prepare(outgoing(images=(picture(tmp_path),)))
    outcome = deliver_as_dispatch_does(channel, prepared, sending(channel))
    assert isinstance(outcome, Receipt), outcome
    assert sum("-bt7" in name for name in dav.files if not name.startswith(".")) == 1
    assert len(feedparser.parse(dav.files["feed.xml"]).entries) == 1
    whole = {prepared.payload.read()}
    assert {data for name, data in dav.seen if "-bt7" in name} == whole


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault.EXPIRED_TOKEN, ErrorKind.REAUTHORISE),
        (Fault.RATE_LIMIT, ErrorKind.DEFER),
        (Fault.REDIRECT, ErrorKind.STOP),
    ],
)
def test_a_webdav_refusal_is_surely_not_out(
    dav: webdav.WebDavServer, fault: Fault, kind: ErrorKind
) -> None:
    channel = dav_channel(dav)
    dav.fault("PUT", fault)
    outcome = attempt(channel, channel.prepare(outgoing()), sending(channel))
    assert isinstance(outcome, ChannelError)
    assert outcome.kind is kind
    assert dav.files == {}
    assert MARKER not in everything_said(outcome)


@pytest.mark.parametrize("call", ["GET", "PUT", "MOVE", "DELETE"])
@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize(
    "fault",
    [Fault.ACCEPT_THEN_TIMEOUT, Fault.ACCEPT_THEN_5XX, Fault.DROP, Fault.SERVER_ERROR],
)
def test_a_fault_of_any_webdav_call_does_not_leave_a_withdrawn_page(
    dav: webdav.WebDavServer, fault: Fault, call: str, place: int, tmp_path: Path
) -> None:
    channel = dav_channel(dav)
    publish(channel, images=(picture(tmp_path),))
    dav.pass_first(call, place)
    dav.fault(call, fault)
    assert take_down_patiently(channel) is not None
    shown = {name: data for name, data in dav.files.items() if not name.startswith(".")}
    assert b"50%" not in b"".join(shown.values())
    assert titles_in_feed(shown["feed.xml"]) == []


def test_a_wrong_webdav_password_asks_for_a_new_one(dav: webdav.WebDavServer) -> None:
    (line,) = dav_channel(dav, "saiMARKER").check()
    assert not line.ok
    assert "tài khoản" in line.message


# SFTP


def sftp_settings(server: sftp.SftpServer, known: Path, **changes: object) -> PortalSettings:
    known.write_text(server.known_hosts_line)
    values: dict[str, object] = {"password": sftp.PASSWORD, **changes}
    return portal_settings(
        kind="sftp",
        server=server.url,
        user=sftp.USER,
        known_hosts=known,
        **{"timeout": (5, 5), **values},
    )


def test_an_unknown_or_changed_host_key_gets_no_password(tmp_path: Path) -> None:
    with sftp.SftpServer(tmp_path / "a") as server, sftp.SftpServer(tmp_path / "b") as other:
        known = tmp_path / "known_hosts"
        settings = sftp_settings(server, known)
        channel = PortalChannel(settings, HandClock(), no_sound)
        for line in ("", other.known_hosts_line.replace(str(other.port), str(server.port))):
            known.write_text(line)
            outcome = attempt(channel, channel.prepare(outgoing()), sending(channel))
            assert isinstance(outcome, ChannelError)
            assert outcome.kind is ErrorKind.STOP
            assert MARKER not in everything_said(outcome)
        assert server.logins == 0


def test_a_wrong_sftp_password_asks_for_a_new_one(tmp_path: Path) -> None:
    with sftp.SftpServer(tmp_path / "a") as server:
        settings = sftp_settings(server, tmp_path / "known", password="saiMARKER")
        channel = PortalChannel(settings, HandClock(), no_sound)
        outcome = attempt(channel, channel.prepare(outgoing()), sending(channel))
    assert isinstance(outcome, ChannelError)
    assert outcome.kind is ErrorKind.REAUTHORISE
    assert "saiMARKER" not in everything_said(outcome)


@pytest.mark.parametrize("name", ["-bt7.html", "index.html", "feed.xml", "bulletins.json"])
@pytest.mark.parametrize("carried_out", [True, False])
def test_a_connection_lost_at_any_rename_ends_in_one_whole_page(
    tmp_path: Path, name: str, carried_out: bool
) -> None:
    with sftp.SftpServer(tmp_path / "a") as server:
        channel = PortalChannel(sftp_settings(server, tmp_path / "known"), HandClock(), no_sound)
        server.drop_on_rename.append((name, carried_out))
        prepared = channel.prepare(outgoing())
        outcome = deliver_as_dispatch_does(channel, prepared, sending(channel))
        assert isinstance(outcome, Receipt), outcome
        folder = server.folder / "cong" / "cchc"
        assert [path.read_bytes() for path in folder.glob("*-bt7.html")] == [
            prepared.payload.read()
        ]
        assert len(feedparser.parse((folder / "feed.xml").read_bytes()).entries) == 1


def test_a_withdrawn_page_is_taken_down_over_sftp_through_a_lost_connection(
    tmp_path: Path,
) -> None:
    with sftp.SftpServer(tmp_path / "a") as server:
        channel = PortalChannel(sftp_settings(server, tmp_path / "known"), HandClock(), no_sound)
        publish(channel, images=(picture(tmp_path),))
        server.drop_on_rename += [("feed.xml", False), ("bulletins.json", True)]
        assert take_down_patiently(channel) is not None
        folder = server.folder / "cong" / "cchc"
        (page,) = folder.glob("*-bt7.html")
        assert "đã gỡ bài viết này" in page.read_text(encoding="utf-8")
        assert titles_in_feed((folder / "feed.xml").read_bytes()) == []


def test_an_sftp_server_that_cannot_be_reached_got_nothing(tmp_path: Path) -> None:
    with sftp.SftpServer(tmp_path / "a") as server:
        settings = sftp_settings(server, tmp_path / "known")
    channel = PortalChannel(settings, HandClock(), no_sound)
    outcome = attempt(channel, channel.prepare(outgoing()), sending(channel))
    assert isinstance(outcome, ChannelError)
    assert (outcome.kind, outcome.code) == (ErrorKind.RETRY, "not_sent")


# WordPress


@pytest.fixture
def wp() -> Iterator[wordpress.WordPressServer]:
    with wordpress.WordPressServer() as running:
        yield running
        assert running.elsewhere == [], "nothing may follow a redirect to another host"
        assert not [line for line in running.addresses if MARKER in line]


def wp_channel(server: wordpress.WordPressServer, sound: object = no_sound) -> PortalChannel:
    settings = portal_settings(
        kind="wordpress", server=server.url, user=wordpress.USER, password=wordpress.PASSWORD
    )
    return PortalChannel(settings, HandClock(), sound)  # type: ignore[arg-type]


@pytest.mark.parametrize("call", ["list", "create", "update"])
@pytest.mark.parametrize(
    "fault",
    [
        Fault.ACCEPT_THEN_TIMEOUT,
        Fault.ACCEPT_THEN_DROP,
        Fault.ACCEPT_THEN_5XX,
        Fault.ACCEPT_THEN_5XX_REFUSAL,
        Fault.ACCEPT_THEN_HTML,
        Fault.ACCEPT_THEN_TRICKLE,
        Fault.ACCEPT_CUT_JSON,
        Fault.ACCEPT_WRONG_TYPE,
        Fault.TIMEOUT,
        Fault.DROP,
        Fault.SERVER_ERROR,
        Fault.HTML_ERROR,
    ],
)
def test_a_fault_of_any_wordpress_call_ends_in_exactly_one_post(
    wp: wordpress.WordPressServer, fault: Fault, call: str
) -> None:
    channel = wp_channel(wp)
    wp.fault(call, fault)
    one = sending(channel, progress=MemoryProgress())
    outcome = deliver_as_dispatch_does(channel, channel.prepare(outgoing()), one)
    assert isinstance(outcome, Receipt), outcome
    assert len(wp.published) == 1
    assert wp.published[0].fields["slug"] == "nop-ho-so-truc-tuyen-duoc-giam-le-phi-bt7"


def test_a_new_title_changes_the_same_wordpress_post(wp: wordpress.WordPressServer) -> None:
    channel = wp_channel(wp)
    publish(channel, title="Tên cũ")
    receipt = publish(channel, title="Tên mới", revision=2, reference="BT7.2-9")
    assert [post.fields["title"] for post in wp.published] == ["Tên mới"]
    assert receipt.external_id == "1"


def test_picture_and_sound_are_uploaded_once_and_stand_in_the_post(
    wp: wordpress.WordPressServer, tmp_path: Path
) -> None:
    sound = Artefact("loa.mp3", "audio/mpeg", b"ID3 mp3")

    def of(_: Outgoing) -> Artefact:
        return sound

    channel = wp_channel(wp, of)
    one = sending(channel, progress=MemoryProgress())
    prepared = channel.prepare(outgoing(images=(picture(tmp_path),)))
    wp.fault("update", Fault.SERVER_ERROR)
    assert isinstance(deliver_as_dispatch_does(channel, prepared, one), Receipt)
    assert [kind for kind, _ in wp.media] == ["audio/mpeg", "image/png"]
    post = wp.published[0].fields
    assert f'src="{wp.url}/uploads/901"' in post["content"]
    assert post["featured_media"] == 902


@pytest.mark.parametrize("call", ["list", "update"])
@pytest.mark.parametrize(
    "fault", [Fault.ACCEPT_THEN_TIMEOUT, Fault.ACCEPT_THEN_5XX, Fault.DROP, Fault.HTML_ERROR]
)
def test_a_withdrawn_wordpress_post_becomes_a_draft_whatever_fails(
    wp: wordpress.WordPressServer, fault: Fault, call: str
) -> None:
    channel = wp_channel(wp)
    publish(channel, title="Tên cũ")
    wp.fault(call, fault)
    take_down_patiently(channel)
    assert wp.published == []
    assert channel.take_down(withdrawal()) is None
    publish(channel, title="Tên mới", revision=3, reference="BT7.3-9")
    assert [post.fields["title"] for post in wp.published] == ["Tên mới"]


def test_an_account_that_may_not_publish_leaves_a_draft_and_says_so(
    wp: wordpress.WordPressServer,
) -> None:
    wp.may_publish = False
    channel = wp_channel(wp)
    assert not channel.check()[0].ok
    outcome = attempt(channel, channel.prepare(outgoing()), sending(channel))
    assert isinstance(outcome, ChannelError)
    assert outcome.kind is ErrorKind.REAUTHORISE
    assert wp.published == []


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.links: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links |= {value or "" for name, value in attrs if name in ("href", "src")}
