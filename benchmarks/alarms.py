"""How soon an emergency sounds while a programme is on the air, through the real daemon."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from benchmarks.bench import Bench, command
from benchmarks.daemon import on_air, prepared, process, until
from benchmarks.measure import Aim, Row, Sample
from benchmarks.texts import administrative_text
from broadcaster import bookings, emergencies
from broadcaster.app import App
from broadcaster.outgoing import reference_of
from broadcaster.registry import radio_of
from channels.base import Outgoing
from channels.radio.journal import ONSET, Journal, last

_THERE_AIM, _ANY_AIM = Aim(0.5), Aim(2.0)
_SHORT = "Nước sông đang lên rất nhanh, bà con khẩn trương di dời."
_PER_TEXT = 6_000
"""Characters of the long text: minutes of speech, far more than could be rendered first."""


def run(bench: Bench) -> Sequence[Row]:
    """From the emergency being written down to its first sample, beside the programme's cut."""
    home = bench.fresh("alarms")
    app = prepared(bench, home)
    made = _render(app)
    try:
        with process(command("run", "--home", str(home)), home) as daemon:
            until(bench, daemon, home, (home / "daemon.pid").exists)
            on_air(bench, daemon, app)
            there = [_raised(bench, app, _SHORT) for _ in range(bench.sizes.alarms)]
            text = administrative_text(_PER_TEXT)
            spoken = [_raised(bench, app, f"Lần {n}. {text}") for n in range(bench.sizes.alarms)]
    finally:
        app.close()
    return [
        _row("alarm to sound, made before", there, made, _THERE_AIM),
        _row(f"alarm to sound, {_PER_TEXT:,} ch.", spoken, made, _ANY_AIM),
    ]


def _row(what: str, seconds: Sequence[float], made: Sample, aim: Aim) -> Row:
    return Row(what, Sample(tuple(seconds)), "s", "rendering the short", made, aim)


def _render(app: App) -> Sample:
    """Make the short one's sound beforehand; how long that took."""
    draft = emergencies.draft_of(emergencies.Call(_SHORT, "đo thử", repeat=1))
    outgoing = Outgoing(
        bulletin=0,
        revision=1,
        title=draft.title,
        body=draft.body,
        station=app.station.name,
        reference="BENCH",
    )
    begun = app.clock.monotonic()
    radio_of(app).prepare(outgoing)
    return Sample.one(app.clock.monotonic() - begun)


def _raised(bench: Bench, app: App, text: str) -> float:
    """Raise it, hear its first sample in the as-run journal, cancel it."""
    call = emergencies.Call(text, "đo thử", repeat=1)
    leader = App(app.home, app.settings, bench.clock, "Trần Văn Minh")
    booked = emergencies.raise_alarm(leader, call)
    raised = bench.clock.now()
    journal = Journal(app.home / "state" / "radio" / "asrun")
    reference = reference_of(booked.deliveries[0])
    onset = None
    deadline = bench.clock.monotonic() + 20
    while onset is None and bench.clock.monotonic() < deadline:
        bench.clock.sleep(0.01)
        onset = (last(journal.entries(reference), ONSET) or {}).get("onset")
    bookings.cancel(leader, booked.broadcast.id or 0)
    leader.close()
    if not isinstance(onset, str):
        raise RuntimeError("the emergency did not sound within 20 s")
    bench.clock.sleep(1.0)
    return (datetime.fromisoformat(onset) - raised).total_seconds()
