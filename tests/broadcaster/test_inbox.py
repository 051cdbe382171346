"""News from the portal's feed: drafts for an editor, each once, whatever happens in between."""

from __future__ import annotations

from pathlib import Path

import pytest

from broadcaster import inbox
from broadcaster.app import App
from broadcaster.setup import make_home
from channels.portal.incoming import Entry
from content.bulletin import BulletinStatus
from content.errors import UserError
from tests.clocks import HandClock


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> App:
    monkeypatch.setenv("BROADCASTER_PORTAL__URL", "https://anbinh.vn/cchc")
    return make_home(tmp_path / "nhà", HandClock(), name="UBND xã An Bình", person="Lan")


def feed(monkeypatch: pytest.MonkeyPatch, *keys: str, link: str = "https://anbinh.vn/tin") -> None:
    entries = [Entry(key * 64, f"Tin {key}", f"Nội dung {key}.", f"{link}/{key}") for key in keys]
    monkeypatch.setattr(inbox, "fetch_feed", lambda *_, **__: entries)


def test_news_become_drafts_for_the_networks_with_the_pages_link(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed(monkeypatch, "a")
    (article,) = inbox.fetch(app, "https://anbinh.vn/rss", 10).added
    assert article.bulletin.status == BulletinStatus.DRAFT
    assert article.revision.channels == ["facebook", "zalo"]
    assert article.revision.link == "https://anbinh.vn/tin/a"
    assert article.revision.source_name == "anbinh.vn"


def test_the_same_entry_never_comes_twice(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    feed(monkeypatch, "a", "b", "a")
    assert len(inbox.fetch(app, "https://anbinh.vn/rss", 10).added) == 2
    feed(monkeypatch, "c", "a", "b")
    again = inbox.fetch(app, "https://anbinh.vn/rss", 10)
    assert [article.revision.title for article in again.added] == ["Tin c"]
    assert again.known == 2


def test_older_news_beyond_the_wanted_number_are_not_offered_again(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed(monkeypatch, "a", "b", "c")
    first = inbox.fetch(app, "https://anbinh.vn/rss", 1)
    assert (len(first.added), first.passed_over) == (1, 2)
    assert inbox.fetch(app, "https://anbinh.vn/rss", 1).added == []


def test_our_own_pages_do_not_come_back_as_news(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    feed(monkeypatch, "a", link="https://anbinh.vn/cchc")
    assert inbox.fetch(app, "https://anbinh.vn/rss", 10).added == []


def test_a_fetch_that_dies_half_way_leaves_nothing_and_can_be_repeated(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed(monkeypatch, "a", "b")
    real = inbox.library.add_bulletin

    def dying(session: object, station: int, draft: object, *rest: object) -> object:
        if getattr(draft, "title", "") == "Tin b":
            raise KeyboardInterrupt
        return real(session, station, draft, *rest)  # type: ignore[arg-type]

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(inbox.library, "add_bulletin", dying)
        inbox.fetch(app, "https://anbinh.vn/rss", 10)
    assert len(inbox.fetch(app, "https://anbinh.vn/rss", 10).added) == 2


def test_without_a_feed_it_says_where_to_name_one(app: App) -> None:
    with pytest.raises(UserError, match="nguồn tin"):
        inbox.fetch(app, None, 10)
