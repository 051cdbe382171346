"""Topics, forms and assignments out of the sections of a plan."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from content.folding import fold
from content.topics import OTHER, topic_codes
from schedules.plan_reader.channels import channels_of
from schedules.plan_reader.document import Assignment, Duty, FormItem, SubItem, TopicItem
from schedules.plan_reader.outline import Node, Outline, Section
from schedules.plan_reader.paragraphs import Mark

_REQUEST = re.compile(fold(r"đề nghị(?: với)? |yêu cầu |giao |đối với "))
_VERBS = re.compile(
    fold(
        r"(?:có trách nhiệm|chịu trách nhiệm|chủ trì|chủ động|phối hợp|tham mưu|hướng dẫn|tổ chức"
        r"|theo dõi|đôn đốc|xây dựng|thực hiện|căn cứ|tăng cường|tiếp tục|cung cấp|là cơ quan"
        r"|bảo đảm|đảm bảo|bố trí|tổng hợp|rà soát|đăng tải|biên tập|tuyên truyền|lồng ghép|hỗ trợ"
        r"|vận động|báo cáo|cập nhật|kiểm tra|tập trung|quán triệt|lãnh đạo|chỉ đạo|triển khai"
        r"|duy trì|bám sát|đề xuất|thường xuyên|kịp thời|quản lý|vận hành|phát sóng|niêm yết)"
        r"(?!\w)"
    )
)
_NO_UNIT = re.compile(
    fold(r"(?:nguồn )?kinh phí|chế độ (?:thông tin|báo cáo)|thời gian|thời hạn|lưu ý|ngoài ra")
)
_MOST_UNIT_WORDS = 18


@dataclass(frozen=True, slots=True)
class _Item:
    no: int | str | None
    text: str
    line: int
    sub: tuple[SubItem, ...]


def read_topics(outline: Outline) -> tuple[TopicItem, ...]:
    """The contents to be spread, with their topic codes."""
    return tuple(
        TopicItem(item.no, item.text, _codes(item), item.line, item.sub)
        for item in _items(outline, Section.CONTENT)
    )


def read_forms(outline: Outline) -> tuple[FormItem, ...]:
    """Means and forms, in order, with the channels they name."""
    return tuple(
        FormItem(
            item.no,
            item.text,
            channels_of(item.text),
            item.line,
            item.sub,
            tuple(channels_of(sub.text) for sub in item.sub),
        )
        for item in _items(outline, Section.FORM)
    )


def read_assignments(outline: Outline) -> tuple[Assignment, ...]:
    """The units and their duties."""
    assignments: list[Assignment] = []
    for part in outline.of(Section.ORGANISATION):
        assignments.extend(_assignment(child) for child in part.node.children)
        assignments.extend(_plain_duty(p.text, p.no) for p in part.node.body)
    return tuple(assignments)


def _codes(item: _Item) -> tuple[str, ...]:
    """The item's own topics; those of its sub-items where it only introduces them."""
    codes = topic_codes(item.text)
    if codes == (OTHER,) and item.sub:
        return topic_codes(" ".join(sub.text for sub in item.sub))
    return codes


def _items(outline: Outline, section: Section) -> Iterator[_Item]:
    """Numbered as printed; dashes count on through all sections of the kind."""
    counted = 0
    for part in outline.of(section):
        if part.inline:
            counted += 1
            yield _Item(counted, part.inline, part.node.line, ())
        for item in _items_of(part.node):
            if item.no == "-":
                counted += 1
                item = _Item(counted, item.text, item.line, item.sub)
            yield item


def _items_of(node: Node) -> Iterator[_Item]:
    if not node.children:
        yield from (_Item("-", p.text, p.no, ()) for p in node.body)
        return
    lead_in = (p for p in node.body if not p.text.rstrip().endswith(":"))
    yield from (_Item(None, p.text, p.no, ()) for p in lead_in)
    for child in node.children:
        yield from _item_of(child)


def _item_of(node: Node) -> Iterator[_Item]:
    """One item; what follows a closed sentence stands for itself ("14. … ." then "- …")."""
    below = [n for child in node.children for n in child.walk()]
    plain = tuple(SubItem(p.text, p.no) for p in node.body)
    if node.is_complete:
        yield _Item(_number(node), node.text, node.line, plain)
        yield from (_Item(None, n.text, n.line, _body_of(n)) for n in below)
    else:
        sub = tuple(s for n in below for s in (SubItem(n.text, n.line), *_body_of(n)))
        yield _Item(_number(node), node.text, node.line, plain + sub)


def _body_of(node: Node) -> tuple[SubItem, ...]:
    return tuple(SubItem(p.text, p.no) for p in node.body)


def _number(node: Node) -> int | str:
    label = node.paragraph.label
    if node.paragraph.mark in (Mark.DASH, Mark.PLUS):
        return "-"
    return int(label) if label.isdigit() else label


def _assignment(node: Node) -> Assignment:
    duties = [Duty(n.text, n.line) for child in node.children for n in child.walk()]
    duties = [Duty(p.text, p.no) for p in node.body] + duties
    if not duties:
        return _plain_duty(node.text, node.line)
    head, _, rest = node.text.partition(":")
    if rest.strip():
        duties.insert(0, Duty(rest.strip(), node.line))
    elif node.is_complete and (own := _plain_duty(node.text, node.line)).duties:
        return replace(own, duties=own.duties + tuple(duties))
    return _named(head, tuple(sorted(duties, key=lambda duty: duty.line)), node.line)


def _plain_duty(text: str, line: int) -> Assignment:
    """ "Phòng Văn hóa - Xã hội: chủ trì …", or with the verb right behind the unit."""
    head, colon, rest = text.partition(":")
    if colon and rest.strip() and len(head.split()) <= _MOST_UNIT_WORDS:
        return _named(head, (Duty(rest.strip(), line),), line)
    request = _REQUEST.match(fold(text))
    begins = _verb(text, request.end() if request else 1)
    if begins is not None and len(text[:begins].split()) <= _MOST_UNIT_WORDS:
        return _named(text[:begins], (Duty(text[begins:], line),), line)
    if len(text.split()) <= _MOST_UNIT_WORDS:
        return _named(text, (), line)
    return Assignment(None, (Duty(text, line),), line)


def _verb(text: str, start: int) -> int | None:
    """Where the duty begins; a capital belongs to a name ("Ban Chỉ đạo", "Phòng Tổ chức")."""
    found = (m.start() for m in _VERBS.finditer(fold(text), start))
    return next((i for i in found if i > 0 and text[i].islower()), None)


def _named(head: str, duties: tuple[Duty, ...], line: int) -> Assignment:
    if _NO_UNIT.match(fold(head)):
        whole = f"{head}: {duties[0].text}" if duties else head
        return Assignment(None, (Duty(whole, line), *duties[1:]), line)
    request = _REQUEST.match(fold(head))
    asked = request is not None and fold(head).startswith(fold("đề nghị"))
    unit = head[request.end() :] if request else head
    unit = unit.strip(" .;:,")
    return Assignment(unit[:1].upper() + unit[1:] or None, duties, line, asked)
