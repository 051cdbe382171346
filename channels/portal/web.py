"""HTTP to a portal with a password: answers by value, ChannelError or unknown."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from channels import wire
from channels.base import NOT_REACHED, ChannelError, Clock, ErrorKind, OutcomeUnknown
from channels.portal.settings import PortalSettings

_LOGIN = "Cổng thông tin không nhận tài khoản hoặc mật khẩu; hãy xem lại mục [portal]."
_LONGEST_WAIT = 86_400


class PortalWeb:
    """One portal's address and account. Every call is one connection, never redirected."""

    def __init__(self, settings: PortalSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        parts = urlsplit(settings.server)
        self.root = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
        self._user = settings.user or parts.username or ""

    def call(
        self,
        method: str,
        address: str,
        *,
        good: tuple[int, ...],
        public: bool = False,
        headers: Mapping[str, str] | None = None,
        **request: Any,
    ) -> wire.Answer:
        """An answer whose status is in `good`.

        `public`: what is not surely refused is OutcomeUnknown. Otherwise the call may be repeated
        freely, and every failure is a ChannelError.
        """
        from requests.auth import HTTPBasicAuth

        try:
            with wire.new_session(self._settings.timeout) as session:
                session.auth = HTTPBasicAuth(self._user.encode(), self._settings.password.encode())
                answer = wire.call(
                    session,
                    self._clock,
                    self._settings.timeout,
                    method,
                    address,
                    headers=dict(headers or {}),
                    **request,
                )
        except wire.NotSent as error:
            fault: Exception = ChannelError(
                ErrorKind.RETRY, f"Chưa gọi được cổng thông tin: {error}.", code=NOT_REACHED
            )
        except wire.Unanswered as error:
            fault = perhaps(f"Cổng thông tin chưa trả lời rõ: {error}", error.reason, public)
        else:
            if answer.status in good:
                return answer
            fault = self._refusal(answer, public)
        raise fault

    def _refusal(self, answer: wire.Answer, public: bool) -> Exception:
        code = str(answer.status)
        if answer.status >= 500:
            return perhaps(f"Cổng thông tin báo lỗi máy chủ (HTTP {code})", code, public)
        if answer.status in (401, 403):
            return ChannelError(ErrorKind.REAUTHORISE, _LOGIN, code=code)
        if answer.status == 429:
            until = self._clock.now() + timedelta(seconds=_retry_after(answer))
            message = "Cổng thông tin tạm giới hạn số lần gọi; sẽ tự đăng lại sau."
            return ChannelError(ErrorKind.DEFER, message, until=until, code=code)
        if answer.status == 413:
            message = "Tệp của bản tin quá lớn với cổng thông tin; hãy dùng ảnh, âm thanh nhỏ hơn."
            return ChannelError(ErrorKind.FIX_CONTENT, message, code=code)
        if answer.status in (408, 423, 425):
            return ChannelError(
                ErrorKind.RETRY, f"Cổng thông tin đang bận (HTTP {code}).", code=code
            )
        if 300 <= answer.status < 400:
            message = "Cổng thông tin chuyển sang địa chỉ khác; hãy sửa server trong mục [portal]."
            return ChannelError(ErrorKind.STOP, message, code=code)
        if answer.status < 300:
            return perhaps("Cổng thông tin trả lời không đọc được", code, public)
        message = f"Cổng thông tin từ chối (HTTP {code}); hãy xem lại mục [portal]."
        return ChannelError(ErrorKind.STOP, message, code=code)


def perhaps(message: str, code: str, public: bool) -> ChannelError | OutcomeUnknown:
    """A call without a clear answer: unknown where visitors may see it, else try again."""
    if not public:
        return ChannelError(ErrorKind.RETRY, f"{message}; sẽ thử lại.", code=code)
    return OutcomeUnknown(f"{message}; có thể bài đã lên cổng.", details={"code": code})


def _retry_after(answer: wire.Answer) -> int:
    try:
        return min(max(int(answer.headers.get("retry-after", "")), 1), _LONGEST_WAIT)
    except ValueError:
        return 600
