"""What strangers hand us, one function a kind: any bytes may come, only these errors may go."""

from __future__ import annotations

import io
import json
import tempfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any
from unittest import mock

import docx

from broadcaster.settings import load_settings
from channels import wire
from channels.base import (
    Channel,
    ChannelError,
    OutcomeUnknown,
    Outgoing,
    Sending,
    Sent,
    Target,
    TellsReach,
)
from channels.facebook import FacebookChannel
from channels.portal.incoming import read_feed
from channels.zalo import ZaloChannel
from channels.zalo_tokens import TokenPair
from content.errors import UserError
from content.reader import read_bulletin
from content.spoken import speak
from schedules.plan_reader.files import read_plan_bytes
from schedules.timeframe import PlanContext, read_timeframe
from tests.channels.rigs import MemoryStore, facebook_settings, zalo_settings
from tests.channels.support import NOON, HandClock, MemoryProgress
from tests.shared_data import PLANS

PERMITTED = (UserError, ChannelError, OutcomeUnknown)
SECONDS = 10.0
"""The longest that one input may take, on a busy machine."""

_CONTEXT = PlanContext(2026, date(2026, 1, 1), date(2026, 12, 31), date(2026, 1, 20))


def plan(data: bytes) -> None:
    """A plan, whatever it says it is; what was read keeps every task's words."""
    read = read_plan_bytes(data, "kế hoạch.txt")
    json.dumps(read.to_json(), ensure_ascii=False).encode()


def plan_in_word(data: bytes) -> None:
    """A .docx whose text part is `data`."""
    read_plan_bytes(_as_docx(data), "kế hoạch.docx")


def bulletin_markdown(data: bytes) -> None:
    _bulletin(data, "bài.md")


def bulletin_text(data: bytes) -> None:
    _bulletin(data, "bài.txt")


def bulletin_in_word(data: bytes) -> None:
    _bulletin(_as_docx(data), "bài.docx")


def timeframe(data: bytes) -> None:
    """Nothing is lost: the phrase as printed comes back."""
    text = data.decode("utf-8", "replace")
    found = read_timeframe(text, _CONTEXT)
    assert bool(found.text.split()) == bool(text.split())


def speech(data: bytes) -> None:
    """Never empty where there was a word."""
    text = data.decode("utf-8", "replace")
    spoken = speak(text)
    assert spoken.spoken.strip() or spoken.residue or not any(c.isalpha() for c in text)


def settings(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "broadcaster.toml").write_bytes(data)
        load_settings(Path(folder))


def feed(data: bytes) -> None:
    for entry in read_feed(data, "https://anbinh.example.vn/rss"):
        assert entry.title
        assert entry.body
        entry.body.encode()


def facebook_answer(data: bytes) -> None:
    """Every answer of the platform is these bytes; also to the look-back."""
    channel = FacebookChannel(facebook_settings("https://graph.example.vn/"), HandClock())
    _asked(channel, "page", data)


def zalo_answer(data: bytes) -> None:
    pair = TokenPair("accessMARKER", "refreshMARKER", NOON + timedelta(hours=20))
    store, lock = MemoryStore(pair), Path(tempfile.gettempdir()) / "zalo-fuzz.lock"
    chosen = zalo_settings("https://oa.example.vn/", audience=("followers", "recent"))
    for target in ("followers", "recent", "group:thon-1"):
        _asked(ZaloChannel(chosen, store, lock, HandClock()), target, data)


def zalo_token_answer(data: bytes) -> None:
    lock = Path(tempfile.gettempdir()) / "zalo-fuzz.lock"
    chosen = zalo_settings("https://oa.example.vn/")
    _asked(ZaloChannel(chosen, MemoryStore(), lock, HandClock()), "followers", data)


def facebook_reach(data: bytes) -> None:
    channel = FacebookChannel(facebook_settings("https://graph.example.vn/"), HandClock())
    _looked_at(channel, ("1029384756_0001", "1029384756"), data)


def zalo_reach(data: bytes) -> None:
    pair = TokenPair("accessMARKER", "refreshMARKER", NOON + timedelta(hours=20))
    store, lock = MemoryStore(pair), Path(tempfile.gettempdir()) / "zalo-fuzz.lock"
    chosen = zalo_settings("https://oa.example.vn/")
    _looked_at(ZaloChannel(chosen, store, lock, HandClock()), ("a",), data)


TARGETS: Mapping[str, Callable[[bytes], None]] = {
    function.__name__: function
    for function in (
        plan, plan_in_word, bulletin_markdown, bulletin_text, bulletin_in_word, timeframe,
        speech, settings, feed, facebook_answer, zalo_answer, zalo_token_answer,
        facebook_reach, zalo_reach,
    )
}  # fmt: skip


def seeds(target: str) -> Sequence[bytes]:
    """Whole and right inputs, from which others are made."""
    if target == "plan":
        return [*_plans(), _as_docx(_word(_plans()[0].decode()))]
    if target in ("timeframe", "speech"):  # phrases and paragraphs
        return [line for text in _plans() for line in text.splitlines() if line.strip()]
    if target == "plan_in_word":
        return [_word(text.decode()) for text in _plans()[:2]]
    if target == "bulletin_in_word":
        return [_word("Giờ làm việc\n\nMời bà con tới bộ phận một cửa.")]
    if target.startswith("bulletin"):
        folder = files("broadcaster.samples") / "bulletins"
        return [one.read_bytes() for one in folder.iterdir() if one.name.endswith((".md", ".txt"))]
    return [seed.encode() for seed in _SEEDS[target]]


_SEEDS: Mapping[str, Sequence[str]] = {
    "settings": (
        '[station]\nname = "Xã An Bình"\ntimezone = "Asia/Ho_Chi_Minh"\n[broadcast]\n'
        'quiet_hours = ["21:00-05:00"]\nretry = [30, 120]\n[radio.zones.thon-1]\n'
        'outputs = ["file:air"]\n[clock]\nntp = ["pool.ntp.org"]\n',
    ),
    "feed": (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>Tin</title>'
        "<item><title>Một cửa</title><link>https://a.vn/1</link><guid>1</guid>"
        "<description>&lt;p&gt;Bà con &lt;b&gt;lưu ý&lt;/b&gt;&lt;/p&gt;</description></item>"
        "</channel></rss>",
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>Tin</title><entry><id>1</id>'
        '<title>Một cửa</title><content type="html">&lt;table&gt;&lt;tr&gt;&lt;td&gt;1'
        "</content></entry></feed>",
    ),
    "facebook_answer": (
        '{"id": "1029384756_0001", "permalink_url": "https://www.facebook.com/1/posts/1"}',
        '{"error": {"message": "x", "code": 190, "error_subcode": 463, "is_transient": false}}',
        '{"data": [{"id": "1_2", "message": "BT1.1-1", "created_time": '
        '"2026-11-23T05:00:00+0000"}], "paging": {"cursors": {"after": "2"}, "next": "x"}}',
    ),
    "zalo_answer": (
        '{"error": 0, "message": "Success", "data": {"token": "t", "id": "a", "message_id": "m", '
        '"medias": [{"id": "a", "title": "Tin"}], "total": 1, "users": [{"user_id": "1"}]}}',
        '{"error": -216, "message": "Access token is invalid"}',
    ),
    "zalo_token_answer": (
        '{"access_token": "a", "refresh_token": "b", "expires_in": "90000"}',
        '{"error": -14020, "error_name": "Invalid refresh token"}',
    ),
    "facebook_reach": (
        '{"data": [{"name": "post_media_view", "values": [{"value": 12}]}, {"name": '
        '"post_reactions_by_type_total", "values": [{"value": {"like": 3, "love": "1"}}]}], '
        '"comments": {"data": [], "summary": {"total_count": 2}}, "shares": {"count": 1}}',
        '{"error": {"message": "(#100) The value must be a valid insights metric", "code": 100}}',
        '{"error": {"message": "x", "code": 10}}',
    ),
    "zalo_reach": (
        '{"error": 0, "data": {"medias": [{"id": "a", "total_view": 12, "total_share": "3"}]}}',
        '{"error": -216, "message": "Access token is invalid"}',
    ),
}


def _plans() -> list[bytes]:
    sample = files("broadcaster.samples") / "ke-hoach-tuyen-truyen-cchc-2026.md"
    return [sample.read_bytes(), *(path.read_bytes() for path in sorted(PLANS.glob("*.txt")))]


def _word(text: str) -> bytes:
    """The text part of a Word document."""
    document, out = docx.Document(), io.BytesIO()
    for line in text.splitlines()[:80]:
        document.add_paragraph(line)
    table = document.add_table(rows=1, cols=2)
    table.rows[0].cells[0].text = "Nội dung"
    document.save(out)
    with zipfile.ZipFile(out) as archive:
        return archive.read("word/document.xml")


def _as_docx(part: bytes) -> bytes:
    template, out = io.BytesIO(), io.BytesIO()
    docx.Document().save(template)
    with zipfile.ZipFile(template) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            new.writestr(name, part if name == "word/document.xml" else old.read(name))
    return out.getvalue()


def _bulletin(data: bytes, name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        draft = read_bulletin(path)
    assert draft.title
    draft.body.encode()


def _looked_at(channel: TellsReach, numbers: Sequence[str], data: bytes) -> None:
    """What is told is a whole number that JSON and a report can carry, or nothing."""
    sent = [Sent(1, "page", number, {}) for number in numbers]
    with mock.patch.object(wire, "call", _answering(data)):
        try:
            found = list(channel.reach_of(sent))
        except PERMITTED:
            return
    for told in found:
        for figure in (told.people, told.views, told.reactions, told.comments, told.shares):
            assert figure is None or 0 <= figure < 2**53


def _answering(data: bytes) -> Callable[..., wire.Answer]:
    def answered(*_: Any, **__: Any) -> wire.Answer:
        return wire.Answer(200, {"content-type": "application/json"}, data)

    return answered


def _asked(channel: Channel, target: str, data: bytes) -> None:
    outgoing = Outgoing(1, 1, "Tin", "Mời bà con.", "UBND xã An Bình", "BT1.1-1")
    prepared = channel.prepare(outgoing)
    progress = MemoryProgress()
    sending = Sending(Target(channel.name, target), "BT1.1-1", NOON - timedelta(seconds=1),
                      NOON + timedelta(hours=1), NOON, progress)  # fmt: skip

    with mock.patch.object(wire, "call", _answering(data)):
        for act in (channel.deliver, channel.find):
            try:
                act(prepared, sending)
            except PERMITTED:
                continue
