"""Opens the home for one command and closes it again."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from broadcaster.app import App, open_app
from broadcaster.settings import default_home

_CALM = 15
"""How far work that runs beside the daemon steps back for it."""


@contextmanager
def opened() -> Iterator[App]:
    """The app of `--home` / BROADCASTER_HOME, acting as `--as` / BROADCASTER_USER."""
    app = open_app(default_home())
    try:
        yield app
    finally:
        app.close()


def step_back() -> None:
    """What runs beside the daemon leaves it the processor."""
    os.nice(_CALM)
