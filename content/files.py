"""Files written so that a power cut leaves the old content or the new, never a half."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from content.errors import UserError

_READ_BLOCK = 1 << 20


def write_atomically(path: Path, data: bytes) -> None:
    """Write `data` to `path` through a temporary file: fsync, rename, fsync of the folder."""
    make_folder(path.parent)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            os.fchmod(file.fileno(), 0o644)  # a temporary file is for its owner only
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def copy_atomically(source: Path, path: Path, sha256: str) -> None:
    """Copy a file of any size to `path`, whole or not at all.

    Raises OSError when what was read has another hash: somebody changed it meanwhile.
    """
    make_folder(path.parent)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary, digest = Path(name), hashlib.sha256()
    try:
        with os.fdopen(handle, "wb") as file, source.open("rb") as data:
            os.fchmod(file.fileno(), 0o644)
            while block := data.read(_READ_BLOCK):
                digest.update(block)
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
        if digest.hexdigest() != sha256:
            raise OSError(f"{source.name} was changed while it was copied")
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def write_for_user(path: Path, data: bytes) -> None:
    """Write a file that a person asked for, atomically. Raises UserError where it cannot be."""
    try:
        write_atomically(path, data)
    except OSError as error:
        raise UserError(
            f"Không ghi được tệp {path}: {error.strerror or error}.",
            "Hãy đóng tệp nếu đang mở, kiểm tra quyền ghi của thư mục hoặc chọn thư mục khác.",
        ) from error


def make_folder(folder: Path) -> None:
    """Make a folder and what is missing above it; their names survive a power cut too."""
    missing = [place for place in (folder, *folder.parents) if not place.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for place in reversed(missing):
        sync_folder(place.parent)


def sync_file(path: Path) -> None:
    """Wait until the bytes of a file are on the disk."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def forget_cached(path: Path) -> None:
    """Ask the system to read this file from the disk again (a USB stick may have lied)."""
    if hasattr(os, "posix_fadvise"):
        with path.open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def sync_folder(folder: Path) -> None:
    """Make a rename or a new name in `folder` survive a power cut (no effect where unsupported)."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sha256_of_file(path: Path) -> str:
    """Hexadecimal SHA-256 of a file's bytes, read in blocks."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_READ_BLOCK):
            digest.update(block)
    return digest.hexdigest()
