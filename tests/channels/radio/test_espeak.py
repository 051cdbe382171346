"""espeak-ng in its worker process: the same sound always, and a crash is only a reason."""

from __future__ import annotations

import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from channels.radio import pcm
from channels.radio.voices.base import Utterance, VoiceError
from channels.radio.voices.espeak import WORKER, EspeakVoice

GREETING = "Kính chào bà con."
NEWS = "Ủy ban nhân dân xã thông báo lịch làm việc mới."


def spoken(folder: Path, *texts: str) -> list[bytes]:
    folder.mkdir()
    wanted = [Utterance(text, folder / f"{number}.wav") for number, text in enumerate(texts)]
    EspeakVoice("vi", 120).speak(wanted)
    return [utterance.path.read_bytes() for utterance in wanted]


def test_a_sentence_sounds_the_same_in_any_order_and_process(tmp_path: Path) -> None:
    first = spoken(tmp_path / "a", GREETING, NEWS)
    second = spoken(tmp_path / "b", NEWS, NEWS, GREETING)
    assert second == [first[1], first[1], first[0]]


def test_it_speaks_vietnamese_audibly(tmp_path: Path) -> None:
    sound = pcm.read_wav(spoken(tmp_path / "a", NEWS)[0])
    assert sound is not None
    assert 2.0 < pcm.seconds(sound) < 7.0
    assert pcm.peak(sound) > 5_000


def test_a_faster_rate_is_shorter(tmp_path: Path) -> None:
    slow, fast = tmp_path / "slow.wav", tmp_path / "fast.wav"
    EspeakVoice("vi", 110).speak([Utterance(NEWS, slow)])
    EspeakVoice("vi", 170).speak([Utterance(NEWS, fast)])
    assert fast.stat().st_size < 0.8 * slow.stat().st_size


def test_emoji_and_markup_are_plain_text_to_it(tmp_path: Path) -> None:
    sounds = spoken(tmp_path / "a", "Xin chào 😀", "Xin chào <break time='9s'/> bà con [[abc]]")
    assert all(pcm.seconds(pcm.read_wav(sound) or b"") < 8 for sound in sounds)


def test_the_text_is_on_no_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[str] = []
    popen = subprocess.Popen.__init__

    def watched(self: subprocess.Popen[bytes], args: object, **options: object) -> None:
        popen(self, args, **options)  # type: ignore[call-overload]
        lines.append(repr(args))
        lines.append(repr(options.get("env")))

    monkeypatch.setattr(subprocess.Popen, "__init__", watched)
    EspeakVoice("vi", 120).speak([Utterance(NEWS, tmp_path / "a.wav")])
    assert lines
    assert not any("thông báo" in line for line in lines)


def test_an_unknown_voice_names_the_setting(tmp_path: Path) -> None:
    with pytest.raises(VoiceError, match=r"“tiếng-lạ”.*radio\.voice"):
        EspeakVoice("tiếng-lạ", 120).speak([Utterance(GREETING, tmp_path / "a.wav")])


def test_a_worker_killed_once_is_survived(tmp_path: Path) -> None:
    mark = tmp_path / "died"
    script = (
        "import os, pathlib, signal, sys\n"
        f"mark = pathlib.Path({str(mark)!r})\n"
        "if not mark.exists():\n"
        "    mark.touch()\n"
        "    os.kill(os.getpid(), signal.SIGSEGV)\n"
        f"os.execv(sys.executable, {list(WORKER)!r})\n"
    )
    path = tmp_path / "a.wav"
    voice = EspeakVoice("vi", 120, worker=(sys.executable, "-c", script))
    voice.speak([Utterance(GREETING, path)])
    assert mark.exists()
    assert pcm.read_wav(path.read_bytes())


def test_a_worker_that_always_dies_is_a_reason_and_leaves_no_file(tmp_path: Path) -> None:
    script = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    path = tmp_path / "a.wav"
    with pytest.raises(VoiceError, match="dừng bất thường"):
        EspeakVoice("vi", 120, worker=(sys.executable, "-c", script)).speak(
            [Utterance(GREETING, path)]
        )
    assert not path.exists()


def test_a_crash_inside_the_library_is_named_by_its_signal(tmp_path: Path) -> None:
    script = (
        "import os, signal\n"
        "from channels.radio.voices import espeak_worker as w\n"
        "w.Espeak.speak = lambda self, text: os.kill(os.getpid(), signal.SIGSEGV)\n"
        "w.main()\n"
    )
    with pytest.raises(VoiceError, match="tín hiệu 11"):
        EspeakVoice("vi", 120, worker=(sys.executable, "-c", script)).speak(
            [Utterance(GREETING, tmp_path / "a.wav")]
        )


def test_a_worker_that_hangs_is_ended_with_its_children(tmp_path: Path) -> None:
    mark = tmp_path / "child"
    script = (
        "import pathlib, subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        f"pathlib.Path({str(mark)!r}).write_text(str(child.pid))\n"
        "time.sleep(60)\n"
    )
    voice = EspeakVoice("vi", 120, limit=0.5, worker=(sys.executable, "-c", script))
    with pytest.raises(VoiceError, match=r"quá 0\.5 giây"):
        voice.speak([Utterance(GREETING, tmp_path / "a.wav")])
    child = int(mark.read_text())
    with suppress(psutil.NoSuchProcess):
        wait_until_dead(psutil.Process(child))


def wait_until_dead(process: psutil.Process) -> None:
    """Nobody reaps an orphan here: a zombie has ended."""
    pause = threading.Event()
    for _ in range(500):
        if not process.is_running() or process.status() == psutil.STATUS_ZOMBIE:
            return
        pause.wait(0.01)
    raise AssertionError("it still runs")
