"""Connections that are cut when the head of an answer takes too long, byte by byte or not.

A read time-out starts anew with every byte; a trickling status line would hold a delivery for
hours.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, TypeAlias

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.response import HTTPResponse

PeerCheck: TypeAlias = Callable[[str], None]


class BoundedAdapter(HTTPAdapter):
    """Gives up on an answer's head `limit` seconds after the request has left.

    `peer` is shown the address of the other side of each new connection, and may raise.
    """

    def __init__(self, limit: float, peer: PeerCheck | None = None) -> None:
        self._limit = limit
        self._peer = peer
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _pools(self._limit, self._peer)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **kwargs)
        manager.pool_classes_by_scheme = _pools(self._limit, self._peer)
        return manager


@lru_cache(maxsize=16)
def _pools(limit: float, peer: PeerCheck | None) -> dict[str, type[HTTPConnectionPool]]:
    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return _shown(super()._new_conn(), peer)

        def getresponse(self) -> HTTPResponse:  # type: ignore[override]
            with _cut_after(limit, self.sock):
                return super().getresponse()

    class Tls(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return _shown(super()._new_conn(), peer)

        def getresponse(self) -> HTTPResponse:  # type: ignore[override]
            with _cut_after(limit, self.sock):
                return super().getresponse()

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class TlsPool(HTTPSConnectionPool):
        ConnectionCls = Tls

    return {"http": PlainPool, "https": TlsPool}


def _shown(connection: socket.socket, peer: PeerCheck | None) -> socket.socket:
    if peer is not None:
        try:
            peer(str(connection.getpeername()[0]))
        except BaseException:
            connection.close()
            raise
    return connection


@contextlib.contextmanager
def _cut_after(limit: float, connection: socket.socket | None) -> Iterator[None]:
    """Shut the socket from a timer, so that the waiting read ends; then it is a time-out."""
    fired = threading.Event()

    def cut() -> None:
        fired.set()
        if connection is not None:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(limit, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        if fired.is_set():
            raise TimeoutError("the head of the answer took too long")
