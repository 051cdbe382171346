"""Logging in to the platforms that need a person's consent; what comes of it goes to the vault."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from broadcaster.app import App
from broadcaster.registry import zalo_keeper, zalo_settings
from channels.base import ChannelError
from channels.zalo_login import ZaloLogin, begin
from content.errors import UserError
from content.people import Role, require_role


def begin_zalo(app: App) -> ZaloLogin:
    """A new attempt, for an administrator. Raises UserError."""
    with app.database.reading() as session:
        require_role(session, app.station_id, app.person, Role.ADMIN)
    return begin(zalo_settings(app), app.settings.zalo.redirect_url)


def finish_zalo(app: App, login: ZaloLogin, answer: Callable[[], str]) -> datetime:
    """Take the code from `answer`, get the pair and keep it; when its access token ends.

    The pair is on disk before anything uses it. Raises UserError.
    """
    code = login.code_of(answer())
    try:
        return zalo_keeper(app).log_in(code, login.verifier).expires_at
    except ChannelError as error:
        reason = error.message
    raise UserError(reason, "Mã cấp quyền chỉ dùng được một lần; hãy đăng nhập lại.")
