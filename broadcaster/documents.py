"""Papers around a broadcast: invitations, notices for posting, the approval sheet of a bulletin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, col, select

from broadcaster import plans
from broadcaster.anchor import anchor_of
from broadcaster.app import App
from broadcaster.editorial import spoken_of
from broadcaster.figures import length
from broadcaster.papers import template
from broadcaster.papers.letter import Letter
from broadcaster.papers.paper import Figure, Paper
from broadcaster.papers.template import Filling, Template
from broadcaster.records import EvidenceRecord
from broadcaster.report import channel_label, topic_label
from broadcaster.task_names import find_task
from channels.plain_text import from_markdown
from content import library
from content.bulletin import BulletinStatus, Review, ReviewAction
from content.errors import UserError
from content.library import Article
from content.workflow import ACTION_LABELS, STATUS_LABELS
from schedules.plan import Plan, Task

SHEET = "phieu-duyet"
"""The template of a bulletin's approval sheet."""
REPORT_ONLY = ("bao-cao",)
"""Templates that another command fills."""


@dataclass(frozen=True, slots=True)
class About:
    """What a paper is about, and its number and day."""

    task: str | None = None
    plan: int | None = None
    bulletin: int | None = None
    number: str = ""
    day: date | None = None


def make_document(app: App, name: str, about: About) -> Paper:
    """Fill a template. Raises UserError: an unknown name, no task, mistakes in the template."""
    if name in REPORT_ONLY:
        raise UserError(
            "Báo cáo được lập bằng lệnh riêng.",
            "Hãy chạy: broadcaster report --period 2026-H2 -o bao-cao.docx.",
        )
    found = template.find(app.home, name)
    _require(found, about)
    plan, task = _task(app, about)
    with app.database.reading() as session:
        anchor = anchor_of(session, app.station_id)
    letter = Letter(
        station=app.station,
        settings=app.settings.papers,
        plan=plan,
        number=about.number,
        day=about.day,
        today=app.clock.now().astimezone(app.zone).date(),
        anchor=anchor,
    )
    bulletin = _Bulletin.of(app, about.bulletin)
    if name != SHEET:
        bulletin.require_approval()
    filling = Filling(
        single={**letter.fields(), **_task_fields(task), **bulletin.fields()},
        lists={**letter.lists(), **bulletin.lists()},
    )
    return letter.paper(template.fill(found, filling))


def _require(found: Template, about: About) -> None:
    """A template says in `needs` what it is about."""
    given = {"task": about.task, "bulletin": about.bulletin}
    words = {"task": "một nhiệm vụ", "bulletin": "một bản tin"}
    for row in found.header.get("needs", ()):
        if row.text not in given:
            raise UserError(
                f"Không hiểu “needs: {row.text}”.",
                f"Dùng được: {', '.join(given)}.",
                file=found.file,
                line=row.number,
            )
        if given[row.text] is None:
            raise UserError(
                f"Mẫu “{found.name}” nói về {words[row.text]}.", f"Hãy thêm: --{row.text} SỐ."
            )


def _task(app: App, about: About) -> tuple[Plan | None, Task | None]:
    """The task asked for (see `task_names`); without one, the plan asked for or the newest."""
    if about.task is None and about.plan is None and not plans.all_plans(app):
        return None, None
    if about.task is None:
        return plans.get_plan(app, about.plan).plan, None
    today = app.clock.now().astimezone(app.zone).date()
    with app.database.reading() as session:
        return find_task(session, app.station_id, about.task, about.plan, today)


def _task_fields(task: Task | None) -> dict[str, Figure]:
    given = {
        "no": (task.no if task else "", "số nhiệm vụ"),
        "content": (task.content.rstrip(" .;") if task else "", "nội dung nhiệm vụ"),
        "form": ((task.form or "") if task else "", "hình thức"),
        "timeframe": (str(task.reading().get("text") or "") if task else "", "thời gian thực hiện"),
        "lead": ((task.lead or "") if task else "", "đơn vị chủ trì"),
        "support": ((task.support or "") if task else "", "đơn vị phối hợp"),
        "product": ((task.product or "") if task else "", "sản phẩm"),
    }
    return _figures("task", given)


@dataclass(frozen=True, slots=True)
class _Bulletin:
    """A bulletin with what was decided about its newest revision."""

    app: App
    article: Article | None = None
    reviews: Sequence[Review] = ()
    records: Sequence[int] = ()
    """The evidence of these decisions."""

    @classmethod
    def of(cls, app: App, number: int | None) -> _Bulletin:
        if number is None:
            return cls(app)
        with app.database.reading() as session:
            article = library.get_article(session, app.station_id, number)
            reviews = library.reviews_of(session, article.revision_id)
            records = _records(session, app.station_id, article)
        return cls(app, article, reviews, records)

    def require_approval(self) -> None:
        """What nobody has approved is not posted either. Raises UserError."""
        if self.article is None or self.article.bulletin.status == BulletinStatus.APPROVED:
            return
        status = STATUS_LABELS[BulletinStatus(self.article.bulletin.status)]
        raise UserError(
            f"Bản tin {self.article.id} đang là {status}, chưa được công bố.",
            f"Hãy trình và duyệt trước: broadcaster bulletin submit {self.article.id}.",
        )

    def fields(self) -> dict[str, Figure]:
        if self.article is None:
            return _figures("bulletin", dict.fromkeys(_BULLETIN_FIELDS, ("", "bản tin")))
        row, revision = self.article.bulletin, self.article.revision
        approval = self._last(ReviewAction.APPROVE)
        submitted = self._last(ReviewAction.SUBMIT)
        words = approval.spoken_sha256 if approval else None
        seconds = approval.air_seconds if approval else None
        channels = ", ".join(channel_label(name) for name in revision.channels) or "tất cả các kênh"
        given = {
            "id": (str(self.article.id), "số bản tin"),
            "revision": (str(revision.number), "lần sửa"),
            "title": (revision.title, "tên bản tin"),
            "task": (revision.task or "", "nhiệm vụ của kế hoạch"),
            "topic": (topic_label(revision.topic or ""), "chuyên mục"),
            "channels": (channels, "kênh"),
            "status": (STATUS_LABELS[BulletinStatus(row.status)], "trạng thái"),
            "author": (revision.created_by, "người soạn"),
            "written_at": (self._moment(revision.created_at), "lúc soạn"),
            "submitted_by": (submitted.person if submitted else "", "người trình"),
            "submitted_at": (self._moment(submitted.at if submitted else None), "lúc trình"),
            "approver": (approval.person if approval else "", "người duyệt"),
            "approved_at": (self._moment(approval.at if approval else None), "lúc duyệt"),
            "content_sha256": (revision.sha256, "mã nội dung (SHA-256)"),
            "words_sha256": (words or "", "mã lời đọc đã duyệt (SHA-256)"),
            "length": (length(seconds) if seconds else "", "thời lượng đọc ước tính"),
            "accepted": (
                ", ".join(approval.residue_accepted) if approval else "",
                "chỗ loa không đọc được mà người duyệt chấp nhận",
            ),
        }
        return _figures("bulletin", given, tuple(self.records))

    def lists(self) -> dict[str, Sequence[Mapping[str, Figure]]]:
        """`body` and `spoken`: paragraphs; `reviews`: the steps, each with person and time."""
        if self.article is None:
            return {"body": [], "spoken": [], "reviews": []}
        spoken = spoken_of(self.app, self.article).spoken
        return {
            "body": _lines(from_markdown(self.article.revision.body), "nội dung bản tin"),
            "spoken": _lines(spoken, "lời loa sẽ đọc"),
            "reviews": [
                _figures(
                    "",
                    {
                        "action": (ACTION_LABELS[ReviewAction(step.action)], "việc"),
                        "person": (step.person, "người làm"),
                        "at": (self._moment(step.at), "lúc"),
                        "note": (step.note or "", "ghi chú"),
                    },
                )
                for step in self.reviews
            ],
        }

    def _last(self, action: ReviewAction) -> Review | None:
        return next((one for one in reversed(self.reviews) if one.action == action), None)

    def _moment(self, at: datetime | None) -> str:
        return f"{at.astimezone(self.app.zone):%H:%M ngày %d/%m/%Y}" if at else ""


_BULLETIN_FIELDS = (
    "id", "revision", "title", "task", "topic", "channels", "status", "author", "written_at",
    "submitted_by", "submitted_at", "approver", "approved_at", "content_sha256", "words_sha256",
    "length", "accepted",
)  # fmt: skip


def _figures(
    prefix: str, given: Mapping[str, tuple[str, str]], seqs: tuple[int, ...] = ()
) -> dict[str, Figure]:
    start = f"{prefix}." if prefix else ""
    return {
        f"{start}{key}": Figure(f"{start}{key}", shown, rule, shown, seqs)
        for key, (shown, rule) in given.items()
    }


def _lines(text: str, rule: str) -> list[Mapping[str, Figure]]:
    return [
        {"text": Figure("text", line.strip(), rule, line)}
        for line in text.splitlines()
        if line.strip()
    ]


def _records(session: Session, station_id: int, article: Article) -> list[int]:
    """The review records of this revision; canonical JSON spells each key in one way only."""
    mark = f'"bulletin":{article.id},'
    rows = session.exec(
        select(EvidenceRecord.seq)
        .where(
            EvidenceRecord.station_id == station_id,
            col(EvidenceRecord.body).contains(mark, autoescape=True),
            col(EvidenceRecord.body).contains('"kind":"review"', autoescape=True),
            col(EvidenceRecord.body).contains(
                f'"revision":{article.revision.number},', autoescape=True
            ),
        )
        .order_by(col(EvidenceRecord.seq))
    )
    return list(rows.all())
