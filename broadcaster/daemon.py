"""The daemon: fires lanes when something of them is due. The only importer of apscheduler.

APScheduler is the alarm clock, the database is the truth: its jobs are thrown away and made
again whenever the database changes, also by another process (the command line).
"""

from __future__ import annotations

import signal
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.date import DateTrigger

from broadcaster.caretaker import Caretaker
from broadcaster.clock import SystemClock
from broadcaster.daemon_lock import DaemonLock
from broadcaster.database import ChangeWatch, Database
from broadcaster.dispatch import Dispatcher
from broadcaster.logs import get_logger
from broadcaster.pulse import Pulse
from broadcaster.queue import Lane
from channels.base import Clock, Finding

log = get_logger(__name__)

_LOOK_SECONDS = 0.25
"""How soon a change made by the command line is seen."""
_REBUILD_SECONDS = 600.0
"""Jobs are made again at least this often (the queue looks 24 hours ahead)."""
_STEP_SECONDS = 1.0
"""A wall clock that moves by more than this against the steady one was stepped."""
_MEND_SECONDS = 5.0
"""How long after a lane broke its deliveries are looked at again."""
_LEAVE_SECONDS = 8.0
"""How long running deliveries may take to end after SIGTERM."""
_TIDY_SECONDS = 86_400.0
_EXPIRY, _TIDY = "expiry", "tidy"
_THREADS = 16
"""Lanes that may run at once: zones, the page, the followers, groups."""


class Daemon:
    """Runs a dispatcher's lanes at their times until it is asked to stop."""

    def __init__(
        self,
        home: Path,
        database: Database,
        dispatcher: Dispatcher,
        clock: Clock,
        caretaker: Caretaker,
        pulse: Pulse,
    ) -> None:
        self._home = home
        self._database = database
        self._dispatcher = dispatcher
        self._clock = clock
        self._caretaker = caretaker
        self._pulse = pulse
        self._alarm = SystemClock()
        self._scheduler = BackgroundScheduler(
            executors={"default": ThreadPoolExecutor(_THREADS)},
            timezone=UTC,
            job_defaults={"misfire_grace_time": None, "coalesce": True},
        )
        self._wake = threading.Event()
        self._tidied = float("-inf")
        self._lock = threading.Lock()
        self._running: set[Lane] = set()
        self._broken: dict[Lane, float] = {}

    def run(self) -> bool:
        """Until SIGTERM, SIGINT or `stop`. True when every delivery ended cleanly."""
        with DaemonLock(self._home):
            watch = ChangeWatch(self._database)
            self._catch_signals()
            recovered = self._dispatcher.recover()
            self._dispatcher.expire()
            self._scheduler.start()
            self._watch_channels()
            self._caretaker.start()
            self._pulse.started()
            log.info("daemon.started", recovered=recovered)
            try:
                self._watch(watch)
            finally:
                watch.close()
                clean = self._leave()
                log.info("daemon.stopped", clean=clean)
        return clean

    @property
    def busy(self) -> bool:
        """Whether something is going out now."""
        with self._lock:
            return bool(self._running)

    def stop(self) -> None:
        """Ask it to end; returns at once."""
        self._dispatcher.stop.set()
        self._wake.set()

    def _watch_channels(self) -> None:
        """Channels that can look at their own output do so, each in its own thread."""
        for name, channel in self._dispatcher.watching().items():

            def found(finding: Finding, name: str = name) -> None:
                try:
                    self._dispatcher.found(finding, name)
                except Exception:
                    # A record that cannot be written must not end the watching.
                    log.exception("finding.lost", channel=name, message=finding.message)

            stop = self._dispatcher.stop
            thread = threading.Thread(target=channel.watch, args=(found, stop), daemon=True)
            thread.start()

    def _watch(self, watch: ChangeWatch) -> None:
        """Rebuild the jobs when something changed, a lane ended, time stepped or passed."""
        rebuilt = float("-inf")
        drift = self._drift()
        while not self._dispatcher.stop.is_set():
            woken = self._wake.wait(_LOOK_SECONDS)
            self._wake.clear()
            self._mend()
            stepped = abs(self._drift() - drift) > _STEP_SECONDS
            if stepped:
                step = self._drift() - drift
                log.warning("clock.stepped", seconds=round(step, 3))
                self._dispatcher.trust.stepped(timedelta(seconds=step))
                drift += step
            stale = self._clock.monotonic() - rebuilt > _REBUILD_SECONDS
            if self._clock.monotonic() - self._tidied > _TIDY_SECONDS:
                self._tidied = self._clock.monotonic()
                self._scheduler.add_job(self._tidy, id=_TIDY)
            if watch.changed() or woken or stepped or stale:
                self._rebuild()
                rebuilt = self._clock.monotonic()
            if self._scheduler.running:
                self._pulse.beat()

    def _rebuild(self) -> None:
        wakes = self._dispatcher.next_wakes()
        expiry = self._dispatcher.next_expiry()
        for job in self._scheduler.get_jobs():
            if job.id != _TIDY:
                job.remove()
        with self._lock:
            idle = {lane: wake for lane, wake in wakes.items() if lane not in self._resting()}
        for lane, wake in idle.items():
            self._scheduler.add_job(
                self._run_lane, DateTrigger(self._on_alarm(wake)), [lane], id=f"lane:{lane}"
            )
        if expiry is not None:
            moment = self._on_alarm(expiry + timedelta(milliseconds=1))
            self._scheduler.add_job(self._expire, DateTrigger(moment), id=_EXPIRY)

    def _run_lane(self, lane: Lane) -> None:
        with self._lock:
            if lane in self._running:
                return
            self._running.add(lane)
        try:
            self._dispatcher.run_lane(lane)
        except Exception:
            # The thread's boundary: the lane rests, the others go on, and `_mend` comes back.
            log.exception("lane.broke", lane=str(lane))
            with self._lock:
                self._broken[lane] = self._clock.monotonic()
        finally:
            with self._lock:
                self._running.discard(lane)
            self._wake.set()

    def _expire(self) -> None:
        self._dispatcher.expire()
        self._wake.set()

    def _tidy(self) -> None:
        log.info("disk.tidied", bytes=self._dispatcher.tidy())

    def _mend(self) -> None:
        """A lane that broke may have left a delivery in `sending`: it is unknown now."""
        now = self._clock.monotonic()
        with self._lock:
            rested = [lane for lane, at in self._broken.items() if now - at > _MEND_SECONDS]
        for lane in rested:
            try:
                self._dispatcher.recover(lane)
            except Exception:
                log.exception("lane.not_mended", lane=str(lane))
                with self._lock:
                    self._broken[lane] = now
                continue
            with self._lock:
                del self._broken[lane]
            self._wake.set()

    def _resting(self) -> set[Lane]:
        return self._running | set(self._broken)

    def _on_alarm(self, moment: datetime) -> datetime:
        """The station's moment on the clock that APScheduler reads."""
        return self._alarm.now() + (moment - self._clock.now())

    def _drift(self) -> float:
        return self._clock.now().timestamp() - self._clock.monotonic()

    def _leave(self) -> bool:
        """The mirror of the start: no new jobs, running ones asked to end and waited for."""
        self._dispatcher.stop.set()
        self._pulse.ending()
        self._caretaker.stop()
        self._scheduler.remove_all_jobs()
        self._scheduler.shutdown(wait=False)
        deadline = self._clock.monotonic() + _LEAVE_SECONDS
        while self._clock.monotonic() < deadline:
            with self._lock:
                if not self._running:
                    return True
            self._clock.sleep(0.02)
        return False

    def _catch_signals(self) -> None:
        if threading.current_thread() is not threading.main_thread():
            return

        def asked(_number: int, _frame: FrameType | None) -> None:
            self.stop()

        signal.signal(signal.SIGTERM, asked)
        signal.signal(signal.SIGINT, asked)
