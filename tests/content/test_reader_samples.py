"""The bundled sample bulletins are good bulletins: readable, short, tied to the sample plan."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path

import pytest

from content.reader import read_bulletin
from content.text_file import read_text

SAMPLES = Path(str(resources.files("broadcaster") / "samples"))
BULLETINS = sorted((SAMPLES / "bulletins").iterdir())
PLAN = read_text(SAMPLES / "ke-hoach-tuyen-truyen-cchc-2026.md")


@pytest.mark.parametrize("path", BULLETINS, ids=lambda path: path.name)
def test_a_sample_bulletin_reads_well(path: Path) -> None:
    draft = read_bulletin(path, ("radio", "facebook", "zalo", "portal"))
    tasks = re.findall(r"^(\d+)\t", PLAN, re.MULTILINE)
    assert 30 <= len(draft.body.split()) <= 180
    assert draft.task is None or draft.task in tasks
    assert not re.search(r"\bTODO\b|\bxxx|lorem|\.\.\.", draft.body, re.IGNORECASE)


def test_the_samples_cover_many_topics() -> None:
    topics = {read_bulletin(path).topic for path in BULLETINS}
    assert len(BULLETINS) >= 10
    assert len(topics - {None}) >= 6


def test_the_annex_of_the_sample_plan_is_a_whole_table() -> None:
    rows = [line.split("\t") for line in PLAN.split("\n") if "\t" in line]
    assert len(rows) >= 8
    assert {len(row) for row in rows} == {7}
    assert all(cell.strip() for row in rows for cell in row)
