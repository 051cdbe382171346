"""A bulletin as a Facebook post: its settings, its text and its limits. Pure: nothing is sent."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import rfc8785

from channels import plain_text
from channels.base import Artefact, Json, Outgoing, Prepared
from channels.bulletin_text import plain_body, reference_line
from channels.redaction import register_secret

API_URL = "https://graph.facebook.com"

LONGEST_TEXT = 63_206
"""Characters in one post."""
MOST_PHOTOS = 10
LARGEST_PHOTO = 4_000_000
"""Bytes (error 1366046 above it)."""

_IMAGE_STARTS = {
    b"\xff\xd8\xff": "image/jpeg",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
    b"II*\x00": "image/tiff",
    b"MM\x00*": "image/tiff",
}


@dataclass(frozen=True, slots=True)
class FacebookSettings:
    """Section [facebook] of the settings; the secrets come from the vault or the environment."""

    mode: Literal["live", "sandbox"] = "sandbox"
    page_id: str = ""
    graph_version: str = "v26.0"
    api_url: str = API_URL
    page_token: str = field(default="", repr=False)
    app_secret: str | None = field(default=None, repr=False)
    """Where set, every call carries `appsecret_proof`."""
    reference_code: bool = True
    """End the post with "Mã tin: …", by which a read-back recognises it."""
    timeout: tuple[float, float] = (5, 30)
    """Seconds to connect, seconds between two bytes of the answer."""

    def __post_init__(self) -> None:
        register_secret(self.page_token)
        register_secret(self.app_secret)


def prepare_post(outgoing: Outgoing, settings: FacebookSettings) -> Prepared:
    """The post as it will go out, with every limit it breaks in `problems`."""
    message = _message(outgoing, settings)
    photos = [_photo(image) for image in outgoing.images]
    problems = [*_text_problems(message, outgoing), *_photo_problems(outgoing.images)]
    call: dict[str, Json] = {
        "call": f"{settings.page_id or 'page'}/feed",
        "message": message,
        "photos": photos,
    }
    if outgoing.link and not photos:
        call["link"] = outgoing.link
    return Prepared(
        channel="facebook",
        text=message,
        payload=Artefact("facebook-post.json", "application/json", rfc8785.dumps(call)),
        attachments=tuple(_attachment(i) for i in outgoing.images if isinstance(i, Path)),
        problems=tuple(problems),
        details={**call, "station": outgoing.station, "reference": outgoing.reference},
    )


def media_type(data: bytes) -> str | None:
    """The type of an image that Facebook takes, by its first bytes; None for any other."""
    if data[:4] == b"RIFF":
        return None
    return next((kind for start, kind in _IMAGE_STARTS.items() if data.startswith(start)), None)


def _message(outgoing: Outgoing, settings: FacebookSettings) -> str:
    parts = [outgoing.title.strip(), plain_body(outgoing.title, outgoing.body)]
    if outgoing.link and outgoing.link not in parts[1]:
        parts.append(f"Xem thêm: {outgoing.link}")
    if settings.reference_code:
        parts.append(reference_line(outgoing.reference))
    return "\n\n".join(part for part in parts if part)


def _text_problems(message: str, outgoing: Outgoing) -> list[str]:
    problems = []
    if not outgoing.title.strip() and not outgoing.body.strip():
        problems.append("Bản tin chưa có nội dung; hãy viết nội dung trước khi đăng.")
    if (size := plain_text.length(message)) > LONGEST_TEXT:
        problems.append(
            f"Bài đăng Facebook dài {size} ký tự, quá {LONGEST_TEXT}; hãy rút gọn bản tin."
        )
    if outgoing.link and not outgoing.link.lower().startswith(("http://", "https://")):
        problems.append(f"Liên kết “{outgoing.link}” phải bắt đầu bằng https://.")
    return problems


def _photo_problems(images: tuple[Path | str, ...]) -> list[str]:
    problems = []
    if len(images) > MOST_PHOTOS:
        problems.append(
            f"Có {len(images)} ảnh; Facebook nhận nhiều nhất {MOST_PHOTOS} ảnh một bài."
        )
    for image in images:
        found = _file_problem(image) if isinstance(image, Path) else _address_problem(image)
        if found:
            problems.append(found)
    return problems


def _address_problem(address: str) -> str | None:
    if address.lower().startswith(("http://", "https://")):
        return None
    return f"Địa chỉ ảnh “{address}” phải bắt đầu bằng https://."


def _file_problem(path: Path) -> str | None:
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(16)
    except OSError:
        return f"Không đọc được ảnh “{path.name}”; hãy thêm lại ảnh vào bản tin."
    if media_type(start) is None:
        return f"Ảnh “{path.name}” không phải JPG, PNG, GIF hay TIFF; hãy đổi sang JPG hoặc PNG."
    if size >= LARGEST_PHOTO:
        return (
            f"Ảnh “{path.name}” nặng {size / 1e6:.1f} MB; Facebook chỉ nhận ảnh dưới 4 MB, "
            "hãy thu nhỏ ảnh."
        )
    return None


def _photo(image: Path | str) -> dict[str, Json]:
    if isinstance(image, str):
        return {"url": image}
    try:
        digest = hashlib.sha256(image.read_bytes()).hexdigest()
    except OSError:
        digest = ""  # named in the problems: this post is refused before it is sent
    return {"name": image.name, "sha256": digest}


def _attachment(image: Path) -> Artefact:
    start = b""
    if image.is_file():
        with image.open("rb") as file:
            start = file.read(16)
    return Artefact(image.name, media_type(start) or "application/octet-stream", image)
