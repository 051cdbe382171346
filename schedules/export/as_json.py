"""The week as JSON: for other programs."""

from __future__ import annotations

import json
from typing import Any

from schedules.export.sheet import SheetRow, WeekSheet


def render(sheet: WeekSheet) -> bytes:
    """UTF-8 JSON of the whole sheet; dates and times in ISO 8601, durations in seconds."""
    return (json.dumps(document(sheet), ensure_ascii=False, indent=2) + "\n").encode()


def document(sheet: WeekSheet) -> dict[str, Any]:
    """The sheet as plain JSON values."""
    return {
        "station": sheet.station,
        "parent": sheet.parent or None,
        "place": sheet.place or None,
        "timezone": sheet.timezone,
        "week": sheet.week,
        "monday": sheet.monday.isoformat(),
        "created": sheet.created or None,
        "made_by": sheet.made_by or None,
        "approver_title": sheet.approver_title or None,
        "approver": sheet.approver or None,
        "simulated": sheet.simulated,
        "evidence_head": sheet.evidence_head,
        "kind": "log" if sheet.form.actual else "schedule",
        "evidence_seq": sheet.evidence_seq,
        "rows": [_row(row) for row in sheet.rows],
    }


def _row(row: SheetRow) -> dict[str, Any]:
    return {
        "key": row.key or None,
        "day": row.day.isoformat(),
        "session": row.session,
        "starts": f"{row.starts:%H:%M:%S}",
        "ends": f"{row.ends:%H:%M:%S}",
        "channel": row.channel,
        "channel_label": row.channel_label,
        "targets": list(row.targets),
        "title": row.title or None,
        "kind": row.kind or None,
        "seconds": None if row.duration is None else row.duration.total_seconds(),
        "status": row.status or None,
        "made_by": row.made_by or None,
        "approved_by": row.approved_by or None,
        "note": row.note or None,
        "actual": row.actual or None,
        "medium": row.medium or None,
    }
