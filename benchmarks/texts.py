"""Long administrative Vietnamese, made of the bundled samples with other numbers in every copy."""

from __future__ import annotations

import random
import re
from functools import cache
from importlib.resources import files

from content.front_matter import split_front_matter

_DIGIT = re.compile(r"(?<=[1-9])\d")


def administrative_text(characters: int) -> str:
    """Exactly so many characters; no two copies of a sample are the same, so no cache helps."""
    draw = random.Random(characters)
    samples = _samples()
    text = ""
    while len(text) < characters:
        text += _DIGIT.sub(lambda _: str(draw.randint(1, 8)), draw.choice(samples)) + "\n\n"
    return text[:characters]


@cache
def _samples() -> tuple[str, ...]:
    folder = files("broadcaster.samples").joinpath("bulletins")
    found = (one.read_text(encoding="utf-8") for one in folder.iterdir())
    return tuple(sorted(split_front_matter(text)[2].strip() for text in found))
