"""Puts the running parts of an app together: dispatcher and daemon."""

from __future__ import annotations

from pathlib import Path

from broadcaster import alerts, chores
from broadcaster.accounts import Accounts
from broadcaster.alert_watch import Watch
from broadcaster.alerts import Sender, Trouble
from broadcaster.app import App, open_app
from broadcaster.automatic_backup import AutomaticBackup
from broadcaster.automatic_verification import AutomaticVerification
from broadcaster.caretaker import Caretaker
from broadcaster.clock import SystemClock
from broadcaster.daemon import Daemon
from broadcaster.daemon_lock import last_one_died
from broadcaster.dispatch import Dispatcher
from broadcaster.integrity import DamagedError
from broadcaster.pulse import Pulse
from broadcaster.reach import ReachChore
from broadcaster.settings import load_settings
from broadcaster.takedowns import Takedowns
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
    caretaker, pulse = Caretaker(app.clock), Pulse(app.clock)
    daemon = Daemon(app.home, app.database, make_dispatcher(app), app.clock, caretaker, pulse)
    backup = AutomaticBackup(app.home, app.settings, app.clock, lambda: daemon.busy)
    walk = AutomaticVerification(app.home, app.settings, app.clock, lambda: daemon.busy)
    sender = Sender(app.database, app.station_id, app.station.name, app.settings, app.clock)
    died = last_one_died(app.home)
    caretaker.take(chores.Housekeeping(app))
    if app.settings.health.listen:
        from broadcaster.health_chore import Health

        caretaker.take(Health(app, pulse))
    caretaker.take(Takedowns(app))
    caretaker.take(Accounts(app))
    caretaker.take(ReachChore(app))
    caretaker.take(backup)
    caretaker.take(walk)
    troubles = {"backup": lambda: backup.trouble, "ledger": lambda: walk.trouble}
    caretaker.take(Watch(app, sender.routes, troubles, died=died))
    caretaker.take(sender)
    return daemon


def open_for_air(home: Path) -> App:
    """The home for the daemon: nothing is written to a damaged database.

    Then the officers are told (once a day), and UserError is raised.
    """
    clock = SystemClock()
    try:
        app = open_app(home, clock=clock)
        app.database.require_whole()
    except DamagedError as error:
        trouble = Trouble("database", "Cơ sở dữ liệu bị hỏng, đài không phát", str(error))
        alerts.shout(home, load_settings(home), trouble, clock)
        raise
    return app


def spoken_sha256(app: App, revision: Revision) -> str:
    """Of the words that the loudspeakers would say of a revision now."""
    return words_sha256(app.speak(read_aloud(revision.title, revision.body)).spoken)
