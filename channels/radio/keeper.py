"""Keeps an mp3 of a sound that is made on the air, without ever holding up the player."""

from __future__ import annotations

import logging
import subprocess
from contextlib import suppress
from pathlib import Path

from channels.radio import ffmpeg
from channels.radio.outputs.pump import Pump

_log = logging.getLogger(__name__)

_BEHIND = 60.0
"""Seconds of sound that the encoder may fall behind (it is hundreds of times faster)."""
_DRAIN = 10.0


class Keeper:
    """`begin`, `keep` each block, `end`: the file, or None when it could not be kept.

    A copy that fails (a full disk) costs the copy, never the broadcast.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._encoder: subprocess.Popen[bytes] | None = None
        self._pump: Pump | None = None

    def begin(self) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._encoder = ffmpeg.start_mp3_file(self._path)
        except (OSError, ffmpeg.AudioError) as error:
            _log.warning("what is aired is not kept: %s", error)
            return
        stdin = self._encoder.stdin
        assert stdin is not None  # noqa: S101 - it was asked for

        def send(block: bytes) -> None:
            stdin.write(block)

        self._pump = Pump("as aired", send, _BEHIND)

    def keep(self, block: bytes) -> None:
        if self._pump is None:
            return
        try:
            self._pump.put(block)
        except OSError as error:
            _log.warning("what is aired is no longer kept: %s", error)
            self._give_up()

    def end(self) -> Path | None:
        """The finished file."""
        encoder, pump = self._encoder, self._pump
        if encoder is None or pump is None:
            return None
        whole = pump.finish(_DRAIN)
        self._pump = None
        assert encoder.stdin is not None  # noqa: S101 - it was asked for
        with suppress(OSError):  # a full disk shows below: the encoder ends with an error
            encoder.stdin.close()
        try:
            code = encoder.wait(_DRAIN)
        except subprocess.TimeoutExpired:
            encoder.kill()
            code = encoder.wait()
        if not whole or code != 0:
            _log.warning("what was aired was not kept (encoder: %s)", code)
            return None
        return self._path

    def _give_up(self) -> None:
        if self._encoder is not None:
            self._encoder.kill()
            self._encoder.wait()
        if self._pump is not None:
            self._pump.abandon()
        if self._encoder is not None and self._encoder.stdin is not None:
            self._encoder.stdin.close()
        self._encoder = self._pump = None
