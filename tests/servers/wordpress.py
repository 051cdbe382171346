"""A WordPress site's REST API: posts, drafts, media; takes duplicate slugs as WordPress does."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

from tests.servers.faulty import Call, Fault, FaultyServer, Reply

USER = "bientap"
PASSWORD = "wpMARKER abcd efgh"

__all__ = ["PASSWORD", "USER", "Fault", "WordPressServer"]


@dataclass
class Post:
    """One post or draft."""

    id: int
    fields: dict[str, Any]

    def shown(self, base: str) -> dict[str, Any]:
        return {
            "id": self.id,
            "slug": self.fields.get("slug", ""),
            "status": self.fields.get("status", "draft"),
            "link": f"{base}/{self.fields.get('slug', '')}/",
            "title": {"raw": self.fields.get("title", "")},
            "content": {"raw": self.fields.get("content", "")},
            "date_gmt": "2026-11-23T05:00:00",
        }


class WordPressServer(FaultyServer):
    """Calls: list, create, update, media, me."""

    def __init__(self) -> None:
        super().__init__()
        self.posts: list[Post] = []
        self.media: list[tuple[str, bytes]] = []
        self.may_publish = True

    @property
    def published(self) -> list[Post]:
        return [post for post in self.posts if post.fields.get("status") == "publish"]

    def name_of(self, method: str, path: str) -> str:
        last = path.rstrip("/").rsplit("/", 1)[-1]
        if last == "posts":
            return "list" if method == "GET" else "create"
        return "update" if last.isdigit() else last

    def refusal(self, call: Call, fault: Fault) -> Reply:
        status = {Fault.SERVER_ERROR: 500, Fault.EXPIRED_TOKEN: 401, Fault.RATE_LIMIT: 429}
        body = {"code": "rest_refused", "message": "no", "data": {}}
        return Reply(body, status.get(fault, 403), {"Retry-After": "60"})

    def answer(self, call: Call) -> Reply:
        wanted = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if call.headers.get("authorization") != f"Basic {wanted}":
            return Reply({"code": "rest_not_logged_in", "message": "", "data": {}}, 401)
        method = getattr(self, f"_on_{call.name}", None)
        return method(call) if method else Reply({"code": "rest_no_route"}, 404)

    def state(self) -> Any:
        return [post.fields for post in self.posts]

    def _on_list(self, call: Call) -> Reply:
        wanted = call.query.get("status", "publish").split(",")
        found = [p for p in self.posts if p.fields.get("status", "draft") in wanted]
        if slug := call.query.get("slug"):
            found = [post for post in found if post.fields.get("slug") == slug]
        if text := call.query.get("search"):
            found = [post for post in found if text in json.dumps(post.fields)]
        return Reply([post.shown(self.url) for post in found])

    def _on_create(self, call: Call) -> Reply:
        fields = dict(call.json())
        taken = {post.fields.get("slug") for post in self.published}
        if fields.get("status") == "publish" and fields.get("slug") in taken:
            fields["slug"] += "-2"
        post = Post(len(self.posts) + 1, fields)
        self.posts.append(post)
        return Reply(post.shown(self.url), 201)

    def _on_update(self, call: Call) -> Reply:
        number = int(call.path.rsplit("/", 1)[-1])
        post = next((post for post in self.posts if post.id == number), None)
        if post is None:
            return Reply({"code": "rest_post_invalid_id"}, 404)
        if not self.may_publish and call.json().get("status") == "publish":
            return Reply({"code": "rest_cannot_publish", "message": "no"}, 403)
        post.fields |= call.json()
        return Reply(post.shown(self.url))

    def _on_media(self, call: Call) -> Reply:
        self.media.append((call.headers["content-type"], call.body))
        number = 900 + len(self.media)
        return Reply({"id": number, "source_url": f"{self.url}/uploads/{number}"}, 201)

    def _on_me(self, call: Call) -> Reply:
        rights = {"publish_posts": True} if self.may_publish else {}
        return Reply({"id": 3, "name": "Biên tập", "capabilities": rights})
