"""A real Icecast 2 takes our source, and a real listener hears the programme."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen

import pytest
import requests

from channels.radio import air_check
from channels.radio.outputs import icecast, icecast_line
from tests.channels.radio.real import (
    air,
    chatter,
    free_port,
    listens,
    needs,
    output,
    running,
    wait_until,
)

pytestmark = needs("icecast2", "icecast2")

PASSWORD = "mat-khau-nguon-that"
SOUND = chatter(3.0)


@dataclass(frozen=True)
class Icecast:
    port: int
    folder: Path

    def url(self, password: str = PASSWORD, mount: str = "/loa.mp3") -> str:
        return f"icecast://source:{password}@127.0.0.1:{self.port}{mount}"

    def start(self) -> AbstractContextManager[Popen[bytes]]:
        settings = self.folder / "icecast.xml"
        settings.write_text(self._settings())
        command = ["icecast2", "-c", str(settings)]
        return running(command, self.folder / "icecast.log", lambda: listens(self.port))

    def _settings(self) -> str:
        share = "/usr/share/icecast2"
        owner = "<changeowner><user>nobody</user><group>nogroup</group></changeowner>"
        return f"""<icecast><hostname>127.0.0.1</hostname>
          <limits><sources>4</sources><burst-on-connect>0</burst-on-connect></limits>
          <authentication><source-password>{PASSWORD}</source-password>
            <admin-user>admin</admin-user><admin-password>mat-khau-quan-tri</admin-password>
          </authentication>
          <listen-socket><port>{self.port}</port><bind-address>127.0.0.1</bind-address>
          </listen-socket>
          <paths><logdir>/tmp</logdir><webroot>{share}/web</webroot>
            <adminroot>{share}/admin</adminroot></paths>
          <logging><accesslog>-</accesslog><errorlog>-</errorlog></logging>
          <security><chroot>0</chroot>{owner if os.geteuid() == 0 else ""}</security>
        </icecast>"""


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Icecast]:
    server = Icecast(free_port(), tmp_path)
    yield server
    icecast.hang_up()


class Listener(threading.Thread):
    """Somebody who tunes in and listens for a while."""

    def __init__(self, server: Icecast, seconds: float) -> None:
        super().__init__()
        self.file = server.folder / "heard.mp3"
        self.began = 0.0
        self._url = f"http://127.0.0.1:{server.port}/loa.mp3"
        self._seconds = seconds

    def run(self) -> None:
        """Every chunk as it comes; the programme's place counts from the first."""
        with (
            requests.get(self._url, stream=True, timeout=5) as answer,
            self.file.open("wb") as file,
        ):
            for chunk in answer.iter_content(1_024):
                self.began = self.began or time.monotonic()
                file.write(chunk)
                file.flush()
                if time.monotonic() - self.began > self._seconds:
                    return


def test_a_listener_hears_the_programme_that_was_played(hall: Icecast) -> None:
    with hall.start():
        outputs = [output(hall.url(), hall.folder), output("file:air", hall.folder)]
        outputs[0].open(22_050)  # armed: the mount is there, silent
        outputs[0].close()
        listener = Listener(hall, 4.2)
        listener.start()
        wait_until(lambda: listener.file.exists() and listener.file.stat().st_size > 0, "tuned in")
        aired = air(outputs, SOUND)
        listener.join()
    result = air_check.check_file(listener.file, SOUND, lead=aired.began - listener.began)
    assert result.matched
    assert result.share == 1.0
    assert result.correlation > 0.9
    assert result.delay_ms is not None
    assert 0 < result.delay_ms < 1_500
    assert aired.bank.failed == {}
    assert set(aired.bank.left.values()) == {len(SOUND) // 2}
    assert not air_check.check_file(listener.file, chatter(3.0, seed=2)).matched


def test_a_wrong_password_is_told_at_once_and_never_shown(
    hall: Icecast, caplog: pytest.LogCaptureFixture
) -> None:
    with hall.start():
        aired = air([output(hall.url("mat-khau-sai"), hall.folder)], SOUND[:8820])
    [(url, reason)] = aired.bank.failed.items()
    assert "sai tên hoặc mật khẩu" in reason
    assert "mat-khau-sai" not in url + reason + caplog.text
    assert not aired.played.whole
    assert aired.bank.left[url] == 0


def test_a_mount_that_has_another_source_is_told(hall: Icecast) -> None:
    with hall.start():
        other = hall.url().replace("127.0.0.1", "localhost")
        first, second = output(hall.url(), hall.folder), output(other, hall.folder)
        first.open(22_050)
        with pytest.raises(OSError, match="nguồn khác"):
            second.open(22_050)
        second.close()
        first.close()


def test_an_icecast_that_dies_in_mid_programme_fails_alone(
    hall: Icecast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(icecast_line, "BACK_OFF", (0.05, 0.1))
    with hall.start() as server:
        outputs = [output(hall.url(), hall.folder), output("file:air", hall.folder)]
        aired = air(outputs, SOUND[:88_200], lambda played: server.kill() if played > 0.8 else None)
    assert list(aired.bank.failed) == [outputs[0].url]
    assert "Icecast" in aired.bank.failed[outputs[0].url]
    assert aired.bank.left[outputs[0].url] < 44_100
    assert aired.played.whole
    assert aired.bank.left["file:air"] == 44_100


def test_nobody_listening_there_is_told_soon(hall: Icecast) -> None:
    began = time.monotonic()
    away = output(hall.url(), hall.folder)
    assert "chưa chạy" in str(away.problem())
    with pytest.raises(OSError, match="chưa chạy hoặc không nhận kết nối"):
        away.open(22_050)
    away.close()
    assert time.monotonic() - began < 1.0
