"""A static section of a web site: page, front page, feed; whole at every moment for visitors."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any, Protocol, TypeAlias

from channels.base import (
    Artefact,
    ChannelError,
    ErrorKind,
    Health,
    Json,
    OutcomeUnknown,
    Prepared,
    Receipt,
    Sending,
    Withdrawal,
)
from channels.portal.feed import atom_feed
from channels.portal.page import gone_html, index_html, moved_html, page_name
from channels.portal.settings import PortalSettings

CATALOGUE = "bulletins.json"
FEED = "feed.xml"
INDEX = "index.html"

Gate: TypeAlias = Callable[[], datetime]
"""The last gate, passed at the moment that it returns; raises ChannelError."""


class SiteFiles(Protocol):
    """Files of the section by their relative names ("media/ab.mp3").

    Every method raises ChannelError where nothing was changed, OutcomeUnknown where perhaps.
    """

    def read(self, name: str) -> bytes | None:
        """The whole file; None when it is surely not there."""

    def exists(self, name: str) -> bool:
        """Whether it is there."""

    def write(self, name: str, data: bytes) -> None:
        """Put it there so that a visitor sees the old content or the new, never a half."""

    def remove(self, name: str) -> None:
        """Take it away; no harm when it is not there."""


class SitePlace(Protocol):
    """Where a section is kept."""

    def open(self) -> AbstractContextManager[SiteFiles]:
        """Its files, for one publication."""

    def check(self) -> Health:
        """Whether it could be written now; no effect that a visitor sees."""


class StaticSite:
    """Publishes by writing the same files again as often as needed: repeating does no harm.

    The catalogue is written last: a bulletin that stands in it also stands on the front page and
    in the feed.
    """

    def __init__(self, settings: PortalSettings, place: SitePlace) -> None:
        self._settings = settings
        self._place = place

    def publish(self, prepared: Prepared, sending: Sending, gate: Gate) -> Receipt:
        """Files first, then through the gate, then the page, then the lists."""
        with self._place.open() as site:
            catalogue = _read_catalogue(site)
            for artefact in prepared.attachments:
                name = f"media/{artefact.name}"
                if not site.exists(name):
                    site.write(name, artefact.read())
            entry = _entry(prepared, catalogue, gate())
            site.write(str(entry["name"]), prepared.payload.read())
            self._list(site, catalogue, entry, str(prepared.details["station"]))
        return self._receipt(prepared, entry)

    def find(self, prepared: Prepared, sending: Sending) -> Receipt | None:
        """The receipt when this very page stands there.

        A page that a crash left out of the lists is put into them: it is public already.
        """
        with self._place.open() as site:
            page = site.read(str(prepared.details["name"]))
            if page is None or hashlib.sha256(page).hexdigest() != prepared.payload.sha256():
                return None
            catalogue = _read_catalogue(site)
            entry = catalogue.get(str(prepared.details["bulletin"]))
            if entry is None or entry["sha256"] != prepared.payload.sha256():
                entry = _entry(prepared, catalogue, sending.since)
                self._list(site, catalogue, entry, str(prepared.details["station"]))
        return self._receipt(prepared, entry)

    def take_down(self, withdrawal: Withdrawal) -> Receipt | None:
        """Its page says that it was taken back, then the lists, then its sound and picture go."""
        with self._place.open() as site:
            catalogue = _read_catalogue(site)
            before = catalogue.get(str(withdrawal.bulletin))
            name = before["name"] if before else page_name(withdrawal.title, withdrawal.bulletin)
            if before is None and not site.exists(name):
                return None
            page = gone_html(self._settings, withdrawal)
            site.write(name, page)
            entry = _gone_entry(name, withdrawal, before, page)
            self._write_lists(site, catalogue, entry, withdrawal.station)
            for media in _own_media(before or {}, catalogue):
                site.remove(media)
        return Receipt(
            external_id=name,
            permalink=self._settings.base + name,
            artefacts=(Artefact(name, "text/html", page),),
            details={"kind": self._settings.kind},
        )

    def check(self) -> list[Health]:
        """Whether the place could be written."""
        return [self._place.check()]

    def _list(
        self, site: SiteFiles, catalogue: dict[str, Any], entry: dict[str, Json], station: str
    ) -> None:
        """Write the lists; the page is public by now, so a refusal is not "surely not out"."""
        try:
            self._write_lists(site, catalogue, entry, station)
        except ChannelError as error:
            unlisted = error.message
        else:
            return
        raise OutcomeUnknown(f"Trang đã lên cổng nhưng chưa vào danh sách: {unlisted}")

    def _write_lists(
        self, site: SiteFiles, catalogue: dict[str, Any], entry: dict[str, Json], station: str
    ) -> None:
        key = str(entry["bulletin"])
        before = catalogue.get(key)
        catalogue[key] = entry
        newest_first = sorted(
            _shown(catalogue), key=lambda one: (one["published"], one["bulletin"]), reverse=True
        )
        if before is not None and before["name"] != entry["name"]:
            moved = moved_html(self._settings, station, str(entry["name"]))
            site.write(str(before["name"]), moved)
        site.write(INDEX, index_html(self._settings, station, newest_first))
        changed = max(str(one.get("updated") or one["published"]) for one in catalogue.values())
        site.write(FEED, atom_feed(self._settings, station, newest_first, changed))
        text = json.dumps({"version": 1, "bulletins": catalogue}, ensure_ascii=False, indent=1)
        site.write(CATALOGUE, text.encode())

    def _receipt(self, prepared: Prepared, entry: dict[str, Json]) -> Receipt:
        moment = datetime.fromisoformat(str(entry["updated"]))
        name = str(entry["name"])
        return Receipt(
            external_id=name,
            permalink=self._settings.base + name,
            started_at=moment,
            ended_at=moment,
            artefacts=(prepared.payload,),
            details={"kind": self._settings.kind, "page_sha256": str(entry["sha256"])},
        )


def _read_catalogue(site: SiteFiles) -> dict[str, Any]:
    """Entries by the bulletin's number. A broken one stops the section: nothing is guessed."""
    raw = site.read(CATALOGUE)
    if raw is None:
        return {}
    try:
        found = json.loads(raw)["bulletins"]
        if all({"name", "published", "sha256"} <= set(entry) for entry in found.values()):
            return dict(found)
    except (ValueError, KeyError, TypeError, AttributeError):
        pass  # said below, in words for a person
    raise ChannelError(
        ErrorKind.STOP,
        f"Tệp {CATALOGUE} của mục tin trên cổng bị hỏng; hãy khôi phục từ bản sao lưu, "
        "hoặc xóa nó để lập danh sách mới.",
        code="catalogue",
    )


def _entry(prepared: Prepared, catalogue: dict[str, Any], now: datetime) -> dict[str, Json]:
    details = prepared.details
    moment = now.astimezone(UTC).isoformat(timespec="seconds")
    before = catalogue.get(str(details["bulletin"]))
    sound = next((a for a in prepared.attachments if a.media_type.startswith("audio/")), None)
    return {
        **{
            name: details[name]
            for name in (
                *("bulletin", "revision", "name", "title", "summary", "reference"),
                *("audio", "image"),
            )
        },
        "audio_size": len(sound.read()) if sound else None,
        "published": before["published"] if before else moment,
        "updated": moment,
        "sha256": prepared.payload.sha256(),
    }


def _gone_entry(
    name: str, withdrawal: Withdrawal, before: dict[str, Any] | None, page: bytes
) -> dict[str, Json]:
    """What the catalogue keeps of it: its address and its first day, and nothing of its text."""
    moment = withdrawal.at.astimezone(UTC).isoformat(timespec="seconds")
    return {
        "bulletin": withdrawal.bulletin,
        "name": name,
        "published": before["published"] if before else moment,
        "updated": moment,
        "withdrawn": moment,
        "sha256": hashlib.sha256(page).hexdigest(),
    }


def _shown(catalogue: dict[str, Any]) -> list[dict[str, Any]]:
    return [entry for entry in catalogue.values() if "withdrawn" not in entry]


def _own_media(entry: dict[str, Any], catalogue: dict[str, Any]) -> list[str]:
    """Files that no other page shows. Entries of an earlier version do not tell their picture."""
    others = _shown(catalogue)
    used = {other.get(kind) for other in others for kind in ("audio", "image")}
    kinds = ["audio", *(["image"] if all("image" in other for other in others) else [])]
    own = [str(entry.get(kind) or "") for kind in kinds]
    return [name for name in own if name.startswith("media/") and name not in used]
