"""What happens to a plan, written into the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from broadcaster import evidence
from broadcaster.app import App
from broadcaster.evidence import Kind, StoredArtefact
from channels.base import Json
from schedules.plan import Plan


def record_plan(
    app: App,
    session: Session,
    plan: Plan,
    now: datetime,
    *,
    artefacts: Sequence[StoredArtefact] = (),
    **details: Json,
) -> None:
    """One record that names the plan, the acting person, and what is said in `details`."""
    evidence.append(
        session,
        app.station_id,
        Kind.PLAN,
        now,
        {"simulated": False},
        details={"plan": plan.id, "title": plan.title, "person": app.person, **details},
        artefacts=artefacts,
    )
