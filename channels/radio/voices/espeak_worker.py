"""The process that holds espeak-ng: one JSON request on stdin, WAV files out, one JSON answer.

A process of its own, because the library is global state, is not thread-safe and may crash.
Every sentence is spoken by a fork of the freshly initialised library: espeak's noise goes on from
one call to the next, so only this makes the same sentence the same sound in any order.
"""

from __future__ import annotations

import ctypes
import json
import os
import sys
import wave
from pathlib import Path
from typing import Any

_SYNCHRONOUS = 2
_DONT_EXIT = 0x8000
_CHARS_UTF8 = 1
_POSITION_CHARACTER = 1
_PARAMETER_RATE = 1
_PARAMETER_VOLUME = 2
_NO_SOUND = 255
"""Exit code of a fork, above every errno."""

_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)


class EspeakError(Exception):
    """The library refused; the text is a code for `espeak.py`, "voice" or "library"."""


class Espeak:
    """espeak-ng loaded from its wheel."""

    def __init__(self, voice: str, rate: int, volume: int) -> None:
        import espeakng_loader

        self._samples = bytearray()
        self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        # The library keeps its data's path in a short buffer: a relative path fits always.
        os.chdir(Path(espeakng_loader.get_data_path()).parent)
        self.rate: int = self._library.espeak_Initialize(_SYNCHRONOUS, 0, b".", _DONT_EXIT)
        if self.rate <= 0:
            raise EspeakError("library")
        self._callback = _Callback(self._take)
        self._library.espeak_SetSynthCallback(self._callback)
        if self._library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise EspeakError("voice")
        self._library.espeak_SetParameter(_PARAMETER_RATE, rate, 0)
        self._library.espeak_SetParameter(_PARAMETER_VOLUME, volume, 0)

    def speak(self, text: str) -> bytes:
        """16-bit mono samples. The text is plain: neither SSML nor phonemes are read in it."""
        self._samples.clear()
        data = text.replace("\0", " ").encode("utf-8", "replace")
        size = len(data) + 1
        if self._library.espeak_Synth(
            data, size, 0, _POSITION_CHARACTER, 0, _CHARS_UTF8, None, None
        ):
            raise EspeakError("library")
        return bytes(self._samples)

    def _take(self, samples: Any, count: int, _: Any) -> int:
        if samples and count > 0:
            self._samples += ctypes.string_at(samples, count * 2)
        return 0


def main() -> int:
    """Speak all utterances of the request; the answer names the first error, if any."""
    request = json.loads(sys.stdin.buffer.read())
    try:
        engine = Espeak(request["voice"], request["rate"], request["volume"])
    except EspeakError as error:
        return _answer(error=str(error))
    for text, path in request["utterances"]:
        status = _in_fork(engine, text, Path(path))
        if os.WIFSIGNALED(status):
            return _answer(error="crash", signal=os.WTERMSIG(status))
        if code := os.waitstatus_to_exitcode(status):
            return _refused(code)
    return _answer(error=None)


def _in_fork(engine: Espeak, text: str, path: Path) -> int:
    """The wait status of the fork that spoke this."""
    child = os.fork()
    if child == 0:
        os._exit(_child(engine, text, path))
    return os.waitpid(child, 0)[1]


def _child(engine: Espeak, text: str, path: Path) -> int:
    """The exit code: 0, or the errno of a file that could not be written, or _NO_SOUND."""
    # A fork that outlives a killed worker must not hold the parent's pipe open.
    os.close(0)
    os.close(1)
    try:
        samples = engine.speak(text)
        temporary = path.with_suffix(".part")
        with wave.open(str(temporary), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(engine.rate)
            file.writeframes(samples)
        temporary.replace(path)
    except EspeakError:
        return _NO_SOUND
    except OSError as error:
        return error.errno or _NO_SOUND
    return 0


def _refused(code: int) -> int:
    if code == _NO_SOUND:
        return _answer(error="library")
    return _answer(error="disk", errno=code)


def _answer(error: str | None, **more: int) -> int:
    sys.stdout.write(json.dumps({"error": error, **more}))
    sys.stdout.flush()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
