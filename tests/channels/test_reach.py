"""What the platforms tell of an output: read tolerantly, never guessed, never written to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.base import ChannelError, Sent, TellsReach, whole_number
from channels.facebook import FacebookChannel
from channels.zalo import ZaloChannel
from tests.channels.rigs import (
    FACEBOOK_SECRET,
    MARKER,
    RIGS,
    MemoryStore,
    facebook_settings,
    zalo_settings,
)
from tests.channels.support import HandClock
from tests.servers.facebook import PAGE, FacebookServer, Post, Video
from tests.servers.zalo import Article, ZaloServer

TELLING = {"facebook", "zalo"}


@pytest.fixture
def page() -> Iterator[tuple[FacebookServer, FacebookChannel]]:
    clock = Ticking()
    with FacebookServer(app_secret=FACEBOOK_SECRET, now=clock.now()) as server:
        for number in range(3):
            server.posts.append(Post(f"{PAGE}_{number}", "Tin", None, [], clock.now()))
        yield server, FacebookChannel(facebook_settings(server.url), clock)


@pytest.fixture
def account(tmp_path: Path) -> Iterator[tuple[ZaloServer, ZaloChannel]]:
    with ZaloServer() as server:
        for number in range(25):
            server.articles.append(Article(f"a{number}", f"t{number}", {"title": f"Bài {number}"}))
        settings = zalo_settings(server.url)
        yield server, ZaloChannel(settings, MemoryStore(), tmp_path / "zalo.lock", HandClock())


class Ticking(HandClock):
    """Like a real clock, it never says the same twice."""

    def now(self) -> datetime:
        self.moment += timedelta(microseconds=1)
        return self.moment


def sent(number: int, external_id: str, **details: Any) -> Sent:
    return Sent(number, "page", external_id, details)


@pytest.mark.parametrize("name", RIGS)
def test_only_the_live_networks_tell_how_many_they_reached(name: str, tmp_path: Path) -> None:
    with RIGS[name](tmp_path) as rig:
        assert isinstance(rig.channel, TellsReach) == (name in TELLING)


def test_each_post_is_told_and_one_that_is_gone_does_not_hold_up_the_others(
    page: tuple[FacebookServer, FacebookChannel],
) -> None:
    server, channel = page
    asked = [sent(1, f"{PAGE}_0"), sent(2, f"{PAGE}_99"), sent(3, f"{PAGE}_2")]
    one, gone, other = channel.reach_of(asked)
    assert one.figures() == other.figures() != {}
    assert gone.figures() == {}
    assert gone.remarks
    assert {call.method for call in server.calls} == {"GET"}


def test_a_video_is_told_by_the_names_that_facebook_uses_for_it(
    page: tuple[FacebookServer, FacebookChannel],
) -> None:
    server, channel = page
    server.videos.append(Video("555", 3, b"abc", finished=1))
    (told,) = channel.reach_of([sent(1, "555")])
    assert told.views == 95
    assert told.people is None, "no name for it was in the answer"


@pytest.mark.parametrize("value", ["12", 12])
@pytest.mark.parametrize("other", ["nhiều", -1, True, 1.5, [], None])
def test_what_is_no_number_is_not_told(
    page: tuple[FacebookServer, FacebookChannel], value: object, other: object
) -> None:
    server, channel = page
    server.posts[0].insights = {
        "post_total_media_view_unique": value,
        "post_media_view": other,
        "post_reactions_by_type_total": {"like": 1, "love": other},
    }
    (told,) = channel.reach_of([sent(1, f"{PAGE}_0")])
    assert [told.people, told.views, told.reactions] == [12, None, None]


def test_answers_are_kept_without_token_and_names(
    page: tuple[FacebookServer, FacebookChannel],
) -> None:
    _, channel = page
    (told,) = channel.reach_of([sent(1, f"{PAGE}_0")])
    (answer,) = told.artefacts
    assert MARKER not in answer.read().decode()
    assert json.loads(answer.read())["insights"]["post_media_view"] == 340


def test_articles_are_found_ten_a_call_and_the_list_is_read_no_further_than_needed(
    account: tuple[ZaloServer, ZaloChannel],
) -> None:
    server, channel = account
    server.articles[24].views = None
    server.articles[24].shares = None
    asked = [sent(1, "broadcast1", article_id="a24"), sent(2, "broadcast2", article_id="a12")]
    silent, told = sorted(channel.reach_of(asked), key=lambda one: one.delivery)
    assert told.figures() == {"views": 57, "shares": 4}
    assert silent.figures() == {}
    assert "không cho biết" in silent.remarks[0]
    assert server.count("getslice") == 2


def test_an_article_that_is_in_no_list_is_told_as_gone(
    account: tuple[ZaloServer, ZaloChannel],
) -> None:
    server, channel = account
    (gone,) = channel.reach_of([sent(1, "broadcast1", article_id="không có")])
    assert gone.figures() == {}
    assert "đã được gỡ" in gone.remarks[0]
    assert server.count("getslice") == 3


def test_zalo_tells_nothing_of_groups_and_contacts(
    account: tuple[ZaloServer, ZaloChannel],
) -> None:
    _, channel = account
    assert channel.tells_reach("followers")
    assert not channel.tells_reach("group:1")
    assert not channel.tells_reach("recent")


def test_without_any_right_the_look_says_which_is_missing(
    page: tuple[FacebookServer, FacebookChannel],
) -> None:
    server, channel = page
    server.knobs.no_right = {"insights", "comments", "shares"}
    with pytest.raises(ChannelError, match="read_insights"):
        list(channel.reach_of([sent(1, f"{PAGE}_0")]))


@given(st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary()))
def test_a_count_is_a_whole_number_or_nothing(value: object) -> None:
    read = whole_number(value)
    assert read is None or (read >= 0 and str(read) == (str(value).lstrip("0") or "0"))
