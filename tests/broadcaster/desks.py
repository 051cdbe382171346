"""Somebody at the keyboard of a home with people, a plan and a clock that stands still."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from broadcaster import cli

PLAN = """# KẾ HOẠCH
Tuyên truyền cải cách hành chính năm 2026

ỦY BAN NHÂN DÂN XÃ AN BÌNH

I. NỘI DUNG TUYÊN TRUYỀN
1. Hướng dẫn nộp hồ sơ trực tuyến trên Cổng dịch vụ công.
2. Giờ làm việc của bộ phận một cửa.

Phụ lục

| TT | Nội dung tuyên truyền | Hình thức | Thời gian | Chủ trì |
|---|---|---|---|---|
| 1 | Hướng dẫn nộp hồ sơ trực tuyến | Loa truyền thanh, Facebook | Năm 2026 | Văn phòng |
| 2 | Giờ làm việc của bộ phận một cửa | Loa truyền thanh | Quý IV/2026 | Văn phòng |
| 3 | Treo áp phích, băng rôn tại nhà văn hóa | Áp phích | Trước ngày 05/12/2026 | Các thôn |
"""


BULLETIN = """---
title: Giờ làm việc của bộ phận một cửa
channels: [radio, facebook, zalo]
---
Trung tâm Phục vụ hành chính công xã làm việc từ 7h30 đến 17h00.
"""


@dataclass
class Desk:
    """Runs the command line in this process."""

    home: Path
    call: Callable[..., tuple[int, str, str]]

    def ok(self, *words: object) -> str:
        code, out, err = self.call(*map(str, words))
        assert code == 0, f"{out}\n{err}"
        return out

    def refused(self, *words: object, code: int = 1) -> str:
        got, out, err = self.call(*map(str, words))
        assert got == code, f"{out}\n{err}"
        assert "Traceback" not in out + err
        return err

    def json(self, *words: object) -> Any:
        return json.loads(self.ok(*words, "--json"))

    def file(self, name: str, content: str | bytes) -> str:
        path = self.home.parent / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return str(path)

    def approved(self, title: str, task: str, body: str = "Nội dung của bản tin.") -> int:
        return self.approved_text(f"---\ntitle: {title}\ntask: {task}\n---\n{body}\n")

    def approved_text(self, text: str) -> int:
        """A bulletin whose whole file is this, added by Lan and approved by Minh."""
        number = self.json("bulletin", "add", self.file("bài viết.md", text))["id"]
        self.ok("bulletin", "submit", number)
        self.ok("bulletin", "approve", number, "--as", "Minh")
        self.be("Lan")
        return int(number)

    def be(self, person: str) -> None:
        os.environ["BROADCASTER_USER"] = person


def typed(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Runs a command line in this process: its exit code, and what it printed where."""

    def call(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = cli.run(list(words))
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return call


class StillClock:
    """Stands at one moment, for a whole command."""

    moment: datetime

    def now(self) -> datetime:
        return StillClock.moment

    def monotonic(self) -> float:
        return 0.0

    def sleep(self, seconds: float) -> None:
        assert seconds <= 0, "nobody waits here"


def rows(desk: Desk, table: str) -> int:
    with sqlite3.connect(desk.home / "broadcaster.db") as connection:
        count = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    connection.close()
    return int(count)
