"""A station driven as its people drive it: the real command line, a real daemon process."""

from __future__ import annotations

import atexit
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.faults.forks import ForkServer

EDITOR, LEADER = "Lan", "Minh"
_ROOT = Path(__file__).resolve().parents[2]


class Station:
    """One home; every call is a process of its own, a fork to spare it the imports."""

    def __init__(self, home: Path, **settings: str) -> None:
        self.home = home
        self.environment = {
            **{name: value for name, value in os.environ.items() if "BROADCASTER" not in name},
            "PYTHONPATH": os.pathsep.join(
                [str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
            ),
            "BROADCASTER_HOME": str(home),
            "BROADCASTER_USER": EDITOR,
            "BROADCASTER_BROADCAST__QUIET_HOURS": "[]",
            "BROADCASTER_BROADCAST__SETTLE": "[0, 1]",
            "BROADCASTER_BROADCAST__RETRY": "[1, 1, 1]",
            "BROADCASTER_RADIO__ENGINES": '["espeak"]',
            "BROADCASTER_RADIO__SIGNATURE_TUNE": "none",
            "BROADCASTER_RADIO__RATE": "300",
            "BROADCASTER_RADIO__PAUSE_SENTENCE": "0",
            "BROADCASTER_RADIO__PAUSE_PARAGRAPH": "0",
            "BROADCASTER_ZALO__NIGHT_HOURS": "[]",
            "BROADCASTER_HEALTH__LISTEN": "",
            "BROADCASTER_BACKUP__EVERY": "0",
            **{f"BROADCASTER_{name.upper()}": value for name, value in settings.items()},
        }
        self.daemon: subprocess.Popen[bytes] | None = None

    def call(self, *words: str, code: int = 0) -> str:
        """Run one command; its stdout. Fails when the exit code is another."""
        done = self.attempt(*words)
        assert done.returncode == code, f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def attempt(self, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return _forks().call(words, self.environment, stdin)

    def json(self, *words: str) -> Any:
        return json.loads(self.call(*words, "--json"))

    def set_up(self) -> None:
        """Home, a second person, nothing else; made once and copied from then on."""
        shutil.copytree(_new_home(), self.home, dirs_exist_ok=True)

    def approved(self, title: str, body: str) -> int:
        """An approved bulletin."""
        path = self.home / "bai.md"
        path.write_text(f"---\ntitle: {title}\n---\n{body}\n", encoding="utf-8")
        number = int(self.json("bulletin", "add", str(path))["id"])
        self.call("bulletin", "submit", str(number))
        self.call("bulletin", "approve", str(number), "--as", LEADER)
        return number

    def book(self, bulletin: int, channel: str, at: str = "now") -> dict[str, Any]:
        booked: dict[str, Any] = self.json(
            "broadcast", "add", str(bulletin), "--channel", channel, "--at", at
        )
        return booked

    def status_of(self, broadcast: int) -> str:
        for booked in self.json("broadcast", "list"):
            if booked["id"] == broadcast:
                return str(booked["deliveries"][0]["status"])
        raise AssertionError(f"no broadcast {broadcast}")

    def outcomes(self, broadcast: int) -> list[str]:
        """The delivery's outcomes in the ledger, in order."""
        return [
            record["outcome"]
            for record in self.json("evidence", "list")
            if record["broadcast"] == broadcast
        ]

    def start(self) -> None:
        log = (self.home / "daemon.out").open("ab")
        with log:
            self.daemon = subprocess.Popen(
                [sys.executable, "-m", "broadcaster", "run"],
                env=self.environment,
                stdout=log,
                stderr=log,
            )

    def kill(self) -> None:
        """The power fails."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        return self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> int:
        assert self.daemon is not None
        self.daemon.send_signal(number)
        code = self.daemon.wait(30)
        self.daemon = None
        return code

    def wait_for_status(self, broadcast: int, *wanted: str, seconds: float = 60) -> str:
        query = "SELECT status FROM delivery WHERE broadcast_id = ? ORDER BY id LIMIT 1"
        address = f"file:{quote(str(self.home / 'broadcaster.db'))}?mode=ro"

        def reached() -> bool:
            # Straight from the database: a command of its own costs more than what it watches.
            with closing(sqlite3.connect(address, uri=True, timeout=10)) as connection:
                return connection.execute(query, (broadcast,)).fetchone()[0] in wanted

        wait_for(reached, seconds, f"broadcast {broadcast} to be {wanted}")
        return self.status_of(broadcast)

    def said(self) -> str:
        """Everything the daemon printed."""
        path = self.home / "daemon.out"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def __enter__(self) -> Station:
        self.home.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(self, *_: object) -> None:
        if self.daemon is not None:
            self.kill()


@cache
def _forks() -> ForkServer:
    bare = {name: value for name, value in os.environ.items() if "BROADCASTER" not in name}
    server = ForkServer(bare)
    atexit.register(server.close)
    return server


@cache
def _new_home() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="nhà-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    made = Station(folder)
    made.call("init", "--name", "Ủy ban nhân dân xã An Bình")
    made.call("person", "add", LEADER, "--role", "approver")
    return folder


def wait_for(condition: Callable[[], bool], seconds: float, what: str) -> None:
    """Real time passes here: these tests watch a real process."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds} s for {what}")
        time.sleep(0.02)  # noqa: TID251 - a real process is watched


def facebook_settings(url: str, page: str, token: str) -> Mapping[str, str]:
    return {
        "facebook__mode": "live",
        "facebook__page_id": page,
        "facebook__page_token": token,
        "facebook__api_url": url,
        "facebook__timeout": "[2, 20]",
    }


def zalo_settings(
    url: str, *, oa_id: str, app_id: str, app_secret: str, refresh: str
) -> Mapping[str, str]:
    return {
        "zalo__mode": "live",
        "zalo__oa_id": oa_id,
        "zalo__app_id": app_id,
        "zalo__app_secret": app_secret,
        "zalo__refresh_token": refresh,
        "zalo__api_url": url,
        "zalo__oauth_url": url,
        "zalo__cover_url": "https://anbinh.example.vn/bia.jpg",
        "zalo__timeout": "[2, 20]",
    }
