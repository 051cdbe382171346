"""Somebody at the keyboard of a home with people, a plan and a clock that stands still."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

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


@dataclass
class Desk:
    """Runs the command line in this process."""

    home: Path
    call: Callable[..., tuple[int, str, str]]

    def ok(self, *words: str) -> str:
        code, out, err = self.call(*words)
        assert code == 0, f"{out}\n{err}"
        return out

    def refused(self, *words: str, code: int = 1) -> str:
        got, out, err = self.call(*words)
        assert got == code, f"{out}\n{err}"
        assert "Traceback" not in out + err
        return err

    def json(self, *words: str) -> Any:
        return json.loads(self.ok(*words, "--json"))

    def file(self, name: str, content: str | bytes) -> str:
        path = self.home.parent / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return str(path)

    def approved(self, title: str, task: str, body: str = "Nội dung của bản tin.") -> int:
        text = f"---\ntitle: {title}\ntask: {task}\n---\n{body}\n"
        number = self.json("bulletin", "add", self.file("bài viết.md", text))["id"]
        self.ok("bulletin", "submit", str(number))
        self.ok("bulletin", "approve", str(number), "--as", "Minh")
        os.environ["BROADCASTER_USER"] = "Lan"
        return int(number)


class StillClock:
    """Stands at one moment, for a whole command."""

    moment: datetime

    def now(self) -> datetime:
        return StillClock.moment

    def monotonic(self) -> float:
        return 0.0

    def sleep(self, seconds: float) -> None:
        raise AssertionError("nobody waits here")
