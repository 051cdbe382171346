"""The few words that the command-line library itself says, in Vietnamese.

The library takes them from `gettext` when it is imported, so `install` must run before that.
"""

from __future__ import annotations

import gettext

_WORDS = {
    "Arguments": "Tham số",
    "Options": "Tùy chọn",
    "Commands": "Lệnh",
    "Error": "Lỗi",
    "Usage: ": "Cách dùng: ",
    "Usage:": "Cách dùng:",
    "Aborted.": "Đã dừng.",
    "Aborted!": "Đã dừng!",
    "[required]": "[bắt buộc]",
    "required": "bắt buộc",
    "[default: {}]": "[mặc định: {}]",
    "default: {default}": "mặc định: {default}",
    "[env var: {}]": "[biến môi trường: {}]",
    "env var: {var}": "biến môi trường: {var}",
    "Show this message and exit.": "Xem hướng dẫn này rồi thoát.",
    "Missing command.": "Thiếu tên lệnh.",
    "No such command {name!r}.": "Không có lệnh {name!r}.",
    "No such option: {name}": "Không có tùy chọn: {name}",
    "Missing argument": "Thiếu tham số",
    "Missing option": "Thiếu tùy chọn",
    "Missing parameter": "Thiếu tham số",
    "Invalid value: {message}": "Giá trị sai: {message}",
    "Invalid value for {param_hint}: {message}": "Giá trị của {param_hint} sai: {message}",
    "Did you mean {possibility}?": "Có phải ý bạn là {possibility}?",
    "(Possible options: {possibilities})": "(Có thể là: {possibilities})",
    "Try [blue]'{command_path} {help_option}'[/] for help.": (
        "Xem hướng dẫn: [blue]{command_path} {help_option}[/]"
    ),
    "Try '{command} {option}' for help.": "Xem hướng dẫn: {command} {option}",
    "Option {name!r} requires an argument.": "Tùy chọn {name!r} cần một giá trị.",
    "Got unexpected extra argument ({args})": "Thừa tham số ({args})",
    "Got unexpected extra arguments ({args})": "Thừa tham số ({args})",
    "{value!r} is not a valid {number_type}.": "{value!r} không phải là số ({number_type}).",
}


def install() -> None:
    """Answer `gettext` with our words; whatever is not in the table stays as it is."""

    def translate(message: str) -> str:
        return _WORDS.get(message, message)

    def translate_plural(singular: str, plural: str, count: int) -> str:
        return translate(singular if count == 1 else plural)

    gettext.gettext = translate
    gettext.ngettext = translate_plural
