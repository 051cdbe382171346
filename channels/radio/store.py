"""Rendered sound kept by what it says: whole or absent, and never believed without its checksum."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

from channels.base import Json
from content.files import sha256_of_file, sync_folder, write_atomically

_DIGEST = 32


def remove_unused(folders: Iterable[Path], before: datetime) -> int:
    """Remove files whose last use was before a moment, and folders left empty; bytes freed."""
    freed = 0
    for folder in folders:
        for path in sorted(folder.rglob("*"), reverse=True):
            facts = path.lstat()
            if path.is_dir() and not path.is_symlink():
                if not any(path.iterdir()):
                    path.rmdir()
            elif facts.st_mtime < before.timestamp():
                path.unlink()
                freed += facts.st_size
    return freed


def key_of(**parts: Json) -> str:
    """SHA-256 of everything that decides how it sounds."""
    text = json.dumps(parts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class SoundStore:
    """Raw samples by key, each file beginning with the SHA-256 of the rest."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(self, key: str) -> bytes | None:
        """None when absent or damaged; a damaged file is removed."""
        path = self._path(key)
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return None
        pcm = data[_DIGEST:]
        if data[:_DIGEST] != hashlib.sha256(pcm).digest():
            path.unlink(missing_ok=True)
            return None
        os.utime(path)
        return pcm

    def put(self, key: str, pcm: bytes) -> None:
        write_atomically(self._path(key), hashlib.sha256(pcm).digest() + pcm)

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}.pcm"


class FileStore:
    """Files by key with a manifest that is written last and holds their hashes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, key: str, suffix: str) -> Path:
        return self._folder / key[:2] / f"{key}{suffix}"

    def get(self, key: str) -> dict[str, Json] | None:
        """The facts put with the files; None when anything is missing or damaged."""
        try:
            manifest = json.loads(self.path(key, ".json").read_bytes())
            hashes = manifest["sha256"]
            whole = all(sha256_of_file(self.path(key, name)) == hashes[name] for name in hashes)
            if not whole:
                return None
            for suffix in (".json", *hashes):
                os.utime(self.path(key, suffix))
            return dict(manifest["facts"])
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None

    def put(self, key: str, files: Mapping[str, bytes | Path], facts: dict[str, Json]) -> None:
        """`files` by suffix (".wav"); a path is moved here, from the same file system.

        All of them or, with an OSError, none (the disk is full).
        """
        hashes = {suffix: _sha256(data) for suffix, data in files.items()}
        manifest = json.dumps({"sha256": hashes, "facts": facts}, ensure_ascii=False)
        try:
            for suffix, data in files.items():
                _place(data, self.path(key, suffix))
            write_atomically(self.path(key, ".json"), manifest.encode())
        except OSError:
            for suffix in (*files, ".json"):
                self.path(key, suffix).unlink(missing_ok=True)
            raise


def _sha256(data: bytes | Path) -> str:
    return sha256_of_file(data) if isinstance(data, Path) else hashlib.sha256(data).hexdigest()


def _place(data: bytes | Path, path: Path) -> None:
    if isinstance(data, bytes):
        write_atomically(path, data)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with data.open("rb") as file:
        os.fsync(file.fileno())
    data.replace(path)
    sync_folder(path.parent)
