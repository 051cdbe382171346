"""Opens an audio stream over HTTP, and never anything else on the way there.

ffmpeg would follow a redirect anywhere, into a file or the local network. So the connection is
made here: every hop's scheme and every address behind its name is looked at before it is used.
"""

from __future__ import annotations

import http.client
import io
import ipaddress
import re
import socket
import ssl
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias
from urllib.parse import quote, urljoin, urlsplit

Address: TypeAlias = "ipaddress.IPv4Address | ipaddress.IPv6Address"
Permitted: TypeAlias = Callable[[Address], bool]

_HOPS = 5
"""Redirects and playlists followed at most."""
_PORTS = {"http": 80, "https": 443}
_REDIRECTS = (301, 302, 303, 307, 308)
_PLAYLISTS = ("mpegurl", "scpls", "pls+xml")
_LARGEST_PLAYLIST = 16_384
_ENTRY = re.compile(r"^(?:File\d+=)?(https?://\S+)", re.MULTILINE | re.IGNORECASE)
_AGENT = "broadcaster-relay"


class StreamError(Exception):
    """The stream cannot be had; `reason` is Vietnamese and holds no address."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


def is_public(address: Address) -> bool:
    """Whether it belongs to the open Internet: not this machine, its network or a multicast."""
    mapped = getattr(address, "ipv4_mapped", None)
    if mapped is not None:
        return is_public(mapped)
    return address.is_global and not address.is_multicast


def anywhere(_: Address) -> bool:
    """For stations whose stream comes from their own network."""
    return True


def named(hosts: Collection[str]) -> Permitted:
    """Public addresses, and those behind the names that somebody allowed."""

    def permitted(address: Address) -> bool:
        return is_public(address) or any(address in _addresses_of(host) for host in hosts)

    return permitted


def _addresses_of(host: str) -> list[Address]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return []
    return [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]


class OpenStream:
    """The body of the answer as it comes."""

    def __init__(self, wire: socket.socket, answer: http.client.HTTPResponse) -> None:
        self._wire = wire
        self.answer = answer

    def read(self) -> bytes:
        """What has come, at least one byte; nothing at its end. Raises OSError, StreamError."""
        try:
            return self.answer.read1(16_384)
        except http.client.HTTPException:
            raise StreamError("luồng bị ngắt giữa chừng") from None

    def interrupt(self) -> None:
        """Ends a `read` that waits in another thread."""
        with suppress(OSError):  # already disconnected: nothing waits
            self._wire.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.answer.close()
        self._wire.close()


@dataclass(frozen=True, slots=True)
class _Place:
    """One hop: where to connect and what to ask for."""

    secure: bool
    host: str
    port: int
    path: str


def open_stream(url: str, permitted: Permitted, timeout: float) -> OpenStream:
    """`timeout`: seconds to connect, and for each read. Raises StreamError, OSError."""
    for _ in range(_HOPS):
        stream = _asked(_place(url), permitted, timeout)
        try:
            onward = _onward(stream.answer)
            if onward is None:
                return stream
        except BaseException:
            stream.close()
            raise
        stream.close()
        url = urljoin(url, onward)
    raise StreamError("máy chủ chuyển hướng quá nhiều lần")


def check_url(url: str) -> None:
    """Raises StreamError for an address that could never be relayed; connects nowhere."""
    _place(url)


def _place(url: str) -> _Place:
    try:
        parts = urlsplit(url.strip())
        scheme, port = parts.scheme.lower(), parts.port
        host = (parts.hostname or "").encode("idna").decode("ascii")
    except (ValueError, UnicodeError):
        raise StreamError("địa chỉ luồng không hợp lệ") from None
    if scheme not in _PORTS:
        raise StreamError("chỉ tiếp sóng được địa chỉ http:// hoặc https://")
    if not host or re.search(r"[\s\x00-\x1f\x7f]", host):
        raise StreamError("địa chỉ luồng không hợp lệ")
    if parts.username is not None or parts.password is not None:
        raise StreamError("địa chỉ luồng không được kèm tên và mật khẩu")
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    query = quote(parts.query, safe="/%:@!$&'()*+,;=~-._?")
    return _Place(
        scheme == "https", host, port or _PORTS[scheme], f"{path}?{query}" if query else path
    )


def _asked(place: _Place, permitted: Permitted, timeout: float) -> OpenStream:
    wire = _connected(place, permitted, timeout)
    try:
        name = f"[{place.host}]" if ":" in place.host else place.host
        wire.sendall(
            f"GET {place.path} HTTP/1.1\r\nHost: {name}:{place.port}\r\nUser-Agent: {_AGENT}\r\n"
            "Accept: */*\r\nIcy-MetaData: 0\r\nConnection: close\r\n\r\n".encode("ascii")
        )
        answer = http.client.HTTPResponse(_IcyWire(wire), method="GET")  # type: ignore[arg-type]
        answer.begin()
    except http.client.HTTPException:
        wire.close()
        raise StreamError("máy chủ không trả lời đúng HTTP") from None
    except BaseException:
        wire.close()
        raise
    return OpenStream(wire, answer)


def _connected(place: _Place, permitted: Permitted, timeout: float) -> socket.socket:
    """To an address that was looked at: the name is not resolved a second time."""
    failure: OSError | None = None
    for address in _addresses(place, permitted):
        try:
            wire = socket.create_connection((str(address), place.port), timeout)
        except OSError as error:
            failure = error
            continue
        return _secured(wire, place.host) if place.secure else wire
    raise failure or StreamError("máy chủ ở mạng nội bộ, chưa được phép tiếp sóng")


def _addresses(place: _Place, permitted: Permitted) -> Iterator[Address]:
    try:
        found = socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise StreamError("không tìm thấy máy chủ") from None
    for *_, place_found in found:
        address = ipaddress.ip_address(str(place_found[0]).partition("%")[0])
        if permitted(address):
            yield address


def _secured(wire: socket.socket, host: str) -> socket.socket:
    try:
        return _tls().wrap_socket(wire, server_hostname=host)
    except ssl.SSLError:
        wire.close()
        raise StreamError("chứng thư TLS của máy chủ không hợp lệ") from None
    except OSError:
        wire.close()
        raise


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def _onward(answer: http.client.HTTPResponse) -> str | None:
    """The next address, or None when this is the sound itself. Raises StreamError."""
    if answer.status in _REDIRECTS:
        if location := answer.getheader("Location"):
            return location
        raise StreamError("máy chủ chuyển hướng mà không cho địa chỉ")
    if answer.status != 200:
        raise StreamError(f"máy chủ từ chối ({answer.status})")
    kind = (answer.getheader("Content-Type") or "").lower()
    if any(name in kind for name in _PLAYLISTS):
        return _first_entry(answer.read(_LARGEST_PLAYLIST).decode("utf-8", "replace"))
    if kind.startswith("text/"):
        raise StreamError("địa chỉ này là trang web, không phải luồng âm thanh")
    return None


def _first_entry(playlist: str) -> str:
    if "#EXT-X-" in playlist:
        raise StreamError("luồng HLS (m3u8) chưa tiếp sóng được; hãy dùng luồng mp3 hoặc aac")
    found = _ENTRY.search(playlist)
    if found is None:
        raise StreamError("danh sách phát không có địa chỉ luồng nào")
    return found.group(1)


class _IcyWire:
    """A socket for HTTPResponse; SHOUTcast's "ICY 200 OK" is read as HTTP."""

    def __init__(self, wire: socket.socket) -> None:
        self._wire = wire

    def makefile(self, _mode: str) -> io.BufferedReader:
        raw = self._wire.makefile("rb", buffering=0)
        return io.BufferedReader(_IcyReader(raw))


class _IcyReader(io.RawIOBase):
    """The bytes of `raw`, the first word exchanged where it is "ICY"."""

    def __init__(self, raw: io.RawIOBase) -> None:
        self._raw = raw
        self._begun = b""
        self._is_begun = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int | None:  # type: ignore[override]
        if not self._is_begun:
            self._begin()
        if not self._begun:
            return self._raw.readinto(buffer)
        part, self._begun = self._begun[: len(buffer)], self._begun[len(buffer) :]
        buffer[: len(part)] = part
        return len(part)

    def close(self) -> None:
        self._raw.close()
        super().close()

    def _begin(self) -> None:
        self._is_begun = True
        while len(self._begun) < 4 and (more := self._raw.read(4 - len(self._begun))):
            self._begun += more
        if self._begun == b"ICY ":
            self._begun = b"HTTP/1.0 "
