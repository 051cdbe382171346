"""What the networks' texts share: the plain body, and the reference that a read-back looks for."""

from __future__ import annotations

import re
import unicodedata

from channels import plain_text

_LABEL = "Mã tin: "


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
