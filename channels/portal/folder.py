"""The section as a folder that a web server on this machine (or a mounted disk) shows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from channels.base import ChannelError, ErrorKind, Health
from content.files import write_atomically


class FolderPlace:
    """Writes are renames on the same disk: the old file or the new one, also after a power cut."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def open(self) -> Iterator[FolderPlace]:
        """The folder itself."""
        yield self

    def read(self, name: str) -> bytes | None:
        """See `SiteFiles`."""
        try:
            return (self._folder / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            fault = self._fault(error)
        raise fault

    def exists(self, name: str) -> bool:
        """See `SiteFiles`."""
        return (self._folder / name).is_file()

    def write(self, name: str, data: bytes) -> None:
        """See `SiteFiles`."""
        try:
            write_atomically(self._folder / name, data)
        except OSError as error:
            raise self._fault(error) from None

    def remove(self, name: str) -> None:
        """See `SiteFiles`."""
        try:
            (self._folder / name).unlink(missing_ok=True)
        except OSError as error:
            raise self._fault(error) from None

    def check(self) -> Health:
        """Write and remove a hidden file."""
        try:
            write_atomically(self._folder / ".probe", b"")
            (self._folder / ".probe").unlink()
        except OSError as error:
            return Health("Thư mục", ok=False, message=self._fault(error).message)
        return Health("Thư mục", ok=True, message=f"Ghi được vào “{self._folder}”.")

    def _fault(self, error: OSError) -> ChannelError:
        reason = error.strerror or "lỗi đọc ghi"
        return ChannelError(
            ErrorKind.RETRY,
            f"Không đọc hoặc ghi được thư mục cổng thông tin “{self._folder}” ({reason}).",
            code="disk",
        )
