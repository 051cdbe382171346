"""Icecast by a stand-in server: the handshake, lost connections, and secrets kept."""

from __future__ import annotations

import base64
import logging
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from channels.radio import air_check, pcm
from channels.radio.outputs import icecast, icecast_line, parse_output
from channels.redaction import redact
from content.errors import UserError
from tests.channels.radio.real import air, chatter, free_port, in_blocks, output, wait_until

PASSWORD = "bí mật/của@đài:8000"
SOUND = chatter(3.0)


class FakeIcecast:
    """Takes one source after another; `answers` are given in turn, the last one for ever."""

    def __init__(self, *answers: str, reads: bool = True) -> None:
        self._answers = list(answers or ["HTTP/1.1 100 Continue"])
        self._reads = reads
        self._server = socket.create_server(("127.0.0.1", 0))
        if not reads:
            self._server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        self.port = int(self._server.getsockname()[1])
        self.requests: list[str] = []
        self.heard: list[bytearray] = []
        self.connections: list[socket.socket] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def url(
        self, password: str = "b%C3%AD%20m%E1%BA%ADt%2Fc%E1%BB%A7a%40%C4%91%C3%A0i%3A8000"
    ) -> str:
        return f"icecast://source:{password}@127.0.0.1:{self.port}/loa.mp3"

    @property
    def all_heard(self) -> bytes:
        return b"".join(bytes(part) for part in self.heard)

    def drop(self) -> None:
        """Cut the connection as a restarted server does."""
        self.connections[-1].shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        for connection in self.connections:
            connection.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            self.connections.append(connection)
            threading.Thread(target=self._hear, args=(connection,), daemon=True).start()

    def _hear(self, connection: socket.socket) -> None:
        request = b""
        try:
            while b"\r\n\r\n" not in request:
                request += connection.recv(4096)
            self.requests.append(request.decode("latin-1"))
            answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
            connection.sendall(f"{answer}\r\n\r\n".encode())
            heard = bytearray()
            self.heard.append(heard)
            while self._reads and (data := connection.recv(4096)):
                heard += data
        except OSError:
            return


@pytest.fixture
def server() -> Iterator[FakeIcecast]:
    fake = FakeIcecast()
    yield fake
    icecast.hang_up()
    fake.close()


def heard_by(server: FakeIcecast, folder: Path, sound: bytes) -> air_check.AirCheck:
    path = folder / "heard.mp3"
    path.write_bytes(server.all_heard)
    return air_check.check_file(path, sound)


def test_it_asks_for_the_mount_with_the_password_and_names_no_bulletin(
    server: FakeIcecast, tmp_path: Path
) -> None:
    away = output(server.url(), tmp_path, run="R1-Ic\r\nX-Inject: 1")
    away.open(pcm.RATE)
    away.close()
    [request] = server.requests
    assert request.startswith("PUT /loa.mp3 HTTP/1.1\r\n")
    assert "Content-Type: audio/mpeg\r\n" in request
    basic = base64.b64encode(f"source:{PASSWORD}".encode()).decode()
    assert f"Authorization: Basic {basic}\r\n" in request
    assert "inject" not in request.lower()


def test_the_whole_sound_arrives_as_mp3_and_is_counted(server: FakeIcecast, tmp_path: Path) -> None:
    away = output(server.url(), tmp_path)
    away.open(pcm.RATE)
    for block in in_blocks(SOUND):
        away.write(block)
    assert away.close() == len(SOUND) // 2
    assert heard_by(server, tmp_path, SOUND).matched


def test_two_items_go_over_one_connection_with_silence_between(
    server: FakeIcecast, tmp_path: Path
) -> None:
    for item in (chatter(1.0, 1), chatter(1.0, 2)):
        away = output(server.url(), tmp_path)
        away.open(pcm.RATE)
        for block in in_blocks(item):
            away.write(block)
        assert away.close() == len(item) // 2
    before = len(server.all_heard)
    wait_until(lambda: len(server.all_heard) > before, "silence between")
    assert len(server.requests) == 1


def test_an_unused_line_hangs_up(
    server: FakeIcecast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(icecast_line, "LINGER_SECONDS", 0.05)
    away = output(server.url(), tmp_path)
    away.open(pcm.RATE)
    away.close()
    wait_until(lambda: not any(line.usable for line in icecast._lines.values()), "hung up")
    away.open(pcm.RATE)  # and dials again
    assert len(server.requests) == 2
    away.close()


def test_one_mount_is_not_fed_by_two_zones_at_once(server: FakeIcecast, tmp_path: Path) -> None:
    first, second = output(server.url(), tmp_path), output(server.url(), tmp_path)
    first.open(pcm.RATE)
    with pytest.raises(OSError, match="cụm loa khác"):
        second.open(pcm.RATE)
    assert second.close() == 0
    first.write(SOUND[:882])
    assert first.close() == 441


def test_a_lost_connection_is_made_again_and_yet_told(
    server: FakeIcecast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(icecast_line, "BACK_OFF", (0.05, 0.05))
    away = output(server.url(), tmp_path)
    dropped: list[float] = []

    def drop(played: float) -> None:
        if played > 1 and not dropped:
            dropped.append(played)
            server.drop()

    aired = air([away], SOUND[: 2 * 2 * pcm.RATE], drop)
    assert "đã nối lại" in aired.bank.failed[away.url]
    assert len(server.requests) == 2
    assert len(server.heard[1]) > 4_000  # the listeners have the rest of the programme
    assert 0 < aired.bank.left[away.url] <= 2 * pcm.RATE


def test_a_server_that_takes_nothing_fails_and_its_backlog_is_not_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(icecast, "DRAIN_SECONDS", 0.5)
    server = FakeIcecast(reads=False)
    away = output(server.url(), tmp_path)
    away.open(pcm.RATE)
    for block in in_blocks(chatter(3.0) * 3):
        away.write(block)
    with pytest.raises(OSError, match="không nhận"):
        away.close()
    assert away.close() < 9 * pcm.RATE
    server.close()


def test_a_connection_that_never_answers_is_waited_for_without_holding_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(icecast, "DRAIN_SECONDS", 0.1)
    monkeypatch.setattr(icecast, "_READY_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"icecast://source:mat-khau@127.0.0.1:{mute.getsockname()[1]}/m"
        away = output(url, tmp_path)
        away.open(pcm.RATE)
        for block in in_blocks(SOUND):
            away.write(block)
        with pytest.raises(OSError, match="không nhận hết"):
            away.close()
        assert away.close() == 0


def test_sound_beyond_the_backlog_is_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(icecast, "_READY_SECONDS", 0.05)
    monkeypatch.setattr(icecast_line, "_BACKLOG_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"icecast://source:mat-khau@127.0.0.1:{mute.getsockname()[1]}/m"
        away = output(url, tmp_path)
        away.open(pcm.RATE)
        with pytest.raises(OSError, match="không nhận kịp"):
            for block in in_blocks(chatter(1.0) * 12):
                away.write(block)
        with pytest.raises(OSError, match="không nhận kịp"):
            away.close()


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("HTTP/1.1 401 Unauthorized", "sai tên hoặc mật khẩu"),
        ("HTTP/1.1 403 Forbidden", "nguồn khác"),
        ("HTTP/1.0 500 Oops", "mã 500"),
        ("SSH-2.0-OpenSSH", "mã 0"),
    ],
)
def test_a_refusal_is_told_in_words(status: str, said: str, tmp_path: Path) -> None:
    server = FakeIcecast(status)
    away = output(server.url(), tmp_path)
    with pytest.raises(OSError, match=said):
        away.open(pcm.RATE)
    assert away.close() == 0
    server.close()


def test_the_password_is_in_no_process_url_log_or_repr(
    server: FakeIcecast,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    commands: list[str] = []
    popen = subprocess.Popen.__init__

    def watched(self: subprocess.Popen[bytes], args: object, **options: object) -> None:
        commands.append(repr((args, options.get("env"))))
        popen(self, args, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(subprocess.Popen, "__init__", watched)
    caplog.set_level(logging.DEBUG)
    url = parse_output(server.url("mat-khau-rat-dai"))
    away = output(server.url("mat-khau-rat-dai"), tmp_path)
    away.open(pcm.RATE)
    away.close()
    shown = " ".join((*commands, repr(url), str(url), away.url, repr(vars(away)), caplog.text))
    assert commands
    assert "mat-khau-rat-dai" not in shown
    assert away.url == f"icecast://127.0.0.1:{server.port}/loa.mp3" == str(url)
    assert "mat-khau-rat-dai" not in redact("lỗi lạ có mat-khau-rat-dai trong đó")


def test_the_password_may_be_in_the_environment(
    server: FakeIcecast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = server.url("$ICECAST_PASSWORD")
    assert "ICECAST_PASSWORD" in str(output(url, tmp_path).problem())
    with pytest.raises(OSError, match="chưa đặt biến môi trường ICECAST_PASSWORD"):
        output(url, tmp_path).open(pcm.RATE)
    monkeypatch.setenv("ICECAST_PASSWORD", "tu-moi-truong")
    away = output(url, tmp_path)
    away.open(pcm.RATE)
    away.close()
    assert base64.b64encode(b"source:tu-moi-truong").decode() in server.requests[-1]


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        ("//h:8000/m", "thiếu tên và mật khẩu"),
        ("//source@h:8000/m", "thiếu tên và mật khẩu"),
        ("//source:x@:8000/m", "thiếu tên máy chủ"),
        ("//source:x@h/m", "thiếu cổng"),
        ("//source:x@h:8000", "thiếu điểm phát"),
        ("//source:x@h:8000/", "thiếu điểm phát"),
        ("//source:x@h:8000/tên", "không dấu"),
        ("//source:x@h:8000/m?a=1", "không được có"),
        ("//source:x@h:tám/m", "cổng không hợp lệ"),
        ("//source:x%0d%0aA:b@h:8000/m", "ký tự không dùng được"),
    ],
)
def test_what_is_missing_in_the_address_is_said(rest: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        parse_output(f"icecast:{rest}")


def test_nobody_there_is_told_by_the_check(tmp_path: Path) -> None:
    away = output(f"icecast://source:mat-khau@127.0.0.1:{free_port()}/m", tmp_path)
    assert "không nhận kết nối" in str(away.problem())
