"""All problems of all channels at once, long before air time; nothing is sent to find them."""

from __future__ import annotations

from pathlib import Path

from tests.broadcaster.desks import Desk

LONG = "chữ " * 20_000


def broken(desk: Desk) -> str:
    picture = desk.home.parent / "ảnh.jpg"
    picture.write_bytes(b"\xff\xd8\xff\xe0 khong phai anh")
    text = (
        f"---\ntitle: Bài dài\nchannels: [facebook, zalo, portal]\nimage: {picture}\n---\n{LONG}\n"
    )
    return desk.file("bài dài.md", text)


def test_a_preview_without_a_channel_lists_every_channels_problems(desk: Desk) -> None:
    number = desk.json("bulletin", "add", broken(desk))["id"]
    found = desk.json("bulletin", "preview", str(number))
    assert [(one["channel"], one["bulletin"]) for one in found] == [
        ("facebook", number),
        ("facebook", number),
        ("portal", number),
    ]
    said = " ".join(one["message"] for one in found)
    assert "63206" in said
    assert said.count(".jpg”") == 2
    assert not (desk.home / "sandbox").exists()


def test_a_good_bulletin_is_said_to_be_good_on_each_of_its_channels(desk: Desk) -> None:
    text = "---\ntitle: Ngắn\nchannels: [radio, facebook]\n---\nNội dung ngắn.\n"
    number = desk.json("bulletin", "add", desk.file("a.md", text))["id"]
    out = desk.ok("bulletin", "preview", str(number))
    assert "✓ radio" in out
    assert "✓ facebook" in out
    assert "zalo" not in out


def test_building_a_week_names_what_the_networks_would_refuse_and_when(desk: Desk) -> None:
    desk.approved_text(Path(broken(desk)).read_text(encoding="utf-8"))
    desk.ok("slot", "add", "--channel", "facebook", "--at", "18:00")
    desk.ok("slot", "add", "--channel", "zalo", "--at", "23:00")
    built = desk.json("schedule", "build", "--week", "next")
    text = "\n".join(built["problems"])
    assert "kênh facebook: Bài đăng Facebook dài" in text
    assert "kênh zalo: Lúc 23:00" in text
    assert "lỡ giờ" in text
