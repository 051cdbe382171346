"""A real Liquidsoap gets the file, and its answers are not taken for airing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from channels.radio import air_check, pcm
from channels.radio.outputs.liquidsoap_server import LiquidsoapServer
from tests.channels.radio.real import air, chatter, in_blocks, needs, output, running, wait_until

pytestmark = needs("liquidsoap", "liquidsoap")

SOUND = chatter(2.0)
SCRIPT = """
set("init.allow_root", true)
set("log.stdout", true)
set("log.file", false)
set("server.socket", true)
set("server.socket.path", "{socket}")
loa = request.queue(id="loa")
khac = request.queue(id="khac")
output.file(%wav, fallible=false, flush=true, "{heard}",
  fallback(track_sensitive=false, [loa, blank()]))
output.dummy(fallible=true, khac)
"""


@dataclass(frozen=True)
class Liquidsoap:
    folder: Path
    heard: Path

    @property
    def socket(self) -> Path:
        return self.folder / "liquidsoap.sock"

    def url(self, queue: str = "#loa") -> str:
        return f"liquidsoap:{self.socket}{queue}"

    def sound(self, samples: bytes = SOUND) -> Path:
        path = self.folder / "chương trình.wav"
        path.write_bytes(pcm.wav(samples))
        return path


@pytest.fixture(scope="module")
def liquidsoap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Liquidsoap]:
    folder = tmp_path_factory.mktemp("liquidsoap")
    server = Liquidsoap(folder, folder / "heard.wav")
    script = folder / "station.liq"
    script.write_text(SCRIPT.format(socket=server.socket, heard=server.heard))
    program = shutil.which("liquidsoap") or ""
    with running([program, str(script)], folder / "liquidsoap.log", server.socket.exists):
        yield server


def on_air(server: Liquidsoap) -> list[str]:
    with LiquidsoapServer(str(server.socket)) as asked:
        return "".join(asked.ask("request.on_air")).split()


def test_the_programme_is_aired_to_its_end_and_counted(liquidsoap: Liquidsoap) -> None:
    away = output(liquidsoap.url(), liquidsoap.folder, liquidsoap.sound())
    aired = air([away], SOUND)
    assert aired.bank.failed == {}
    assert aired.bank.left == {away.url: len(SOUND) // 2}
    wait_until(
        lambda: air_check.check_file(liquidsoap.heard, SOUND).matched, "the programme is heard", 5
    )
    assert not air_check.check_file(liquidsoap.heard, chatter(2.0, seed=2)).matched


def test_a_number_for_a_file_that_is_not_there_is_no_airing(
    liquidsoap: Liquidsoap, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("channels.radio.outputs.liquidsoap._START_WITHIN", 1.0)
    path = liquidsoap.sound()
    away = output(liquidsoap.url(), liquidsoap.folder, path)
    away.open(pcm.RATE)
    path.unlink()
    for block in in_blocks(SOUND):
        away.write(block)
    with pytest.raises(OSError, match="nhận nhưng không phát"):
        away.close()
    assert away.close() == 0


def test_a_stopped_programme_is_silent_at_once(liquidsoap: Liquidsoap) -> None:
    away = output(liquidsoap.url(), liquidsoap.folder, liquidsoap.sound())
    aired = air([away], SOUND[: pcm.RATE])  # half a second of two, then close
    assert on_air(liquidsoap) == []
    assert 0 < aired.bank.left[away.url] < pcm.RATE


def test_a_programme_that_somebody_skips_is_a_failure(liquidsoap: Liquidsoap) -> None:
    away = output(liquidsoap.url(), liquidsoap.folder, liquidsoap.sound())
    skipped: list[float] = []

    def skip(played: float) -> None:
        if played > 0.6 and not skipped:
            skipped.append(played)
            with LiquidsoapServer(str(liquidsoap.socket)) as hand:
                hand.skip("loa")

    aired = air([away], SOUND, skip)
    assert "ngắt bài" in aired.bank.failed[away.url]
    assert aired.bank.left[away.url] < pcm.RATE


def test_a_queue_must_be_named_when_there_are_two(liquidsoap: Liquidsoap) -> None:
    def problem(queue: str) -> str | None:
        return output(liquidsoap.url(queue), liquidsoap.folder).problem()

    assert problem("#loa") is None
    assert "khac, loa" in str(problem("")) or "loa, khac" in str(problem(""))
    assert "“lao”" in str(problem("#lao"))
