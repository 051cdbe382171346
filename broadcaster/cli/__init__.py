"""The command line: one module per noun; parse, call, print, exit code. No logic.

Exit codes: 0 done, 1 the user can mend it, 2 wrong usage, 3 a bug, 130 interrupted.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from broadcaster.cli import command_log, vietnamese

if TYPE_CHECKING:
    from typer.exceptions import TyperException

COMMANDS: dict[str, tuple[str, str]] = {
    "init": ("setup", "Tạo thư mục làm việc, tệp cài đặt và cơ sở dữ liệu."),
    "demo": ("demo", "Chạy thử toàn bộ công việc trong một thư mục tạm."),
    "plan": ("plan", "Kế hoạch: nhập văn bản, xem nhiệm vụ, đọc thời gian."),
    "bulletin": ("bulletin", "Bản tin: thêm, sửa, trình, duyệt, gỡ, xem trước."),
    "speech": ("speech", "Giọng đọc: lời sẽ đọc, tệp âm thanh, từ điển của xã."),
    "slot": ("slot", "Khung giờ phát và đăng hằng tuần."),
    "schedule": ("schedule", "Lịch tuần: xếp, xem, xuất ra tệp để in."),
    "broadcast": ("broadcast", "Buổi phát riêng lẻ: thêm, xem, hủy, hỏi vì sao."),
    "emergency": ("emergency", "Phát khẩn cấp ngay lập tức, cắt chương trình đang phát."),
    "run": ("run", "Chạy chương trình phát (để chạy suốt ngày đêm)."),
    "evidence": ("evidence", "Sổ minh chứng: xem và kiểm tra."),
    "report": ("report", "Báo cáo kết quả một kỳ: docx, pdf, json; giải thích từng con số."),
    "document": ("document", "Văn bản theo mẫu: giấy mời, thông báo, phiếu duyệt."),
    "channel": ("channel", "Các kênh: xem và kiểm tra kết nối."),
    "person": ("person", "Người dùng: thêm người và vai trò."),
    "status": ("status", "Tình hình hôm nay: việc sắp tới, việc cần người xử lý."),
    "doctor": ("doctor", "Khám máy: mọi thứ có ổn không, chỗ nào phải sửa và sửa thế nào."),
    "alert": ("alert", "Cảnh báo cho cán bộ qua thư điện tử, webhook: xem, gửi thử."),
    "backup": ("backup", "Sao lưu toàn bộ vào một tệp, cả khi đang phát."),
    "restore": ("restore", "Khôi phục từ một bản sao lưu."),
}
"""Each noun, its module, and its line in `--help`. A module is imported only when it is used."""

_COMMON = {"--home": "HOME", "--as": "USER"}


def main(arguments: Sequence[str] | None = None) -> None:
    """The `broadcaster` command; always leaves through SystemExit."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    sys.exit(run(given))


def run(arguments: list[str]) -> int:
    """Run one command line and give its exit code."""
    try:
        rest = _take_common(arguments)
        if rest == ["--version"]:
            return _version()
        with command_log.kept():
            return _call(rest)
    except KeyboardInterrupt:
        return 130
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else 0
    except Exception as error:  # noqa: BLE001 - the boundary
        # The one boundary of the command line: what users can mend, or a bug with a log.
        from broadcaster.cli.boundary import report

        return report(error)


def _version() -> int:
    from importlib.metadata import version

    print(f"broadcaster {version('broadcaster')}")  # noqa: T201
    return 0


def _call(arguments: list[str]) -> int:
    vietnamese.install()
    import typer
    from typer.exceptions import TyperException

    app = typer.Typer(
        name="broadcaster",
        help="Thực hiện kế hoạch tuyên truyền cải cách hành chính của xã: "
        "loa truyền thanh, Facebook, Zalo, minh chứng.",
        epilog="Đặt được ở mọi lệnh: --home THƯ_MỤC (nơi làm việc), --as “HỌ TÊN” (người làm). "
        "Xem phiên bản: broadcaster --version.",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
    )
    app.callback()(_root)
    chosen = next((word for word in arguments if not word.startswith("-")), None)
    for name, (module, line) in COMMANDS.items():
        if name == chosen:
            importlib.import_module(f"broadcaster.cli.{module}").register(app, name, line)
        else:
            app.command(name, help=line, short_help=line)(_not_chosen)
    command = typer.main.get_command(app)
    vietnamese.translate_help(command)
    try:
        code = command(args=arguments, prog_name="broadcaster", standalone_mode=False)
    except TyperException as error:
        return _wrong_usage(error)
    return code if isinstance(code, int) else 0


def _wrong_usage(error: TyperException) -> int:
    """One sentence and where to read on; a command without its subcommand has shown its help."""
    if not error.format_message():
        return 2
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "broadcaster"
    print(f"Lỗi: {vietnamese.usage_error(error.format_message())}", file=sys.stderr)  # noqa: T201
    print(f"Xem hướng dẫn: {path} --help", file=sys.stderr)  # noqa: T201
    return 2


def _root() -> None:
    """Options for every command are taken before the parser sees them (`_take_common`)."""


def _not_chosen() -> None:
    """Stands in the list of commands for one that this call does not use."""


def _take_common(arguments: list[str]) -> list[str]:
    """Take `--home X` and `--as X` from anywhere before `--`; they act as the environment."""
    rest: list[str] = []
    words = iter(arguments)
    for word in words:
        name, equals, value = word.partition("=")
        if word == "--":
            rest += [word, *words]
        elif name in _COMMON:
            found = value if equals else next(words, None)
            if not found:
                print(f"Tùy chọn {name} cần một giá trị.", file=sys.stderr)  # noqa: T201
                raise SystemExit(2)
            os.environ[f"BROADCASTER_{_COMMON[name]}"] = found
        else:
            rest.append(word)
    return rest
