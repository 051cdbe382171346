"""Where the sound goes: outputs named by URLs, one visible registry, one seam for the player."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from channels.radio.outputs.base import Output, Take, ascii_name, shown
from channels.radio.outputs.child import AlsaOutput, PulseOutput
from channels.radio.outputs.file import FileOutput
from channels.radio.outputs.icecast import IcecastOutput
from channels.radio.outputs.liquidsoap import LiquidsoapOutput
from channels.radio.outputs.rtp import RtpOutput
from content.errors import UserError

__all__ = ["SCHEMES", "FileOutput", "Output", "OutputUrl", "Take", "ascii_name", "parse_output"]


class Scheme(Protocol):
    """What stands behind the word before the colon: an output's class."""

    def __call__(self, rest: str, take: Take) -> Output:
        """An output that is not open."""

    def check(self, rest: str) -> None:
        """Raises UserError when what follows the colon cannot be used."""


SCHEMES: Mapping[str, Scheme] = {
    "file": FileOutput,
    "pulse": PulseOutput,
    "alsa": AlsaOutput,
    "icecast": IcecastOutput,
    "rtp": RtpOutput,
    "liquidsoap": LiquidsoapOutput,
}
"""A new output: its class and one line here."""

HANDED_OVER = frozenset({"liquidsoap"})
"""Outputs that take a finished file and cannot air a sound that is still being made."""


@dataclass(frozen=True, slots=True)
class OutputUrl:
    """One line of `outputs`, taken apart and known to be of a scheme there is."""

    scheme: str
    rest: str = field(repr=False)
    """May hold a password; `str` of the URL does not."""

    def __str__(self) -> str:
        return shown(f"{self.scheme}:{self.rest}")

    @property
    def needs_file(self) -> bool:
        return self.scheme in HANDED_OVER

    def make(self, take: Take) -> Output:
        return SCHEMES[self.scheme](self.rest, take)


def parse_output(url: str) -> OutputUrl:
    """Raises UserError for a scheme that is not there, or an address that cannot be used."""
    scheme, colon, rest = url.partition(":")
    if not colon or scheme not in SCHEMES:
        known = ", ".join(f"{name}:" for name in SCHEMES)
        raise UserError(
            f"Không có loại đầu ra “{scheme}:” (trong “{shown(url)}”).",
            f"Hãy dùng một trong các loại: {known}",
        )
    SCHEMES[scheme].check(rest)
    return OutputUrl(scheme, rest)
