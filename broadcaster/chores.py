"""The day's work on the ledger, done by the daemon beside the broadcasts."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.exc import SQLAlchemyError

from broadcaster import checkpoints, retention, stamps
from broadcaster.app import App
from broadcaster.logs import get_logger
from content.errors import UserError

log = get_logger(__name__)

_REMINDING_HOUR = 7
"""On the station's clock; the daemon looks once an hour."""


class Housekeeping:
    """The caretaker's view of these chores."""

    name = "ledger"
    every = 3_600.0
    """Seconds between two looks at whether the day's work is done."""

    def __init__(self, app: App) -> None:
        self._app = app

    def look(self) -> None:
        run(self._app)

    def leave(self) -> None:
        """Nothing is held open."""


def run(app: App) -> None:
    """Do what is due; each piece decides for itself, and one that fails does not stop the others.

    What failed is tried again at the next look.
    """
    for name, piece in _PIECES.items():
        try:
            piece(app)
        except (UserError, OSError, SQLAlchemyError) as error:
            log.warning("chore.failed", chore=name, error=str(error))


def _checkpoint(app: App) -> None:
    made = checkpoints.make_due_checkpoint(app)
    if made is not None and made.new:
        log.info("checkpoint.made", no=made.seal.no, seq=made.seal.seq, hash=made.seal.hash)


def _stamp(app: App) -> None:
    made = stamps.stamp_due(app)
    if made is not None and made.new:
        log.info("checkpoint.stamped", no=made.no, at=made.at.isoformat())


def _retention(app: App) -> None:
    pruned = retention.prune_due(app)
    if pruned.files:
        log.info("evidence.pruned", files=pruned.files, bytes=pruned.bytes)


def remind(app: App) -> None:
    """Write into the log which tasks for people end soon."""
    # Imported here, so that the daemon's start does not wait for it.
    from broadcaster.plan_progress import due_soon, plans_in_force

    today = app.clock.now().astimezone(app.zone).date()
    days = app.settings.schedule.remind_days
    for one in due_soon(plans_in_force(app, today), today, days):
        log.warning("plan.reminder", plan=one.plan, task=one.no, text=one.text)


def _reminders(app: App) -> None:
    """Once a day."""
    if app.clock.now().astimezone(app.zone).hour == _REMINDING_HOUR:
        remind(app)


_PIECES: dict[str, Callable[[App], None]] = {
    "checkpoint": _checkpoint,
    "stamp": _stamp,
    "retention": _retention,
    "reminders": _reminders,
}
