"""A WebDAV server with one collection; remembers every content that a visitor could have seen."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import unquote, urlsplit

from tests.servers.faulty import Call, Fault, FaultyServer, Reply

USER = "biên-tập"
PASSWORD = "davMARKERpassword77"
ROOT = "/dav/cchc/"

__all__ = ["PASSWORD", "ROOT", "USER", "Fault", "WebDavServer"]


class WebDavServer(FaultyServer):
    """Calls are named by their methods. `files` by names below the collection."""

    def __init__(self) -> None:
        super().__init__()
        self.files: dict[str, bytes] = {}
        self.folders: set[str] = set()
        self.seen: list[tuple[str, bytes]] = []
        """Every change of a name that a visitor may ask for."""

    @property
    def collection(self) -> str:
        return self.url + ROOT

    def name_of(self, method: str, path: str) -> str:
        return method

    def refusal(self, call: Call, fault: Fault) -> Reply:
        status = {Fault.SERVER_ERROR: 500, Fault.EXPIRED_TOKEN: 401, Fault.RATE_LIMIT: 429}
        return Reply(b"", status.get(fault, 403), {"Retry-After": "120"})

    def answer(self, call: Call) -> Reply:
        wanted = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if call.headers.get("authorization") != f"Basic {wanted}":
            return Reply(b"", 401)
        name = unquote(call.path).removeprefix(ROOT)
        method = getattr(self, f"_on_{call.method.lower()}")
        reply: Reply = method(name, call)
        return reply

    def state(self) -> Any:
        return sorted(self.files)

    def _on_get(self, name: str, call: Call) -> Reply:
        return Reply(self.files[name]) if name in self.files else Reply(b"", 404)

    def _on_head(self, name: str, call: Call) -> Reply:
        return Reply(b"", 200 if name in self.files else 404)

    def _on_put(self, name: str, call: Call) -> Reply:
        if "/" in name and name.rpartition("/")[0] not in self.folders:
            return Reply(b"", 409)
        self._set(name, call.body)
        return Reply(b"", 201)

    def _on_mkcol(self, name: str, call: Call) -> Reply:
        if name.strip("/") in self.folders or not name:
            return Reply(b"", 405)
        self.folders.add(name.strip("/"))
        return Reply(b"", 201)

    def _on_move(self, name: str, call: Call) -> Reply:
        to = unquote(urlsplit(call.headers["destination"]).path).removeprefix(ROOT)
        if name not in self.files:
            return Reply(b"", 404)
        self._set(to, self.files.pop(name))
        return Reply(b"", 201)

    def _on_delete(self, name: str, call: Call) -> Reply:
        self.files.pop(name, None)
        return Reply(b"", 204)

    def _set(self, name: str, data: bytes) -> None:
        self.files[name] = data
        if not name.rpartition("/")[2].startswith("."):
            self.seen.append((name, data))
