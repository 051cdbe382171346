"""Web and e-mail addresses as they are said: "dịch vụ công chấm gốp chấm vi en"."""

from __future__ import annotations

import re

from content.spoken.draft import Draft
from content.spoken.lexicon import pairs

_TOP = "vn|com|net|org|edu|gov|info|io|me|tv|app|ai|xyz|online|be|ly|eu|asia|jp|us|uk|cn|kr"
_HOST = rf"(?:[a-z0-9-]{{1,63}}\.){{1,6}}(?:{_TOP})(?![\w-])(?!\.[a-z0-9])"
_PATH = r"(?::\d{1,5})?(?:[/?#][^\s<>\"(),;]{0,500})?"
_EMAIL = re.compile(rf"(?<![\w.+@-])(?:mailto:)?([a-z0-9._+-]{{1,64}})@({_HOST})", re.IGNORECASE)
_URL = re.compile(
    rf"(?<![\w.@/-])(?:https?://([a-z0-9.-]{{1,200}})|((?:www\.)?{_HOST}))({_PATH})", re.IGNORECASE
)
_BARE_SCHEME = re.compile(r"(?<!\w)(?:https?|ftp)://", re.IGNORECASE)
_PIECES = re.compile(r"[a-z]+|\d+")
_SHORT_PATH = re.compile(r"/([a-z0-9._-]{1,40})/?")
_TRAILING = re.compile(r"[.,;:!?'/-]+$")


def read_addresses(draft: Draft) -> None:
    """Say e-mail addresses, then web addresses, in the line.

    A scheme and "www" are not said, nor is a path of several parts, which nobody notes down
    from a loudspeaker. Unknown names stay as words for the later passes.
    """
    draft.replace(
        _EMAIL, lambda m: f"{_host(draft, m[1])} {draft.say('a còng')} {_host(draft, m[2])}"
    )
    draft.replace(_URL, lambda match: _url(draft, match))
    draft.replace(_BARE_SCHEME, lambda _: " ")


def _url(draft: Draft, match: re.Match[str]) -> str:
    host = (match[1] or match[2]).lower().removeprefix("www.")
    path = match[3]
    if not path:
        end = _TRAILING.search(host)
        name = host[: end.start()] if end else host
        return f"{_host(draft, name)}{host[len(name) :].replace('/', '')}"
    end = _TRAILING.search(path)
    kept = path[: end.start()] if end else path
    said = _host(draft, host.strip(".-"))
    short = _SHORT_PATH.fullmatch(kept.lower())
    if short:
        said += f" {draft.say('gạch chéo')} {_host(draft, short[1])}"
    return f"{said} {path[len(kept) :].replace('/', '').replace(':', ',')}"


def _host(draft: Draft, name: str) -> str:
    """Say a dotted name; the labels that no list knows stay in the text as words."""
    labels = [_label(draft, label) for label in name.lower().split(".") if label]
    return f" {draft.say('chấm')} ".join(labels)


def _label(draft: Draft, label: str) -> str:
    known = pairs("hosts")
    if label in known:
        return draft.say(known[label])
    pieces = _PIECES.findall(label)
    return " ".join(draft.say(known[piece]) if piece in known else piece for piece in pieces)
