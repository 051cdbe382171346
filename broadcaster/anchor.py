"""Which record of the chain a printed document names."""

from __future__ import annotations

from sqlmodel import Session

from broadcaster import checkpoints, evidence
from content.anchor import Anchor


def anchor_of(session: Session, station_id: int) -> Anchor | None:
    """The record that the newest checkpoint signed; before the first one, the head.

    A checkpoint's stands still for a day, so the same document exported twice is the same file,
    and its signature ties the paper to the key. None while the chain is empty.
    """
    last = checkpoints.newest(session, station_id)
    if last is not None:
        return Anchor(last.hash, last.seq)
    head = evidence.head(session, station_id)
    return Anchor(head.hash, head.seq) if head.seq else None
