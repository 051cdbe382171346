"""`rtp://ADDRESS:PORT`: what IP loudspeakers listen to, RTP (RFC 3550) over multicast UDP."""

from __future__ import annotations

import ipaddress
import secrets
import socket
import struct
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from channels.radio import pcm
from channels.radio.outputs.base import Take, network_failure
from channels.radio.outputs.pump import Pump
from channels.radio.outputs.rtp_codec import CODECS, Codec, codec
from content.errors import UserError

_EXAMPLE = "Ví dụ: rtp://239.1.2.3:5004?codec=pcmu&ttl=4&interface=192.168.1.10"
_VERSION = 0x80
_MARKER = 0x80
_OPTIONS = ("codec", "ttl", "interface")


@dataclass(frozen=True, slots=True)
class RtpAddress:
    """Where the packets go, and how."""

    host: str
    port: int
    codec: str = "pcmu"
    ttl: int = 1
    """1: this network only; more: how many routers may pass a multicast packet on."""
    interface: str | None = None
    """The IPv4 address of our own network card; None = as the system routes."""

    @property
    def multicast(self) -> bool:
        return ipaddress.IPv4Address(self.host).is_multicast


class Packets:
    """Numbers the packets of one stream."""

    def __init__(self, codec: Codec) -> None:
        self._codec = codec
        self._sequence = secrets.randbits(16)
        self._timestamp = secrets.randbits(32)
        self._source = secrets.randbits(32)
        self._marker = _MARKER
        """On the first packet only: the sound begins (RFC 3551, 4.1)."""

    def of(self, block: bytes) -> list[bytes]:
        """The packets of one block; a shorter last block is filled up with silence."""
        whole = block.ljust(pcm.BLOCK * pcm.WIDTH, b"\0")
        return [self._packet(payload) for payload in self._codec.payloads(whole)]

    def _packet(self, payload: bytes) -> bytes:
        header = struct.pack(
            "!BBHII",
            _VERSION,
            self._marker | self._codec.payload_type,
            self._sequence,
            self._timestamp,
            self._source,
        )
        self._marker = 0
        self._sequence = (self._sequence + 1) & 0xFFFF
        self._timestamp = (self._timestamp + self._codec.samples) & 0xFFFFFFFF
        return header + payload


class RtpOutput:
    """Packets of 20 ms (10 and 6.7 ms for L16 at 44.1 kHz), each block sent as it comes."""

    def __init__(self, rest: str, take: Take) -> None:
        del take
        self.url = f"rtp:{rest}"
        self.recording: Path | None = None
        self._address = _parse(rest)
        self._socket: socket.socket | None = None
        self._pump: Pump | None = None
        self._left = 0

    @staticmethod
    def check(rest: str) -> None:
        """Raises UserError with all that is wrong with the URL."""
        _parse(rest)

    def open(self, rate: int) -> None:
        del rate  # the codecs are made for the radio's one rate
        self._socket = _socket(self._address)
        packets = Packets(_codec(self._address))
        self._pump = Pump(self.url, lambda block: self._send(packets.of(block)))

    def write(self, block: bytes) -> None:
        if self._pump is None:
            raise OSError("not open")
        self._pump.put(block)

    def close(self) -> int:
        pump, self._pump = self._pump, None
        if pump is not None:
            finished = pump.finish()
            self._left = pump.sent
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        if pump is not None and not finished:
            pump.complain()
            raise network_failure(TimeoutError(), self._address.host)
        return self._left

    def problem(self) -> str | None:
        try:
            with _socket(self._address) as probe:
                if self._address.interface is None:
                    probe.connect((self._address.host, self._address.port))  # asks for a route
        except OSError as error:
            return network_failure(error, self._address.host).strerror
        return None

    def _send(self, packets: list[bytes]) -> None:
        if self._socket is None:
            raise OSError("not open")
        for packet in packets:
            try:
                self._socket.sendto(packet, (self._address.host, self._address.port))
            except OSError as error:
                raise network_failure(error, self._address.host) from None


def sdp(rest: str, name: str) -> str:
    """The session description (RFC 8866) that a receiver is configured with.

    `rest`: the output's URL without `rtp:`. Raises UserError.
    """
    address = _parse(rest)
    chosen = _codec(address)
    origin = address.interface or "127.0.0.1"
    scope = f"/{address.ttl}" if address.multicast else ""
    milliseconds = round(1000 * chosen.samples / int(chosen.name.split("/")[1]), 2)
    title = " ".join(name.split()) or "-"
    lines = (
        "v=0",
        f"o=- 0 0 IN IP4 {origin}",
        f"s={title}",
        f"c=IN IP4 {address.host}{scope}",
        "t=0 0",
        f"m=audio {address.port} RTP/AVP {chosen.payload_type}",
        f"a=rtpmap:{chosen.payload_type} {chosen.name}",
        f"a=ptime:{milliseconds:g}",
        "a=sendonly",
    )
    return "\r\n".join(lines) + "\r\n"


def _codec(address: RtpAddress) -> Codec:
    chosen = codec(address.codec)
    if chosen is None:  # `_parse` has looked
        raise ValueError(address.codec)
    return chosen


def _socket(address: RtpAddress) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        made.setblocking(True)
        if address.multicast:
            made.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, address.ttl)
            made.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 1)
            if address.interface:
                card = socket.inet_aton(address.interface)
                made.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, card)
        if address.interface:
            made.bind((address.interface, 0))
    except OSError as error:
        made.close()
        raise network_failure(error, address.interface or address.host) from None
    return made


def _parse(rest: str) -> RtpAddress:
    try:
        parts = urlsplit(f"rtp:{rest}")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise UserError(f"“rtp:{rest}” không phải là một địa chỉ hợp lệ.", _EXAMPLE) from None
    options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    problems = [*_address_problems(host, port), *_option_problems(options)]
    if parts.path not in ("", "/"):
        problems.append("sau cổng không được có đường dẫn")
    if problems:
        raise UserError(f"“rtp:{rest}” chưa dùng được: {'; '.join(problems)}.", _EXAMPLE)
    return RtpAddress(
        host,
        port or 0,
        options.get("codec", "pcmu"),
        int(options.get("ttl", "1")),
        options.get("interface"),
    )


def _address_problems(host: str, port: int | None) -> list[str]:
    problems = []
    if not host:
        problems.append("thiếu địa chỉ IP")
    elif not _is_ipv4(host) or host == "255.255.255.255":
        problems.append(f"“{host}” không phải địa chỉ IPv4")
    if not port:
        problems.append("thiếu cổng")
    return problems


def _option_problems(options: dict[str, str]) -> list[str]:
    problems = [f"không có tùy chọn “{name}”" for name in options if name not in _OPTIONS]
    if options.get("codec", "pcmu") not in CODECS:
        problems.append(f"codec phải là {', '.join(CODECS)}")
    ttl = options.get("ttl", "1")
    if not (ttl.isascii() and ttl.isdigit() and 1 <= int(ttl) <= 255):
        problems.append("ttl phải từ 1 đến 255")
    interface = options.get("interface")
    if interface is not None and not _is_ipv4(interface):
        problems.append("interface phải là địa chỉ IPv4 của máy này")
    return problems


def _is_ipv4(text: str) -> bool:
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return True
