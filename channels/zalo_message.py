"""A bulletin as a Zalo article and as a Zalo message, within their limits. Pure."""

from __future__ import annotations

from pathlib import Path

import rfc8785

from channels import plain_text
from channels.base import Artefact, Json, Outgoing, Prepared
from channels.bulletin_text import plain_body, reference_line
from channels.images import ImageError, ImageLimits, fit_image
from channels.zalo_settings import ZaloSettings

_PICTURE = ImageLimits(950_000, 1280)
"""upload/image takes JPG and PNG up to 1 MB."""
LONGEST_MESSAGE = 2_000
LONGEST_TITLE = 150
LONGEST_DESCRIPTION = 300
LONGEST_AUTHOR = 50
"""Characters (developers.zalo.me, article/create and message/cs)."""


def prepare_message(outgoing: Outgoing, settings: ZaloSettings) -> Prepared:
    """What followers, groups and recent contacts would get, with the limits broken."""
    out: dict[str, Json] = {}
    texts = []
    problems = _problems(outgoing, settings)
    picture = _picture(outgoing, settings, problems)
    if "followers" in settings.audience:
        out["article"] = _article(outgoing, settings)
        texts.append(_full_text(outgoing))
    if not settings.audience or {"groups", "recent"} & set(settings.audience):
        message = _message(outgoing, settings)
        out["message"] = message
        if message not in texts:
            texts.append(message)
    if picture is not None:
        out["picture"] = {"name": picture.name, "sha256": picture.sha256()}
    return Prepared(
        channel="zalo",
        text="\n\n— Tin nhắn Zalo —\n\n".join(texts),
        payload=Artefact("zalo-message.json", "application/json", rfc8785.dumps(out)),
        attachments=(picture,) if picture else (),
        problems=tuple(problems),
        details={**out, "station": outgoing.station, "reference": outgoing.reference},
    )


def _picture(outgoing: Outgoing, settings: ZaloSettings, problems: list[str]) -> Artefact | None:
    """A picture of ours for messages to persons (an article's pictures must be public addresses:
    Zalo refuses uploaded ones there); why there is none goes into `problems`."""
    local = next((image for image in outgoing.images if isinstance(image, Path)), None)
    if local is None or "recent" not in settings.audience:
        return None
    try:
        return fit_image(local, _PICTURE, settings.image_cache)
    except ImageError as error:
        problems.append(str(error))
        return None


def _article(outgoing: Outgoing, settings: ZaloSettings) -> dict[str, Json]:
    """The body of article/create without its fixed fields; one text block for each line."""
    text = plain_body(outgoing.title, outgoing.body)
    pictures = [image for image in outgoing.images if isinstance(image, str)]
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    lines += _closing_lines(outgoing, text)
    body: list[dict[str, Json]] = [{"type": "text", "content": line} for line in lines]
    body[1:1] = [{"type": "image", "url": picture} for picture in pictures[1:]]
    return {
        "title": plain_text.shorten(outgoing.title.strip(), LONGEST_TITLE),
        "author": plain_text.shorten(settings.author or outgoing.station, LONGEST_AUTHOR),
        "description": plain_text.shorten(
            " ".join(text.split()) or outgoing.title, LONGEST_DESCRIPTION
        ),
        "cover": pictures[0] if pictures else settings.cover_url,
        "body": body,
    }


def _full_text(outgoing: Outgoing) -> str:
    text = plain_body(outgoing.title, outgoing.body)
    return _joined(outgoing.title.strip(), text, *_closing_lines(outgoing, text))


def _message(outgoing: Outgoing, settings: ZaloSettings) -> str:
    """The whole text where it fits, else its first sentences and where to read the rest."""
    whole = _full_text(outgoing)
    if plain_text.length(whole) <= LONGEST_MESSAGE:
        return whole
    text = _joined(outgoing.title.strip(), plain_body(outgoing.title, outgoing.body))
    ending = _joined("", _where_to_read_on(outgoing, settings), reference_line(outgoing.reference))
    return plain_text.shorten(text, LONGEST_MESSAGE, f"\n\n{ending}")


def _where_to_read_on(outgoing: Outgoing, settings: ZaloSettings) -> str:
    if outgoing.link:
        return f"Xem đầy đủ: {outgoing.link}"
    if "followers" in settings.audience:
        return "Xem toàn văn trong bài viết trên Zalo Official Account của chúng tôi."
    return f"Liên hệ {outgoing.station} để nhận toàn văn."


def _closing_lines(outgoing: Outgoing, text: str) -> list[str]:
    link = outgoing.link
    return [
        *([f"Xem thêm: {link}"] if link and link not in text else []),
        reference_line(outgoing.reference),
    ]


def _joined(*parts: str) -> str:
    return "\n\n".join(part for part in parts if part)


def _problems(outgoing: Outgoing, settings: ZaloSettings) -> list[str]:
    problems = []
    if not outgoing.title.strip():
        problems.append("Bản tin chưa có tiêu đề; Zalo cần tiêu đề, hãy viết thêm.")
    if not outgoing.body.strip():
        problems.append("Bản tin chưa có nội dung; hãy viết nội dung trước khi gửi.")
    addresses = [("Liên kết", outgoing.link), ("Ảnh bìa cover_url", settings.cover_url)]
    addresses += [("Địa chỉ ảnh", image) for image in outgoing.images if isinstance(image, str)]
    for what, address in addresses:
        if address and not address.lower().startswith(("http://", "https://")):
            problems.append(f"{what} “{address}” phải bắt đầu bằng https://.")
    if plain_text.length(_message(outgoing, settings)) > LONGEST_MESSAGE:
        problems.append("Liên kết của bản tin quá dài cho tin nhắn Zalo; hãy dùng liên kết ngắn.")
    return problems
