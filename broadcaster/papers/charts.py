"""Charts drawn by Typst: vectors inside the pdf, a picture (PNG) for the docx.

Typst is there already and needs 30 ms a chart; matplotlib would be 60 MB more on a small PC.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from broadcaster.papers.paper import Chart
from content.typeset import typeset

_PPI = 220


def data_of(chart: Chart) -> dict[str, Any]:
    """The chart as plain values for `chart.typ`."""
    most = max((bar.value for bar in chart.bars), default=0.0)
    return {
        "title": chart.title,
        "bars": [
            {
                "label": bar.label,
                "shown": bar.figure.shown,
                "share": bar.value / most if most else 0.0,
            }
            for bar in chart.bars
        ],
    }


def picture(chart: Chart) -> bytes:
    """The chart as PNG, 150 mm wide."""
    sources = {"main.typ": _MAIN, "chart.typ": source("chart.typ")}
    return typeset(sources, "png", "chart", data_of(chart), ppi=_PPI)[0]


def source(name: str) -> bytes:
    """A Typst file of this package."""
    return files("broadcaster.papers").joinpath(name).read_bytes()


_MAIN = b"""#import "chart.typ": chart
#set page(width: 150mm, height: auto, margin: 1mm)
#set text(font: "Libertinus Serif", size: 11pt, lang: "vi")
#chart(json(bytes(sys.inputs.chart)))
"""
