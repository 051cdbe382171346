"""Zalo's OpenAPI over requests: answers by value, ChannelError or unknown; errors in HTTP 200."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from channels import wire
from channels.base import (
    NOT_REACHED,
    Artefact,
    ChannelError,
    Clock,
    ErrorKind,
    Json,
    OutcomeUnknown,
)
from channels.error_table import UNKNOWN, load_table
from channels.pacing import Pace
from channels.redaction import redact, register_secret
from channels.zalo_settings import ZaloSettings
from channels.zalo_tokens import TokenKeeper, error_code

_TOKEN_REFUSED = (-216, -220)
_NIGHT = -234
_TOO_FAST = -32


class ZaloApi:
    """The account's calls. Every method raises ChannelError; `send` also OutcomeUnknown."""

    def __init__(self, settings: ZaloSettings, keeper: TokenKeeper, clock: Clock) -> None:
        self._settings = settings
        self._keeper = keeper
        self._clock = clock
        self._pace = Pace(
            settings.pace_file, clock, settings.calls_per_minute, timedelta(minutes=1)
        )

    def read(self, path: str, **params: Json) -> dict[str, Any]:
        """A GET; its `data`."""
        return self._call("GET", path, public=False, params=params)

    def ask(self, path: str, body: Mapping[str, Json]) -> dict[str, Any]:
        """A POST without effect outside (article/verify, quota); its `data`."""
        return self._call("POST", path, public=False, json=body)

    def upload_image(self, picture: Artefact) -> str:
        """The attachment id of an uploaded picture; good for 7 days. Nobody sees an upload."""
        files = {"file": (picture.name, picture.read(), picture.media_type)}
        data = self._call("POST", "/v2.0/oa/upload/image", public=False, files=files)
        attachment = data.get("attachment_id")
        if not isinstance(attachment, str) or not attachment:
            raise ChannelError(
                ErrorKind.RETRY, "Zalo nhận ảnh nhưng không trả mã ảnh; sẽ thử lại.", code="no_id"
            )
        return attachment

    def send(
        self, path: str, body: Mapping[str, Json], *, reserved: bool = False
    ) -> dict[str, Any]:
        """A POST that people see: what is not surely refused is OutcomeUnknown.

        `reserved`: the call was reserved (and waited for) by `reserve`.
        """
        return self._call("POST", path, public=True, reserved=reserved, json=body)

    def reserve(self) -> timedelta:
        """See `Pace.reserve`."""
        return self._pace.reserve()

    def _call(
        self, method: str, path: str, *, public: bool, reserved: bool = False, **request: Any
    ) -> dict[str, Any]:
        token = self._keeper.access_token()
        if not reserved:
            self._pace.take()
        answer, body = self._exchange(method, path, token, public, request)
        if error_code(body) in _TOKEN_REFUSED:
            # Refused before anything was done: one new token, one more try.
            token = self._keeper.replace(token)
            self._pace.take()
            answer, body = self._exchange(method, path, token, public, request)
        code = error_code(body)
        if code == 0:
            data = body.get("data")
            return data if isinstance(data, dict) else {"items": data}
        raise self._refusal(code, body, answer, public)

    def _exchange(
        self, method: str, path: str, token: str, public: bool, request: Mapping[str, Any]
    ) -> tuple[wire.Answer, dict[str, Any]]:
        try:
            with wire.new_session(self._settings.timeout) as session:
                answer = wire.call(
                    session,
                    self._clock,
                    self._settings.timeout,
                    method,
                    self._settings.api_url.rstrip("/") + path,
                    headers=self._headers(token),
                    **request,
                )
        except wire.NotSent as error:
            fault: Exception = ChannelError(
                ErrorKind.RETRY, f"Chưa gọi được Zalo: {error}.", code=NOT_REACHED
            )
        except wire.Unanswered as error:
            fault = _perhaps(f"Zalo chưa trả lời rõ: {error}", error.reason, public)
        else:
            body = answer.json_object()
            if body is not None and error_code(body) is not None and answer.status < 500:
                return answer, body
            fault = _perhaps(
                f"Zalo trả lời không đọc được (HTTP {answer.status})", "unreadable", public
            )
        # Raised here, not in the handlers: no request with its token hangs on the exception.
        raise fault

    def _headers(self, token: str) -> dict[str, str]:
        if not self._settings.app_secret:
            return {"access_token": token}
        secret = self._settings.app_secret.encode()
        proof = hmac.new(secret, token.encode(), hashlib.sha256).hexdigest()
        register_secret(proof)
        return {"access_token": token, "appsecret_proof": proof}

    def _refusal(
        self, code: int | None, body: Mapping[str, Any], answer: wire.Answer, public: bool
    ) -> ChannelError | OutcomeUnknown:
        details: dict[str, Json] = {
            "message": redact(str(body.get("message") or "")),
            "http_status": answer.status,
        }
        meaning = load_table("zalo_errors").meaning(code or 0)
        if meaning.kind == UNKNOWN and not public:
            return _perhaps("Zalo báo lỗi", str(code), public)
        now = self._clock.now()
        if code == _TOO_FAST:
            self._pace.hold(now + timedelta(minutes=1))
        wait: timedelta | None = None
        if code == _NIGHT:
            wait = (self._settings.night_ends(now) or self._settings.next_morning(now)) - now
        return meaning.error(str(code), now, details, wait)


def _perhaps(message: str, code: str, public: bool) -> ChannelError | OutcomeUnknown:
    if not public:
        return ChannelError(ErrorKind.RETRY, f"{message}; sẽ thử lại.", code=code)
    return OutcomeUnknown(f"{message}; có thể đã gửi.", details={"code": code})
