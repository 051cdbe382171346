"""What stands in deploy/: shell that parses, a unit that systemd accepts."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

DEPLOY = Path(__file__).resolve().parents[1] / "deploy"
SCRIPTS = ["install.sh", "upgrade.sh", "common.sh", "broadcaster-command"]


@pytest.mark.parametrize("name", SCRIPTS)
def test_every_script_parses(name: str) -> None:
    done = subprocess.run(["sh", "-n", str(DEPLOY / name)], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["install.sh", "upgrade.sh", "broadcaster-command"])
def test_what_is_run_may_be_run_and_stops_at_the_first_fault(name: str) -> None:
    path = DEPLOY / name
    assert path.stat().st_mode & 0o111
    assert "set -eu" in path.read_text(encoding="utf-8")


def test_the_unit_is_accepted_by_systemd(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not here")
    unit = tmp_path / "broadcaster.service"
    text = (DEPLOY / "broadcaster.service").read_text(encoding="utf-8")
    # The program and its user are not on this machine.
    text = text.replace("/opt/broadcaster/current/bin/broadcaster", "/bin/true")
    unit.write_text(text.replace("=broadcaster\n", "=root\n"), encoding="utf-8")
    done = subprocess.run(
        [analyze, "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False
    )
    ours = [line for line in done.stderr.splitlines() if "broadcaster.service" in line]
    assert (done.returncode, ours) == (0, [])


def test_the_unit_keeps_its_promises() -> None:
    text = (DEPLOY / "broadcaster.service").read_text(encoding="utf-8")
    for line in ("Type=notify", "WatchdogSec=60", "Restart=always", "ProtectSystem=strict"):
        assert line in text.splitlines()
    assert "LimitRTPRIO=10" in text
