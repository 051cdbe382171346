"""Right inputs spoilt the way that disks, lines, people and attackers spoil them."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

MOST_BYTES = 200_000
_TOKENS = (
    b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\n", b"\r", b"---\n", b'"', b"'", b"[" * 2000,
    b"{" * 50, b'{"a":' * 1500, b"9" * 5000, b"-1", b"1e999", b"null", b"NaN", b"true", b"[]",
    b"{}",
    b"</w:p>", b"<w:tbl>", b"&#0;", b"&", b"<![CDATA[", b"<", b">", b"| ", b"|---|\n", b"/2026",
    b"31/02/2026", b"99/99/9999", "tháng ".encode(), "quý V".encode(), "hằng tuần".encode(),
    "ế".encode(), b"e\xcc\x82\xcc\x81", b"\xed\xa0\x80", "\u202e".encode(), "\u2028".encode(),
    b"%PDF-1.7\n", b"PK\x03\x04", b"{\\rtf", b"= ", b"[a.b]\n", b"[[a]]\n", b"\t", b" " * 3000,
)  # fmt: skip


def spoilt(seed: bytes, draw: random.Random, pool: Sequence[bytes]) -> bytes:
    """`seed` after one to eight accidents; `pool` gives pieces of other inputs."""
    data = bytearray(seed)
    for _ in range(draw.randint(1, 8)):
        draw.choice(_ACCIDENTS)(data, draw, pool)
    return bytes(data[:MOST_BYTES])


def _cut(data: bytearray, draw: random.Random, _: Sequence[bytes]) -> None:
    start, length = _span(data, draw)
    del data[start : start + length]


def _end(data: bytearray, draw: random.Random, _: Sequence[bytes]) -> None:
    del data[draw.randint(0, len(data)) :]


def _double(data: bytearray, draw: random.Random, _: Sequence[bytes]) -> None:
    start, length = _span(data, draw)
    data[start:start] = data[start : start + length] * draw.choice((1, 2, 20))


def _flip(data: bytearray, draw: random.Random, _: Sequence[bytes]) -> None:
    for _each in range(draw.randint(1, 6)):
        if data:
            data[draw.randrange(len(data))] = draw.randrange(256)


def _token(data: bytearray, draw: random.Random, _: Sequence[bytes]) -> None:
    place = draw.randint(0, len(data))
    data[place:place] = draw.choice(_TOKENS)


def _foreign(data: bytearray, draw: random.Random, pool: Sequence[bytes]) -> None:
    other = bytearray(draw.choice(pool))
    start, length = _span(other, draw)
    place = draw.randint(0, len(data))
    data[place:place] = other[start : start + length]


def _value(data: bytearray, draw: random.Random, _: Sequence[bytes]) -> None:
    """A value of another type where one stood: between a colon or equals and its end."""
    places = [i for i, byte in enumerate(data) if byte in b":="]
    if places:
        place = draw.choice(places) + 1
        end = next((i for i in range(place, len(data)) if data[i] in b",}]\n"), len(data))
        data[place:end] = b" " + draw.choice((b"null", b"[]", b"{}", b"0", b'""', b"-1.5", b"true"))


def _span(data: bytearray, draw: random.Random) -> tuple[int, int]:
    start = draw.randint(0, len(data))
    return start, min(len(data) - start, int(draw.expovariate(1 / 40)) + 1)


_ACCIDENTS: Sequence[Callable[[bytearray, random.Random, Sequence[bytes]], None]] = (
    _cut, _end, _double, _flip, _token, _token, _foreign, _value,
)  # fmt: skip
