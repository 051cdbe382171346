"""News of the portal's own feed as draft bulletins, each once, for an editor to submit."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from sqlmodel import Session, select

from broadcaster.app import App
from broadcaster.portal_first import CARRIERS
from broadcaster.records import FeedEntry
from channels.plain_text import shorten
from channels.portal.incoming import Entry, fetch_feed
from content import library
from content.draft import BulletinDraft, clean_line, clean_text
from content.errors import UserError
from content.library import Article
from content.people import Role, require_role
from content.reader import BODY_LIMIT, TITLE_LIMIT


@dataclass(slots=True)
class Fetched:
    """What a look at a feed brought."""

    address: str
    added: list[Article] = field(default_factory=list)
    passed_over: int = 0
    """New entries beyond the wanted number; they are not offered again."""
    known: int = 0
    """Entries seen before, and pages that this program published itself."""


def fetch(app: App, address: str | None, most: int) -> Fetched:
    """Look at the feed and keep at most `most` new entries as drafts, the newest ones.

    All in one transaction: an entry is noted and in the library, or neither. Raises UserError.
    """
    address = address or app.settings.portal.feed
    if not address:
        raise UserError(
            "Chưa biết nguồn tin của cổng.",
            "Hãy đặt feed trong mục [portal], hoặc ghi địa chỉ sau lệnh.",
        )
    with app.database.reading() as session:
        require_role(session, app.station_id, app.person, Role.EDITOR)
    allow = {host.lower() for host in app.settings.portal.allow_hosts}
    entries = fetch_feed(address, app.clock, allow=allow)
    fetched = Fetched(address)
    with app.database.writing() as session:
        seen = _seen(app, session)
        for entry in entries:
            if entry.key in seen or _is_own(app, entry):
                fetched.known += 1
            else:
                seen.add(entry.key)
                _keep(app, session, entry, fetched, wanted=len(fetched.added) < most)
    return fetched


def _seen(app: App, session: Session) -> set[str]:
    query = select(FeedEntry.key).where(FeedEntry.station_id == app.station_id)
    return set(session.exec(query).all())


def _keep(app: App, session: Session, entry: Entry, fetched: Fetched, *, wanted: bool) -> None:
    article = None
    if wanted:
        draft = _draft(entry, fetched.address)
        article = library.add_bulletin(
            session, app.station_id, draft, app.media, app.person, app.clock.now()
        )
        fetched.added.append(article)
    else:
        fetched.passed_over += 1
    session.add(_note(app, entry, article))


def _draft(entry: Entry, address: str) -> BulletinDraft:
    """For Facebook and Zalo, with the portal's own page as its link."""
    return BulletinDraft(
        title=shorten(clean_line(entry.title), TITLE_LIMIT),
        body=shorten(clean_text(entry.body), BODY_LIMIT),
        channels=CARRIERS,
        link=entry.link,
        source_name=urlsplit(address).hostname,
    )


def _note(app: App, entry: Entry, article: Article | None) -> FeedEntry:
    return FeedEntry(
        station_id=app.station_id,
        key=entry.key,
        title=entry.title[:TITLE_LIMIT],
        bulletin_id=article.id if article else None,
        seen_at=app.clock.now(),
    )


def _is_own(app: App, entry: Entry) -> bool:
    own = app.settings.portal.url.rstrip("/")
    return bool(own) and entry.link is not None and entry.link.startswith(f"{own}/")
