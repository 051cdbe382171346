"""What time it is elsewhere: SNTP (RFC 4330) and the Date of an HTTP answer (RFC 9110, 6.6.1)."""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from broadcaster.settings import ClockSection
from channels import wire
from channels.base import Clock

_NTP_PORT = 123
_NTP_EPOCH = 2_208_988_800
"""Seconds from 1900, where NTP counts from, to 1970."""
_CLIENT = b"\x23" + 47 * b"\0"
"""Version 4, mode 3: a client's question."""
_SERVER_MODE = 4
_SECONDS = 2.0
_WEB_TIMEOUT = (2.0, 2.0)


@dataclass(frozen=True, slots=True)
class Reading:
    """How far this machine's clock is from one source."""

    source: str
    off: float
    """Seconds; positive = this machine is ahead."""
    fine: bool
    """Exact to tenths of a second (SNTP), not to whole seconds (HTTP)."""


def ask(chosen: ClockSection, clock: Clock) -> Reading | None:
    """The first source that answers; None without Internet."""
    for server in chosen.ntp:
        if (off := _sntp(server, clock)) is not None:
            return Reading(server, off, fine=True)
    for url in chosen.web:
        if (off := _http(url, clock)) is not None:
            return Reading(urlsplit(url).hostname or url, off, fine=False)
    return None


def _sntp(server: str, clock: Clock) -> float | None:
    address = urlsplit(f"//{server}")
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
            asking.settimeout(_SECONDS)
            asking.connect((address.hostname or "", address.port or _NTP_PORT))
            left = clock.now().timestamp()
            asking.send(_CLIENT)
            answer = asking.recv(512)
            came = clock.now().timestamp()
    except (OSError, ValueError):
        return None
    return _off(answer, left, came)


def _off(answer: bytes, left: float, came: float) -> float | None:
    """Half-way between the two journeys; None for an answer that tells no time."""
    if len(answer) < 48 or answer[0] & 0x07 != _SERVER_MODE or answer[1] == 0:
        return None  # stratum 0 is a "kiss of death": the server wants to be left alone
    heard, said = (_moment(*struct.unpack("!II", answer[at : at + 8])) for at in (32, 40))
    return -((heard - left) + (said - came)) / 2


def _moment(seconds: int, fraction: int) -> float:
    """Of the era that began in 1900; from 2036 on the counter begins anew."""
    if seconds < 1 << 31:
        seconds += 1 << 32
    return seconds - _NTP_EPOCH + fraction / (1 << 32)


def _http(url: str, clock: Clock) -> float | None:
    try:
        with wire.new_session(_WEB_TIMEOUT) as session:
            answer = wire.call(session, clock, _WEB_TIMEOUT, "HEAD", url)
    except (wire.NotSent, wire.Unanswered):
        return None
    try:
        there: datetime = parsedate_to_datetime(answer.headers.get("date", ""))
    except ValueError:
        return None
    # The date was cut to a whole second: its middle is the best guess.
    return clock.now().timestamp() - there.replace(tzinfo=UTC).timestamp() - 0.5
