"""What the tests of the channels share: a hand-moved clock, progress in memory, one bulletin."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from channels.base import (
    Channel,
    ChannelError,
    OutcomeUnknown,
    Outgoing,
    Prepared,
    Receipt,
    Sending,
    Target,
)

NOON = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
"""12:00 in An Bình."""

TINY_PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c49444154789c63f8ffff3f0005fe02fe0def46b80000000049454e44ae426082"
)
"""One white point."""


class HandClock:
    """Wall time moves by `sleep` only; `monotonic` is real, for the limits on real sockets."""

    def __init__(self, now: datetime = NOON) -> None:
        self.moment = now
        self.slept: list[float] = []
        self.on_sleep: Callable[[], object] = lambda: None

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        if seconds > 0:
            self.slept.append(seconds)
            self.moment += timedelta(seconds=seconds)
            self.on_sleep()


class MemoryProgress:
    """A delivery's steps; shared by the attempts of one delivery."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    def get(self, key: str) -> str | None:
        return self.kept.get(key)

    def record(self, key: str, value: str) -> None:
        self.kept[key] = value

    def steps(self, prefix: str) -> Iterator[tuple[str, str]]:
        return iter(sorted((k, v) for k, v in self.kept.items() if k.startswith(prefix)))


class Died(BaseException):
    """The process is killed here."""


class DyingProgress(MemoryProgress):
    """Kills the process right after a step was written down."""

    def __init__(self, after: str) -> None:
        super().__init__()
        self.after = after

    def record(self, key: str, value: str) -> None:
        super().record(key, value)
        if key == self.after and value:
            self.after = ""
            raise Died


def outgoing(reference: str = "AB12-7", **changes: object) -> Outgoing:
    values: dict[str, object] = {
        "bulletin": 7,
        "revision": 2,
        "title": "Nộp hồ sơ trực tuyến được giảm lệ phí",
        "body": "Từ ngày 01/12, **hồ sơ trực tuyến** được giảm 50% lệ phí.\n\n"
        "- Vào Cổng dịch vụ công\n- Chọn thủ tục & điền <tờ khai>",
        "station": "Ủy ban nhân dân xã An Bình",
        "reference": reference,
        "link": "https://anbinh.example.vn/tin/7",
    }
    return Outgoing(**{**values, **changes})  # type: ignore[arg-type]


def sending(
    channel: Channel,
    reference: str = "AB12-7",
    *,
    target: Target | None = None,
    progress: MemoryProgress | None = None,
    at: datetime = NOON,
) -> Sending:
    return Sending(
        target=target or channel.targets()[0],
        reference=reference,
        at=at,
        deadline=at + timedelta(hours=12),
        since=at,
        progress=progress or MemoryProgress(),
    )


def attempt(
    channel: Channel, prepared: Prepared, one: Sending
) -> Receipt | ChannelError | OutcomeUnknown:
    """Deliver; the outcome as a value."""
    try:
        return channel.deliver(prepared, one)
    except (ChannelError, OutcomeUnknown) as outcome:
        return outcome


def deliver_as_dispatch_does(
    channel: Channel, prepared: Prepared, one: Sending, tries: int = 4, looks: int = 3
) -> Receipt | ChannelError | OutcomeUnknown:
    """Retry what surely failed, look after what is unknown, send again what is proved absent."""
    outcome: Receipt | ChannelError | OutcomeUnknown = OutcomeUnknown("chưa thử")
    for _ in range(tries):
        outcome = attempt(channel, prepared, one)
        if isinstance(outcome, Receipt):
            return outcome
        if isinstance(outcome, OutcomeUnknown):
            found, proved = _settle(channel, prepared, one, looks)
            if found is not None:
                return found
            if not proved:
                return outcome
    return outcome


def everything_said(error: BaseException) -> str:
    """All that a log could show of an exception, its causes included."""
    shown = "".join(traceback.format_exception(error))
    chain = []
    link: BaseException | None = error
    while link is not None:
        chain.append(f"{link!r} {link} {vars(link)}")
        link = link.__cause__ or link.__context__
    return shown + "\n".join(chain)


def picture(folder: Path, name: str = "anh.png", extra: bytes = b"") -> Path:
    path = folder / name
    path.write_bytes(TINY_PNG + extra)
    return path


def _settle(
    channel: Channel, prepared: Prepared, one: Sending, looks: int
) -> tuple[Receipt | None, bool]:
    proved = False
    for _ in range(looks):
        try:
            found = channel.find(prepared, one)
        except OutcomeUnknown:
            proved = False
            continue
        if found is not None:
            return found, True
        proved = True
    return None, proved
