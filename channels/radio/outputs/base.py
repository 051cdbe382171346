"""What every output promises the player, and what it may know of the playing it is opened for."""

from __future__ import annotations

import errno
import hashlib
import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol


class Output(Protocol):
    """One way for samples to leave. Every method raises OSError when it fails.

    None of them may hold up the player: what can block has a thread of its own and a bounded
    queue; a queue that is full is a failure, never a silent loss.
    """

    url: str
    """As it may be shown: without credentials."""
    recording: Path | None
    """The file that `find` may measure; None where nothing is left behind."""

    def open(self, rate: int) -> None:
        """Get ready; nothing is heard yet."""

    def write(self, block: bytes) -> None:
        """16-bit mono samples, now."""

    def close(self) -> int:
        """Give what was taken a bounded time to leave, then let go: the samples that really left.

        Raises OSError when some did not, or may not have; called again it only answers, and
        without `open` it answers 0.
        """

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
    sound: Path | None = None
    """The rendered file, for an output that hands a file over; None outside a playing."""


def shown(url: str) -> str:
    """The URL as it may be printed: all between `//` and the last `@` is taken out."""
    return re.sub(r"//.*@", "//", url, flags=re.DOTALL)


def failure(reason: str, code: int = errno.EIO) -> OSError:
    """An output's own failure; the reason is Vietnamese and free of secrets."""
    return OSError(code, reason)


def network_failure(error: OSError, where: str) -> OSError:
    """What the system says of a connection, in words that an officer understands."""
    if isinstance(error, TimeoutError):
        reason = f"{where} không trả lời"
    elif isinstance(error, ConnectionRefusedError | FileNotFoundError):
        reason = f"{where} chưa chạy hoặc không nhận kết nối"
    elif isinstance(error, BrokenPipeError | ConnectionError):
        reason = f"mất kết nối với {where}"
    elif error.errno in (errno.ENETUNREACH, errno.EHOSTUNREACH):
        reason = f"không có đường mạng tới {where}"
    else:
        reason = f"không kết nối được với {where} ({error.strerror or type(error).__name__})"
    return failure(reason, error.errno if error.errno and error.errno > 0 else errno.EIO)


def ascii_name(text: str) -> str:
    """A file name of small ASCII letters, digits, "-" and "_"; different texts stay different."""
    base = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    plain = "".join(c for c in base if not unicodedata.combining(c))
    name = re.sub(r"[^A-Za-z0-9_]+", "-", plain).strip("-")[:60]
    if name == text:
        return name
    return f"{name or 'x'}-{hashlib.sha256(text.encode()).hexdigest()[:6]}".lower()
