"""The one-file form of a backup: a zip with a manifest of SHA-256, read back after writing."""

from __future__ import annotations

import hashlib
import json
import os
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from content.errors import UserError
from content.files import forget_cached, make_folder, sync_folder

FORMAT = "broadcaster-backup"
VERSION = 1
MANIFEST = "manifest.json"
_LONGEST_MANIFEST = 256 << 20
_BLOCK = 1 << 20
_NAME = re.compile(r"broadcaster\.(?:db|toml)|(?:evidence|media)(?:/[0-9A-Za-z][0-9A-Za-z._-]*)+")
"""Everything that may stand in an archive: nothing absolute, hidden, or above the home."""

OnBytes = Callable[[int, int], None]
"""Hears (bytes done, of how many)."""


@dataclass(frozen=True, slots=True)
class Member:
    """A file of the home on its way into an archive."""

    name: str
    """With "/" between folders: "evidence/ab/ab12…"."""
    path: Path


@dataclass(frozen=True, slots=True)
class Entry:
    """What the manifest says of one file."""

    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an archive holds and where it came from."""

    created_at: datetime
    program: str
    schema: str
    stations: Sequence[str]
    files: Mapping[str, Entry]

    @property
    def bytes(self) -> int:
        return sum(entry.bytes for entry in self.files.values())


def write(
    target: Path,
    members: Sequence[Member],
    facts: Mapping[str, Any],
    on_bytes: OnBytes = lambda _done, _total: None,
    on_step: Callable[[str], None] = lambda _: None,
) -> Manifest:
    """Write an archive to `target`, read it back from the disk, and only then give it its name.

    Raises OSError; what went wrong leaves no file behind.
    """
    make_folder(target.parent)
    partial = target.with_name(f".{target.name}.part")
    total = 2 * sum(member.path.stat().st_size for member in members)
    count = _Counter(total, on_bytes)
    try:
        with _private(partial) as file:
            _write_zip(file, members, facts, count)
            file.flush()
            os.fsync(file.fileno())
        on_step("backup.written")
        forget_cached(partial)
        with opened(partial) as archive:
            archive.verify(count)
            manifest = archive.manifest
        on_step("backup.verified")
        partial.replace(target)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    sync_folder(target.parent)
    on_step("backup.named")
    return manifest


@contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """An archive, its manifest read. Raises UserError for what is no whole archive of ours."""
    try:
        with zipfile.ZipFile(path) as bundle:
            yield Archive(path, bundle, _read_manifest(path, bundle))
    except FileNotFoundError:
        raise UserError(f"Không có tệp “{path}”.", "Hãy kiểm tra lại đường dẫn.") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise _damaged(path, str(error)) from None


class Archive:
    """An open archive; whatever is read from it is checked against the manifest."""

    def __init__(self, path: Path, bundle: zipfile.ZipFile, manifest: Manifest) -> None:
        self._path = path
        self._bundle = bundle
        self.manifest = manifest

    def verify(self, on_block: Callable[[int], None] = lambda _: None) -> None:
        """Read every file. Raises UserError at the first that is not what the manifest says."""
        if sorted(self._bundle.namelist()) != sorted([MANIFEST, *self.manifest.files]):
            raise _damaged(self._path, "danh sách tệp không khớp bản kê")
        for name in self.manifest.files:
            self._copy(name, None, on_block)

    def extract(self, name: str, target: Path, on_block: Callable[[int], None]) -> None:
        """One file to `target`, on the disk when this returns."""
        make_folder(target.parent)
        with target.open("wb") as file:
            self._copy(name, file, on_block)
            file.flush()
            os.fsync(file.fileno())

    def _copy(self, name: str, out: IO[bytes] | None, on_block: Callable[[int], None]) -> None:
        entry = self.manifest.files[name]
        digest, left = hashlib.sha256(), entry.bytes
        with self._bundle.open(name) as source:
            # One byte more than promised is enough to see that it is too long.
            while block := source.read(min(_BLOCK, left + 1)):
                left -= len(block)
                if left < 0:
                    break
                digest.update(block)
                if out is not None:
                    out.write(block)
                on_block(len(block))
        if left != 0 or digest.hexdigest() != entry.sha256:
            raise _damaged(self._path, f"{name} không khớp mã băm")


def counter(total: int, on_bytes: OnBytes) -> Callable[[int], None]:
    """Adds up blocks and reports the sum against `total`."""
    return _Counter(total, on_bytes)


class _Counter:
    def __init__(self, total: int, on_bytes: OnBytes) -> None:
        self._done, self._total, self._on_bytes = 0, total, on_bytes

    def __call__(self, block: int) -> None:
        self._done += block
        self._on_bytes(self._done, self._total)


@contextmanager
def _private(path: Path) -> Iterator[IO[bytes]]:
    """A new file that only its owner reads: a backup holds everything."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w+b") as file:
        yield file


def _write_zip(
    file: IO[bytes], members: Sequence[Member], facts: Mapping[str, Any], count: _Counter
) -> None:
    entries = {}
    with zipfile.ZipFile(file, "w") as bundle:
        for member in members:
            entries[member.name] = _put(bundle, member, count)
        manifest = {**facts, "format": FORMAT, "version": VERSION, "files": entries}
        info = zipfile.ZipInfo(MANIFEST)
        info.compress_type = zipfile.ZIP_DEFLATED
        bundle.writestr(info, json.dumps(manifest, ensure_ascii=False, sort_keys=True))


def _put(bundle: zipfile.ZipFile, member: Member, count: _Counter) -> dict[str, Any]:
    digest, size = hashlib.sha256(), 0
    info = zipfile.ZipInfo(member.name)
    info.external_attr = 0o600 << 16
    # Sound and pictures are packed already; the database shrinks to a fifth.
    packs = member.path.suffix in (".db", ".toml", ".part")
    info.compress_type = zipfile.ZIP_DEFLATED if packs else zipfile.ZIP_STORED
    with member.path.open("rb") as source, bundle.open(info, "w", force_zip64=True) as out:
        while block := source.read(_BLOCK):
            out.write(block)
            digest.update(block)
            size += len(block)
            count(len(block))
    return {"bytes": size, "sha256": digest.hexdigest()}


def _read_manifest(path: Path, bundle: zipfile.ZipFile) -> Manifest:
    try:
        info = bundle.getinfo(MANIFEST)
    except KeyError:
        raise _foreign(path) from None
    if info.file_size > _LONGEST_MANIFEST:
        raise _damaged(path, "bản kê dài bất thường")
    try:
        table = json.loads(bundle.read(info))
        return _manifest(path, table)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise _damaged(path, "bản kê không đọc được") from None


def _manifest(path: Path, table: Mapping[str, Any]) -> Manifest:
    if table.get("format") != FORMAT:
        raise _foreign(path)
    if int(table["version"]) > VERSION:
        raise UserError(
            f"“{path.name}” do bản chương trình mới hơn tạo ra.",
            "Hãy cập nhật chương trình rồi khôi phục lại.",
        )
    files = {str(k): Entry(int(v["bytes"]), str(v["sha256"])) for k, v in table["files"].items()}
    for name in files:
        if not _NAME.fullmatch(name):
            raise _damaged(path, f"tên tệp lạ “{name[:80]}”")
    return Manifest(
        datetime.fromisoformat(table["created_at"]),
        str(table["program"]),
        str(table["schema"]),
        tuple(map(str, table["stations"])),
        files,
    )


def _foreign(path: Path) -> UserError:
    return UserError(
        f"“{path.name}” không phải bản sao lưu của chương trình này.",
        "Hãy chọn tệp do lệnh broadcaster backup tạo ra.",
    )


def _damaged(path: Path, what: str) -> UserError:
    return UserError(
        f"Bản sao “{path.name}” bị hỏng ({what}).", "Chưa đổi gì cả; hãy chọn bản sao khác."
    )
