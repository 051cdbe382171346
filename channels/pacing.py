"""How fast a platform may be called: kept in a small file, so that a restart forgets nothing.

One number is enough (the generic cell rate algorithm): the moment at which the calls made so far
would have been made at the allowed pace. Several processes share it under a lock.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from channels.base import ChannelError, Clock, ErrorKind

LONGEST_WAIT = timedelta(seconds=5)
"""What takes longer than this is for dispatch to plan, not for a thread to sleep through."""
_LOCK_SECONDS = 30.0
_LONGEST_HOLD = timedelta(days=1)


class Pace:
    """Calls to one platform: `calls` in each `window`, at most `burst` of them at once."""

    def __init__(
        self, file: Path | None, clock: Clock, calls: int, window: timedelta, burst: int = 20
    ) -> None:
        """`file` None: no limit is kept (a sandbox, a test of something else)."""
        self._file = file
        self._clock = clock
        self._gap = window / max(calls, 1)
        self._room = self._gap * (burst - 1)
        self._window = window
        self._threads = threading.Lock()
        """Threads queue here: at the file's lock they would poll for it."""

    def take(self) -> None:
        """One call may be made now, after a short wait where needed.

        Raises ChannelError(DEFER) where the wait would be long: nothing has left.
        """
        if self._file is None:
            return
        wait = self._reserve(self._file, LONGEST_WAIT)
        self._clock.sleep(wait.total_seconds())

    def reserve(self) -> timedelta:
        """The next call is this caller's, after a wait of any length that it keeps itself: for
        many calls in a row, where a deferral would begin everything anew.

        Raises ChannelError(DEFER) while the platform wants no calls.
        """
        return timedelta(0) if self._file is None else self._reserve(self._file, None)

    def hold(self, until: datetime) -> None:
        """The platform says that it has nearly enough of us: no call before this moment."""
        if self._file is None:
            return
        with self._threads, _locked(self._file):
            state = _read(self._file)
            _write(self._file, {**state, "hold": until.astimezone(UTC).isoformat()})

    def _reserve(self, file: Path, longest: timedelta | None) -> timedelta:
        with self._threads, _locked(file):
            now = self._clock.now()
            state = _read(file)
            held = _moment(state, "hold")
            if held is not None and now < held <= now + _LONGEST_HOLD:
                raise _later(held, "báo sắp hết số lần gọi cho phép")
            paid = _moment(state, "paid_until")
            # A clock that was set back must not hold the calls for longer than a window, beyond
            # what a burst may rightly have used ahead.
            latest = now + self._window + self._room
            paid = now if paid is None else min(max(paid, now), latest)
            wait = max(paid - now - self._room, timedelta(0))
            if longest is not None and wait > longest:
                raise _later(now + wait, "chỉ nhận một số lần gọi mỗi phút")
            _write(file, {**state, "paid_until": (paid + self._gap).isoformat()})
            return wait


def _later(until: datetime, why: str) -> ChannelError:
    return ChannelError(
        ErrorKind.DEFER,
        f"Nền tảng {why}; chương trình tự gửi tiếp sau, không cần làm gì.",
        until=until,
        code="pace",
    )


def _locked(file: Path) -> AbstractContextManager[object]:
    from filelock import FileLock

    file.parent.mkdir(parents=True, exist_ok=True)
    return FileLock(file.with_suffix(".lock"), timeout=_LOCK_SECONDS, poll_interval=0.01)


def _read(file: Path) -> dict[str, str]:
    """A file that cannot be read counts as empty: the platform still has its own limit."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _write(file: Path, state: Mapping[str, str]) -> None:
    """Renamed, not synced: a power cut may forget the last second, never leave half a file."""
    fresh = file.with_suffix(".new")
    fresh.write_text(json.dumps(state), encoding="utf-8")
    fresh.replace(file)


def _moment(state: Mapping[str, str], name: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(state[name]))
    except (KeyError, ValueError):
        return None
    return moment if moment.tzinfo is not None else None
