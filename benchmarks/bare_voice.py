"""espeak-ng and nothing else: text on stdin, raw samples to a file. VOICE RATE VOLUME FILE."""

from __future__ import annotations

import sys
from pathlib import Path

from channels.radio.voices.espeak_worker import Espeak


def main() -> None:
    """One call of the library for the whole text."""
    voice, rate, volume, path = sys.argv[1:]
    Path(path).write_bytes(Espeak(voice, int(rate), int(volume)).speak(sys.stdin.read()))


if __name__ == "__main__":
    main()
