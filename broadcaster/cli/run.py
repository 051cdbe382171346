"""`run`: the daemon."""

from __future__ import annotations

import os
import sys

import typer

from broadcaster.cli.session import opened


def register(app: typer.Typer, name: str, line: str) -> None:
    """Add the command."""
    app.command(name, help=line)(run)


def run() -> None:
    """Until SIGTERM or Ctrl-C."""
    from broadcaster.logs import log_to
    from broadcaster.services import make_daemon

    with opened() as app:
        app.database.require_whole()
        log_to(app.home)
        daemon = make_daemon(app)
        clean = daemon.run()
    if not clean:
        # A delivery hangs in a thread that nobody can end; the next start settles it.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)
