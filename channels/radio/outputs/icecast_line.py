"""A standing line to one Icecast mount: an mp3 encoder and a connection that outlive a playing.

Between two items of a broadcast, and while the player is armed and waits, the line carries
silence, so that listeners stay connected; an unused line hangs up after a while.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import subprocess
import threading
import time
from collections import deque

from channels.radio import ffmpeg, pcm
from channels.radio.outputs.base import failure
from channels.radio.outputs.icecast_source import IcecastAddress, IcecastSource

_log = logging.getLogger(__name__)

BITS_PER_SECOND = 64_000
LINGER_SECONDS = 60.0
"""How long a line is kept after a playing, for the next item."""
BACK_OFF = (0.25, 0.5, 1.0, 2.0, 2.0)
"""Seconds before each attempt to connect again in mid-programme."""
_BACKLOG_SECONDS = 10.0
"""Sound kept while connecting: a short interruption delays, and loses only what was on its way."""
_ENCODER_DELAY = 1_152 + 576
"""Samples that LAME holds back or puts before the first (its delay is 1,105)."""
_SILENCE = bytes(pcm.BLOCK * pcm.WIDTH)
_CHUNK = 4096
_HANG_UP_SECONDS = 1.0


class IcecastLine:
    """Dials at once, on its own threads; used by one playing at a time."""

    def __init__(self, address: IcecastAddress) -> None:
        """Raises OSError when the encoder cannot be started."""
        self._address = address
        try:
            self._encoder: subprocess.Popen[bytes] = ffmpeg.start_mp3_encoder(BITS_PER_SECOND)
        except ffmpeg.AudioError as error:
            raise failure(str(error)) from None
        self._changed = threading.Condition()
        self._gone = threading.Event()
        self._failure: OSError | None = None
        self._source: IcecastSource | None = None
        self._blocks: deque[bytes] = deque()
        self._in_use = False
        self._playing = False
        """From the first block of a playing until its last is in the encoder."""
        self._ending = False
        self._due = 0.0
        """When the next block of silence is to be fed, and (below) since when only silence was."""
        self._idle_since = time.monotonic()
        self._fed = self._began = self._taken = 0
        """Samples: ever given to the encoder; of these before this playing; of this playing."""
        self._behind = self._lost = 0
        """Bytes of earlier connections: all of them, and those that did not arrive."""
        self._breaks = 0
        self._threads = [
            threading.Thread(target=target, name=f"icecast {address.mount}", daemon=True)
            for target in (self._feed, self._carry)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def usable(self) -> bool:
        """Not hung up and not failed."""
        return self._failure is None and not self._gone.is_set()

    def seize(self, seconds: float) -> None:
        """Take it for one playing and wait a little for the server's answer.

        Raises OSError when the server has refused or another playing has the line; a server that
        is only slow is told by `put`.
        """
        with self._changed:
            if self._in_use:
                raise failure("điểm phát Icecast này đang được cụm loa khác dùng", errno.EBUSY)
            if self._gone.is_set():
                raise failure("đường truyền Icecast vừa đóng vì không dùng", errno.EPIPE)
            self._in_use, self._playing, self._ending = True, False, False
            self._taken = self._breaks = self._lost = 0
            self._changed.wait_for(lambda: self._source or not self.usable, seconds)
        self.complain()

    def put(self, block: bytes) -> None:
        """One block of the programme. Raises OSError when the line is lost or too far behind."""
        with self._changed:
            if len(self._blocks) * pcm.BLOCK_SECONDS >= _BACKLOG_SECONDS:
                self._failure = self._failure or failure(
                    f"{self._address.where} không nhận kịp âm thanh", errno.ENOBUFS
                )
            if not self._playing:
                self._playing, self._began = True, self._fed
            self._taken += len(block) // pcm.WIDTH
            self._blocks.append(block)
            self._changed.notify_all()
        self.complain()

    def finish(self, seconds: float) -> int:
        """The playing is over: samples of it that arrived, after at most `seconds`.

        Raises OSError when some did not; then the line is no longer usable.
        """
        deadline = time.monotonic() + seconds
        with self._changed:
            self._ending = True
            self._changed.notify_all()
            while self.usable and self._missing() and time.monotonic() < deadline:
                self._changed.wait(pcm.BLOCK_SECONDS)
            self._in_use, self._idle_since = False, time.monotonic()
            if self._missing() and self._failure is None:
                self._failure = failure(f"{self._address.where} không nhận hết âm thanh")
        return self.arrived

    @property
    def arrived(self) -> int:
        """Samples of this playing that have reached the server's machine."""
        lost = round(self._lost * 8 / BITS_PER_SECOND * pcm.RATE)
        return max(0, min(self._taken, self._position() - self._began - lost))

    def complain(self) -> None:
        """Raises OSError when the line has failed, or was interrupted in this playing."""
        if self._failure is not None:
            raise OSError(self._failure.errno, self._failure.strerror)

    @property
    def breaks(self) -> int:
        """Connections lost and made again since the playing began."""
        return self._breaks

    def hang_up(self) -> None:
        """Close connection and encoder; harmless when called twice."""
        with self._changed:
            self._gone.set()
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(_HANG_UP_SECONDS)
        self._encoder.kill()
        self._encoder.wait()

    def _missing(self) -> bool:
        return self._taken > 0 and self._position() < self._began + self._taken

    def _position(self) -> int:
        """Up to which of the fed samples everything has arrived, or was lost on the way."""
        arrived = self._source.arrived() if self._source else 0
        return round((self._behind + arrived) * 8 / BITS_PER_SECOND * pcm.RATE) - _ENCODER_DELAY

    def _feed(self) -> None:
        stdin = self._encoder.stdin
        if stdin is None:
            return
        try:
            while (block := self._next_block()) is not None:
                stdin.write(block)
        except OSError:
            self._fail(failure("bộ mã hóa mp3 đã dừng"))
        finally:
            with contextlib.suppress(OSError):
                stdin.close()

    def _next_block(self) -> bytes | None:
        """The programme's next block, or silence when it is due; None to hang up."""
        with self._changed:
            while self.usable:
                if self._blocks:
                    self._due = time.monotonic() + pcm.BLOCK_SECONDS
                    return self._counted(self._blocks.popleft())
                if self._source is None or (self._playing and not self._ending):
                    self._changed.wait()
                elif (wait := self._due - time.monotonic()) > 0:
                    self._changed.wait(wait)
                elif self._is_unused():
                    self._gone.set()
                else:
                    self._playing = False
                    self._due = max(self._due, time.monotonic() - 1) + pcm.BLOCK_SECONDS
                    return self._counted(_SILENCE)
            return None

    def _is_unused(self) -> bool:
        return not self._in_use and time.monotonic() - self._idle_since > LINGER_SECONDS

    def _counted(self, block: bytes) -> bytes:
        self._fed += len(block) // pcm.WIDTH
        return block

    def _carry(self) -> None:
        stdout = self._encoder.stdout
        if stdout is None:
            return
        try:
            self._connect()
            while chunk := stdout.read(_CHUNK):
                self._deliver(chunk)
            if not self._gone.is_set():
                raise failure("bộ mã hóa mp3 đã dừng")
        except OSError as error:
            self._fail(error)
        finally:
            self._encoder.kill()
            stdout.close()
            if self._source is not None:
                self._source.close()

    def _connect(self) -> None:
        source = IcecastSource(self._address)
        with self._changed:
            self._source = source
            self._changed.notify_all()

    def _deliver(self, chunk: bytes) -> None:
        while self._source is not None:
            try:
                self._source.send(chunk)
            except OSError as error:
                self._again(self._source, error)
            else:
                return

    def _again(self, broken: IcecastSource, error: OSError) -> None:
        """Connect again while a programme is on the air. Raises OSError when it stays broken."""
        broken.close()
        with self._changed:
            self._behind += broken.sent
            self._lost += broken.sent - broken.arrived()
            self._source = None
            self._breaks += 1
        if not self._in_use:
            raise error
        _log.warning("%s: %s; connecting again", self._address.where, error.strerror)
        for delay in BACK_OFF:
            if self._gone.wait(delay):
                raise error
            try:
                self._connect()
            except OSError as still:
                error = still
            else:
                return
        raise error

    def _fail(self, error: OSError) -> None:
        with self._changed:
            if not self._gone.is_set():
                self._failure = self._failure or error
            self._blocks.clear()
            self._changed.notify_all()
