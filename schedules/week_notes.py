"""What a person should know about a planned week: empty openings, and who found no place."""

from __future__ import annotations

from schedules.week_board import Board, Entry, Place
from schedules.week_plan import Note

_TITLES_SHOWN = 3


def write_notes(board: Board) -> tuple[Note, ...]:
    """Notes in order of the openings, then one per channel for bulletins without a place."""
    notes = []
    for place in board.places:
        message = _about(board, place) if place.open else _day_off(place)
        if message is not None:
            notes.append(Note(place.opening.key, message))
    for channel, pool in board.pools.items():
        label = board.request.rules.of(channel).label
        waiting = [entry for entry in pool if not entry.starts]
        if waiting:
            notes.append(Note(None, _left_out(waiting, label)))
    return tuple(notes)


def _day_off(place: Place) -> str | None:
    return None if place.frozen or not place.day_off else f"Để trống: nghỉ {place.day_off}."


def _about(board: Board, place: Place) -> str | None:
    if not place.items:
        return f"Để trống: {_cause(board, place)}."
    if place.rule.audible and not place.full() and place.used() * 2 < place.capacity:
        used, whole = place.used() / 60_000, place.capacity / 60_000
        return f"Mới xếp được {used:.0f} trên {whole:.0f} phút: {_cause(board, place)}."
    return None


def _cause(board: Board, place: Place) -> str:
    """Why nothing (more) could be placed, from the most general cause to the particular."""
    pool = board.pools[place.opening.channel]
    label = place.rule.label
    present = {item.pick.bulletin for item in place.items}
    others = [entry for entry in pool if entry.candidate.bulletin not in present]
    more = "khác " if present else ""
    if not others:
        return f"chưa có bản tin {more}nào được duyệt cho kênh {label}"
    valid = [entry for entry in others if entry.first_day <= place.day <= entry.last_day]
    if not valid:
        return f"không có bản tin {more}nào của kênh {label} còn hiệu lực trong ngày này"
    if all(entry.milliseconds > place.room() for entry in valid):
        return f"các bản tin {more}đều dài hơn thời gian còn lại của khung giờ"
    return (
        f"các bản tin {more}còn hiệu lực đều vừa phát hoặc sắp phát trên {label}, chưa thể lặp lại"
    )


def _left_out(waiting: list[Entry], label: str) -> str:
    waiting = sorted(waiting, key=lambda entry: (-entry.rank, entry.order))
    titles = ", ".join(f"“{entry.candidate.title}”" for entry in waiting[:_TITLES_SHOWN])
    rest = len(waiting) - _TITLES_SHOWN
    more = f" và {rest} bản tin khác" if rest > 0 else ""
    return f"{len(waiting)} bản tin chưa có chỗ trong tuần trên kênh {label}: {titles}{more}."
