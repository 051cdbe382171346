"""Keeps the health port open: tried again while somebody else has it, never in the way."""

from __future__ import annotations

from broadcaster.app import App
from broadcaster.health import HealthServer
from broadcaster.logs import get_logger
from broadcaster.pulse import Pulse
from content.errors import UserError

log = get_logger(__name__)


class Health:
    """Opens the port at the first look; a port that is taken is no reason not to play."""

    name = "health"
    every = 60.0

    def __init__(self, app: App, pulse: Pulse) -> None:
        self._app = app
        self._pulse = pulse
        self._server: HealthServer | None = None

    def look(self) -> None:
        if self._server is not None:
            return
        try:
            self._server = HealthServer(self._app, self._pulse)
        except UserError as error:
            log.warning("health.no_port", why=str(error))
            return
        self._server.start()
        log.info("health.listening", port=self._server.port)

    def leave(self) -> None:
        if self._server is not None:
            self._server.stop()
