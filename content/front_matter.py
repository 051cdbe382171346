"""The YAML front matter of a bulletin file: read with every problem listed, and written back."""

from __future__ import annotations

import difflib
import tomllib
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

import yaml

from content.draft import BulletinDraft, clean_line, drop_controls
from content.errors import Problem

FENCE = "---"
MAX_CHARACTERS = 20_000

_LONGEST_NAME = 40
_NULL = "tag:yaml.org,2002:null"


@dataclass(frozen=True, slots=True)
class Entry:
    """One key's value as written (never turned into a number, a date or a truth value)."""

    value: str | tuple[str, ...]
    line: int


@dataclass(slots=True)
class FrontMatter:
    """What stood between the two "---" lines, and where the body begins."""

    entries: dict[str, Entry] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    """Where every known key stands, those without a usable value too."""
    readable: bool = False
    """False when no key could be told at all; `problems` says why."""
    line: int = 1
    """Of the opening "---"."""
    problems: list[Problem] = field(default_factory=list)


def split_front_matter(text: str) -> tuple[list[str] | None, int, str]:
    """The lines of the front matter (None without one), the line of its "---", and the body.

    One that is never closed comes back as all remaining lines, which `parse_front_matter` reports.
    """
    lines = text.split("\n")
    start = next((number for number, line in enumerate(lines) if line.strip()), 0)
    if lines[start].rstrip() != FENCE:
        return None, 1, text
    for number in range(start + 1, len(lines)):
        if lines[number].rstrip() in (FENCE, "..."):
            return lines[start : number + 1], start + 1, "\n".join(lines[number + 1 :])
    return lines[start:], start + 1, ""


def parse_front_matter(lines: list[str], first_line: int, file: str) -> FrontMatter:
    """Read the lines from "---" to "---"; mistakes are collected, not raised."""
    matter = FrontMatter(line=first_line)
    if len(lines) < 2 or lines[-1].rstrip() not in (FENCE, "..."):
        matter.problems.append(
            Problem(
                "Phần khai báo đầu tệp mở bằng “---” nhưng không đóng.",
                "Hãy thêm một dòng “---” sau mục khai báo cuối cùng.",
                file,
                first_line,
            )
        )
        return matter
    text = "\n".join(drop_controls(line) for line in lines[1:-1])
    if len(text) > MAX_CHARACTERS:
        matter.problems.append(
            Problem(
                f"Phần khai báo đầu tệp quá dài (giới hạn {MAX_CHARACTERS} ký tự).",
                "Hãy chuyển nội dung xuống dưới dòng “---” thứ hai.",
                file,
                first_line,
            )
        )
        return matter
    _read_yaml(text, matter, file)
    return matter


def draft_to_front_matter(draft: BulletinDraft) -> str:
    """The bulletin file that reads back as the same draft (an image path is written absolute)."""
    fields: dict[str, Any] = {
        "title": draft.title,
        "topic": draft.topic,
        "task": draft.task,
        "channels": list(draft.channels) or None,
        "priority": draft.priority.value,
        "valid_from": draft.valid_from,
        "valid_until": draft.valid_until,
        "image": str(draft.image) if draft.image is not None else None,
        "link": draft.link,
        "recording": str(draft.recording) if draft.recording is not None else None,
        "relay": draft.relay,
    }
    given = {key: value for key, value in fields.items() if value is not None}
    head = yaml.safe_dump(given, allow_unicode=True, sort_keys=False, width=10_000)
    return f"{FENCE}\n{head}{FENCE}\n\n{draft.body}\n"


def did_you_mean(name: str, known: Collection[str]) -> str:
    """ "Có phải ý bạn là …" for a slip of the pen, or nothing."""
    close = difflib.get_close_matches(name.lower(), list(known), n=1, cutoff=0.6)
    if not close:
        return ""
    return f"Có phải ý bạn là “{close[0]}”? Có thể dùng: {', '.join(known)}."


def _read_yaml(text: str, matter: FrontMatter, file: str) -> None:
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        matter.problems.append(_yaml_problem(error, matter.line, file))
        return
    except RecursionError:
        matter.problems.append(
            Problem("Phần khai báo có quá nhiều tầng ngoặc.", "Hãy viết lại.", file, matter.line)
        )
        return
    if root is None:
        matter.readable = True
        return
    if not isinstance(root, yaml.MappingNode):
        matter.problems.append(
            Problem(
                "Phần khai báo đầu tệp phải gồm các dòng “khóa: giá trị”.",
                "Ví dụ: “title: Giờ làm việc của bộ phận một cửa”.",
                file,
                matter.line + 1,
            )
        )
        return
    matter.readable = True
    for key, value in root.value:
        _take(key, value, matter, file)


def _take(key: yaml.Node, value: yaml.Node, matter: FrontMatter, file: str) -> None:
    line = matter.line + 1 + key.start_mark.line
    name = clean_line(key.value)[:_LONGEST_NAME] if isinstance(key, yaml.ScalarNode) else "?"
    if name not in _keys():
        mend = _key_hint(name) or f"Các khóa có thể dùng: {', '.join(_keys())}."
        matter.problems.append(Problem(f"Không có khóa “{name}”.", mend, file, line))
        return
    if name in matter.lines:
        matter.problems.append(
            Problem(
                f"Khóa “{name}” viết hai lần (lần đầu ở dòng {matter.lines[name]}).",
                "Hãy giữ lại một dòng.",
                file,
                line,
            )
        )
        return
    matter.lines[name] = line
    if isinstance(value, yaml.ScalarNode):
        matter.entries[name] = Entry("" if value.tag == _NULL else value.value, line)
    elif isinstance(value, yaml.SequenceNode) and _all_scalars(value):
        matter.entries[name] = Entry(tuple(item.value for item in value.value), line)
    else:
        matter.problems.append(
            Problem(
                f"Giá trị của “{name}” không đúng kiểu.",
                "Hãy viết một dòng chữ; nếu có dấu “: ” hay “{” thì đặt trong dấu nháy kép.",
                file,
                line,
            )
        )


def _all_scalars(node: yaml.SequenceNode) -> bool:
    return all(isinstance(item, yaml.ScalarNode) for item in node.value)


def _yaml_problem(error: yaml.YAMLError, opening: int, file: str) -> Problem:
    mark = getattr(error, "problem_mark", None)
    if any(word in (getattr(error, "context", None) or "") for word in ("quoted", "flow")):
        mark = getattr(error, "context_mark", None)  # where it was opened, not the file's end
    line = opening + 1 + mark.line if mark is not None else opening
    return Problem(
        "Phần khai báo viết sai quy cách YAML.",
        "Hãy viết dạng “khóa: giá trị”; giá trị có dấu “:”, “#” hay dấu nháy thì đặt trong "
        "dấu nháy kép; không dùng phím Tab để thụt dòng.",
        file,
        line,
    )


def _key_hint(name: str) -> str:
    plain = _without_marks(name).replace("_", " ").replace("-", " ")
    for key, synonyms in _keys().items():
        if plain in synonyms or plain == key.replace("_", " "):
            return f"Có phải ý bạn là “{key}”?"
    return did_you_mean(name, _keys())


def _without_marks(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


@cache
def bulletin_words() -> Mapping[str, Any]:
    """The tables of `data/bulletin_keys.toml`: "keys" and "priorities"."""
    path = resources.files("content") / "data" / "bulletin_keys.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _keys() -> Mapping[str, list[str]]:
    found: Mapping[str, list[str]] = bulletin_words()["keys"]
    return found
