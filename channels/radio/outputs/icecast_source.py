"""The source side of Icecast's protocol: an HTTP PUT that never ends."""

from __future__ import annotations

import array
import base64
import errno
import fcntl
import os
import re
import select
import socket
import termios
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from channels.radio.outputs.base import failure, network_failure, shown
from channels.redaction import register_secret
from content.errors import UserError

_TIME_LIMIT = 5.0
_UNACKNOWLEDGED_MS = 8_000
"""A server that acknowledges nothing for so long is gone, though no error came."""
_SEND_BUFFER = 8 << 10
"""Bytes: what the kernel holds back is not heard yet, so little of it."""
_LONGEST_ANSWER = 8 << 10
_MOUNT = re.compile(r"(/[A-Za-z0-9._~-]+)+")
_EXAMPLE = "Ví dụ: icecast://source:MẬT_KHẨU@127.0.0.1:8000/truyenthanh.mp3"
_REFUSALS = {
    401: "sai tên hoặc mật khẩu nguồn của Icecast",
    403: "Icecast từ chối: điểm phát đang có nguồn khác, hoặc đã đủ số nguồn",
    404: "Icecast không có điểm phát này",
}


@dataclass(frozen=True, slots=True)
class IcecastAddress:
    """A mount and the right to feed it."""

    host: str
    port: int
    mount: str
    user: str = field(repr=False)
    secret: str = field(repr=False)
    """The password, or `$NAME` of an environment variable with it."""

    @property
    def where(self) -> str:
        return f"Icecast {self.host}:{self.port}"

    def password(self) -> str:
        """Raises OSError when the environment variable is not set."""
        if not self.secret.startswith("$"):
            return self.secret
        value = os.environ.get(self.secret[1:], "")
        if not value:
            raise failure(f"chưa đặt biến môi trường {self.secret[1:]} (mật khẩu Icecast)")
        register_secret(value)
        return value


class IcecastSource:
    """A connection that Icecast has accepted; mp3 goes out by `send`."""

    def __init__(self, address: IcecastAddress) -> None:
        """Raises OSError: unreachable, wrong password, mount taken."""
        self._where = address.where
        self.sent = 0
        """Bytes given to the system."""
        self._unacknowledged = 0
        try:
            self._socket = _connected(address)
        except OSError as error:
            raise network_failure(error, self._where) from None
        try:
            self._introduce(address)
        except OSError:
            self._socket.close()
            raise

    def send(self, data: bytes) -> None:
        """Raises OSError when the connection is lost."""
        try:
            self._notice_hang_up()
            self._socket.sendall(data)
        except OSError as error:
            raise network_failure(error, self._where) from None
        self.sent += len(data)
        self.arrived()

    def arrived(self) -> int:
        """Bytes that the server's machine has acknowledged, as last known."""
        waiting = array.array("i", [0])
        try:
            fcntl.ioctl(self._socket, termios.TIOCOUTQ, waiting)
        except (OSError, ValueError):  # gone, with what was last seen on the way
            return self.sent - self._unacknowledged
        self._unacknowledged = min(waiting[0], self.sent)
        return self.sent - self._unacknowledged

    def close(self) -> None:
        """Harmless when called twice."""
        self._socket.close()

    def _introduce(self, address: IcecastAddress) -> None:
        request = _request(address)
        try:
            self._socket.sendall(request)
            status = self._status()
        except OSError as error:
            raise network_failure(error, self._where) from None
        if status not in (100, 200):
            reason = _REFUSALS.get(status, f"Icecast trả lời mã {status}")
            raise failure(reason, errno.EACCES)

    def _status(self) -> int:
        answer = b""
        while b"\r\n\r\n" not in answer and len(answer) < _LONGEST_ANSWER:
            part = self._socket.recv(1024)
            if not part:
                break
            answer += part
        found = re.match(rb"HTTP/1\.[01] (\d{3})", answer)
        return int(found[1]) if found else 0

    def _notice_hang_up(self) -> None:
        """A server that has closed is noticed before the data goes nowhere."""
        readable, _, _ = select.select([self._socket], [], [], 0)
        if readable and not self._socket.recv(4096):
            raise ConnectionResetError


def reachable(address: IcecastAddress) -> None:
    """Raises OSError when nobody listens there. Sends nothing."""
    try:
        _connected(address).close()
    except OSError as error:
        raise network_failure(error, address.where) from None


def parse(rest: str) -> IcecastAddress:
    """`//user:password@host:port/mount`. Raises UserError with all that is missing."""
    try:
        parts = urlsplit(f"icecast:{rest}")
        port = parts.port
    except ValueError:
        _refuse(rest, ["cổng không hợp lệ (ký tự đặc biệt trong mật khẩu phải viết dạng %XX)"])
    user, secret = unquote(parts.username or ""), unquote(parts.password or "")
    register_secret(None if secret.startswith("$") else secret)
    mount = parts.path
    problems = []
    if not user or not secret:
        problems.append("thiếu tên và mật khẩu nguồn (user:password@)")
    elif any(ord(character) < 32 for character in user + secret) or ":" in user:
        problems.append("tên hoặc mật khẩu có ký tự không dùng được")
    if not parts.hostname:
        problems.append("thiếu tên máy chủ")
    if not port:
        problems.append("thiếu cổng")
    if not mount.strip("/"):
        problems.append("thiếu điểm phát (/mount)")
    elif not _MOUNT.fullmatch(mount):
        problems.append("điểm phát chỉ gồm chữ không dấu, số và . _ ~ -")
    if parts.query or parts.fragment:
        problems.append("sau điểm phát không được có ? hoặc #")
    if problems:
        _refuse(rest, problems)
    return IcecastAddress(parts.hostname or "", port or 0, mount, user, secret)


def _refuse(rest: str, problems: list[str]) -> None:
    raise UserError(f"“icecast:{shown(rest)}” chưa dùng được: {'; '.join(problems)}.", _EXAMPLE)


def _connected(address: IcecastAddress) -> socket.socket:
    made = socket.create_connection((address.host, address.port), timeout=_TIME_LIMIT)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNACKNOWLEDGED_MS)
    return made


def _request(address: IcecastAddress) -> bytes:
    """Nothing of a bulletin is in it: no title can reach a header or the metadata."""
    pair = f"{address.user}:{address.password()}".encode()
    basic = base64.b64encode(pair).decode()
    register_secret(basic)
    lines = (
        f"PUT {address.mount} HTTP/1.1",
        f"Host: {address.host}:{address.port}",
        f"Authorization: Basic {basic}",
        "User-Agent: broadcaster",
        "Content-Type: audio/mpeg",
        "Ice-Public: 0",
        "Expect: 100-continue",
    )
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
