"""facebook-sdk on a session of ours: Graph calls answered by value, ChannelError or unknown."""

from __future__ import annotations

import hashlib
import hmac
import json
import warnings
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from channels import wire
from channels.base import NOT_REACHED, ChannelError, Clock, ErrorKind, Json, OutcomeUnknown
from channels.error_table import UNKNOWN, load_table
from channels.facebook_post import FacebookSettings
from channels.pacing import Pace
from channels.redaction import redact, register_secret

with warnings.catch_warnings():
    warnings.simplefilter("ignore", SyntaxWarning)  # an invalid "\d" escape in facebook-sdk 3.1
    import facebook

_USAGE_HEADER = "x-business-use-case-usage"
_APP_USAGE_HEADER = "x-app-usage"
_PERCENTAGES = ("call_count", "total_time", "total_cputime")
_NEARLY = 95.0
_REST = timedelta(minutes=15)
"""How long nothing is called after a usage header said 95 percent or more."""


class Graph:
    """The Page's Graph API. Every method raises ChannelError; `write` also OutcomeUnknown."""

    def __init__(self, settings: FacebookSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._session = _GraphSession(settings, clock)
        # The version is set afterwards: the constructor refuses every version after 3.1.
        self._api = facebook.GraphAPI(
            settings.page_token, timeout=settings.timeout, session=self._session
        )
        self._api.version = settings.graph_version

    @property
    def answered_version(self) -> str | None:
        """The version that really answered the last call (header facebook-api-version)."""
        answer = self._session.answer
        return answer.headers.get("facebook-api-version") if answer else None

    def read(self, path: str, connection: str | None = None, **args: Json) -> dict[str, Any]:
        """A GET; any failure is a ChannelError, for a read has no effect."""
        signed = {**args, **self._proof()}
        if connection is None:
            return self._call(lambda: self._api.get_object(path, **signed), public=False)
        return self._call(
            lambda: self._api.get_connections(path, connection, **signed), public=False
        )

    def write(self, path: str, connection: str, **args: Json) -> dict[str, Any]:
        """A POST that becomes public: what is not surely refused is OutcomeUnknown."""
        signed = {**args, **self._proof()}
        return self._call(lambda: self._api.put_object(path, connection, **signed), public=True)

    def upload_photo(self, path: str, name: str, data: bytes) -> str:
        """Upload an image without publishing it; its media id. Safe to repeat."""
        args = {"published": "false", **self._proof()}
        return _identity(
            self._call(
                lambda: self._api.put_photo((name, data), f"{path}/photos", **args), public=False
            )
        )

    def video_step(
        self, path: str, phase: str, part: bytes | None = None, *, public: bool, **args: Json
    ) -> dict[str, Any]:
        """One phase of a resumable upload (start, transfer, finish); only finish is public."""
        signed = {"upload_phase": phase, **args, **self._proof()}
        files = {"video_file_chunk": ("part.mp4", part)} if part is not None else None
        return self._call(
            lambda: self._api.request(
                f"{self._api.version}/{path}/videos", post_args=signed, files=files, method="POST"
            ),
            public=public,
        )

    def fetch_photo(self, path: str, address: str) -> str:
        """Let Facebook fetch a public image without publishing it; its media id."""
        args = {"url": address, "published": "false", **self._proof()}
        return _identity(
            self._call(lambda: self._api.put_object(path, "photos", **args), public=False)
        )

    def debug_token(self) -> dict[str, Any]:
        """What Facebook says of the token: type, scopes, expiry. The token travels in the body."""
        relative = f"debug_token?input_token={self._settings.page_token}"
        batch = json.dumps([{"method": "GET", "relative_url": relative}])
        args = {"batch": batch, "include_headers": "false", **self._proof()}
        answers = self._call(
            lambda: {"batch": self._api.request(f"{self._api.version}/", post_args=args)},
            public=False,
        )["batch"]
        try:
            data = json.loads(answers[0]["body"])["data"]
        except (LookupError, TypeError, ValueError):
            data = None
        if not isinstance(data, dict):
            raise ChannelError(ErrorKind.RETRY, "Chưa xem được hạn của mã truy cập Facebook.")
        return data

    def _proof(self) -> dict[str, str]:
        secret = self._settings.app_secret
        if not secret:
            return {}
        token = self._settings.page_token
        proof = hmac.new(secret.encode(), token.encode(), hashlib.sha256).hexdigest()
        register_secret(proof)
        return {"appsecret_proof": proof}

    def _call(self, perform: Callable[[], Any], *, public: bool) -> dict[str, Any]:
        self._session.answer = None
        try:
            value = perform()
        except wire.NotSent as error:
            fault: Exception = ChannelError(
                ErrorKind.RETRY, f"Chưa gọi được Facebook: {error}.", code=NOT_REACHED
            )
        except wire.Unanswered as error:
            fault = _perhaps(f"Facebook chưa trả lời rõ: {error}", error.reason, public)
        except facebook.GraphAPIError as error:
            fault = self._graph_fault(error.result, public)
        else:
            if isinstance(value, dict):
                return value
            fault = _perhaps("Facebook trả lời không đọc được", "unreadable", public)
        # Raised here, not in the handlers: no request with its token hangs on the exception.
        raise fault

    def _graph_fault(self, result: object, public: bool) -> ChannelError | OutcomeUnknown:
        error = result.get("error") if isinstance(result, Mapping) else None
        if not isinstance(error, Mapping) or not isinstance(error.get("code"), int):
            return _perhaps("Facebook trả lời không đọc được", "unreadable", public)
        answer = self._session.answer
        code, subcode = error["code"], error.get("error_subcode")
        subcode = subcode if isinstance(subcode, int) else None
        label = f"{code}/{subcode}" if subcode else str(code)
        details = _details(error, answer)
        if answer is not None and answer.status >= 500:
            return _perhaps("Facebook báo lỗi máy chủ", label, public, details)
        meaning = load_table("facebook_errors").meaning(code, subcode)
        if meaning.kind == UNKNOWN and not public:
            return _perhaps(meaning.message.rstrip("."), label, public, details)
        return meaning.error(label, self._clock.now(), details, _asked_wait(answer))


class _GraphSession:
    """What facebook-sdk takes for a requests session: our host, our limits, no redirects.

    The token leaves in the body or in the Authorization header, never in an address.
    """

    def __init__(self, settings: FacebookSettings, clock: Clock) -> None:
        self._base = settings.api_url.rstrip("/") + "/"
        self._timeout = settings.timeout
        self._clock = clock
        self.answer: wire.Answer | None = None
        self._pace = Pace(
            settings.pace_file, clock, settings.calls_per_hour, timedelta(hours=1), burst=50
        )

    def request(self, method: str, url: str, **request: Any) -> _SdkResponse:
        url = self._base + url.removeprefix(facebook.FACEBOOK_GRAPH_URL)
        params = dict(request.get("params") or {})
        headers = {}
        if token := params.pop("access_token", None):
            headers["Authorization"] = f"Bearer {token}"
        self._pace.take()
        with wire.new_session(self._timeout) as session:
            self.answer = wire.call(
                session,
                self._clock,
                self._timeout,
                method,
                url,
                params=params,
                data=request.get("data"),
                files=request.get("files"),
                headers=headers,
            )
        if (wait := _nearly_used_up(self.answer)) is not None:
            self._pace.hold(self._clock.now() + wait)
        return _SdkResponse(self.answer)


class _SdkResponse:
    """An answer as facebook-sdk reads it; the body decides what it is, not the content type."""

    headers: Mapping[str, str] = {"content-type": "application/json"}

    def __init__(self, answer: wire.Answer) -> None:
        self._answer = answer

    def json(self) -> Any:
        try:
            value = json.loads(self._answer.body)
        except (ValueError, RecursionError):
            value = None
        readable = isinstance(value, dict | list) and not 300 <= self._answer.status < 400
        if not readable:
            raise wire.Unanswered("unreadable", _unreadable(self._answer.status))
        if self._answer.status >= 400 and not (isinstance(value, dict) and value.get("error")):
            raise wire.Unanswered("unreadable", _unreadable(self._answer.status))
        return value


def _unreadable(status: int) -> str:
    return f"câu trả lời không đọc được (HTTP {status})"


def _perhaps(
    message: str, code: str, public: bool, details: Mapping[str, Json] | None = None
) -> ChannelError | OutcomeUnknown:
    """A call without a clear answer: unknown where it would be public, else simply try again."""
    if not public:
        return ChannelError(ErrorKind.RETRY, f"{message}; sẽ thử lại.", code=code, details=details)
    return OutcomeUnknown(
        f"{message}; có thể bài đã lên Trang. Chương trình sẽ xem lại Trang rồi mới đăng tiếp.",
        details={"code": code, **(details or {})},
    )


def _details(error: Mapping[str, Any], answer: wire.Answer | None) -> dict[str, Json]:
    """What the vendor said, for the log and the evidence, without secrets."""
    said = {
        name: redact(str(error[name]))
        for name in ("message", "error_user_title", "error_user_msg", "fbtrace_id")
        if error.get(name)
    }
    return {**said, "http_status": answer.status if answer else None}


def _asked_wait(answer: wire.Answer | None) -> timedelta | None:
    """The longest estimated_time_to_regain_access (minutes) of the usage header."""
    if answer is None or _USAGE_HEADER not in answer.headers:
        return None
    try:
        usage = json.loads(answer.headers[_USAGE_HEADER])
        minutes = max(
            float(entry.get("estimated_time_to_regain_access", 0))
            for entries in usage.values()
            for entry in entries
        )
    except (ValueError, TypeError, AttributeError):
        return None
    return timedelta(minutes=minutes) if minutes > 0 else None


def _nearly_used_up(answer: wire.Answer) -> timedelta | None:
    """How long to leave the platform alone, by its usage headers (percent); None: go on."""
    asked = _asked_wait(answer)
    if asked is not None:
        return asked
    numbers: list[float] = []
    for header in (_USAGE_HEADER, _APP_USAGE_HEADER):
        try:
            _collect(json.loads(answer.headers.get(header, "{}")), numbers)
        except ValueError:
            continue
    return _REST if any(number >= _NEARLY for number in numbers) else None


def _collect(value: object, numbers: list[float]) -> None:
    """Every percentage in a usage header, whatever its nesting."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if name in _PERCENTAGES and isinstance(inner, int | float):
                numbers.append(float(inner))
            else:
                _collect(inner, numbers)
    elif isinstance(value, list):
        for inner in value:
            _collect(inner, numbers)


def _identity(answer: Mapping[str, Any]) -> str:
    if not isinstance(answer.get("id"), str | int):
        raise ChannelError(
            ErrorKind.RETRY, "Facebook nhận ảnh nhưng không trả mã ảnh; sẽ thử lại.", code="no_id"
        )
    return str(answer["id"])
