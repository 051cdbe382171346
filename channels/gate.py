"""The last look before something becomes public on a network: time, permission, a wish to stop."""

from __future__ import annotations

from datetime import datetime

from channels.base import ChannelError, Clock, ErrorKind, Sending


def pass_last_gate(sending: Sending, clock: Clock) -> datetime:
    """Wait for `sending.at`, then return the moment at which the effect may begin.

    Raises ChannelError(RETRY) when it may not (any more): dispatch knows the window and decides
    whether that means a later try, missed or cancelled.
    """
    clock.sleep((sending.at - clock.now()).total_seconds())
    now = clock.now()
    if sending.stop.is_set():
        raise ChannelError(ErrorKind.RETRY, "Chương trình đang dừng; sẽ gửi khi chạy lại.")
    if now > sending.deadline:
        raise ChannelError(
            ErrorKind.RETRY, "Đã quá giờ được phép gửi; bản tin chưa được gửi đi.", code="deadline"
        )
    if reason := sending.permit(now):
        raise ChannelError(ErrorKind.RETRY, reason, code="not_permitted")
    return now
