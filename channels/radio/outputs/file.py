"""`file:NAME`: a recording of what is aired, right to the last second whatever ends it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from channels.radio import pcm
from channels.radio.outputs.base import Take, ascii_name
from content.errors import UserError

_HEADER_EVERY = 50
"""Blocks between two corrections of a recording's header: a killed player leaves a file that is
right to the last second."""

_LEAST_FREE = 200 << 20
"""Bytes: an hour of recording takes 160 MB."""


class FileOutput:
    """Records what is aired, in real time, as `NAME/<zone>/<date>/<time>-<run>.wav`."""

    def __init__(self, rest: str, take: Take) -> None:
        self.url = f"file:{rest}"
        self.folder = take.folder / (rest or "air") / ascii_name(take.zone)
        name = f"{take.at:%H%M%S}-{ascii_name(take.run)}.wav"
        self._path = self.folder / f"{take.at:%Y-%m-%d}" / name
        self.recording: Path | None = self._path
        self._file: int | None = None
        self._rate = pcm.RATE
        self._blocks = 0
        self._bytes = 0

    @staticmethod
    def check(rest: str) -> None:
        """Raises UserError for a path that leaves the home by dots."""
        if ".." in Path(rest).parts:
            raise UserError(
                f"Thư mục trong “file:{rest}” không hợp lệ.", "Hãy bỏ “..” trong tên thư mục."
            )

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

    def close(self) -> int:
        if self._file is not None:
            try:
                self._correct_header()
                os.fsync(self._file)
            finally:
                os.close(self._file)
                self._file = None
                if self._bytes == 0:
                    self._path.unlink(missing_ok=True)
        return self._bytes // pcm.WIDTH

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
