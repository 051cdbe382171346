"""The few words that the command-line library itself says, in Vietnamese.

The library takes them from `gettext` when it is imported, so `install` must run before that.
"""

from __future__ import annotations

import gettext
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # What `typer.main.get_command` gives, and what that asks, have no public names.
    from typer._click import Command
    from typer._click.core import Context as UsageContext

_WORDS = {
    "Arguments": "Tham số",
    "Options": "Tùy chọn",
    "Commands": "Lệnh",
    "Error": "Lỗi",
    "Usage: ": "Cách dùng: ",
    "Aborted.": "Đã dừng.",
    "[required]": "[bắt buộc]",
    "[default: {}]": "[mặc định: {}]",
    "[env var: {}]": "[biến môi trường: {}]",
    "Missing command.": "Thiếu tên lệnh.",
    "No such command {name!r}.": "Không có lệnh {name!r}.",
}
_USAGE = (
    (r"Missing (?:argument|parameter) (.+?)\.?", r"Thiếu tham số \1."),
    (r"Missing option (.+?)\.?", r"Thiếu tùy chọn \1."),
    (r"No such option: (\S+)", r"Không có tùy chọn \1."),
    (r"Option (.+) requires .+", r"Tùy chọn \1 cần một giá trị."),
    (r"Option (.+) does not take a value\.", r"Tùy chọn \1 không nhận giá trị."),
    (r"Got unexpected extra argument\(?s?\)? \((.+)\)", r"Thừa tham số: \1."),
    (r"Invalid value for (.+?): Input should be a valid int.*", r"\1 phải là số nguyên."),
    (r"Invalid value for (.+?): .*greater than or equal to (\S+)", r"\1 phải từ \2 trở lên."),
    (r"Invalid value for (.+?): .*less than or equal to (\S+)", r"\1 không được quá \2."),
    (
        r"Invalid value for (.+?): (?:Value error, )?(.+) is not one of (.+?)\.?",
        r"\1 không nhận \2; hãy chọn một trong: \3.",
    ),
    (r"Invalid value for (.+?): (?:Value error, )?(.+)", r"\1: \2"),
    (r"Invalid value: (.+)", r"\1"),
)
"""What the library builds without `gettext`: its pattern and our sentence."""


def usage_error(message: str) -> str:
    """The library's own sentence about wrong usage, in Vietnamese."""
    said, _, hint = message.partition(" (Possible options: ")
    for pattern, ours in _USAGE:
        if found := re.fullmatch(pattern, said, re.DOTALL):
            said = found.expand(ours)
            break
    return f"{said} Có phải: {hint.rstrip(')')}?" if hint else said


def install() -> None:
    """Answer `gettext` with our words; whatever is not in the table stays as it is."""

    def translate(message: str) -> str:
        return _WORDS.get(message, message)

    def translate_plural(msgid1: str, msgid2: str, n: int) -> str:
        return translate(msgid1 if n == 1 else msgid2)

    gettext.gettext = translate
    gettext.ngettext = translate_plural


def translate_help(root: Command) -> None:
    """What the library writes into every command's help without asking `gettext`."""
    from typer import Context
    from typer.core import TyperGroup

    for command in _tree(root):
        command.options_metavar = "[TÙY CHỌN]"
        if isinstance(command, TyperGroup):
            command.subcommand_metavar = "LỆNH …"
        if option := command.get_help_option(Context(command)):
            option.help = "Xem hướng dẫn này rồi thoát."
        _translate_usage(command)


def _tree(command: Command) -> Iterator[Command]:
    yield command
    for below in getattr(command, "commands", {}).values():
        yield from _tree(below)


def _translate_usage(command: Command) -> None:
    theirs = command.get_usage

    def ours(ctx: UsageContext) -> str:
        return theirs(ctx).replace("Usage: ", "Cách dùng: ", 1)

    command.get_usage = ours  # type: ignore[method-assign]
