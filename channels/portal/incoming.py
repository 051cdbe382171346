"""The portal's own news: its RSS or Atom feed, fetched warily and read into plain entries."""

from __future__ import annotations

import hashlib
import io
import ipaddress
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

from channels import wire
from content.errors import UserError

MOST_REDIRECTS = 3
MOST_ENTRIES = 200
_MOVED = (301, 302, 303, 307, 308)
_TIMEOUT = (5.0, 20.0)


@dataclass(frozen=True, slots=True)
class Entry:
    """One piece of news as the feed has it."""

    key: str
    """SHA-256 of what the feed says identifies it: its id, else its address, else its words."""
    title: str
    body: str
    """Markdown."""
    link: str | None


def fetch_feed(
    address: str,
    stopwatch: wire.Stopwatch,
    *,
    allow: Collection[str] = (),
    timeout: wire.Timeout = _TIMEOUT,
) -> list[Entry]:
    """The entries of a feed, newest as the feed has them. Raises UserError.

    Only http and https; a private address (RFC 1918, loopback, link-local …) only for a host named
    in `allow`; every redirect is held to the same rules, and the address is checked on the open
    connection, so that a name cannot change its mind in between. No proxy is used.
    """
    return read_feed(_download(address, stopwatch, allow, timeout), address)


def read_feed(data: bytes, address: str) -> list[Entry]:
    """The entries of a feed's text. Raises UserError where it is no feed."""
    import feedparser

    if b"<!ENTITY" in data:
        raise UserError("Nguồn tin chứa khai báo lạ (ENTITY), không được đọc.", file=address)
    # As a file: feedparser would open an address or file that stands in a string.
    try:
        found = feedparser.parse(io.BytesIO(data))
    except (ValueError, LookupError, RecursionError):
        # It says "bozo" of most damage, but stumbles over letters that are cut in the middle.
        found = feedparser.FeedParserDict()
    if not found.get("version"):
        raise UserError(
            "Địa chỉ này không phải nguồn tin RSS hay Atom.",
            "Hãy tìm biểu tượng RSS trên cổng thông tin và chép đúng địa chỉ.",
            file=address,
        )
    entries = (_entry(item, address) for item in found.entries[:MOST_ENTRIES])
    return [entry for entry in entries if entry is not None]


def _download(
    address: str, stopwatch: wire.Stopwatch, allow: Collection[str], timeout: wire.Timeout
) -> bytes:
    for _ in range(MOST_REDIRECTS + 1):
        _check_address(address)
        host = (urlsplit(address).hostname or "").lower()
        answer = _get(address, stopwatch, timeout, private=host in allow)
        if answer.status in _MOVED and answer.headers.get("location"):
            address = urljoin(address, answer.headers["location"])
            continue
        if answer.status != 200:
            raise UserError(
                f"Nguồn tin trả lời HTTP {answer.status}.", "Hãy xem lại địa chỉ.", file=address
            )
        return answer.body
    raise UserError("Nguồn tin chuyển hướng quá nhiều lần.", file=address)


def _get(
    address: str, stopwatch: wire.Stopwatch, timeout: wire.Timeout, *, private: bool
) -> wire.Answer:
    try:
        with wire.new_session(timeout, peer=None if private else _only_public) as session:
            session.trust_env = False
            return wire.call(session, stopwatch, timeout, "GET", address)
    except (wire.NotSent, wire.Unanswered) as error:
        reason = str(error)
    raise UserError(f"Chưa lấy được nguồn tin: {reason}.", file=address)


def _check_address(address: str) -> None:
    try:
        parts = urlsplit(address)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.username
    except ValueError:
        usable = False
    if not usable:
        raise UserError(
            "Địa chỉ nguồn tin không dùng được.", "Hãy viết dạng https://máy-chủ/rss.", file=address
        )


def _only_public(peer: str) -> None:
    if not ipaddress.ip_address(peer.partition("%")[0]).is_global:
        raise wire.NotSent(
            "địa chỉ thuộc mạng nội bộ; nếu đúng là cổng của xã, hãy ghi tên máy chủ vào "
            "allow_hosts trong mục [portal]"
        )


def _entry(item: Any, address: str) -> Entry | None:
    title = " ".join(str(item.get("title") or "").split())
    link = _link(item, address)
    body = _markdown(_longest_text(item)) or title
    if not title or not body:
        return None
    identity = str(item.get("id") or link or f"{title}\n{body}")
    return Entry(hashlib.sha256(identity.encode()).hexdigest(), title, body, link)


def _link(item: Any, address: str) -> str | None:
    link = urljoin(address, str(item.get("link") or "").strip()) if item.get("link") else ""
    return link if link.lower().startswith(("http://", "https://")) else None


def _longest_text(item: Any) -> str:
    texts: Sequence[str] = [
        str(item.get("summary") or ""),
        *(str(part.get("value") or "") for part in item.get("content") or ()),
    ]
    return max(texts, key=len)


def _markdown(markup: str) -> str:
    """Feeds carry HTML; a bulletin is Markdown. Pictures stay behind: they need a right to use."""
    import html2text

    reader = html2text.HTML2Text(bodywidth=0)
    reader.ignore_images = True
    reader.unicode_snob = True
    text: str = reader.handle(markup)
    return text.strip()
