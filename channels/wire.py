"""HTTP as the networks need it: bounded in time and size, never redirected, faults told apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import requests

Timeout = tuple[float, float]
"""Seconds to connect, seconds between two bytes of the answer."""

LONGEST_ANSWER = 4 << 20
_BLOCK = 1 << 16


class Stopwatch(Protocol):
    """The part of `channels.base.Clock` that bounds an answer's time."""

    def monotonic(self) -> float: ...


class NotSent(Exception):  # noqa: N818 - an outcome, not a fault
    """The request surely did not reach the platform. The text is Vietnamese, free of addresses."""


class Unanswered(Exception):  # noqa: N818 - an outcome, not a fault
    """The request left and no readable answer came; it may have been carried out.

    `reason` is one English word for the log: "timeout", "lost", "too_long", "too_slow".
    """

    def __init__(self, reason: str, message: str) -> None:
        self.reason = reason
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete HTTP answer."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes

    def json_object(self) -> dict[str, Any] | None:
        """The body as a JSON object; None where it is anything else (an HTML page, cut JSON)."""
        import json

        try:
            value = json.loads(self.body)
        except (ValueError, RecursionError):  # cut, not UTF-8, or brackets without end
            return None
        return value if isinstance(value, dict) else None


def answer_limit(timeout: Timeout) -> float:
    """Seconds after which even a trickling answer is given up."""
    return timeout[0] + 2 * timeout[1]


def new_session(timeout: Timeout, peer: Callable[[str], None] | None = None) -> requests.Session:
    """A session for one call after another: each on a fresh connection.

    `peer` is shown the address of the other side before a byte is sent; it may raise NotSent.

    A kept connection that the server has closed meanwhile looks like "lost after sending", an
    unknown outcome without need; a handful of posts a day does not miss the saved handshake.
    """
    import requests

    from channels.bounded_http import BoundedAdapter

    session = requests.Session()
    for scheme in ("http://", "https://"):
        session.mount(scheme, BoundedAdapter(answer_limit(timeout), peer))
    session.headers["Connection"] = "close"
    session.headers["User-Agent"] = "broadcaster"
    return session


def call(
    session: requests.Session,
    stopwatch: Stopwatch,
    timeout: Timeout,
    method: str,
    url: str,
    **request: Any,
) -> Answer:
    """One request without redirects. Raises NotSent or Unanswered, never a requests exception.

    `request` goes to requests (params, data, json, files, headers, proxies).
    """
    import requests

    started = stopwatch.monotonic()
    try:
        with session.request(
            method, url, timeout=timeout, allow_redirects=False, stream=True, **request
        ) as response:
            body = _read(response, stopwatch, started + answer_limit(timeout))
            headers = {name.lower(): value for name, value in response.headers.items()}
            return Answer(response.status_code, headers, body)
    except (requests.RequestException, OSError, ValueError) as error:
        fault = _fault(error)
    # Raised outside the handler: a requests exception carries the address and the headers.
    raise fault


def _read(response: requests.Response, stopwatch: Stopwatch, until: float) -> bytes:
    """Read with `read1`, which returns what has come, so that the time limit is looked at."""
    from urllib3.exceptions import HTTPError

    blocks: list[bytes] = []
    size = 0
    try:
        while block := response.raw.read1(_BLOCK, decode_content=True):
            blocks.append(block)
            size += len(block)
            if size > LONGEST_ANSWER:
                raise Unanswered("too_long", "câu trả lời dài bất thường")
            if stopwatch.monotonic() > until:
                raise Unanswered("too_slow", "câu trả lời về quá chậm")
    except HTTPError:
        lost = Unanswered("lost", "mất kết nối khi đang nhận câu trả lời")
    else:
        return b"".join(blocks)
    raise lost


def _fault(error: Exception) -> NotSent | Unanswered:
    """Connect errors surely sent nothing; everything after that is unknown (STYLE 5)."""
    import requests

    if isinstance(error, requests.exceptions.ConnectTimeout):
        return NotSent("không kết nối được trong thời gian cho phép")
    if isinstance(error, requests.exceptions.ReadTimeout):
        return Unanswered("timeout", "hết thời gian chờ câu trả lời")
    if isinstance(error, requests.exceptions.ConnectionError):
        return _connection_fault(error)
    if isinstance(error, requests.exceptions.RequestException) and isinstance(error, ValueError):
        # InvalidURL, MissingSchema, InvalidHeader, InvalidProxyURL: refused before any byte left
        return NotSent("địa chỉ máy chủ trong cấu hình không dùng được")
    return Unanswered("lost", "mất kết nối sau khi đã gửi")


def _connection_fault(error: Exception) -> NotSent | Unanswered:
    from ssl import SSLCertVerificationError

    from urllib3.exceptions import ConnectTimeoutError, NewConnectionError, ProxyError

    causes = _causes(error)
    if any(isinstance(cause, SSLCertVerificationError) for cause in causes):
        return NotSent("chứng thư của máy chủ không được tin cậy; xem lại ngày giờ của máy này")
    if any(isinstance(c, NewConnectionError | ConnectTimeoutError) for c in causes):
        return NotSent("không kết nối được; xem lại mạng Internet của máy này")
    if any(isinstance(c, ProxyError) for c in causes):
        return NotSent("không đi qua được máy chủ trung gian (proxy)")
    return Unanswered("lost", "mất kết nối sau khi đã gửi")


def _causes(error: BaseException) -> list[BaseException]:
    """The error and everything wrapped in it: urllib3 hides the first cause in `reason`."""
    found: list[BaseException] = []
    waiting: list[Any] = [error]
    while waiting:
        cause = waiting.pop()
        if not isinstance(cause, BaseException) or cause in found:
            continue
        found.append(cause)
        waiting += [getattr(cause, "reason", None), cause.__cause__, *cause.args]
    return found
