"""Google Translate's voice through gTTS: sounds better, needs the Internet, is never relied on.

Of gTTS only the making of the requests is used. Its own `stream()` switches TLS verification off
(`verify=False`), knows no limit of time and skips a chunk that has no sound; so the requests are
sent from here: verified, bounded, and counted.
"""

from __future__ import annotations

import base64
import binascii
import re
import socket
from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from channels.base import Clock
from channels.radio import ffmpeg
from channels.radio.sentences import pack
from channels.radio.voices.base import Utterance, VoiceError
from content.files import write_atomically

if TYPE_CHECKING:
    import requests

_PATH = "/_/TranslateWebserverUi/data/batchexecute"
_SOUND = re.compile(rb'jQ1olc","\[\\"([^"\\]*)\\"]')
_LONGEST_ANSWER = 4 << 20
_LEAST_SOUND = 200
"""Bytes of mp3: less cannot hold a syllable."""
USUAL_RATE = 120
"""`rate_wpm` at which Google's voice is left at its own pace."""


class GoogleVoice:
    """gTTS with a limit on every wait and on the whole."""

    name = "gtts"
    remote = True

    def __init__(
        self,
        clock: Clock,
        *,
        url: str = "https://translate.google.com",
        timeout: tuple[float, float] = (4.0, 8.0),
        limit: float = 15.0,
        limit_a_sentence: float = 3.0,
        rate: int = USUAL_RATE,
    ) -> None:
        """All in seconds. `timeout`: to connect, to wait for data; the limits: for `speak`.

        `rate` as for espeak.
        """
        self._clock = clock
        self._url = url.rstrip("/")
        self._timeout = timeout
        self._limit = limit
        self._limit_a_sentence = limit_a_sentence
        self._tempo = rate / USUAL_RATE
        self.identity = "gtts/vi" if rate == USUAL_RATE else f"gtts/vi/{self._tempo:.3f}"

    def speak(self, utterances: Sequence[Utterance]) -> None:
        import requests

        limit = self._limit + self._limit_a_sentence * len(utterances)
        deadline = self._clock.monotonic() + limit
        with requests.Session() as session:
            for utterance in utterances:
                sound = b"".join(
                    self._sound_of(session, body, deadline) for body in _bodies(utterance.text)
                )
                write_atomically(utterance.path, self._paced(sound))

    def problem(self) -> str | None:
        from urllib.request import getproxies

        address = urlsplit(self._url)
        if address.scheme in getproxies():
            return None
        port = address.port or (443 if address.scheme == "https" else 80)
        try:
            socket.create_connection((address.hostname or "", port), self._timeout[0]).close()
        except OSError:
            return f"không kết nối được {address.hostname}"
        return None

    def _paced(self, sound: bytes) -> bytes:
        """Google knows one pace only."""
        if self._tempo == 1:
            return sound
        try:
            return ffmpeg.at_tempo(sound, self._tempo)
        except ffmpeg.AudioError:
            raise VoiceError("Google gửi âm thanh hỏng") from None

    def _sound_of(self, session: requests.Session, body: str, deadline: float) -> bytes:
        import requests

        try:
            answer = self._post(session, body, deadline)
        except requests.exceptions.SSLError:
            raise VoiceError("chứng thư TLS của Google không hợp lệ") from None
        except requests.exceptions.Timeout:
            raise VoiceError("Google không trả lời kịp") from None
        except (requests.exceptions.RequestException, OSError):
            raise VoiceError("không kết nối được Google") from None
        found = _SOUND.search(answer)
        try:
            sound = base64.b64decode(found.group(1), validate=True) if found else b""
        except binascii.Error:
            sound = b""
        if len(sound) < _LEAST_SOUND:
            raise VoiceError("Google trả lời thiếu âm thanh")
        return sound

    def _post(self, session: requests.Session, body: str, deadline: float) -> bytes:
        from gtts import gTTS

        with session.post(
            self._url + _PATH,
            data=body,
            headers=gTTS.GOOGLE_TTS_HEADERS,
            timeout=self._remaining(deadline),
            allow_redirects=False,
            stream=True,
        ) as response:
            if response.status_code != 200:
                raise VoiceError(_refusal(response.status_code))
            answer = bytearray()
            # read1 returns what has come: a server that drips cannot hold us beyond the limit.
            while part := response.raw.read1(1 << 16, decode_content=True):
                answer += part
                self._remaining(deadline)
                if len(answer) > _LONGEST_ANSWER:
                    raise VoiceError("Google trả lời quá dài")
            return bytes(answer)

    def _remaining(self, deadline: float) -> tuple[float, float]:
        """The waits still allowed. Raises VoiceError past the limit."""
        left = deadline - self._clock.monotonic()
        if left <= 0:
            raise VoiceError("Google trả lời quá chậm, hết thời hạn đọc")
        connect, read = self._timeout
        return min(connect, left), min(read, left)


def _bodies(text: str) -> list[str]:
    """One request body a chunk; gTTS's English abbreviation rules are left out."""
    from gtts import gTTS

    speech = gTTS(
        text,
        lang="vi",
        lang_check=False,
        pre_processor_funcs=[],
        tokenizer_func=lambda whole: pack(whole, gTTS.GOOGLE_TTS_MAX_CHARS),
    )
    bodies: list[str] = speech.get_bodies()
    return bodies


def _refusal(status: int) -> str:
    if status == 429:
        return "Google từ chối vì gọi quá nhiều (429)"
    return f"Google từ chối ({status})"
