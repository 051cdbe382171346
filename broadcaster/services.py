"""Puts the running parts of an app together: dispatcher and daemon."""

from __future__ import annotations

import structlog

from broadcaster.app import App
from broadcaster.daemon import Daemon
from broadcaster.dispatch import Dispatcher
from content.bulletin import Revision
from content.draft import read_aloud
from content.workflow import words_sha256

log = structlog.get_logger(__name__)


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
    return Daemon(
        app.home, app.database, make_dispatcher(app), app.clock, lambda: log_reminders(app)
    )


def log_reminders(app: App) -> None:
    """Write into the log which tasks for people end soon. Once a day."""
    # Imported here, so that the daemon's start does not wait for it.
    from broadcaster.plan_progress import due_soon, plans_in_force

    today = app.clock.now().astimezone(app.zone).date()
    days = app.settings.schedule.remind_days
    for one in due_soon(plans_in_force(app, today), today, days):
        log.warning("plan.reminder", plan=one.plan, task=one.no, text=one.text)


def spoken_sha256(app: App, revision: Revision) -> str:
    """Of the words that the loudspeakers would say of a revision now."""
    return words_sha256(app.speak(read_aloud(revision.title, revision.body)).spoken)
