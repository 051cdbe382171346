"""Another station's stream on our air for a given time (tiếp sóng): a hard end, and never silence.

Two threads fetch and decode into a bounded buffer; the reader takes blocks out and never waits.
Time is counted in blocks taken, so the source needs no clock.
"""

from __future__ import annotations

import logging
import subprocess
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from channels.radio import ffmpeg, pcm
from channels.radio.pcm import BLOCK, RATE, SILENT, WIDTH
from channels.radio.stream_client import (
    OpenStream,
    Permitted,
    StreamError,
    check_url,
    is_public,
    open_stream,
)

_log = logging.getLogger(__name__)

_BUFFER_SECONDS = 8.0
"""Icecast begins with up to four seconds of the past; as much again for a slow network."""
_READY_SECONDS = 0.4
"""Kept ahead at the beginning and after a gap, so that one late packet is not one more gap."""
_WAITS = (0.3, 1.0, 2.0, 5.0, 10.0)
"""Seconds before the stream is tried again; the last one is repeated."""
_BREATH = 2.0
"""Seconds of silence between words that do not count against a stream that is coming back."""
_GOODBYE = 2.0
_DOWN_GAP = 0.5


class Side(StrEnum):
    """What is on the air."""

    STREAM = "stream"
    FALLBACK = "fallback"


@dataclass(frozen=True, slots=True)
class Relay:
    """What to relay. All durations in seconds."""

    url: str
    seconds: float
    """On the air from its first block to this hard end."""
    silence: float = 10.0
    """This much silence from the stream brings the fallback."""
    stall: float = 3.0
    """Likewise with no sound coming at all."""
    recovery: float = 5.0
    """The stream must have sounded this long before it takes the air back."""


@dataclass(frozen=True, slots=True)
class Switch:
    """The air changed sides."""

    second: float
    """Since the beginning of the relay."""
    to: Side
    reason: str
    """In Vietnamese."""


class RelaySource:
    """`start` ahead of the air, then `blocks`; `close` ends its threads and ffmpeg."""

    def __init__(
        self,
        relay: Relay,
        fallback: bytes,
        *,
        permitted: Permitted = is_public,
        timeout: float = 5.0,
    ) -> None:
        """`fallback`: samples, repeated for as long as they are needed; empty: the relay ends.

        `permitted` decides which addresses may be reached; `timeout` is that of the network.
        Raises StreamError for an address that could never be relayed.
        """
        check_url(relay.url)
        self._relay = relay
        self._fallback = fallback
        self._feed = Feed(relay.url, permitted, timeout)
        self._place = 0
        self._taken = 0
        self._ear = _Ear()
        self.side = Side.STREAM
        self.streamed = 0
        """Samples that were taken from the stream and put on the air."""
        self.switches: list[Switch] = []

    def start(self) -> None:
        """Connect and fill the buffer; what is older than the buffer is dropped until the air."""
        self._feed.start()

    @property
    def buffered(self) -> float:
        """Seconds of the stream that are ready."""
        return self._feed.buffer.seconds

    @property
    def trouble(self) -> str | None:
        """Why the stream does not come, in Vietnamese."""
        return self._feed.trouble

    def blocks(self) -> Iterator[bytes]:
        """20 ms each (the last may be shorter), never waiting, to the hard end."""
        total = round(self._relay.seconds * RATE)
        self._feed.buffer.go_live()
        while self._taken < total:
            count = min(BLOCK, total - self._taken)
            block = self._next(count * WIDTH)
            if block is None:
                return
            self._taken += count
            yield block

    def close(self) -> None:
        """Leave the stream."""
        self._feed.close()

    def _next(self, size: int) -> bytes | None:
        came = self._feed.buffer.take(size)
        self._ear.hear(came, size)
        if self.side is Side.STREAM:
            if (reason := self._failing()) is None:
                self.streamed += len(came or b"") // WIDTH
                return came if came is not None else bytes(size)
            self._switch(Side.FALLBACK, reason)
        elif came is not None and self._ear.sounding >= self._relay.recovery:
            self._switch(Side.STREAM, "luồng đã có tiếng trở lại")
            self.streamed += len(came) // WIDTH
            return came
        return self._from_fallback(size)

    def _failing(self) -> str | None:
        trouble = self._feed.trouble
        if self._ear.missing >= (_DOWN_GAP if trouble else self._relay.stall):
            return trouble or "luồng ngừng gửi âm thanh"
        if self._ear.silent >= self._relay.silence:
            return f"luồng im lặng {self._relay.silence:g} giây"
        return None

    def _switch(self, to: Side, reason: str) -> None:
        self.side = to
        self._place = 0
        self._ear = _Ear()
        self.switches.append(Switch(self._taken / RATE, to, reason))
        _log.warning("relay: %s takes the air (%s)", to, reason)

    def _from_fallback(self, size: int) -> bytes | None:
        if not self._fallback:
            return None
        block = self._fallback[self._place : self._place + size]
        while len(block) < size:
            block += self._fallback[: size - len(block)]
        self._place = (self._place + size) % len(self._fallback)
        return block


class _Ear:
    """How long, in seconds, nothing came, nothing was heard, something was heard."""

    def __init__(self) -> None:
        self.missing = 0.0
        self.silent = 0.0
        self.sounding = 0.0

    def hear(self, came: bytes | None, size: int) -> None:
        length = size / WIDTH / RATE
        self.missing = self.missing + length if came is None else 0.0
        if came is not None and pcm.peak(came) >= SILENT:
            self.silent = 0.0
        else:
            self.silent += length
        is_breath = came is not None and self.silent < _BREATH
        self.sounding = self.sounding + length if is_breath else 0.0


class _Buffer:
    """Samples between the decoder's thread and the reader."""

    def __init__(self) -> None:
        self._parts: deque[bytes] = deque()
        self._size = 0
        self._changed = threading.Condition()
        self._is_live = False
        self._is_filling = True
        self._is_closed = False

    @property
    def seconds(self) -> float:
        return self._size / WIDTH / RATE

    def go_live(self) -> None:
        """From now on nothing is dropped: a full buffer holds the decoder back."""
        with self._changed:
            self._is_live = True

    def put(self, data: bytes) -> None:
        """Waits while the buffer is full on the air; before, the oldest goes."""
        with self._changed:
            while self._is_live and self.seconds >= _BUFFER_SECONDS and not self._is_closed:
                self._changed.wait()
            self._parts.append(data)
            self._size += len(data)
            while not self._is_live and self.seconds > _BUFFER_SECONDS:
                self._size -= len(self._parts.popleft())

    def take(self, size: int) -> bytes | None:
        """Exactly so many bytes, or None: now, without waiting."""
        with self._changed:
            if self._is_filling and self.seconds < _READY_SECONDS:
                return None
            if self._size < size:
                self._is_filling = True
                return None
            self._is_filling = False
            block = self._out(size)
            self._changed.notify()
            return block

    def close(self) -> None:
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def _out(self, size: int) -> bytes:
        block = b""
        while len(block) < size:
            part = self._parts.popleft()
            needed = size - len(block)
            block += part[:needed]
            if len(part) > needed:
                self._parts.appendleft(part[needed:])
        self._size -= size
        return block


class Feed:
    """Fetches a stream and decodes it until it is closed; begins again after every failure."""

    def __init__(self, url: str, permitted: Permitted, timeout: float) -> None:
        self.buffer = _Buffer()
        self.trouble: str | None = None
        self._url = url
        self._permitted = permitted
        self._timeout = timeout
        self._closed = threading.Event()
        self._lock = threading.Lock()
        self._stream: OpenStream | None = None
        self._has_sounded = False
        self._thread = threading.Thread(target=self._run, name="radio-relay", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._closed.set()
        self.buffer.close()
        with self._lock:
            if self._stream is not None:
                self._stream.interrupt()
        if self._thread.is_alive():
            self._thread.join(_GOODBYE)

    def _run(self) -> None:
        failures = 0
        while not self._closed.is_set():
            try:
                self._relayed()
                self.trouble = "luồng bị ngắt"
            except (StreamError, ffmpeg.AudioError) as error:
                self.trouble = str(error)
            except OSError as error:
                _log.warning("relay: %s", error)
                self.trouble = "không kết nối được máy chủ luồng"
            failures = 0 if self._has_sounded else failures + 1
            self._closed.wait(_WAITS[min(failures, len(_WAITS) - 1)])

    def _relayed(self) -> None:
        """One connection from its beginning to its end."""
        self._has_sounded = False
        stream = open_stream(self._url, self._permitted, self._timeout)
        with self._lock:
            self._stream = stream
        try:
            decoder = ffmpeg.start_decoder()
            with decoder:
                fetcher = threading.Thread(target=self._fetch, args=(stream, decoder), daemon=True)
                fetcher.start()
                self._decode(decoder)
                stream.interrupt()
                decoder.kill()
                fetcher.join()
        finally:
            with self._lock:
                self._stream = None
            stream.close()
        if not self._has_sounded and not self._closed.is_set():
            raise StreamError("luồng không có âm thanh đọc được")

    def _fetch(self, stream: OpenStream, decoder: subprocess.Popen[bytes]) -> None:
        """Compressed sound from the network to ffmpeg; closes ffmpeg's input at the end."""
        assert decoder.stdin is not None  # noqa: S101 - it was asked for
        try:
            while not self._closed.is_set() and (data := stream.read()):
                decoder.stdin.write(data)
        except (OSError, StreamError) as error:
            _log.info("relay: %s", error)
        finally:
            decoder.stdin.close()

    def _decode(self, decoder: subprocess.Popen[bytes]) -> None:
        """Samples from ffmpeg to the buffer until ffmpeg ends."""
        assert decoder.stdout is not None  # noqa: S101 - it was asked for
        odd = b""
        while not self._closed.is_set() and (data := decoder.stdout.read(16_384)):
            data = odd + data
            whole = len(data) // WIDTH * WIDTH
            odd = data[whole:]
            self.buffer.put(data[:whole])
            self._has_sounded, self.trouble = True, None
