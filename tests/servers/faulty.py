"""A local HTTP server with state and faults on demand: what both fake platforms share."""

from __future__ import annotations

import json
import sys
import threading
from collections import defaultdict, deque
from dataclasses import dataclass, field, replace
from email.parser import BytesParser
from email.policy import HTTP
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit


class Fault(StrEnum):
    """How one call goes wrong. ACCEPT_*: the effect happens all the same."""

    ACCEPT_THEN_TIMEOUT = "accept_then_timeout"
    ACCEPT_THEN_5XX = "accept_then_5xx"
    ACCEPT_THEN_5XX_REFUSAL = "accept_then_5xx_refusal"
    """A code that means "refused", but with HTTP 500, and done all the same."""
    ACCEPT_THEN_DROP = "accept_then_drop"
    ACCEPT_THEN_HTML = "accept_then_html"
    ACCEPT_THEN_TRICKLE = "accept_then_trickle"
    ACCEPT_WRONG_TYPE = "accept_wrong_type"
    ACCEPT_CUT_JSON = "accept_cut_json"
    TIMEOUT = "timeout"
    DROP = "drop"
    SERVER_ERROR = "server_error"
    HTML_ERROR = "html_error"
    REDIRECT = "redirect"
    REFUSE = "refuse"
    EXPIRED_TOKEN = "expired_token"
    RATE_LIMIT = "rate_limit"
    DUPLICATE = "duplicate"
    NIGHT = "night"
    PROCESSING = "processing"
    REFRESH_ERROR_200 = "refresh_error_200"

    @property
    def accepts(self) -> bool:
        return self.value.startswith("accept")


@dataclass
class Call:
    """One request as it came in."""

    name: str
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    form: dict[str, str] = field(default_factory=dict)
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)

    def json(self) -> Any:
        return json.loads(self.body) if self.body else {}


@dataclass
class Reply:
    """One answer."""

    body: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


class _Server(ThreadingHTTPServer):
    request_queue_size = 128
    """A platform does not lose a caller because sixteen came at once."""


class FaultyServer:
    """`with Server() as server: server.url; server.fault("feed", Fault.DROP, times=2)`."""

    def __init__(self, port: int = 0, store: Path | None = None) -> None:
        self.calls: list[Call] = []
        self.addresses: list[str] = []
        """Every request line's target, to prove that no token was in it."""
        self.elsewhere: list[str] = []
        """What came to the other host that REDIRECT points to."""
        self.lock = threading.RLock()
        self._faults: dict[str, deque[Fault | int]] = defaultdict(deque)
        self._port = port
        self._store = store
        self._released = threading.Event()
        self._servers: list[ThreadingHTTPServer] = []
        self._threads: list[threading.Thread] = []

    url: str = ""
    elsewhere_url: str = ""

    def fault(self, call: str, fault: Fault, times: int = 1) -> None:
        """The next `times` calls of this name go wrong this way."""
        self._faults[call].extend([fault] * times)

    def pass_first(self, call: str, times: int = 1) -> None:
        """Let `times` calls of this name through before the faults added afterwards."""
        self._faults[call].extend([0] * times)

    def count(self, call: str) -> int:
        return sum(1 for seen in self.calls if seen.name == call)

    def name_of(self, method: str, path: str) -> str:
        raise NotImplementedError

    def refusal(self, call: Call, fault: Fault) -> Reply:
        """The platform's own wording of a fault that stores nothing (or of 5xx)."""
        raise NotImplementedError

    def answer(self, call: Call) -> Reply:
        """Carry out the call."""
        raise NotImplementedError

    def state(self) -> Any:
        """What `store` keeps on disk for a test in another process."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        main = self._start(_handler(self), self._port)
        other = self._start(_elsewhere_handler(self), 0)
        self.url = f"http://127.0.0.1:{main}"
        self.elsewhere_url = f"http://127.0.0.1:{other}"
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._released.set()
        for server in self._servers:
            server.shutdown()
            server.server_close()
        for thread in self._threads:
            thread.join(5)

    def take_fault(self, name: str) -> Fault | None:
        with self.lock:
            waiting = self._faults[name]
            fault = waiting.popleft() if waiting else None
            return fault if isinstance(fault, Fault) else None

    def carry_out(self, call: Call) -> Reply:
        with self.lock:
            reply = self.answer(call)
            if self._store is not None:
                self._store.write_text(json.dumps(self.state(), ensure_ascii=False, indent=1))
            return reply

    def hold(self, seconds: float = 60) -> None:
        """Keep a connection open without a word, until the server is closed."""
        self._released.wait(seconds)

    def _start(self, handler: type[BaseHTTPRequestHandler], port: int) -> int:
        server = _Server(("127.0.0.1", port), handler)
        server.daemon_threads = True
        server.block_on_close = False
        # poll_interval: how long shutdown() takes at most
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        self._servers.append(server)
        self._threads.append(thread)
        return int(server.server_address[1])


def _handler(server: FaultyServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._handle()

        def do_POST(self) -> None:
            self._handle()

        do_PUT = do_HEAD = do_DELETE = do_MOVE = do_MKCOL = do_GET  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Silent."""

        def _handle(self) -> None:
            self.close_connection = True
            try:
                call = self._read()
                with server.lock:
                    server.calls.append(call)
                    server.addresses.append(self.path)
                self._respond(call, server.take_fault(call.name))
            except (BrokenPipeError, ConnectionResetError):
                return  # the client gave up: what these faults are for

        def _read(self) -> Call:
            parts = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length)
            if len(body) < length:
                raise ConnectionResetError  # half a request is none
            headers = {name.lower(): value for name, value in self.headers.items()}
            call = Call(
                server.name_of(self.command, parts.path),
                self.command,
                parts.path,
                _single(parts.query),
                headers,
                body,
            )
            kind = headers.get("content-type", "")
            if kind.startswith("application/x-www-form-urlencoded"):
                call.form = _single(body.decode())
            elif kind.startswith("multipart/form-data"):
                _read_multipart(call, kind)
            return call

        def _respond(self, call: Call, fault: Fault | None) -> None:
            if fault is None:
                self._send(server.carry_out(call))
            elif fault.accepts:
                self._misreport(server.carry_out(call), call, fault)
            elif fault is Fault.TIMEOUT:
                server.hold()
            elif fault is Fault.DROP:
                return
            elif fault is Fault.HTML_ERROR:
                self._send(Reply(b"<html><body>Bad gateway</body></html>", 502), "text/html")
            elif fault is Fault.REDIRECT:
                to = {"Location": f"{server.elsewhere_url}{self.path}"}
                self._send(Reply(b"", 307, to), "text/html")
            else:
                self._send(server.refusal(call, fault))

        def _misreport(self, reply: Reply, call: Call, fault: Fault) -> None:
            match fault:
                case Fault.ACCEPT_THEN_TIMEOUT:
                    server.hold()
                case Fault.ACCEPT_THEN_DROP:
                    return
                case Fault.ACCEPT_THEN_5XX:
                    self._send(server.refusal(call, Fault.SERVER_ERROR))
                case Fault.ACCEPT_THEN_5XX_REFUSAL:
                    self._send(replace(server.refusal(call, Fault.REFUSE), status=500))
                case Fault.ACCEPT_THEN_HTML:
                    page = b"<html><body>Sorry, something went wrong.</body></html>"
                    self._send(Reply(page, 200), "text/html")
                case Fault.ACCEPT_WRONG_TYPE:
                    self._send(reply, "text/html; charset=utf-8")
                case Fault.ACCEPT_CUT_JSON:
                    self._send(Reply(json.dumps(reply.body).encode()[:-3], reply.status))
                case Fault.ACCEPT_THEN_TRICKLE:
                    self._trickle(json.dumps(reply.body).encode())

        def _trickle(self, data: bytes) -> None:
            self._head(200, {}, "application/json", len(data) + 10_000)
            for byte in data + b" " * 10_000:
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                server.hold(0.05)

        def _send(self, reply: Reply, kind: str = "application/json; charset=utf-8") -> None:
            raw = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
            self._head(reply.status, reply.headers, kind, len(raw))
            self.wfile.write(raw)

        def _head(self, status: int, headers: dict[str, str], kind: str, length: int) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(length))
            self.send_header("Connection", "close")
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()

    return Handler


def _elsewhere_handler(server: FaultyServer) -> type[BaseHTTPRequestHandler]:
    class Elsewhere(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            server.elsewhere.append(f"{self.path} {self.headers} {body!r}")
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_POST = do_PUT = do_HEAD = do_MOVE = do_GET  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Silent."""

    return Elsewhere


def _single(query: str) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(query, keep_blank_values=True).items()}


def _read_multipart(call: Call, kind: str) -> None:
    message = BytesParser(policy=HTTP).parsebytes(
        b"Content-Type: " + kind.encode() + b"\r\n\r\n" + call.body
    )
    for part in message.iter_parts():
        name = str(part.get_param("name", header="content-disposition"))
        data = part.get_payload(decode=True) or b""
        assert isinstance(data, bytes)
        if part.get_filename():
            call.files[name] = (str(part.get_filename()), data)
        else:
            call.form[name] = data.decode()


def serve(server: FaultyServer) -> None:
    """Run until interrupted: `python -m tests.servers.facebook --port N --store FILE`."""
    with server:
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return
