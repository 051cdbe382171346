"""`run`: the daemon."""

from __future__ import annotations

import os
import sys

import typer


def register(app: typer.Typer, name: str, line: str) -> None:
    """Add the command."""
    app.command(name, help=line)(run)


def run() -> None:
    """Until SIGTERM or Ctrl-C."""
    from broadcaster.logs import log_to
    from broadcaster.services import make_daemon, open_for_air
    from broadcaster.settings import default_home

    app = open_for_air(default_home())
    try:
        log_to(app.home)
        clean = make_daemon(app).run()
    finally:
        app.close()
    if not clean:
        # A delivery hangs in a thread that nobody can end; the next start settles it.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)
