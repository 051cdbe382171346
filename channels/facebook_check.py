"""`channel check facebook`: token, page, permissions, expiry and Graph version, each named."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from channels.base import ChannelError, Health, not_known
from channels.facebook_post import FacebookSettings

if TYPE_CHECKING:
    from channels.facebook_graph import Graph

_SCOPES = ("pages_manage_posts", "pages_read_engagement")
_SOON = timedelta(days=90)
_TOKEN_SOON = timedelta(days=7)


def check_page(graph: Graph, settings: FacebookSettings, now: datetime) -> list[Health]:
    """Look at everything a post needs; a first failure to reach the page ends the look."""
    try:
        me = graph.read("me", fields="id,name")
    except ChannelError as error:
        return [not_known("Mã truy cập", error)]
    lines = [
        _page(me, settings),
        check_version(settings.graph_version, graph.answered_version, now),
    ]
    try:
        lines += _token(graph.debug_token(), now)
    except ChannelError as error:
        lines.append(not_known("Quyền và hạn của mã", error))
    return lines


def _page(me: Mapping[str, Any], settings: FacebookSettings) -> Health:
    """A user's token looks healthy, yet every post with it fails with (#200)."""
    name = me.get("name", "")
    if str(me.get("id")) != settings.page_id:
        return Health(
            "Trang",
            ok=False,
            message=f"Mã truy cập thuộc về “{name}”, không phải Trang {settings.page_id}; "
            "hãy lấy mã truy cập của chính Trang và chọn đúng Trang khi cấp quyền.",
        )
    return Health("Trang", ok=True, message=f"Trang “{name}”, mã truy cập dùng được.")


def _token(data: Mapping[str, Any], now: datetime) -> list[Health]:
    scopes = data.get("scopes")
    missing = [s for s in _SCOPES if not isinstance(scopes, list) or s not in scopes]
    if missing:
        message = f"Mã truy cập thiếu quyền {', '.join(missing)}; hãy cấp lại quyền."
    else:
        message = "Đủ quyền đăng bài và đọc lại bài."
    return [Health("Quyền", ok=not missing, message=message), _expiry(data.get("expires_at"), now)]


def _expiry(expires_at: object, now: datetime) -> Health:
    """`expires_at` is 0 for a page token made from a long-lived user token."""
    if not isinstance(expires_at, int) or expires_at == 0:
        return Health("Hạn của mã", ok=True, message="Mã truy cập không có hạn.")
    end = datetime.fromtimestamp(expires_at, UTC)
    if end - now < _TOKEN_SOON:
        message = f"Mã truy cập hết hạn ngày {end:%d/%m/%Y}; hãy lấy mã mới (loại không hết hạn)."
        return Health("Hạn của mã", ok=False, message=message, until=end.date())
    message = f"Mã truy cập dùng được đến {end:%d/%m/%Y}."
    return Health("Hạn của mã", ok=True, message=message, until=end.date())


def check_version(wanted: str, answered: str | None, now: datetime) -> Health:
    """Whether this Graph API version still works; `answered` is what Facebook itself said."""
    last_day = _last_days().get(wanted)
    mend = "hãy đặt graph_version mới hơn trong mục [facebook]."
    if last_day and last_day < now.date():
        message = f"Phiên bản {wanted} đã hết hạn ngày {last_day:%d/%m/%Y}; {mend}"
    elif answered and answered != wanted:
        message = f"Cấu hình ghi {wanted} nhưng Facebook trả lời bằng {answered}; {mend}"
    elif last_day and last_day - now.date() < _SOON:
        message = f"Phiên bản {wanted} sắp hết hạn ({last_day:%d/%m/%Y}); {mend}"
        return Health("Phiên bản", ok=False, message=message, until=last_day)
    else:
        return Health("Phiên bản", ok=True, message=f"Graph API {wanted}.", until=last_day)
    return Health("Phiên bản", ok=False, message=message)


@cache
def _last_days() -> Mapping[str, date]:
    text = files("channels").joinpath("data", "facebook_versions.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
