"""The section's Atom feed (RFC 4287). Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element, SubElement, tostring

from channels.base import Json
from channels.portal.settings import PortalSettings

_ATOM = "http://www.w3.org/2005/Atom"
MOST_ENTRIES = 30


def atom_feed(
    settings: PortalSettings, station: str, entries: Sequence[Mapping[str, Json]], updated: str
) -> bytes:
    """The newest entries as Atom; `entries` newest first, each as the catalogue keeps it.

    `updated`: when something of the section changed last, a removal too.
    """
    feed = Element("feed", {"xmlns": _ATOM, "xml:lang": "vi"})
    _text(feed, "id", settings.base)
    _text(feed, "title", settings.title)
    _text(feed, "updated", updated)
    _text(SubElement(feed, "author"), "name", station)
    SubElement(feed, "link", {"rel": "self", "href": f"{settings.base}feed.xml"})
    SubElement(feed, "link", {"rel": "alternate", "type": "text/html", "href": settings.base})
    for entry in entries[:MOST_ENTRIES]:
        _entry(feed, settings, entry)
    written: bytes = tostring(feed, encoding="utf-8", xml_declaration=True)
    return written


def _entry(feed: Element, settings: PortalSettings, entry: Mapping[str, Json]) -> None:
    """The id outlives a change of title and address (RFC 4151 tag)."""
    item = SubElement(feed, "entry")
    host = urlsplit(settings.base).hostname or "localhost"
    day = str(entry["published"])[:10]
    _text(item, "id", f"tag:{host},{day}:bt{entry['bulletin']}")
    _text(item, "title", str(entry["title"]))
    _text(item, "published", str(entry["published"]))
    _text(item, "updated", str(entry["updated"]))
    _text(item, "summary", str(entry["summary"]))
    address = settings.base + str(entry["name"])
    SubElement(item, "link", {"rel": "alternate", "type": "text/html", "href": address})
    if entry.get("audio"):
        place = {"rel": "enclosure", "type": "audio/mpeg", "length": str(entry["audio_size"])}
        SubElement(item, "link", {**place, "href": settings.base + str(entry["audio"])})


def _text(parent: Element, name: str, text: str) -> None:
    """XML 1.0 knows no control characters, not even escaped."""
    clean = "".join(c for c in text if c in "\t\n" or c.isprintable() or c == "\u200d")
    SubElement(parent, name).text = clean
