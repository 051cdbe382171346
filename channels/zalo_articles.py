"""The account's list of articles: the newest first, ten a call, and what it tells of each.

`total_view` and `total_share` stand in the list (article/getslice) as public programs read them;
Zalo's documentation was not at hand, so what is missing or no number counts as not told. Zalo has
no call that tells how many received a broadcast or read a group message.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from channels.base import Artefact, Reach, Sent, whole_number
from channels.zalo_api import ZaloApi

_SLICE = 10
_MOST_SLICES = 30
_CALL = "GET /v2.0/article/getslice"
_GONE = "Zalo không còn liệt kê bài viết này (có thể bài đã được gỡ)"
_TOO_OLD = f"bài không nằm trong {_SLICE * _MOST_SLICES} bài mới nhất nên Zalo không cho xem"
_SILENT = "Zalo không cho biết số liệu của bài"


def slices(api: ZaloApi, most: int) -> Iterator[Sequence[Mapping[str, Any]]]:
    """At most so many pages. Flat parameters: the `data=` form was answered by -201.

    Raises ChannelError.
    """
    for page in range(most):
        data = api.read("/v2.0/article/getslice", offset=page * _SLICE, limit=_SLICE, type="normal")
        medias = data.get("medias")
        found = medias if isinstance(medias, list) else []
        yield [one for one in found if isinstance(one, Mapping)]
        if len(found) < _SLICE:
            return


def reach_of(api: ZaloApi, sent: Sequence[Sent]) -> Iterator[Reach]:
    """What the list tells of these articles; it is read until all are found."""
    wanted = {str(one.details.get("article_id") or one.external_id): one for one in sent}
    last: Sequence[Any] = ()
    for last in slices(api, _MOST_SLICES):
        for media in last:
            one = wanted.pop(str(media.get("id")), None)
            if one is not None:
                yield _reach(one, media)
        if not wanted:
            return
    why = _GONE if len(last) < _SLICE else _TOO_OLD
    for one in wanted.values():
        yield Reach(one.delivery, _CALL, remarks=(why,))


def _reach(one: Sent, media: Mapping[str, Any]) -> Reach:
    views = whole_number(media.get("total_view"))
    shares = whole_number(media.get("total_share"))
    said = {"id": str(media.get("id")), "total_view": views, "total_share": shares}
    answer = Artefact("zalo-reach.json", "application/json", json.dumps(said).encode())
    silent = (_SILENT,) if views is None and shares is None else ()
    return Reach(
        one.delivery, _CALL, views=views, shares=shares, remarks=silent, artefacts=(answer,)
    )
