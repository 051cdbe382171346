"""Imports the daemon once and forks real daemons off, so that a thousand of them are affordable.

Called as: python -m tests.faults.forkserver. One JSON order a line on stdin, one answer on stdout.
"""

from __future__ import annotations

import errno
import gc
import json
import os
import signal
import socket
import sqlite3
import sys
import time
import traceback
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy.exc
from urllib3.util import connection

from broadcaster import books, database, dispatch, services
from broadcaster.clock import SystemClock
from tests.faults import seams


class SteppedClock(SystemClock):
    """The machine's clock as somebody set it: the file holds the seconds that it is off."""

    file: Path

    def now(self) -> datetime:
        try:
            off = float(SteppedClock.file.read_text())
        except (OSError, ValueError):
            off = 0.0
        return super().now() + timedelta(seconds=off)


def main() -> None:
    _import_all()
    gc.freeze()
    for line in sys.stdin:
        order = json.loads(line)
        answer = _answer(order)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _answer(order: dict[str, Any]) -> int | None:
    if "start" in order:
        return _forked(lambda: _daemon(order))
    if "call" in order:
        return os.waitstatus_to_exitcode(os.waitpid(_forked(lambda: _command(order)), 0)[1])
    return _look(order["look"])


def _forked(work: Callable[[], int]) -> int:
    pid = os.fork()
    if pid == 0:
        code = 3
        try:
            code = work()
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    return pid


def _command(order: dict[str, Any]) -> int:
    """`broadcaster WORDS…` with its three streams as files."""
    modes = (os.O_RDONLY, *[os.O_WRONLY | os.O_CREAT | os.O_TRUNC] * 2)
    for number, (path, mode) in enumerate(zip(order["files"], modes, strict=True)):
        os.dup2(os.open(path, mode), number)
    os.environ.update(order["environment"])
    from broadcaster import cli

    return cli.run(order["call"])


def _look(pid: int) -> int | None:
    """How a daemon ended (minus the signal's number); None while it lives."""
    found, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if found else None


def _daemon(order: dict[str, Any]) -> int:
    os.setsid()  # the power fails for its children too
    home = Path(order["start"])
    out = os.open(home / "daemon.out", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    for number in (1, 2):
        os.dup2(out, number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.environ.update(order["environment"])
    SteppedClock.file = home / "clock-off"
    services.SystemClock = SteppedClock  # type: ignore[misc]
    dispatch._HOLD = timedelta(seconds=0.5)
    _cut_off(home / "network")
    if "FAULTS_IMPATIENT" in os.environ:
        database._BUSY_SECONDS = 0.2
        books._PATIENCE = (0.1, 0.1)
    seams.install(_Striker(home / "trace", order.get("strike")))
    from broadcaster.cli.run import run
    from content.errors import UserError

    try:
        run()
    except UserError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _cut_off(state: Path) -> None:
    """While the file says so there is no network ("gone"), or no name resolution ("nameless")."""
    connect = connection.create_connection

    def create_connection(*given: Any, **named: Any) -> socket.socket:
        match state.read_text() if state.exists() else "":
            case "gone":
                raise OSError(errno.ENETUNREACH, os.strerror(errno.ENETUNREACH))
            case "nameless":
                raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return connect(*given, **named)

    connection.create_connection = create_connection


class _Striker:
    """Writes down each step, and strikes at the one that was ordered."""

    def __init__(self, trace: Path, strike: dict[str, Any] | None) -> None:
        self._trace = os.open(trace, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        self._strike = strike or {}
        self._seen: dict[str, int] = {}

    def __call__(self, name: str) -> None:
        os.write(self._trace, f"{name}\n".encode())
        self._seen[name] = self._seen.get(name, 0) + 1
        wanted = self._strike
        if name == wanted.get("step") and self._seen[name] in _range(wanted):
            _FAULTS[wanted["fault"]](name)


def _range(wanted: dict[str, Any]) -> range:
    return range(wanted["nth"], wanted["nth"] + wanted.get("times", 1))


def _kill(_name: str) -> None:
    os.killpg(0, signal.SIGKILL)


def _disk(number: int) -> Callable[[str], None]:
    def fail(name: str) -> None:
        os.write(2, f"struck: {errno.errorcode[number]} {name}\n".encode())
        if "commit" in name or "transaction" in name:
            said = "database or disk is full" if number == errno.ENOSPC else "disk I/O error"
            raise sqlalchemy.exc.OperationalError(name, None, sqlite3.OperationalError(said))
        raise OSError(number, os.strerror(number))

    return fail


def _hang(name: str) -> None:
    os.write(2, f"struck: hang {name}\n".encode())
    time.sleep(3600)  # noqa: TID251 - it hangs


_FAULTS: dict[str, Callable[[str], None]] = {
    "kill": _kill,
    "full": _disk(errno.ENOSPC),
    "eio": _disk(errno.EIO),
    "hang": _hang,
}


def _import_all() -> None:
    """What a daemon imports late, so that a forked one has it."""
    import alembic.command
    import facebook

    import content.spoken

    content.spoken.speak("Xin chào.")
    assert alembic.command
    assert facebook


if __name__ == "__main__":
    main()
