"""espeak-ng from its wheel, always there: spoken in a worker process whose crash is survived."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from channels.radio.voices.base import Utterance, VoiceError

_log = logging.getLogger(__name__)

WORKER = (sys.executable, "-m", "channels.radio.voices.espeak_worker")
VOLUME = 80
"""At 100 espeak-ng clips some samples, at 80 none."""
TRIES = 2
"""A worker that crashed is started once more for the sentences still missing."""
_ROOT = Path(__file__).resolve().parents[3]


class EspeakVoice:
    """Speaks offline, about 600 times faster than the sound lasts."""

    name = "espeak"
    remote = False

    def __init__(
        self, voice: str, rate: int, *, limit: float = 60.0, worker: Sequence[str] = WORKER
    ) -> None:
        """`rate` in espeak's words a minute; `limit` in seconds for one call of `speak`."""
        self._voice = voice
        self._rate = rate
        self._limit = limit
        self._worker = tuple(worker)
        self.identity = f"espeak-ng/{voice}/{rate}/{VOLUME}"

    def speak(self, utterances: Sequence[Utterance]) -> None:
        failure = VoiceError("không đọc được")
        for _ in range(TRIES):
            missing = [utterance for utterance in utterances if not utterance.path.exists()]
            if not missing:
                return
            try:
                self._run(missing)
            except _CrashError as error:
                _log.warning("espeak worker: %s", error.reason)
                failure = error
        if any(not utterance.path.exists() for utterance in utterances):
            raise failure

    def problem(self) -> str | None:
        import espeakng_loader

        if not Path(espeakng_loader.get_library_path()).exists():
            return "thiếu thư viện espeak-ng; hãy cài lại gói espeakng-loader"
        return None

    def _run(self, utterances: Sequence[Utterance]) -> None:
        request = {
            "voice": self._voice,
            "rate": self._rate,
            "volume": VOLUME,
            "utterances": [(each.text, str(each.path.resolve())) for each in utterances],
        }
        answer = self._ask(json.dumps(request).encode())
        if answer.get("error") == "voice":
            raise VoiceError(f"espeak-ng không có giọng “{self._voice}”; hãy sửa radio.voice")
        if answer.get("error") == "library":
            raise VoiceError("thư viện espeak-ng không khởi động được")
        if answer.get("error") is not None:
            raise _CrashError(f"tiến trình đọc bị ngắt (tín hiệu {answer.get('signal')})")

    def _ask(self, request: bytes) -> dict[str, object]:
        """The text travels by stdin only: a command line can be read by everybody."""
        process = subprocess.Popen(
            self._worker,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": _python_path()},
            start_new_session=True,
        )
        with process:
            try:
                output, _ = process.communicate(request, timeout=self._limit)
            except subprocess.TimeoutExpired:
                raise VoiceError(f"đọc quá {self._limit:g} giây chưa xong") from None
            finally:
                _end(process)
        return _parsed(output, process.returncode)


class _CrashError(VoiceError):
    """The worker died; worth another try."""


def _parsed(output: bytes, code: int) -> dict[str, object]:
    try:
        answer = json.loads(output)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise _CrashError(f"tiến trình đọc dừng bất thường (mã {code})")
    return answer


def _end(process: subprocess.Popen[bytes]) -> None:
    """Nothing of the worker's process group survives the call."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)


def _python_path() -> str:
    return os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
