"""Reports: the figures of a year for every station of a province, papers of a large plan."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from itertools import count
from typing import Any

from docx import Document
from sqlmodel import Session, insert, select

from benchmarks.bench import PERSON, Bench
from benchmarks.measure import Row, in_turns, timed
from broadcaster import evidence
from broadcaster.app import App
from broadcaster.evidence import FACTS, GENESIS, iso
from broadcaster.papers import render
from broadcaster.papers.paper import Table, plain
from broadcaster.periods import read_period
from broadcaster.records import EvidenceHead, EvidenceRecord
from broadcaster.report import make_report
from broadcaster.report_paper import letter_for, report_paper
from broadcaster.setup import make_home
from broadcaster.tally import tally
from content.station import Station
from content.typeset import typeset
from schedules.plan import Plan, Task

_OUTPUTS = 225
"""Of a station in a year; each leaves four records, as the daemon writes them."""
_STEPS = ("ready", "sending", "sending", "sent")
_CHANNELS = ("radio", "radio", "facebook", "zalo")
_YEAR = read_period("2026")
_START = datetime(2026, 1, 1, 22, 30, tzinfo=UTC)
_ROUNDS = 2
"""Going through a whole province takes seconds, and hardly differs."""
_CELLS = 8


def run(bench: Bench) -> Sequence[Row]:
    """A province's figures against reading the same records; docx and pdf against bare tables."""
    app = make_home(bench.fresh("reports"), bench.clock, person=PERSON)
    try:
        return [*_province(bench, app), *_papers(bench, app)]
    finally:
        app.close()


def _province(bench: Bench, app: App) -> list[Row]:
    stations = _add_stations(app, bench.sizes.stations)
    records = float(len(stations) * _OUTPUTS * len(_STEPS))

    def ours() -> None:
        for station in stations:
            with app.database.reading() as session:
                head = evidence.head(session, station)
                found = tally(session, station, _YEAR, app.zone, head)
            if found.total.outputs != _OUTPUTS:
                raise RuntimeError(f"station {station}: {found.total.outputs} outputs")

    def bare() -> None:
        for station in stations:
            with app.database.reading() as session:
                _read(session, station)

    whole, base = in_turns(_ROUNDS, lambda: timed(ours), lambda: timed(bare))
    what = f"a year of {len(stations)} stations"
    return [
        Row(what, whole, "s", "SELECT + json.loads", base),
        Row("the same, records", whole, "", "SELECT + json.loads", base, count=records),
    ]


def _papers(bench: Bench, app: App) -> list[Row]:
    tasks = bench.sizes.tasks
    _add_plan(app, tasks)
    report = make_report(app, _YEAR)
    paper = report_paper(app, report, letter_for(app, report))
    rounds = min(bench.sizes.rounds, 3)
    turns = count()

    def fresh() -> bytes:
        # Typst remembers what it has set: another number each time, in every row.
        rows = tuple((plain(f"{next(turns)}"), *row[1:]) for row in table.rows)
        other = replace(annex, blocks=(replace(table, rows=rows),))
        return render(replace(paper, annexes=(other,)), "pdf")

    (annex,) = paper.annexes
    table = next(block for block in annex.blocks if isinstance(block, Table))
    docx, bare_docx = in_turns(
        rounds, lambda: timed(lambda: render(paper, "docx")), lambda: timed(lambda: _docx(tasks))
    )
    pdf, bare_pdf = in_turns(
        rounds, lambda: timed(fresh), lambda: timed(lambda: _pdf(tasks, next(turns)))
    )
    return [
        Row(f"report of {tasks} tasks, docx", docx, "s", "bare python-docx table", bare_docx),
        Row(f"report of {tasks} tasks, pdf", pdf, "s", "bare Typst table", bare_pdf),
    ]


def _add_stations(app: App, many: int) -> list[int]:
    now = app.clock.now()
    with app.database.writing() as session:
        made = [Station(name=f"UBND xã số {n}", created_at=now) for n in range(1, many + 1)]
        session.add_all(made)
        session.flush()
        ids = [one.id or 0 for one in made]
        for station in ids:
            rows = list(_chain(station))
            session.execute(insert(EvidenceRecord), rows)
            last = rows[-1]
            session.add(EvidenceHead(station_id=station, seq=last["seq"], hash=last["hash"]))
    return ids


def _chain(station: int) -> Iterator[dict[str, Any]]:
    """As `evidence.append` writes it; `json` spells these bodies as RFC 8785 does."""
    last = GENESIS
    for place in range(_OUTPUTS * len(_STEPS)):
        body = _body(station, place) | {"prev_hash": last}
        text = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        last = hashlib.sha256(text.encode()).hexdigest()
        yield {
            "station_id": station, "seq": place + 1, "delivery_id": body["delivery"],
            "body": text, "hash": last,
        }  # fmt: skip


def _body(station: int, place: int) -> dict[str, Any]:
    output, step = divmod(place, len(_STEPS))
    at = iso(_START + timedelta(hours=38 * output))
    return dict.fromkeys(FACTS) | {
        "v": 1, "station": station, "seq": place + 1, "kind": "delivery", "at": at,
        "channel": _CHANNELS[output % len(_CHANNELS)], "target": "toan-xa",
        "bulletin": output % 40 + 1, "revision": 1, "broadcast": output, "delivery": output,
        "outcome": _STEPS[step], "simulated": False, "scheduled_at": at, "started_at": at,
        "ended_at": at, "artefacts": [],
        "details": {"attempt": 1, "reason": "đã ra ngoài", "seconds": 92.5},
    }  # fmt: skip


def _read(session: Session, station: int) -> None:
    query = select(EvidenceRecord.body).where(EvidenceRecord.station_id == station)
    for body in session.exec(query):
        json.loads(body)


def _add_plan(app: App, tasks: int) -> None:
    with app.database.writing() as session:
        plan = Plan(
            station_id=app.station_id, title="Kế hoạch", period_start=date(2026, 1, 1),
            period_end=date(2026, 12, 31), document={}, source_name="x", source_sha256="x",
            imported_at=app.clock.now(), imported_by=PERSON,
        )  # fmt: skip
        session.add(plan)
        session.flush()
        session.execute(insert(Task), [_task(app, plan, n) for n in range(1, tasks + 1)])


def _task(app: App, plan: Plan, number: int) -> dict[str, Any]:
    return {
        "station_id": app.station_id, "plan_id": plan.id, "no": str(number),
        "content": f"Tuyên truyền nhiệm vụ {number} về cải cách thủ tục hành chính",
        "form": "Bản tin trên loa truyền thanh", "channels": ["radio"],
        "timeframe": {"text": "Quý I/2026", "kind": "window",
                      "windows": [["2026-01-01", "2026-03-31"]], "due": [], "recurrence": []},
        "lead": "Phòng Văn hóa - Xã hội", "support": None, "product": "02 bản tin",
        "source": "annex",
    }  # fmt: skip


def _docx(rows: int) -> bytes:
    document = Document()
    table = document.add_table(rows=0, cols=_CELLS)
    for number in range(rows):
        for cell in table.add_row().cells:
            cell.text = f"Nhiệm vụ {number}"
    out = BytesIO()
    document.save(out)
    return out.getvalue()


def _pdf(rows: int, turn: int) -> None:
    cells = "\n".join(f"[Nhiệm vụ {turn}.{n}]," * _CELLS for n in range(rows))
    typeset(f"#table(columns: {_CELLS},\n{cells}\n)".encode(), "pdf", "nothing", {})
