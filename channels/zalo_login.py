"""Logging in to a Zalo Official Account: OAuth v4 with PKCE, a person's browser in between.

Permission page and parameters: developers.zalo.me, "Xác thực và ủy quyền cho Ứng dụng".
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

from channels.redaction import register_secret
from channels.wire import Stopwatch
from channels.zalo_settings import ZaloSettings
from content.errors import UserError

CODE_LIFE = 600.0
"""Seconds for which Zalo's code is good."""

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_AGAIN = "Hãy chạy lại: broadcaster channel login zalo."
_DONE = (
    '<!DOCTYPE html><html lang="vi"><meta charset="utf-8"><title>Zalo</title>'
    "<p>Đã nhận. Có thể đóng trang này và trở lại cửa sổ lệnh.</p></html>"
)


@dataclass(frozen=True, slots=True)
class ZaloLogin:
    """One attempt to log in: its link, and what proves that an answer belongs to it."""

    link: str
    redirect_url: str
    oa_id: str
    state: str = field(repr=False)
    verifier: str = field(repr=False)

    def listens(self) -> bool:
        """Whether Zalo sends the browser back to this very machine."""
        parts = urlsplit(self.redirect_url)
        return parts.scheme == "http" and (parts.hostname or "") in _LOOPBACK

    def code_of(self, answer: str) -> str:
        """The code in what came back: the whole address that the browser was sent to, or the
        bare code. Raises UserError where it belongs to another attempt or another account."""
        answer = answer.strip()
        if "://" not in answer and "?" not in answer:
            return self._code(answer)
        query = {name: values[-1] for name, values in parse_qs(urlsplit(answer).query).items()}
        if not hmac.compare_digest(query.get("state", "").encode(), self.state.encode()):
            raise UserError("Địa chỉ này thuộc một lần đăng nhập khác.", _AGAIN)
        if self.oa_id and query.get("oa_id") not in (None, self.oa_id):
            raise UserError(
                f"Đã cấp quyền cho OA {query['oa_id']}, không phải {self.oa_id}.",
                f"Hãy chọn đúng OA. {_AGAIN}",
            )
        return self._code(query.get("code", ""))

    def _code(self, code: str) -> str:
        if not code or any(letter.isspace() for letter in code):
            raise UserError("Không thấy mã cấp quyền của Zalo trong câu trả lời.", _AGAIN)
        register_secret(code)
        return code


def begin(settings: ZaloSettings, redirect_url: str) -> ZaloLogin:
    """A new attempt. Raises UserError where the settings lack what Zalo asks for."""
    missing = [name for name in ("app_id", "app_secret") if not getattr(settings, name)]
    if missing:
        raise UserError(
            f"Chưa có {', '.join(missing)} của Zalo.",
            "Hãy điền app_id vào mục [zalo] và đặt biến BROADCASTER_ZALO__APP_SECRET.",
        )
    verifier = secrets.token_urlsafe(32)  # 43 characters, as Zalo wants them
    state = secrets.token_urlsafe(24)
    register_secret(verifier)
    digest = hashlib.sha256(verifier.encode()).digest()
    query = {
        "app_id": settings.app_id,
        "redirect_uri": redirect_url,
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "state": state,
    }
    link = f"{settings.oauth_url.rstrip('/')}/v4/oa/permission?{urlencode(query)}"
    return ZaloLogin(link, redirect_url, settings.oa_id, state, verifier)


def listen(login: ZaloLogin, stopwatch: Stopwatch, seconds: float = CODE_LIFE) -> str:
    """Wait on this machine for the browser; the code. Raises UserError when nothing came.

    Only a request that carries this attempt's state is answered; whatever else comes (another
    page's picture, a scanner) gets 404 and changes nothing.
    """
    answers: list[str] = []

    class Browser(BaseHTTPRequestHandler):
        timeout = 10

        def do_GET(self) -> None:
            query = parse_qs(urlsplit(self.path).query)
            ours = login.state in query.get("state", ())
            body = _DONE.encode() if ours else b""
            self.send_response(200 if ours else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            if ours:
                answers.append(f"http://localhost{self.path}")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Silent: the request line carries the code."""

    parts = urlsplit(login.redirect_url)
    try:
        server = HTTPServer(("127.0.0.1", parts.port or 80), Browser)
    except OSError as error:
        raise UserError(
            f"Không mở được cổng {parts.port or 80} để nhận trả lời ({error.strerror}).",
            "Hãy thêm --paste và dán địa chỉ mà trình duyệt được chuyển tới.",
        ) from None
    with server:
        until = stopwatch.monotonic() + seconds
        while not answers and (left := until - stopwatch.monotonic()) > 0:
            server.timeout = left
            server.handle_request()
    if not answers:
        raise UserError("Quá 10 phút mà chưa thấy Zalo trả lời.", _AGAIN)
    return login.code_of(answers[0])
