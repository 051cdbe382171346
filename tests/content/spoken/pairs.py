"""Reading files of written and spoken pairs, and comparing leniently as their authors meant."""

from __future__ import annotations

import csv
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Pair:
    """What is written and every way of saying it that counts as right."""

    id: str
    category: str
    written: str
    accepted: tuple[str, ...]


def read_pairs(path: Path) -> list[Pair]:
    """The pairs of a TSV file: id, category, input, spoken, alternatives, note."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [
        Pair(
            row["id"],
            row["category"],
            row["input"],
            (row["spoken"], *filter(None, (row["alternatives"] or "").split("|"))),
        )
        for row in rows
    ]


def plain(spoken: str) -> str:
    """Lower case, without punctuation, one blank between words."""
    return " ".join(re.sub(r"[^\w\s]", " ", unicodedata.normalize("NFC", spoken.lower())).split())
