"""Names every step of a delivery from outside: product code is wrapped, never changed for it.

Nothing of this is in the product. Only `tests.faults.forkserver`, which starts daemons for tests,
calls `install`; an operator's daemon has no such switch.
"""

from __future__ import annotations

import functools
import os
import re
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from requests.adapters import HTTPAdapter
from sqlalchemy import Engine, event

from broadcaster import books, delivery, dispatch, evidence, takedowns, vault
from channels.facebook import FacebookChannel
from channels.portal.channel import PortalChannel
from channels.radio.channel import RadioChannel
from channels.radio.outputs.file import FileOutput
from channels.zalo import ZaloChannel

OnStep = Callable[[str], None]
"""Hears "radio:toan-xa/sending before". May kill the process, or raise."""

_EVERY = 40
"""Blocks of sound between two steps: a second has 50."""
_ADAPTERS = (FacebookChannel, PortalChannel, RadioChannel, ZaloChannel)
_lane = threading.local()


def install(on_step: OnStep) -> None:
    """Wrap every write, call and move of this process; `on_step` hears them by name."""

    def here(name: str) -> None:
        on_step(f"{getattr(_lane, 'name', 'aside')}/{name}")

    _wrap_lane()
    _wrap_takedowns(here)
    _wrap(books.Books, "move", here, lambda _self, _delivery, to, *_: str(to))
    _wrap(books.Books, "postpone", here, lambda *_, **__: "postpone")
    _wrap(books._StoredProgress, "record", here, lambda _self, key, _value: _step_of(key))
    _wrap(delivery, "decide", here, lambda *_, **__: "inside the transaction")
    _wrap(evidence.ArtefactStore, "put", here, lambda *_, **__: "artefact")
    _wrap(vault.Vault, "put", here, lambda _self, name, *_: f"vault {name}")
    _wrap(os, "fsync", here, lambda *_, **__: "fsync")
    _wrap(os, "replace", here, lambda *_, **__: "rename")
    _wrap(HTTPAdapter, "send", here, _wire)
    for adapter in _ADAPTERS:
        for verb in ("prepare", "deliver", "find"):
            _wrap(adapter, verb, here, lambda *_, verb=verb, **__: verb)
    _wrap(FileOutput, "open", here, lambda *_, **__: "recording opened")
    _wrap(FileOutput, "close", here, lambda *_, **__: "recording closed")
    _wrap_sound(here)
    event.listen(Engine, "commit", lambda _: here("commit before"))


def _wrap(owner: Any, name: str, here: OnStep, label: Callable[..., str]) -> None:
    original = getattr(owner, name)

    @functools.wraps(original)
    def wrapped(*given: Any, **named: Any) -> Any:
        step = label(*given, **named)
        here(f"{step} before")
        result = original(*given, **named)
        here(f"{step} after")
        return result

    setattr(owner, name, wrapped)
    if owner is delivery:
        books.decide = wrapped  # it was imported by its name


def _wrap_lane() -> None:
    """Each thread knows which delivery it works on."""
    original = dispatch.Dispatcher._tolerant

    def tolerant(self: Any, step: Any, row: Any) -> None:
        _lane.name = f"{row.channel}:{row.target}"
        try:
            original(self, step, row)
        finally:
            del _lane.name

    dispatch.Dispatcher._tolerant = tolerant  # type: ignore[method-assign]


def _wrap_takedowns(here: OnStep) -> None:
    """Its thread is named as a lane is, from the look at what is due on."""
    original = takedowns.run_due

    def run_due(app: Any) -> int:
        _lane.name = "takedown"
        return original(app)

    takedowns.run_due = run_due
    for part in ("_begin", "_try", "_close"):
        _wrap(takedowns, part, here, lambda *_, part=part, **__: part.strip("_"))
    _wrap(PortalChannel, "take_down", here, lambda *_, **__: "take_down")


def _wrap_sound(here: OnStep) -> None:
    original, written = FileOutput.write, [0]

    def write(self: FileOutput, block: bytes) -> None:
        original(self, block)
        written[0] += 1
        if written[0] % _EVERY == 0:
            here("sound")

    FileOutput.write = write  # type: ignore[method-assign]


def _wire(_adapter: Any, request: Any, **_named: Any) -> str:
    """A page's name has its bulletin's number; the step is the same."""
    name = urlsplit(request.url).path.rsplit("/", 1)[-1][:20]
    return f"{request.method} {re.sub(r'[0-9]+', 'N', name)}"


def _step_of(key: str) -> str:
    """Persons have pseudonyms of their own; the step is the same."""
    return f"progress {key.split('.')[0]}"
