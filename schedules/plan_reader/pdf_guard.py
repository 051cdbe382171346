"""Refuses a PDF whose compressed streams would unpack to far too much."""

from __future__ import annotations

import re
import zlib

from content.errors import UserError

MAX_STREAM = 200 * 1024 * 1024
MAX_TOTAL = 600 * 1024 * 1024
_STEP = 1 << 20
_STREAM = re.compile(rb"stream\r?\n")
_TWICE = re.compile(rb"/FlateDecode\s*/FlateDecode|/Fl\s*/Fl\b")
_DEFLATE = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda", b"\x48\x89", b"\x58\x85")


def guard_pdf(data: bytes, name: str) -> None:
    """Raise UserError for a bomb; nothing bigger than a step is ever held."""
    total = 0
    if _TWICE.search(data):
        raise _bomb(name)
    for match in _STREAM.finditer(data):
        start = match.end()
        if data[start : start + 2] not in _DEFLATE:
            continue
        total += _unpacked(data, start, name)
        if total > MAX_TOTAL:
            raise _bomb(name)


def _unpacked(data: bytes, start: int, name: str) -> int:
    """The size of one stream when unpacked; damage ends the count, the reader will meet it."""
    machine = zlib.decompressobj()
    size, position = 0, start
    pending = b""
    while not machine.eof:
        if not pending:
            pending = data[position : position + _STEP]
            position += _STEP
            if not pending:
                break
        try:
            size += len(machine.decompress(pending, _STEP))
        except zlib.error:
            break
        pending = machine.unconsumed_tail
        if size > MAX_STREAM:
            raise _bomb(name)
    return size


def _bomb(name: str) -> UserError:
    return UserError(
        "PDF khi giải nén quá lớn, có thể là tệp độc hại.",
        "Hãy in lại văn bản gốc ra PDF, hoặc dùng bản Word.",
        file=name,
    )
