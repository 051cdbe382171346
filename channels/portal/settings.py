"""Section [portal] of the settings, checked when it is made."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from channels.redaction import register_secret
from content.errors import Problem, UserError

Kind = Literal["folder", "webdav", "sftp", "wordpress"]

_SCHEMES = {"webdav": ("https", "http"), "wordpress": ("https", "http"), "sftp": ("sftp",)}


@dataclass(frozen=True)
class PortalSettings:
    """One section of one portal; the password comes from the environment.

    Raises UserError for addresses that cannot be used.
    """

    mode: Literal["live", "sandbox"] = "sandbox"
    kind: Kind = "folder"
    url: str = ""
    """Where visitors find the section: "https://anbinh.gov.vn/cchc"."""
    path: Path | None = None
    """kind "folder": the folder that the web server shows at `url`."""
    server: str = ""
    """Where it is written: the WebDAV collection, "sftp://user@host:22/path", or the address
    of the WordPress site."""
    user: str = ""
    password: str = field(default="", repr=False)
    """WebDAV or SFTP password, or WordPress application password."""
    key_file: Path | None = None
    """kind "sftp": a private key instead of the password."""
    known_hosts: Path | None = None
    """kind "sftp": host keys that are trusted; an unknown host is refused."""
    title: str = "Tin tuyên truyền cải cách hành chính"
    """Of the section and its feed."""
    audio: bool = True
    """Put the bulletin's sound on its page."""
    image_cache: Path | None = None
    """Where pictures made to fit are kept."""
    timeout: tuple[float, float] = (5, 30)
    """Seconds to connect, seconds between two bytes of the answer."""

    def __post_init__(self) -> None:
        register_secret(self.password)
        problems = [*self._url_problems(), *self._server_problems()]
        if problems:
            raise UserError("Mục [portal] của cấu hình có lỗi.", problems=problems)

    @property
    def base(self) -> str:
        """`url` with exactly one slash at its end; "" where it is not set."""
        return f"{self.url.rstrip('/')}/" if self.url else ""

    def missing(self) -> str | None:
        """What a live portal of this kind still needs, in Vietnamese; None when it is complete."""
        needed = {"url": self.url}
        if self.kind == "folder":
            needed["path"] = str(self.path or "")
        else:
            needed["server"] = self.server
            needed["user"] = self.user or (urlsplit(self.server).username or "")
            needed["password"] = self.password or str(self.key_file or "")
        if absent := [name for name, value in needed.items() if not value]:
            return f"Mục [portal] còn thiếu {', '.join(absent)} cho kiểu “{self.kind}”."
        return None

    def speaks_openly(self) -> bool:
        """Whether the password leaves this machine unencrypted."""
        parts = urlsplit(self.server)
        at_home = (parts.hostname or "") in ("localhost", "127.0.0.1", "::1")
        return parts.scheme == "http" and bool(self.password) and not at_home

    def _url_problems(self) -> list[Problem]:
        if not self.url or self.url.lower().startswith(("https://", "http://")):
            return []
        return [Problem(f"Mục [portal] url “{self.url}” sai.", "Hãy bắt đầu bằng https://.")]

    def _server_problems(self) -> list[Problem]:
        wanted = _SCHEMES.get(self.kind)
        if not self.server or wanted is None:
            return []
        try:
            parts = urlsplit(self.server)
            usable = parts.scheme in wanted and bool(parts.hostname)
            secret = parts.password
            _ = parts.port
        except ValueError:
            usable, secret = False, None
        if not usable:
            mend = f"Hãy viết dạng {wanted[0]}://máy-chủ/đường-dẫn."
            return [Problem("Mục [portal] server không đọc được.", mend)]
        if secret:
            register_secret(secret)
            mend = "Hãy bỏ mật khẩu khỏi server và đặt biến BROADCASTER_PORTAL__PASSWORD."
            return [Problem("Mục [portal] server có mật khẩu bên trong.", mend)]
        return []
