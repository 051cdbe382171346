"""A thread that carries blocks to a slow sink, so that the player and the others never wait."""

from __future__ import annotations

import errno
import threading
from collections import deque
from collections.abc import Callable

from channels.radio import pcm
from channels.radio.outputs.base import failure

DRAIN_SECONDS = 2.0
"""How long a closing output may take to get rid of what it still holds."""


class Pump:
    """Bounded: a sink that falls behind by `seconds` of sound has failed, and says so."""

    def __init__(self, name: str, send: Callable[[bytes], None], seconds: float = 1.0) -> None:
        """`send` may block; it raises OSError when the sink has failed."""
        self._send = send
        self._limit = max(1, round(seconds / pcm.BLOCK_SECONDS))
        self._blocks: deque[bytes] = deque()
        self._changed = threading.Condition()
        self._failure: OSError | None = None
        self._ending = False
        self.sent = 0
        """Samples that the sink has taken."""
        self._thread = threading.Thread(target=self._run, name=f"output {name}", daemon=True)
        self._thread.start()

    def put(self, block: bytes) -> None:
        """Take one block at once. Raises OSError when the sink has failed or fallen behind."""
        with self._changed:
            if self._failure is None and len(self._blocks) >= self._limit:
                self._failure = failure("không nhận kịp âm thanh", errno.ENOBUFS)
            self._complain()
            self._blocks.append(block)
            self._changed.notify()

    def finish(self, seconds: float = DRAIN_SECONDS) -> bool:
        """No more blocks: whether all of them were sent within `seconds`."""
        with self._changed:
            self._ending = True
            self._changed.notify()
        self._thread.join(seconds)
        with self._changed:
            return not self._thread.is_alive() and self._failure is None

    def abandon(self) -> None:
        """After the sink was shut from outside: forget the rest and wait for the thread."""
        with self._changed:
            self._ending = True
            self._blocks.clear()
            self._changed.notify()
        self._thread.join(DRAIN_SECONDS)

    def complain(self) -> None:
        """Raises the OSError with which the sink failed, if it did."""
        with self._changed:
            self._complain()

    def _complain(self) -> None:
        if self._failure is not None:
            raise OSError(self._failure.errno, self._failure.strerror or str(self._failure))

    def _run(self) -> None:
        while (block := self._next()) is not None:
            try:
                self._send(block)
            except OSError as error:
                self._fail(error)
                return
            self.sent += len(block) // pcm.WIDTH

    def _next(self) -> bytes | None:
        with self._changed:
            while not self._blocks and not self._ending and self._failure is None:
                self._changed.wait()
            return self._blocks.popleft() if self._blocks and self._failure is None else None

    def _fail(self, error: OSError) -> None:
        with self._changed:
            if self._failure is None:
                self._failure = error
            self._blocks.clear()
