"""To all followers: an article is created, verified, then broadcast; each step is written down."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from channels import zalo_articles
from channels.base import (
    ChannelError,
    Clock,
    ErrorKind,
    Json,
    OutcomeUnknown,
    Prepared,
    Receipt,
    Sending,
)
from channels.bulletin_text import folded, mentions
from channels.zalo_api import ZaloApi
from channels.zalo_settings import ZaloSettings
from channels.zalo_steps import Gate, answer_artefact, send_once, settle_by_person

_VERIFY_WAITS = (2, 4, 6, 8, 12, 20, 30)
"""Seconds between looks at an article that Zalo is still processing (-214)."""
_PROCESSING = "-214"
_MOST_SLICES = 10


class FollowersBroadcast:
    """One article, one broadcast. A crash between the two does not make a second article."""

    def __init__(self, api: ZaloApi, settings: ZaloSettings, clock: Clock, gate: Gate) -> None:
        self._api = api
        self._settings = settings
        self._clock = clock
        self._gate = gate

    def deliver(self, prepared: Prepared, sending: Sending) -> Receipt:
        """Raises OutcomeUnknown only when the article or the broadcast may have been taken."""
        self._gate(sending)
        article = self._article(prepared, sending)
        started = self._gate(sending)
        answer = send_once(
            sending, "broadcast", lambda: self._api.send("/v2.0/oa/message", _broadcast(article))
        )
        return self._receipt(article, answer, started)

    def find(self, prepared: Prepared, sending: Sending) -> Receipt | None:
        """None: surely not broadcast (the article, if there is one, is used again).

        Raises OutcomeUnknown where the broadcast left and no answer came: Zalo has no call that
        tells of broadcasts, so a person settles it.
        """
        progress = sending.progress
        if sent := progress.get("broadcast_sent"):
            article = progress.get("article_id") or ""
            return self._receipt(article, {"message_id": sent}, None)
        if progress.get("broadcast_begun"):
            raise settle_by_person("bài viết gửi người quan tâm", prepared)
        if progress.get("article_begun") and not progress.get("article_id"):
            try:
                self._adopt(prepared, sending)
            except ChannelError as error:
                reason = error.message
            else:
                return None
            raise OutcomeUnknown(f"Chưa xem lại được danh sách bài viết Zalo: {reason}")
        return None

    def _article(self, prepared: Prepared, sending: Sending) -> str:
        """The id of the article, made now or by an earlier attempt."""
        progress = sending.progress
        if known := progress.get("article_id"):
            return known
        token = progress.get("article_token")
        if not token:
            if progress.get("article_begun") and (listed := self._adopt(prepared, sending)):
                return listed
            token = self._create(prepared, sending)
        article = self._verify(token, sending)
        progress.record("article_id", article)
        return article

    def _create(self, prepared: Prepared, sending: Sending) -> str:
        body = self._create_body(prepared)
        sending.progress.record("article_begun", self._clock.now().isoformat())
        try:
            token = self._api.send("/v2.0/article/create", body).get("token")
        except ChannelError:
            sending.progress.record("article_begun", "")
            raise
        if not isinstance(token, str) or not token:
            raise OutcomeUnknown("Zalo nhận bài viết nhưng không trả mã bài; sẽ xem lại danh sách.")
        sending.progress.record("article_token", token)
        return token

    def _create_body(self, prepared: Prepared) -> dict[str, Json]:
        article = _prepared_article(prepared)
        cover = article["cover"] or self._own_picture()
        picture: dict[str, Json] = {"cover_type": "photo", "photo_url": cover, "status": "show"}
        return {
            "type": "normal",
            "title": article["title"],
            "author": article["author"],
            "description": article["description"],
            **({"cover": picture} if cover else {}),
            "body": article["body"],
            "status": "show",
            "comment": "show",
        }

    def _own_picture(self) -> str | None:
        """The account's own cover or avatar, where neither bulletin nor settings name one.

        None when the account does not tell: then Zalo itself says whether it wants a picture.
        """
        try:
            account = self._api.read("/v2.0/oa/getoa")
        except ChannelError as error:
            if error.kind is ErrorKind.REAUTHORISE:
                raise
            return None
        return str(account.get("cover") or account.get("avatar") or "") or None

    def _verify(self, token: str, sending: Sending) -> str:
        """Wait until Zalo has processed the article. ChannelError: surely not broadcast."""
        for wait in (*_VERIFY_WAITS, None):
            try:
                article = self._api.ask("/v2.0/article/verify", {"token": token}).get("id")
            except ChannelError as error:
                if error.kind is ErrorKind.FIX_CONTENT:
                    sending.progress.record("article_token", "")  # this token leads nowhere
                if error.code != _PROCESSING or wait is None or sending.stop.is_set():
                    raise
                self._clock.sleep(wait)
                continue
            if article:
                return str(article)
            break
        raise ChannelError(ErrorKind.RETRY, "Zalo chưa trả mã bài viết; sẽ hỏi lại.", code="no_id")

    def _adopt(self, prepared: Prepared, sending: Sending) -> str | None:
        """The article of an attempt whose answer was lost, written down for the next attempt."""
        title = folded(str(_prepared_article(prepared)["title"]))
        for media in self._listed():
            if folded(str(media.get("title") or "")) != title or not media.get("id"):
                continue
            article = str(media["id"])
            detail = self._api.read("/v2.0/article/getdetail", id=article)
            if _mentions(detail, sending.reference):
                sending.progress.record("article_id", article)
                return article
        return None

    def _listed(self) -> Iterator[Mapping[str, Any]]:
        """The newest articles."""
        for found in zalo_articles.slices(self._api, _MOST_SLICES):
            yield from found

    def _receipt(
        self, article: str, answer: Mapping[str, Any], started: datetime | None
    ) -> Receipt:
        message = answer.get("message_id")
        return Receipt(
            external_id=str(message or article),
            permalink=self._permalink(article),
            started_at=started,
            ended_at=self._clock.now() if started else None,
            artefacts=(answer_artefact(answer),),
            details={"article_id": article, "oa_id": self._settings.oa_id},
        )

    def _permalink(self, article: str) -> str | None:
        """Read back; the broadcast is out, so a failing look only costs the address."""
        try:
            found = (m.get("link_view") for m in self._listed() if str(m.get("id")) == article)
            return str(next(found, None) or "") or None
        except ChannelError:
            return None


def _prepared_article(prepared: Prepared) -> Mapping[str, Json]:
    article = prepared.details.get("article")
    if not isinstance(article, Mapping):
        raise ChannelError(
            ErrorKind.STOP, "Cấu hình [zalo] audience đã đổi; hãy xếp lại lịch phát.", code="target"
        )
    return article


def _broadcast(article: str) -> dict[str, Json]:
    element: dict[str, Json] = {"media_type": "article", "attachment_id": article}
    payload: dict[str, Json] = {"template_type": "media", "elements": [element]}
    return {
        "recipient": {"target": {}},
        "message": {"attachment": {"type": "template", "payload": payload}},
    }


def _mentions(value: object, reference: str) -> bool:
    """Whether any text inside an article's detail carries the reference."""
    if isinstance(value, str):
        return mentions(value, reference)
    if isinstance(value, Mapping):
        return any(_mentions(part, reference) for part in value.values())
    return isinstance(value, list) and any(_mentions(part, reference) for part in value)
