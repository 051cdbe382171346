"""Puts deliveries out: the only caller of `Channel.deliver`; retries; settles what is unknown.

At every line the question is: what if the power fails here? The answer is always the same two
facts: `sending` is on disk before the first byte leaves, and whatever is found in `sending` at
start-up is looked for outside before anything is sent again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from broadcaster import gates, queue
from broadcaster.books import Books
from broadcaster.clock_trust import ClockTrust
from broadcaster.database import Database
from broadcaster.delivery import LostRaceError, Outcome
from broadcaster.evidence import ArtefactStore, Kind, StoredArtefact
from broadcaster.logs import get_logger
from broadcaster.outgoing import changed_media, delivery_of, outgoing_for, reference_of
from broadcaster.portal_first import LINK, Waiting, choose_link
from broadcaster.precedence import Precedence, StopSignal
from broadcaster.queue import Lane
from broadcaster.records import RESTORED, Broadcast, Delivery
from broadcaster.records import DeliveryStatus as Status
from broadcaster.settings import Settings
from channels.base import (
    NOT_REACHED,
    Channel,
    ChannelError,
    Clock,
    ErrorKind,
    Finding,
    FindingKind,
    Json,
    NeedsPerson,
    OutcomeUnknown,
    Outgoing,
    Prepared,
    Receipt,
    Sending,
    Target,
    Watching,
)
from channels.redaction import redact
from content.bulletin import Revision
from content.station import Station

log = get_logger(__name__)

_HOLD = timedelta(minutes=5)
"""How often a delivery that waits for a person (a new token) is tried again."""
_KEPT = timedelta(days=30)
"""How long unused renders and recordings stay; what was aired is in the evidence."""
_LEAST = timedelta(seconds=1)
"""Between two looks that fail: a platform that is away is not asked without a breath."""
_SETTLE = (
    "kênh này không tự kiểm tra được; hãy mở ra xem rồi chạy: "
    "broadcaster broadcast settle {id} --sent URL | --not-sent"
)
_AGAIN = timedelta(seconds=30)
"""How soon a rendering that failed for a passing reason is tried again."""


class Dispatcher:
    """Moves the deliveries of one station along their states."""

    def __init__(
        self,
        database: Database,
        station: Station,
        settings: Settings,
        channels: Mapping[str, Channel],
        store: ArtefactStore,
        media: Path,
        clock: Clock,
        spoken_sha256: Callable[[Revision], str],
    ) -> None:
        self._database = database
        self._station = station
        self._station_id = station.id or 0
        self._zone = ZoneInfo(station.timezone)
        self._settings = settings
        self._channels = channels
        self._store = store
        self._media = media
        self._clock = clock
        self._spoken_sha256 = spoken_sha256
        self._leads = {name: channel.lead for name, channel in channels.items()}
        self.stop = threading.Event()
        self.trust = ClockTrust(clock)
        self._precedence = Precedence()
        self._books = Books(
            database, clock, lambda name: name in channels and channels[name].simulated
        )

    # What the daemon asks

    def recover(self, lane: Lane | None = None) -> int:
        """What a crash left in `sending` is unknown, and looked for at once.

        For start-up, or for one lane that is known not to run.
        """
        with self._database.reading() as session:
            left = queue.left_sending(session, self._station_id)
        left = [row for row in left if lane in (None, Lane.of(row))]
        for delivery in left:
            reason = "chương trình dừng đột ngột khi đang gửi; đang kiểm tra đã ra ngoài chưa"
            self._books.move(
                delivery, Status.UNKNOWN, Outcome(reason, {"next_at": self._clock.now()})
            )
        return len(left)

    def expire(self) -> int:
        """Everything whose window closed before it began is missed, with evidence."""
        with self._database.reading() as session:
            late = queue.expired(session, self._station_id, self._clock.now())
        for delivery in late:
            self._tolerant(self._miss, delivery)
        return len(late)

    def next_wakes(self) -> dict[Lane, datetime]:
        """For each lane the moment when something of it is due."""
        with self._database.reading() as session:
            now = self._clock.now()
            return queue.wakes(queue.turns(session, self._station_id, now, self._leads))

    def next_expiry(self) -> datetime | None:
        """When the next open delivery's window closes."""
        with self._database.reading() as session:
            return queue.next_expiry(session, self._station_id)

    def run_lane(self, lane: Lane) -> int:
        """Do all that is due in a lane, one after another; how many steps were taken."""
        steps = 0
        while not self.stop.is_set() and not self._precedence.must_yield(lane):
            with self._database.reading() as session:
                now = self._clock.now()
                delivery = queue.due(session, self._station_id, lane, now, self._leads)
            if delivery is None:
                break
            self._tolerant(self._step, delivery)
            steps += 1
        return steps

    def watching(self) -> Mapping[str, Watching]:
        """The channels that can look at their own output."""
        return {
            name: channel
            for name, channel in self._channels.items()
            if isinstance(channel, Watching)
        }

    def found(self, finding: Finding, channel: str) -> None:
        """Something that a channel noticed about its own output: into the evidence."""
        level = log.error if finding.kind is FindingKind.ALARM else log.info
        level("channel.found", channel=channel, target=finding.target, message=finding.message)
        delivery_id = None if finding.reference is None else delivery_of(finding.reference)
        with self._database.reading() as session:
            delivery = session.get(Delivery, delivery_id) if delivery_id is not None else None
        self._books.note(self._station_id, channel, finding, delivery)

    def tidy(self) -> int:
        """Free what the channels keep only for convenience; bytes freed."""
        before = self._clock.now() - _KEPT
        return sum(channel.tidy(before) for channel in self._channels.values())

    # One step of one delivery

    def _step(self, delivery: Delivery) -> None:
        status = Status(delivery.status)
        if status is Status.UNKNOWN:
            self._settle(delivery)
        elif self._clock.now() > delivery.expires_at:
            self._miss(delivery)
        elif delivery.channel not in self._channels:
            self._fail(delivery, f"kênh “{delivery.channel}” không có trong cài đặt")
        elif status is Status.PLANNED:
            self._make_ready(delivery)
        elif queue.is_look_ahead(delivery, self._clock.now(), self._leads[delivery.channel]):
            self._look_ahead(delivery)
        else:
            self._send(delivery)

    def _make_ready(self, delivery: Delivery) -> None:
        """Render and check ahead of time, so that nothing is left to do at air time."""
        prepared = self._prepare(delivery)
        if prepared is None or self._refused(delivery, prepared):
            return
        changes = {
            "payload_sha256": prepared.payload.sha256(),
            "next_at": self._next_look(delivery),
        }
        self._books.move(delivery, Status.READY, Outcome("đã dựng xong và kiểm tra", changes))

    def _look_ahead(self, delivery: Delivery) -> None:
        """Minutes and seconds before air: still there, unchanged and permitted? Else mended now."""
        prepared = self._prepare(delivery)
        if prepared is None or self._refused(delivery, prepared):
            return
        payload = prepared.payload.sha256()
        left = round((delivery.scheduled_at - self._clock.now()).total_seconds())
        found = "sẵn sàng" if payload == delivery.payload_sha256 else "đã dựng lại, sẵn sàng"
        self._books.postpone(
            delivery,
            self._next_look(delivery),
            f"kiểm tra trước giờ {_duration(left)}: {found}",
            payload_sha256=payload,
        )

    def _next_look(self, delivery: Delivery) -> datetime | None:
        return queue.next_look(delivery, self._clock.now(), self._leads[delivery.channel])

    def _send(self, delivery: Delivery) -> None:
        if self._waits_for_portal(delivery):
            return
        prepared = self._prepare(delivery)
        if prepared is None or self._refused(delivery, prepared):
            return
        payload = self._store.put(prepared.payload)
        now = self._clock.now()
        changes = {
            "attempts": delivery.attempts + 1,
            "looks": 0,
            "first_sent_at": delivery.first_sent_at or now,
            "payload_sha256": payload.sha256,
        }
        outcome = Outcome("bắt đầu gửi", changes, artefacts=[payload])
        self._books.move(delivery, Status.SENDING, outcome)
        # From here on a crash leaves `sending`, which is never blindly sent again.
        with self._precedence.on_air(Lane.of(delivery), self.stop) as stop:
            self._deliver(delivery, prepared, stop)

    def _waits_for_portal(self, delivery: Delivery) -> bool:
        """Choose the link that this post carries, or put it off until the portal has the page."""
        progress = self._books.progress(delivery)
        wait = self._settings.portal.wait
        with self._database.reading() as session:
            chosen = choose_link(session, delivery, progress, wait, self._clock.now())
        if isinstance(chosen, Waiting):
            self._books.postpone(delivery, chosen.until, chosen.reason)
            return True
        if chosen and progress.get(LINK) is None:
            progress.record(LINK, chosen)
        return False

    def _deliver(self, delivery: Delivery, prepared: Prepared, stop: StopSignal) -> None:
        channel = self._channels[delivery.channel]
        try:
            receipt = channel.deliver(prepared, self._sending(delivery, stop))
        except ChannelError as error:
            self._surely_not(delivery, error, cut=stop.is_set())
        except OutcomeUnknown as error:
            self._perhaps(delivery, error.message, error.details)
        except Exception as error:
            # The one broad except: a bug in a channel must not stop the others, and since
            # nobody knows how far it came, the honest state is `unknown`.
            log.exception("channel.bug", delivery=delivery.id, error=redact(repr(error)))
            self._perhaps(delivery, f"lỗi chương trình ở kênh {delivery.channel}", {})
        else:
            self._sent(delivery, receipt, Kind.DELIVERY, "đã ra ngoài")

    # What came of it

    def _sent(self, delivery: Delivery, receipt: Receipt, kind: Kind, reason: str) -> None:
        stored = [self._store.put(artefact) for artefact in receipt.artefacts]
        now = self._clock.now()
        changes = {
            "started_at": receipt.started_at or delivery.first_sent_at,
            "ended_at": receipt.ended_at or now,
            "external_id": receipt.external_id,
            "permalink": receipt.permalink,
        }
        outcome = Outcome(
            reason + (" (mô phỏng)" if receipt.simulated else ""),
            changes,
            simulated=receipt.simulated,
            details=receipt.details,
            artefacts=stored,
            kind=kind,
        )
        self._books.move(delivery, Status.SENT, outcome)

    def _surely_not(self, delivery: Delivery, error: ChannelError, *, cut: bool = False) -> None:
        details: dict[str, Json] = {**error.details, "code": error.code, "error": str(error.kind)}
        outcome = Outcome(error.message, details=details, artefacts=self._kept(error))
        now = self._clock.now()
        if cut and error.kind is ErrorKind.RETRY:
            # Our own shutdown or an emergency cut it: the attempt does not count.
            changes: dict[str, Any] = {"attempts": delivery.attempts - 1}
            reason = error.message if self.stop.is_set() else "nhường cho tin khẩn cấp"
            self._books.move(
                delivery, Status.READY, replace(outcome, reason=reason, changes=changes)
            )
        elif (again := self._again(delivery, error, now)) is not None:
            local = again.astimezone(self._zone)
            reason = f"{error.message} — thử lại lúc {local:%H:%M:%S}"
            changes = {"next_at": again}
            self._books.move(
                delivery, Status.READY, replace(outcome, reason=reason, changes=changes)
            )
        else:
            self._books.move(delivery, Status.FAILED, outcome)

    def _kept(self, error: ChannelError) -> list[StoredArtefact]:
        """What was heard all the same; a full disk must not hide that it failed."""
        try:
            return [self._store.put(artefact) for artefact in error.artefacts]
        except OSError as fault:
            log.warning("artefact.not_kept", error=str(fault))
            return []

    def _again(self, delivery: Delivery, error: ChannelError, now: datetime) -> datetime | None:
        """When to try again after a sure failure; None when trying will not help."""
        delays = self._settings.broadcast.retry
        match error.kind:
            case ErrorKind.RETRY if delays and (
                error.code == NOT_REACHED or delivery.attempts <= len(delays)
            ):
                # No Internet is nobody's refusal: that goes on until the window closes.
                return now + timedelta(seconds=delays[min(delivery.attempts, len(delays)) - 1])
            case ErrorKind.DEFER:
                return max(error.until or now + _HOLD, now + timedelta(seconds=1))
            case ErrorKind.REAUTHORISE:
                return now + _HOLD
            case _:
                return None

    def _perhaps(self, delivery: Delivery, message: str, details: Mapping[str, Json]) -> None:
        changes = {"next_at": self._look_at(0, self._clock.now())}
        self._books.move(delivery, Status.UNKNOWN, Outcome(message, changes, details=details))

    def _miss(self, delivery: Delivery) -> None:
        reason = (
            f"hết giờ cho phép; lần cuối: {delivery.reason}"
            if delivery.reason
            else ("hết giờ cho phép mà chương trình không chạy")
        )
        self._books.move(delivery, Status.MISSED, Outcome(reason))

    def _fail(self, delivery: Delivery, reason: str) -> None:
        self._books.move(delivery, Status.FAILED, Outcome(reason))

    # Unknown outcomes

    def _settle(self, delivery: Delivery) -> None:
        """Look outside. Present: sent. Absent in every look: ready again. Else: look later."""
        channel = self._channels.get(delivery.channel)
        if channel is None or not channel.can_find:
            self._wait_for_person(delivery, _SETTLE.format(id=delivery.id))
            return
        try:
            prepared = channel.prepare(self._outgoing(delivery))
            receipt = channel.find(prepared, self._sending(delivery, StopSignal(self.stop)))
        except NeedsPerson as error:
            self._wait_for_person(delivery, error.message)
            return
        except (OutcomeUnknown, ChannelError) as error:
            self._books.postpone(delivery, self._look_again(delivery), error.message)
            return
        if receipt is not None:
            self._sent(delivery, receipt, Kind.SETTLEMENT, "tìm thấy ở bên ngoài: đã ra")
            return
        self._absent(delivery, channel)

    def _absent(self, delivery: Delivery, channel: Channel) -> None:
        looks = delivery.looks + 1
        now = self._clock.now()
        if channel.absence_is_proof and RESTORED in delivery.progress:
            # Our own record may be as old as the backup: it cannot prove that nothing sounded.
            self._wait_for_person(delivery, _SETTLE.format(id=delivery.id))
            return
        if channel.absence_is_proof or looks >= len(self._settings.broadcast.settle):
            outcome = Outcome(
                f"đã tìm {looks} lần, chắc chắn chưa ra ngoài; được gửi lại",
                {"looks": looks, "started_at": None},
                kind=Kind.SETTLEMENT,
            )
            self._books.move(delivery, Status.READY, outcome)
            return
        self._books.postpone(
            delivery,
            self._look_at(looks, now),
            f"tìm lần {looks} chưa thấy; sẽ tìm lại",
            looks=looks,
        )

    def _look_at(self, looks: int, now: datetime) -> datetime:
        delays = self._settings.broadcast.settle or [0]
        return now + timedelta(seconds=delays[min(looks, len(delays) - 1)])

    def _look_again(self, delivery: Delivery) -> datetime:
        """After a look that failed: the longer it has lasted, the more seldom."""
        now = self._clock.now()
        delays = self._settings.broadcast.settle or [0]
        lasted = (now - (delivery.first_sent_at or now)).total_seconds()
        seconds = min(max(lasted / 4, delays[0]), delays[-1])
        return now + max(timedelta(seconds=seconds), _LEAST)

    def _wait_for_person(self, delivery: Delivery, reason: str) -> None:
        self._books.postpone(delivery, self._clock.now() + timedelta(days=1), reason)

    # Small parts

    def _prepare(self, delivery: Delivery) -> Prepared | None:
        """Rendered, or None after the delivery was moved or postponed because it cannot be."""
        channel = self._channels[delivery.channel]
        if (changed := self._changed_media(delivery)) is not None:
            self._fail(delivery, changed)
            return None
        try:
            prepared = channel.prepare(self._outgoing(delivery))
        except ChannelError as error:
            self._not_prepared(delivery, error)
            return None
        if prepared.problems:
            self._fail(delivery, "; ".join(prepared.problems))
            return None
        return prepared

    def _not_prepared(self, delivery: Delivery, error: ChannelError) -> None:
        """Nothing has left yet, so trying again costs nothing: until the window closes."""
        now = self._clock.now()
        match error.kind:
            case ErrorKind.DEFER if error.until is not None:
                self._books.postpone(delivery, error.until, error.message)
            case ErrorKind.RETRY | ErrorKind.DEFER | ErrorKind.REAUTHORISE:
                self._books.postpone(delivery, now + _AGAIN, error.message)
            case _:
                self._fail(delivery, error.message)

    def _refused(self, delivery: Delivery, prepared: Prepared) -> bool:
        start = max(self._clock.now(), delivery.scheduled_at)
        with self._database.reading() as session:
            refusal = gates.check(
                session, self._settings, self._zone, delivery, start, prepared, self.trust.reason()
            ) or gates.check_words(session, delivery, self._spoken_sha256)
        if refusal is None:
            return False
        if refusal.until is None:
            self._books.move(delivery, refusal.status, Outcome(refusal.reason))
        else:
            self._books.postpone(delivery, refusal.until, refusal.reason)
        return True

    def _outgoing(self, delivery: Delivery) -> Outgoing:
        with self._database.reading() as session:
            return outgoing_for(session, self._station, delivery, self._media)

    def _changed_media(self, delivery: Delivery) -> str | None:
        with self._database.reading() as session:
            return changed_media(session, delivery, self._media)

    def _sending(self, delivery: Delivery, stop: StopSignal) -> Sending:
        channel = self._channels[delivery.channel]
        targets = {target.name: target for target in channel.targets()}
        return Sending(
            target=targets.get(delivery.target, Target(delivery.channel, delivery.target)),
            reference=reference_of(delivery),
            at=delivery.scheduled_at,
            deadline=delivery.expires_at,
            since=delivery.first_sent_at or self._clock.now(),
            progress=self._books.progress(delivery),
            permit=self._permit(delivery),
            stop=stop,
        )

    def _permit(self, delivery: Delivery) -> Callable[[datetime], str | None]:
        """The last gate. An emergency passes the quiet hours, but a person may cancel it."""
        if not delivery.urgent:
            return gates.permit(self._settings, self._zone, delivery.channel, self.trust.reason)

        def cancelled(_moment: datetime) -> str | None:
            with self._database.reading() as session:
                broadcast = session.get_one(Broadcast, delivery.broadcast_id)
            return "buổi phát đã bị hủy" if broadcast.cancelled_at is not None else None

        return cancelled

    def _tolerant(self, step: Callable[[Delivery], None], delivery: Delivery) -> None:
        """A person (or another process) may have moved it meanwhile: then it is theirs."""
        try:
            step(delivery)
        except LostRaceError:
            log.info("delivery.taken", delivery=delivery.id)


def _duration(seconds: int) -> str:
    """ "5 phút", "30 giây"."""
    return f"{round(seconds / 60)} phút" if seconds >= 90 else f"{seconds} giây"
