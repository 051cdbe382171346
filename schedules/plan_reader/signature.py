"""The end of a plan: who signed and who receives it, also when two columns were run together."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from content.folding import fold
from schedules.plan_reader.document import Recipient, Signer
from schedules.plan_reader.letters import PROPER_NAME, UPPER, as_name, is_capitals
from schedules.plan_reader.paragraphs import Mark, Paragraph

_RECEIVES = re.compile(fold(r"nơi nhận") + r"\s*:?\s*")
_NAME = re.compile(PROPER_NAME)
_RANKS = "CHỦ TỊCH|TRƯỞNG|GIÁM ĐỐC|CHÁNH|BÍ THƯ|ỦY BAN|UỶ BAN|UBND|VĂN PHÒNG|TRƯỞNG BAN"
_RANK = re.compile(fold(_RANKS))
_FLATTENED = re.compile(
    rf"(?P<item>.+?[;.:])\s+(?P<title>(?=.*(?:{_RANKS}))(?:[{UPPER}]{{1,4}}\.\s*)?[{UPPER}][{UPPER}\s]{{4,}})"
)
_LONGEST_LINE = 300
_AUTHORITY = re.compile(r"(?:TM|KT|TUQ|TL|Q)\.\s*")
_ORGAN = re.compile(
    fold(r"ủy ban|ubnd|văn phòng hđnd|đảng ủy|hội đồng|xã |phường |cộng hòa|độc lập")
)
_NOTE = re.compile(r"\s*\((?P<note>[^()]*)\)\s*$")
_STAMP = re.compile(fold(r"\(?(?:đã ký|ký tên|ký, đóng dấu|ký số)"))
_ARCHIVE_THEN_NAME = re.compile(rf"(?P<item>Lưu\s*:.*?[.;])\s+(?P<name>{PROPER_NAME})")


@dataclass(frozen=True, slots=True)
class Ending:
    """What was read of the end; `unread` are paragraphs that fitted nowhere."""

    signer: Signer
    recipients: tuple[Recipient, ...]
    unread: tuple[Paragraph, ...]


def read_ending(tail: Sequence[Paragraph]) -> Ending:
    """Read "Nơi nhận" and the signature block."""
    recipients: list[Recipient] = []
    titles: list[str] = []
    names: list[str] = []
    unread: list[Paragraph] = []
    for paragraph in tail:
        text = _without_label(paragraph.text)
        text = _take_flattened(text, titles, names)
        if not text or _STAMP.match(fold(text)):
            continue
        if paragraph.mark in (Mark.DASH, Mark.PLUS):
            recipients.append(_recipient(text))
        elif names:
            continue
        elif _is_title(text):
            titles.append(text)
        elif _is_name(text):
            names.append(as_name(text))
        elif not _receives(text):
            unread.append(paragraph)
    signer = Signer(names[0] if names else None, _spoken_title(titles))
    return Ending(signer, tuple(recipients), tuple(unread))


def _without_label(text: str) -> str:
    match = _RECEIVES.match(fold(text))
    return text[match.end() :] if match else text


def _receives(text: str) -> bool:
    return _RECEIVES.match(fold(text)) is not None


def _take_flattened(text: str, titles: list[str], names: list[str]) -> str:
    """Take the right column's part off a line of the left column."""
    match = _FLATTENED.fullmatch(text) if len(text) <= _LONGEST_LINE else None
    if match and not _AUTHORITY.fullmatch(match["item"]):
        titles.append(match["title"].strip())
        return match["item"]
    match = _ARCHIVE_THEN_NAME.fullmatch(text)
    if match and _is_name(match["name"]):
        names.append(match["name"])
        return match["item"]
    return text


def _recipient(text: str) -> Recipient:
    text = text.strip().rstrip(";.,").strip()
    match = _NOTE.search(text)
    if match and text[: match.start()]:
        return Recipient(text[: match.start()].strip(), match["note"].strip())
    return Recipient(text)


def _is_title(text: str) -> bool:
    """In capitals, and not the name of a person in capitals."""
    folded = fold(text)
    ranked = _RANK.search(folded) or _ORGAN.match(folded) or _AUTHORITY.match(text)
    return is_capitals(text) and ranked is not None


def _is_name(text: str) -> bool:
    """ "Trần Văn Bình", also in capitals."""
    return _NAME.fullmatch(as_name(text)) is not None and 2 <= len(text.split()) <= 6


def _spoken_title(titles: Sequence[str]) -> str | None:
    """The last rank in the block: "PHÓ CHỦ TỊCH" is "Phó Chủ tịch"; "TM. UBND" is none."""
    rank = None
    for title in titles:
        for part in re.split(r"(?=PHÓ\s)", _AUTHORITY.sub("", title.strip())):
            part = part.strip()
            if part and not _ORGAN.match(fold(part)):
                rank = part
    return _as_spoken(rank) if rank else None


def _as_spoken(rank: str) -> str:
    words = rank.lower().split()
    if words[0] in ("phó", "quyền") and len(words) > 1:
        words[1] = words[1].capitalize()
    spoken = " ".join(words).replace("văn phòng", "Văn phòng")
    return spoken[0].upper() + spoken[1:]
