"""The portal channel: a static section or a WordPress site, live; and a sandbox of it."""

from __future__ import annotations

import base64
import threading
from collections.abc import Sequence
from datetime import datetime, timedelta
from html import escape
from pathlib import Path
from typing import Protocol

from channels.base import (
    Artefact,
    ChannelError,
    Clock,
    ErrorKind,
    Health,
    OutcomeUnknown,
    Outgoing,
    Prepared,
    Receipt,
    Sending,
    Target,
    Withdrawal,
)
from channels.bulletin_text import SoundOf
from channels.gate import pass_last_gate
from channels.portal.page import gone_html, page_html, prepare_page
from channels.portal.settings import PortalSettings
from channels.portal.site import Gate
from channels.preview_pages import PREVIEW_MARK, SIMULATED_MARK
from channels.sandbox import SandboxChannel
from content.files import write_atomically

__all__ = ["PortalChannel", "PortalSettings", "SandboxPortal"]


class Publisher(Protocol):
    """One kind of portal. Publishing again what stands there already changes nothing."""

    def publish(self, prepared: Prepared, sending: Sending, gate: Gate) -> Receipt: ...

    def find(self, prepared: Prepared, sending: Sending) -> Receipt | None: ...

    def take_down(self, withdrawal: Withdrawal) -> Receipt | None: ...

    def check(self) -> Sequence[Health]: ...


class PortalChannel:
    """One section of one portal, live.

    A second publication of the same bulletin is the same page, so one look that does not find it
    is enough to write it again.
    """

    name = "portal"
    simulated = False
    can_find = True
    absence_is_proof = True
    lead = timedelta(0)

    def __init__(self, settings: PortalSettings, clock: Clock, sound: SoundOf) -> None:
        self._settings = settings
        self._clock = clock
        self._sound = sound
        # The lists are read, changed and written back: one at a time.
        self._alone = threading.Lock()

    def targets(self) -> Sequence[Target]:
        """The section."""
        return _targets(self._settings)

    def prepare(self, outgoing: Outgoing) -> Prepared:
        """The page or post."""
        return prepare_page(outgoing, self._settings, self._sound)

    def deliver(self, prepared: Prepared, sending: Sending) -> Receipt:
        """Put it on the portal; nothing that visitors see changes before the last gate."""
        if prepared.problems:
            raise ChannelError(ErrorKind.FIX_CONTENT, " ".join(prepared.problems), code="limits")
        publisher = self._publisher()
        with self._alone:
            return publisher.publish(
                prepared, sending, lambda: pass_last_gate(sending, self._clock)
            )

    def find(self, prepared: Prepared, sending: Sending) -> Receipt | None:
        """Look for the page itself."""
        try:
            publisher = self._publisher()
            with self._alone:
                return publisher.find(prepared, sending)
        except ChannelError as error:
            reason = error.message
        raise OutcomeUnknown(f"Chưa xem lại được cổng thông tin: {reason}")

    def take_down(self, withdrawal: Withdrawal) -> Receipt | None:
        """Visitors see that it was taken back, and no list leads to it any more."""
        publisher = self._publisher()
        with self._alone:
            withdrawal.begin()
            return publisher.take_down(withdrawal)

    def preview(self, prepared: Prepared) -> Artefact:
        """The page with its picture and sound inside."""
        return _whole_page(prepared, self._settings, PREVIEW_MARK)

    def tidy(self, before: datetime) -> int:
        """Nothing is kept here."""
        return 0

    def check(self) -> Sequence[Health]:
        """Whether the section could be written; nothing that visitors see changes."""
        if missing := self._settings.missing():
            return [Health("Cấu hình", ok=False, message=missing)]
        lines = list(self._publisher().check())
        if self._settings.speaks_openly():
            message = "Mật khẩu đi qua http:// không được mã hóa; hãy dùng https://."
            lines.append(Health("Bảo mật", ok=False, message=message))
        return lines

    def _publisher(self) -> Publisher:
        if missing := self._settings.missing():
            raise ChannelError(ErrorKind.REAUTHORISE, missing, code="settings")
        return _publisher(self._settings, self._clock)


class SandboxPortal(SandboxChannel):
    """The same page with the same checks, written into the sandbox folder."""

    name = "portal"

    def __init__(
        self, settings: PortalSettings, folder: Path, clock: Clock, sound: SoundOf
    ) -> None:
        super().__init__(folder, clock)
        self._settings = settings
        self._sound = sound

    def targets(self) -> Sequence[Target]:
        """As the live channel."""
        return _targets(self._settings)

    def prepare(self, outgoing: Outgoing) -> Prepared:
        """As the live channel."""
        return prepare_page(outgoing, self._settings, self._sound)

    def page(self, prepared: Prepared, *, target: str | None = None) -> Artefact:
        """The page, marked as simulated."""
        return _whole_page(prepared, self._settings, SIMULATED_MARK)

    def take_down(self, withdrawal: Withdrawal) -> Receipt | None:
        """The page that visitors of the live portal would find, in the place of each page here."""
        withdrawal.begin()
        written = [path for one in withdrawal.references if (path := self._path(one)).is_file()]
        page = gone_html(self._settings, withdrawal, _bar(SIMULATED_MARK))
        try:
            for path in written:
                write_atomically(path, page)
        except OSError as error:
            fault = ChannelError(
                ErrorKind.RETRY, f"Không ghi được trang mô phỏng ({error.strerror}).", code="write"
            )
        else:
            return self._taken_down(written, page)
        raise fault

    def _taken_down(self, written: list[Path], page: bytes) -> Receipt | None:
        if not written:
            return None
        return Receipt(
            permalink=written[-1].resolve().as_uri(),
            simulated=True,
            artefacts=(Artefact("portal-gone.html", "text/html", page),),
        )


def _targets(settings: PortalSettings) -> tuple[Target, ...]:
    return (Target("portal", "site", settings.title),)


def _publisher(settings: PortalSettings, clock: Clock) -> Publisher:
    """Loaded when used: most runs of the program publish to one kind of portal or to none."""
    from channels.portal.site import StaticSite

    match settings.kind:
        case "wordpress":
            from channels.portal.wordpress import WordPress

            return WordPress(settings, clock)
        case "webdav":
            from channels.portal.webdav import WebDavPlace

            return StaticSite(settings, WebDavPlace(settings, clock))
        case "sftp":
            from channels.portal.sftp import SftpPlace

            return StaticSite(settings, SftpPlace(settings))
        case "folder":
            from channels.portal.folder import FolderPlace

            return StaticSite(settings, FolderPlace(settings.path or Path()))


def _whole_page(prepared: Prepared, settings: PortalSettings, mark: str) -> Artefact:
    """One file that shows everything: picture and sound inside, a bar that says what it is."""
    places = {
        artefact.media_type.split("/")[0]: _inside(artefact) for artefact in prepared.attachments
    }
    problems = "".join(f"<li>{escape(problem)}</li>" for problem in prepared.problems)
    listed = f'<ul class="problems">{problems}</ul>' if problems else ""
    places["mark"] = _bar(mark) + listed
    page = page_html(prepared.details, settings, places)
    return Artefact("portal-preview.html", "text/html", page)


def _bar(mark: str) -> str:
    kind = "simulated" if mark == SIMULATED_MARK else "preview"
    note = "Chưa gửi gì ra ngoài; đây là hình dung nội dung sẽ đăng."
    return f'<div class="mark {kind}">{mark}<small>{note}</small></div>'


def _inside(artefact: Artefact) -> str:
    try:
        data = artefact.read()
    except OSError:
        return ""
    return f"data:{artefact.media_type};base64,{base64.b64encode(data).decode()}"
