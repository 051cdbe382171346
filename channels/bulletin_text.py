"""What the networks share: plain body, the sound, the reference that a read-back looks for."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import TypeAlias

from channels import plain_text
from channels.base import Artefact, Outgoing

SoundOf: TypeAlias = Callable[[Outgoing], Artefact | None]
"""The bulletin's sound as an mp3; None where there is none. May raise ChannelError."""

_LABEL = "Mã tin: "


def no_sound(_: Outgoing) -> Artefact | None:
    """For a channel that is not given any sound."""
    return None


def plain_body(title: str, body: str) -> str:
    """Plain text of the Markdown body, without a first line that says the title again."""
    text = plain_text.from_markdown(body)
    first, _, rest = text.partition("\n")
    if first.strip().rstrip(".").casefold() == title.strip().rstrip(".").casefold():
        return rest.strip()
    return text


def reference_line(reference: str) -> str:
    """The last line of a post, by which it is recognised: "Mã tin: AB12-7"."""
    return f"{_LABEL}{reference}"


def mentions(text: str, reference: str) -> bool:
    """Whether `text` carries this very reference, not one that only begins like it."""
    line = re.escape(reference_line(reference))
    return re.search(rf"{line}(?![\w-])", unicodedata.normalize("NFC", text)) is not None


def folded(text: str) -> str:
    """For comparing texts that a platform may have spaced or composed otherwise."""
    return " ".join(unicodedata.normalize("NFC", text).split())
