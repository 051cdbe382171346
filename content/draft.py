"""A bulletin as read from a file, before it enters the library."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from content.bulletin import Priority
from content.files import sha256_of_file

_BREAKS = re.compile("[\r\x0b\x0c\x85\u2028\u2029]")
_ZERO_WIDTH_JOINER = "\u200d"
"""Kept, for it holds emoji together."""


@dataclass(frozen=True, slots=True)
class BulletinDraft:
    """What a bulletin file says; the same fields as a `Revision`."""

    title: str
    body: str
    """Markdown, NFC, "\\n" line ends."""
    topic: str | None = None
    task: str | None = None
    channels: tuple[str, ...] = ()
    """Channel names; empty means every channel."""
    priority: Priority = Priority.NORMAL
    valid_from: date | None = None
    valid_until: date | None = None
    """The last day on which it may go out."""
    image: Path | str | None = None
    """A local file (absolute path), or a public https URL as `str`."""
    link: str | None = None
    recording: Path | None = None
    """The officer's own reading: a sound file (absolute path), heard instead of a voice."""
    relay: str | None = None
    """URL of a stream that the loudspeakers relay; the text is heard where it fails."""
    source_name: str | None = None
    """Name of the file it was read from."""

    @property
    def sha256(self) -> str:
        """`content_sha256` of this draft; reads its files (OSError if one has gone)."""
        image = sha256_of_file(self.image) if isinstance(self.image, Path) else self.image
        recording = sha256_of_file(self.recording) if self.recording is not None else None
        return content_sha256(
            self.title, self.body, image, self.link, recording=recording, relay=self.relay
        )


def read_aloud(title: str, body: str) -> str:
    """What a reader reads out of a bulletin: the title as a sentence of its own, then the body."""
    return f"{title}.\n\n{body}"


def content_sha256(
    title: str,
    body: str,
    image: str | None,
    link: str | None,
    *,
    recording: str | None = None,
    relay: str | None = None,
) -> str:
    """SHA-256 (hexadecimal) of the canonical JSON (RFC 8785) of all that goes out.

    `image` is the hexadecimal SHA-256 of a local file's bytes, or a public URL; `recording` the
    SHA-256 of a sound file. What only few bulletins have is left out where it is not there.
    """
    import rfc8785

    content: dict[str, str | None] = {"title": title, "body": body, "image": image, "link": link}
    rare = {"recording": recording, "relay": relay}
    content |= {name: value for name, value in rare.items() if value is not None}
    return hashlib.sha256(rfc8785.dumps(content)).hexdigest()


def clean_text(text: str) -> str:
    """NFC with "\\n" line ends; controls and invisible marks gone, blank lines at both ends too."""
    text = drop_controls(_BREAKS.sub("\n", text.replace("\r\n", "\n")))
    lines = unicodedata.normalize("NFC", text).split("\n")
    while lines and not lines[0].strip():
        lines.pop(0)
    while lines and not lines[-1].strip():
        lines.pop()
    return "\n".join(lines)


def drop_controls(text: str) -> str:
    """Without control, invisible and broken characters; breaks other than "\n" become blanks."""
    text = _BREAKS.sub(" ", text)
    return "".join(letter for letter in text if letter.isprintable() or _is_welcome(letter))


def clean_line(text: str) -> str:
    """`clean_text` on one line, blanks run together."""
    return " ".join(clean_text(text).split())


def _is_welcome(letter: str) -> bool:
    if letter in "\n\t" or letter == _ZERO_WIDTH_JOINER:
        return True
    return unicodedata.category(letter) not in ("Cc", "Cf", "Cs") and letter not in "\ufffe\uffff"
