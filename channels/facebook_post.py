"""A bulletin as a Facebook post: its settings, its text and its limits. Pure: nothing is sent."""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import rfc8785

from channels import plain_text
from channels.base import Artefact, ChannelError, ErrorKind, Json, Outgoing, Prepared
from channels.bulletin_text import SoundOf, no_sound, plain_body, reference_line
from channels.images import ImageError, ImageLimits, fit_image
from channels.redaction import register_secret

API_URL = "https://graph.facebook.com"

LONGEST_TEXT = 63_206
"""Characters in one post."""
LONGEST_VIDEO_TITLE = 250
MOST_PHOTOS = 10
LARGEST_PHOTO = 4_000_000
"""Bytes (error 1366046 above it); larger pictures are made to fit."""
_PHOTO = ImageLimits(LARGEST_PHOTO - 100_000, 2048)


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
    as_video: bool = False
    """A bulletin without pictures goes out as its sound under a title card."""
    reference_code: bool = True
    """End the post with "Mã tin: …", by which a read-back recognises it."""
    image_cache: Path | None = None
    """Where pictures made to fit are kept."""
    calls_per_hour: int = 200
    pace_file: Path | None = None
    """Where the calls made so far are kept; None: no limit of our own."""
    timeout: tuple[float, float] = (5, 30)
    """Seconds to connect, seconds between two bytes of the answer."""

    def __post_init__(self) -> None:
        register_secret(self.page_token)
        register_secret(self.app_secret)


def prepare_post(
    outgoing: Outgoing, settings: FacebookSettings, sound: SoundOf = no_sound
) -> Prepared:
    """The post as it will go out, with every limit it breaks in `problems`."""
    if settings.as_video and not outgoing.images and (heard := _sound(outgoing, sound)):
        return _video_post(outgoing, settings, heard)
    message = _message(outgoing, settings)
    photos: list[Json] = []
    attachments = []
    problems = [*_text_problems(message, outgoing), *_count_problems(outgoing.images)]
    for image in outgoing.images:
        if isinstance(image, str):
            photos.append({"url": image})
            problems += _address_problems(image)
            continue
        try:
            fitted = fit_image(image, _PHOTO, settings.image_cache)
        except ImageError as error:
            problems.append(str(error))
        else:
            photos.append({"name": fitted.name, "sha256": fitted.sha256()})
            attachments.append(fitted)
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
        attachments=tuple(attachments),
        problems=tuple(problems),
        details={**call, "station": outgoing.station, "reference": outgoing.reference},
    )


def _video_post(outgoing: Outgoing, settings: FacebookSettings, sound: Artefact) -> Prepared:
    """The sound under a title card; the text stands below it."""
    from channels.facebook_video import make_video, title_card
    from channels.radio.ffmpeg import AudioError

    message = _message(outgoing, settings)
    card = title_card(outgoing)
    # What it is made of, not its bytes: the same video made again may differ in a few.
    made_of: dict[str, Json] = {
        "card_sha256": hashlib.sha256(card).hexdigest(),
        "sound_sha256": sound.sha256(),
    }
    call: dict[str, Json] = {
        "call": f"{settings.page_id or 'page'}/videos",
        "title": plain_text.shorten(outgoing.title.strip(), LONGEST_VIDEO_TITLE),
        "message": message,
        "video": made_of,
    }
    try:
        folder = settings.image_cache or Path(tempfile.gettempdir())
        video = make_video(card, sound, folder)
    except (AudioError, OSError) as error:
        raise ChannelError(
            ErrorKind.RETRY, f"Không dựng được video cho Facebook: {error}.", code="video"
        ) from None
    picture = Artefact("bia.png", "image/png", card)
    return Prepared(
        channel="facebook",
        text=message,
        payload=Artefact("facebook-video.json", "application/json", rfc8785.dumps(call)),
        attachments=(picture, video),
        problems=tuple(_text_problems(message, outgoing)),
        details={**call, "station": outgoing.station, "reference": outgoing.reference},
    )


def _sound(outgoing: Outgoing, sound: SoundOf) -> Artefact | None:
    """A bulletin whose sound cannot be made now goes out as text: that is what counts."""
    try:
        return sound(outgoing)
    except ChannelError:
        return None


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


def _count_problems(images: tuple[Path | str, ...]) -> list[str]:
    if len(images) <= MOST_PHOTOS:
        return []
    return [f"Có {len(images)} ảnh; Facebook nhận nhiều nhất {MOST_PHOTOS} ảnh một bài."]


def _address_problems(address: str) -> list[str]:
    if address.lower().startswith(("http://", "https://")):
        return []
    return [f"Địa chỉ ảnh “{address}” phải bắt đầu bằng https://."]
