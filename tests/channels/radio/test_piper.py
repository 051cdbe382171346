"""Piper in its worker process: the real package where it is installed, its contract where not."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from channels.radio import pcm
from channels.radio.narrator import Narrator
from channels.radio.settings import RadioSettings
from channels.radio.store import SoundStore
from channels.radio.voices.base import Utterance, VoiceError
from channels.radio.voices.piper import WORKER, PiperVoice
from channels.radio.voices.registry import voices_of
from tests.channels.radio.fakes import FakeClock, FakeVoice
from tests.channels.radio.piper_model import write_voice

GREETING = "Kính chào bà con."
NEWS = "Ủy ban nhân dân xã thông báo lịch làm việc mới."

needs_piper = pytest.mark.skipif(
    importlib.util.find_spec("piper") is None,
    reason="piper-tts is not installed; run: pip install 'broadcaster[piper]'",
)

FAKE_PIPER = '''
"""What channels.radio uses of piper-tts 1.8, with the same names, arguments and errors."""
import array, json, math, os, signal, time
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

@dataclass
class SynthesisConfig:
    speaker_id: int | None = None
    length_scale: float | None = None

class InvalidProtobuf(Exception):
    """onnxruntime's errors derive from Exception only."""

class PiperVoice:
    @staticmethod
    def load(model_path, config_path=None):
        config = json.loads(Path(f"{model_path}.json").read_text("utf-8"))
        if not Path(model_path).read_bytes().startswith(b"\\x08\\x08"):
            raise InvalidProtobuf("[ONNXRuntimeError] : 7 : INVALID_PROTOBUF")
        voice = PiperVoice()
        voice.config = SimpleNamespace(
            sample_rate=config["audio"]["sample_rate"],
            length_scale=config["inference"]["length_scale"],
        )
        return voice

    def synthesize_wav(self, text, wav_file, syn_config=None, set_wav_format=True):
        print("a library that prints")
        mark = Path(os.environ["FAKE_PIPER_MARK"]) if "FAKE_PIPER_MARK" in os.environ else None
        if "chết" in text and not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGSEGV)
        if "treo" in text:
            time.sleep(60)
        if "đầy" in text:
            raise OSError(28, "No space left on device")
        if "lỗi" in text:
            raise RuntimeError("shape")
        assert "[[" not in text and "]]" not in text
        wav_file.setframerate(self.config.sample_rate)
        wav_file.setsampwidth(2)
        wav_file.setnchannels(1)
        count = int((len(text) + 2) * 600 * syn_config.length_scale)
        tone = array.array("h", (int(20000 * math.sin(n / 10)) for n in range(count)))
        wav_file.writeframes(tone.tobytes())
'''


@pytest.fixture
def voice_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., PiperVoice]:
    """A voice that speaks with the fake package: found first, in the worker as well."""
    package = tmp_path / "packages" / "piper"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(FAKE_PIPER, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(package.parent))
    monkeypatch.syspath_prepend(str(package.parent))
    model = write_voice(tmp_path / "voices")
    return lambda rate=120, **options: PiperVoice(model, rate, **options)


def say(voice: PiperVoice, folder: Path, *texts: str) -> list[Path]:
    folder.mkdir(exist_ok=True)
    wanted = [Utterance(text, folder / f"{number}.sound") for number, text in enumerate(texts)]
    voice.speak(wanted)
    return [utterance.path for utterance in wanted]


def test_every_sentence_becomes_a_file(voice_of: Callable[..., PiperVoice], tmp_path: Path) -> None:
    voice = voice_of()
    assert voice.problem() is None
    paths = say(voice, tmp_path / "out", GREETING, NEWS + " [[abc]]")
    assert all(path.stat().st_size > 10_000 for path in paths)
    assert len([*(tmp_path / "out").iterdir()]) == 2


def test_a_faster_rate_shortens_the_phonemes(
    voice_of: Callable[..., PiperVoice], tmp_path: Path
) -> None:
    [usual] = say(voice_of(120), tmp_path / "a", NEWS)
    [fast] = say(voice_of(180), tmp_path / "b", NEWS)
    assert fast.stat().st_size == pytest.approx(usual.stat().st_size * 120 / 180, rel=0.01)


def test_its_sound_has_any_rate_and_is_brought_to_the_radios(
    voice_of: Callable[..., PiperVoice], tmp_path: Path
) -> None:
    narrator = Narrator([voice_of()], {}, SoundStore(tmp_path / "store"), FakeClock())
    sound = narrator.narrate([NEWS], tmp_path / "tmp").sounds[NEWS]
    assert pcm.seconds(sound) == pytest.approx((len(NEWS) + 2) * 600 / 16_000, abs=0.1)


def test_a_crash_in_the_middle_is_survived(
    voice_of: Callable[..., PiperVoice], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_PIPER_MARK", str(tmp_path / "died"))
    paths = say(voice_of(), tmp_path / "out", GREETING, "Câu làm chết.", NEWS)
    assert (tmp_path / "died").exists()
    assert all(path.exists() for path in paths)


@pytest.mark.parametrize(
    ("text", "reason"), [("Câu treo.", r"quá 1 giây"), ("Câu lỗi.", "không ra tiếng")]
)
def test_what_it_cannot_speak_is_a_reason_and_the_rest_stays(
    voice_of: Callable[..., PiperVoice], tmp_path: Path, text: str, reason: str
) -> None:
    out = tmp_path / "out"
    with pytest.raises(VoiceError, match=reason):
        say(voice_of(limit=1.0), out, GREETING, text)
    assert [path.name for path in out.glob("*.sound")] == ["0.sound"]


def test_a_full_disk_is_told_as_such(voice_of: Callable[..., PiperVoice], tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No space left"):
        say(voice_of(), tmp_path / "out", "Đĩa đầy.")


def test_a_corrupt_model_is_a_reason(voice_of: Callable[..., PiperVoice], tmp_path: Path) -> None:
    (tmp_path / "voices" / "vi_test.onnx").write_bytes(b"<html>not a model</html>")
    with pytest.raises(VoiceError, match=r"vi_test\.onnx hỏng"):
        say(voice_of(), tmp_path / "out", GREETING)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda model: model.unlink(), r"không thấy tệp giọng vi_test\.onnx.*piper_voice"),
        (lambda model: Path(f"{model}.json").unlink(), r"thiếu tệp vi_test\.onnx\.json"),
        (lambda model: Path(f"{model}.json").write_text("{"), "không đọc được"),
        (lambda model: Path(f"{model}.json").write_text("[]"), "không đúng dạng"),
        (lambda model: Path(f"{model}.json").write_text('{"audio": {}}'), "không đúng dạng"),
    ],
)
def test_a_voice_that_is_not_whole_is_named_without_starting_anything(
    voice_of: Callable[..., PiperVoice],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[Path], object],
    reason: str,
) -> None:
    voice = voice_of()
    change(tmp_path / "voices" / "vi_test.onnx")
    monkeypatch.setattr(subprocess, "Popen", lambda *_, **__: pytest.fail("a worker was started"))
    with pytest.raises(VoiceError, match=reason):
        say(voice, tmp_path / "out", GREETING)
    assert voice.problem() is not None


def test_without_the_package_the_install_command_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    voice = PiperVoice(write_voice(tmp_path), 120)
    assert "pip install 'broadcaster[piper]'" in str(voice.problem())


def test_a_worker_without_the_package_says_so(tmp_path: Path) -> None:
    blocked = "import sys; sys.modules['piper'] = None; sys.argv = ['']; import runpy; "
    run = "runpy.run_module('channels.radio.voices.piper_worker', run_name='__main__')"
    request = json.dumps({"model": "x.onnx", "length": 1.0, "utterances": []}).encode()
    done = subprocess.run(
        [sys.executable, "-c", blocked + run], input=request, capture_output=True, check=True
    )
    assert json.loads(done.stdout) == {"error": "package"}


def test_another_model_in_the_same_place_is_another_voice(tmp_path: Path) -> None:
    model = write_voice(tmp_path)
    voice = PiperVoice(model, 120)
    first = voice.identity
    assert PiperVoice(write_voice(tmp_path / "copy"), 120).identity == first
    assert PiperVoice(model, 130).identity != first
    model.write_bytes(model.read_bytes() + b"\0")
    assert voice.identity != first


def test_not_configured_it_is_absent_with_its_reason(tmp_path: Path) -> None:
    voices, absent = voices_of(RadioSettings(), tmp_path, FakeClock())
    assert [voice.name for voice in voices] == ["gtts", "espeak"]
    assert "radio.piper_voice" in absent["piper"]
    voices, absent = voices_of(RadioSettings(piper_voice="x.onnx"), tmp_path, FakeClock())
    assert [voice.name for voice in voices] == ["piper", "gtts", "espeak"]
    assert absent == {}


def test_the_next_engine_speaks_where_it_cannot(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    broken = PiperVoice(tmp_path / "none.onnx", 120)
    narrator = Narrator([broken, FakeVoice()], {}, SoundStore(tmp_path / "store"), FakeClock())
    narration = narrator.narrate([NEWS], tmp_path / "tmp")
    assert narration.engine == "fake"
    assert "none.onnx" in narration.skipped["piper"]
    assert "voice piper skipped: không thấy tệp giọng none.onnx" in caplog.text


@needs_piper
def test_the_real_package_loads_the_model_and_speaks(tmp_path: Path) -> None:
    voice = PiperVoice(write_voice(tmp_path / "voices"), 120, worker=WORKER)
    assert voice.problem() is None
    narrator = Narrator([voice], {}, SoundStore(tmp_path / "store"), FakeClock())
    sounds = narrator.narrate([GREETING, NEWS], tmp_path / "tmp").sounds
    assert pcm.seconds(sounds[NEWS]) > pcm.seconds(sounds[GREETING]) > 0.4
    assert pcm.peak(sounds[NEWS]) > 5_000


@needs_piper
def test_the_real_package_speaks_faster_at_a_faster_rate(tmp_path: Path) -> None:
    model = write_voice(tmp_path / "voices")
    [usual] = say(PiperVoice(model, 120), tmp_path / "a", NEWS)
    [fast] = say(PiperVoice(model, 180), tmp_path / "b", NEWS)
    assert fast.stat().st_size == pytest.approx(usual.stat().st_size * 120 / 180, rel=0.02)


@needs_piper
@pytest.mark.parametrize("data", [b"", b"<html></html>" * 50, b"\x08\x08\x3a\x05abcde"])
def test_the_real_package_names_a_corrupt_model(tmp_path: Path, data: bytes) -> None:
    model = write_voice(tmp_path / "voices")
    model.write_bytes(data)
    with pytest.raises(VoiceError, match="hỏng hoặc không phải giọng Piper"):
        say(PiperVoice(model, 120), tmp_path / "out", GREETING)


@needs_piper
def test_the_fake_package_keeps_the_real_ones_contract(
    voice_of: Callable[..., PiperVoice], tmp_path: Path
) -> None:
    """Both are loaded in processes of their own, because both are named `piper`."""
    ask = (
        "import inspect, json, piper; v, c = piper.PiperVoice, piper.SynthesisConfig; "
        "print(json.dumps([list(inspect.signature(f).parameters) "
        "for f in (v.load, v.synthesize_wav, c)]))"
    )
    fake, real = (
        json.loads(subprocess.check_output([sys.executable, "-c", ask], env=environment))
        for environment in (os.environ, without_fake(tmp_path))
    )
    for ours, theirs in zip(fake, real, strict=True):
        assert [name for name in theirs if name in ours] == ours


def without_fake(folder: Path) -> dict[str, str]:
    paths = [path for path in sys.path if path and not path.startswith(str(folder))]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
