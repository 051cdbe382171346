"""File names that every system takes: plain ASCII, short, no device names of Windows."""

from __future__ import annotations

import re
import unicodedata

_RESERVED = frozenset(
    {"con", "prn", "aux", "nul"} | {f"{name}{n}" for name in ("com", "lpt") for n in range(10)}
)
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9]+")
_SUFFIX = re.compile(r"\.([A-Za-z0-9]{1,8})$")
UNNAMED = "khong-ten"


def plain(text: str, limit: int = 40) -> str:
    """ "Đẩy mạnh tuyên truyền" -> "Day-manh-tuyen-truyen"; at most `limit` characters."""
    letters = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    kept = "".join(sign for sign in letters if not unicodedata.combining(sign))
    name = _NOT_PLAIN.sub("-", kept).strip("-")[:limit].rstrip("-")
    if not name:
        return UNNAMED
    return f"{name}-" if name.lower() in _RESERVED else name


def plain_file(name: str, limit: int = 60) -> str:
    """The same for a file's name, its suffix kept: "giấy mời.PDF" -> "giay-moi.pdf"."""
    found = _SUFFIX.search(name)
    if found is None:
        return plain(name, limit)
    suffix = found.group(1).lower()
    return f"{plain(name[: found.start()], limit - len(suffix) - 1)}.{suffix}"


class Taken:
    """Names given in one folder; the same one a second time gets a number."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def free(self, name: str) -> str:
        """This name, or the next free one; case does not tell names apart on Windows."""
        stem, dot, suffix = name.rpartition(".")
        if not stem:
            stem, dot, suffix = name, "", ""
        number, chosen = 1, name
        while chosen.lower() in self._taken:
            number += 1
            chosen = f"{stem}-{number}{dot}{suffix}"
        self._taken.add(chosen.lower())
        return chosen
