"""`channel login zalo` from the outside: link out, address in, the pair only in the vault."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from broadcaster import cli
from tests.channels.rigs import MARKER
from tests.servers.zalo import APP_ID, APP_SECRET, ZaloServer

PAIRS = "SELECT count(*) FROM secret WHERE name LIKE 'zalo.%'"


@pytest.fixture
def server() -> Iterator[ZaloServer]:
    with ZaloServer() as running:
        yield running


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: ZaloServer) -> Path:
    place = tmp_path / "nhà"
    for name, value in {
        "HOME": str(place),
        "USER": "Lan",
        "ZALO__APP_ID": APP_ID,
        "ZALO__APP_SECRET": APP_SECRET,
        "ZALO__MODE": "live",
        "ZALO__OAUTH_URL": server.url,
        "ZALO__API_URL": server.url,
        "ZALO__REDIRECT_URL": "https://anbinh.example.vn/zalo",
    }.items():
        monkeypatch.setenv(f"BROADCASTER_{name}", value)
    assert cli.run(["init"]) == 0
    return place


class Person:
    """Reads the link on the screen, says yes in the browser, pastes the address."""

    def __init__(self, server: ZaloServer, capsys: pytest.CaptureFixture[str]) -> None:
        self.server = server
        self.capsys = capsys
        self.read = ""

    def readline(self) -> str:
        self.read = self.capsys.readouterr().err
        (link,) = re.findall(r"^http\S+permission\S+$", self.read, re.MULTILINE)
        return self.server.consent(link) + "\n"


def test_a_login_puts_the_pair_into_the_vault_and_nowhere_else(
    home: Path,
    server: ZaloServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    capsys.readouterr()
    person = Person(server, capsys)
    monkeypatch.setattr("sys.stdin", person)
    assert cli.run(["channel", "login", "zalo", "--json"]) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)["channel"] == "zalo"
    assert MARKER not in printed.out + printed.err + person.read
    assert cli.run(["channel", "check", "zalo"]) == 0, capsys.readouterr().err
    for file in home.rglob("*"):
        if file.is_file():
            assert MARKER.encode() not in file.read_bytes(), file
    with sqlite3.connect(home / "broadcaster.db") as connection:
        assert connection.execute(PAIRS).fetchone() == (1,)
    connection.close()


def test_only_an_administrator_logs_in(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BROADCASTER_USER", "Người lạ")
    assert cli.run(["channel", "login", "zalo"]) == 1
    assert "permission?" not in capsys.readouterr().err


def test_other_channels_say_that_they_need_no_login(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["channel", "login", "radio"]) == 1
    assert "zalo" in capsys.readouterr().err
