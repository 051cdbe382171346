"""Proposes one week: pure and deterministic, and a second run on its own answer changes nothing.

Order of work: fixed picks stay, movable ones stay where they are still allowed, holes are
filled, and a bulletin without any place takes that of the latest repeat. Which bulletin comes
first: a repeat within the week comes last, unless its task is promised so many airings a week;
then priority, tasks behind their plan, bulletins not yet in this week, the least recently aired
(by day), topics in turn, the one that expires or was approved first, and the id.

Filling looks at every candidate once per opening, so the work grows with openings x candidates.
It ends: each exchange puts more of the higher priority, or more never-aired, or more different
bulletins into the week, and filling only adds.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from content.bulletin import Priority
from schedules.week_board import (
    ON_TIME,
    Board,
    Entry,
    Place,
    Placed,
    share_audience,
    to_milliseconds,
    too_near,
)
from schedules.week_limits import block_openings
from schedules.week_notes import write_notes
from schedules.week_plan import Dropped, Pick, PlannedOpening, PlanRequest, WeekPlan

_KEPT = "Giữ nguyên như lịch đã có."
_FIXED = "Đã chốt, không thay đổi."
_RENEWED = "Giữ chỗ, cập nhật theo bản đã duyệt mới nhất."

Bucket = tuple[bool, int, int, bool, int]
"""How early a bulletin comes before the topics are weighed; smaller is earlier."""

Exchange = tuple[Place, Placed, Entry]
"""Where, what had to go, and what came instead."""


def plan_week(request: PlanRequest) -> WeekPlan:
    """Propose the week. The same request, in any order of its parts, gives the same plan."""
    board = Board(request)
    problems = block_openings(board)
    dropped = _keep_existing(board)
    _fill(board)
    while exchanged := _exchange_repeats(board):
        dropped += [_lost(*exchange) for exchange in exchanged if exchange[1].existing]
        _fill(board)
    still_there = {
        (place.opening.key, item.pick.bulletin) for place in board.places for item in place.items
    }
    return WeekPlan(
        _finished(board),
        write_notes(board),
        problems,
        tuple(
            sorted(
                (drop for drop in dropped if (drop.opening, drop.bulletin) not in still_there),
                key=lambda drop: (drop.opening, drop.bulletin),
            )
        ),
    )


def _keep_existing(board: Board) -> list[Dropped]:
    """Put the existing picks back, the untouchable ones first; returns those not allowed."""
    for place in board.places:
        for position, pick in enumerate(board.request.existing.get(place.opening.key, ())):
            if pick.fixed or place.frozen:
                board.put(place, _settled(board, place, pick, position))
    dropped = []
    for place in board.places:
        for position, pick in enumerate(board.request.existing.get(place.opening.key, ())):
            if not (pick.fixed or place.frozen):
                reason = _keep(board, place, pick, position)
                if reason is not None:
                    key = place.opening.key
                    dropped.append(Dropped(key, pick.bulletin, pick.revision, reason))
        place.items.sort(key=lambda item: item.position)
    return dropped


def _settled(board: Board, place: Place, pick: Pick, position: int) -> Placed:
    entry = board.entry(place.opening.channel, pick.bulletin)
    length = to_milliseconds(pick.seconds) if place.rule.audible else 0
    if not length and entry is not None:
        length = entry.milliseconds  # not measured, but as long as the candidate is now
    kept = replace(pick, reason=pick.reason or _FIXED)
    return Placed(kept, entry, True, length, True, position)


def _keep(board: Board, place: Place, pick: Pick, position: int) -> str | None:
    """Put one movable pick back; a Vietnamese reason where it may not stay."""
    if place.blocked is not None:
        return place.blocked
    entry = board.entry(place.opening.channel, pick.bulletin)
    if entry is None:
        return "bản tin không còn được duyệt hoặc không còn hiệu lực cho kênh này"
    if reason := board.refusal(place, entry):
        return reason
    candidate = entry.candidate
    renewed = candidate.revision != pick.revision
    reason = _RENEWED if renewed else pick.reason or _KEPT
    kept = Pick(candidate.bulletin, candidate.revision, candidate.seconds, reason=reason)
    board.put(place, Placed(kept, entry, False, entry.milliseconds, True, position))
    return None


def _fill(board: Board) -> None:
    shortest = {
        channel: min((entry.milliseconds for entry in pool), default=0)
        for channel, pool in board.pools.items()
    }
    for place in board.places:
        channel = place.opening.channel
        if place.open and not place.full() and place.room() >= shortest[channel]:
            queue = _Queue(board, place)
            while not place.full() and (entry := queue.next(place.room())):
                _insert(board, place, entry, _reason(board, place, entry))


class _Queue:
    """The candidates allowed in one opening, best first; each choice may move the others."""

    def __init__(self, board: Board, place: Place) -> None:
        self._load = board.topic_load
        self._channel = place.opening.channel
        self._buckets: dict[Bucket, list[Entry]] = {}
        self._unsorted: set[Bucket] = set()
        self._topics: dict[str, list[Entry]] = {}
        """The first bucket, once opened, by topic; the best of a stack is its last."""
        self._opened: Bucket | None = None
        day, room = place.day, place.room()
        present = {item.pick.bulletin for item in place.items}
        # The pool is sorted, best first; taken backwards, the best of a bucket is its last.
        for entry in reversed(board.pools[self._channel]):
            if (
                entry.milliseconds <= room
                and entry.first_day <= day <= entry.last_day
                and not (entry.airings and too_near(entry, place))
                and entry.candidate.bulletin not in present
            ):
                self._buckets.setdefault(_bucket(entry), []).append(entry)

    def next(self, room: int) -> Entry | None:
        """Take out the best that lasts at most `room` milliseconds (room never grows)."""
        while self._buckets:
            bucket = min(self._buckets)
            if bucket != self._opened:
                self._open(bucket)
            topic = self._best_topic(bucket, room)
            if topic is not None:
                return self._topics[topic].pop()
            del self._buckets[bucket]
        return None

    def _open(self, bucket: Bucket) -> None:
        self._opened, self._topics = bucket, {}
        entries = self._buckets[bucket]
        if bucket[-1] or bucket in self._unsorted:
            entries.sort(key=_turn, reverse=True)
        for entry in entries:
            self._topics.setdefault(entry.topic, []).append(entry)

    def _best_topic(self, bucket: Bucket, room: int) -> str | None:
        best: tuple[tuple[int, tuple[float, tuple[int, float, int]]], str] | None = None
        for topic, stack in list(self._topics.items()):
            self._drop_unfit(stack, bucket, room)
            if not stack:
                del self._topics[topic]
                continue
            turn = (self._load[self._channel, topic], _turn(stack[-1]))
            if best is None or turn < best[0]:
                best = (turn, topic)
        return None if best is None else best[1]

    def _drop_unfit(self, stack: list[Entry], bucket: Bucket, room: int) -> None:
        while stack:
            top = stack[-1]
            now_in = _bucket(top)
            if top.milliseconds <= room and now_in == bucket:
                return
            stack.pop()
            if top.milliseconds <= room:  # its task has caught up meanwhile: a later turn
                self._buckets.setdefault(now_in, []).append(top)
                self._unsorted.add(now_in)


def _bucket(entry: Entry) -> Bucket:
    task, repeat = entry.task, bool(entry.starts)
    if task is None:
        return repeat, -entry.rank, ON_TIME, repeat, entry.aired_day
    return repeat and not task.missing_this_week(), -entry.rank, task.level, repeat, entry.aired_day


def _turn(entry: Entry) -> tuple[float, tuple[int, float, int]]:
    return entry.aired, entry.order


def _insert(board: Board, place: Place, entry: Entry, reason: str) -> None:
    """Behind the settled items and all of its own or a higher priority."""
    index = len(place.items)
    while (
        index and not place.items[index - 1].settled and _rank(place.items[index - 1]) < entry.rank
    ):
        index -= 1
    board.put(place, _new(entry, reason), index)


def _new(entry: Entry, reason: str) -> Placed:
    one = entry.candidate
    pick = Pick(one.bulletin, one.revision, one.seconds, reason=reason)
    return Placed(pick, entry, False, entry.milliseconds, False, 0)


def _rank(item: Placed) -> int:
    return 0 if item.entry is None else item.entry.rank


def _exchange_repeats(board: Board) -> list[Exchange]:
    """Give bulletins without a place that of the latest repeat; returns what was exchanged."""
    exchanged: list[Exchange] = []
    for channel, pool in board.pools.items():
        waiting = [entry for entry in pool if not entry.starts]
        waiting.sort(key=lambda entry: (_bucket(entry), _turn(entry)))
        victims = _Victims(board, channel)
        for entry in waiting:
            found = victims.for_one(entry)
            if found is not None:
                _exchange(board, *found, entry)
                exchanged.append((*found, entry))
                victims = _Victims(board, channel)
    return exchanged


class _Victims:
    """Movable items of one channel that another bulletin may replace, the latest first."""

    def __init__(self, board: Board, channel: str) -> None:
        self._board = board
        items = [
            (place, item, item.entry)
            for place in reversed(board.places)
            if place.open and place.opening.channel == channel
            for item in reversed(place.items)
            if not item.settled and item.entry is not None
        ]
        spare = [(place, item, entry) for place, item, entry in items if _can_spare(entry)]
        self._repeats = [(p, i) for p, i, entry in spare if min(entry.starts) < p.start]
        self._aired_before = [(p, i) for p, i, entry in spare if entry.aired_before]
        self._all = [(place, item) for place, item, _ in items]
        self._lowest = min((_rank(item) for _, item in self._all), default=0)
        self._most_room = max((place.room(item) for place, item in self._all), default=-1)

    def for_one(self, entry: Entry) -> tuple[Place, Placed] | None:
        """A repeat within the week; for the never aired one of an earlier week; a lower rank."""
        if entry.milliseconds > self._most_room:
            return None
        choices = self._repeats
        if not entry.aired_before:
            choices = choices + [
                pair for pair in self._aired_before if _rank(pair[1]) <= entry.rank
            ]
        if self._lowest < entry.rank:
            choices = choices + [pair for pair in self._all if _rank(pair[1]) < entry.rank]
        for place, item in choices:
            if self._board.refusal(place, entry, item) is None:
                return place, item
        return None


def _can_spare(entry: Entry) -> bool:
    return entry.task is None or entry.task.could_spare_one()


def _exchange(board: Board, place: Place, item: Placed, entry: Entry) -> None:
    index = board.take(place, item)
    loser = item.entry.candidate.title if item.entry else str(item.pick.bulletin)
    reason = f"Thay “{loser}” vì chưa có chỗ nào khác trong tuần."
    board.put(place, _new(entry, reason), index)


def _lost(place: Place, item: Placed, entry: Entry) -> Dropped:
    reason = f"nhường chỗ cho “{entry.candidate.title}”"
    return Dropped(place.opening.key, item.pick.bulletin, item.pick.revision, reason)


def _reason(board: Board, place: Place, entry: Entry) -> str:
    parts = []
    if entry.rank:
        word = "khẩn cấp" if entry.candidate.priority is Priority.EMERGENCY else "ưu tiên"
        parts.append(f"mức {word}")
    if entry.task is not None and entry.task.missing():
        parts.append(f"nhiệm vụ {entry.task.no} còn thiếu {entry.task.missing()} lượt")
    if not entry.aired:
        parts.append(f"chưa phát lần nào trên {place.rule.label}")
    else:
        last = datetime.fromtimestamp(entry.aired, board.zone)
        again = (
            "phát lại, vì các bản tin khác đã có chỗ hoặc chưa đến lượt; " if entry.starts else ""
        )
        parts.append(f"{again}lần trước {last:%H:%M %d/%m/%Y}")
    text = "; ".join(parts) + "."
    return text[0].upper() + text[1:]


def _finished(board: Board) -> tuple[PlannedOpening, ...]:
    heard: dict[tuple[str, int], list[tuple[float, tuple[str, ...]]]] = {}
    for place in board.places:
        for item in place.items:
            heard.setdefault((place.opening.channel, item.pick.bulletin), []).append(
                (place.start, place.opening.targets)
            )
    for airing in board.request.history:
        if (known := heard.get((airing.channel, airing.bulletin))) is not None:
            known.append((airing.at.timestamp(), airing.targets))
    return tuple(_finish(board, place, heard) for place in board.places)


def _finish(
    board: Board,
    place: Place,
    heard: dict[tuple[str, int], list[tuple[float, tuple[str, ...]]]],
) -> PlannedOpening:
    picks = []
    for item in place.items:
        repeat = any(
            at < place.start and share_audience(targets, place.opening.targets)
            for at, targets in heard[place.opening.channel, item.pick.bulletin]
        )
        picks.append(replace(item.pick, repeat=repeat))
    seconds = 0.0
    if picks and place.rule.audible:
        seconds = place.used() / 1000 + board.request.rules.framing_seconds
    return PlannedOpening(place.opening, tuple(picks), seconds)
