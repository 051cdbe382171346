"""Capitals and proper names in Vietnamese, which ASCII ranges do not know."""

from __future__ import annotations

UPPER = "A-ZÀÁÂÃÈÉÊÌÍÒÓÔÕÙÚÝĂĐĨŨƠƯẠẢẤẦẨẪẬẮẰẲẴẶẸẺẼẾỀỂỄỆỈỊỌỎỐỒỔỖỘỚỜỞỠỢỤỦỨỪỬỮỰỲỴỶỸ"
"""Inside a character class: every capital letter."""
_WORD = rf"[{UPPER}][^\W\d_{UPPER}]*(?:['’-][^\W\d_]+)?"
PROPER_NAME = rf"{_WORD}(?:\s{_WORD})*"
"""A name of one or more capitalised words ("Quảng Trị")."""


def is_capitals(text: str) -> bool:
    """Written in capitals, a few misread letters aside."""
    letters = [c for c in text if c.isalpha()]
    return len(letters) > 2 and sum(c.isupper() for c in letters) > 0.8 * len(letters)


def as_name(capitals: str) -> str:
    """ "TIỀN TIẾN" as "Tiền Tiến"; other words as they are."""
    return " ".join(w.capitalize() if w.isupper() else w for w in capitals.split())
