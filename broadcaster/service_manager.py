"""What the daemon tells systemd about itself: ready, alive, ending (sd_notify(3))."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping

from broadcaster.logs import get_logger

log = get_logger(__name__)

_PER_PERIOD = 3
"""Signs of life in each watchdog period; one may come late."""


class ServiceManager:
    """Silent where no service manager listens."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        env = os.environ if environment is None else environment
        self._address = env.get("NOTIFY_SOCKET", "")
        mine = env.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        period = int(env.get("WATCHDOG_USEC", "0")) / 1e6 if mine else 0.0
        self._gap = period / _PER_PERIOD
        self._last = float("-inf")

    def ready(self) -> None:
        self._tell("READY=1\nSTATUS=Đang chạy")

    def alive(self, now: float) -> None:
        """A sign of life, when the next one is due; `now` is of the steady clock."""
        if self._gap and now - self._last >= self._gap:
            self._last = now
            self._tell("WATCHDOG=1")

    def stopping(self) -> None:
        self._tell("STOPPING=1")

    def _tell(self, text: str) -> None:
        if not self._address:
            return
        # "@" stands for the zero byte of an abstract address.
        address = "\0" + self._address[1:] if self._address[0] == "@" else self._address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
                channel.setblocking(False)
                channel.sendto(text.encode(), address)
        except OSError as error:
            # Its absence is the service manager's business; playing goes on.
            log.warning("service_manager.deaf", error=type(error).__name__)
