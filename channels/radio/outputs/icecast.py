"""`icecast://user:password@host:port/mount`: feeds one mount of an Icecast 2 server with mp3."""

from __future__ import annotations

import atexit
import errno
import threading
from pathlib import Path

from channels.radio.outputs.base import Take, failure, shown
from channels.radio.outputs.icecast_line import IcecastLine
from channels.radio.outputs.icecast_source import IcecastAddress, parse, reachable
from channels.radio.outputs.pump import DRAIN_SECONDS

_READY_SECONDS = 0.5
"""A server that has not answered by then is waited for while the sound is kept."""

_lines: dict[IcecastAddress, IcecastLine] = {}
_lock = threading.Lock()


class IcecastOutput:
    """One playing over the mount's standing line."""

    def __init__(self, rest: str, take: Take) -> None:
        del take
        self.url = f"icecast:{shown(rest)}"
        self.recording: Path | None = None
        self._address = parse(rest)
        self._line: IcecastLine | None = None
        self._left = 0

    @staticmethod
    def check(rest: str) -> None:
        """Raises UserError with all that is missing, without the password."""
        parse(rest)

    def open(self, rate: int) -> None:
        del rate  # the encoder is made for the radio's one rate
        line = _line(self._address)
        line.seize(_READY_SECONDS)
        self._line = line

    def write(self, block: bytes) -> None:
        if self._line is None:
            raise OSError("not open")
        self._line.put(block)

    def close(self) -> int:
        line, self._line = self._line, None
        if line is not None:
            self._left = line.finish(DRAIN_SECONDS)
            if not line.usable:
                _forget(self._address, line)
            line.complain()
            if line.breaks:
                raise failure("mất kết nối với Icecast giữa chừng, đã nối lại", errno.EPIPE)
        return self._left

    def problem(self) -> str | None:
        try:
            self._address.password()
            reachable(self._address)
        except OSError as error:
            return error.strerror or str(error)
        return None


def hang_up() -> None:
    """Close all lines now; a later playing dials again."""
    with _lock:
        lines = list(_lines.values())
        _lines.clear()
    for line in lines:
        line.hang_up()


atexit.register(hang_up)


def _line(address: IcecastAddress) -> IcecastLine:
    with _lock:
        line = _lines.get(address)
        if line is None or not line.usable:
            if line is not None:
                line.hang_up()
            line = _lines[address] = IcecastLine(address)
        return line


def _forget(address: IcecastAddress, line: IcecastLine) -> None:
    with _lock:
        if _lines.get(address) is line:
            del _lines[address]
    line.hang_up()
