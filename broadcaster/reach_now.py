"""`evidence reach`: the networks are asked about a period's outputs when a person wants it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any

from sqlmodel import col, select

from broadcaster import evidence, reach
from broadcaster.app import App
from broadcaster.periods import month, read_period
from broadcaster.reach import Output
from channels.base import REACH_FIGURES, ChannelError, ErrorKind, Reach
from content.bulletin import Revision
from content.errors import UserError

HEADINGS = ("Người xem", "Lượt xem", "Tương tác")
_NOT_TOLD = "–"


@dataclass(frozen=True, slots=True)
class Look:
    """One output, and what was told of it."""

    output: Output
    title: str
    told: Reach


@dataclass(slots=True)
class Looks:
    """What came of asking."""

    words: str
    """The period, in Vietnamese."""
    asked: int
    looks: list[Look] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    """In Vietnamese."""

    def cells(self, zone: tzinfo) -> Iterator[Sequence[str]]:
        """A line of the table for each."""
        for one in self.looks:
            told = one.told
            parts = [n for n in (told.reactions, told.comments, told.shares) if n is not None]
            numbers = (told.people, told.views, sum(parts) if parts else None)
            yield (
                f"{one.output.at.astimezone(zone):%d/%m/%Y}",
                one.output.channel,
                one.title,
                *(_NOT_TOLD if number is None else str(number) for number in numbers),
            )

    def to_json(self) -> dict[str, Any]:
        """For scripts."""
        return {
            "asked": self.asked,
            "told": [
                {
                    "delivery": one.output.sent.delivery,
                    "channel": one.output.channel,
                    "bulletin": one.output.bulletin,
                    "sent_at": evidence.iso(one.output.at),
                    **{name: getattr(one.told, name) for name in REACH_FIGURES},
                    "remarks": list(one.told.remarks),
                }
                for one in self.looks
            ],
            "refusals": self.refusals,
        }


def ask(app: App, named: str | None, on_step: Callable[[int, int], None]) -> Looks:
    """Ask every network about a period, this month where none is named; each answer is recorded.

    Raises UserError where no network that could tell is set to live.
    """
    channels = reach.asked_channels(app)
    if not channels:
        raise UserError(
            "Không có mạng nào để hỏi: Facebook và Zalo đang ở chế độ thử (sandbox).",
            'Khi đã đăng thật: [facebook] hoặc [zalo] mode = "live".',
        )
    today = app.clock.now().astimezone(app.zone).date()
    period = read_period(named) if named else month(today.year, today.month)
    wanted = {name: _oldest_look_first(reach.of_period(app, name, period)) for name in channels}
    found = Looks(period.words, sum(map(len, wanted.values())))
    titles = _titles(app, [one for many in wanted.values() for one in many])
    for name, many in wanted.items():
        try:
            for output, told in reach.read(app, name, many):
                found.looks.append(Look(output, titles.get(output.sent.delivery, ""), told))
                on_step(len(found.looks), found.asked)
        except ChannelError as error:
            found.refusals.append(f"{name}: {_why(error)}")
    found.refusals += sorted({one.told.lacking for one in found.looks if one.told.lacking})
    return found


def _oldest_look_first(outputs: Sequence[Output]) -> list[Output]:
    """Where the limit of calls ends the asking, the next time goes on with the others."""
    never = datetime.min.replace(tzinfo=UTC)
    return sorted(outputs, key=lambda one: one.read_at or never)


def _why(error: ChannelError) -> str:
    """The networks' passing refusals are worded for posts, and nothing is posted here."""
    if error.kind in (ErrorKind.RETRY, ErrorKind.DEFER):
        return "chưa trả lời hoặc tạm giới hạn số lần hỏi; hãy chạy lại lệnh này sau một giờ."
    return error.message


def _titles(app: App, outputs: Sequence[Output]) -> dict[int, str]:
    ids = {one.bulletin for one in outputs}
    query = select(Revision.bulletin_id, Revision.number, Revision.title)
    with app.database.reading() as session:
        rows = session.exec(query.where(col(Revision.bulletin_id).in_(ids))).all()
    known = {(bulletin, number): title for bulletin, number, title in rows}
    return {
        one.sent.delivery: known.get((one.bulletin or 0, one.record["revision"]), "")
        for one in outputs
    }
