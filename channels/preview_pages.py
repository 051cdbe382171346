"""Posts, articles and chat messages as HTML pages that look like the real thing.

Each page stands alone: its own style, images inside, no script, nothing fetched.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from html import escape
from importlib.resources import files
from string import Template
from typing import cast

from channels import plain_text
from channels.base import Artefact, Json, Prepared

SIMULATED_MARK = "BẢN MÔ PHỎNG"
PREVIEW_MARK = "BẢN XEM TRƯỚC"

_URL = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)\]”’]")


def facebook_page(prepared: Prepared, *, simulated: bool) -> Artefact:
    """The post as it looks on the Page."""
    details = prepared.details
    station = str(details.get("station") or "")
    head = _head(station, "Vừa xong · Công khai")
    link = "" if not details.get("link") else _link_card(str(details["link"]))
    content = (
        f'<article class="card">{head}<div class="text">{_paragraphs(prepared.text)}</div>'
        f"{_shown(prepared)}{link}"
        '<div class="actions"><span>Thích</span><span>Bình luận</span><span>Chia sẻ</span></div>'
        "</article>"
    )
    return _page(prepared, content, simulated)


def zalo_page(prepared: Prepared, *, simulated: bool, target: str | None = None) -> Artefact:
    """The article for followers, the message for groups; both where no target is named."""
    parts = []
    if target in (None, "followers") and isinstance(prepared.details.get("article"), Mapping):
        parts.append(_article(prepared))
    if target != "followers" and prepared.details.get("message"):
        parts.append(_chat(prepared, target))
    return _page(prepared, "\n".join(parts), simulated)


def _article(prepared: Prepared) -> str:
    article = cast("Mapping[str, Json]", prepared.details["article"])
    body = article.get("body")
    blocks = [_block(block) for block in body] if isinstance(body, Sequence) else []
    cover = article.get("cover")
    picture = "" if not cover else _placeholder(f"Ảnh bìa: {cover}")
    head = _head(str(article["author"]), "Zalo Official Account · Vừa xong")
    return (
        '<div class="part">Bài viết gửi người quan tâm</div>'
        f'<article class="card">{picture}<h1>{escape(str(article["title"]))}</h1>{head}'
        f'<div class="lead">{escape(str(article["description"]))}</div>'
        f'<div class="text">{"".join(blocks)}</div></article>'
    )


def _block(block: object) -> str:
    if not isinstance(block, Mapping):
        return ""
    if block.get("type") == "image":
        return _placeholder(f"Ảnh: {block.get('url')}")
    return _paragraphs(str(block.get("content") or ""))


def _chat(prepared: Prepared, target: str | None) -> str:
    station = str(prepared.details.get("station") or "")
    where = {None: "nhóm và cá nhân", "recent": "người vừa liên hệ"}.get(target, "nhóm")
    name = f'<div class="name">{escape(station)}</div>'
    picture = "" if target and target.startswith("group:") else _pictures(prepared)
    return (
        f'<div class="part">Tin nhắn gửi {where}</div><div class="chat">{_avatar(station)}'
        f'<div class="bubble">{name}{_paragraphs(str(prepared.details["message"]))}'
        f"{picture}</div></div>"
    )


def _pictures(prepared: Prepared) -> str:
    shown = "".join(_image(one) for one in prepared.attachments)
    return f'<div class="photos one">{shown}</div>' if shown else ""


def _page(prepared: Prepared, content: str, simulated: bool) -> Artefact:
    reference = str(prepared.details.get("reference") or "")
    note = "Chưa gửi gì ra ngoài; đây là hình dung nội dung sẽ đăng."
    text = _template().substitute(
        channel=escape(prepared.channel),
        title=escape(prepared.text.partition("\n")[0][:120]),
        mark=SIMULATED_MARK if simulated else PREVIEW_MARK,
        mark_class="simulated" if simulated else "preview",
        mark_note=note,
        problems=_problems(prepared.problems),
        content=content,
        foot=escape(f"Mã tin {reference} · mã băm nội dung {prepared.payload.sha256()[:16]}"),
    )
    return Artefact(f"{prepared.channel}-preview.html", "text/html", text.encode())


@cache
def _template() -> Template:
    return Template(files("channels").joinpath("data", "page.html").read_text(encoding="utf-8"))


def _problems(problems: Iterable[str]) -> str:
    lines = "".join(f"<li>{escape(problem)}</li>" for problem in problems)
    return f'<ul class="problems">{lines}</ul>' if lines else ""


def _head(name: str, below: str) -> str:
    return (
        f'<div class="head">{_avatar(name)}<div><div class="name">{escape(name)}</div>'
        f'<div class="sub">{escape(below)}</div></div></div>'
    )


def _avatar(name: str) -> str:
    initials = "".join(word[0] for word in name.split()[-2:]).upper()
    return f'<div class="avatar" aria-hidden="true">{escape(initials)}</div>'


def _paragraphs(text: str) -> str:
    return "".join(
        f"<p>{'<br>'.join(_linked(line) for line in paragraph.splitlines())}</p>"
        for paragraph in plain_text.paragraphs(text)
    )


def _linked(line: str) -> str:
    pieces, last = [], 0
    for match in _URL.finditer(line):
        pieces += [escape(line[last : match.start()]), _anchor(match[0])]
        last = match.end()
    return "".join([*pieces, escape(line[last:])])


def _anchor(address: str) -> str:
    return f'<a href="{escape(address)}" rel="noreferrer">{escape(address)}</a>'


def _link_card(address: str) -> str:
    host = address.split("://", 1)[-1].split("/", 1)[0]
    if not address.lower().startswith(("http://", "https://")):
        return f'<div class="link">{escape(address)}</div>'
    return (
        f'<a class="link" href="{escape(address)}" rel="noreferrer">'
        f"<span>{escape(host)}</span>{escape(address)}</a>"
    )


def _shown(prepared: Prepared) -> str:
    if "video" in prepared.details:
        card = _image(prepared.attachments[0])
        return (
            f'<div class="photos one">{card}</div>{_placeholder("▶ Video: tiếng đọc của bản tin")}'
        )
    return _photos(prepared.details.get("photos"), prepared.attachments)


def _photos(photos: Json, attachments: Sequence[Artefact]) -> str:
    if not isinstance(photos, Sequence) or not photos:
        return ""
    local = iter(attachments)
    shown = [
        _placeholder(f"Ảnh: {photo['url']}") if "url" in photo else _image(next(local))
        for photo in photos
        if isinstance(photo, Mapping)
    ]
    return f'<div class="photos{" one" if len(shown) == 1 else ""}">{"".join(shown)}</div>'


def _image(image: Artefact) -> str:
    try:
        data = image.read()
    except OSError:
        return _placeholder(f"Không đọc được ảnh {image.name}")
    source = f"data:{image.media_type};base64,{base64.b64encode(data).decode()}"
    return f'<img src="{escape(source)}" alt="{escape(image.name)}">'


def _placeholder(text: str) -> str:
    return f'<div class="photo">{escape(text)}</div>'
