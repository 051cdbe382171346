"""The columns of an annex, known by their titles, in any order."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from enum import StrEnum
from functools import cache
from importlib import resources

from content.folding import fold


class Field(StrEnum):
    """What a column holds; NOTE is known and not used."""

    NO = "no"
    CONTENT = "content"
    FORM = "form"
    TIMEFRAME = "timeframe"
    UNTIL = "until"
    """A second column of time: when it ends."""
    FREQUENCY = "frequency"
    LEAD = "lead"
    SUPPORT = "support"
    PRODUCT = "product"
    NOTE = "note"


_LONGEST_TITLE = 60


def match_titles(titles: Sequence[str]) -> list[Field | None]:
    """The field of each title; None for an unknown one. A field is given once, first come."""
    taken: set[Field] = set()
    fields: list[Field | None] = []
    for title in titles:
        field = next((f for f in _fields_of(title) if f is Field.NOTE or f not in taken), None)
        if field:
            taken.add(field)
        fields.append(field)
    return fields


def known_titles() -> tuple[str, ...]:
    """The titles as a person should write them."""
    return tuple(title for _, title, _ in _columns())


def _fields_of(title: str) -> list[Field]:
    folded = " ".join(fold(title).replace("*", "").split()).strip(" :.")
    if not folded or len(folded) > _LONGEST_TITLE:
        return []
    return [field for field, _, pattern in _columns() if pattern.search(folded)]


@cache
def _columns() -> tuple[tuple[Field, str, re.Pattern[str]], ...]:
    file = resources.files("schedules.plan_reader").joinpath("data/columns.toml")
    items = tomllib.loads(file.read_text("utf-8"))["column"]
    return tuple(
        (Field(item["field"]), item["title"], re.compile("|".join(map(fold, item["words"]))))
        for item in items
    )
