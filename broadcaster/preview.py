"""What a bulletin will look or sound like on a channel, before anything is sent."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from broadcaster import bookings
from broadcaster.app import App
from broadcaster.editorial import spoken_of
from broadcaster.gates import SOUND
from broadcaster.outgoing import preview_of
from broadcaster.rehearsal import Count
from channels.base import ChannelError
from channels.radio.channel import RadioChannel
from content.errors import UserError
from content.files import write_atomically
from content.library import get_article


@dataclass(frozen=True, slots=True)
class Preview:
    """The text as it will go out, and everything that stands in its way."""

    bulletin: int
    revision: int
    channel: str
    text: str
    residue: tuple[str, ...]
    problems: tuple[str, ...]
    seconds: float
    payload_sha256: str
    file: Path | None

    def to_json(self) -> dict[str, Any]:
        return {
            "bulletin": self.bulletin,
            "revision": self.revision,
            "channel": self.channel,
            "text": self.text,
            "residue": list(self.residue),
            "problems": list(self.problems),
            "seconds": round(self.seconds, 3),
            "payload_sha256": self.payload_sha256,
            "file": str(self.file) if self.file else None,
        }


def preview(
    app: App, bulletin_id: int, channel: str, output: Path | None, count: Count | None = None
) -> Preview:
    """Render the newest revision for a channel, and write the sound or page to `output`.

    `count` is told how far the sound has come.
    Raises UserError, also when it cannot be rendered at all.
    """
    bookings.known_targets(app, channel, ())
    with app.database.reading() as session:
        article = get_article(session, app.station_id, bulletin_id)
    adapter = app.channels[channel]
    try:
        outgoing = preview_of(app.station, article.revision, app.media)
        if isinstance(adapter, RadioChannel):
            prepared = adapter.prepare(outgoing, count)
        else:
            prepared = adapter.prepare(outgoing)
    except ChannelError as error:
        raise UserError(error.message) from error
    if output is not None:
        write_atomically(output, adapter.preview(prepared).read())
    return Preview(
        bulletin=article.id,
        revision=article.revision.number,
        channel=channel,
        text=prepared.text,
        residue=spoken_of(app, article).residue if channel == SOUND else (),
        problems=prepared.problems,
        seconds=prepared.duration.total_seconds(),
        payload_sha256=prepared.payload.sha256(),
        file=output,
    )
