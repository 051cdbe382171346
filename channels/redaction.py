"""Secrets taken out of every text that leaves the channels: errors, answers, health lines."""

from __future__ import annotations

import re
import threading
from urllib.parse import quote, quote_plus

HIDDEN = "[đã che]"

_SHORTEST_SECRET = 4
_KEYS = (
    r"access_token|refresh_token|input_token|page_token|fb_exchange_token|token_value|"
    r"secret_key|app_secret|oa_secret|client_secret|appsecret_proof|code_verifier|"
    r"password|authorization|x-zevent-signature"
)
_PATTERNS = (
    # name=value, name: value, "name": "value", also with the quotes escaped inside a JSON string
    re.compile(
        rf"""((?:{_KEYS})\\?["']?\s*(?:=|:|%3D|%3A)\s*\\?["']?)(?:(?:bearer|oauth|basic)\s+)?"""
        rf"""(?!{re.escape(HIDDEN)})[^\s"'&;,\\<>]+""",
        re.IGNORECASE,
    ),
    re.compile(r"(\b(?:bearer|oauth|basic)\s+)[A-Za-z0-9._~+/|=-]{8,}", re.IGNORECASE),
    re.compile(r"()\bEAA[A-Za-z0-9]{6,}"),
    re.compile(r"()\b\d{6,}\|[A-Za-z0-9_-]{16,}"),  # an app access token: id|secret
    re.compile(r"(://)[^\s/@]+:[^\s/@]+(?=@)"),
)

_secrets: set[str] = set()
_lock = threading.Lock()


def register_secret(value: str | None) -> None:
    """Remember an exact value that must never be printed; empty and tiny values are ignored."""
    if value is None or len(value) < _SHORTEST_SECRET:
        return
    forms = {
        value,
        quote(value, safe=""),
        quote_plus(value),
        value.encode("unicode_escape").decode(),
    }
    with _lock:
        _secrets.update(forms)


def redact(text: str) -> str:
    """`text` with every registered secret and everything that looks like one hidden."""
    shown, start = [], 0
    for first, last in _covered(text):
        shown += [text[start:first], HIDDEN]
        start = last
    return "".join([*shown, text[start:]])


def _covered(text: str) -> list[tuple[int, int]]:
    """What to hide, in order, without overlaps.

    All is looked for in the text as it came: a registered word that happens to stand inside
    `access_token=` must not keep what follows from being known by its place.
    """
    with _lock:
        known = [re.escape(value) for value in _secrets if value in text]
    found = [match.span() for value in known for match in re.finditer(value, text)]
    found += [
        (match.end(1), match.end()) for pattern in _PATTERNS for match in pattern.finditer(text)
    ]
    spans: list[tuple[int, int]] = []
    for first, last in sorted(found):
        if spans and first < spans[-1][1]:
            spans[-1] = (spans[-1][0], max(last, spans[-1][1]))
        else:
            spans.append((first, last))
    return spans
