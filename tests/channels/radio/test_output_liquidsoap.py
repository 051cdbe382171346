"""Liquidsoap by a stand-in server: its answers are never taken for airing."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from channels.radio import pcm
from channels.radio.outputs import liquidsoap, parse_output
from content.errors import UserError
from tests.channels.radio.real import air, chatter, in_blocks, output

SOUND = chatter(0.8)


@dataclass
class FakeLiquidsoap:
    """Speaks the command protocol; a pushed request is on the air for `plays` seconds."""

    path: Path
    plays: float = 0.8
    queues: tuple[str, ...] = ("loa",)
    commands: list[str] = field(default_factory=list)
    pushed: float | None = None
    skipped: bool = False

    def __post_init__(self) -> None:
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(str(self.path))
        self._server.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self._server.accept()
            except OSError:
                return
            with line, line.makefile("rwb") as talk:
                for command in talk:
                    self.commands.append(command.decode().rstrip("\n"))
                    answer = self._answer(self.commands[-1])
                    talk.write(f"{answer}\r\nEND\r\n".encode())
                    talk.flush()

    def _answer(self, command: str) -> str:
        if command == "help":
            return "".join(f"| {queue}.push <uri>\r\n" for queue in self.queues)
        if ".push " in command:
            self.pushed = time.monotonic()
            return "7"
        if command == "request.on_air":
            return "7" if self._on_air() else ""
        if "skip" in command:
            self.skipped = True
        return "No such request."

    def _on_air(self) -> bool:
        since = time.monotonic() - self.pushed if self.pushed is not None else -1
        return 0.05 <= since < 0.05 + self.plays and not self.skipped


@pytest.fixture
def server(tmp_path: Path) -> Iterator[FakeLiquidsoap]:
    fake = FakeLiquidsoap(tmp_path / "s")
    yield fake
    fake.close()


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    path = tmp_path / "a b.wav"
    path.write_bytes(pcm.wav(SOUND))
    return path


def test_nothing_is_pushed_before_the_first_block(
    server: FakeLiquidsoap, tmp_path: Path, sound: Path
) -> None:
    away = output(f"liquidsoap:{server.path}", tmp_path, sound)
    away.open(pcm.RATE)
    assert server.commands == ["help"]
    assert away.close() == 0
    assert server.commands == ["help"]


def test_what_was_on_the_air_to_its_end_counts_whole(
    server: FakeLiquidsoap, tmp_path: Path, sound: Path
) -> None:
    away = output(f"liquidsoap:{server.path}#loa", tmp_path, sound)
    aired = air([away], SOUND)
    assert aired.bank.failed == {}
    assert aired.bank.left == {away.url: len(SOUND) // 2}
    assert server.commands[1] == f"loa.push {sound}"
    assert not server.skipped


def test_a_push_that_never_comes_on_the_air_is_a_failure_and_is_taken_back(
    server: FakeLiquidsoap, tmp_path: Path, sound: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(liquidsoap, "_START_WITHIN", 0.3)
    server.plays = 0
    away = output(f"liquidsoap:{server.path}", tmp_path, sound)
    aired = air([away], SOUND)
    assert "nhận nhưng không phát: không đọc được tệp" in aired.bank.failed[away.url]
    assert aired.bank.left[away.url] == 0
    assert server.skipped
    assert not aired.played.whole


def test_what_is_cut_short_is_a_failure(
    server: FakeLiquidsoap, tmp_path: Path, sound: Path
) -> None:
    server.plays = 0.2
    away = output(f"liquidsoap:{server.path}", tmp_path, sound)
    aired = air([away], SOUND)
    assert "ngắt bài" in aired.bank.failed[away.url]
    assert aired.bank.left[away.url] < len(SOUND) // 4


def test_a_cut_programme_is_skipped_there_too(
    server: FakeLiquidsoap, tmp_path: Path, sound: Path
) -> None:
    away = output(f"liquidsoap:{server.path}", tmp_path, sound)
    aired = air([away], SOUND[:11_024])
    assert server.skipped
    assert aired.bank.left[away.url] <= 5_512


def test_a_server_that_goes_away_is_a_failure(
    server: FakeLiquidsoap, tmp_path: Path, sound: Path
) -> None:
    away = output(f"liquidsoap:{server.path}", tmp_path, sound)
    away.open(pcm.RATE)
    away._watch._server._socket.shutdown(socket.SHUT_RDWR)  # type: ignore[attr-defined]
    for block in in_blocks(SOUND)[:1]:
        away.write(block)
    with pytest.raises(OSError, match="Liquidsoap"):
        away.close()
    assert away.close() == 0


def test_no_server_is_told(tmp_path: Path, sound: Path) -> None:
    away = output(f"liquidsoap:{tmp_path}/none", tmp_path, sound)
    assert "chưa chạy" in str(away.problem())
    with pytest.raises(OSError, match="chưa chạy"):
        away.open(pcm.RATE)


def test_two_queues_must_be_told_apart(tmp_path: Path, sound: Path) -> None:
    server = FakeLiquidsoap(tmp_path / "two", queues=("loa", "khac"))
    assert "loa, khac" in str(output(f"liquidsoap:{server.path}", tmp_path).problem())
    assert output(f"liquidsoap:{server.path}#khac", tmp_path).problem() is None
    assert "“lao”" in str(output(f"liquidsoap:{server.path}#lao", tmp_path).problem())
    server.close()


def test_a_file_name_can_not_smuggle_a_command(server: FakeLiquidsoap, tmp_path: Path) -> None:
    path = tmp_path / "a\nexit"
    path.write_bytes(pcm.wav(SOUND))
    away = output(f"liquidsoap:{server.path}", tmp_path, path)
    away.open(pcm.RATE)
    away.write(SOUND[:882])
    with pytest.raises(OSError, match="điều khiển"):
        away.close()
    assert not any("push" in command for command in server.commands)


@pytest.mark.parametrize("rest", ["", "run/x.sock", "host", "host:0", "host:x", "/run/x#a b"])
def test_an_address_that_is_none_is_refused_with_an_example(rest: str) -> None:
    with pytest.raises(UserError, match="Ví dụ: liquidsoap:/run"):
        parse_output(f"liquidsoap:{rest}")
