"""A text of any length on the air at once: the first sentence sounds while the rest is made.

Every piece gets the same loudness treatment: one gain, measured from the first sentence of a
voice, and the limiter. There is no time for the usual order (all sound first, then mastering).
"""

from __future__ import annotations

import logging
import queue
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from channels.radio import ffmpeg, segments
from channels.radio.narrator import Narrator, NoVoiceError
from channels.radio.pcm import BLOCK, RATE, WIDTH
from channels.radio.sentences import paragraphs
from channels.radio.settings import RadioSettings
from channels.radio.voices.base import Voice, VoiceError

_log = logging.getLogger(__name__)

PATIENCE = 0.6
"""Seconds that an engine has for the first sentence while there is another one to turn to."""
_MARGIN = 0.5
"""Seconds of made sound that must still be left when an engine is given up."""
_SIZES = (1, 1, 2, 4)
"""Sentences in the first pieces; later ones have _LARGEST."""
_LARGEST = 8
_PIECES_AHEAD = 4
_BLOCK_BYTES = BLOCK * WIDTH


@dataclass(frozen=True, slots=True)
class _Piece:
    """Sentences with the silence that follows each, in milliseconds."""

    sentences: tuple[tuple[str, int], ...]


class LiveSpeech:
    """`begin` ahead of the air, then block after block; made in a thread, some sentences ahead.

    Engines that need the network are left out, as is one that is slower than `PATIENCE`. An
    engine that fails in the middle hands over to the next from the sentence it did not finish;
    a hang is given up before the sound already made has run out. Nothing is said for an empty
    text.
    """

    def __init__(
        self, spoken: str, narrator: Narrator, settings: RadioSettings, scratch: Path
    ) -> None:
        self._maker = _Maker(_pieces(spoken, settings), narrator, settings, scratch)
        self._thread = threading.Thread(target=self._maker.run, name="radio-live", daemon=True)
        self._rest = b""
        self._over = False

    def begin(self) -> None:
        """Start making."""
        self._thread.start()

    def next_block(self, wait: float = 0.0) -> bytes | None:
        """20 ms (the last may be shorter), None after the last one.

        Raises queue.Empty when the next sentence is not made within `wait` seconds, NoVoiceError
        after the last sentence that any engine could speak.
        """
        while len(self._rest) < _BLOCK_BYTES and not self._over:
            sound = self._maker.next_sound(wait)
            self._over = sound is None
            self._rest += sound or b""
        block, self._rest = self._rest[:_BLOCK_BYTES], self._rest[_BLOCK_BYTES:]
        return block or None

    def end(self) -> None:
        """Nobody wants more."""
        self._maker.stop()
        if self._thread.is_alive():
            self._thread.join(timeout=1.0)


class _Maker:
    """Makes the pieces in its own thread; `next_sound` takes them out in the reader's."""

    def __init__(
        self, pieces: Sequence[_Piece], narrator: Narrator, settings: RadioSettings, scratch: Path
    ) -> None:
        self._pieces = pieces
        self._narrator = narrator
        self._settings = settings
        self._scratches = (scratch, Path(tempfile.gettempdir()))
        self._voices = [voice for voice in narrator.voices if not voice.remote]
        self._reasons = dict(narrator.absent)
        self._gains: dict[str, float] = {}
        self._made: queue.Queue[bytes | None] = queue.Queue(_PIECES_AHEAD)
        self._stopped = threading.Event()
        self._complete = False
        self._samples_made = 0
        self._samples_taken = 0
        self._in_hand = 0

    def run(self) -> None:
        """Ends with None in the queue, whatever happens."""
        try:
            for piece in self._pieces:
                sound = self._mastered(*self._voiced(piece), piece)
                self._samples_made += len(sound) // WIDTH
                if not self._put(sound):
                    return
            self._complete = True
        except NoVoiceError as error:
            _log.error("the text is not spoken to its end: %s", error)
        finally:
            self._put(None)

    def next_sound(self, wait: float) -> bytes | None:
        """None after the last. Raises queue.Empty; NoVoiceError where the making ended early."""
        sound = self._made.get(timeout=wait) if wait > 0 else self._made.get_nowait()
        if sound is None:
            if not self._complete:
                raise NoVoiceError(self._reasons)
            return None
        self._samples_taken += self._in_hand
        self._in_hand = len(sound) // WIDTH
        return sound

    def stop(self) -> None:
        """The reader has gone."""
        self._stopped.set()

    def _put(self, sound: bytes | None) -> bool:
        while not self._stopped.is_set():
            try:
                self._made.put(sound, timeout=0.1)
            except queue.Full:
                continue
            return True
        return False

    def _voiced(self, piece: _Piece) -> tuple[Voice, Mapping[str, bytes]]:
        """By the first engine left; one that fails is left out from now on."""
        sentences = [sentence for sentence, _ in piece.sentences]
        while self._voices:
            voice = self._voices[0]
            try:
                return voice, self._spoken(voice, sentences)
            except (VoiceError, OSError) as error:
                reason = error.reason if isinstance(error, VoiceError) else str(error.strerror)
                _log.warning("voice %s given up in a live text: %s", voice.name, reason)
                self._reasons[voice.name] = reason
                self._voices.pop(0)
        raise NoVoiceError(self._reasons)

    def _spoken(self, voice: Voice, sentences: list[str]) -> Mapping[str, bytes]:
        """Within the time that is left, unless this is the last engine. Raises VoiceError."""
        attempt = _Attempt(self._narrator, voice, sentences, self._scratches)
        attempt.start()
        attempt.join(self._patience() if len(self._voices) > 1 else None)
        return attempt.result()

    def _patience(self) -> float:
        ahead = (self._samples_made - self._samples_taken) / RATE
        return max(PATIENCE, ahead - _MARGIN)

    def _mastered(self, voice: Voice, sounds: Mapping[str, bytes], piece: _Piece) -> bytes:
        raw = segments.joined(
            part
            for sentence, pause in piece.sentences
            for part in (sounds[sentence], segments.silence(pause))
        )
        peak, profile = self._settings.true_peak, self._settings.profile
        try:
            if voice.name not in self._gains:
                gain = ffmpeg.gain_for(raw, self._settings.loudness, peak, profile)
                self._gains[voice.name] = gain
            return ffmpeg.at_gain(raw, self._gains[voice.name], peak, profile)
        except ffmpeg.AudioError as error:
            _log.error("a live piece goes out as the engine spoke it: %s", error)
            return raw


class _Attempt(threading.Thread):
    """One engine at one piece; may be left behind, its own time limit ends it."""

    def __init__(
        self, narrator: Narrator, voice: Voice, sentences: list[str], scratches: Sequence[Path]
    ) -> None:
        super().__init__(name=f"radio-{voice.name}", daemon=True)
        self._narrator = narrator
        self._voice = voice
        self._sentences = sentences
        self._scratches = scratches
        self._sounds: Mapping[str, bytes] | None = None
        self._failure: VoiceError | OSError = VoiceError("đọc quá chậm cho tin khẩn")

    def run(self) -> None:
        for scratch in self._scratches:  # a full disk does not silence an emergency
            try:
                self._sounds = self._narrator.spoken_by(self._voice, self._sentences, scratch)
            except VoiceError as error:
                self._failure = error
            except OSError as error:
                self._failure = error
                continue
            return

    def result(self) -> Mapping[str, bytes]:
        """What there is now. Raises VoiceError, OSError."""
        if self._sounds is None:
            raise self._failure
        return self._sounds


def _pieces(spoken: str, settings: RadioSettings) -> list[_Piece]:
    marked = [
        (sentence, settings.pause_sentence if place < len(paragraph) - 1 else paragraph_pause)
        for paragraph in paragraphs(spoken)
        for paragraph_pause in (settings.pause_paragraph,)
        for place, sentence in enumerate(paragraph)
    ]
    pieces: list[_Piece] = []
    while marked:
        size = _SIZES[len(pieces)] if len(pieces) < len(_SIZES) else _LARGEST
        pieces.append(_Piece(tuple(marked[:size])))
        del marked[:size]
    return pieces
