"""The one table that fits 80 columns, and the same as JSON."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import psutil
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from benchmarks.measure import Row, Sample, Verdict

_STYLES = {Verdict.MET: "green", Verdict.MISSED: "bold red", Verdict.NOISY: "yellow"}
_LEGEND = (
    "Medians of several runs, ± half the middle spread. Ratio: our cost over that of the "
    "baseline, measured in turns in the same run (below 1 is cheaper)."
)
_MILLISECONDS_BELOW = 0.1
Found = Mapping[str, Sequence[Row]]
"""Rows by the name of their benchmark."""


def machine(folder: Path) -> dict[str, str | int]:
    """Where it was measured: processor, cores, Python, system, the disk's file system."""
    return {
        "cpu": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()}",
        "disk": _file_system(folder),
    }


def show(found: Found, facts: Mapping[str, str | int], now: datetime, console: Console) -> None:
    """Print the table, then machine and date."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, expand=False, padding=(0, 1, 0, 0))
    for name, width, justify in (
        ("what", 20, "left"),
        ("measured", 14, "right"),
        ("against what", 20, "left"),
        ("ratio", 6, "right"),
        ("aim", 7, "right"),
    ):
        table.add_column(name, max_width=width, justify=justify)  # type: ignore[arg-type]
    table.add_column("verdict", no_wrap=True)
    for rows in found.values():
        for row in rows:
            _add(table, row)
        table.add_section()
    console.print(table)
    console.print(_LEGEND, style="dim")
    console.print(f"Machine: {facts['cpu']}, {facts['cores']} cores, {facts['system']}")
    console.print(f"Python {facts['python']}; disk {facts['disk']}; {now:%Y-%m-%d %H:%M} UTC")


def as_json(found: Found, facts: Mapping[str, str | int], now: datetime) -> str:
    """One document: machine, moment, rows."""
    rows = [{"benchmark": name, **row.to_json()} for name in found for row in found[name]]
    document = {"machine": dict(facts), "measured_at": now.isoformat(), "rows": rows}
    return json.dumps(document, ensure_ascii=False, indent=2)


def _add(table: Table, row: Row) -> None:
    verdict = row.verdict()
    style = _STYLES.get(verdict, "")
    table.add_row(
        row.what,
        _figure(row, row.cost),
        f"{row.against}: {_figure(row, row.base)}",
        _ratio(row.ratio.median),
        _aim(row),
        f"[{style}]{verdict}[/]" if style else str(verdict),
    )


def _figure(row: Row, sample: Sample) -> str:
    spread = f" ±{sample.spread:.0%}" if sample.spread is not None else ""
    if row.count is not None:
        return f"{_rounded(row.count / sample.median)}/s{spread}"
    if row.unit == "s":
        return f"{_seconds(sample.median)}{spread}"
    return f"{_rounded(sample.median)} {row.unit}{spread}"


def _aim(row: Row) -> str:
    if row.aim is None:
        return "-"
    if row.aim.of_ratio:
        return f"≤ {row.aim.limit:.3g}x"
    if row.unit == "s" and row.aim.limit < _MILLISECONDS_BELOW:
        return f"≤ {row.aim.limit * 1000:g} ms"
    return f"≤ {row.aim.limit:g} {row.unit}"


def _ratio(value: float) -> str:
    return f"{_rounded(value)}x" if value >= 1 else f"{value:.2g}x"


def _seconds(value: float) -> str:
    for size, name in ((1.0, "s"), (1e-3, "ms")):
        if abs(value) >= size:
            return f"{_rounded(value / size)} {name}"
    return f"{_rounded(value / 1e-6)} µs"


def _rounded(value: float) -> str:
    """Three figures, no exponent."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.machine()


def _file_system(folder: Path) -> str:
    """Of the mount that holds a folder; on "tmpfs" nothing is ever written to a disk."""
    parents = {str(path) for path in (folder.resolve(), *folder.resolve().parents)}
    mounts = [one for one in psutil.disk_partitions(all=True) if one.mountpoint in parents]
    return max(mounts, key=lambda one: len(one.mountpoint)).fstype if mounts else "unknown disk"
