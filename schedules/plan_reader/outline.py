"""The outline of a plan: its sections by what they are about, and the items under them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from content.folding import fold, strip_marks
from schedules.plan_reader.letters import is_capitals
from schedules.plan_reader.paragraphs import Mark, Paragraph


class Section(StrEnum):
    """What a section of a plan is about."""

    PURPOSE = "purpose"
    CONTENT = "content"
    FORM = "form"
    AUDIENCE = "audience"
    TIME = "time"
    FUNDING = "funding"
    ORGANISATION = "organisation"


_KEYWORDS = (
    (Section.ORGANISATION, r"tổ chức thực hiện|phân công|trách nhiệm|giao nhiệm vụ|nhiệm vụ của"),
    (Section.PURPOSE, r"mục đích|yêu cầu|mục tiêu|quan điểm chỉ đạo"),
    (Section.CONTENT, r"nội dung|nhiệm vụ"),
    (Section.FORM, r"hình thức|phương tiện|biện pháp|phương thức|giải pháp|kênh tuyên truyền"),
    (Section.AUDIENCE, r"đối tượng|phạm vi"),
    (Section.TIME, r"thời gian|tiến độ|thời hạn"),
    (Section.FUNDING, r"kinh phí|nguồn lực"),
)
_PATTERNS = tuple((section, re.compile(fold(words))) for section, words in _KEYWORDS)
_BARE_PATTERNS = tuple(
    (section, re.compile(strip_marks(fold(words)))) for section, words in _KEYWORDS
)
_SUBHEADINGS = (Mark.ROMAN, Mark.NUMBER, Mark.LETTER, Mark.SUB_NUMBER)
_HEADING_WORDS = 14
_SUBHEADING_WORDS = 9
_CLOSING = re.compile(
    fold(
        r"trên đây là|căn cứ kế hoạch này|yêu cầu các (?:cơ quan|đơn vị|phòng)"
        r"|\(?(?:có |kèm theo )?(?:các )?phụ lục[^.;:]*(?:kèm theo|đính kèm)"
    )
)
_COMPLETE = re.compile(r"[.;]\W*$")


@dataclass(slots=True)
class Node:
    """A paragraph with what stands under it."""

    paragraph: Paragraph
    children: list[Node] = field(default_factory=list)
    body: list[Paragraph] = field(default_factory=list)
    """Plain paragraphs directly under it."""

    @property
    def text(self) -> str:
        return self.paragraph.text

    @property
    def line(self) -> int:
        return self.paragraph.no

    @property
    def is_complete(self) -> bool:
        """Its sentence is closed, so what follows is not introduced by it."""
        return _COMPLETE.search(self.text) is not None

    def walk(self) -> Iterator[Node]:
        """This node and all below it."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True, slots=True)
class Part:
    """A section found: what it is about, and its node."""

    section: Section
    node: Node
    inline: str = ""
    """What follows the colon of its heading ("Đối tượng: …")."""


@dataclass(slots=True)
class Outline:
    """The paragraphs of a plan's body, sorted."""

    preamble: list[Paragraph] = field(default_factory=list)
    """Before the first section."""
    parts: list[Part] = field(default_factory=list)
    closing: list[Paragraph] = field(default_factory=list)
    """From "Trên đây là" on."""
    unknown: list[Node] = field(default_factory=list)
    """Sections about nothing known."""

    def of(self, *sections: Section) -> list[Part]:
        return [part for part in self.parts if part.section in sections]


def read_outline(paragraphs: Sequence[Paragraph]) -> Outline:
    """Sort the paragraphs of the body (letterhead, title and tail taken off before)."""
    outline = Outline()
    roots: list[Node] = []
    stack: list[Node] = []
    for paragraph in paragraphs:
        if outline.closing or (_is_closing(paragraph) and roots):
            outline.closing.append(paragraph)
        elif paragraph.mark is Mark.PLAIN:
            _place_plain(paragraph, stack, outline)
        elif not stack and not _opens(paragraph):
            outline.preamble.append(paragraph)
        else:
            _place(Node(paragraph), roots, stack)
    for root in roots:
        outline.parts.extend(_parts_of(root, outline))
    return outline


def sections_named(text: str) -> list[Section]:
    """The sections that a heading names, in the order of the table."""
    folded = fold(_head(text))
    if len(folded.split()) > _HEADING_WORDS:
        return []
    named = [section for section, pattern in _PATTERNS if pattern.search(folded)]
    if named or not is_capitals(_head(text)):
        return named
    bare = strip_marks(folded)  # a scan loses marks: "III. TỔ CHỨC THỰC HIÊN"
    return [section for section, pattern in _BARE_PATTERNS if pattern.search(bare)]


def _is_closing(paragraph: Paragraph) -> bool:
    return paragraph.mark is Mark.PLAIN and _CLOSING.match(fold(paragraph.text)) is not None


def _opens(paragraph: Paragraph) -> bool:
    """Whether the first section may begin here: a Roman number, or a numbered known heading."""
    if paragraph.mark in (Mark.ROMAN, Mark.LETTER_SECTION):
        return True
    return paragraph.mark is Mark.NUMBER and bool(sections_named(paragraph.text))


def _place_plain(paragraph: Paragraph, stack: list[Node], outline: Outline) -> None:
    if stack:
        stack[-1].body.append(paragraph)
    else:
        outline.preamble.append(paragraph)


def _place(node: Node, roots: list[Node], stack: list[Node]) -> None:
    while stack and stack[-1].paragraph.mark >= node.paragraph.mark:
        stack.pop()
    (stack[-1].children if stack else roots).append(node)
    stack.append(node)


def _parts_of(root: Node, outline: Outline) -> Iterator[Part]:
    """The section of a root, or those of its sub-headings ("II.1 Nội dung, II.2 Hình thức")."""
    sections = sections_named(root.text)
    subs = {id(child): named for child in root.children if (named := _subheading(child, sections))}
    if subs:
        rest = Node(root.paragraph, [c for c in root.children if id(c) not in subs], root.body)
        for child in root.children:
            if id(child) in subs:
                yield Part(subs[id(child)], child, _after_colon(child.text))
        if not (rest.children or rest.body):
            return
        root = rest
    if sections:
        yield Part(sections[0], root, _after_colon(root.text))
    else:
        outline.unknown.append(root)


def _subheading(node: Node, above: list[Section]) -> Section | None:
    """A short item that begins with the name of a section, under a heading that allows it."""
    if node.paragraph.mark not in _SUBHEADINGS:
        return None
    if above == [Section.ORGANISATION] or len(_head(node.text).split()) > _SUBHEADING_WORDS:
        return None
    folded = fold(node.text)
    for section, pattern in _PATTERNS:
        if pattern.match(folded) and (node.children or node.body or ":" in node.text):
            return None if above == [section] == [Section.CONTENT] else section
    return None


def _head(text: str) -> str:
    return text.split(":", 1)[0]


def _after_colon(text: str) -> str:
    return text.split(":", 1)[1].strip() if ":" in text else ""
