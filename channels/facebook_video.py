"""A bulletin's sound as a video with a title card: Facebook takes no sound alone.

The card is set by Typst with the serif inside its wheel: every machine has it, it has every
Vietnamese letter, and lines are broken by Typst. Nothing of the machine's own fonts is used.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from channels.base import (
    Artefact,
    ChannelError,
    Clock,
    ErrorKind,
    OutcomeUnknown,
    Outgoing,
    Sending,
)
from channels.radio import ffmpeg
from content.typeset import typeset

if TYPE_CHECKING:
    from channels.facebook_graph import Graph

_STEP = "video"
_SESSION_LIFE = timedelta(hours=20)
"""Facebook keeps an upload that is not finished for about a day."""
_MOST_PARTS = 500
_FIELDS = "id,description,published,status,permalink_url,created_time"
_SEEN = ("processing", "ready")
"""Stages after "finish"; before it a video is "uploading" or "upload_complete"."""
_NO_SUCH = "100"
_RECIPE = "1"
"""Counted up when the making changes, so that an old video is not taken for a new one."""


def title_card(outgoing: Outgoing) -> bytes:
    """PNG, 1280 × 720: station, title, date. The same bytes for the same words."""
    words = {
        "title": outgoing.title.strip(),
        "station": outgoing.station,
        "date": f"{outgoing.at:%d/%m/%Y}" if outgoing.at else "",
    }
    template = files("channels").joinpath("data", "title_card.typ").read_bytes()
    return typeset(template, "png", "card", words, ppi=144.0)[0]


def make_video(card: bytes, sound: Artefact, folder: Path) -> Artefact:
    """The mp4, kept in `folder` under the hash of what it is made of.

    Raises ffmpeg.AudioError, and OSError where the disk is full.
    """
    made_of = hashlib.sha256(f"{_RECIPE} {sound.sha256()}".encode() + card).hexdigest()
    place = folder / f"{made_of[:32]}.mp4"
    if not place.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        picture = place.with_suffix(".png")
        heard = place.with_suffix(".mp3")
        unfinished = place.with_suffix(".part.mp4")
        try:
            picture.write_bytes(card)
            heard.write_bytes(sound.read())
            ffmpeg.still_video(picture, heard, unfinished)
            unfinished.replace(place)
        finally:
            for scrap in (picture, heard, unfinished):
                scrap.unlink(missing_ok=True)
    return Artefact(place.name, "video/mp4", place)


class VideoUpload:
    """Start, transfer, finish: the video has its number before anybody can see it.

    So a lost answer to "finish" is settled by asking for that very number, and finishing the
    same upload twice publishes one video. An upload that broke off is begun anew: nobody saw it.
    """

    def __init__(self, graph: Graph, page: str, clock: Clock) -> None:
        self._graph = graph
        self._page = page
        self._clock = clock

    def send(self, video: Artefact, sending: Sending) -> str:
        """The session of the whole upload, made now or by an earlier attempt."""
        _, session, moment = _kept(sending)
        now = self._clock.now()
        if moment and now - datetime.fromisoformat(moment) < _SESSION_LIFE:
            return session
        data = video.read()
        answer = self._graph.video_step(self._page, "start", public=False, file_size=len(data))
        number = str(answer.get("video_id") or "")
        session = str(answer.get("upload_session_id") or "")
        if not number or not session:
            raise ChannelError(ErrorKind.RETRY, "Facebook chưa nhận tải video; sẽ thử lại.")
        self._transfer(session, data, answer)
        sending.progress.record(_STEP, f"{number} {session} {now.isoformat()}")
        return session

    def finish(self, session: str, title: str, message: str) -> Mapping[str, Any]:
        """Publish. Raises ChannelError or OutcomeUnknown."""
        answer = self._graph.video_step(
            self._page,
            "finish",
            public=True,
            upload_session_id=session,
            title=title,
            description=message,
        )
        if answer.get("success") is not True:
            raise OutcomeUnknown("Facebook chưa xác nhận video; chương trình sẽ xem lại.")
        return answer

    def number(self, sending: Sending) -> str:
        """The video's id; "" before its upload is whole."""
        return _kept(sending)[0]

    def find(self, sending: Sending) -> Mapping[str, Any] | None:
        """The published video of this delivery; None while nobody can see it."""
        number = self.number(sending)
        if not number:
            return None
        try:
            video = self._graph.read(number, fields=_FIELDS)
        except ChannelError as error:
            if (error.code or "").partition("/")[0] == _NO_SUCH:
                return None
            raise
        status = video.get("status")
        stage = status.get("video_status") if isinstance(status, Mapping) else None
        return video if video.get("published") is True or stage in _SEEN else None

    def _transfer(self, session: str, data: bytes, answer: Mapping[str, Any]) -> None:
        """The parts that Facebook asks for, until it asks for no more."""
        for _ in range(_MOST_PARTS):
            start, end = _range(answer)
            if start >= end:
                return
            answer = self._graph.video_step(
                self._page,
                "transfer",
                data[start:end],
                public=False,
                upload_session_id=session,
                start_offset=start,
            )
        raise ChannelError(ErrorKind.RETRY, "Tải video lên Facebook chưa xong; sẽ thử lại.")


def _kept(sending: Sending) -> tuple[str, str, str]:
    number, _, rest = (sending.progress.get(_STEP) or "").partition(" ")
    session, _, moment = rest.partition(" ")
    return number, session, moment


def _range(answer: Mapping[str, Any]) -> tuple[int, int]:
    """Numbers that Graph sends as strings."""
    try:
        return int(answer["start_offset"]), int(answer["end_offset"])
    except (KeyError, TypeError, ValueError):
        raise ChannelError(
            ErrorKind.RETRY, "Facebook trả lời việc tải video không đọc được; sẽ thử lại."
        ) from None
