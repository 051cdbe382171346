"""Google's voice against a local server: bounded, verified, and never with a piece missing."""

from __future__ import annotations

import base64
import datetime as dt
import ipaddress
import json
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from channels.radio import ffmpeg, pcm
from channels.radio.voices.base import Utterance, VoiceError
from channels.radio.voices.gtts import GoogleVoice
from tests.channels.radio.fakes import RealClock, mp3_of, tone

PATH = "/_/TranslateWebserverUi/data/batchexecute"
LONG = "Ủy ban nhân dân xã thông báo lịch làm việc. " * 6


@pytest.fixture(scope="module")
def mp3() -> bytes:
    return mp3_of(tone(0.5))


def answer(sound: bytes) -> bytes:
    inner = json.dumps([base64.b64encode(sound).decode()])
    row = json.dumps([["wrb.fr", "jQ1olc", inner, None]], separators=(",", ":"))
    return f")]}}'\n\n{row}\n".encode()


def text_of(request: Request) -> str:
    rpc = json.loads(parse_qs(request.get_data(as_text=True))["f.req"][0])
    return str(json.loads(rpc[0][0][1])[0])


def speak(server: HTTPServer, path: Path, text: str = "Xin chào.", limit: float = 10) -> None:
    voice = GoogleVoice(
        RealClock(), url=server.url_for("/"), timeout=(1.0, 0.4), limit=limit, limit_a_sentence=0
    )
    voice.speak([Utterance(text, path)])


def test_the_whole_text_is_asked_for_in_pieces_that_end_with_sentences(
    httpserver: HTTPServer, tmp_path: Path, mp3: bytes
) -> None:
    asked: list[str] = []

    def reply(request: Request) -> Response:
        asked.append(text_of(request))
        return Response(answer(mp3))

    httpserver.expect_request(PATH, method="POST").respond_with_handler(reply)
    path = tmp_path / "a.mp3"
    speak(httpserver, path, LONG)
    assert "".join(asked).replace(" ", "") == LONG.replace(" ", "")
    assert all(len(piece) <= 100 and piece.endswith(".") for piece in asked)
    assert path.read_bytes() == mp3 * len(asked)
    assert pcm.seconds(ffmpeg.decode(path)) >= 0.5 * len(asked)


def test_another_rate_changes_the_pace_of_what_google_sends(
    httpserver: HTTPServer, tmp_path: Path, mp3: bytes
) -> None:
    httpserver.expect_request(PATH).respond_with_data(answer(mp3))
    for rate in (120, 180):
        voice = GoogleVoice(RealClock(), url=httpserver.url_for(""), rate=rate)
        voice.speak([Utterance("Xin chào.", tmp_path / str(rate))])
    usual, fast = (pcm.seconds(ffmpeg.decode(tmp_path / name)) for name in ("120", "180"))
    assert fast == pytest.approx(usual / 1.5, abs=0.1)


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (429, b"", "429"),
        (503, b"", "503"),
        (302, b"", "302"),
        (200, b"", "thiếu âm thanh"),
        (200, answer(b""), "thiếu âm thanh"),
        (200, answer(b"x" * 10), "thiếu âm thanh"),
        (200, b')]}\'\n[["wrb.fr","jQ1olc",null]]', "thiếu âm thanh"),
    ],
)
def test_an_answer_without_sound_is_a_reason_and_leaves_no_file(
    httpserver: HTTPServer, tmp_path: Path, status: int, body: bytes, reason: str
) -> None:
    httpserver.expect_request(PATH).respond_with_data(body, status=status)
    with pytest.raises(VoiceError, match=reason):
        speak(httpserver, tmp_path / "a.mp3")
    assert list(tmp_path.iterdir()) == []


def test_a_piece_missing_in_the_middle_fails_the_whole(
    httpserver: HTTPServer, tmp_path: Path, mp3: bytes
) -> None:
    replies = iter([answer(mp3), b"nothing"])
    httpserver.expect_request(PATH).respond_with_handler(lambda _: Response(next(replies)))
    with pytest.raises(VoiceError, match="thiếu âm thanh"):
        speak(httpserver, tmp_path / "a.mp3", LONG)
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_does_not_answer_is_left_after_the_time_out(
    httpserver: HTTPServer, tmp_path: Path
) -> None:
    done = threading.Event()
    httpserver.expect_request(PATH).respond_with_handler(
        lambda _: Response(b"late" if done.wait(3) else b"")
    )
    with pytest.raises(VoiceError, match="không trả lời kịp"):
        speak(httpserver, tmp_path / "a.mp3")
    done.set()


def test_a_server_that_drips_cannot_hold_it_beyond_the_limit(
    httpserver: HTTPServer, tmp_path: Path
) -> None:
    done = threading.Event()

    def drops() -> Iterator[bytes]:
        while not done.wait(0.05):
            yield b"x"

    httpserver.expect_request(PATH).respond_with_handler(lambda _: Response(drops()))
    with pytest.raises(VoiceError, match="hết thời hạn"):
        speak(httpserver, tmp_path / "a.mp3", limit=0.3)
    done.set()


def test_no_server_is_a_reason(tmp_path: Path) -> None:
    voice = GoogleVoice(RealClock(), url="http://127.0.0.1:9", timeout=(0.5, 0.5))
    with pytest.raises(VoiceError, match="không kết nối được"):
        voice.speak([Utterance("Xin chào.", tmp_path / "a.mp3")])
    assert "không kết nối được" in str(voice.problem())


def test_an_untrusted_certificate_is_refused(tmp_path: Path, mp3: bytes) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_self_signed(tmp_path))
    with HTTPServer(ssl_context=context) as server:
        server.expect_request(PATH).respond_with_data(answer(mp3))
        with pytest.raises(VoiceError, match="TLS"):
            speak(server, tmp_path / "a.mp3")


def _self_signed(folder: Path) -> Path:
    x509 = pytest.importorskip("cryptography.x509", reason="makes the certificate of this test")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    start = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + dt.timedelta(days=36500))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path = folder / "server.pem"
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return path
