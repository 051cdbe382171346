"""How soon an emergency sounds while a programme is on the air, through the real daemon."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from datetime import datetime

from benchmarks.bench import LEADER, Bench, command, environment
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
            said = [_called(bench, app, f"Gọi {n}. {text}") for n in range(bench.sizes.alarms)]
    finally:
        app.close()
    return [
        _row("alarm to sound, made before", there, made, _THERE_AIM),
        _row(f"alarm to sound, {_PER_TEXT:,} ch.", spoken, made, _ANY_AIM),
        _row("command to sound, the same", said, made, _ANY_AIM),
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
    """Raise it, hear its first sample in the as-run journal, cancel it; seconds since raised."""
    leader = App(app.home, app.settings, bench.clock, LEADER)
    booked = emergencies.raise_alarm(leader, emergencies.Call(text, "đo thử", repeat=1))
    raised = bench.clock.now()
    onset = _onset(bench, app, reference_of(booked.deliveries[0]))
    bookings.cancel(leader, booked.broadcast.id or 0)
    leader.close()
    bench.clock.sleep(1.0)
    return (onset - raised).total_seconds()


def _called(bench: Bench, app: App, text: str) -> float:
    """The same by the command line, from the start of its process."""
    file = app.home / "khẩn.txt"
    file.write_text(text, encoding="utf-8")
    words = ("emergency", str(file), "--repeat", "1", "--json", "--home", str(app.home))
    called = bench.clock.now()
    done = subprocess.run(
        command(*words, "--as", LEADER), env=environment(), capture_output=True, check=True
    )
    number = int(json.loads(done.stdout)["id"])
    leader = App(app.home, app.settings, bench.clock, LEADER)
    [booked] = [one for one in bookings.listed(leader) if one.broadcast.id == number]
    onset = _onset(bench, app, reference_of(booked.deliveries[0]))
    bookings.cancel(leader, number)
    leader.close()
    bench.clock.sleep(1.0)
    return (onset - called).total_seconds()


def _onset(bench: Bench, app: App, reference: str) -> datetime:
    """When its first sample left, by the as-run journal."""
    journal = Journal(app.home / "state" / "radio" / "asrun")
    deadline = bench.clock.monotonic() + 20
    while bench.clock.monotonic() < deadline:
        onset = (last(journal.entries(reference), ONSET) or {}).get("onset")
        if isinstance(onset, str):
            return datetime.fromisoformat(onset)
        bench.clock.sleep(0.01)
    raise RuntimeError("the emergency did not sound within 20 s")
