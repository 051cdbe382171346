"""The review of a bulletin: nháp → chờ duyệt → đã duyệt → đã gỡ. Approval belongs to a revision."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session

from content.bulletin import Bulletin, BulletinStatus, Review, ReviewAction
from content.errors import UserError
from content.library import Article, get_article, reviews_of

STATUS_LABELS: dict[BulletinStatus, str] = {
    BulletinStatus.DRAFT: "bản nháp",
    BulletinStatus.SUBMITTED: "chờ duyệt",
    BulletinStatus.APPROVED: "đã duyệt",
    BulletinStatus.WITHDRAWN: "đã gỡ",
}

_FROM: dict[ReviewAction, tuple[BulletinStatus, ...]] = {
    ReviewAction.SUBMIT: (BulletinStatus.DRAFT,),
    ReviewAction.APPROVE: (BulletinStatus.SUBMITTED,),
    ReviewAction.RETURN: (BulletinStatus.SUBMITTED, BulletinStatus.APPROVED),
    ReviewAction.WITHDRAW: (
        BulletinStatus.DRAFT,
        BulletinStatus.SUBMITTED,
        BulletinStatus.APPROVED,
    ),
}
_TO: dict[ReviewAction, BulletinStatus] = {
    ReviewAction.SUBMIT: BulletinStatus.SUBMITTED,
    ReviewAction.APPROVE: BulletinStatus.APPROVED,
    ReviewAction.RETURN: BulletinStatus.DRAFT,
    ReviewAction.WITHDRAW: BulletinStatus.WITHDRAWN,
}
ACTION_LABELS: dict[ReviewAction, str] = {
    ReviewAction.SUBMIT: "trình duyệt",
    ReviewAction.APPROVE: "duyệt",
    ReviewAction.RETURN: "trả lại",
    ReviewAction.WITHDRAW: "gỡ",
}
_NEXT: dict[BulletinStatus, str] = {
    BulletinStatus.DRAFT: "Hãy trình duyệt trước: broadcaster bulletin submit {id}.",
    BulletinStatus.SUBMITTED: "Hãy chờ lãnh đạo duyệt: broadcaster bulletin approve {id}.",
    BulletinStatus.APPROVED: "Muốn đổi nội dung, hãy sửa: broadcaster bulletin edit {id} TỆP.",
    BulletinStatus.WITHDRAWN: "Muốn dùng lại, hãy sửa thành bản mới: "
    "broadcaster bulletin edit {id} TỆP.",
}


@dataclass(frozen=True, slots=True)
class Approval:
    """What the approver binds: the spoken text, and the unreadable bits that were let pass."""

    spoken_sha256: str
    air_seconds: float
    """Estimated air time of the spoken text."""
    residue: Sequence[str] = ()
    accept_residue: bool = False
    two_person: bool = True


def submit(session: Session, station_id: int, bulletin_id: int, by: str, now: datetime) -> Article:
    """Hand a draft over for approval."""
    return _step(session, station_id, bulletin_id, ReviewAction.SUBMIT, by, now)


def approve(
    session: Session,
    station_id: int,
    bulletin_id: int,
    approval: Approval,
    by: str,
    today: date,
    now: datetime,
) -> Article:
    """Let the newest revision go out.

    Raises UserError: not submitted, the approver is the author, out of date, or there are
    bits the voice cannot read and they were not accepted by name.
    """
    article = get_article(session, station_id, bulletin_id)
    _check_status(article.bulletin, ReviewAction.APPROVE)
    if approval.two_person:
        _check_other_person(session, article, by)
    _check_date(article, today)
    _check_residue(article, approval)
    review = _review(article, ReviewAction.APPROVE, by, now)
    review.spoken_sha256 = approval.spoken_sha256
    review.air_seconds = approval.air_seconds
    review.residue_accepted = list(approval.residue)
    return _apply(session, article, review)


def return_to_editor(
    session: Session, station_id: int, bulletin_id: int, note: str | None, by: str, now: datetime
) -> Article:
    """Send it back to the editor, with the reason; an approval is void then."""
    return _step(session, station_id, bulletin_id, ReviewAction.RETURN, by, now, note)


def withdraw(
    session: Session, station_id: int, bulletin_id: int, note: str | None, by: str, now: datetime
) -> Article:
    """Take it out of use; nothing more of it goes out."""
    return _step(session, station_id, bulletin_id, ReviewAction.WITHDRAW, by, now, note)


def words_sha256(spoken: str) -> str:
    """What approval binds of the spoken words; the last gate computes the same."""
    return hashlib.sha256(spoken.encode("utf-8")).hexdigest()


def approval_of(session: Session, revision_id: int) -> Review | None:
    """The approval in force for a revision, None when it was never given or is void."""
    steps = reviews_of(session, revision_id)
    last = steps[-1] if steps else None
    return last if last is not None and last.action == ReviewAction.APPROVE else None


def _step(
    session: Session,
    station_id: int,
    bulletin_id: int,
    action: ReviewAction,
    by: str,
    now: datetime,
    note: str | None = None,
) -> Article:
    article = get_article(session, station_id, bulletin_id)
    _check_status(article.bulletin, action)
    return _apply(session, article, _review(article, action, by, now, note))


def _apply(session: Session, article: Article, review: Review) -> Article:
    article.bulletin.status = _TO[ReviewAction(review.action)]
    session.add(article.bulletin)
    session.add(review)
    session.flush()
    return article


def _review(
    article: Article, action: ReviewAction, by: str, now: datetime, note: str | None = None
) -> Review:
    return Review(
        revision_id=article.revision_id,
        action=action,
        person=by,
        at=now,
        note=note,
        sha256=article.revision.sha256,
    )


def _check_status(bulletin: Bulletin, action: ReviewAction) -> None:
    status = BulletinStatus(bulletin.status)
    if status not in _FROM[action]:
        raise UserError(
            f"Bản tin {bulletin.id} đang là {STATUS_LABELS[status]}, "
            f"không {ACTION_LABELS[action]} được.",
            _NEXT[status].format(id=bulletin.id),
        )


def _check_other_person(session: Session, article: Article, by: str) -> None:
    authors = {article.revision.created_by}
    authors |= {
        step.person
        for step in reviews_of(session, article.revision_id)
        if step.action == ReviewAction.SUBMIT
    }
    if by in authors:
        raise UserError(
            f"“{by}” đã soạn hoặc trình bản tin {article.id} nên không được tự duyệt.",
            "Hãy nhờ người duyệt khác (thêm --as “Họ tên”); hoặc đặt two_person = false "
            "trong mục [approval] nếu quy chế cho phép.",
        )


def _check_date(article: Article, today: date) -> None:
    until = article.revision.valid_until
    if until is not None and until < today:
        raise UserError(
            f"Bản tin {article.id} đã hết hạn ngày {until:%d/%m/%Y}.",
            f"Hãy sửa valid_until: broadcaster bulletin edit {article.id} TỆP.",
        )


def _check_residue(article: Article, approval: Approval) -> None:
    if approval.residue and not approval.accept_residue:
        listed = ", ".join(f"“{item}”" for item in approval.residue[:8])
        raise UserError(
            f"Bản tin {article.id} còn chỗ loa không đọc được: {listed}.",
            'Hãy sửa bài hoặc thêm cách đọc (broadcaster speech lexicon add "CHỮ" "cách đọc"); '
            "nếu vẫn muốn duyệt, thêm --accept-residue.",
        )
