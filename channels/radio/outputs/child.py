"""`pulse:` and `alsa:`: a sound server or a sound card, through the player program of Debian."""

from __future__ import annotations

import array
import errno
import fcntl
import os
import re
import shutil
import subprocess
import tempfile
import termios
from abc import ABC, abstractmethod
from pathlib import Path
from typing import IO, ClassVar

from channels.radio import pcm
from channels.radio.outputs.base import Take, failure
from channels.radio.outputs.pump import Pump
from channels.redaction import redact
from content.errors import UserError

_DEVICE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:,=@+-]*")
"""No space, no leading dash: it becomes one word of a command."""
_SETTLE_SECONDS = 0.1
"""A program that cannot open its device has mostly ended by then."""
_PIPE_BYTES = 4096
"""A short pipe (93 ms): what waits, waits in our own queue, where it is counted."""
_LAST_SECONDS = 3.0
"""For the program to play what it holds; a sound server may hold up to two seconds."""
_LATENCY_MS = 100
"""Of sound held by the sound server or card: enough against jitter, and soon heard."""


class ChildOutput(ABC):
    """A program that reads samples on its standard input until the end; never through a shell."""

    scheme: ClassVar[str]
    program: ClassVar[str]
    package: ClassVar[str]
    """The Debian package with the program."""

    def __init__(self, rest: str, take: Take) -> None:
        del take  # every playing has its own process; nothing is kept of it
        self.url = f"{self.scheme}:{rest}"
        self.recording: Path | None = None
        self._device = rest
        self._child: subprocess.Popen[bytes] | None = None
        self._pump: Pump | None = None
        self._said: IO[bytes] | None = None
        self._left = 0

    @classmethod
    def check(cls, rest: str) -> None:
        """Raises UserError for a device name that cannot be one."""
        if rest and not _DEVICE.fullmatch(rest):
            raise UserError(
                f"Tên thiết bị trong “{cls.scheme}:{rest}” không hợp lệ.",
                f"Hãy viết {cls.scheme}: hoặc {cls.scheme}:TÊN (chữ không dấu, số và . _ : , = -).",
            )

    def open(self, rate: int) -> None:
        command = [self._program(), *self.options(rate)]
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `close`
        self._child = child = _start(command, self._said)
        try:
            child.wait(_SETTLE_SECONDS)
        except subprocess.TimeoutExpired:
            self._pump = Pump(self.url, self._send)
            return
        raise self._ended()

    def write(self, block: bytes) -> None:
        if self._pump is None:
            raise OSError("not open")
        self._pump.put(block)

    def close(self) -> int:
        try:
            if self._child is not None:
                self._let_go(self._child)
        finally:
            self._child, self._pump = None, None
            if self._said is not None:
                self._said.close()
                self._said = None
        return self._left

    def problem(self) -> str | None:
        try:
            self._program()
        except OSError as error:
            return error.strerror
        return None

    @abstractmethod
    def options(self, rate: int) -> list[str]:
        """The words after the program's name."""

    def _program(self) -> str:
        found = shutil.which(self.program)
        if found is None:
            raise failure(
                f"thiếu chương trình {self.program}; hãy chạy: sudo apt-get install {self.package}",
                errno.ENOENT,
            )
        return found

    def _send(self, block: bytes) -> None:
        """On the pump's thread."""
        child = self._child
        if child is None or child.stdin is None:
            raise failure("đã đóng")
        view = memoryview(block)
        try:
            while view:
                view = view[os.write(child.stdin.fileno(), view) :]
        except BrokenPipeError:
            raise self._ended() from None

    def _let_go(self, child: subprocess.Popen[bytes]) -> None:
        """Let the program play its rest; kill one that does not end in time."""
        pump = self._pump
        finished = pump is not None and pump.finish()
        unread = _unread(child)
        if finished and child.stdin is not None:
            child.stdin.close()
        ended_well = finished and _ends_well(child)
        if child.poll() is None:
            child.kill()
            child.wait()
        if pump is not None:
            pump.abandon()
            self._left = max(0, pump.sent - (0 if ended_well else unread // pcm.WIDTH))
        if child.stdin is not None:
            child.stdin.close()
        if pump is not None and not ended_well:
            pump.complain()
            raise self._ended()

    def _ended(self) -> OSError:
        """Why the program is no longer there, with the last thing it said."""
        said = ""
        if self._said is not None:
            self._said.seek(0)
            lines = self._said.read()[-2000:].decode("utf-8", "replace").split("\n")
            said = next((line.strip() for line in reversed(lines) if line.strip()), "")
        detail = f": {redact(said)[:200]}" if said else ""
        return failure(f"{self.program} đã dừng giữa chừng{detail}", errno.EPIPE)


class PulseOutput(ChildOutput):
    """`pulse:` or `pulse:SINK`: PulseAudio, or PipeWire with its PulseAudio service."""

    scheme = "pulse"
    program = "pacat"
    package = "pulseaudio-utils"

    def options(self, rate: int) -> list[str]:
        words = ["--playback", "--raw", "--format=s16le", f"--rate={rate}", "--channels=1"]
        words += [f"--latency-msec={_LATENCY_MS}", "--client-name=broadcaster"]
        return words + ([f"--device={self._device}"] if self._device else [])


class AlsaOutput(ChildOutput):
    """`alsa:` or `alsa:DEVICE`: a sound card of this machine ("plughw:1,0" converts by itself)."""

    scheme = "alsa"
    program = "aplay"
    package = "alsa-utils"

    def options(self, rate: int) -> list[str]:
        words = ["--quiet", "--file-type=raw", "--format=S16_LE", f"--rate={rate}", "--channels=1"]
        words += [f"--buffer-time={_LATENCY_MS * 1000}"]
        return words + ([f"--device={self._device}"] if self._device else [])


def _start(command: list[str], said: IO[bytes]) -> subprocess.Popen[bytes]:
    child = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=said,
        bufsize=0,
        start_new_session=True,  # Ctrl-C in the daemon's terminal is the daemon's to handle
    )
    if child.stdin is not None:
        fcntl.fcntl(child.stdin.fileno(), fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    return child


def _unread(child: subprocess.Popen[bytes]) -> int:
    """Bytes that the program has not yet taken out of the pipe."""
    waiting = array.array("i", [0])
    if child.stdin is not None and not child.stdin.closed:
        fcntl.ioctl(child.stdin.fileno(), termios.FIONREAD, waiting)
    return waiting[0]


def _ends_well(child: subprocess.Popen[bytes]) -> bool:
    try:
        return child.wait(_LAST_SECONDS) == 0
    except subprocess.TimeoutExpired:
        return False
