"""Builds the week: rows in, the pure planner asked, the difference written back.

Building again changes only what must change, and never touches what has gone out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from broadcaster import bookings, locks
from broadcaster.app import App
from broadcaster.delivery import OPEN, Outcome, decide, move
from broadcaster.preflight import check_week
from broadcaster.records import Broadcast, Decision, Delivery, Origin
from broadcaster.records import DeliveryStatus as Status
from broadcaster.week_request import broadcast_of, opening_key, slot_id, week_request
from content.bulletin import Revision
from content.people import Role, require_role
from schedules.openings import Opening, Week
from schedules.planner import plan_week
from schedules.week_plan import Note, Pick, PlannedOpening, PlanRequest, WeekPlan


@dataclass(slots=True)
class Built:
    """What a build did."""

    week: Week
    added: int = 0
    removed: int = 0
    kept: int = 0
    locked: bool = False
    """A person keeps the whole week as it is."""
    notes: list[Note] = field(default_factory=list)
    problems: list[Note] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        return bool(self.added or self.removed)


def build(app: App, week: Week) -> Built:
    """Propose the week and write it; all in one transaction. Raises UserError."""
    now = app.clock.now()
    with app.database.writing() as session:
        require_role(session, app.station_id, app.person, Role.EDITOR)
        request, unfit = week_request(app, session, week, now)
        plan = plan_week(request)
        locked = locks.is_locked(session, app.station_id, week)
        built = Built(
            week, locked=locked, notes=list(plan.notes), problems=[*plan.problems, *unfit]
        )
        dropped = {(item.opening, item.bulletin): item.reason for item in plan.dropped}
        for planned in plan.openings:
            if planned.opening.start >= now and planned.opening.key not in request.locked:
                _write(app, session, planned, built, dropped, now)
        _explain_empty(app, session, plan, now)
        _clear_removed_slots(app, session, week, request, built, now)
    with app.database.reading() as session:
        for finding in check_week(app, session, week):
            label = f"Bản tin {finding.bulletin}, kênh {finding.channel}"
            built.problems.append(Note(None, f"{label}: {finding.message}"))
    return built


# What is written back


def _write(
    app: App,
    session: Session,
    planned: PlannedOpening,
    built: Built,
    dropped: dict[tuple[str, int], str],
    now: datetime,
) -> None:
    opening = planned.opening
    broadcast = broadcast_of(session, opening) or _new_broadcast(app, session, opening, now)
    standing = {
        (row.bulletin_id, row.revision, row.target): row
        for row in bookings.deliveries_of(session, broadcast)
        if row.status != Status.CANCELLED
    }
    targets = bookings.known_targets(app, opening.channel, opening.targets)
    for position, pick in enumerate(planned.picks):
        for target in targets:
            row = standing.pop((pick.bulletin, pick.revision, target), None)
            if row is None and (pick.pinned or not pick.fixed):
                _add(app, session, broadcast, pick, target, position, now)
                built.added += 1
            elif row is not None:
                _keep(session, row, pick, position)
                built.kept += 1
    for row in standing.values():
        if row.status in OPEN:
            reason = dropped.get((opening.key, row.bulletin_id), "lịch tuần được xếp lại")
            move(session, row, Status.CANCELLED, Outcome(reason), now)
            built.removed += 1


def _new_broadcast(app: App, session: Session, opening: Opening, now: datetime) -> Broadcast:
    broadcast = Broadcast(
        station_id=app.station_id,
        slot_id=slot_id(opening),
        channel=opening.channel,
        origin=Origin.SLOT,
        starts_at=opening.start,
        ends_at=opening.end,
        created_at=now,
        created_by=app.person,
    )
    session.add(broadcast)
    session.flush()
    return broadcast


def _add(
    app: App,
    session: Session,
    broadcast: Broadcast,
    pick: Pick,
    target: str,
    position: int,
    now: datetime,
) -> None:
    revision = session.exec(
        select(Revision).where(
            Revision.bulletin_id == pick.bulletin, Revision.number == pick.revision
        )
    ).one()
    late = broadcast.starts_at + timedelta(seconds=app.settings.broadcast.grace)
    delivery = Delivery(
        station_id=app.station_id,
        broadcast_id=broadcast.id or 0,
        bulletin_id=pick.bulletin,
        revision_id=revision.id or 0,
        revision=pick.revision,
        channel=broadcast.channel,
        target=target,
        position=position,
        repeat=pick.repeat,
        scheduled_at=broadcast.starts_at,
        # A loudspeaker session ends with its slot; a post may be late by the grace.
        expires_at=min(late, broadcast.ends_at) if broadcast.channel == "radio" else late,
        reason=pick.reason,
    )
    session.add(delivery)
    session.flush()
    decide(session, delivery, f"xếp vào lịch: {pick.reason or 'còn chỗ'}", now)


def _keep(session: Session, row: Delivery, pick: Pick, position: int) -> None:
    if row.status in OPEN and (row.position, row.repeat) != (position, pick.repeat):
        row.position, row.repeat = position, pick.repeat
        session.add(row)


def _explain_empty(app: App, session: Session, plan: WeekPlan, now: datetime) -> None:
    """Why an opening has nothing, for `broadcast why`; said once."""
    openings = {planned.opening.key: planned for planned in plan.openings}
    for note in (*plan.problems, *plan.notes):
        planned = openings.get(note.opening or "")
        if planned is None or planned.picks or planned.opening.start < now:
            continue
        broadcast = broadcast_of(session, planned.opening)
        if broadcast is None or broadcast.id is None:
            continue
        query = select(Decision).where(Decision.broadcast_id == broadcast.id)
        if not any(row.text == note.message for row in session.exec(query).all()):
            session.add(
                Decision(
                    station_id=app.station_id,
                    broadcast_id=broadcast.id,
                    at=now,
                    text=note.message,
                )
            )


def _clear_removed_slots(
    app: App, session: Session, week: Week, request: PlanRequest, built: Built, now: datetime
) -> None:
    """A slot taken out of the timetable takes its coming deliveries of the week with it."""
    keys = {opening.key for opening in request.openings}
    query = select(Broadcast).where(
        Broadcast.station_id == app.station_id,
        Broadcast.origin == Origin.SLOT,
        col(Broadcast.starts_at) >= max(now, week.start),
        col(Broadcast.starts_at) < week.end,
    )
    for broadcast in session.exec(query).all():
        key = opening_key(broadcast, app.zone)
        if key in keys or locks.covers(session, broadcast, week):
            continue
        for row in bookings.deliveries_of(session, broadcast):
            if row.status in OPEN:
                move(session, row, Status.CANCELLED, Outcome("khung giờ đã bị bỏ"), now)
                built.removed += 1
