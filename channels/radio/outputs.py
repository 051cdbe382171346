"""Where the sound goes: outputs named by URLs, one registry, one seam for the player."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from channels.radio import pcm
from content.errors import UserError

_HEADER_EVERY = 50
"""Blocks between two corrections of a recording's header: a killed player leaves a file that is
right to the last second."""

_LEAST_FREE = 200 << 20
"""Bytes: an hour of recording takes 160 MB."""


class Output(Protocol):
    """One way for samples to leave. Every method raises OSError when it fails."""

    url: str
    recording: Path | None
    """The file that `find` may measure; None where nothing is left behind."""

    def open(self, rate: int) -> None:
        """Get ready; nothing is heard yet."""

    def write(self, block: bytes) -> None:
        """16-bit mono samples, now."""

    def close(self) -> None:
        """Let go; harmless when called twice or without `open`."""

    def problem(self) -> str | None:
        """Why it could not be used now, in Vietnamese; None when it could. No effect outside."""


@dataclass(frozen=True, slots=True)
class Take:
    """What an output may need to know of the playing it is opened for."""

    zone: str
    run: str
    """The as-run id."""
    at: datetime
    """Planned start on the station's wall clock."""
    folder: Path
    """The home's folder for recordings."""


@dataclass(frozen=True, slots=True)
class OutputUrl:
    """One line of `outputs`, taken apart and known to be of a scheme there is."""

    scheme: str
    rest: str

    def __str__(self) -> str:
        return f"{self.scheme}:{self.rest}"

    def make(self, take: Take) -> Output:
        return SCHEMES[self.scheme](self, take)


class FileOutput:
    """Records what is aired, in real time, as `NAME/<zone>/<date>/<time>-<run>.wav`."""

    def __init__(self, url: OutputUrl, take: Take) -> None:
        self.url = str(url)
        self.folder = take.folder / (url.rest or "air") / ascii_name(take.zone)
        name = f"{take.at:%H%M%S}-{ascii_name(take.run)}.wav"
        self._path = self.folder / f"{take.at:%Y-%m-%d}" / name
        self.recording: Path | None = self._path
        self._file: int | None = None
        self._rate = pcm.RATE
        self._blocks = 0
        self._bytes = 0

    def open(self, rate: int) -> None:
        self._rate = rate
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o644)
        self._put(pcm.wav_header(0, rate))

    def write(self, block: bytes) -> None:
        self._put(block)
        self._bytes += len(block)
        self._blocks += 1
        if self._blocks % _HEADER_EVERY == 0:
            self._correct_header()

    def close(self) -> None:
        if self._file is None:
            return
        try:
            self._correct_header()
            os.fsync(self._file)
        finally:
            os.close(self._file)
            self._file = None
            if self._bytes == 0:
                self._path.unlink(missing_ok=True)

    def problem(self) -> str | None:
        folder = next(parent for parent in self._path.parents if parent.exists())
        if not os.access(folder, os.W_OK):
            return f"không được ghi vào thư mục {folder}"
        if shutil.disk_usage(folder).free < _LEAST_FREE:
            return f"ổ đĩa của {folder} sắp đầy"
        return None

    def _correct_header(self) -> None:
        if self._file is not None:
            os.pwrite(self._file, pcm.wav_header(self._bytes // pcm.WIDTH, self._rate), 0)

    def _put(self, data: bytes) -> None:
        if self._file is None:
            raise OSError("not open")
        view = memoryview(data)
        while view:
            view = view[os.write(self._file, view) :]


SCHEMES: Mapping[str, Callable[[OutputUrl, Take], Output]] = {"file": FileOutput}
"""A new output: its class and one line here."""


def parse_output(url: str) -> OutputUrl:
    """Raises UserError for a scheme that is not there, or an unusable path."""
    scheme, colon, rest = url.partition(":")
    if not colon or scheme not in SCHEMES:
        known = ", ".join(f"{name}:" for name in SCHEMES)
        raise UserError(
            f"Không có loại đầu ra “{scheme}:” (trong “{url}”).",
            f"Hãy dùng một trong các loại: {known}",
        )
    if scheme == "file" and ".." in Path(rest).parts:
        raise UserError(f"Thư mục trong “{url}” không hợp lệ.", "Hãy bỏ “..” trong tên thư mục.")
    return OutputUrl(scheme, rest)


def ascii_name(text: str) -> str:
    """A file name of small ASCII letters, digits, "-" and "_"; different texts stay different."""
    base = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    plain = "".join(c for c in base if not unicodedata.combining(c))
    name = re.sub(r"[^A-Za-z0-9_]+", "-", plain).strip("-")[:60]
    if name == text:
        return name
    return f"{name or 'x'}-{hashlib.sha256(text.encode()).hexdigest()[:6]}".lower()
