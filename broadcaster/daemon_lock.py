"""One daemon a home, held by a lock that the system takes back when the process dies."""

from __future__ import annotations

import os
from pathlib import Path

from filelock import FileLock, Timeout

from content.errors import UserError

_PID = "daemon.pid"


class DaemonLock:
    """Held by the daemon while it runs, and by whoever needs that none runs."""

    def __init__(self, home: Path) -> None:
        self._lock = FileLock(home / "daemon.lock")
        self._pid = home / _PID

    def __enter__(self) -> DaemonLock:
        try:
            # `status` holds it for an instant when it looks whether a daemon runs.
            self._lock.acquire(timeout=1)
        except Timeout:
            pid = self._pid.read_text().strip() if self._pid.exists() else "?"
            raise UserError(
                f"Chương trình phát đã chạy rồi (tiến trình {pid}).",
                "Không cần chạy thêm; xem bằng: broadcaster status.",
            ) from None
        self._pid.write_text(f"{os.getpid()}\n")
        return self

    def __exit__(self, *_: object) -> None:
        self._pid.unlink(missing_ok=True)
        self._lock.release()


def last_one_died(home: Path) -> bool:
    """Whether the last daemon ended without taking its number back: killed, or a power cut.

    To be asked before the lock is taken anew.
    """
    return (home / _PID).exists()
