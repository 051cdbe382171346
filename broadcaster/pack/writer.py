"""Writes a zip whose every file is listed with its SHA-256; finished or not there at all."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from content.errors import UserError
from content.files import sync_folder

_BLOCK = 1 << 20
_PACKED_ALREADY = (".mp3", ".jpg", ".jpeg", ".png", ".mp4", ".m4a", ".webp", ".zip", ".docx")


class Hashed:
    """Hashes and counts what goes through."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.digest = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> None:
        self._file.write(data)
        self.digest.update(data)
        self.size += len(data)


class PackWriter:
    """Streams into `<name>.part` beside the target; `finish` gives it its name."""

    def __init__(self, target: Path, at: datetime) -> None:
        """`at` is the time that every file in the zip bears (station's wall clock)."""
        self._target = target
        self._at = max(at.timetuple()[:6], (1980, 1, 1, 0, 0, 0))
        self._listing: IO[str] = _temporary_text()
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=target.parent, prefix=".pack.", suffix=".part")
        except OSError as error:
            self._listing.close()
            raise UserError(
                f"Không ghi được vào thư mục {target.parent}: {error.strerror or error}.",
                "Hãy chọn thư mục khác.",
            ) from error
        self._partial = Path(name)
        self._file: IO[bytes] = os.fdopen(handle, "wb")
        self._zip = zipfile.ZipFile(self._file, "w", zipfile.ZIP_DEFLATED, allowZip64=True)

    def __enter__(self) -> PackWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._listing.close()
        with suppress(OSError):  # what was left half-written is thrown away
            self._zip.close()
            self._file.close()
        self._partial.unlink(missing_ok=True)  # gone already when it was finished

    @contextmanager
    def entry(self, path: str, *, listed: bool = True) -> Iterator[Hashed]:
        """A file of the zip, written piece by piece."""
        with self._zip.open(self._info(path), "w", force_zip64=True) as file:
            sink = Hashed(file)
            yield sink
        if listed:
            self._list({"path": path, "sha256": sink.digest.hexdigest(), "bytes": sink.size})

    def add(self, path: str, data: bytes, *, listed: bool = True) -> None:
        """A small file."""
        with self.entry(path, listed=listed) as sink:
            sink.write(data)

    def copy(self, path: str, source: Path, artefact: str | None = None) -> str:
        """A file from the disk, in blocks; `artefact` is the hash under which records cite it.

        The SHA-256 of what was copied.
        """
        with self.entry(path, listed=artefact is None) as sink, source.open("rb") as file:
            while block := file.read(_BLOCK):
                sink.write(block)
        if artefact is not None:
            self._list({"artefact": artefact, "path": path})
        return sink.digest.hexdigest()

    def missing(self, artefact: str) -> None:
        """An artefact that belongs here and is not on the disk (any more)."""
        self._list({"artefact": artefact, "path": None})

    def write_listing(self, path: str) -> str:
        """The list of all files so far; its SHA-256."""
        self._listing.seek(0)
        with self.entry(path, listed=False) as sink:
            for line in self._listing:
                sink.write(line.encode("utf-8"))
        return sink.digest.hexdigest()

    def finish(self) -> None:
        """On the disk under its name, whole."""
        self._zip.close()
        self._file.flush()
        os.fchmod(self._file.fileno(), 0o644)
        os.fsync(self._file.fileno())
        self._file.close()
        self._partial.replace(self._target)
        sync_folder(self._target.parent)

    def _info(self, path: str) -> zipfile.ZipInfo:
        info = zipfile.ZipInfo(path, self._at)
        packed = path.lower().endswith(_PACKED_ALREADY)
        info.compress_type = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
        info.external_attr = 0o644 << 16
        return info

    def _list(self, facts: dict[str, Any]) -> None:
        self._listing.write(json.dumps(facts, ensure_ascii=False) + "\n")


def _temporary_text() -> IO[str]:
    """A file without a name; gone when it is closed."""
    handle, name = tempfile.mkstemp()
    Path(name).unlink()
    return os.fdopen(handle, "w+", encoding="utf-8")
