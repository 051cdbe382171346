"""Where exceptions become messages and exit codes."""

from __future__ import annotations

import sys
import traceback
from pathlib import Path
from traceback import walk_tb

from broadcaster.clock import SystemClock
from broadcaster.settings import default_home
from content.errors import UserError

USER, BUG = 1, 3
_DAMAGED = (
    "Cơ sở dữ liệu bị hỏng. Hãy giữ nguyên máy, đừng ghi thêm, và khôi phục từ bản sao: "
    "broadcaster restore TỆP (bản sao ở thư mục backups)."
)


def report(error: Exception) -> int:
    """Say what went wrong on stderr; a bug goes to a log file that is named."""
    if isinstance(error, UserError):
        for problem in error.problems:
            print(f"Lỗi: {problem}", file=sys.stderr)  # noqa: T201
        return USER
    if mend := _machine(error):
        print(f"Lỗi: {mend}", file=sys.stderr)  # noqa: T201
        return USER
    path = _write_log(error)
    if _is_of_a_row(error) or _is_database_damaged():
        print(f"Lỗi: {_DAMAGED} Chi tiết: {path}", file=sys.stderr)  # noqa: T201
        return USER
    print(  # noqa: T201
        "Lỗi của chương trình, không phải của bạn. Dữ liệu đã ghi vẫn nguyên.\n"
        f"Hãy gửi tệp này cho người phụ trách kỹ thuật: {path}",
        file=sys.stderr,
    )
    return BUG


def _machine(error: Exception) -> str | None:
    """What the machine refuses and its owner can mend."""
    if isinstance(error, PermissionError):
        return f"Không có quyền với “{error.filename}”. Hãy kiểm tra quyền của thư mục."
    if isinstance(error, OSError) and error.errno == 28:
        return "Ổ đĩa đã đầy. Hãy dọn bớt rồi chạy lại; dữ liệu đã ghi vẫn nguyên."
    if type(error).__name__ == "DatabaseError" and "malformed" in str(error):
        return (
            "Cơ sở dữ liệu bị hỏng. Hãy dừng chương trình phát rồi khôi phục từ bản sao: "
            "broadcaster restore TỆP (bản sao ở thư mục backups)."
        )
    if type(error).__name__ == "OperationalError" and "locked" in str(error):
        return "Cơ sở dữ liệu đang bận vì một chương trình khác. Hãy thử lại sau ít phút."
    marks = ("malformed", "not a database", "Could not decode to UTF-8")
    return _DAMAGED if any(mark in str(error) for mark in marks) else None


def _is_of_a_row(error: Exception) -> bool:
    """Whether a value in the database is not what was written: no date, no JSON."""
    frames = (frame.f_globals.get("__name__", "") for frame, _ in walk_tb(error.__traceback__))
    return isinstance(error, ValueError) and any(
        name.startswith("sqlalchemy.sql.") for name in frames
    )


def _is_database_damaged() -> bool:
    """Whether what looks like a bug of ours comes from a page that holds rubbish."""
    from broadcaster.database import FILE_NAME
    from broadcaster.integrity import faults_of

    path = default_home() / FILE_NAME
    return path.exists() and bool(faults_of(path))


def _write_log(error: Exception) -> Path:
    from channels.redaction import redact

    now = SystemClock().now()
    text = redact("".join(traceback.format_exception(error)))
    folder = default_home() / "logs"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"bug-{now:%Y%m%dT%H%M%SZ}.txt"
        path.write_text(text, encoding="utf-8")
    except OSError:
        path = Path("(không ghi được tệp; chi tiết ở trên)")
        print(text, file=sys.stderr)  # noqa: T201
    return path
