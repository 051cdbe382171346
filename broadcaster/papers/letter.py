"""What every official paper of a station shares: names, number, date, addressees, signer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from broadcaster.papers.paper import Figure, Paper, Signature
from broadcaster.papers.template import Filled
from broadcaster.settings import PapersSection
from content.anchor import Anchor
from content.station import Station
from schedules.export import official_date
from schedules.plan import Plan

_GAP = "\u2003\u2003"
"""Room for a number or a day that is written in by hand; Word keeps such spaces."""
_COMMITTEE = "Ủy ban nhân dân"
_DEPUTY = "phó chủ tịch"


@dataclass(frozen=True, slots=True)
class Letter:
    """The parts that are not in the template."""

    station: Station
    settings: PapersSection
    plan: Plan | None = None
    number: str = ""
    """Số văn bản; empty: room for it."""
    day: date | None = None
    """Of issue; None: room for it, with this month and year."""
    today: date | None = None
    anchor: Anchor | None = None

    def fields(self) -> dict[str, Figure]:
        """Names that a template may use, without the figures of its own subject."""
        settings = "cài đặt [papers]"
        name, title = self._signer()
        given = {
            "station.name": (self.station.name, "tên đơn vị trong cài đặt [station] name"),
            "station.place": (self.station.place or "", "địa danh trong cài đặt [station] place"),
            "to": (self._to(), f"nơi nhận báo cáo: {settings} to, hoặc nơi nhận đầu tiên của kế "
                   "hoạch"),
            "signer.name": (name, f"người ký: {settings} signer, hoặc người ký kế hoạch"),
            "signer.title": (title, f"chức vụ người ký: {settings} signer_title"),
        }  # fmt: skip
        own = [Figure(key, shown, rule, shown) for key, (shown, rule) in given.items()]
        return {one.key: one for one in (*own, *_plan(self.plan))}

    def lists(self) -> dict[str, Sequence[Mapping[str, Figure]]]:
        """`recipients`: who gets a copy, the addressee left out, "Lưu: …" last."""
        copies = [_bare(one) for one in self._document().get("recipients") or ()]
        kept = [one for one in copies if one not in ("", self._to()) and not _is_archive(one)]
        archive = [one for one in copies if _is_archive(one)]
        names = [*kept, f"Lưu: {self.settings.archive}" if self.settings.archive else ""]
        if not names[-1]:
            names[-1] = archive[0] if archive else "Lưu: VT"
        rule = "nơi nhận của kế hoạch"
        return {"recipients": [{"name": Figure("recipients", one, rule, one)} for one in names]}

    def paper(self, filled: Filled) -> Paper:
        """The filled template as a whole paper."""
        return Paper(
            kind=filled.kind,
            subject=filled.subject,
            station=self.station.name,
            parent=self.station.parent or "",
            number=f"{self._number()}/{filled.symbol}" if filled.symbol else "",
            dated=self._dated(),
            to=filled.to,
            blocks=filled.blocks,
            recipients=filled.recipients,
            signatures=filled.signatures or (self._signature(),),
            annexes=filled.annexes,
            anchor=self.anchor,
        )

    def _number(self) -> str:
        """Below 10 with a nought in front; without one, room for it."""
        return self.number.strip().zfill(2) if self.number.strip() else _GAP

    def _dated(self) -> str:
        if self.day is not None:
            return official_date(self.station.place, self.day)
        place = f"{self.station.place}, ngày" if self.station.place else "Ngày"
        if self.today is None:
            return f"{place}{_GAP}tháng{_GAP}năm{_GAP}"
        return f"{place}{_GAP}tháng{_GAP}năm {self.today.year}"

    def _document(self) -> dict[str, Any]:
        return self.plan.document if self.plan else {}

    def _to(self) -> str:
        if self.settings.to:
            return self.settings.to
        first = next(iter(self._document().get("recipients") or ()), "")
        return "" if _is_archive(first) else _bare(first)

    def _signer(self) -> tuple[str, str]:
        known = self._document().get("signer") or {}
        name = self.settings.signer or known.get("name") or ""
        return name, self.settings.signer_title or known.get("title") or ""

    def _signature(self) -> Signature:
        """Thay mặt the committee; a deputy signs thay for the chairman (NĐ 30/2020, PL I)."""
        name, title = self._signer()
        body = self.station.name
        if body.lower().startswith(_COMMITTEE.lower()):
            body = _COMMITTEE
        titles = [f"TM. {body}"]
        if title.lower().startswith(_DEPUTY):
            titles.append("KT. Chủ tịch")
        titles.append(title or "Chủ tịch")
        return Signature(tuple(one.upper() for one in titles), name)


def _bare(recipient: str) -> str:
    """Without "(để báo cáo)" and the stop."""
    return recipient.split("(")[0].strip(" .;-")


def _is_archive(recipient: str) -> bool:
    return recipient.strip(" -").lower().startswith("lưu")


def _plan(plan: Plan | None) -> list[Figure]:
    document = plan.document if plan else {}
    rows = (f"plan {plan.id}",) if plan else ()
    rule = "văn bản kế hoạch đã nhập"
    name = "/".join(filter(None, (document.get("number"), document.get("symbol"))))
    issued = document.get("date") or {}
    said = (
        official_date(None, date(issued["year"], issued["month"], issued["day"])).lower()
        if all(issued.get(part) for part in ("year", "month", "day"))
        else ""
    )
    title = (document.get("title") or "").rstrip(" .;")
    return [
        Figure("plan.number", name, rule, name or None, rows=rows),
        Figure("plan.date", said, rule, said or None, rows=rows),
        Figure("plan.issuer", document.get("issuer") or "", rule, rows=rows),
        Figure("plan.title", title[:1].lower() + title[1:], rule, rows=rows),
    ]
