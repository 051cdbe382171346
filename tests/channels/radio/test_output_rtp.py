"""RTP: what a loudspeaker on the network receives is right to the byte."""

from __future__ import annotations

import audioop
import math
import socket
import struct
from array import array
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.radio import pcm
from channels.radio.outputs import parse_output
from channels.radio.outputs.rtp import Packets, sdp
from channels.radio.outputs.rtp_codec import CODECS, codec
from content.errors import UserError
from tests.channels.radio.fakes import tone
from tests.channels.radio.real import in_blocks, output

SOUND = tone(0.5, pitch=440)


@pytest.fixture
def ear() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        listener.bind(("127.0.0.1", 0))
        listener.settimeout(2)
        yield listener


def header(packet: bytes) -> tuple[int, int, int, int, int]:
    first, second, sequence, timestamp, source = struct.unpack("!BBHII", packet[:12])
    assert first == 0x80  # version 2, no padding, no extension, no CSRC
    return second >> 7, second & 0x7F, sequence, timestamp, source


def packets(name: str, sound: bytes = SOUND) -> list[bytes]:
    chosen = codec(name)
    assert chosen is not None
    stream = Packets(chosen)
    return [packet for block in in_blocks(sound) for packet in stream.of(block)]


@pytest.mark.parametrize(
    ("name", "kind", "ticks", "size"),
    [
        ("pcmu", 0, 160, 160),
        ("l16", 11, 441, 882),
        ("l16-stereo", 10, 294, 1176),
        ("l16-22050", 96, 441, 882),
    ],
)
def test_headers_count_as_the_standard_says(name: str, kind: int, ticks: int, size: int) -> None:
    sent = packets(name)
    assert {len(packet) for packet in sent} == {12 + size}
    first = header(sent[0])
    for number, packet in enumerate(sent):
        marker, payload_type, sequence, timestamp, source = header(packet)
        assert marker == (number == 0)
        assert payload_type == kind
        assert sequence == (first[2] + number) % 2**16
        assert timestamp == (first[3] + number * ticks) % 2**32
        assert source == first[4]


@pytest.mark.parametrize("name", CODECS)
def test_no_packet_is_too_long_for_an_ethernet_frame(name: str) -> None:
    assert all(len(packet) <= 1472 for packet in packets(name))


def test_l16_at_the_radios_own_rate_is_the_sound_itself() -> None:
    payload = b"".join(packet[12:] for packet in packets("l16-22050"))
    assert audioop.byteswap(payload, 2) == SOUND


def test_l16_stereo_says_the_same_on_both_sides() -> None:
    payload = b"".join(packet[12:] for packet in packets("l16-stereo"))
    samples = audioop.byteswap(payload, 2)
    assert audioop.tomono(samples, 2, 1, 0) == audioop.tomono(samples, 2, 0, 1)
    assert len(samples) == pytest.approx(4 * len(SOUND), abs=8)


def level_through_pcmu(pitch: float) -> float:
    sound = tone(0.5, pitch)
    heard = audioop.ulaw2lin(b"".join(packet[12:] for packet in packets("pcmu", sound)), 2)
    return 20 * math.log10(max(1, audioop.rms(heard, 2)) / audioop.rms(sound, 2))


def test_pcmu_keeps_speech_and_lets_nothing_fold_back() -> None:
    assert all(abs(level_through_pcmu(pitch)) < 0.5 for pitch in (150, 440, 1_000, 2_000))
    assert all(level_through_pcmu(pitch) < -25 for pitch in (4_600, 6_000, 7_500))


def test_pcmu_has_no_steps_between_packets() -> None:
    heard = audioop.ulaw2lin(b"".join(packet[12:] for packet in packets("pcmu")), 2)
    samples = array("h", heard)[160:-160]
    steepest = 32767 * 0.3 * 2 * math.pi * 440 / 8000
    jumps = [abs(b - a) for a, b in pairwise(samples)]
    assert max(jumps) < steepest + 400  # the coarsest step of µ-law here is 256


def test_a_receiver_gets_every_packet(ear: socket.socket, tmp_path: Path) -> None:
    away = output(f"rtp://127.0.0.1:{ear.getsockname()[1]}?codec=l16-22050", tmp_path)
    away.open(pcm.RATE)
    for block in in_blocks(SOUND):
        away.write(block)
    assert away.close() == len(SOUND) // 2
    received = [ear.recv(2048) for _ in in_blocks(SOUND)]
    assert audioop.byteswap(b"".join(packet[12:] for packet in received), 2) == SOUND


def test_multicast_reaches_who_has_joined_the_group(tmp_path: Path) -> None:
    group = "239.255.77.7"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind((group, 0))
        wish = socket.inet_aton(group) + socket.inet_aton("127.0.0.1")
        listener.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, wish)
        listener.settimeout(2)
        port = listener.getsockname()[1]
        away = output(f"rtp://{group}:{port}?interface=127.0.0.1&ttl=1", tmp_path)
        away.open(pcm.RATE)
        away.write(SOUND[:882])
        away.close()
        assert header(listener.recv(2048))[:2] == (1, 0)
    assert away.problem() is None


def test_a_network_that_is_gone_is_a_failure_of_this_output(tmp_path: Path) -> None:
    away = output("rtp://239.1.2.3:5004?interface=192.0.2.1", tmp_path)
    with pytest.raises(OSError, match=r"192\.0\.2\.1"):
        away.open(pcm.RATE)
    assert away.close() == 0
    assert "192.0.2.1" in str(away.problem())


def test_the_description_tells_a_receiver_all_it_needs() -> None:
    text = sdp("//239.1.2.3:5004?codec=l16&ttl=4", "Đài truyền thanh\r\nxã An Bình")
    assert "c=IN IP4 239.1.2.3/4\r\n" in text
    assert "m=audio 5004 RTP/AVP 11\r\n" in text
    assert "a=rtpmap:11 L16/44100\r\n" in text
    assert "a=ptime:10\r\n" in text
    assert "s=Đài truyền thanh xã An Bình\r\n" in text


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        ("//239.1.2.3", "thiếu cổng"),
        ("//:5004", "thiếu địa chỉ"),
        ("//loa.local:5004", "IPv4"),
        ("//239.1.2.3:99999", "không phải là một địa chỉ"),
        ("//239.1.2.3:5004?codec=opus", "codec phải là"),
        ("//239.1.2.3:5004?ttl=0", "ttl"),
        ("//239.1.2.3:5004?tll=4", "không có tùy chọn “tll”"),
        ("//239.1.2.3:5004?interface=eth0", "interface"),
        ("//239.1.2.3:5004/x", "đường dẫn"),
    ],
)
def test_what_is_wrong_with_the_address_is_said(rest: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        parse_output(f"rtp:{rest}")


@given(st.text(max_size=60))
def test_any_text_is_an_address_or_a_clear_refusal(rest: str) -> None:
    refusal = ""
    try:
        address = parse_output(f"rtp:{rest}")
    except UserError as error:
        refusal = str(error)
    assert "Ví dụ: rtp://" in refusal or str(address).startswith("rtp:")
