"""Evidence of outputs for the tests of reports, written as the daemon writes it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from broadcaster import evidence
from broadcaster.app import App
from broadcaster.evidence import Kind
from content.bulletin import Bulletin, BulletinStatus, Revision


@dataclass
class Outputs:
    """Writes bulletins and the evidence of their deliveries into a home."""

    app: App
    deliveries: int = 0

    def bulletin(self, title: str = "Nộp hồ sơ trực tuyến", **fields: Any) -> int:
        """An approved bulletin; `task`, `topic` as its front matter would say."""
        now = datetime(2026, 1, 2, tzinfo=UTC)
        with self.app.database.writing() as session:
            row = Bulletin(station_id=self.app.station_id, status=BulletinStatus.APPROVED,
                           created_at=now, created_by="Lan")  # fmt: skip
            session.add(row)
            session.flush()
            number = row.id or 0
            session.add(
                Revision(
                    bulletin_id=number,
                    number=1,
                    title=title,
                    body="Nội dung.",
                    sha256="c" * 64,
                    created_at=now,
                    created_by="Lan",
                    **fields,
                )
            )
        return number

    def record(
        self,
        bulletin: int,
        at: datetime,
        channel: str = "radio",
        outcome: str = "sent",
        *,
        late: float = 0.0,
        simulated: bool = False,
        kind: Kind = Kind.DELIVERY,
        delivery: int | None = None,
        target: str = "toan-xa",
        **details: Any,
    ) -> int:
        """One record of one delivery, planned for `at`; `late` in seconds. Its seq."""
        if delivery is None:
            self.deliveries += 1
            delivery = self.deliveries
        sent = outcome == "sent"
        started = evidence.iso(at + timedelta(seconds=late)) if sent else None
        if channel == "radio" and sent:
            details.setdefault("seconds", 90.0)
        facts = {
            "channel": channel, "target": target, "bulletin": bulletin, "revision": 1,
            "broadcast": delivery, "delivery": delivery, "outcome": outcome,
            "simulated": simulated, "scheduled_at": evidence.iso(at), "started_at": started,
            "ended_at": started, "external_id": f"x{delivery}" if sent else None,
            "permalink": f"https://fb.example/{delivery}" if channel == "facebook" else None,
        }  # fmt: skip
        with self.app.database.writing() as session:
            row = evidence.append(
                session, self.app.station_id, kind, at + timedelta(seconds=late), facts,
                details=details,
            )  # fmt: skip
            return row.seq

    def by_hand(self, at: datetime, **details: Any) -> int:
        """Evidence added by a person."""
        with self.app.database.writing() as session:
            facts = {"simulated": False, "channel": details.pop("channel", None)}
            row = evidence.append(
                session, self.app.station_id, Kind.MANUAL, at, facts, details=details
            )
            return row.seq

    def noticed(
        self, at: datetime, kind: Kind, *, delivery: int | None = None, simulated: bool = False,
        **details: Any,
    ) -> int:  # fmt: skip
        """An alarm or an air check."""
        facts = {"channel": "radio", "target": "toan-xa", "delivery": delivery,
                 "simulated": simulated}  # fmt: skip
        with self.app.database.writing() as session:
            row = evidence.append(session, self.app.station_id, kind, at, facts, details=details)
            return row.seq

    def correct(self, seq: int, *, withdraws: bool) -> None:
        """A later record about an earlier one."""
        now = datetime(2026, 12, 1, tzinfo=UTC)
        details = {"corrects": seq, "withdraws": withdraws, "note": "ghi nhầm"}
        with self.app.database.writing() as session:
            evidence.append(
                session,
                self.app.station_id,
                Kind.CORRECTION,
                now,
                {"simulated": False},
                details=details,
            )
