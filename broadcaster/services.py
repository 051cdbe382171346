"""Puts the running parts of an app together: dispatcher and daemon."""

from __future__ import annotations

from broadcaster.app import App
from broadcaster.automatic_backup import AutomaticBackup
from broadcaster.caretaker import Caretaker
from broadcaster.daemon import Daemon
from broadcaster.dispatch import Dispatcher
from content.bulletin import Revision
from content.draft import read_aloud
from content.workflow import words_sha256


def make_dispatcher(app: App) -> Dispatcher:
    """The dispatcher of this home's station."""
    return Dispatcher(
        app.database,
        app.station,
        app.settings,
        app.channels,
        app.store,
        app.media,
        app.clock,
        lambda revision: spoken_sha256(app, revision),
    )


def make_daemon(app: App) -> Daemon:
    """The daemon of this home."""
    caretaker = Caretaker(app.clock)
    daemon = Daemon(app.home, app.database, make_dispatcher(app), app.clock, caretaker)
    caretaker.take(AutomaticBackup(app.home, app.settings, app.clock, lambda: daemon.busy))
    return daemon


def spoken_sha256(app: App, revision: Revision) -> str:
    """Of the words that the loudspeakers would say of a revision now."""
    return words_sha256(app.speak(read_aloud(revision.title, revision.body)).spoken)
