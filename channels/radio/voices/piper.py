"""Piper: a neural voice from a file that the station supplies; an optional package.

Needs `piper-tts` (GPL-3.0-or-later; extra `piper`). A voice is two files, `x.onnx` and
`x.onnx.json`. The model is loaded in a worker process: its memory is free again after a render.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from channels.radio.voices.base import Utterance, VoiceError
from channels.radio.voices.worker import Worker
from content.files import sha256_of_file

WORKER = (sys.executable, "-m", "channels.radio.voices.piper_worker")
USUAL_RATE = 120
"""`rate_wpm` at which a Piper voice speaks at its own pace."""
_NEEDED = ("audio", "espeak", "num_symbols", "num_speakers", "phoneme_id_map")
"""What piper 1.8's PiperConfig.from_dict reads without a default."""
_NO_PACKAGE = "chưa cài gói piper-tts; hãy chạy: pip install 'broadcaster[piper]'"


class PiperVoice:
    """Speaks offline with the station's own voice file."""

    name = "piper"
    remote = False

    def __init__(
        self, model: Path, rate: int, *, limit: float = 90.0, worker: Sequence[str] = WORKER
    ) -> None:
        """`model` is the .onnx file; `rate` as for espeak; `limit` in seconds for one sentence.

        The limit includes the loading of the model before the first one.
        """
        self._model = model
        self._length = round(USUAL_RATE / rate, 3)
        reasons = {
            "package": _NO_PACKAGE,
            "model": f"tệp giọng {model.name} hỏng hoặc không phải giọng Piper",
            "config": f"tệp {_config(model).name} không đúng dạng của Piper",
            "sound": "đọc không ra tiếng",
        }
        self._worker = Worker(worker, limit, reasons)

    @property
    def identity(self) -> str:
        """By the content of both files: a voice that was replaced is another voice."""
        hashes = [_hash(path) for path in (self._model, _config(self._model))]
        return f"piper/{'/'.join(hashes)}/{self._length}"

    def speak(self, utterances: Sequence[Utterance]) -> None:
        if problem := self.problem():
            raise VoiceError(problem)
        self._worker.speak(utterances, model=str(self._model.resolve()), length=self._length)

    def problem(self) -> str | None:
        """Looks at the files and for the package; does not load the model (that takes seconds)."""
        if not self._model.is_file():
            return f"không thấy tệp giọng {self._model.name}; hãy sửa radio.piper_voice"
        if (problem := _config_problem(_config(self._model))) is not None:
            return problem
        return None if importlib.util.find_spec("piper") is not None else _NO_PACKAGE


def _config(model: Path) -> Path:
    return model.with_name(f"{model.name}.json")


def _config_problem(path: Path) -> str | None:
    if not path.is_file():
        return f"thiếu tệp {path.name} đi kèm tệp giọng; hãy chép vào cùng thư mục"
    try:
        config = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return f"tệp {path.name} không đọc được; hãy tải lại"
    if not isinstance(config, dict) or any(key not in config for key in _NEEDED):
        return f"tệp {path.name} không đúng dạng của Piper; hãy tải lại"
    return None


def _hash(path: Path) -> str:
    try:
        facts = path.stat()
        return _hash_of(path, facts.st_mtime_ns, facts.st_size)
    except OSError:
        return "absent"


@lru_cache(maxsize=8)
def _hash_of(path: Path, _changed: int, _size: int) -> str:
    return sha256_of_file(path)[:16]
