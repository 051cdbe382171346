"""The section over WebDAV (RFC 4918): written under another name, then moved into place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

from channels.base import ChannelError, Clock, Health, OutcomeUnknown
from channels.portal.settings import PortalSettings
from channels.portal.web import PortalWeb

_WRITTEN = (200, 201, 204)
_NOT_THERE = 404
_NO_FOLDER = 409
_REMOVED = (200, 202, 204, _NOT_THERE)


class WebDavPlace:
    """Half-written files are hidden under a name of their own: a visitor asks for no such name."""

    def __init__(self, settings: PortalSettings, clock: Clock) -> None:
        self._web = PortalWeb(settings, clock)
        self._root = self._web.root.rstrip("/") + "/"

    @contextmanager
    def open(self) -> Iterator[WebDavPlace]:
        """The collection; each call is a connection of its own."""
        yield self

    def read(self, name: str) -> bytes | None:
        """See `SiteFiles`."""
        answer = self._web.call("GET", self._address(name), good=(200, _NOT_THERE))
        return answer.body if answer.status == 200 else None

    def exists(self, name: str) -> bool:
        """See `SiteFiles`."""
        answer = self._web.call("HEAD", self._address(name), good=(200, 204, _NOT_THERE))
        return answer.status != _NOT_THERE

    def write(self, name: str, data: bytes) -> None:
        """See `SiteFiles`. Only the move can be seen, so only the move can be unknown."""
        folder, _, last = name.rpartition("/")
        hidden = self._address(f"{folder}/.{last}.part" if folder else f".{last}.part")
        self._put(hidden, data, folder)
        move = {"Destination": self._address(name), "Overwrite": "T"}
        self._web.call("MOVE", hidden, good=_WRITTEN, public=True, headers=move)

    def remove(self, name: str) -> None:
        """See `SiteFiles`."""
        self._web.call("DELETE", self._address(name), good=_REMOVED)

    def check(self) -> Health:
        """Write a hidden file and remove it."""
        probe = self._address(".probe.part")
        try:
            self._put(probe, b"", "")
            self._web.call("DELETE", probe, good=_REMOVED)
        except (ChannelError, OutcomeUnknown) as error:
            return Health("WebDAV", ok=False, message=error.message)
        return Health("WebDAV", ok=True, message=f"Ghi được vào {self._root}.")

    def _put(self, address: str, data: bytes, folder: str) -> None:
        answer = self._web.call("PUT", address, good=(*_WRITTEN, _NO_FOLDER), data=data)
        if answer.status == _NO_FOLDER:
            self._make_folders(folder)
            self._web.call("PUT", address, good=_WRITTEN, data=data)

    def _make_folders(self, folder: str) -> None:
        """The collection itself, then the folder in it; 405 means that it is there."""
        for place in (self._root, f"{self._address(folder)}/" if folder else ""):
            if place:
                self._web.call("MKCOL", place, good=(201, 405))

    def _address(self, name: str) -> str:
        return self._root + quote(name)
