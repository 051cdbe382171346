"""The Facebook Page: posts through the Graph API, and a sandbox that writes them as pages."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from channels.base import (
    Artefact,
    ChannelError,
    Clock,
    ErrorKind,
    Health,
    Json,
    OutcomeUnknown,
    Outgoing,
    Prepared,
    Reach,
    Receipt,
    Sending,
    Sent,
    Target,
)
from channels.bulletin_text import SoundOf, folded, mentions, no_sound
from channels.facebook_check import check_page
from channels.facebook_post import FacebookSettings, prepare_post
from channels.gate import pass_last_gate
from channels.images import tidy_images
from channels.redaction import redact
from channels.sandbox import SandboxChannel, facebook_page

if TYPE_CHECKING:
    from channels.facebook_graph import Graph
    from channels.facebook_reach import PageReach
    from channels.facebook_video import VideoUpload

__all__ = ["FacebookChannel", "FacebookSettings", "SandboxFacebook"]

_FIELDS = "id,message,created_time,permalink_url,is_published"
_CLOCK_SKEW = timedelta(minutes=5)
_MOST_PAGES = 20
_PAGE_SIZE = 50
_PHOTO_LIFE = timedelta(hours=20)
"""An unpublished photo is kept by Facebook for about a day; later it is uploaded anew."""


class FacebookChannel:
    """One Page, live. A post is one public call; photos are uploaded unpublished before it."""

    name = "facebook"
    simulated = False
    can_find = True
    absence_is_proof = False
    lead = timedelta(0)

    def __init__(self, settings: FacebookSettings, clock: Clock, sound: SoundOf = no_sound) -> None:
        self._settings = settings
        self._clock = clock
        self._sound = sound
        self._reach: PageReach | None = None

    def targets(self) -> Sequence[Target]:
        """The page."""
        return _targets(self._settings)

    def prepare(self, outgoing: Outgoing) -> Prepared:
        """The post: title, text, link, reference."""
        return prepare_post(outgoing, self._settings, self._sound)

    def deliver(self, prepared: Prepared, sending: Sending) -> Receipt:
        """Upload the photos unpublished, then publish the post in one call."""
        _refuse_broken(prepared)
        graph = self._graph()
        if "video" in prepared.details:
            return self._deliver_video(graph, prepared, sending)
        args: dict[str, Json] = {
            "message": str(prepared.details["message"]),
            "fields": "id,permalink_url",
        }
        if link := prepared.details.get("link"):
            args["link"] = link
        if photos := self._upload(graph, prepared, sending):
            args["attached_media"] = json.dumps([{"media_fbid": photo} for photo in photos])
        started = pass_last_gate(sending, self._clock)
        answer = graph.write(self._settings.page_id, "feed", **args)
        post = answer.get("id")
        if not isinstance(post, str) or not post:
            raise OutcomeUnknown(
                "Facebook nhận bài nhưng không trả mã bài; chương trình sẽ xem lại Trang."
            )
        return self._receipt(graph, answer, started)

    def find(self, prepared: Prepared, sending: Sending) -> Receipt | None:
        """Look through the published posts since the first attempt, by reference or text; for a
        video by its number."""
        try:
            if "video" in prepared.details:
                post = self._upload_of(self._graph()).find(sending)
            else:
                post = self._find_post(self._graph(), prepared, sending)
        except ChannelError as error:
            fault = OutcomeUnknown(
                f"Chưa xem lại được Trang Facebook: {error.message}", details={"code": error.code}
            )
        else:
            return self._found(post) if post else None
        raise fault

    def preview(self, prepared: Prepared) -> Artefact:
        """The post as an HTML page."""
        return facebook_page(prepared, simulated=False)

    def tidy(self, before: datetime) -> int:
        """Old copies of pictures."""
        return tidy_images(self._settings.image_cache, before)

    def check(self) -> Sequence[Health]:
        """Token, page, permissions and expiry, version; reads only."""
        if problem := _missing_settings(self._settings):
            return [problem]
        return check_page(self._graph(), self._settings, self._clock.now())

    def tells_reach(self, target: str) -> bool:
        """Of every post."""
        return True

    def reach_of(self, sent: Sequence[Sent]) -> Iterator[Reach]:
        """Viewers, views, reactions, comments, shares."""
        from channels.facebook_reach import PageReach

        if self._reach is None:
            self._reach = PageReach(self._clock)
        return self._reach.of(self._graph(), sent)

    def _graph(self) -> Graph:
        from channels.facebook_graph import Graph  # facebook-sdk and requests load slowly

        if problem := _missing_settings(self._settings):
            raise ChannelError(ErrorKind.REAUTHORISE, problem.message, code="settings")
        return Graph(self._settings, self._clock)

    def _deliver_video(self, graph: Graph, prepared: Prepared, sending: Sending) -> Receipt:
        """Upload the video unseen, then publish it in one call."""
        upload = self._upload_of(graph)
        session = upload.send(prepared.attachments[-1], sending)
        started = pass_last_gate(sending, self._clock)
        details = prepared.details
        answer = upload.finish(session, str(details["title"]), str(details["message"]))
        return self._receipt(graph, {**answer, "id": upload.number(sending)}, started)

    def _upload_of(self, graph: Graph) -> VideoUpload:
        from channels.facebook_video import VideoUpload

        return VideoUpload(graph, self._settings.page_id, self._clock)

    def _upload(self, graph: Graph, prepared: Prepared, sending: Sending) -> list[str]:
        """Media ids of all photos in order; those uploaded by an earlier attempt are used again."""
        images = iter(prepared.attachments)
        uploaded = []
        for number, photo in enumerate(_photos(prepared)):
            image = None if "url" in photo else next(images)
            key = f"photo.{number}"
            media = _fresh_photo(sending.progress.get(key), self._clock.now())
            if media is None:
                if image is None:
                    media = graph.fetch_photo(self._settings.page_id, photo["url"])
                else:
                    media = self._upload_file(graph, image, photo["sha256"])
                sending.progress.record(key, f"{media} {self._clock.now().isoformat()}")
            uploaded.append(media)
        return uploaded

    def _upload_file(self, graph: Graph, image: Artefact, expected: str) -> str:
        try:
            data = image.read()
            unchanged = image.sha256() == expected
        except OSError:
            unchanged = False
        if not unchanged:
            raise ChannelError(
                ErrorKind.FIX_CONTENT,
                f"Ảnh “{image.name}” đã mất hoặc đã đổi sau khi duyệt; hãy thêm lại ảnh.",
                code="image_changed",
            )
        return graph.upload_photo(self._settings.page_id, image.name, data)

    def _receipt(self, graph: Graph, answer: Mapping[str, Any], started: datetime) -> Receipt:
        post = str(answer["id"])
        permalink = answer.get("permalink_url")
        if not permalink:
            permalink = _permalink(graph, post)
        return Receipt(
            external_id=post,
            permalink=_absolute(str(permalink)),
            started_at=started,
            ended_at=self._clock.now(),
            artefacts=(_answer_artefact(answer),),
            details={"page_id": self._settings.page_id, "version": graph.answered_version},
        )

    def _find_post(
        self, graph: Graph, prepared: Prepared, sending: Sending
    ) -> Mapping[str, Any] | None:
        since = int((sending.since - _CLOCK_SKEW).timestamp())
        args: dict[str, Json] = {"since": since, "limit": _PAGE_SIZE, "fields": _FIELDS}
        for _ in range(_MOST_PAGES):
            page = graph.read(self._settings.page_id, "published_posts", **args)
            posts = page.get("data")
            if not isinstance(posts, list):
                raise ChannelError(ErrorKind.RETRY, "danh sách bài không đọc được.")
            for post in posts:
                if self._is_ours(post, prepared, sending):
                    return dict(post)
            after = _next_page(page)
            if after is None:
                return None
            args["after"] = after
        raise ChannelError(ErrorKind.RETRY, "Trang có quá nhiều bài mới để xem hết.")

    def _is_ours(self, post: object, prepared: Prepared, sending: Sending) -> bool:
        if not isinstance(post, Mapping) or post.get("is_published") is False:
            return False
        message = str(post.get("message") or "")
        if self._settings.reference_code:
            return mentions(message, sending.reference)
        return folded(message) == folded(str(prepared.details["message"]))

    def _found(self, post: Mapping[str, Any]) -> Receipt:
        return Receipt(
            external_id=str(post["id"]),
            permalink=_absolute(str(post.get("permalink_url") or post["id"])),
            started_at=_moment(post.get("created_time")),
            artefacts=(_answer_artefact(post),),
            details={"page_id": self._settings.page_id, "found_by": "read-back"},
        )


class SandboxFacebook(SandboxChannel):
    """The same post with the same checks, written as an HTML page into a folder."""

    name = "facebook"

    def __init__(
        self,
        settings: FacebookSettings,
        folder: Path,
        clock: Clock,
        sound: SoundOf = no_sound,
    ) -> None:
        super().__init__(folder, clock)
        self._settings = settings
        self._sound = sound

    def targets(self) -> Sequence[Target]:
        """The page."""
        return _targets(self._settings)

    def prepare(self, outgoing: Outgoing) -> Prepared:
        """As the live channel."""
        return prepare_post(outgoing, self._settings, self._sound)

    def page(self, prepared: Prepared, *, target: str | None = None) -> Artefact:
        """The post as an HTML page, marked as simulated."""
        return facebook_page(prepared, simulated=True)


def _targets(settings: FacebookSettings) -> tuple[Target, ...]:
    label = f"Trang Facebook {settings.page_id}".strip()
    return (Target("facebook", "page", label),)


def _missing_settings(settings: FacebookSettings) -> Health | None:
    if not settings.page_id:
        message = "Chưa có page_id trong mục [facebook] của tệp cấu hình; hãy điền mã Trang."
        return Health("Trang", ok=False, message=message)
    if not settings.page_token:
        message = "Chưa có mã truy cập của Trang Facebook; hãy lấy mã và lưu lại."
        return Health("Mã truy cập", ok=False, message=message)
    return None


def _photos(prepared: Prepared) -> Sequence[Mapping[str, str]]:
    """As `prepare_post` wrote them: {"url"} or {"name", "sha256"}, in order."""
    return cast("Sequence[Mapping[str, str]]", prepared.details["photos"])


def _refuse_broken(prepared: Prepared) -> None:
    if prepared.problems:
        raise ChannelError(ErrorKind.FIX_CONTENT, " ".join(prepared.problems), code="limits")


def _fresh_photo(recorded: str | None, now: datetime) -> str | None:
    media, _, moment = (recorded or "").partition(" ")
    if not moment or now - datetime.fromisoformat(moment) > _PHOTO_LIFE:
        return None
    return media


def _permalink(graph: Graph, post: str) -> str:
    """Read back; the post is out, so a failing look only costs the nicer address."""
    try:
        return str(graph.read(post, fields="permalink_url").get("permalink_url") or "") or (
            _public_address(post)
        )
    except ChannelError:
        return _public_address(post)


def _public_address(post: str) -> str:
    return f"https://www.facebook.com/{post}"


def _absolute(permalink: str) -> str:
    """Graph writes a video's address without its host: "/reel/123/"."""
    if permalink.startswith(("https://", "http://")):
        return permalink
    return _public_address(permalink.lstrip("/"))


def _next_page(page: Mapping[str, Any]) -> str | None:
    """The cursor, never the `next` address: that one carries the token."""
    paging = page.get("paging")
    if not isinstance(paging, Mapping) or not paging.get("next"):
        return None
    cursors = paging.get("cursors")
    after = cursors.get("after") if isinstance(cursors, Mapping) else None
    if not after:
        raise ChannelError(ErrorKind.RETRY, "danh sách bài thiếu dấu sang trang.")
    return str(after)


def _moment(text: object) -> datetime | None:
    """Graph writes "2026-11-21T08:00:00+0000"."""
    try:
        return datetime.strptime(str(text), "%Y-%m-%dT%H:%M:%S%z")
    except ValueError:
        return None


def _answer_artefact(answer: Mapping[str, Any]) -> Artefact:
    text = redact(json.dumps(answer, ensure_ascii=False, sort_keys=True))
    return Artefact("facebook-answer.json", "application/json", text.encode())
