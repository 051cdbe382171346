"""What `doctor` looks at on the machine: disk, clock, time zone, files, packages, port."""

from __future__ import annotations

import os
import platform
import shutil
import socket
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from broadcaster import time_sources
from broadcaster.backups import program_version
from broadcaster.database import FILE_NAME as DATABASE_FILE
from broadcaster.doctor import Finding, bad, ok, warn
from broadcaster.settings import ClockSection
from broadcaster.vault import KEY_FILE
from channels.base import Clock

LITTLE_BYTES, FEW_BYTES = 1 << 30, 200 << 20
"""Below the first it is a warning, below the second the station will soon stop."""
_FEW_INODES = 1000
_OFF_SECONDS, _WRONG_SECONDS = 2.0, 60.0
_HTTP_ROUGH = 1.5
"""An HTTP date has whole seconds, and the answer takes a moment."""


def disk(home: Path) -> Iterator[Finding]:
    """Room for the database, the evidence and the recordings."""
    free, name = shutil.disk_usage(home).free, "Ổ đĩa"
    text = f"còn {free / (1 << 30):.1f} GB"
    mend = "Hãy dọn ổ đĩa; bản ghi âm cũ ở thư mục air, bản sao cũ ở thư mục backups."
    if free < FEW_BYTES:
        yield bad(name, f"sắp đầy: chỉ {text}", mend)
    elif free < LITTLE_BYTES:
        yield warn(name, text, mend)
    else:
        yield ok(name, text)
    if hasattr(os, "statvfs"):
        inodes = os.statvfs(home)
        if inodes.f_files and inodes.f_favail < _FEW_INODES:
            yield bad(name, f"chỉ còn chỗ cho {inodes.f_favail} tệp nữa", mend)


def clock(chosen: ClockSection, station_clock: Clock) -> Iterator[Finding]:
    """Against a time server, then against the date in a web server's answer."""
    name, mend = "Đồng hồ", "Hãy bật đồng bộ giờ: timedatectl set-ntp true."
    reading = time_sources.ask(chosen, station_clock)
    if reading is None:
        yield ok(name, "không có Internet nên chưa đối chiếu được")
        return
    off = abs(reading.off)
    text = f"lệch {reading.off:+.1f} giây so với {reading.source}"
    if off > _WRONG_SECONDS:
        yield bad(name, text, mend)
    elif off > _OFF_SECONDS + (0 if reading.fine else _HTTP_ROUGH):
        yield warn(name, text, mend)
    else:
        yield ok(name, f"đúng ({text})")


def zone(name_of_zone: str, now: datetime) -> Iterator[Finding]:
    """The station's zone, and whether the machine is set to the same."""
    name = "Múi giờ"
    here = now.astimezone(ZoneInfo(name_of_zone)).utcoffset()
    machine = now.astimezone().utcoffset()
    if here == machine:
        yield ok(name, name_of_zone)
        return
    yield warn(
        name,
        f"đài dùng {name_of_zone}, máy đặt múi giờ khác; lịch vẫn đúng giờ đài",
        f"Cho khỏi nhầm khi xem giờ máy: timedatectl set-timezone {name_of_zone}.",
    )


def files(home: Path) -> Iterator[Finding]:
    """Who may read the key and who may write the home."""
    name, key = "Quyền tệp", home / KEY_FILE
    found = []
    if key.exists():
        mode = key.stat().st_mode
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            found.append(
                bad(name, f"người khác đọc được {KEY_FILE}", f"Hãy chạy: chmod 600 “{key}”.")
            )
        if hasattr(os, "getuid") and key.stat().st_uid not in (os.getuid(), 0):
            found.append(warn(name, f"{KEY_FILE} thuộc về người dùng khác", "Hãy xem lại chown."))
    if home.stat().st_mode & stat.S_IWOTH:
        found.append(bad(name, "ai cũng ghi được thư mục làm việc", f"chmod o-w “{home}”."))
    database = home / DATABASE_FILE
    if database.exists() and database.stat().st_mode & stat.S_IWOTH:
        found.append(bad(name, f"ai cũng ghi được {DATABASE_FILE}", f"chmod 600 “{database}”."))
    if not os.access(home, os.W_OK):
        found.append(bad(name, "không ghi được thư mục làm việc", f"Hãy xem chủ của “{home}”."))
    yield from found or [ok(name, "đúng")]


def packages() -> Iterator[Finding]:
    """The program's own requirements, as they are installed."""
    from packaging.requirements import Requirement

    name, wrong, count = "Gói phần mềm", [], 0
    try:
        wanted = requires("broadcaster") or []
    except PackageNotFoundError:
        yield ok(name, f"Python {platform.python_version()}, chạy từ mã nguồn")
        return
    for line in wanted:
        one = Requirement(line)
        if one.marker is not None and not one.marker.evaluate({"extra": ""}):
            continue
        count += 1
        wrong += _wrong(one.name, one.specifier.contains, str(one.specifier))
    for what in wrong:
        yield bad(name, what, "Hãy cài lại chương trình (deploy/upgrade.sh).")
    if not wrong:
        text = f"broadcaster {program_version()}, Python {platform.python_version()}"
        yield ok(name, f"{text}, {count} gói đúng phiên bản")


def port(listen: str, daemon: str | None) -> Iterator[Finding]:
    """Whether the health port answers to the daemon, or is free for it."""
    name = "Cổng sức khỏe"
    if not listen:
        yield ok(name, "tắt")
        return
    address = urlsplit(f"//{listen}")
    with socket.socket() as probe:
        probe.settimeout(1.0)
        answered = probe.connect_ex((address.hostname or "", address.port or 0)) == 0
    if daemon and not answered:
        yield warn(name, f"{listen} không trả lời", "Hãy xem [health] listen và nhật ký.")
    elif answered and not daemon:
        yield warn(name, f"{listen} đã có chương trình khác dùng", "Hãy đổi [health] listen.")
    else:
        yield ok(name, listen)


def _wrong(name: str, fits: object, wanted: str) -> list[str]:
    try:
        found = version(name)
    except PackageNotFoundError:
        return [f"thiếu gói {name} {wanted}"]
    assert callable(fits)  # noqa: S101 - a bound method of the requirement
    return [] if fits(found, prereleases=True) else [f"gói {name} {found}, cần {wanted}"]


def ledger_clock(last: datetime | None, now: datetime) -> Iterator[Finding]:
    """A clock that shows a time before the newest evidence cannot be right."""
    if last is not None and now.astimezone(UTC) < last:
        yield bad(
            "Đồng hồ",
            "chậm hơn sổ minh chứng nên loa sẽ im lặng",
            "Hãy chỉnh giờ máy: timedatectl set-ntp true.",
        )
