"""From the rows of a delivery to the `Outgoing` that a channel gets."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from broadcaster.portal_first import chosen_link
from broadcaster.records import Broadcast, Delivery
from broadcaster.records import DeliveryStatus as Status
from channels.base import Channel, ChannelError, Outgoing
from content.bulletin import Revision
from content.files import sha256_of_file
from content.station import Station

_OUT_OF_THE_PROGRAMME = (Status.CANCELLED, Status.MISSED, Status.FAILED)


def outgoing_for(session: Session, station: Station, delivery: Delivery, media: Path) -> Outgoing:
    """What goes out with this delivery: its revision, its reference, its place in the programme."""
    revision = session.get_one(Revision, delivery.revision_id)
    first, last = _ends(session, delivery)
    return Outgoing(
        bulletin=delivery.bulletin_id,
        revision=revision.number,
        title=revision.title,
        body=revision.body,
        station=station.name,
        reference=reference_of(delivery),
        link=revision.link or chosen_link(session, delivery),
        images=_images(revision, media),
        recording=_recording(revision, media),
        relay=revision.relay,
        until=session.get_one(Broadcast, delivery.broadcast_id).ends_at,
        at=delivery.scheduled_at.astimezone(ZoneInfo(station.timezone)),
        # An emergency says what it has to say after a chime: no tune, no greeting, no goodbye.
        opening=delivery.id == first and not delivery.urgent,
        closing=delivery.id == last and not delivery.urgent,
        urgent=delivery.urgent,
    )


def preview_of(station: Station, revision: Revision, media: Path) -> Outgoing:
    """The same for a bulletin that has no delivery yet: alone in its programme."""
    return Outgoing(
        bulletin=revision.bulletin_id,
        revision=revision.number,
        title=revision.title,
        body=revision.body,
        station=station.name,
        reference=f"BT{revision.bulletin_id}.{revision.number}-0",
        link=revision.link,
        images=_images(revision, media),
        recording=_recording(revision, media),
        relay=revision.relay,
    )


def obstacles(channel: Channel, outgoing: Outgoing) -> Sequence[str]:
    """Why it could not go out like this, in Vietnamese; also where it cannot even be made."""
    try:
        return channel.prepare(outgoing).problems
    except ChannelError as error:
        return (error.message,)


def changed_media(session: Session, delivery: Delivery, media: Path) -> str | None:
    """Why a local file of this revision is not the approved one any more (Vietnamese), or None.

    Approval binds the files' hashes, and a kept file is named by its own. One that is missing is
    the channel's to report.
    """
    revision = session.get_one(Revision, delivery.revision_id)
    images = [one for one in _images(revision, media) if isinstance(one, Path)]
    recording = _recording(revision, media)
    kept = [("ảnh", one) for one in images] + [("bản ghi âm", one) for one in [recording] if one]
    for label, path in kept:
        if path.is_file() and sha256_of_file(path) != path.stem:
            return (
                f"tệp {label} “{path.name[:12]}…{path.suffix}” đã bị thay đổi sau khi duyệt; "
                "hãy nộp lại bản tin cùng tệp gốc: broadcaster "
                f"bulletin edit {delivery.bulletin_id} TỆP"
            )
    return None


def reference_of(delivery: Delivery) -> str:
    """Unique in the station, short enough to stand under a post: BT<bulletin>.<revision>-<id>."""
    return f"BT{delivery.bulletin_id}.{delivery.revision}-{delivery.id}"


def delivery_of(reference: str) -> int:
    """The delivery's number in its reference."""
    return int(reference.rpartition("-")[2])


def _ends(session: Session, delivery: Delivery) -> tuple[int | None, int | None]:
    """The first and the last delivery of this programme on this target."""
    ids = session.exec(
        select(Delivery.id)
        .where(
            Delivery.broadcast_id == delivery.broadcast_id,
            Delivery.target == delivery.target,
            col(Delivery.status).not_in(_OUT_OF_THE_PROGRAMME),
        )
        .order_by(col(Delivery.position), col(Delivery.id))
    ).all()
    return (ids[0], ids[-1]) if ids else (None, None)


def _recording(revision: Revision, media: Path) -> Path | None:
    return None if revision.recording is None else media / revision.recording


def _images(revision: Revision, media: Path) -> tuple[Path | str, ...]:
    if revision.image is None:
        return ()
    if revision.image.startswith(("http://", "https://")):
        return (revision.image,)
    return (media / revision.image,)
