"""The portal's own feed: read whatever its dialect, and never a way into the local network."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from channels.portal.channel import PortalChannel
from channels.portal.incoming import fetch_feed, read_feed
from content.errors import UserError
from tests.channels.rigs import no_sound, portal_settings
from tests.channels.support import HandClock, outgoing, sending

RSS = """<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0"><channel><title>Cổng xã</title>
<item><title>Tin &amp; bài một</title><link>/tin/1</link><guid>a1</guid>
<description><![CDATA[<p>Dòng <b>đậm</b>.</p><ul><li>Một</li></ul><script>x()</script>
<a href="https://a.vn/x">liên kết</a>]]></description></item>
<item><title>Tin hai</title><link>javascript:alert(1)</link><guid>a2</guid></item>
<item><description>không tên</description></item>
</channel></rss>""".encode()

Serve = Callable[[dict[str, tuple[int, dict[str, str], bytes]]], str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    servers: list[ThreadingHTTPServer] = []

    def start(pages: dict[str, tuple[int, dict[str, str], bytes]]) -> str:
        class Pages(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, headers, body = pages[self.path]
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Silent."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_address[1]}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_rss_becomes_markdown_without_scripts(serve: Serve) -> None:
    url = serve({"/rss": (200, {"Content-Type": "text/plain"}, RSS)})
    first, second = fetch_feed(f"{url}/rss", HandClock(), allow={"127.0.0.1"})
    assert first.title == "Tin & bài một"
    assert first.link == f"{url}/tin/1"
    assert "Dòng **đậm**." in first.body
    assert "* Một" in first.body
    assert "x()" not in first.body
    assert second.link is None
    assert second.body == "Tin hai"
    assert first.key != second.key


def test_our_own_atom_feed_can_be_read(tmp_path: object) -> None:
    from pathlib import Path

    site = Path(str(tmp_path)) / "cổng"
    channel = PortalChannel(portal_settings(path=site), HandClock(), no_sound)
    channel.deliver(channel.prepare(outgoing()), sending(channel))
    (entry,) = read_feed((site / "feed.xml").read_bytes(), "https://a.vn/feed.xml")
    assert entry.title == "Nộp hồ sơ trực tuyến được giảm lệ phí"


def test_a_private_address_is_refused_unless_it_is_named(serve: Serve) -> None:
    url = serve({"/rss": (200, {}, RSS)})
    with pytest.raises(UserError, match="allow_hosts"):
        fetch_feed(f"{url}/rss", HandClock())
    with pytest.raises(UserError, match="allow_hosts"):
        fetch_feed(f"{url}/rss".replace("127.0.0.1", "localhost"), HandClock())
    assert fetch_feed(f"{url}/rss", HandClock(), allow={"127.0.0.1"})


def test_a_redirect_is_followed_under_the_same_rules(serve: Serve) -> None:
    inner = serve({"/rss": (200, {}, RSS)}).replace("127.0.0.1", "localhost")
    pages = {
        "/near": (302, {"Location": "/rss"}, b""),
        "/rss": (200, {}, RSS),
        "/inner": (302, {"Location": f"{inner}/rss"}, b""),
        "/file": (302, {"Location": "file:///etc/passwd"}, b""),
        "/loop": (302, {"Location": "/loop"}, b""),
    }
    url = serve(pages)
    assert fetch_feed(f"{url}/near", HandClock(), allow={"127.0.0.1"})
    with pytest.raises(UserError, match="allow_hosts"):
        fetch_feed(f"{url}/inner", HandClock(), allow={"127.0.0.1"})
    with pytest.raises(UserError, match="không dùng được"):
        fetch_feed(f"{url}/file", HandClock(), allow={"127.0.0.1"})
    with pytest.raises(UserError, match="quá nhiều lần"):
        fetch_feed(f"{url}/loop", HandClock(), allow={"127.0.0.1"})


@pytest.mark.parametrize(
    "address", ["file:///etc/passwd", "ftp://a.vn/rss", "https://", "rss.xml", "http://a:b@c.vn/"]
)
def test_other_addresses_are_refused(address: str) -> None:
    with pytest.raises(UserError, match="không dùng được"):
        fetch_feed(address, HandClock())


@pytest.mark.parametrize(
    "data",
    [
        b"<html><body>x</body></html>",
        b"",
        b"/etc/passwd",
        b"http://127.0.0.1/",
        b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><rss version="2.0">&b;</rss>',
    ],
)
def test_what_is_no_feed_is_said_to_be_none(data: bytes) -> None:
    with pytest.raises(UserError):
        read_feed(data, "https://a.vn/rss")


def test_a_feed_that_is_too_long_is_given_up(serve: Serve) -> None:
    url = serve({"/rss": (200, {}, b" " * (5 << 20))})
    with pytest.raises(UserError, match="dài bất thường"):
        fetch_feed(f"{url}/rss", HandClock(), allow={"127.0.0.1"})
