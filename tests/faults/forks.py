"""Daemons and commands as forks of one process that has imported everything already."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).resolve().parents[2]


class ForkServer:
    """`tests.faults.forkserver` in a process of its own."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.forkserver"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=dict(environment),
            text=True,
            cwd=_ROOT,
        )

    def start(
        self, home: Path, strike: Mapping[str, Any] | None, environment: Mapping[str, str]
    ) -> int:
        """A daemon; its process number, which is its group's number too."""
        order = {"start": str(home), "environment": dict(environment), "strike": strike}
        return int(self._ask(order))

    def ended(self, pid: int) -> int | None:
        """The exit code, minus the signal that ended it; None while it lives."""
        code = self._ask({"look": pid})
        return None if code is None else int(code)

    def call(
        self, words: Sequence[str], environment: Mapping[str, str], stdin: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """One command line, to its end."""
        with tempfile.TemporaryDirectory() as folder:
            given, out, err = (Path(folder) / name for name in ("in", "out", "err"))
            given.write_text(stdin, encoding="utf-8")
            files = [str(path) for path in (given, out, err)]
            order = {"call": list(words), "environment": dict(environment), "files": files}
            code = int(self._ask(order))
            said = [path.read_text(encoding="utf-8") for path in (out, err)]
        return subprocess.CompletedProcess(list(words), code, *said)

    def close(self) -> None:
        assert self._server.stdin is not None
        self._server.stdin.close()
        self._server.wait(10)
        assert self._server.stdout is not None
        self._server.stdout.close()

    def _ask(self, order: Mapping[str, Any]) -> Any:
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.write(json.dumps(order) + "\n")
        self._server.stdin.flush()
        return json.loads(self._server.stdout.readline())
