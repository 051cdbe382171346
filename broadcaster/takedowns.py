"""Takes withdrawn bulletins down from the portal, as often as it needs; never a newer revision.

The wish is a row in the withdrawal's own transaction. Each try is written down before it is made,
and doing it twice does no harm: whatever a power cut leaves is simply done again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from broadcaster import evidence
from broadcaster.app import App
from broadcaster.caretaker import Aside
from broadcaster.evidence import Kind, StoredArtefact
from broadcaster.logs import get_logger
from broadcaster.outgoing import reference_of
from broadcaster.portal_first import PORTAL
from broadcaster.records import Delivery, EvidenceRecord, Takedown
from broadcaster.records import DeliveryStatus as Status
from broadcaster.records import TakedownResult as Result
from channels.base import (
    ChannelError,
    ErrorKind,
    Json,
    OutcomeUnknown,
    Receipt,
    TakesBack,
    Withdrawal,
)
from content.bulletin import Revision

log = get_logger(__name__)

CHANNELS = (PORTAL,)
"""Where a bulletin can be taken down; what a network has shown is a person's to remove."""
LABELS: dict[str, str] = {
    Result.REMOVED: "đã gỡ",
    Result.ABSENT: "không còn bài nào ở đó",
    Result.SUPERSEDED: "đã có bản mới thay thế, giữ nguyên",
}
LATE = timedelta(minutes=10)
"""After this a person should know that it still stands there."""

_OUTSIDE = (Status.SENDING, Status.SENT, Status.UNKNOWN)
_SOON = timedelta(seconds=30)


class Takedowns:
    """The caretaker's view: looks for what is due, and works in a thread of its own."""

    name = "takedowns"
    every = 5.0

    def __init__(self, app: App) -> None:
        self._app = app
        self.aside = Aside(self.name)

    def look(self) -> None:
        if self.aside.is_busy:
            return
        with self._app.database.reading() as session:
            due = _due(session, self._app, self._app.clock.now())
        if due is not None:
            self.aside.begin(lambda: run_due(self._app))

    def leave(self) -> None:
        """Nothing to do: it may be left at any line."""


def ask(session: Session, app: App, bulletin_id: int, revision: int, record_seq: int) -> int:
    """Note in the withdrawal's transaction where it is to be taken down; at how many places."""
    query = select(Delivery.channel, Delivery.target).where(
        Delivery.bulletin_id == bulletin_id,
        col(Delivery.channel).in_(CHANNELS),
        col(Delivery.status).in_(_OUTSIDE),
    )
    places = sorted(set(session.exec(query).all()))
    now = app.clock.now()
    for channel, target in places:
        row = Takedown(
            station_id=app.station_id,
            bulletin_id=bulletin_id,
            revision=revision,
            channel=channel,
            target=target,
            record_seq=record_seq,
            asked_at=now,
            asked_by=app.person,
            next_at=now,
        )
        session.add(row)
    return len(places)


def run_due(app: App) -> int:
    """Try everything whose time has come, once; how many tries were made."""
    made = 0
    while (row := _begin(app)) is not None:
        _try(app, row)
        made += 1
    return made


def of_bulletin(session: Session, bulletin_id: int) -> list[Takedown]:
    """All of one bulletin, in order."""
    query = select(Takedown).where(Takedown.bulletin_id == bulletin_id)
    return list(session.exec(query.order_by(col(Takedown.id))).all())


def late(session: Session, station_id: int, now: datetime) -> list[Takedown]:
    """What should have been taken down long since."""
    query = select(Takedown).where(
        Takedown.station_id == station_id,
        col(Takedown.next_at).is_not(None),
        col(Takedown.result).is_(None),
        col(Takedown.asked_at) < now - LATE,
    )
    return list(session.exec(query.order_by(col(Takedown.id))).all())


def told(row: Takedown) -> str:
    """One line for a person."""
    if row.result is not None:
        return LABELS[row.result]
    return f"chưa gỡ được: {row.trouble}" if row.trouble else "chờ chương trình phát gỡ"


class _NewerRevisionError(Exception):
    """What stands there now is not what was withdrawn."""


class _GoingOutError(Exception):
    """The withdrawn text is just being sent there."""


def _due(session: Session, app: App, now: datetime) -> Takedown | None:
    query = select(Takedown).where(
        Takedown.station_id == app.station_id, col(Takedown.next_at) <= now
    )
    return session.exec(query.order_by(col(Takedown.next_at), col(Takedown.id)).limit(1)).first()


def _begin(app: App) -> Takedown | None:
    """The next one, its try written down: after a crash it waits its time like after a failure."""
    now = app.clock.now()
    with app.database.writing() as session:
        row = _due(session, app, now)
        if row is not None:
            delays = app.settings.broadcast.retry or [60]
            row.next_at = now + timedelta(seconds=delays[min(row.tries, len(delays) - 1)])
            row.tries += 1
            session.add(row)
    return row


def _try(app: App, row: Takedown) -> None:
    try:
        receipt = _channel(app, row).take_down(_withdrawal(app, row))
    except _NewerRevisionError:
        _close(app, row, Result.SUPERSEDED, None)
    except _GoingOutError:
        _put_off(app, row, "bài đang được đăng dở", app.clock.now() + _SOON)
    except ChannelError as error:
        _put_off(app, row, error.message, error.until)
    except OutcomeUnknown as error:
        _put_off(app, row, error.message)
    else:
        _close(app, row, Result.REMOVED if receipt else Result.ABSENT, receipt)


def _channel(app: App, row: Takedown) -> TakesBack:
    channel = app.channels[row.channel]
    if isinstance(channel, TakesBack):
        return channel
    raise ChannelError(ErrorKind.STOP, f"kênh “{row.channel}” không tự gỡ bài được")


def _withdrawal(app: App, row: Takedown) -> Withdrawal:
    with app.database.reading() as session:
        out = _outside(session, row)
        title = ""
        if out:
            title = session.get_one(Revision, out[-1].revision_id).title
    return Withdrawal(
        bulletin=row.bulletin_id,
        title=title,
        station=app.station.name,
        references=tuple(reference_of(one) for one in out),
        at=row.asked_at.astimezone(app.zone),
        begin=lambda: _must_still_go(app, row),
    )


def _must_still_go(app: App, row: Takedown) -> None:
    """Asked when nothing else is published there: who began later has `sending` on disk."""
    with app.database.reading() as session:
        for one in _outside(session, row):
            if one.revision > row.revision:
                raise _NewerRevisionError
            if one.status == Status.SENDING:
                raise _GoingOutError


def _outside(session: Session, row: Takedown) -> Sequence[Delivery]:
    """Everything of the bulletin that stands, or may stand, there; the newest revision last."""
    query = select(Delivery).where(
        Delivery.bulletin_id == row.bulletin_id,
        Delivery.channel == row.channel,
        Delivery.target == row.target,
        col(Delivery.status).in_(_OUTSIDE),
    )
    return session.exec(query.order_by(col(Delivery.revision), col(Delivery.id))).all()


def _put_off(app: App, row: Takedown, trouble: str, until: datetime | None = None) -> None:
    with app.database.writing() as session:
        kept = session.get_one(Takedown, row.id)
        kept.trouble = trouble
        kept.next_at = until or kept.next_at
        session.add(kept)
    log.warning("takedown.put_off", bulletin=row.bulletin_id, channel=row.channel, why=trouble)


def _close(app: App, row: Takedown, result: Result, receipt: Receipt | None) -> None:
    """The record and the row's end in one transaction; the files it cites come before."""
    stored = [app.store.put(artefact) for artefact in receipt.artefacts] if receipt else []
    with app.database.writing() as session:
        kept = session.get_one(Takedown, row.id)
        waits = result is not Result.SUPERSEDED and _may_yet_appear(session, row)
        if kept.result is None and not (waits and result is Result.ABSENT):
            kept.result = result
            _record(app, session, row, result, receipt, stored)
        if waits:
            kept.trouble = "còn lượt đăng chưa rõ kết quả; sẽ xem lại"
        else:
            kept.next_at, kept.done_at, kept.trouble = None, app.clock.now(), None
        session.add(kept)
    log.info("takedown.done", bulletin=row.bulletin_id, channel=row.channel, result=str(result))


def _may_yet_appear(session: Session, row: Takedown) -> bool:
    """A request whose answer was lost may still be carried out: looked at until it is known."""
    return any(one.status == Status.UNKNOWN for one in _outside(session, row))


def _record(
    app: App,
    session: Session,
    row: Takedown,
    result: Result,
    receipt: Receipt | None,
    stored: Sequence[StoredArtefact],
) -> None:
    facts: dict[str, Json] = {
        "channel": row.channel,
        "target": row.target,
        "bulletin": row.bulletin_id,
        "revision": row.revision,
        "simulated": app.channels[row.channel].simulated,
        "ended_at": evidence.iso(app.clock.now()),
        "external_id": receipt.external_id if receipt else None,
        "permalink": receipt.permalink if receipt else None,
        "payload_sha256": stored[0].sha256 if stored else None,
    }
    details: dict[str, Json] = {
        "result": str(result),
        "withdrawal": row.record_seq,
        "withdraws": _records_of_outputs(session, row),
        "person": row.asked_by,
        "asked_at": evidence.iso(row.asked_at),
        "tries": row.tries,
    }
    now = app.clock.now()
    evidence.append(
        session, app.station_id, Kind.TAKEDOWN, now, facts, details=details, artefacts=stored
    )


def _records_of_outputs(session: Session, row: Takedown) -> list[int]:
    """The records that say that it went out there."""
    ids = [one.id for one in _outside(session, row) if one.revision <= row.revision]
    query = select(EvidenceRecord.seq).where(
        col(EvidenceRecord.delivery_id).in_(ids),
        col(EvidenceRecord.body).contains('"outcome":"sent"'),
    )
    return list(session.exec(query.order_by(col(EvidenceRecord.seq))).all())
