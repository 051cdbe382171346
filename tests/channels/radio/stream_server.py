"""An audio stream on loopback that answers as its script says."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Callable, Iterator

import pytest

HEAD = b"HTTP/1.0 200 OK\r\nContent-Type: audio/mpeg\r\n\r\n"


class Server(socketserver.ThreadingTCPServer):
    """Answers every path as its script says; a script may wait for `go_on`."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.scripts: dict[str, Callable[[socket.socket], None]] = {}
        self.asked: list[str] = []
        self.go_on = threading.Event()

    def url(self, path: str = "/live.mp3") -> str:
        return f"http://127.0.0.1:{self.server_address[1]}{path}"

    def answers(self, *parts: bytes, path: str = "/live.mp3", then_stall: bool = False) -> None:
        """The parts at once; then the end, or nothing more until `go_on`."""

        def script(wire: socket.socket) -> None:
            for part in parts:
                wire.sendall(part)
            if then_stall:
                self.go_on.wait(20)

        self.scripts[path] = script

    def redirects(self, to: str, path: str = "/live.mp3") -> None:
        self.answers(f"HTTP/1.0 302 Found\r\nLocation: {to}\r\n\r\n".encode(), path=path)


class _Answer(socketserver.BaseRequestHandler):
    server: Server

    def handle(self) -> None:
        request = b""
        while b"\r\n\r\n" not in request and (more := self.request.recv(4096)):
            request += more
        path = request.split(b" ")[1].decode()
        self.server.asked.append(path)
        try:
            self.server.scripts.get(path, _missing)(self.request)
        except OSError:
            return  # the listener has gone


def _missing(wire: socket.socket) -> None:
    wire.sendall(b"HTTP/1.0 404 Not Found\r\n\r\n")


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield running
        finally:
            running.go_on.set()
            running.shutdown()
            thread.join()
