"""Any string to plain characters: NFC, one kind of blank, dash and quote, no emoji or controls."""

from __future__ import annotations

import html
import re
import unicodedata

_ENTITY = re.compile(r"&(?:[A-Za-z]{2,8}|#\d{1,7}|#x[0-9A-Fa-f]{1,6});")
_STRAY_MARKS = re.compile("[\u0300-\u036f]+")
"""Marks that NFC joined to no letter: no Vietnamese letter needs them."""
_TABS = re.compile(r"(?<=[^\s,;:])[ ]?\t[\t ]*(?=\S)")
_LINE_ENDS = re.compile(r"\r\n?|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")

BULLET = "•"
"""Stands for every emoji, arrow and bullet sign; says nothing, but starts an item."""

_SPECIAL = {
    "\n": "\n",
    "\t": "\t",
    "…": "...",
    "°": "°",
    "º": "°",
    "˚": "°",
    "№": "số ",
    "™": "",
    "℠": "",
    "½": " 1/2",
    "¼": " 1/4",
    "¾": " 3/4",
    "⅓": " 1/3",
    "⅔": " 2/3",
    "Ð": "Đ",
    "ð": "đ",
    "Ɖ": "Đ",
    "ɖ": "đ",
    "´": "'",
    "`": "`",
    "^": "^",
    "ʼ": "'",
    "‘": "'",
    "’": "'",
    "′": "'",
    "″": "''",
    "。": ".",
    "、": ",",
    "→": ", ",
    "⇒": ", ",
    "➔": ", ",
    "−": "-",
    "‐": "-",
    "‑": "-",
    "⁃": "•",
    "⁄": "/",
    "∕": "/",
    "÷": "÷",
    "µ": "μ",
    "·": "•",
    "•": "•",
    "‰": "‰",
    "§": " mục ",
    "\xad": "",
    "₫": "₫",
    "－": "-",
    "㎡": "m2",
}
_BY_CATEGORY = {
    "Zs": " ",
    "Zl": "\n",
    "Zp": "\n",
    "Cc": " ",
    "Cf": "",
    "Cs": "",
    "Co": "",
    "Cn": "",
    "Me": "",
    "So": BULLET,
    "Sk": "",
    "Pc": "_",
    "Pd": "–",
    "Pi": '"',
    "Pf": '"',
    "Ps": "(",
    "Pe": ")",
    "Po": BULLET,
}


def clean(text: str) -> str:
    """Return `text` in NFC with only letters, digits, plain punctuation and readable symbols."""
    text = _ENTITY.sub(lambda match: html.unescape(match[0]), text)
    text = _LINE_ENDS.sub("\n", unicodedata.normalize("NFC", text))
    text = text.translate({ord(char): _plain(char) for char in set(text) if not char.isascii()})
    text = text.translate(
        {ord(char): " " for char in set(text) if char < " " and char not in "\n\t"}
    )
    text = unicodedata.normalize("NFC", text.replace("\x7f", " "))
    return _TABS.sub(", ", _STRAY_MARKS.sub("", text)).replace("\t", " ")


def _plain(char: str, *, again: bool = True) -> str:
    if char in _SPECIAL:
        return _SPECIAL[char]
    digit = unicodedata.digit(char, None)
    if digit is not None:
        return str(digit)
    compatible = unicodedata.normalize("NFKC", char)
    if compatible != char and again:
        return "".join(part if part.isascii() else _plain(part, again=False) for part in compatible)
    if "\ufe00" <= char <= "\ufe0f":
        return ""
    return _BY_CATEGORY.get(unicodedata.category(char), char)
