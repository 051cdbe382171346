"""The as-run journal survives what cuts it off."""

from __future__ import annotations

from pathlib import Path

from channels.radio.journal import ARMED, END, Journal, last


def test_entries_come_back_by_reference_and_run(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "asrun")
    for run in ("R1-1", "R1-2"):
        writer = journal.writer("R1", run)
        writer.write(ARMED, safe=True, total=5)
        writer.write(END, safe=True, why="hết giờ")
        writer.close()
    runs = journal.runs("R1")
    assert [[entry["event"] for entry in run] for run in runs] == [[ARMED, END]] * 2
    assert (last(runs[1], END) or {})["why"] == "hết giờ"
    assert journal.runs("R2") == []


def test_a_torn_last_line_is_left_out_and_does_not_spoil_the_next(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    writer = journal.writer("R1", "R1-1")
    writer.write(ARMED, total=5)
    writer.close()
    with journal.path("R1").open("ab") as file:
        file.write(b'{"event": "end", "run": "R1-1", "wh')
    assert [entry["event"] for entry in journal.entries("R1")] == [ARMED]
    writer = journal.writer("R1", "R1-2")
    writer.write(ARMED, total=6)
    writer.close()
    assert [entry["total"] for entry in journal.entries("R1")] == [5, 6]


def test_a_reference_of_any_letters_is_a_file_inside_the_folder(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    assert journal.path("../Đ 1").parent == tmp_path
    assert journal.path("A/1") != journal.path("A-1")
