"""An anchor (mã neo): a hash of the evidence chain as paper shows it, in words and as a QR code."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Anchor:
    """A record of the evidence chain; whoever holds the paper can show that it existed."""

    hash: str
    """SHA-256 of the record, hexadecimal."""
    seq: int | None = None

    @property
    def line(self) -> str:
        """For a footer: "Mã chuỗi minh chứng (SHA-256), bản ghi số 214: 9f86…"."""
        number = f", bản ghi số {self.seq}" if self.seq else ""
        return f"Mã chuỗi minh chứng (SHA-256){number}: {self.hash}"

    @property
    def code(self) -> str:
        """The QR code's text, in capitals for a smaller code; `verify --printed` reads it."""
        return (f"evidence:{self.seq}:{self.hash}" if self.seq else self.hash).upper()

    def svg(self) -> str:
        """The QR code as an SVG element; the same anchor gives the same text."""
        out = io.BytesIO()
        self._qr().save(out, kind="svg", border=2, xmldecl=False, nl=False, omitsize=True)
        return out.getvalue().decode("utf-8")

    def png(self) -> bytes:
        """The QR code as a PNG file, 6 pixels a module; the same anchor gives the same bytes."""
        out = io.BytesIO()
        self._qr().save(out, kind="png", scale=6, border=2)
        return out.getvalue()

    def _qr(self) -> Any:
        import segno  # only printed documents need it

        return segno.make(self.code, error="m", micro=False)
