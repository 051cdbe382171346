"""Secrets at rest: encrypted in the database with a key file that only the owner reads.

The key comes from systemd (`LoadCredential=vault.key:…`, systemd.exec(5)) where it gives one, else
from the home.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from broadcaster.database import Database
from broadcaster.records import Secret
from broadcaster.settings import credential
from channels.base import Clock
from channels.redaction import register_secret
from content.errors import UserError
from content.files import sync_folder

if TYPE_CHECKING:  # loaded where it is used: most commands touch no secret
    from cryptography.fernet import Fernet

KEY_FILE = "vault.key"


class Vault:
    """Named secrets; the key lives beside the database, not in it (so not in its backups)."""

    def __init__(self, database: Database, home: Path, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._path = home / KEY_FILE

    def get(self, name: str) -> str | None:
        """The secret in clear, registered with the redactor. Raises UserError for a wrong key."""
        with self._database.reading() as session:
            row = session.get(Secret, name)
        if row is None:
            return None
        from cryptography.fernet import InvalidToken

        try:
            value = self._cipher().decrypt(row.value.encode()).decode()
        except InvalidToken:
            raise UserError(
                f"Không giải mã được bí mật “{name}”: tệp khóa {KEY_FILE} không đúng.",
                "Hãy chép lại đúng tệp khóa, hoặc chạy: broadcaster channel login.",
            ) from None
        register_secret(value)
        return value

    def put(self, name: str, value: str) -> None:
        """Keep a secret; it is on disk when this returns."""
        register_secret(value)
        self.make_key()
        sealed = self._cipher().encrypt(value.encode()).decode()
        with self._database.writing() as session:
            session.merge(Secret(name=name, value=sealed, changed_at=self._clock.now()))

    def random(self, name: str) -> str:
        """A secret that nobody has to know: made at its first use."""
        found = self.get(name)
        if found is None:
            self.put(name, secrets.token_hex(32))
            found = self.get(name) or ""
        return found

    def key_file(self) -> Path | None:
        """Where the key is; None where there is none yet."""
        return credential(KEY_FILE) or (self._path if self._path.is_file() else None)

    def make_key(self) -> None:
        """Make the key file once, readable by its owner only."""
        if self.key_file() is not None:
            return
        from cryptography.fernet import Fernet

        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        with os.fdopen(os.open(self._path, flags, 0o600), "wb") as file:
            file.write(Fernet.generate_key())
            file.flush()
            os.fsync(file.fileno())
        sync_folder(self._path.parent)

    def _cipher(self) -> Fernet:
        from cryptography.fernet import Fernet

        path = self.key_file()
        if path is None:
            raise UserError(
                f"Thiếu tệp khóa {KEY_FILE} nên không mở được các bí mật.",
                f"Hãy chép lại tệp khóa đã cất riêng vào “{self._path.parent}”.",
            )
        try:
            return Fernet(path.read_bytes().strip())
        except ValueError:
            raise UserError(
                f"Tệp khóa “{path}” không đúng dạng.", "Hãy chép lại đúng tệp khóa."
            ) from None
