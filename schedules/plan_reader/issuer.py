"""Which body issued a plan, put together from letterhead, opening and closing sentences."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from content.folding import fold, strip_marks
from schedules.plan_reader.letters import PROPER_NAME, UPPER, as_name, is_capitals
from schedules.plan_reader.paragraphs import Paragraph

COMMUNE_LEVELS = ("xã", "phường", "thị trấn", "đặc khu")
_LEVEL = r"(?P<level>xã|phường|thị trấn|đặc khu|huyện|quận|thị xã|thành phố|tỉnh)"
_COMMITTEE = r"(?:UBND|[UỦ][ỷyỶỳ]\s+ban\s+nhân\s+dân|ỦY BAN NHÂN DÂN|UỶ BAN NHÂN DÂN)"
_NAME = rf"(?P<name>{PROPER_NAME}|(?<=phường\s)\d{{1,2}}(?![\w/]))"
_PLACE = re.compile(rf"(?<!\w){_LEVEL}\s+{_NAME}")
_UNIT = re.compile(rf"{_COMMITTEE}\s+{_LEVEL}(?:\s+{_NAME})?")
_SUBJECT = re.compile(
    rf"(?:^|[,;.]\s+)(?P<subject>[{UPPER}][^,;.:]{{3,80}}?)\s+"
    r"(?:xây dựng(?: và)?|ban hành|triển khai|tổ chức)\s+(?:\w+\s){0,3}?[Kk]ế hoạch"
)
_NOT_SUBJECT = re.compile(r"(?:việc|Thực hiện|Căn cứ|Quyết định|Trên đây|Nhằm)\b")
_MOTTO = re.compile(fold(r"cộng hòa xã.*|độc lập\s*-.*"))
_BODY = re.compile(
    fold(
        r"(?:sở|phòng|ban|văn phòng|trung tâm|đảng|công an|đoàn|hội|chi cục|cục|bộ|trường"
        r"|mặt trận)\b"
    )
)
_NEW_BODY = re.compile(fold(r"ubnd|ủy ban nhân dân|hđnd|hội đồng nhân dân") + "|" + _BODY.pattern)
_COMMITTEES = re.compile(r"\s+(?=UBND |[UỦ][ỶY] BAN NHÂN DÂN)")
_NUMBER_OR_DAY = re.compile(fold(r"số\s*:?.*|.{1,40}ngày .{0,9}tháng.*"))
_WEIGHTS = {"letterhead": 5, "closing": 3, "title": 3, "annex": 2, "body": 1}


@dataclass(frozen=True, slots=True)
class Issuer:
    """The issuing body; `level` and `name` of its territory; whether it was put together."""

    full: str | None = None
    level: str | None = None
    name: str | None = None
    composed: bool = False
    """Its name was completed from elsewhere in the document."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A territory named in the document."""

    level: str
    name: str
    line: int
    where: str


def read_issuer(
    letterhead: Sequence[Paragraph],
    preamble: Sequence[Paragraph],
    mentions: Sequence[Mention],
) -> Issuer:
    """The body in the opening sentence, else in the letterhead, else in the closing sentence."""
    subject = _subject(preamble) or _printed_head(letterhead)
    if subject is None:
        votes = _votes(mentions, None)
        if not votes:
            return Issuer()
        (level, name), _ = votes.most_common(1)[0]
        return Issuer(f"Ủy ban nhân dân {level} {name}", level, name, composed=True)
    unit = _UNIT.search(subject)
    if unit is None:
        place = _PLACE.search(subject)
        return Issuer(subject, place and place["level"], place and place["name"])
    level, name = unit["level"], unit["name"]
    votes = _votes(mentions, level)
    composed = name is None and bool(votes)
    if composed:
        name = votes.most_common(1)[0][0][1]
    before = subject[: unit.start()]
    territory = f"{level} {name}" if name else level
    return Issuer(f"{before}Ủy ban nhân dân {territory}", level, name, composed)


def mentions_in(paragraphs: Sequence[Paragraph], where: str) -> Iterator[Mention]:
    """Every territory with its name, also in a letterhead's capitals."""
    for paragraph in paragraphs:
        if _MOTTO.match(fold(paragraph.text)):
            continue
        text = _spoken(paragraph.text) if is_capitals(paragraph.text) else paragraph.text
        for match in _PLACE.finditer(text):
            if not match["name"].isupper():
                line = paragraph.line_at(match.start())
                yield Mention(match["level"], match["name"], line, where)


def drifted(issuer: Issuer, mentions: Sequence[Mention]) -> Iterator[tuple[Mention, bool]]:
    """Other communes named in the plan; True where it is the issuer's own name misspelt."""
    if issuer.name is None or issuer.level not in COMMUNE_LEVELS:
        return
    seen = set()
    own = fold(issuer.name)
    for mention in mentions:
        name = fold(mention.name)
        if " " not in name or mention.level != issuer.level or name.startswith(own) or name in seen:
            continue
        seen.add(name)
        yield mention, strip_marks(name) == strip_marks(own)


def _subject(preamble: Sequence[Paragraph]) -> str | None:
    """Who "ban hành (xây dựng) Kế hoạch": the last such subject before the first section."""
    found = None
    for paragraph in preamble:
        for match in _SUBJECT.finditer(paragraph.text):
            if not _NOT_SUBJECT.search(match["subject"]):
                found = match["subject"]
    return found


def _printed_head(letterhead: Sequence[Paragraph]) -> str | None:
    """The last body of the letterhead; "VĂN PHÒNG" alone belongs to the body above it."""
    lines = [re.split(r"\s{2,}|CỘNG H", p.text)[0].strip() for p in letterhead]
    heads = [t for t in lines if is_capitals(t) and not _is_furniture(fold(t))]
    if not heads:
        return None
    spoken = [_spoken(body) for body in _bodies(heads)]
    units = [(i, unit) for i, body in enumerate(spoken) if (unit := _last_unit(body))]
    if not units:
        bodies = [t for t in heads if _BODY.match(fold(t))]
        return bodies[-1].capitalize() if bodies else None
    at, unit = units[-1]
    below = spoken[at + 1 : at + 2]
    offices = [body for body in below if body.startswith("Văn phòng")]
    after = offices[0] if offices else spoken[at][unit.end() :].strip()
    return f"{after} {unit.group()}" if after.startswith("Văn phòng") else unit.group()


def _bodies(heads: Sequence[str]) -> list[str]:
    """The lines of a letterhead put together to one text a body, highest first."""
    bodies: list[str] = []
    for line in chain.from_iterable(_COMMITTEES.split(head) for head in heads):
        if bodies and not _NEW_BODY.match(fold(line)):
            bodies[-1] += f" {line}"
        else:
            bodies.append(line)
    return bodies


def _last_unit(text: str) -> re.Match[str] | None:
    found = list(_UNIT.finditer(text))
    return found[-1] if found else None


def _is_furniture(folded: str) -> bool:
    return (_MOTTO.match(folded) or _NUMBER_OR_DAY.fullmatch(folded)) is not None


def _spoken(capitals: str) -> str:
    """ "ỦY BAN NHÂN DÂN XÃ TIỀN TIẾN" as it is written in a sentence."""
    text = as_name(capitals)
    text = re.sub(r"\b[UỦ][ỷy] Ban Nhân Dân|\bUbnd", "Ủy ban nhân dân", text)
    text = text.replace("Văn Phòng", "Văn phòng")
    levels = ("Xã", "Phường", "Thị Trấn", "Đặc Khu", "Huyện", "Quận", "Thị Xã", "Thành Phố", "Tỉnh")
    for level in levels:
        text = re.sub(rf"\b{level}\b(?=\s)", level.lower(), text)
    return text


def _votes(mentions: Sequence[Mention], level: str | None) -> Counter[tuple[str, str]]:
    votes: Counter[tuple[str, str]] = Counter()
    for mention in mentions:
        if level in (None, mention.level) and (level or mention.where != "body"):
            votes[mention.level, mention.name] += _WEIGHTS[mention.where]
    return votes
