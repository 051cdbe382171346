"""The channels under the contract test: each with a way to count what is really outside.

A new channel adds one line to `RIGS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from channels.base import Channel
from channels.facebook import FacebookChannel, FacebookSettings, SandboxFacebook
from channels.portal.channel import PortalChannel, PortalSettings, SandboxPortal
from channels.radio.channel import RadioChannel
from channels.radio.settings import RadioFolders, RadioSettings
from channels.zalo import SandboxZalo, ZaloChannel, ZaloSettings
from channels.zalo_tokens import TokenPair
from tests.channels.support import HandClock
from tests.servers import sftp, webdav, wordpress
from tests.servers.facebook import PAGE, TOKEN, FacebookServer, Fault
from tests.servers.zalo import APP_ID, APP_SECRET, OA_ID, REFRESH, ZaloServer

QUICK = (0.2, 0.2)
FACEBOOK_SECRET = "fbAppSecretMARKER55"
MARKER = "MARKER"
"""Inside every planted secret."""


class MemoryStore:
    """A token store in memory; remembers every pair it was given."""

    def __init__(self, pair: TokenPair | None = None) -> None:
        self.saved: list[TokenPair] = [pair] if pair else []

    def load(self) -> TokenPair | None:
        return self.saved[-1] if self.saved else None

    def save(self, pair: TokenPair) -> None:
        self.saved.append(pair)


@dataclass
class Rig:
    """A channel, and hands on the world outside of it. None: this channel has no such fault."""

    channel: Channel
    clock: HandClock
    published: Callable[[], int]
    refuse_once: Callable[[], None] | None = None
    accept_and_lose_once: Callable[[], None] | None = None
    secrets: tuple[str, ...] = field(default=())


def facebook_settings(url: str, **changes: object) -> FacebookSettings:
    values: dict[str, object] = {
        "mode": "live",
        "page_id": PAGE,
        "api_url": url,
        "page_token": TOKEN,
        "app_secret": FACEBOOK_SECRET,
        "timeout": QUICK,
    }
    return FacebookSettings(**{**values, **changes})  # type: ignore[arg-type]


def zalo_settings(url: str, **changes: object) -> ZaloSettings:
    values: dict[str, object] = {
        "mode": "live",
        "oa_id": OA_ID,
        "app_id": APP_ID,
        "api_url": url,
        "oauth_url": url,
        "app_secret": APP_SECRET,
        "refresh_token": REFRESH,
        "cover_url": "https://anbinh.example.vn/bia.jpg",
        "timeout": QUICK,
    }
    return ZaloSettings(**{**values, **changes})  # type: ignore[arg-type]


@contextmanager
def facebook_live(folder: Path) -> Iterator[Rig]:
    clock = HandClock()
    with FacebookServer(app_secret=FACEBOOK_SECRET, now=clock.now()) as server:
        yield Rig(
            FacebookChannel(facebook_settings(server.url), clock),
            clock,
            lambda: len(server.posts),
            lambda: server.fault("feed", Fault.EXPIRED_TOKEN),
            lambda: server.fault("feed", Fault.ACCEPT_THEN_TIMEOUT),
        )


@contextmanager
def facebook_sandbox(folder: Path) -> Iterator[Rig]:
    clock = HandClock()
    settings = facebook_settings("http://127.0.0.1:9", mode="sandbox")
    pages = folder / "facebook"
    yield Rig(SandboxFacebook(settings, pages, clock), clock, lambda: len([*pages.glob("*.html")]))


@contextmanager
def zalo_live(folder: Path) -> Iterator[Rig]:
    clock = HandClock()
    with ZaloServer() as server:
        settings = zalo_settings(server.url)
        yield Rig(
            ZaloChannel(settings, MemoryStore(), folder / "zalo.lock", clock),
            clock,
            lambda: server.published,
            lambda: server.fault("broadcast", Fault.REFUSE),
            lambda: server.fault("create", Fault.ACCEPT_THEN_TIMEOUT),
        )


@contextmanager
def zalo_sandbox(folder: Path) -> Iterator[Rig]:
    clock = HandClock()
    settings = zalo_settings("http://127.0.0.1:9", mode="sandbox")
    pages = folder / "zalo"
    yield Rig(SandboxZalo(settings, pages, clock), clock, lambda: len([*pages.glob("*.html")]))


@contextmanager
def radio(folder: Path, mode: Literal["live", "sandbox"] = "live") -> Iterator[Rig]:
    """Played to a file in hand-moved time; a recording that is whole counts as outside."""
    clock = HandClock()
    settings = RadioSettings(engines=("espeak",), signature_tune="none", mode=mode)
    folders = RadioFolders.in_home(folder)
    channel = RadioChannel(settings, "UBND xã An Bình", folders, clock)
    yield Rig(channel, clock, lambda: len([*folder.rglob("air/**/*.wav")]))


def portal_settings(**changes: object) -> PortalSettings:
    values: dict[str, object] = {"mode": "live", "url": "https://anbinh.example.vn/cchc"}
    return PortalSettings(**{**values, "timeout": QUICK, **changes})  # type: ignore[arg-type]


@contextmanager
def portal_folder(folder: Path) -> Iterator[Rig]:
    clock = HandClock()
    site = folder / "cổng"
    settings = portal_settings(path=site)
    yield Rig(PortalChannel(settings, clock, no_sound), clock, lambda: pages(site))


@contextmanager
def portal_webdav(folder: Path) -> Iterator[Rig]:
    clock = HandClock()
    with webdav.WebDavServer() as server:
        settings = portal_settings(
            kind="webdav", server=server.collection, user=webdav.USER, password=webdav.PASSWORD
        )
        yield Rig(
            PortalChannel(settings, clock, no_sound),
            clock,
            lambda: sum("-bt7" in name and not name.startswith(".") for name in server.files),
            lambda: server.fault("PUT", Fault.REFUSE),
            lambda: server.fault("MOVE", Fault.ACCEPT_THEN_TIMEOUT),
        )


@contextmanager
def portal_sftp(folder: Path) -> Iterator[Rig]:
    clock = HandClock()
    with sftp.SftpServer(folder / "máy chủ") as server:
        known = folder / "known_hosts"
        known.write_text(server.known_hosts_line)
        settings = portal_settings(
            kind="sftp",
            server=server.url,
            user=sftp.USER,
            password=sftp.PASSWORD,
            known_hosts=known,
            timeout=(5, 5),
        )
        yield Rig(
            PortalChannel(settings, clock, no_sound),
            clock,
            lambda: pages(server.folder / "cong" / "cchc"),
            None,
            lambda: server.drop_on_rename.append(("-bt7.html", True)),
        )


@contextmanager
def portal_wordpress(folder: Path) -> Iterator[Rig]:
    clock = HandClock()
    with wordpress.WordPressServer() as server:
        settings = portal_settings(
            kind="wordpress",
            server=server.url,
            user=wordpress.USER,
            password=wordpress.PASSWORD,
        )
        yield Rig(
            PortalChannel(settings, clock, no_sound),
            clock,
            lambda: len(server.published),
            lambda: server.fault("update", Fault.REFUSE),
            lambda: server.fault("update", Fault.ACCEPT_THEN_TIMEOUT),
        )


@contextmanager
def portal_sandbox(folder: Path) -> Iterator[Rig]:
    clock = HandClock()
    shown = folder / "portal"
    channel = SandboxPortal(portal_settings(mode="sandbox"), shown, clock, no_sound)
    yield Rig(channel, clock, lambda: len([*shown.glob("*.html")]))


def no_sound(_: object) -> None:
    return None


def pages(site: Path) -> int:
    return len([*site.glob("*-bt7.html")])


RIGS: dict[str, Callable[[Path], AbstractContextManager[Rig]]] = {
    "facebook": facebook_live,
    "facebook-sandbox": facebook_sandbox,
    "zalo": zalo_live,
    "zalo-sandbox": zalo_sandbox,
    "portal-folder": portal_folder,
    "portal-webdav": portal_webdav,
    "portal-sftp": portal_sftp,
    "portal-wordpress": portal_wordpress,
    "portal-sandbox": portal_sandbox,
    "radio": radio,
    "radio-sandbox": lambda folder: radio(folder, "sandbox"),
}
