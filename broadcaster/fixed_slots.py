"""Slots that always carry the same bulletin (a relay, the anthem): their picks for the planner."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta, tzinfo

from sqlmodel import Session, select

from content.bulletin import Bulletin, BulletinStatus, Revision
from content.workflow import approval_of
from schedules.openings import Opening
from schedules.timetable import Slot
from schedules.week_plan import Note, Pick


@dataclass(slots=True)
class FixedPicks:
    """What stands fast in the openings of a week, and what cannot."""

    picks: dict[str, Pick] = field(default_factory=dict)
    """By opening key."""
    problems: list[Note] = field(default_factory=list)


def fixed_picks(
    session: Session,
    slots: Sequence[Slot],
    openings: Sequence[Opening],
    zone: tzinfo,
    framing_seconds: float,
) -> FixedPicks:
    """A relay fills its opening to the end; any other bulletin leaves room for more."""
    wanted = {str(slot.id): slot.bulletin_id for slot in slots if slot.bulletin_id is not None}
    found = FixedPicks()
    for opening in openings:
        number = wanted.get(opening.key.partition("@")[0])
        if number is None:
            continue
        day = opening.start.astimezone(zone).date()
        length = opening.end - opening.start - timedelta(seconds=framing_seconds)
        pick = _pick(session, number, day, length)
        if isinstance(pick, str):
            found.problems.append(Note(opening.key, f"Khung giờ dành cho bản tin {number}: {pick}"))
        else:
            found.picks[opening.key] = pick
    return found


def with_fixed(
    existing: Mapping[str, tuple[Pick, ...]], fixed: Mapping[str, Pick]
) -> dict[str, tuple[Pick, ...]]:
    """The fixed bulletin first, whatever else stands there after it."""
    joined = dict(existing)
    for key, pick in fixed.items():
        others = tuple(one for one in existing.get(key, ()) if one.bulletin != pick.bulletin)
        joined[key] = (pick, *others)
    return joined


def _pick(session: Session, number: int, day: date, length: timedelta) -> Pick | str:
    """The bulletin as it may go out on this day, or why it may not."""
    bulletin = session.get_one(Bulletin, number)
    revision = session.exec(
        select(Revision).where(Revision.bulletin_id == number, Revision.number == bulletin.revision)
    ).one()
    review = approval_of(session, revision.id or 0)
    if bulletin.status != BulletinStatus.APPROVED or review is None:
        return f"chưa được duyệt. Hãy chạy: broadcaster bulletin approve {number}."
    if revision.valid_until is not None and day > revision.valid_until:
        return f"đã hết hạn từ {revision.valid_until:%d/%m/%Y}."
    if revision.valid_from is not None and day < revision.valid_from:
        return f"chỉ dùng từ {revision.valid_from:%d/%m/%Y}."
    whole = length.total_seconds()
    seconds = whole if revision.relay is not None else min(review.air_seconds or 0.0, whole)
    reason = "tiếp sóng" if revision.relay is not None else "khung giờ dành riêng"
    return Pick(number, revision.number, seconds, fixed=True, pinned=True, reason=reason)
