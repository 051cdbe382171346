"""A Graph API server for one Page: posts, photos, read-back; it keeps what was published."""

from __future__ import annotations

import argparse
import hashlib
import hmac
import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.servers.faulty import Call, Fault, FaultyServer, Reply, serve

PAGE = "1029384756"
TOKEN = "EAAfakePageTokenMARKER0123456789"

__all__ = ["PAGE", "TOKEN", "FacebookServer", "Fault"]


@dataclass
class Post:
    """One published post."""

    id: str
    message: str
    link: str | None
    photos: list[str]
    created: datetime
    hidden_reads: int = 0
    """So many looks at published_posts do not show it yet (reads lag)."""
    insights: dict[str, Any] = field(
        default_factory=lambda: {
            "post_total_media_view_unique": 210,
            "post_media_view": 340,
            "post_reactions_by_type_total": {"like": 7, "love": 2},
        }
    )
    comments: int = 3
    shares: int = 0
    """Graph leaves the field out while it is 0."""

    def shown(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "message": self.message,
            "created_time": self.created.strftime("%Y-%m-%dT%H:%M:%S+0000"),
            "permalink_url": f"https://www.facebook.com/{self.id.replace('_', '/posts/')}",
            "is_published": True,
        }


@dataclass
class Photo:
    """One uploaded photo."""

    id: str
    size: int
    published: bool
    url: str | None = None


@dataclass
class Video:
    """One upload; it is public once it is finished."""

    id: str
    size: int
    data: bytes = b""
    description: str = ""
    finished: int = 0

    def shown(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "description": self.description,
            "published": bool(self.finished),
            "status": {"video_status": "processing" if self.finished else "upload_complete"},
            "permalink_url": f"/reel/{self.id}/",
            "created_time": "2026-11-23T05:00:00+0000",
        }


@dataclass
class _Knobs:
    lag: int = 0
    page_size: int = 100
    permalink_on_write: bool = True
    version_header: str | None = "v26.0"
    scopes: list[str] = field(
        default_factory=lambda: ["pages_manage_posts", "pages_read_engagement"]
    )
    expires_at: int = 0
    me: dict[str, str] = field(default_factory=lambda: {"id": PAGE, "name": "UBND xã An Bình"})
    regain_minutes: int = 15
    dead_metrics: set[str] = field(
        default_factory=lambda: {"post_impressions", "post_impressions_unique"}
    )
    no_right: set[str] = field(default_factory=set)
    """What the token may not see: insights, comments, shares."""
    app_usage: int | None = None
    """Percent, in the header of every answer."""


class FacebookServer(FaultyServer):
    """Calls: feed, photos, published_posts, object, me, batch. `posts` is what went public."""

    def __init__(
        self,
        port: int = 0,
        store: Path | None = None,
        *,
        token: str = TOKEN,
        app_secret: str | None = None,
        now: datetime | None = None,
    ) -> None:
        super().__init__(port, store)
        self.posts: list[Post] = []
        self.photos: list[Photo] = []
        self.videos: list[Video] = []
        self.token = token
        self.app_secret = app_secret
        self.now = now
        self.knobs = _Knobs()

    def name_of(self, method: str, path: str) -> str:
        parts = path.strip("/").split("/")[1:]  # without the version
        if not parts:
            return "batch"
        if len(parts) == 1:
            return "me" if parts[0] == "me" else "object"
        if parts[1] == "videos":
            return "video"
        return parts[1]

    def refusal(self, call: Call, fault: Fault) -> Reply:
        usage = {PAGE: [{"estimated_time_to_regain_access": self.knobs.regain_minutes}]}
        match fault:
            case Fault.SERVER_ERROR:
                return _error(2, "Please retry your request later.", status=500, transient=True)
            case Fault.EXPIRED_TOKEN:
                said = f"Error validating access token: {self.token} has expired"
                return _error(190, said, subcode=463, kind="OAuthException")
            case Fault.RATE_LIMIT:
                reply = _error(32, "Page request limit reached")
                reply.headers["X-Business-Use-Case-Usage"] = json.dumps(usage)
                return reply
            case Fault.DUPLICATE:
                return _error(506, "Duplicate status message")
        return _error(100, "Invalid parameter")

    def answer(self, call: Call) -> Reply:
        reply = self._authorised(call) or self._carry_out(call)
        if self.knobs.version_header:
            reply.headers.setdefault("facebook-api-version", self.knobs.version_header)
        if self.knobs.app_usage is not None:
            usage = {"call_count": self.knobs.app_usage, "total_time": 1, "total_cputime": 2}
            reply.headers.setdefault("X-App-Usage", json.dumps(usage))
        return reply

    def state(self) -> Any:
        return {
            "posts": [{**post.shown(), "photos": post.photos} for post in self.posts],
            "photos": len(self.photos),
        }

    def _authorised(self, call: Call) -> Reply | None:
        token = (
            call.form.get("access_token")
            or call.headers.get("authorization", "").removeprefix("Bearer ")
            or call.query.get("access_token")
        )
        if token != self.token:
            return _error(190, f"Malformed access token {token}", kind="OAuthException")
        if self.app_secret is not None:
            key, message = self.app_secret.encode(), self.token.encode()
            proof = hmac.new(key, message, hashlib.sha256).hexdigest()
            if {**call.query, **call.form}.get("appsecret_proof") != proof:
                return _error(100, "Invalid appsecret_proof provided in the API argument")
        return None

    def _carry_out(self, call: Call) -> Reply:
        match call.name:
            case "feed":
                return self._publish(call)
            case "photos":
                return self._store_photo(call)
            case "video":
                return self._video(call)
            case "published_posts":
                return self._list(call)
            case "insights" | "video_insights":
                return self._insights(call)
            case "me":
                return Reply(self.knobs.me)
            case "batch":
                return self._batch(call)
        return self._object(call)

    def _publish(self, call: Call) -> Reply:
        number = len(self.posts) + 1
        attached = json.loads(call.form.get("attached_media") or "[]")
        photos = [str(media["media_fbid"]) for media in attached]
        known = {photo.id for photo in self.photos if not photo.published}
        if not set(photos) <= known:
            return _error(100, "Invalid media id")
        post = Post(
            f"{PAGE}_{number:04}",
            call.form.get("message", ""),
            call.form.get("link"),
            photos,
            self.now or datetime.now(UTC),  # noqa: TID251 - a server has a clock of its own
            self.knobs.lag,
        )
        self.posts.append(post)
        answer = {"id": post.id}
        if self.knobs.permalink_on_write and "permalink_url" in call.form.get("fields", ""):
            answer["permalink_url"] = post.shown()["permalink_url"]
        return Reply(answer)

    def _store_photo(self, call: Call) -> Reply:
        _, data = call.files.get("source", ("", b""))
        if not data and not call.form.get("url"):
            return _error(324, "Missing or invalid image file")
        published = call.form.get("published", "true") != "false"
        photo = Photo(str(700 + len(self.photos)), len(data), published, call.form.get("url"))
        self.photos.append(photo)
        return Reply({"id": photo.id})

    def _video(self, call: Call) -> Reply:
        if call.form["upload_phase"] == "start":
            video = Video(str(500 + len(self.videos)), int(call.form["file_size"]))
            self.videos.append(video)
            said = {"video_id": video.id, "upload_session_id": f"s{video.id}"}
            return Reply({**said, **self._offered(video)})
        session = call.form["upload_session_id"]
        video = next(one for one in self.videos if f"s{one.id}" == session)
        if call.form["upload_phase"] == "transfer":
            if int(call.form["start_offset"]) != len(video.data):
                return _error(1363037, "wrong offset")
            video.data += call.files["video_file_chunk"][1]
            return Reply(self._offered(video))
        if len(video.data) != video.size:
            return _error(100, "not all of it is here")
        video.finished += 1
        video.description = call.form["description"]
        return Reply({"success": True})

    def _offered(self, video: Video) -> dict[str, str]:
        start = len(video.data)
        return {"start_offset": str(start), "end_offset": str(min(start + 64_000, video.size))}

    def _list(self, call: Call) -> Reply:
        since = float(call.query.get("since") or 0)
        size = min(int(call.query.get("limit") or 25), self.knobs.page_size)
        start = int(call.query.get("after") or 0)
        visible = []
        for post in reversed(self.posts):
            if post.hidden_reads > 0:
                post.hidden_reads -= 1
            elif post.created.timestamp() >= since:
                visible.append(post.shown())
        page: dict[str, Any] = {"data": visible[start : start + size]}
        if start + size < len(visible):
            after = str(start + size)
            page["paging"] = {
                "cursors": {"after": after},
                "next": f"{self.url}/next?access_token={self.token}&after={after}",
            }
        return Reply(page)

    def _batch(self, call: Call) -> Reply:
        (asked,) = json.loads(call.form["batch"])
        match = re.fullmatch(r"debug_token\?input_token=(.+)", asked["relative_url"])
        data = {
            "is_valid": bool(match) and match is not None and match[1] == self.token,
            "type": "PAGE",
            "scopes": self.knobs.scopes,
            "expires_at": self.knobs.expires_at,
        }
        return Reply([{"code": 200, "body": json.dumps({"data": data})}])

    def _object(self, call: Call) -> Reply:
        wanted = call.path.rsplit("/", 1)[-1]
        for video in self.videos:
            if video.id == wanted:
                return Reply(video.shown())
        for post in self.posts:
            if post.id == wanted:
                return self._shown(post, call.query.get("fields", ""))
        return _error(100, f"Object with ID '{wanted}' does not exist", subcode=33)

    def _shown(self, post: Post, fields: str) -> Reply:
        """The post, or the counts that were asked for."""
        for name in ("comments", "shares"):
            if name in fields and name in self.knobs.no_right:
                return _error(10, f"(#10) This endpoint requires a permission to read {name}")
        if "shares" not in fields:
            return Reply(post.shown())
        said: dict[str, Any] = {"id": post.id}
        if post.shares:
            said["shares"] = {"count": post.shares}
        if "comments.limit(0)" in fields:
            said["comments"] = {"data": [], "summary": {"total_count": post.comments}}
        elif "comments" in fields:
            said["comments"] = {"data": [{"from": {"name": "Nguyễn Thị MARKER"}}]}
        return Reply(said)

    def _insights(self, call: Call) -> Reply:
        """One name that Facebook has taken away fails the whole call."""
        number = call.path.strip("/").split("/")[-2]
        found = next((one for one in self.posts if one.id == number), None)
        video = next((one for one in self.videos if one.id == number), None)
        if found is None and video is None:
            return _error(100, f"Object with ID '{number}' does not exist", subcode=33)
        if "insights" in self.knobs.no_right:
            return _error(200, "(#200) The permission(s) read_insights must be granted")
        values = found.insights if found else {"total_video_views": 89, "fb_reels_total_plays": 95}
        names = [one for one in call.query.get("metric", "").split(",") if one] or list(values)
        if self.knobs.dead_metrics & set(names):
            return _error(100, "(#100) The value must be a valid insights metric")
        data = [
            {
                "name": name,
                "period": "lifetime",
                "values": [{"value": values[name]}],
                "id": f"{number}/insights/{name}/lifetime",
            }
            for name in names
            if name in values
        ]
        address = f"{self.url}/{number}/insights?access_token={self.token}"
        return Reply({"data": data, "paging": {"previous": address, "next": address}})


def _error(
    code: int,
    message: str,
    *,
    subcode: int | None = None,
    status: int = 400,
    transient: bool = False,
    kind: str = "GraphMethodException",
) -> Reply:
    error: dict[str, Any] = {
        "message": message,
        "type": kind,
        "code": code,
        "is_transient": transient,
        "fbtrace_id": "AbCdEf",
    }
    if subcode is not None:
        error["error_subcode"] = subcode
    return Reply({"error": error}, status)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--store", type=Path)
    parser.add_argument("--token", default=TOKEN)
    options = parser.parse_args()
    serve(FacebookServer(options.port, options.store, token=options.token))
