"""Openings that may not sound at all: quiet hours, overlaps, too many sessions in a day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import groupby

from schedules.week_board import Board, Place, share_audience
from schedules.week_plan import Note, PlanRules


def block_openings(board: Board) -> tuple[Note, ...]:
    """Mark the openings that must stay silent; returns these and the too long ones as problems."""
    rules = board.request.rules
    audible = [place for place in board.places if place.rule.audible]
    fixed = {
        key for key, picks in board.request.existing.items() if any(pick.fixed for pick in picks)
    }
    for place in board.places:
        place.blocked = f"nghỉ {place.day_off}" if place.day_off else None
    for place in audible:
        place.blocked = place.blocked or _quiet_reason(place, rules)
    for _, places in groupby(sorted(audible, key=lambda one: one.day), key=lambda one: one.day):
        # What is fixed counts first: it sounds whether the planner likes it or not.
        _limit_day(sorted(places, key=lambda one: (one.opening.key not in fixed, one.start)), rules)
    problems = [
        Note(one.opening.key, one.blocked)
        for one in audible
        if one.blocked is not None and one.day_off is None
    ]
    return (*problems, *_too_long(audible, rules))


def _quiet_reason(place: Place, rules: PlanRules) -> str | None:
    reason = rules.quiet_hours.reason(place.opening.start, place.opening.end)
    return None if reason is None else f"{reason} Hãy đổi khung giờ (slot)."


def _limit_day(places: list[Place], rules: PlanRules) -> None:
    names = {name for place in places for name in place.opening.targets} | {""}
    sessions: Counter[str] = Counter()
    admitted: list[Place] = []
    for place in places:
        if place.blocked is not None:
            continue
        heard_in = place.opening.targets or tuple(names)
        place.blocked = _overlap(place, admitted) or _session_limit(
            max(sessions[name] for name in heard_in), rules
        )
        if place.blocked is None:
            admitted.append(place)
            sessions.update(heard_in)


def _overlap(place: Place, admitted: Iterable[Place]) -> str | None:
    one = place.opening
    for other in (place.opening for place in admitted):
        together = one.start < other.end and other.start < one.end
        if together and share_audience(one.targets, other.targets):
            return "Trùng giờ với một khung khác của cùng cụm loa. Hãy đổi một trong hai khung."
    return None


def _session_limit(sessions: int, rules: PlanRules) -> str | None:
    limit = rules.sessions_per_day
    if limit is None or sessions < limit:
        return None
    return f"Quá {limit} buổi phát trong ngày. Hãy bớt khung giờ hoặc sửa sessions_per_day."


def _too_long(places: list[Place], rules: PlanRules) -> list[Note]:
    limit = rules.minutes_per_session
    notes = []
    for place in places:
        minutes = (place.opening.end - place.opening.start).total_seconds() / 60
        if limit is not None and minutes > limit and place.blocked is None:
            message = (
                f"Khung dài {minutes:g} phút, mỗi buổi chỉ được {limit} phút: xếp {limit} phút."
            )
            notes.append(Note(place.opening.key, message))
    return notes
