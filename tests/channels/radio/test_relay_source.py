"""A relay ends when it must, is never silent for long, and reaches only where it may."""

from __future__ import annotations

import ipaddress
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise

import pytest

from channels.radio import pcm, relay_source
from channels.radio.relay_source import Relay, RelaySource, Side
from channels.radio.stream_client import Permitted, StreamError, anywhere, is_public, open_stream
from tests.channels.radio.fakes import mp3_of, tone
from tests.channels.radio.stream_server import HEAD, Server, server

__all__ = ["server"]

FALLBACK = tone(0.5, pitch=1200)
STREAM = mp3_of(tone(4.0, pitch=440))
SILENCE = mp3_of(bytes(4 * pcm.RATE * 2))
ICY_HEAD = b"ICY 200 OK\r\nicy-name: xa\r\ncontent-type: audio/mpeg\r\n\r\n"


@contextmanager
def relayed(
    server: Server,
    fallback: bytes = FALLBACK,
    permitted: Permitted = anywhere,
    **options: float,
) -> Iterator[RelaySource]:
    """A started source on the server's stream."""
    relay = Relay(server.url(), **{"seconds": 2.0, **options})
    source = RelaySource(relay, fallback, permitted=permitted, timeout=2.0)
    source.start()
    try:
        yield source
    finally:
        source.close()


def until(condition: Callable[[], bool], limit: float = 8.0) -> None:
    """Wait for another thread."""
    deadline = time.monotonic() + limit
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < deadline, "it did not come"
        pause.wait(0.005)


def pitch(sound: bytes) -> float:
    """Of a tone, by the number of times it crosses zero upwards."""
    samples = memoryview(sound).cast("h")
    rises = sum(1 for a, b in pairwise(samples) if a < 0 <= b)
    return rises / pcm.seconds(sound)


def second(sound: bytes, begin: float, length: float = 0.3) -> bytes:
    return sound[int(begin * pcm.RATE) * 2 : int((begin + length) * pcm.RATE) * 2]


def test_the_stream_is_heard_to_the_exact_end(server: Server) -> None:
    server.answers(HEAD, STREAM, then_stall=True)
    with relayed(server, seconds=2.01) as source:
        until(lambda: source.buffered > 3)
        blocks = list(source.blocks())
    sound = b"".join(blocks)
    assert len(sound) == round(2.01 * pcm.RATE) * 2
    assert {len(block) for block in blocks[:-1]} == {pcm.BLOCK * 2}
    assert pitch(second(sound, 0.5)) == pytest.approx(440, abs=15)
    assert pitch(second(sound, 1.5)) == pytest.approx(440, abs=15)
    assert source.switches == []


def test_a_stream_in_real_time_is_heard_without_a_gap(server: Server) -> None:
    pause = threading.Event()

    def live(wire: socket.socket) -> None:
        wire.sendall(HEAD + STREAM[:12_000])
        for start in range(12_000, len(STREAM), 400):
            wire.sendall(STREAM[start : start + 400])
            pause.wait(0.05)  # 64 kbit/s

    server.scripts["/live.mp3"] = live
    with relayed(server, seconds=1.5) as source:
        until(lambda: source.buffered > 0.6)
        sound = bytearray()
        for block in source.blocks():
            sound += block
            pause.wait(0.015)
    assert source.switches == []
    assert all(pcm.peak(second(bytes(sound), n / 10, 0.1)) > 3_000 for n in range(15))


@pytest.mark.parametrize("head", [HEAD, ICY_HEAD, b"HTTP/1.1 200 OK\r\n\r\n"])
def test_icecast_and_shoutcast_answers_are_understood(server: Server, head: bytes) -> None:
    server.answers(head, STREAM, then_stall=True)
    with relayed(server) as source:
        until(lambda: source.buffered > 1)


def test_chunks_of_http_are_taken_off(server: Server) -> None:
    chunk = f"{len(STREAM):x}\r\n".encode() + STREAM + b"\r\n"
    server.answers(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", chunk, then_stall=True)
    with relayed(server) as source:
        until(lambda: source.buffered > 1)


def test_a_stream_that_stalls_gives_way_to_the_fallback(server: Server) -> None:
    server.answers(HEAD, STREAM, then_stall=True)
    with relayed(server, seconds=9.0, stall=2.0) as source:
        until(lambda: source.buffered > 3)
        sound = b"".join(source.blocks())
    [switch] = source.switches
    assert switch.to is Side.FALLBACK
    assert switch.reason == "luồng ngừng gửi âm thanh"
    assert 5.0 < switch.second < 6.4
    assert pcm.peak(second(sound, switch.second - 1)) == 0
    assert pitch(second(sound, 7.0)) == pytest.approx(1200, abs=30)
    assert pcm.seconds(sound) == 9.0


def test_a_stream_that_dies_gives_way_almost_at_once(server: Server) -> None:
    server.answers(HEAD, STREAM)
    with relayed(server, seconds=6.0, stall=3.0) as source:
        until(lambda: source.buffered > 3 and source.trouble is not None)
        sound = b"".join(source.blocks())
    [switch] = source.switches
    assert switch.second < 5.0
    assert pcm.seconds(sound) == 6.0


def test_a_silent_stream_gives_way_after_the_given_seconds(server: Server) -> None:
    server.answers(HEAD, SILENCE, then_stall=True)
    with relayed(server, seconds=3.0, silence=1.5) as source:
        until(lambda: source.buffered > 3)
        sound = b"".join(source.blocks())
    [switch] = source.switches
    assert switch.reason == "luồng im lặng 1.5 giây"
    assert switch.second == pytest.approx(1.48, abs=0.05)
    assert pitch(second(sound, 2.0)) == pytest.approx(1200, abs=30)


def test_a_stream_that_comes_back_takes_the_air_again(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay_source, "_WAITS", (0.05,))
    pause = threading.Event()
    server.answers(HEAD, STREAM[: len(STREAM) // 4])
    with relayed(server, seconds=40.0, recovery=1.0) as source:
        until(lambda: source.buffered > 0.7)
        del server.scripts["/live.mp3"]
        until(lambda: "404" in str(source.trouble))
        for _ in source.blocks():
            if source.side is Side.FALLBACK and not server.scripts:
                server.answers(HEAD, STREAM, STREAM, then_stall=True)
            if len(source.switches) == 2:
                break
            pause.wait(0.002)
        heard = b"".join(next(source.blocks()) for _ in range(20))
    assert [switch.to for switch in source.switches] == [Side.FALLBACK, Side.STREAM]
    assert source.switches[1].reason == "luồng đã có tiếng trở lại"
    assert pitch(heard) == pytest.approx(440, abs=15)


def test_a_short_break_is_bridged_by_the_buffer(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay_source, "_WAITS", (0.05,))

    def breaking(wire: socket.socket) -> None:
        server.answers(HEAD, STREAM, then_stall=True)
        wire.sendall(HEAD + STREAM)

    server.scripts["/live.mp3"] = breaking
    with relayed(server, seconds=6.0) as source:
        until(lambda: source.buffered > 6.5)  # ffmpeg holds the stream's last moments back
        assert len(list(source.blocks())) == 300
    assert source.switches == []


def test_without_a_fallback_the_relay_ends(server: Server) -> None:
    with relayed(server, b"", seconds=30.0) as source:
        until(lambda: source.trouble is not None)
        assert sum(len(block) for block in source.blocks()) < pcm.RATE * 2


def test_the_reader_never_waits(server: Server) -> None:
    server.answers(HEAD, then_stall=True)
    with relayed(server, seconds=60.0) as source:
        slowest = 0.0
        blocks = source.blocks()
        for _ in range(1500):
            begun = time.perf_counter()
            next(blocks)
            slowest = max(slowest, time.perf_counter() - begun)
    assert slowest < 0.1


def test_before_the_air_only_the_newest_is_kept_and_on_it_nothing_is_lost(server: Server) -> None:
    server.answers(HEAD, *[STREAM] * 6, then_stall=True)
    with relayed(server, seconds=4.0) as source:
        until(lambda: source.buffered > 7)
        blocks = source.blocks()
        next(blocks)
        assert 7 < source.buffered <= 8.5


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"HTTP/1.0 404 Not Found\r\n\r\n", "máy chủ từ chối (404)"),
        (b"HTTP/1.0 401 Unauthorized\r\n\r\n", "máy chủ từ chối (401)"),
        (b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n<html>", "trang web"),
        (b"no http at all\r\n\r\n", "không trả lời đúng HTTP"),
        (HEAD + b"not sound " * 5000, "không có âm thanh đọc được"),
        (HEAD + b"#EXTM3U\nfile:///etc/passwd\n" * 99, "không có âm thanh đọc được"),
        (
            b"HTTP/1.0 200 OK\r\nContent-Type: application/vnd.apple.mpegurl\r\n\r\n#EXT-X-VERSION",
            "HLS",
        ),
        (b"HTTP/1.0 200 OK\r\nContent-Type: audio/x-mpegurl\r\n\r\nfile:///etc/passwd", "không có"),
        (b"HTTP/1.0 302 Found\r\nLocation: file:///etc/passwd\r\n\r\n", "http:// hoặc https://"),
        (b"HTTP/1.0 302 Found\r\n\r\n", "không cho địa chỉ"),
        (b"HTTP/1.0 302 Found\r\nLocation: /live.mp3\r\n\r\n", "quá nhiều lần"),
    ],
)
def test_an_answer_that_is_no_stream_is_named_and_the_fallback_heard(
    server: Server, answer: bytes, reason: str
) -> None:
    server.answers(answer)
    with relayed(server, seconds=1.5) as source:
        until(lambda: source.trouble is not None)
        assert reason in str(source.trouble)
        sound = b"".join(source.blocks())
    assert pitch(second(sound, 1.0)) == pytest.approx(1200, abs=30)


def test_a_redirect_and_a_playlist_are_followed(server: Server) -> None:
    server.redirects("/list.pls")
    head = b"HTTP/1.0 200 OK\r\nContent-Type: audio/x-scpls\r\n\r\n"
    server.answers(head, f"[playlist]\nFile1={server.url('/x.mp3')}\n".encode(), path="/list.pls")
    server.answers(HEAD, STREAM, path="/x.mp3", then_stall=True)
    with relayed(server) as source:
        until(lambda: source.buffered > 1)
    assert server.asked == ["/live.mp3", "/list.pls", "/x.mp3"]


def test_a_redirect_into_the_private_network_is_not_followed(server: Server) -> None:
    """The first hop is allowed here as if it were public; the second is not."""
    port = server.server_address[1]
    server.redirects(f"http://127.0.0.2:{port}/inner")
    first = ipaddress.ip_address("127.0.0.1")
    with pytest.raises(StreamError, match="mạng nội bộ"):
        open_stream(server.url(), lambda address: address == first, 2.0)
    assert server.asked == ["/live.mp3"]


def test_a_private_address_needs_a_permission(server: Server) -> None:
    server.answers(HEAD, STREAM, then_stall=True)
    with relayed(server, permitted=is_public) as source:
        until(lambda: source.trouble is not None)
        assert "mạng nội bộ" in str(source.trouble)
    assert server.asked == []


def test_a_name_that_means_a_private_address_is_refused_too(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 80))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(StreamError, match="mạng nội bộ"):
        open_stream("http://radio.example/live", is_public, 2.0)


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "ftp://x/y", "rtmp://x/y", "concat:a|b", "data:audio/mpeg,x", "",
        "http://", "http:///x", "http://a b/", "http://x:99999/", "http://u:p@x/", "https://\n",
        "tcp://127.0.0.1:80", "subfile,,start,0,,:/etc/passwd", "/etc/passwd", "http://[::1",
    ],
)  # fmt: skip
def test_only_http_addresses_are_taken(url: str) -> None:
    with pytest.raises(StreamError):
        RelaySource(Relay(url, 60), b"")


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("1.1.1.1", True), ("2606:4700::1111", True), ("127.0.0.1", False), ("10.1.2.3", False),
        ("192.168.1.1", False), ("169.254.169.254", False), ("100.64.0.1", False),
        ("0.0.0.0", False), ("::1", False), ("fe80::1", False), ("fc00::1", False),
        ("::ffff:127.0.0.1", False), ("224.0.1.1", False), ("ff0e::1", False),
    ],
)  # fmt: skip
def test_what_counts_as_the_open_internet(address: str, public: bool) -> None:
    assert is_public(ipaddress.ip_address(address)) is public


def test_closing_leaves_no_thread_and_no_process(server: Server) -> None:
    server.answers(HEAD, STREAM, then_stall=True)
    with relayed(server) as source:
        until(lambda: source.buffered > 1)
    names = {thread.name for thread in threading.enumerate()}
    assert "radio-relay" not in names
