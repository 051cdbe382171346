"""Posters, leaflets and banners of approved bulletins."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from broadcaster.app import App
from channels.print_sheets import MOST_LINK, Form, PrintSheet, pdf
from content.bulletin import BulletinStatus
from content.errors import UserError
from content.files import write_for_user
from content.library import get_article
from content.workflow import STATUS_LABELS


@dataclass(frozen=True, slots=True)
class Wish:
    """What the person wants printed."""

    form: Form
    paper: str = "a4"
    link: str | None = None
    """Instead of the bulletin's own."""
    slogan: str | None = None


def make(app: App, bulletin_id: int, wish: Wish, output: Path) -> PrintSheet:
    """Write the PDF. Raises UserError: not approved, a bad link, a file that cannot be written."""
    with app.database.reading() as session:
        article = get_article(session, app.station_id, bulletin_id)
    status = BulletinStatus(article.bulletin.status)
    if status is not BulletinStatus.APPROVED:
        raise UserError(
            f"Bản tin {bulletin_id} đang là {STATUS_LABELS[status]}, chưa được in.",
            f"Hãy trình và duyệt trước: broadcaster bulletin submit {bulletin_id}.",
        )
    sheet = PrintSheet(
        wish.form,
        app.station.name,
        article.revision.title,
        article.revision.body,
        _link(wish.link if wish.link is not None else article.revision.link or ""),
        wish.slogan or "",
        "Tuyên truyền cải cách hành chính",
        _paper(wish.paper),
    )
    write_for_user(output, pdf(sheet))
    return sheet


def _paper(name: str) -> str:
    if name.lower() not in ("a4", "a3"):
        raise UserError(f"Không có khổ giấy “{name}”.", "Hãy chọn a4 hoặc a3.")
    return name.lower()


def _link(link: str) -> str:
    if not link:
        return ""
    if len(link) > MOST_LINK:
        raise UserError("Đường dẫn quá dài cho mã QR.", "Hãy dùng đường dẫn rút gọn.")
    try:
        parts = urlsplit(link)
        good = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        good = False
    if not good:
        raise UserError(f"“{link}” không phải địa chỉ trang mạng.", "Hãy ghi như https://….")
    return link
