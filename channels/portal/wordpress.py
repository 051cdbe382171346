"""A WordPress site by its REST API: a draft is made and found again, then published once.

Making a draft is not seen by visitors, and publishing post number N twice publishes one post: so
whatever answer is lost, there is never a second one (developer.wordpress.org/rest-api).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from channels.base import (
    Artefact,
    ChannelError,
    Clock,
    ErrorKind,
    Health,
    Json,
    OutcomeUnknown,
    Prepared,
    Receipt,
    Sending,
    Withdrawal,
)
from channels.bulletin_text import mentions
from channels.portal.page import AUDIO_PLACE, bulletin_mark, page_name
from channels.portal.settings import PortalSettings
from channels.portal.site import Gate
from channels.portal.web import PortalWeb, perhaps
from channels.redaction import redact

_EVERY_STATUS = "publish,future,draft,pending,private"
_MADE = (200, 201)


class WordPress:
    """Posts of one site, made with an application password."""

    def __init__(self, settings: PortalSettings, clock: Clock) -> None:
        self._web = PortalWeb(settings, clock)
        self._api = f"{self._web.root.rstrip('/')}/wp-json/wp/v2"
        self._clock = clock

    def publish(self, prepared: Prepared, sending: Sending, gate: Gate) -> Receipt:
        """Upload the files, find or make the draft, publish it."""
        post = json.loads(prepared.payload.read())
        audio = self._upload(prepared, sending, "audio/")
        image = self._upload(prepared, sending, "image/")
        post["content"] = post["content"].replace(AUDIO_PLACE, audio.get("source_url", ""))
        if image:
            post["featured_media"] = image["id"]
        found = self._existing(prepared)
        number = found["id"] if found else self._draft(post)
        started = gate()
        answer = self._write(f"/posts/{number}", {**post, "status": "publish"}, public=True)
        return self._receipt(answer, started)

    def find(self, prepared: Prepared, sending: Sending) -> Receipt | None:
        """The published post that carries this delivery's reference."""
        post = self._existing(prepared)
        if post is None or post.get("status") != "publish":
            return None
        if not mentions(_raw(post), sending.reference):
            return None
        return self._receipt(post, None)

    def take_down(self, withdrawal: Withdrawal) -> Receipt | None:
        """Make drafts of its posts: the page, the lists and the site's feed lose them at once."""
        name = page_name(withdrawal.title, withdrawal.bulletin)
        taken = None
        for query in _queries(withdrawal.bulletin, name):
            for post in self._posts(withdrawal.bulletin, query):
                if post.get("status") != "draft":
                    self._write(f"/posts/{post['id']}", {"status": "draft"}, public=True)
                    taken = post
        if taken is None:
            return None
        shown = {"id": taken["id"], "link": taken.get("link"), "status": "draft"}
        text = redact(json.dumps(shown, ensure_ascii=False, sort_keys=True))
        return Receipt(
            external_id=str(taken["id"]),
            permalink=str(taken.get("link") or "") or None,
            artefacts=(Artefact("wordpress-draft.json", "application/json", text.encode()),),
            details={"kind": "wordpress"},
        )

    def check(self) -> list[Health]:
        """Who we are there, and whether we may publish."""
        try:
            me = self._read("/users/me", context="edit")
        except ChannelError as error:
            return [Health("WordPress", ok=False, message=error.message)]
        name, rights = me.get("name", ""), me.get("capabilities")
        if not isinstance(rights, Mapping) or not rights.get("publish_posts"):
            message = f"Tài khoản “{name}” không có quyền đăng bài (cần vai trò Tác giả trở lên)."
            return [Health("WordPress", ok=False, message=message)]
        return [Health("WordPress", ok=True, message=f"Đăng bài được với tài khoản “{name}”.")]

    def _existing(self, prepared: Prepared) -> dict[str, Any] | None:
        """This bulletin's post, also under an earlier title or as a draft; the oldest one."""
        details = prepared.details
        for query in _queries(details["bulletin"], str(details["name"])):
            if ours := self._posts(details["bulletin"], query):
                published = [one for one in ours if one.get("status") == "publish"]
                return min(published or ours, key=lambda one: int(one["id"]))
        return None

    def _posts(self, bulletin: Json, query: Mapping[str, Json]) -> list[dict[str, Any]]:
        posts = self._list("/posts", status=_EVERY_STATUS, per_page=100, **query)
        return [one for one in posts if _slug(one).endswith(f"-bt{bulletin}")]

    def _draft(self, post: Mapping[str, Any]) -> int:
        answer = self._write("/posts", {**post, "status": "draft"}, public=False)
        return int(answer["id"])

    def _upload(self, prepared: Prepared, sending: Sending, kind: str) -> dict[str, Any]:
        """The file in the site's media library, uploaded once for this delivery."""
        artefact = next((a for a in prepared.attachments if a.media_type.startswith(kind)), None)
        if artefact is None:
            return {}
        if known := sending.progress.get(f"media.{artefact.name}"):
            return dict(json.loads(known))
        answer = self._send_file(artefact)
        kept = {"id": answer["id"], "source_url": str(answer.get("source_url") or "")}
        sending.progress.record(f"media.{artefact.name}", json.dumps(kept))
        return kept

    def _send_file(self, artefact: Artefact) -> dict[str, Any]:
        headers = {
            "Content-Type": artefact.media_type,
            "Content-Disposition": f'attachment; filename="{artefact.name}"',
        }
        return self._object(
            "POST", "/media", public=False, good=_MADE, headers=headers, data=artefact.read()
        )

    def _write(self, path: str, post: Mapping[str, Any], *, public: bool) -> dict[str, Any]:
        params = {"context": "edit"}
        return self._object("POST", path, public=public, good=_MADE, params=params, json=post)

    def _read(self, path: str, **params: Json) -> dict[str, Any]:
        return self._object("GET", path, public=False, good=(200,), params=params)

    def _list(self, path: str, **params: Json) -> list[dict[str, Any]]:
        query = {**params, "context": "edit", "orderby": "id", "order": "asc"}
        answer = self._web.call("GET", self._api + path, good=(200,), params=query)
        try:
            posts = json.loads(answer.body)
        except ValueError:
            posts = None
        if not isinstance(posts, list):
            raise ChannelError(ErrorKind.RETRY, "Danh sách bài của WordPress không đọc được.")
        return [post for post in posts if isinstance(post, dict) and post.get("id")]

    def _object(
        self, method: str, path: str, *, public: bool, good: tuple[int, ...], **request: Any
    ) -> dict[str, Any]:
        answer = self._web.call(method, self._api + path, good=good, public=public, **request)
        found = answer.json_object()
        if found is None or not isinstance(found.get("id"), int):
            raise perhaps("WordPress trả lời không đọc được", "unreadable", public)
        return found

    def _receipt(self, post: Mapping[str, Any], started: Any) -> Receipt:
        if post.get("status") not in (None, "publish"):
            raise OutcomeUnknown(
                f"WordPress giữ bài {post['id']} ở trạng thái “{post['status']}”, chưa công khai; "
                "hãy xem quyền của tài khoản và giờ của máy chủ."
            )
        shown = {name: post.get(name) for name in ("id", "link", "slug", "status", "date_gmt")}
        text = redact(json.dumps(shown, ensure_ascii=False, sort_keys=True))
        return Receipt(
            external_id=str(post["id"]),
            permalink=str(post.get("link") or "") or None,
            started_at=started,
            ended_at=self._clock.now() if started else None,
            artefacts=(Artefact("wordpress-answer.json", "application/json", text.encode()),),
            details={"kind": "wordpress"},
        )


def _queries(bulletin: Json, name: str) -> tuple[dict[str, Json], ...]:
    """How a bulletin's posts are found: by the address of its title, by its mark."""
    return {"slug": name.removesuffix(".html")}, {"search": bulletin_mark(bulletin)}


def _slug(post: Mapping[str, Any]) -> str:
    """WordPress adds "-2" where a slug is taken; such a one is not ours."""
    return str(post.get("slug") or post.get("generated_slug") or "")


def _raw(post: Mapping[str, Any]) -> str:
    content = post.get("content")
    return str(content.get("raw") or "") if isinstance(content, Mapping) else ""
