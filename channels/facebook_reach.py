"""What Facebook tells of a post: viewers, views, reactions, comments, shares. Reads only.

Metrics: developers.facebook.com, Page Insights and the changelog of v25.0: since 2026-06-15 the
reach of a post is `post_total_media_view_unique`, its views `post_media_view`; the names before
them (post_impressions…) are refused by every version, and one refused name fails the whole call
(airbytehq/airbyte pull request 84408). A page of fewer than 100 likes gets no insights.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from channels.base import (
    Artefact,
    ChannelError,
    Clock,
    ErrorKind,
    Json,
    Reach,
    Sent,
    whole_number,
)

if TYPE_CHECKING:
    from channels.facebook_graph import Graph

_METRICS = {
    "people": "post_total_media_view_unique",
    "views": "post_media_view",
    "reactions": "post_reactions_by_type_total",
}
_VIDEO_METRICS = {
    "people": ("post_total_media_view_unique", "total_video_views_unique"),
    "views": ("fb_reels_total_plays", "blue_reels_play_count", "total_video_views"),
    "reactions": ("total_video_reactions_by_type_total", "post_video_likes_by_reaction_type"),
}
"""Of `video_insights`, asked without names: it answers with those that it has; the first counts."""
_FIELDS = "shares,comments.limit(0).summary(true)"
"""`limit(0)`: the number only, never who wrote what."""
_SHARES = "shares"
_NOT_A_METRIC = "valid insights metric"
_ABSENT = "100/33"
_AGAIN = timedelta(days=1)
"""A right that was missing is not asked for again sooner."""
_GONE = "Facebook không còn cho xem bài này (có thể bài đã được gỡ)"
_LACKING = (
    "Mã truy cập Facebook thiếu quyền xem số liệu (read_insights, pages_read_engagement); "
    "hãy cấp thêm quyền rồi lưu mã mới."
)
_NO_COMMENTS = "Facebook không cho xem số bình luận (quyền pages_read_user_content)"


class PageReach:
    """Asks about one page's posts, and remembers what it was refused."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._dead: set[str] = set()
        """Metrics that this version does not know; not asked for again."""
        self._rests: dict[str, datetime] = {}

    def of(self, graph: Graph, sent: Sequence[Sent]) -> Iterator[Reach]:
        """Raises ChannelError where all that can be asked is refused, or nobody answers."""
        for one in sent:
            try:
                yield self._of_one(graph, one)
            except ChannelError as error:
                if error.code != _ABSENT:
                    raise
                yield Reach(one.delivery, "GET /{post}", remarks=(_GONE,))

    def _of_one(self, graph: Graph, one: Sent) -> Reach:
        number = one.external_id
        is_video = "_" not in number
        refused: list[ChannelError] = []
        look = self._video_insights if is_video else self._insights
        insights = self._allowed("insights", lambda: look(graph, number), refused)
        counts = self._allowed("comments", lambda: graph.read(number, fields=_FIELDS), refused)
        if counts is None and not is_video:
            counts = self._allowed("shares", lambda: graph.read(number, fields=_SHARES), refused)
        if insights is None and counts is None:
            raise _no_right(refused)
        told = _video_figures(insights or {}) if is_video else _figures(insights or {})
        said: dict[str, Json] = {"id": number, "insights": insights, **_trimmed(counts or {})}
        return Reach(
            one.delivery,
            f"GET /{{post}}/{'video_insights' if is_video else 'insights'}; GET /{{post}}",
            **told,
            comments=_comments(counts or {}),
            shares=_shares(counts or {}),
            remarks=tuple(self._remarks(insights, counts)),
            lacking=_LACKING if insights is None else None,
            artefacts=(_answer(said),),
        )

    def _allowed(
        self, what: str, ask: Callable[[], dict[str, Any]], refused: list[ChannelError]
    ) -> dict[str, Any] | None:
        """The answer; None where the right is missing, which is not tried again today."""
        rests = self._rests.get(what)
        if rests is not None and self._clock.now() < rests:
            return None
        try:
            return ask()
        except ChannelError as error:
            if not _is_permission(error):
                raise
            refused.append(error)
            self._rests[what] = self._clock.now() + _AGAIN
            return None

    def _insights(self, graph: Graph, number: str) -> dict[str, Any]:
        """Each metric's value. A name that Facebook has taken away is found and left out."""
        wanted = [name for name in _METRICS.values() if name not in self._dead]
        if not wanted:
            return {}
        try:
            return _values(graph.read(number, "insights", metric=",".join(wanted)))
        except ChannelError as error:
            if not _is_dead_metric(error):
                raise
        found: dict[str, Any] = {}
        for name in wanted:
            try:
                found |= _values(graph.read(number, "insights", metric=name))
            except ChannelError as error:
                if not _is_dead_metric(error):
                    raise
                self._dead.add(name)
        return found

    def _video_insights(self, graph: Graph, number: str) -> dict[str, Any]:
        return _values(graph.read(number, "video_insights"))

    def _remarks(
        self, insights: Mapping[str, Any] | None, counts: Mapping[str, Any] | None
    ) -> Iterator[str]:
        if insights is not None and not insights:
            yield "Facebook chưa có số liệu của bài (Trang dưới 100 lượt thích không được cấp)"
        if counts is None or "comments" not in counts:
            yield _NO_COMMENTS
        for name in sorted(self._dead):
            yield f"Facebook đã bỏ chỉ số {name}"


def _is_permission(error: ChannelError) -> bool:
    """10 and 200 to 299: the token is good, a right is missing."""
    code = (error.code or "").partition("/")[0]
    return code == "10" or (code.isdigit() and 200 <= int(code) <= 299)


def _is_dead_metric(error: ChannelError) -> bool:
    said = str(error.details.get("message") or "")
    return (error.code or "").partition("/")[0] == "100" and _NOT_A_METRIC in said


def _no_right(refused: Sequence[ChannelError]) -> ChannelError:
    code = refused[-1].code if refused else "permission"
    return ChannelError(ErrorKind.REAUTHORISE, _LACKING, code=code)


def _values(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Metric -> its value (a number, or one for each kind of reaction); the last of each."""
    data = answer.get("data")
    found: dict[str, Any] = {}
    for one in data if isinstance(data, list) else []:
        values = one.get("values") if isinstance(one, Mapping) else None
        if isinstance(values, list) and values and isinstance(values[-1], Mapping):
            found[str(one.get("name"))] = values[-1].get("value")
    return found


def _figures(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _count(values.get(metric)) for name, metric in _METRICS.items()}


def _video_figures(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: next((n for one in metrics if (n := _count(values.get(one))) is not None), None)
        for name, metrics in _VIDEO_METRICS.items()
    }


def _count(value: object) -> int | None:
    """A number, or the sum of the kinds; nothing where a part cannot be read."""
    if not isinstance(value, Mapping):
        return whole_number(value)
    parts = [whole_number(part) for part in value.values()]
    return None if None in parts else sum(part for part in parts if part is not None)


def _comments(counts: Mapping[str, Any]) -> int | None:
    comments = counts.get("comments")
    summary = comments.get("summary") if isinstance(comments, Mapping) else None
    return whole_number(summary.get("total_count")) if isinstance(summary, Mapping) else None


def _shares(counts: Mapping[str, Any]) -> int | None:
    shares = counts.get("shares")
    return whole_number(shares.get("count")) if isinstance(shares, Mapping) else None


def _trimmed(counts: Mapping[str, Any]) -> dict[str, Json]:
    """Numbers only: no names, no texts, no addresses with a token."""
    return {"shares": _shares(counts), "comments": _comments(counts)}


def _answer(said: Mapping[str, Json]) -> Artefact:
    # ASCII: a name that is no text (half a surrogate) is kept as it came.
    return Artefact(
        "facebook-reach.json", "application/json", json.dumps(said, sort_keys=True).encode()
    )
