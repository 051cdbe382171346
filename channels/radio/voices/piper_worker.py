"""The process that holds a Piper model: one JSON request on stdin, WAV files out, one answer.

The contract of `piper-tts` 1.8 used here: `PiperVoice.load(path)` and
`voice.synthesize_wav(text, wave_file, syn_config=SynthesisConfig(length_scale=…))`.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import wave
from pathlib import Path
from typing import Any


def main() -> int:
    """Speak all utterances of the request; the answer names the first error, if any."""
    request = json.loads(sys.stdin.buffer.read())
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever the libraries print does not come between the answer's bytes
    answer = _answer(request)
    json.dump(answer, answers)
    answers.flush()
    return 0


def _answer(request: dict[str, Any]) -> dict[str, object]:
    try:
        piper = importlib.import_module("piper")
    except ImportError:
        return {"error": "package"}
    try:
        voice = piper.PiperVoice.load(request["model"])
    except (KeyError, TypeError, ValueError, OSError):
        return {"error": "config"}
    except Exception:  # noqa: BLE001 - onnxruntime has no public base class for its errors
        return {"error": "model"}
    pace = piper.SynthesisConfig(length_scale=voice.config.length_scale * request["length"])
    for text, path in request["utterances"]:
        try:
            _speak(voice, text, Path(path), pace)
        except OSError as error:
            return {"error": "disk", "errno": error.errno}
        except Exception:  # noqa: BLE001 - as above
            return {"error": "sound"}
    return {"error": None}


def _speak(voice: Any, text: str, path: Path, pace: Any) -> None:
    temporary = path.with_suffix(".part")
    with wave.open(str(temporary), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(voice.config.sample_rate)
        voice.synthesize_wav(_plain(text), file, syn_config=pace)
    temporary.replace(path)


def _plain(text: str) -> str:
    """Piper takes what stands in [[ ]] for phonemes; in a bulletin it is text."""
    return text.replace("[[", "[ [").replace("]]", "] ]")


if __name__ == "__main__":
    raise SystemExit(main())
