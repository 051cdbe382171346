"""`liquidsoap:SOCKET#QUEUE`: hands the rendered file to Liquidsoap and watches that it is aired.

Liquidsoap answers a push with a number even when the file does not exist, so the push proves
nothing. At the first block the file is pushed; from then on `request.on_air` is asked ten times a
second. What counts as aired is the time between the first and the last look that saw the request
on the air: not there within three seconds, gone too early, or Liquidsoap gone is a failure.
"""

from __future__ import annotations

import re
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from channels.radio import pcm
from channels.radio.outputs.base import Take, failure
from channels.radio.outputs.liquidsoap_server import LiquidsoapServer
from content.errors import UserError

_START_WITHIN = 3.0
"""Seconds from the push until it must be on the air (measured: 0.06-0.15)."""
_LOOK_EVERY = 0.1
_TOLERANCE = 0.35
"""Seconds: two looks, and Liquidsoap's own frames."""
_EXAMPLE = (
    "Ví dụ: liquidsoap:/run/liquidsoap/liquidsoap.sock#loa hoặc liquidsoap:127.0.0.1:1234#loa"
)
_HOST_PORT = re.compile(r"([A-Za-z0-9.-]+):(\d{1,5})")
_QUEUE = re.compile(r"[A-Za-z0-9_.()-]+")


@dataclass(frozen=True, slots=True)
class QueueAddress:
    """A unix socket's path or host and port, and the queue's id (None: the only one there is)."""

    server: str | tuple[str, int]
    queue: str | None


class LiquidsoapOutput:
    """One push for each playing; stopped with the queue's own `flush_and_skip`."""

    def __init__(self, rest: str, take: Take) -> None:
        self.url = f"liquidsoap:{rest}"
        self.recording: Path | None = None
        self._address = _parse(rest)
        self._sound = take.sound
        self._watch: _Watch | None = None
        self._left = 0

    @staticmethod
    def check(rest: str) -> None:
        """Raises UserError for an address that says neither socket nor host and port."""
        _parse(rest)

    def open(self, rate: int) -> None:
        del rate
        if self._sound is None:
            raise failure("không có tệp âm thanh để giao cho Liquidsoap")
        server = LiquidsoapServer(self._address.server)
        try:
            queue = _queue(server, self._address.queue)
        except OSError:
            server.close()
            raise
        self._watch = _Watch(server, queue, self._sound)

    def write(self, block: bytes) -> None:
        if self._watch is None:
            raise OSError("not open")
        self._watch.advance(len(block) // pcm.WIDTH)

    def close(self) -> int:
        watch, self._watch = self._watch, None
        if watch is not None:
            watch.end()
            self._left = watch.aired
            watch.complain()
        return self._left

    def problem(self) -> str | None:
        try:
            with LiquidsoapServer(self._address.server) as server:
                _queue(server, self._address.queue)
        except OSError as error:
            return error.strerror or str(error)
        return None


class _Watch:
    """Pushes once and looks until the request has left the air, on a thread of its own."""

    def __init__(self, server: LiquidsoapServer, queue: str, sound: Path) -> None:
        self._server = server
        self._queue = queue
        self._sound = sound
        self._total = max(0, sound.stat().st_size - pcm.HEADER) // pcm.WIDTH
        self._given = 0
        self._failure: OSError | None = None
        self._begun = threading.Event()
        self._ending = threading.Event()
        self._abandoned = threading.Event()
        self._began: float | None = None
        self._last_seen: float | None = None
        self._over = False
        self._thread = threading.Thread(target=self._run, name=f"liquidsoap {queue}", daemon=True)
        self._thread.start()

    @property
    def aired(self) -> int:
        """Samples, by the time that the request was seen on the air; never more than given."""
        if self._began is None or self._last_seen is None:
            return 0
        seconds = self._last_seen - self._began
        missing = self._total / pcm.RATE - seconds
        seen = self._total if self._over and missing <= _TOLERANCE else int(seconds * pcm.RATE)
        return min(seen, self._given)

    def advance(self, samples: int) -> None:
        """The player is here; the first call airs the file. Raises OSError."""
        self.complain()
        self._given += samples
        self._begun.set()

    def end(self) -> None:
        """Wait for the request's own end when all was given; cut it off otherwise."""
        self._ending.set()
        self._begun.set()
        self._thread.join(_START_WITHIN + 1.0)
        self._abandoned.set()
        if self._thread.is_alive():
            self._failure = self._failure or failure("Liquidsoap không báo đã phát xong")

    def complain(self) -> None:
        """Raises OSError with what went wrong, if anything did."""
        if self._failure is not None:
            raise failure(self._failure.strerror or str(self._failure))

    def _run(self) -> None:
        try:
            self._begun.wait()
            if self._given:
                self._air()
        except OSError as error:
            self._failure = self._failure or error
        finally:
            self._server.close()

    def _air(self) -> None:
        pushed = time.monotonic()
        request = self._server.push(self._queue, str(self._sound))
        try:
            while not self._over and not self._is_cut():
                self._look(request, pushed)
                self._abandoned.wait(_LOOK_EVERY)
        finally:
            if not self._over:  # what was not aired now must not be aired later either
                self._server.skip(self._queue)

    def _is_cut(self) -> bool:
        cut = self._ending.is_set() and self._given < self._total
        return cut or self._abandoned.is_set()

    def _look(self, request: str, pushed: float) -> None:
        on_air, now = self._server.is_on_air(request), time.monotonic()
        if on_air:
            self._began = self._began if self._began is not None else now
            self._last_seen = now
        elif self._began is not None:
            self._over = True
            if self.aired < self._given:
                raise failure("Liquidsoap đã ngắt bài giữa chừng")
        elif now - pushed > _START_WITHIN:
            why = self._server.why_not(request)
            raise failure(f"Liquidsoap đã nhận nhưng không phát: {why}")


def _queue(server: LiquidsoapServer, wanted: str | None) -> str:
    """Raises OSError when it cannot be told which queue is meant, or it is not there."""
    queues = server.queues()
    names = ", ".join(queues) or "không có"
    if wanted is None and len(queues) == 1:
        return queues[0]
    if wanted is None:
        raise failure(f"hãy ghi rõ hàng đợi sau dấu # (Liquidsoap đang có: {names})")
    if wanted not in queues:
        raise failure(f"Liquidsoap không có hàng đợi “{wanted}” (đang có: {names})")
    return wanted


def _parse(rest: str) -> QueueAddress:
    address, _, queue = rest.partition("#")
    problems = []
    server = _server(address)
    if server is None:
        problems.append("thiếu đường dẫn socket (bắt đầu bằng /) hoặc MÁY:CỔNG")
    if queue and not _QUEUE.fullmatch(queue):
        problems.append(f"tên hàng đợi “{queue}” không hợp lệ")
    if problems or server is None:
        raise UserError(f"“liquidsoap:{rest}” chưa dùng được: {'; '.join(problems)}.", _EXAMPLE)
    return QueueAddress(server, queue or None)


def _server(address: str) -> str | tuple[str, int] | None:
    if address.startswith("/"):
        return address
    found = _HOST_PORT.fullmatch(address)
    return (found[1], int(found[2])) if found and 0 < int(found[2]) < 65_536 else None
