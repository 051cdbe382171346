"""Every benchmark runs, measures its baseline too, and its table fits the terminal."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

from benchmarks.__main__ import BENCHMARKS, main
from benchmarks.bench import Bench, Sizes
from benchmarks.measure import Aim, Row, Sample
from benchmarks.table import as_json, machine, show
from benchmarks.texts import administrative_text
from broadcaster.clock import SystemClock

TINY = Sizes(
    rounds=1,
    bulletins=(10, 30),
    records=5,
    commits=3,
    idle_seconds=0.4,
    windows=1,
    starts=2,
    playouts=2,
    alarms=1,
    characters=1_000,
    broadcast_characters=300,
    pages=(1, 3),
    pdf_pages=(1, 2),
    stations=2,
    tasks=5,
    messages=20,
    targets=500,
    growth=(10, 30),
)
NOW = datetime(2026, 11, 23, 22, 30, tzinfo=UTC)


@pytest.mark.parametrize("name", BENCHMARKS)
def test_it_measures_something_beside_something(name: str, tmp_path: Path) -> None:
    rows = BENCHMARKS[name](Bench(tmp_path, TINY, SystemClock()))
    assert rows
    assert all(row.cost.median > 0 and row.base.median > 0 for row in rows)
    assert all(row.what and row.against for row in rows)


def test_the_table_fits_80_columns() -> None:
    long = Row("a thing with a rather long name, 1,000,000 of it", Sample((12_345.6, 12_400.0)),
               "s", "another thing that is measured", Sample((0.000123,)), Aim(0.2))  # fmt: skip
    out = io.StringIO()
    facts = machine(Path(__file__))
    show({"it": [long]}, facts, NOW, Console(file=out, width=80, force_terminal=False))
    lines = out.getvalue().splitlines()
    assert max(map(len, lines)) <= 80
    assert any("missed" in line for line in lines)
    assert any(facts["python"] in line and "2026-11-23 22:30 UTC" in line for line in lines)


def test_the_same_rows_as_json() -> None:
    line = Row("it", Sample((2.0, 2.0)), "s", "that", Sample((1.0, 1.0)), Aim(3.0, of_ratio=True))
    document = json.loads(as_json({"one": [line]}, {"cores": 2}, NOW))
    assert document["machine"] == {"cores": 2}
    assert (
        document["rows"][0] | {"benchmark": "one", "ratio": 2.0, "verdict": "met"}
        == (document["rows"][0])
    )


@pytest.mark.parametrize("arguments", [["nothing-like-this"], ["--starts", "0"], ["--starts", "x"]])
def test_a_wrong_command_line_is_refused(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    assert left.value.code == 2
    assert "error: argument" in capsys.readouterr().err


def test_a_long_text_has_its_length_and_no_part_comes_twice() -> None:
    text = administrative_text(20_000)
    assert len(text) == 20_000
    paragraphs = [part for part in text.split("\n\n") if any(map(str.isdigit, part))]
    assert len(set(paragraphs)) > 0.7 * len(paragraphs)
