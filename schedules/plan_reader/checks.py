"""Contradictions and suspicions in a plan, each with its line and what was assumed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import date
from functools import cache
from importlib import resources

from content.folding import fold
from schedules.plan_reader.document import PlanDate, PlanWarning, Reference
from schedules.plan_reader.header import Header
from schedules.plan_reader.issuer import COMMUNE_LEVELS, Issuer, Mention, drifted
from schedules.plan_reader.paragraphs import Paragraph
from schedules.plan_reader.source import SourceLine, SourceTable

_ENCLOSED = re.compile(fold("kèm theo"))
_PARTY_STYLE = re.compile(r"\d\s*[-–]\s*[A-ZĐ]")
_STATE = re.compile(r"/(?:CP|TTg|UBND|HĐND|QH\d*|BNV)$")


def header_warnings(header: Header, issuer: Issuer) -> Iterator[PlanWarning]:
    """Blanks in the head, and a place that is not the issuer's."""
    if not header.has_heading:
        yield PlanWarning("no_heading", None, "Không thấy dòng “KẾ HOẠCH”; chưa có tên kế hoạch.")
    if header.number is None:
        message = "Số kế hoạch để trống; để là chưa biết."
        yield PlanWarning("number_blank", header.number_line, message)
    if header.date.day is None:
        message = "Ngày ký để trống; để là chưa biết."
        yield PlanWarning("day_blank", header.date_line, message)
    if issuer.full is None:
        yield PlanWarning("issuer_unknown", None, "Không xác định được cơ quan ban hành.")
    elif issuer.composed:
        message = f"Tên cơ quan ban hành được ghép từ nội dung: “{issuer.full}”; hãy xác nhận."
        yield PlanWarning("issuer_composed", None, message)
    if _contradicts(header.place, issuer):
        message = (
            f"Địa danh “{header.place}” khác tên đơn vị ban hành “{issuer.name}”;"
            " giữ nguyên như bản in."
        )
        yield PlanWarning("place_contradicts_issuer", header.date_line, message)


def _contradicts(place: str | None, issuer: Issuer) -> bool:
    """A commune signs in its own name; a higher body signs where its seat is."""
    if not place or not issuer.name or issuer.level not in COMMUNE_LEVELS:
        return False
    return fold(place) != fold(issuer.name)


def name_warnings(issuer: Issuer, mentions: Sequence[Mention]) -> Iterator[PlanWarning]:
    """Other spellings of the commune, and other communes."""
    for mention, misspelt in drifted(issuer, mentions):
        name = f"{mention.level} {mention.name}"
        if misspelt:
            message = f"Tên viết khác: “{name}”; hiểu là “{issuer.level} {issuer.name}”."
            yield PlanWarning("name_drift", mention.line, message)
        else:
            message = f"Có tên đơn vị khác: “{name}”; hãy kiểm tra có phải chép nhầm không."
            yield PlanWarning("other_unit", mention.line, message)


def reference_warnings(references: Sequence[Reference], signed: PlanDate) -> Iterator[PlanWarning]:
    """Citations that cannot be right as printed."""
    latest = _latest(signed)
    dates: dict[tuple[str | None, str | None], date] = {}
    for ref in references:
        name = f"{ref.number}/{ref.symbol}"
        if ref.date and latest and ref.date > latest:
            message = f"Văn bản {name} ghi ngày {ref.date:%d/%m/%Y}, sau ngày của kế hoạch."
            yield PlanWarning("reference_after_plan", ref.line, message)
        if ref.date_text:
            message = f"Ngày của văn bản {name} ghi thiếu hoặc sai: “{ref.date_text}”."
            yield PlanWarning("reference_date_incomplete", ref.line, message)
        if _STATE.search(ref.symbol or "") and _PARTY_STYLE.search(ref.text):
            message = f"Ký hiệu “{ref.number}-{ref.symbol}” viết không theo mẫu số/loại-cơ quan."
            yield PlanWarning("symbol_style", ref.line, message)
        if ref.date and ref.number and ref.symbol:
            first = dates.setdefault((ref.number, ref.symbol), ref.date)
            if first != ref.date:
                message = f"Văn bản {name} có hai ngày: {first:%d/%m/%Y} và {ref.date:%d/%m/%Y}."
                yield PlanWarning("reference_two_dates", ref.line, message)


def annex_warnings(
    references: Sequence[Reference], header: Header, annex: Sequence[Paragraph]
) -> Iterator[PlanWarning]:
    """ "(Kèm theo Kế hoạch số …)" that names another plan; the header is kept."""
    lines = enclosed_lines(annex)
    for ref in references:
        if ref.line not in lines or ref.type != "Kế hoạch":
            continue
        other_number = ref.number and header.number and ref.number != header.number
        signed = header.date.full()
        if other_number or (ref.date and signed and ref.date != signed):
            day = f" ngày {ref.date:%d/%m/%Y}" if ref.date else ""
            message = (
                f"Phụ lục ghi kèm theo Kế hoạch số {ref.number}/{ref.symbol}{day}, khác số hoặc"
                " ngày của kế hoạch này; giữ số và ngày ở phần đầu."
            )
            yield PlanWarning("annex_cites_other_plan", ref.line, message)


def enclosed_lines(annex: Sequence[Paragraph]) -> set[int]:
    """Lines that say which plan the annex belongs to."""
    return {no for p in annex if _ENCLOSED.search(fold(p.text)) for _, no in p.starts}


def suspicion_warnings(lines: Sequence[SourceLine]) -> Iterator[PlanWarning]:
    """Probable misreadings of a scan, and letters of other alphabets; nothing is changed."""
    for line in lines:
        for match in _suspicions().finditer(fold(line.text)):
            printed = line.text[match.start() : match.end()]
            meant = _meant()[" ".join(match.group().split())]
            message = f"“{printed}” có thể là “{meant}”; giữ nguyên như bản in."
            yield PlanWarning("possible_misprint", line.no, message)
        foreign = "".join(c for c in line.text if ord(c) > 0x36F and _is_foreign(c))
        if foreign:
            message = f"Có chữ cái không thuộc tiếng Việt: “{foreign}”; giữ nguyên như bản in."
            yield PlanWarning("foreign_letters", line.no, message)


def unknown_table_warning(table: SourceTable) -> PlanWarning:
    """A table none of whose columns is known: what stands in it is told, not dropped."""
    text = " | ".join(cell for row in table.rows for cell in row.cells if cell.strip())
    message = f"Không nhận ra cột nào của bảng; chưa dùng: “{_shortened(text)}”."
    return PlanWarning("table_unknown", table.rows[0].no, message)


def unread_warning(paragraph: Paragraph) -> PlanWarning:
    """Text that fitted nowhere."""
    return PlanWarning("unread", paragraph.no, f"Chưa hiểu đoạn: “{_shortened(paragraph.text)}”.")


def _shortened(text: str) -> str:
    return text if len(text) <= 80 else text[:79].rstrip() + "…"


def _latest(signed: PlanDate) -> date | None:
    """The last day on which a plan with blanks in its date can have been signed."""
    if signed.year is None:
        return None
    if signed.full():
        return signed.full()
    month = signed.month or 12
    following = date(signed.year + month // 12, month % 12 + 1, 1)
    return date.fromordinal(following.toordinal() - 1)


@cache
def _is_foreign(character: str) -> bool:
    return unicodedata.name(character, "").startswith(("CYRILLIC", "GREEK"))


@cache
def _meant() -> dict[str, str]:
    file = resources.files("schedules.plan_reader").joinpath("data/suspicions.tsv")
    rows = (line.split("\t") for line in file.read_text("utf-8").splitlines()[1:])
    return {fold(written): meant for written, meant in rows}


@cache
def _suspicions() -> re.Pattern[str]:
    words = sorted(_meant(), key=len, reverse=True)
    parts = "|".join(re.escape(word).replace("\\ ", " +") for word in words)
    return re.compile(rf"(?<!\w)(?:{parts})(?!\w)")
