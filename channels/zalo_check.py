"""`channel check zalo`: token, account, service package and groups, each named."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any

from channels.base import ChannelError, Health, Quota, not_known
from channels.zalo_api import ZaloApi
from channels.zalo_settings import ZaloSettings


def check_account(api: ZaloApi, settings: ZaloSettings) -> list[Health]:
    """Look at everything a sending needs; no message leaves."""
    missing = [n for n in ("app_id", "app_secret") if not getattr(settings, n)]
    if missing:
        message = f"Chưa có {', '.join(missing)} của Zalo; hãy điền vào cấu hình."
        return [Health("Cấu hình Zalo", ok=False, message=message)]
    try:
        account = api.read("/v2.0/oa/getoa")
    except ChannelError as error:
        return [not_known("Zalo OA", error)]
    lines = [_account(account, settings), _package(account)]
    lines += _quota(api, settings)
    if "groups" in settings.audience and not settings.groups:
        message = "Có “groups” trong audience nhưng chưa có mã nhóm nào; hãy điền [zalo] groups."
        lines.append(Health("Nhóm Zalo", ok=False, message=message))
    return lines


def _quota(api: ZaloApi, settings: ZaloSettings) -> list[Health]:
    """Consultation messages of the package. A quota that cannot be seen stops nothing."""
    asked = {"quota_owner": "OA", "product_type": "cs", "quota_type": "sub_quota"}
    try:
        answer = api.ask("/v3.0/oa/quota/message", asked)
    except ChannelError as error:
        message = f"Chưa xem được hạn mức tin tư vấn: {error.message}"
        return [Health("Hạn mức", ok=True, message=message)]
    listed = answer.get("items")
    kinds = listed if isinstance(listed, list) else [answer]
    numbers = [
        (int(one["remain"]), int(one["total"]))
        for one in kinds
        if isinstance(one, Mapping)
        and str(one.get("remain")).isdigit()
        and str(one.get("total")).isdigit()
    ]
    if not numbers:
        return [Health("Hạn mức", ok=True, message="Zalo không cho biết hạn mức tin tư vấn.")]
    remain, total = (sum(column) for column in zip(*numbers, strict=True))
    message = f"Còn {remain}/{total} tin tư vấn trong kỳ của gói."
    people = _recent_people(api) if "recent" in settings.audience else None
    if people is None:
        return [Health("Hạn mức", ok=remain > 0, message=message)]
    message += f" Một lần gửi tới {people} người vừa liên hệ."
    quota = Quota("recent", remain, people)
    return [Health("Hạn mức", ok=remain >= max(people, 1), message=message, quota=quota)]


def _recent_people(api: ZaloApi) -> int | None:
    """How many a delivery to recent contacts writes to; None where Zalo does not say."""
    query = {"offset": 0, "count": 1, "last_interaction_period": "L7D", "is_follower": "true"}
    try:
        total = str(api.read("/v3.0/oa/user/getlist", data=json.dumps(query)).get("total"))
    except ChannelError:
        return None
    return int(total) if total.isdigit() else None


def _account(account: Mapping[str, Any], settings: ZaloSettings) -> Health:
    name, number = account.get("name", ""), str(account.get("oa_id", ""))
    if settings.oa_id and number != settings.oa_id:
        message = f"Mã truy cập thuộc OA “{name}” ({number}), không phải {settings.oa_id}."
        return Health("Zalo OA", ok=False, message=f"{message} Hãy cấp quyền lại cho đúng OA.")
    followers = account.get("num_follower")
    many = f", {followers} người quan tâm" if followers is not None else ""
    return Health("Zalo OA", ok=True, message=f"OA “{name}”{many}.")


def _package(account: Mapping[str, Any]) -> Health:
    """The API stops when the package lapses to Cơ bản."""
    name = account.get("package_name") or "không rõ"
    until = account.get("package_valid_through_date") or "không rõ hạn"
    basic = str(name).strip().casefold() in ("cơ bản", "basic")
    if basic:
        message = f"Gói “{name}” không dùng được API gửi tin; hãy nâng gói tại oa.zalo.me."
        return Health("Gói dịch vụ", ok=False, message=message)
    message = f"Gói “{name}”, hạn {until}."
    return Health("Gói dịch vụ", ok=True, message=message, until=_read_day(str(until)))


def _read_day(text: str) -> date | None:
    """ "31/12/2026" as Zalo writes it, or the same in ISO order."""
    for form in ("%d/%m/%Y", "%Y-%m-%d"):
        with suppress(ValueError):
            return datetime.strptime(text.strip()[:10], form).replace(tzinfo=UTC).date()
    return None
