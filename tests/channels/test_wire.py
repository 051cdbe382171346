"""HTTP answers of every shape are read whole or told to be lost; a sure failure is told apart."""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from channels import wire
from tests.channels.rigs import QUICK
from tests.channels.support import HandClock

BODY = json.dumps({"id": "1", "message": "Xã An Bình " * 50}).encode()
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@contextmanager
def raw_server(answer: bytes, *, read_first: bool = True) -> Iterator[str]:
    """Answers one connection with these very bytes, then closes it."""
    listener = socket.create_server(("127.0.0.1", 0))

    def run() -> None:
        connection, _ = listener.accept()
        with connection:
            if read_first:
                connection.recv(65536)
            connection.sendall(answer)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/x"
    finally:
        thread.join(5)
        listener.close()


def call(url: str, **request: object) -> wire.Answer:
    with wire.new_session(QUICK) as session:
        return wire.call(session, HandClock(), QUICK, "GET", url, **request)


def chunked(data: bytes, end: bytes = b"0\r\n\r\n") -> bytes:
    pieces = [data[start : start + 100] for start in range(0, len(data), 100)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + end


def with_length(data: bytes, declared: int | None = None) -> bytes:
    return OK + b"Content-Length: %d\r\n\r\n" % (declared or len(data)) + data


GZIP = b"Content-Encoding: gzip\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    "answer",
    [
        with_length(BODY),
        OK + b"\r\n" + BODY,
        OK + CHUNKED + chunked(BODY),
        OK + GZIP + CHUNKED + chunked(gzip.compress(BODY)),
        OK + GZIP + b"\r\n" + gzip.compress(BODY),
    ],
    ids=["length", "until close", "chunked", "chunked gzip", "gzip"],
)
def test_a_whole_answer_is_read_in_every_encoding(answer: bytes) -> None:
    with raw_server(answer) as url:
        assert call(url).json_object() == json.loads(BODY)


@pytest.mark.parametrize(
    "answer",
    [
        with_length(BODY, len(BODY) + 10),
        OK + CHUNKED + chunked(BODY, end=b""),
        OK + GZIP + with_length(b"not gzip").removeprefix(OK),
        b"",
        b"rubbish\r\n\r\n",
    ],
    ids=["cut", "cut chunks", "bad gzip", "nothing", "not HTTP"],
)
def test_a_cut_or_garbled_answer_is_lost_not_a_sure_failure(answer: bytes) -> None:
    with raw_server(answer) as url, pytest.raises(wire.Unanswered):
        call(url)


def test_an_answer_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "LONGEST_ANSWER", 1000)
    with raw_server(with_length(b"x" * 5000)) as url, pytest.raises(wire.Unanswered) as caught:
        call(url)
    assert caught.value.reason == "too_long"


def test_a_head_that_trickles_is_given_up() -> None:
    ended = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))

    def trickle() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            with contextlib.suppress(OSError):
                for letter in b"HTTP/1.1 200 OK\r\nX: " + b"x" * 60_000:
                    connection.sendall(bytes([letter]))
                    if ended.wait(0.05):
                        return

    thread = threading.Thread(target=trickle, daemon=True)
    thread.start()
    started = time.monotonic()
    with pytest.raises(wire.Unanswered):
        call(f"http://127.0.0.1:{listener.getsockname()[1]}/x")
    assert time.monotonic() - started < 3 * wire.answer_limit(QUICK)
    ended.set()
    thread.join(5)
    listener.close()


def test_a_closed_port_got_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/x"
    with pytest.raises(wire.NotSent):
        call(url)


def test_a_proxy_that_is_not_there_got_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        proxy = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with pytest.raises(wire.NotSent):
        call("https://graph.facebook.com/x", proxies={"https": proxy})


@pytest.mark.parametrize("url", ["", "x", "http://", "http://[", "ftp://127.0.0.1/", "http://a b/"])
def test_an_address_that_is_none_got_nothing(url: str) -> None:
    with pytest.raises(wire.NotSent):
        call(url)


def test_a_header_that_cannot_be_sent_got_nothing() -> None:
    with raw_server(with_length(BODY)) as url:
        with pytest.raises(wire.NotSent):
            call(url, headers={"access_token": "line\nbreak"})
        call(url)  # lets the server end


@pytest.mark.parametrize("body", [b"[1]", b"<html>", b"", b'"x"', b"\xff\xfe", b'{"a":'])
def test_only_a_json_object_is_one(body: bytes) -> None:
    assert wire.Answer(200, {}, body).json_object() is None


def test_the_limit_of_a_trickle_is_longer_than_both_time_outs() -> None:
    assert wire.answer_limit((5, 30)) > 35
