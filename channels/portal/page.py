"""A bulletin as a web page: its address, its text, its tags for the networks. Pure."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

import rfc8785

from channels import plain_text
from channels.base import Artefact, ChannelError, Json, Outgoing, Prepared, Withdrawal
from channels.bulletin_text import SoundOf, plain_body, reference_line
from channels.images import ImageError, ImageLimits, fit_image
from channels.portal.settings import PortalSettings
from content.folding import strip_marks

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

_PICTURE = ImageLimits(1_000_000, 1600)
_SUFFIXES = {"image/jpeg": ".jpg", "image/png": ".png", "audio/mpeg": ".mp3"}
LONGEST_SLUG = 60
LONGEST_SUMMARY = 300
AUDIO_PLACE = "{audio}"
"""In a WordPress post's text: the address that the site gives to the uploaded sound."""

_FIRST_HEADING = re.compile(r"^\s{0,3}#{1,6}\s+(.+?)\s*#*\s*$", re.MULTILINE)


def prepare_page(outgoing: Outgoing, settings: PortalSettings, sound: SoundOf) -> Prepared:
    """The page as it will stand on the portal, with everything that stands in its way."""
    image = next((one for one in outgoing.images if isinstance(one, Path)), None)
    problems = _problems(outgoing)
    picture = _picture(image, settings, problems)
    attachments = _attachments(picture, _sound(outgoing, settings, sound))
    files_by_kind = {artefact.media_type.split("/")[0]: artefact for artefact in attachments}
    public = next((one for one in outgoing.images if isinstance(one, str)), None)
    details: dict[str, Json] = {
        "name": page_name(outgoing.title, outgoing.bulletin),
        "bulletin": outgoing.bulletin,
        "revision": outgoing.revision,
        "title": outgoing.title.strip(),
        "summary": _summary(outgoing),
        "body": body_html(outgoing),
        "station": outgoing.station,
        "reference": outgoing.reference,
        "at": outgoing.at.isoformat() if outgoing.at else None,
        "date": f"Ngày {outgoing.at:%d/%m/%Y}" if outgoing.at else "",
        "link": outgoing.link,
        "image": f"media/{files_by_kind['image'].name}" if "image" in files_by_kind else public,
        "audio": f"media/{files_by_kind['audio'].name}" if "audio" in files_by_kind else None,
    }
    return Prepared(
        channel="portal",
        text=_text(outgoing),
        payload=_payload(details, settings),
        attachments=attachments,
        problems=tuple(problems),
        details=details,
    )


def page_name(title: str, bulletin: int) -> str:
    """The page's place under the section's address: "giam-le-phi-bt7.html"."""
    return f"{slug(title)}-bt{bulletin}.html"


def slug(title: str) -> str:
    """ASCII words of a Vietnamese title, whole words, at most 60 letters; "tin" where none."""
    words = re.findall(r"[a-z0-9]+", strip_marks(title).lower())
    kept = ""
    for word in words:
        longer = f"{kept}-{word}" if kept else word[:LONGEST_SLUG]
        if len(longer) > LONGEST_SLUG:
            break
        kept = longer
    return kept or "tin"


def body_html(outgoing: Outgoing) -> str:
    """The Markdown body as HTML; markup inside the text is shown, never obeyed."""
    body = outgoing.body
    first = _FIRST_HEADING.match(body.lstrip("\n"))
    if first and first[1].rstrip(".").casefold() == outgoing.title.strip().rstrip(".").casefold():
        body = body.lstrip("\n")[first.end() :]
    rendered: str = _markdown().render(body)
    return rendered.strip()


def page_html(
    details: Mapping[str, Json], settings: PortalSettings, places: Mapping[str, str] | None = None
) -> bytes:
    """The page itself; `places` says where the image and the sound stand, if not beside it."""
    places = places or {}
    title = str(details["title"])
    return _fill(
        title=title,
        station=str(details["station"]),
        section=settings.title,
        head=_tags(details, settings),
        mark=places.get("mark", ""),
        content=f"<h1>{html.escape(title)}</h1>\n{_article(details, places)}",
        foot=html.escape(reference_line(str(details["reference"]))),
    )


def index_html(settings: PortalSettings, station: str, entries: list[dict[str, Json]]) -> bytes:
    """The section's front page: every bulletin, newest first."""
    rows = [
        f'<li><a href="{html.escape(str(entry["name"]))}">{html.escape(str(entry["title"]))}</a>'
        f"<p>{html.escape(str(entry['summary']))}</p></li>"
        for entry in entries
    ]
    return _fill(
        title=settings.title,
        station=station,
        section=settings.title,
        head='<link rel="alternate" type="application/atom+xml" href="feed.xml">',
        mark="",
        content=f'<h1>{html.escape(settings.title)}</h1>\n<ul class="list">{"".join(rows)}</ul>',
        foot='<a href="feed.xml">Atom</a>',
    )


def moved_html(settings: PortalSettings, station: str, to: str) -> bytes:
    """What stands at the old address of a bulletin whose title was changed."""
    place = html.escape(to)
    return _fill(
        title="Bài đã chuyển",
        station=station,
        section=settings.title,
        head=f'<meta http-equiv="refresh" content="0; url={place}">'
        f'<link rel="canonical" href="{html.escape(settings.base + to)}">',
        mark="",
        content=f'<p>Bài này đã chuyển tới <a href="{place}">địa chỉ mới</a>.</p>',
        foot="",
    )


def gone_html(settings: PortalSettings, withdrawal: Withdrawal, mark: str = "") -> bytes:
    """What stands at a bulletin's address after it was taken back: nothing of its text."""
    title = "Bài viết đã được gỡ"
    text = (
        f"{withdrawal.station} đã gỡ bài viết này khỏi trang thông tin lúc "
        f"{withdrawal.at:%H:%M} ngày {withdrawal.at:%d/%m/%Y}."
    )
    robots = '<meta name="robots" content="noindex">'
    return _fill(
        title=title,
        station=withdrawal.station,
        section=settings.title,
        head=f'{robots}\n<meta property="og:title" content="{title}">',
        mark=mark,
        content=f"<h1>{title}</h1>\n<p>{html.escape(text)}</p>\n"
        '<p>Mời xem các bài khác trong <a href="index.html">mục tin</a>.</p>',
        foot="",
    )


def _article(details: Mapping[str, Json], places: Mapping[str, str]) -> str:
    parts = []
    if details["date"]:
        parts.append(f'<p class="date">{html.escape(str(details["date"]))}</p>')
    if details["audio"]:
        source = html.escape(places.get("audio", str(details["audio"])))
        parts.append(f'<audio controls preload="none" src="{source}"></audio>')
    if details["image"]:
        source = html.escape(places.get("image", str(details["image"])))
        parts.append(f'<img src="{source}" alt="">')
    parts.append(str(details["body"]))
    if details["link"]:
        link = html.escape(str(details["link"]))
        parts.append(f'<p>Xem thêm: <a href="{link}" rel="noreferrer">{link}</a></p>')
    return "\n".join(parts)


def post_html(details: Mapping[str, Json]) -> str:
    """The body of a WordPress post: without the title and picture, which the theme shows."""
    bare = {**details, "date": "", "image": None}
    return (
        f"{_article(bare, {'audio': AUDIO_PLACE})}\n"
        f"<p><small>{html.escape(reference_line(str(details['reference'])))}</small></p>\n"
        f"<!-- {bulletin_mark(details['bulletin'])} -->"
    )


def bulletin_mark(bulletin: Json) -> str:
    """In every post of one bulletin, so that a later revision finds it under another title."""
    return f"broadcaster:bt{bulletin}"


def _tags(details: Mapping[str, Json], settings: PortalSettings) -> str:
    """Open Graph, for the card that Facebook and Zalo show under a link."""
    address = settings.base + str(details["name"])
    tags = {
        "og:type": "article",
        "og:locale": "vi_VN",
        "og:site_name": str(details["station"]),
        "og:title": str(details["title"]),
        "og:description": str(details["summary"]),
        "og:url": address,
        "og:image": _absolute(settings, details["image"]),
        "og:audio": _absolute(settings, details["audio"]),
        "article:published_time": details["at"],
    }
    lines = [
        f'<meta property="{name}" content="{html.escape(str(value))}">'
        for name, value in tags.items()
        if value
    ]
    lines.append(f'<link rel="canonical" href="{html.escape(address)}">')
    lines.append('<link rel="alternate" type="application/atom+xml" href="feed.xml">')
    return "\n".join(lines)


def _absolute(settings: PortalSettings, place: Json) -> str:
    if not place:
        return ""
    return (
        str(place) if str(place).startswith(("http://", "https://")) else settings.base + str(place)
    )


def _fill(*, head: str, mark: str, content: str, foot: str, **texts: str) -> bytes:
    """`head`, `mark`, `content` and `foot` are HTML already, `texts` are not."""
    escaped = {name: html.escape(text) for name, text in texts.items()}
    return (
        _template()
        .substitute(escaped, head=head, mark=mark, content=content, foot=foot, home="index.html")
        .encode()
    )


@cache
def _template() -> Template:
    place = files("channels").joinpath("data", "portal_page.html")
    return Template(place.read_text(encoding="utf-8"))


@cache
def _markdown() -> MarkdownIt:
    from markdown_it import MarkdownIt

    # Pictures of other hosts stay out: a visitor of the portal is nobody else's business.
    return MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")


def _payload(details: Mapping[str, Json], settings: PortalSettings) -> Artefact:
    if settings.kind != "wordpress":
        return Artefact(str(details["name"]), "text/html", page_html(details, settings))
    post = {
        "title": details["title"],
        "slug": str(details["name"]).removesuffix(".html"),
        "content": post_html(details),
        "excerpt": details["summary"],
    }
    return Artefact("wordpress-post.json", "application/json", rfc8785.dumps(post))


def _picture(image: Path | None, settings: PortalSettings, problems: list[str]) -> Artefact | None:
    """The picture made to fit; why there is none goes into `problems`."""
    if image is None:
        return None
    try:
        return fit_image(image, _PICTURE, settings.image_cache)
    except ImageError as error:
        problems.append(str(error))
        return None


def _attachments(picture: Artefact | None, sound: Artefact | None) -> tuple[Artefact, ...]:
    """Under names made of their content, so that no page's file ever changes."""
    return tuple(
        replace(one, name=f"{one.sha256()[:24]}{_SUFFIXES[one.media_type]}")
        for one in (picture, sound)
        if one is not None
    )


def _sound(outgoing: Outgoing, settings: PortalSettings, sound: SoundOf) -> Artefact | None:
    """A page whose sound cannot be made now goes out without it: the text is what counts."""
    if not settings.audio:
        return None
    try:
        return sound(outgoing)
    except ChannelError:
        return None


def _summary(outgoing: Outgoing) -> str:
    text = " ".join(plain_body(outgoing.title, outgoing.body).split())
    return plain_text.shorten(text or outgoing.title.strip(), LONGEST_SUMMARY)


def _text(outgoing: Outgoing) -> str:
    parts = [outgoing.title.strip(), plain_body(outgoing.title, outgoing.body)]
    if outgoing.link:
        parts.append(f"Xem thêm: {outgoing.link}")
    parts.append(reference_line(outgoing.reference))
    return "\n\n".join(part for part in parts if part)


def _problems(outgoing: Outgoing) -> list[str]:
    problems = []
    if not outgoing.title.strip() or not outgoing.body.strip():
        problems.append("Bản tin thiếu tiêu đề hoặc nội dung; cổng thông tin cần cả hai.")
    for what, address in (
        ("Liên kết", outgoing.link),
        *(("Địa chỉ ảnh", one) for one in outgoing.images if isinstance(one, str)),
    ):
        if address and not address.lower().startswith(("http://", "https://")):
            problems.append(f"{what} “{address}” phải bắt đầu bằng https://.")
    return problems
