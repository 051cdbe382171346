"""Markdown as readable plain text, and its shortening at a sentence end: for the networks."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable, Iterator

_OPEN, _CLOSE = "\ue000", "\ue001"  # private use: fence off what emphasis must not touch
_KEPT = re.compile(f"{_OPEN}(\\d+){_CLOSE}")

_FENCE = re.compile(r"^\s{0,3}(```+|~~~+)")
_HEADING = re.compile(r"^\s{0,3}#{1,6}\s+(.*?)(?:\s+#+)?\s*$")
_UNDERLINE = re.compile(r"^\s{0,3}(=+|-+)\s*$")
_RULE = re.compile(r"^\s{0,3}([-*_])(?:\s*\1){2,}\s*$")
_BULLET = re.compile(r"^(\s*)[-*+]\s+(?:\[[ xX]\]\s+)?(.*)$")
_NUMBER = re.compile(r"^\s*\d{1,3}[.)]\s+\S")
_QUOTE = re.compile(r"^\s{0,3}(?:>\s?)+")
_TABLE_LINE = re.compile(r"^\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_BREAK_TAG = re.compile(r"<br\s*/?>", re.IGNORECASE)
_TAG = re.compile(
    r"</?(?:p|div|span|b|i|u|em|strong|sub|sup|center|font|small|big|mark|a|ul|ol|li|h[1-6])"
    r"(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)

_CODE = re.compile(r"(`+)(.+?)(?<!`)\1(?!`)", re.DOTALL)
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_IMAGE = re.compile(r"!\[([^\]]*)\]\(\s*<?([^\s()<>]*)>?(?:\s+\"[^\"]*\")?\s*\)")
_LINK = re.compile(r"\[([^\[\]]+)\]\(\s*<?((?:[^\s()<>]|\([^\s()]*\))*)>?(?:\s+\"[^\"]*\")?\s*\)")
_AUTOLINK = re.compile(r"<((?:https?://|mailto:)[^\s<>]+|[^\s<>@]+@[^\s<>@]+)>")
_BARE_URL = re.compile(r"\b(?:https?://|www\.)[^\s<>" + _OPEN + "]+")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_EMPHASIS = (
    re.compile(r"(\*{1,3})(?=[^\s*])(.+?)(?<=[^\s*])\1(?!\*)", re.DOTALL),
    re.compile(r"(?<!\w)(_{1,3})(?=[^\s_])(.+?)(?<=[^\s_])\1(?!\w)", re.DOTALL),
    re.compile(r"(~~)(?=\S)(.+?)(?<=\S)\1", re.DOTALL),
)

_SENTENCE_END = re.compile(r"[.!?…][)\]\"”’»]*(?=\s|$)")
_ABBREVIATION = re.compile(r"(?:^|\s)\(?(?:[A-ZĐ][A-Za-zđ]{0,2}|[a-zđ])\.$")
_LIST_NUMBER = re.compile(r"(?:^|\n)\s*\d{1,3}\.$")


def from_markdown(text: str) -> str:
    """Readable plain text: marks gone, "• " for bullets, links as "text (address)".

    Lines of one paragraph are joined; paragraphs stand apart by one empty line. NFC.
    """
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    text = _COMMENT.sub("", text.replace(_OPEN, "").replace(_CLOSE, ""))
    blocks = [block for block in (_read_block(lines) for lines in _blocks(text)) if block]
    return "\n\n".join(blocks)


def paragraphs(text: str) -> tuple[str, ...]:
    """The paragraphs of a plain text."""
    return tuple(part.strip() for part in re.split(r"\n{2,}", text) if part.strip())


def length(text: str) -> int:
    """Characters as the networks count them: UTF-16 units, so that an emoji is two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def shorten(text: str, limit: int, ending: str = "") -> str:
    """`text` and `ending` within `limit` characters: whole sentences are left out where needed.

    Without a sentence end in the second half of the room it is cut between two words and
    marked with "…"; never inside a word.
    """
    if length(text) + length(ending) <= limit:
        return text + ending
    room = limit - length(ending)
    head = _head(text, room)
    whole = _last_sentence_end(head, text)
    if whole > len(head) // 2:
        return head[:whole].rstrip() + ending
    words = _whole_words(_head(text, room - 1), text)
    return (f"{words}…" if words else "") + ending


def _blocks(text: str) -> Iterator[list[str]]:
    """Groups of lines between empty lines; a fenced code block is one group."""
    block: list[str] = []
    fence = ""
    for line in text.split("\n"):
        mark = _FENCE.match(line)
        if fence:
            block.append(line)
            if mark and mark[1].startswith(fence):
                fence = ""
        elif mark:
            fence = mark[1][:3]
            block.append(line)
        elif line.strip():
            block.append(line)
        elif block:
            yield block
            block = []
    if block:
        yield block


def _read_block(lines: list[str]) -> str:
    written: list[str] = []
    joined: list[str] = []
    code = False

    def flush() -> None:
        if joined:
            written.append(_inline("\n".join(joined)))
            joined.clear()

    for line in lines:
        if _FENCE.match(line):
            flush()
            code = not code
        elif code:
            written.append(line.rstrip())
        elif (mark := _own_line(line, bool(joined))) is None:
            joined.append(_QUOTE.sub("", line))
        else:
            flush()
            _start_line(mark, written, joined)
    flush()
    return "\n".join(line for line in written if line.strip()).strip()


def _start_line(mark: str, written: list[str], joined: list[str]) -> None:
    """A heading or table row stands alone; a list item may go on in the following lines."""
    if mark.startswith("• ") or _NUMBER.match(mark):
        joined.append(mark)
    elif mark:
        written.append(_inline(mark))


def _own_line(line: str, in_paragraph: bool) -> str | None:
    """What a line that starts anew says ("" for nothing); None: it goes on with the paragraph."""
    line = _QUOTE.sub("", line)
    if _TABLE_LINE.match(line) and ("|" in line or in_paragraph):
        return ""
    if _RULE.match(line) or (in_paragraph and _UNDERLINE.match(line)):
        return ""
    if heading := _HEADING.match(line):
        return heading[1]
    if bullet := _BULLET.match(line):
        return f"• {bullet[2]}"
    if _NUMBER.match(line):
        return line.strip()
    if line.lstrip().startswith("|") and line.rstrip().endswith("|"):
        cells = (cell.strip() for cell in line.strip().strip("|").split("|"))
        return " – ".join(cell for cell in cells if cell)
    return None


def _inline(text: str) -> str:
    kept: list[str] = []

    def keep(value: str) -> str:
        kept.append(value)
        return f"{_OPEN}{len(kept) - 1}{_CLOSE}"

    text = _CODE.sub(lambda m: keep(m[2].strip()), text)
    text = _ESCAPE.sub(lambda m: keep(m[1]), text)
    text = re.sub(r"(?: {2,}|\\)\n", lambda _: keep("\n"), text)
    text = _BREAK_TAG.sub(lambda _: keep("\n"), text)
    text = _IMAGE.sub(lambda m: m[1], text)
    text = _LINK.sub(_link(keep), text)
    text = _AUTOLINK.sub(lambda m: keep(m[1].removeprefix("mailto:")), text)
    text = _BARE_URL.sub(lambda m: keep(m[0].rstrip("*_~")) + _trailing_marks(m[0]), text)
    text = _ENTITY.sub(_character, _TAG.sub("", text))
    for pattern in _EMPHASIS:
        text = pattern.sub(r"\2", text)
    text = re.sub(r"\s*\n\s*", " ", text).strip()
    return _restore(text, kept)


def _character(entity: re.Match[str]) -> str:
    return html.unescape(entity[0]).replace(_OPEN, "").replace(_CLOSE, "")


def _trailing_marks(url: str) -> str:
    return url[len(url.rstrip("*_~")) :]


def _link(keep: Callable[[str], str]) -> Callable[[re.Match[str]], str]:
    def write(match: re.Match[str]) -> str:
        label, address = match[1], match[2].removeprefix("mailto:").removeprefix("tel:")
        if not address or _same_address(label, address):
            return label if not _BARE_URL.match(label) else keep(label)
        return f"{label} ({keep(address)})"

    return write


def _same_address(label: str, address: str) -> bool:
    def bare(value: str) -> str:
        return re.sub(r"^https?://|[\s/.]+", "", value.lower())

    return bare(label) == bare(address)


def _restore(text: str, kept: list[str]) -> str:
    while _KEPT.search(text):
        text = _KEPT.sub(lambda match: kept[int(match[1])], text)
    return re.sub(r"[ \t]*\n[ \t]*", "\n", text)


def _head(text: str, room: int) -> str:
    """The longest beginning of at most `room` UTF-16 units."""
    if room <= 0:
        return ""
    head = text[:room]
    while length(head) > room:
        head = head[: len(head) - max(1, (length(head) - room) // 2)]
    return head


def _last_sentence_end(head: str, text: str) -> int:
    """Index after the last sentence that lies whole in `head`; 0 where there is none.

    The end of a paragraph counts too: headings and list items carry no full stop.
    """
    ends = [m.start() for m in re.finditer(r"\n\n", head)]
    for match in _SENTENCE_END.finditer(text, 0, min(len(text), len(head) + 1)):
        before = head[: match.start() + 1]
        if match.end() <= len(head) and not _no_end(before):
            ends.append(match.end())
    return max(ends, default=0)


def _no_end(before: str) -> bool:
    tail = before[-12:]
    return bool(_LIST_NUMBER.search(tail) or _ABBREVIATION.search(tail))


def _whole_words(head: str, text: str) -> str:
    if len(head) < len(text) and not text[len(head)].isspace():
        head = head[: max(head.rfind(" "), head.rfind("\n"), 0)]
    return head.rstrip(" \n,;:–-")
