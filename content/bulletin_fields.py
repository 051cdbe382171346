"""The values of a bulletin's front matter: checked one by one, every problem noted."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from content.bulletin import Priority
from content.draft import clean_line
from content.errors import Problem
from content.front_matter import FrontMatter, bulletin_words, did_you_mean

_ISO_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_VIETNAMESE_DATE = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
_SOUND_STARTS = (b"ID3", b"RIFF", b"OggS", b"fLaC")
_IMAGE_STARTS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")


class FieldReader:
    """Turns the entries of one file into a draft's fields, noting every problem on the way."""

    def __init__(self, matter: FrontMatter, file: Path) -> None:
        self.problems = list(matter.problems)
        self._matter = matter
        self._entries = matter.entries
        self._file = file

    def title(self) -> str:
        """The title; its absence is a problem, told once."""
        title = self.text("title")
        if title is None and "title" not in self._matter.lines:
            self._note_at(
                self._matter.line,
                "Thiếu tiêu đề trong phần khai báo.",
                "Hãy thêm dòng “title: …” ngay dưới dòng “---”.",
            )
        elif title is None and isinstance(self._value("title"), str):
            self._note("title", "Tiêu đề để trống.", "Hãy viết tiêu đề sau “title:”.")
        return title or ""

    def text(self, key: str) -> str | None:
        """A one-line text, cleaned; None when absent or empty."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        if isinstance(entry.value, tuple):
            self._note(key, f"“{key}” phải là một dòng chữ, không phải danh sách.", "")
            return None
        return clean_line(entry.value) or None

    def task(self) -> str | None:
        """A task's number; with its plan's number or year in front when `plan` names it."""
        task, plan = self.text("task"), self.text("plan")
        if plan is None:
            return task
        if not plan.isascii() or not plan.isdigit():
            self._note(
                "plan",
                f"“plan: {plan}” phải là số hoặc năm của kế hoạch.",
                "Hãy ghi như plan: 1 hoặc plan: 2026.",
            )
        elif task is None:
            self._note(
                "plan", "Có “plan” mà thiếu “task”.", "Hãy thêm dòng “task: SỐ” của nhiệm vụ."
            )
        elif "/" not in task:
            return f"{int(plan)}/{task}"
        return task

    def channels(self, known: Collection[str] | None) -> tuple[str, ...]:
        """Names from a list or a comma string, each once, lower case."""
        entry = self._entries.get("channels")
        if entry is None:
            return ()
        parts = entry.value if isinstance(entry.value, tuple) else re.split("[,;]", entry.value)
        names = tuple(dict.fromkeys(name for part in parts if (name := clean_line(part).lower())))
        for name in names:
            if known is not None and name not in known:
                self._note(
                    "channels",
                    f"Không có kênh “{name}”.",
                    did_you_mean(name, known) or f"Các kênh có thể dùng: {', '.join(known)}.",
                )
        return names

    def priority(self) -> Priority:
        """English or Vietnamese words; normal when absent."""
        value = self.text("priority")
        if value is None:
            return Priority.NORMAL
        found = _priorities().get(value.lower())
        if found is None:
            self._note(
                "priority",
                f"Mức ưu tiên “{value}” không đúng.",
                "Hãy viết một trong ba mức: normal (thông thường), priority (ưu tiên), "
                "emergency (khẩn cấp).",
            )
        return found or Priority.NORMAL

    def validity(self) -> tuple[date | None, date | None]:
        """First and last day of validity."""
        start, end = self._date("valid_from"), self._date("valid_until")
        if start and end and end < start:
            self._note(
                "valid_until",
                f"Ngày hết hiệu lực {end:%d/%m/%Y} trước ngày bắt đầu {start:%d/%m/%Y}.",
                "Hãy sửa valid_from hoặc valid_until.",
            )
        return start, end

    def image(self) -> Path | str | None:
        """An https URL as it stands, or the absolute path of a PNG or JPEG file."""
        value = self.text("image")
        if value is None:
            return None
        if "://" in value or value.lower().startswith("data:"):
            if _is_web_address(value, ("https",)):
                return value
            self._note("image", f"Địa chỉ ảnh “{value}” không đúng.", "Hãy dùng địa chỉ https://….")
            return None
        path = self._local("image")
        problem = _file_problem(path, _is_image, "ảnh", "Hãy lưu lại ảnh dạng .jpg hoặc .png.")
        if problem:
            self._note("image", f"Ảnh “{value}” {problem[0]}.", problem[1])
        return path

    def recording(self) -> Path | None:
        """The absolute path of a sound file."""
        value = self.text("recording")
        if value is None:
            return None
        path = self._local("recording")
        problem = _file_problem(path, _is_sound, "âm thanh", "Hãy lưu bản đọc dạng .mp3 hoặc .wav.")
        if problem:
            self._note("recording", f"Bản ghi âm “{value}” {problem[0]}.", problem[1])
        return path

    def link(self, key: str) -> str | None:
        """An http or https address."""
        value = self.text(key)
        if value is not None and not _is_web_address(value, ("http", "https")):
            self._note(
                key,
                f"Liên kết “{value}” không đúng.",
                "Hãy viết đủ địa chỉ bắt đầu bằng https:// (hoặc http://), không có dấu cách.",
            )
        return value

    def _local(self, key: str) -> Path:
        """A file named beside the bulletin's own."""
        written = str(self._value(key)).strip()  # blanks in a file's name count
        return (self._file.parent / written.replace("\\", "/")).absolute()

    def _value(self, key: str) -> str | tuple[str, ...] | None:
        entry = self._entries.get(key)
        return entry.value if entry else None

    def _date(self, key: str) -> date | None:
        value = self.text(key)
        if value is None:
            return None
        found = parse_date(value)
        if found is None:
            self._note(
                key,
                f"Ngày “{value}” của “{key}” không đúng.",
                "Hãy viết như 2026-12-31 hoặc 31/12/2026.",
            )
        return found

    def _note(self, key: str, message: str, mend: str) -> None:
        self._note_at(self._entries[key].line, message, mend)

    def _note_at(self, line: int, message: str, mend: str) -> None:
        self.problems.append(Problem(message, mend, str(self._file), line))


def parse_date(text: str) -> date | None:
    """2026-12-31 or 31/12/2026; None for all else, days that do not exist included."""
    if found := _ISO_DATE.fullmatch(text):
        year, month, day = map(int, found.groups())
    elif found := _VIETNAMESE_DATE.fullmatch(text):
        day, month, year = map(int, found.groups())
    else:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _is_web_address(value: str, schemes: Collection[str]) -> bool:
    try:
        parts = urlsplit(value)
        parts.port  # noqa: B018 - reading it validates the number
    except ValueError:
        return False
    return parts.scheme.lower() in schemes and bool(parts.hostname) and " " not in value


def _file_problem(
    path: Path, is_right: Callable[[bytes], bool], kind: str, mend: str
) -> tuple[str, str] | None:
    """What is wrong with a file named in the front matter, and the mend."""
    try:
        if not path.exists():
            return "không có", "Hãy đặt tệp này cạnh tệp bản tin hoặc sửa lại tên."
        if not path.is_file():
            return "không phải là tệp", f"Hãy ghi tên một tệp {kind}."
        with path.open("rb") as file:
            start = file.read(12)
    except (OSError, ValueError):
        return "không đọc được", "Hãy kiểm tra tên tệp và quyền đọc."
    if not is_right(start):
        return f"không phải tệp {kind} dùng được", mend
    return None


def _is_image(start: bytes) -> bool:
    return start.startswith(_IMAGE_STARTS)


def _is_sound(start: bytes) -> bool:
    """mp3, wav, ogg, flac or m4a, by its first bytes."""
    is_mp3_frame = len(start) > 1 and start[0] == 0xFF and start[1] & 0xE0 == 0xE0
    return is_mp3_frame or start.startswith(_SOUND_STARTS) or start[4:8] == b"ftyp"


@cache
def _priorities() -> Mapping[str, Priority]:
    return {
        word: Priority(name)
        for name, words in bulletin_words()["priorities"].items()
        for word in words
    }
