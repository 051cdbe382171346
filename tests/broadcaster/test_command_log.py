"""A command's output is for its user; what its parts note for engineers goes into a file."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.broadcaster.desks import BULLETIN, Desk

REMARK = "voice gtts skipped"


def in_a_process_of_its_own(*words: str) -> subprocess.CompletedProcess[str]:
    """Where pytest catches no log lines."""
    return subprocess.run(
        [sys.executable, "-m", "broadcaster", *words],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ,
    )


@pytest.fixture
def offline(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """The first voice of the list cannot be reached: the next one speaks, and a part notes why."""
    monkeypatch.setenv("BROADCASTER_RADIO__ENGINES", '["gtts", "espeak"]')
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    desk.ok("bulletin", "add", desk.file("bài.md", BULLETIN))
    return desk


def test_notes_for_engineers_stay_off_the_terminal_and_are_kept(offline: Desk) -> None:
    done = in_a_process_of_its_own("bulletin", "preview", "1", "--channel", "radio", "--json")
    assert done.returncode == 0, done.stderr
    json.loads(done.stdout)
    assert REMARK not in done.stdout + done.stderr
    (line,) = (offline.home / "logs" / "commands.log").read_text().splitlines()
    assert REMARK in json.loads(line)["event"]


def test_a_home_whose_logs_cannot_be_written_does_not_stop_a_command(offline: Desk) -> None:
    (offline.home / "logs").write_text("ở đây có một tệp")
    done = in_a_process_of_its_own("bulletin", "preview", "1", "--channel", "radio")
    assert done.returncode == 0
    assert REMARK not in done.stderr
