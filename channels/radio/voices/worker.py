"""Engines that speak in a process of their own: a crash, a hang and its memory stay in there."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from channels.radio.voices.base import Utterance, VoiceError

_log = logging.getLogger(__name__)

TRIES = 2
"""A worker that crashed is started once more for the sentences still missing."""
_ROOT = Path(__file__).resolve().parents[3]


class Worker:
    """One JSON request on stdin, a sound file for every utterance, one JSON answer on stdout.

    The answer is `{"error": CODE}`, null where all went well; "crash" comes with its "signal",
    "disk" (a sound could not be written) with its "errno".
    """

    def __init__(self, command: Sequence[str], limit: float, reasons: Mapping[str, str]) -> None:
        """`limit`: seconds without a newly finished sentence; `reasons`: Vietnamese, by code."""
        self._command = tuple(command)
        self._limit = limit
        self._reasons = dict(reasons)

    def speak(self, utterances: Sequence[Utterance], **request: object) -> None:
        """Raises VoiceError when a sound is missing, OSError when the disk refuses it."""
        failure = VoiceError("không đọc được")
        for _ in range(TRIES):
            missing = _missing(utterances)
            if not missing:
                return
            try:
                self._run(missing, request)
            except _CrashError as error:
                _log.warning("%s: %s", self._command[-1], error.reason)
                failure = error
        if _missing(utterances):
            raise failure

    def _run(self, utterances: Sequence[Utterance], request: Mapping[str, object]) -> None:
        wanted = [(each.text, str(each.path.resolve())) for each in utterances]
        answer = self._ask({**request, "utterances": wanted}, utterances)
        error = answer.get("error")
        if error == "disk":
            number = answer.get("errno")
            code = number if isinstance(number, int) else 0
            raise OSError(code, os.strerror(code))
        if error == "crash":
            raise _CrashError(f"tiến trình đọc bị ngắt (tín hiệu {answer.get('signal')})")
        if error is not None:
            raise VoiceError(self._reasons.get(str(error), "không đọc được"))

    def _ask(
        self, request: Mapping[str, object], utterances: Sequence[Utterance]
    ) -> dict[str, object]:
        """The text travels by stdin only: a command line can be read by everybody."""
        process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": _python_path()},
            start_new_session=True,
        )
        with process:
            try:
                output = self._output(process, json.dumps(request).encode(), utterances)
            finally:
                _end(process)
        return _parsed(output, process.returncode)

    def _output(
        self, process: subprocess.Popen[bytes], request: bytes, utterances: Sequence[Utterance]
    ) -> bytes:
        """What it answers. It may take long as a whole, but never long over one sentence."""
        data: bytes | None = request
        left = len(utterances)
        while True:
            try:
                return process.communicate(data, timeout=self._limit)[0]
            except subprocess.TimeoutExpired:
                data, before, left = None, left, len(_missing(utterances))
                if left == before:
                    raise VoiceError(f"đọc quá {self._limit:g} giây chưa xong một câu") from None


class _CrashError(VoiceError):
    """The worker died; worth another try."""


def _missing(utterances: Sequence[Utterance]) -> list[Utterance]:
    return [utterance for utterance in utterances if not utterance.path.exists()]


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
