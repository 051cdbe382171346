"""Bulletin files in Markdown and plain text become drafts, or one error with every problem."""

from __future__ import annotations

import struct
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from content.bulletin import Priority
from content.draft import clean_line, clean_text
from content.errors import Problem, UserError
from content.legacy_text import find_legacy_text, find_lost_letters
from content.reader import (
    BODY_LIMIT,
    BulletinDraft,
    content_sha256,
    draft_to_front_matter,
    read_bulletin,
    split_title,
)

CHANNELS = ("radio", "facebook", "zalo", "portal")
PNG = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13)


def write(folder: Path, text: str, name: str = "tin.md") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def problems_of(path: Path) -> list[Problem]:
    with pytest.raises(UserError) as caught:
        read_bulletin(path, CHANNELS)
    problems = list(caught.value.problems)
    assert all(problem.file == str(path) for problem in problems)
    return problems


def test_every_field_is_read(tmp_path: Path) -> None:
    (tmp_path / "anh.png").write_bytes(PNG)
    path = write(
        tmp_path,
        "---\n"
        "title: 'Lịch làm việc:  bộ phận một cửa'\n"
        "topic: tthc\n"
        "task: 1.10\n"
        "channels: Radio, zalo, radio\n"
        "priority: ưu tiên\n"
        "valid_from: 2026-01-05\n"
        "valid_until: 31/12/2026\n"
        "image: anh.png\n"
        "link: https://dichvucong.gov.vn/\n"
        "---\n\n"
        "Bà con **lưu ý**.\r\n\r\n- Sáng\n- Chiều\n\n",
    )
    assert read_bulletin(path, CHANNELS) == BulletinDraft(
        title="Lịch làm việc: bộ phận một cửa",
        body="Bà con **lưu ý**.\n\n- Sáng\n- Chiều",
        topic="tthc",
        task="1.10",
        channels=("radio", "zalo"),
        priority=Priority.PRIORITY,
        valid_from=date(2026, 1, 5),
        valid_until=date(2026, 12, 31),
        image=tmp_path / "anh.png",
        link="https://dichvucong.gov.vn/",
        source_name="tin.md",
    )


def test_a_title_alone_is_enough(tmp_path: Path) -> None:
    draft = read_bulletin(write(tmp_path, "---\ntitle: 2026\n---\nNội dung."), CHANNELS)
    assert draft == BulletinDraft("2026", "Nội dung.", source_name="tin.md")


def test_values_stay_as_written(tmp_path: Path) -> None:
    text = (
        "---\ntitle: no\ntask: 010\ntopic: 1e3\nchannels: [radio, facebook]\nlink: ~\n---\nNội dung"
    )
    draft = read_bulletin(write(tmp_path, text), CHANNELS)
    assert (draft.title, draft.task, draft.topic, draft.link) == ("no", "010", "1e3", None)
    assert draft.channels == ("radio", "facebook")


@pytest.mark.parametrize(
    ("text", "title", "body"),
    [
        ("# Giờ làm việc\n\nSáng 7 giờ.", "Giờ làm việc", "Sáng 7 giờ."),
        ("\n\n## **Giờ** làm việc ##\nSáng.", "Giờ làm việc", "Sáng."),
        ("Giờ làm việc\nSáng.", "Giờ làm việc", "Sáng."),
        ("Giờ làm việc\n============\n\nSáng.", "Giờ làm việc", "Sáng."),
        (
            "Kính thưa bà con\n\n# Giờ làm việc\n\nSáng.",
            "Giờ làm việc",
            "Kính thưa bà con\n\nSáng.",
        ),
        ("Giờ làm việc\n\n## Sáng\n7 giờ\n## Chiều\n13 giờ", "Giờ làm việc", None),
        ("Giờ làm việc\n\n# Sáng\n7 giờ\n# Chiều\n13 giờ", "Giờ làm việc", None),
        ("Giờ làm việc\n\n```\n# mã\n```", "Giờ làm việc", None),
        ("| a | b |\n| --- | --- |\n\nGiờ làm việc\n\nSáng.", "Giờ làm việc", None),
        ("#hashtag không phải đề mục\nSáng.", "#hashtag không phải đề mục", "Sáng."),
    ],
)
def test_without_front_matter_the_title_is_found(text: str, title: str, body: str | None) -> None:
    found, rest = split_title(clean_text(text))
    assert found == title
    assert rest if body is None else rest == body


@pytest.mark.parametrize(
    "word",
    ["normal", "thông thường", "Priority", "ƯU TIÊN", "emergency", "khẩn cấp", "Khẩn cấp"],
)
def test_priorities_are_known_in_both_languages(tmp_path: Path, word: str) -> None:
    draft = read_bulletin(write(tmp_path, f"---\ntitle: A\npriority: {word}\n---\nB"))
    expected = {"n": "normal", "t": "normal", "p": "priority", "ư": "priority"}
    assert draft.priority == expected.get(word[0].lower(), "emergency")


def test_all_mistakes_come_at_once_in_order_of_lines(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "\n---\n"  # line 2
        "titel: Nhầm khóa\n"
        "kênh: radio\n"
        "channels: [radio, facebok, loa]\n"
        "priority: gấp\n"
        "valid_from: 2026-02-30\n"
        "valid_until: 1/13/2026\n"
        "image: không-có.jpg\n"
        "link: dichvucong.gov.vn\n"
        "topic: {a: b}\n"
        "task: [1, 2]\n"
        "link: https://a.vn\n"
        "---\n\n",
    )
    problems = problems_of(path)
    assert [problem.line for problem in problems] == [
        2,
        3,
        4,
        5,
        5,
        6,
        7,
        8,
        9,
        10,
        11,
        12,
        13,
        None,
    ]
    texts = [str(problem) for problem in problems]
    assert "Thiếu tiêu đề" in texts[0]
    assert "title: …" in texts[0]
    assert "“title”" in texts[1]
    assert "“channels”" in texts[2]
    assert "“facebook”" in texts[3]
    assert "radio, facebook, zalo, portal" in texts[4]
    assert "khẩn cấp" in texts[5]
    assert "31/12/2026" in texts[6]
    assert "hai lần" in texts[12]
    assert "không có nội dung" in texts[13]


def test_an_end_before_the_start_is_refused(tmp_path: Path) -> None:
    text = "---\ntitle: A\nvalid_from: 02/03/2026\nvalid_until: 2026-03-01\n---\nB"
    (problem,) = problems_of(write(tmp_path, text))
    assert problem.line == 4
    assert "01/03/2026 trước ngày bắt đầu 02/03/2026" in problem.message


@pytest.mark.parametrize(
    ("head", "line", "words"),
    [
        ("title: Giờ làm việc: sáng", 2, "YAML"),
        ("title: A\ntask: 'thiếu nháy\nlink: x", 3, "YAML"),
        ("title: A\nchannels: [radio", 3, "YAML"),
        ("title: A\n\ttask: 1", 3, "YAML"),
        ("chỉ có chữ", 2, "khóa: giá trị"),
        ("title: " + "[" * 3000, 1, "quá nhiều tầng"),
        ("title:", 2, "để trống"),
        ("topic: tthc", 1, "Thiếu tiêu đề"),
        ("", 1, "Thiếu tiêu đề"),
        ("title: A\nlink: '" + "x" * 30_000 + "'", 1, "quá dài"),
    ],
)
def test_a_broken_front_matter_names_its_line(
    tmp_path: Path, head: str, line: int, words: str
) -> None:
    (problem,) = problems_of(write(tmp_path, f"---\n{head}\n---\nNội dung"))
    assert problem.line == line
    assert words in str(problem)


def test_a_front_matter_never_closed_says_so(tmp_path: Path) -> None:
    (problem,) = problems_of(write(tmp_path, "---\ntitle: A\n\nNội dung"))
    assert "không đóng" in problem.message


def test_yaml_tags_and_aliases_do_nothing(tmp_path: Path) -> None:
    text = "---\ntitle: !!python/object/apply:os.system ['true']\ntopic: &a x\ntask: *a\n---\nB"
    problems = problems_of(write(tmp_path, text))
    assert [problem.line for problem in problems] == [2]


def test_an_image_must_be_a_picture_or_an_https_address(tmp_path: Path) -> None:
    (tmp_path / "gia.jpg").write_text("không phải ảnh", encoding="utf-8")
    (tmp_path / "thư mục").mkdir()
    (tmp_path / "anh  đẹp.JPG").write_bytes(b"\xff\xd8\xff\xe0")

    def with_image(image: str) -> Path:
        return write(tmp_path, f"---\ntitle: A\nimage: {image}\n---\nB")

    for image in (
        "gia.jpg",
        "thư mục",
        "không có.png",
        "http://a.vn/a.png",
        "ftp://a/b",
        "https://",
    ):
        (problem,) = problems_of(with_image(image))
        assert problem.line == 3
    assert read_bulletin(with_image("https://a.vn/a.png")).image == "https://a.vn/a.png"
    assert read_bulletin(with_image("anh  đẹp.JPG")).image == tmp_path / "anh  đẹp.JPG"


@pytest.mark.parametrize(
    "link", ["a.vn", "ftp://a.vn", "https://", "http://[", "javascript:alert(1)", "https://a b.vn"]
)
def test_a_link_must_be_a_web_address(tmp_path: Path, link: str) -> None:
    (problem,) = problems_of(write(tmp_path, f"---\ntitle: A\nlink: '{link}'\n---\nB"))
    assert "Liên kết" in problem.message


def test_plain_text_has_its_title_on_the_first_line(tmp_path: Path) -> None:
    path = write(tmp_path, "\n\n Giờ làm việc \n\nSáng 7 giờ.\n", "tin.TXT")
    assert read_bulletin(path) == BulletinDraft(
        "Giờ làm việc", "Sáng 7 giờ.", source_name="tin.TXT"
    )


def test_plain_text_with_front_matter_is_read_as_markdown(tmp_path: Path) -> None:
    path = write(tmp_path, "---\ntitle: A\ntopic: tthc\n---\nB", "tin.txt")
    assert read_bulletin(path).topic == "tthc"


@pytest.mark.parametrize("name", ["tin.md", "tin.txt"])
@pytest.mark.parametrize(("text", "count"), [(" \n\t\n", 2), ("# Chỉ tiêu đề\n", 1)])
def test_a_file_without_title_or_body_is_refused(
    tmp_path: Path, name: str, text: str, count: int
) -> None:
    problems = problems_of(write(tmp_path, text, name))
    assert len(problems) == count
    assert "nội dung" in str(problems[-1])


def test_too_long_a_body_is_refused_with_the_limit_named(tmp_path: Path) -> None:
    (problem,) = problems_of(write(tmp_path, "# A\n\n" + "chữ " * 50_000))
    assert str(BODY_LIMIT) in problem.message
    assert len(read_bulletin(write(tmp_path, "# A\n\n" + "x" * BODY_LIMIT)).body) == BODY_LIMIT


@pytest.mark.parametrize("line", ["# " + " " * 200_000 + "x", "*" * 200_000, "a?" * 200_000])
def test_odd_giant_lines_are_refused_quickly(tmp_path: Path, line: str) -> None:
    assert problems_of(write(tmp_path, line))


def test_a_paragraph_as_title_is_refused(tmp_path: Path) -> None:
    (problem,) = problems_of(write(tmp_path, "chữ " * 100 + "\nNội dung"))
    assert "Tiêu đề quá dài" in problem.message


def test_control_and_invisible_characters_are_dropped(tmp_path: Path) -> None:
    draft = read_bulletin(write(tmp_path, "---\ntitle: A\x07B\u200b\n---\nC\x1b[31mD\u202eE\x0bF"))
    assert (draft.title, draft.body) == ("AB", "C[31mDE\nF")


@pytest.mark.parametrize("suffix", [".doc", ".pdf", ".rtf", ".odt", ".html"])
def test_other_formats_are_refused_with_the_mend(tmp_path: Path, suffix: str) -> None:
    (problem,) = problems_of(write(tmp_path, "chữ", f"tin{suffix}"))
    assert ".docx" in problem.mend


def test_folders_and_unknown_kinds_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path, write(tmp_path, "a", "tin"), write(tmp_path, "a", "tin.xyz")):
        assert len(problems_of(path)) == 1


def test_the_hash_covers_what_goes_out_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(PNG)
    (tmp_path / "b.png").write_bytes(PNG)
    base = BulletinDraft("A", "B", image=tmp_path / "a.png", link="https://a.vn")
    same = BulletinDraft("A", "B", image=tmp_path / "b.png", link="https://a.vn", topic="tthc")
    assert base.sha256 == same.sha256
    (tmp_path / "b.png").write_bytes(PNG + b"x")
    assert base.sha256 != same.sha256
    different = {content_sha256(*what) for what in _variants()}
    assert len(different) == len(_variants())


def test_a_recording_and_a_relay_belong_to_what_goes_out(tmp_path: Path) -> None:
    (tmp_path / "đọc.mp3").write_bytes(b"ID3" + bytes(20))
    text = "---\ntitle: A\nrecording: đọc.mp3\nrelay: https://vov.example.vn/vov1\n---\nB"
    draft = read_bulletin(write(tmp_path, text))
    assert draft.recording == tmp_path / "đọc.mp3"
    assert draft.relay == "https://vov.example.vn/vov1"
    plain = replace(draft, recording=None, relay=None)
    hashes = {replace(plain, relay=draft.relay).sha256, plain.sha256, draft.sha256}
    assert len(hashes) == 3


@pytest.mark.parametrize("content", [b"MZ\x90", b"", b"#EXTM3U\n"])
def test_a_recording_must_be_a_sound_file(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "đọc.mp3").write_bytes(content)
    file = write(tmp_path, "---\ntitle: A\nrecording: đọc.mp3\n---\nB")
    (problem,) = problems_of(file)
    assert "không phải tệp âm thanh" in problem.message
    assert problem.line == 3


def _variants() -> list[tuple[str, str, str | None, str | None]]:
    return [
        ("A", "B", None, None),
        ("AB", "", None, None),
        ("A", "B", "https://a.vn", None),
        ("A", "B", None, "https://a.vn"),
    ]


def test_the_hash_is_that_of_the_canonical_json() -> None:
    # printf '{"body":"B","image":null,"link":null,"title":"Ạ"}' | sha256sum
    expected = "0a2a4e346dbd0dad4eb6f2c5f14a120b382e5ab7d0bfcb934c39c46730019f46"
    assert BulletinDraft("Ạ", "B").sha256 == expected


lines_of_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)
drafts = st.builds(
    BulletinDraft,
    title=lines_of_text.map(clean_line),
    body=st.lists(lines_of_text, max_size=6).map("\n".join).map(clean_text),
    topic=st.none() | st.sampled_from(["tthc", "no", "1e3", "~", "2026-01-01", "#a", "- b"]),
    task=st.none() | lines_of_text.map(lambda text: clean_line(text) or None),
    channels=st.lists(st.sampled_from(CHANNELS), unique=True).map(tuple),
    priority=st.sampled_from(Priority),
    valid_from=st.none() | st.dates(max_value=date(2026, 6, 30), min_value=date(1900, 1, 1)),
    valid_until=st.none() | st.dates(min_value=date(2026, 6, 30)),
    image=st.none() | st.just("https://xa.vn/ảnh.png?x=1&y='2'#z"),
    link=st.none() | st.just('http://xa.vn:8080/"a":b'),
    source_name=st.just("tin.md"),
)


@given(drafts)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_draft_written_out_reads_back_the_same(tmp_path: Path, draft: BulletinDraft) -> None:
    assume(draft.title and draft.body)
    written = draft_to_front_matter(draft)
    assume(not find_legacy_text(written) and not find_lost_letters(written))
    again = read_bulletin(write(tmp_path, written), CHANNELS)
    assert again == draft
    assert again.sha256 == draft.sha256


@given(st.text(max_size=200), st.booleans())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_is_read_or_refused_clearly(tmp_path: Path, text: str, fenced: bool) -> None:
    assume(not any("\ud800" <= letter <= "\udfff" for letter in text))
    path = write(tmp_path, f"---\n{text}\n---\nB" if fenced else text)
    try:
        draft = read_bulletin(path, CHANNELS)
    except UserError as error:
        draft = None
        said = str(error)
    assert (draft.title and draft.body) if draft else str(path) in said


def test_a_local_image_survives_the_way_out_and_back(tmp_path: Path) -> None:
    (tmp_path / "ảnh bìa.png").write_bytes(PNG)
    draft = BulletinDraft("A", "B", image=tmp_path / "ảnh bìa.png", source_name="tin.md")
    assert read_bulletin(write(tmp_path, draft_to_front_matter(draft))) == draft
