"""The commune's own readings of words: village names, leaders, local abbreviations."""

from __future__ import annotations

import unicodedata

from sqlmodel import select

from broadcaster.app import App
from broadcaster.records import LexiconEntry
from content.errors import UserError
from content.people import Role, require_role
from content.spoken import speak


def add(app: App, written: str, spoken: str) -> None:
    """Add or replace a reading. Raises UserError when the reading itself cannot be read."""
    written, spoken = _clean(written), _clean(spoken)
    if not written or not spoken:
        raise UserError("Thiếu chữ viết hoặc cách đọc.", "Hãy ghi cả hai.")
    if not written[0].isalnum():
        raise UserError(
            f"Chữ viết “{written}” phải bắt đầu bằng chữ cái hoặc chữ số.", "Hãy ghi lại."
        )
    left = speak(spoken).residue
    if left:
        raise UserError(
            f"Cách đọc “{spoken}” còn chỗ không đọc được: {', '.join(left)}.",
            "Hãy ghi cách đọc bằng chữ, ví dụ “nông thôn mới”.",
        )
    with app.database.writing() as session:
        require_role(session, app.station_id, app.person, Role.EDITOR)
        query = select(LexiconEntry).where(
            LexiconEntry.station_id == app.station_id, LexiconEntry.written == written
        )
        entry = session.exec(query).first() or LexiconEntry(
            station_id=app.station_id,
            written=written,
            spoken=spoken,
            created_at=app.clock.now(),
            created_by=app.person,
        )
        entry.spoken = spoken
        session.add(entry)


def _clean(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())
