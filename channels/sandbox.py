"""Sandbox networks: the same checks as live, and a page in a folder instead of a publication."""

from __future__ import annotations

import hashlib
import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from channels.base import (
    Artefact,
    ChannelError,
    Clock,
    ErrorKind,
    Health,
    OutcomeUnknown,
    Outgoing,
    Prepared,
    Receipt,
    Sending,
    Target,
)
from channels.gate import pass_last_gate
from channels.preview_pages import facebook_page, zalo_page
from content.files import write_atomically

__all__ = ["SandboxChannel", "facebook_page", "zalo_page"]


class SandboxChannel(ABC):
    """What the sandboxes share; one file for each reference, so that it survives a restart.

    Quiet hours of a platform are not kept here: a page in a folder wakes nobody, and a trial
    has to work at any hour.
    """

    name: str
    simulated = True
    can_find = True
    absence_is_proof = True
    lead = timedelta(0)

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock

    @abstractmethod
    def targets(self) -> Sequence[Target]:
        """As the live channel."""

    @abstractmethod
    def prepare(self, outgoing: Outgoing) -> Prepared:
        """As the live channel: identical text, payload and problems."""

    @abstractmethod
    def page(self, prepared: Prepared, *, target: str | None = None) -> Artefact:
        """What `target` would see, as an HTML page."""

    def deliver(self, prepared: Prepared, sending: Sending) -> Receipt:
        """Write the page; refused for the same problems as live."""
        if prepared.problems:
            raise ChannelError(ErrorKind.FIX_CONTENT, " ".join(prepared.problems), code="limits")
        started = pass_last_gate(sending, self._clock)
        path = self._path(sending.reference)
        try:
            write_atomically(path, self.page(prepared, target=sending.target.name).read())
        except OSError:
            raise ChannelError(
                ErrorKind.RETRY,
                f"Không ghi được trang mô phỏng vào thư mục “{self._folder}”; "
                "hãy xem lại quyền ghi và dung lượng đĩa.",
                code="write",
            ) from None
        return self._receipt(path, sending.reference, started, self._clock.now())

    def find(self, prepared: Prepared, sending: Sending) -> Receipt | None:
        """The page of this reference, if it was written."""
        path = self._path(sending.reference)
        try:
            written = path.stat().st_mtime
        except FileNotFoundError:
            return None
        except OSError:
            raise OutcomeUnknown(f"Không xem được thư mục “{self._folder}”.") from None
        moment = datetime.fromtimestamp(written, UTC)
        return self._receipt(path, sending.reference, moment, moment)

    def preview(self, prepared: Prepared) -> Artefact:
        """The page, for every kind of target at once."""
        return self.page(prepared)

    def tidy(self, before: datetime) -> int:
        """Pages are small, and people like to look at old ones."""
        return 0

    def check(self) -> Sequence[Health]:
        """A sandbox is ready when its folder can be written."""
        try:
            probe = self._folder / ".probe"
            write_atomically(probe, b"")
            probe.unlink()
        except OSError:
            message = f"Không ghi được vào thư mục “{self._folder}”; hãy xem lại quyền ghi."
            return [Health("Mô phỏng", ok=False, message=message)]
        message = f"Chế độ mô phỏng: nội dung được ghi vào “{self._folder}”, không gửi ra ngoài."
        return [Health("Mô phỏng", ok=True, message=message)]

    def _path(self, reference: str) -> Path:
        return self._folder / f"{self.name}-{_file_name(reference)}.html"

    def _receipt(self, path: Path, reference: str, start: datetime, end: datetime) -> Receipt:
        return Receipt(
            external_id=f"sandbox-{self.name}-{reference}",
            permalink=path.resolve().as_uri(),
            started_at=start,
            ended_at=end,
            simulated=True,
            artefacts=(Artefact(path.name, "text/html", path),),
        )


def _file_name(reference: str) -> str:
    """The reference itself where it is a plain name, else made plain and told apart by a hash."""
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", reference)
    if plain == reference and not plain.startswith("."):
        return plain
    return f"{plain.lstrip('.')}-{hashlib.sha256(reference.encode()).hexdigest()[:8]}"
