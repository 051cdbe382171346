"""A picture or a recording that is not the approved one any more never goes out."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from broadcaster import evidence
from broadcaster.records import DeliveryStatus as Status
from content.draft import BulletinDraft
from content.library import add_bulletin
from tests.broadcaster.conftest import Bench

KINDS = [("image", ".jpg", "ảnh"), ("recording", ".mp3", "bản ghi âm")]


def kept(bench: Bench, suffix: str, data: bytes = b"as approved") -> Path:
    path = bench.home / "media" / (hashlib.sha256(data).hexdigest() + suffix)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(("kind", "suffix", "label"), KINDS)
def test_a_file_changed_after_approval_is_refused_with_its_mend(
    bench: Bench, kind: str, suffix: str, label: str
) -> None:
    path = kept(bench, suffix)
    delivery = bench.plan(**{kind: path.name})  # type: ignore[arg-type]
    path.write_bytes(b"something else")
    bench.dispatcher().run_lane(bench.ahead)
    row = bench.again(delivery)
    assert row.status == Status.FAILED
    assert label in (row.reason or "")
    assert f"bulletin edit {row.bulletin_id}" in (row.reason or "")
    assert bench.channel.outside == []
    with bench.database.reading() as session:
        last = list(evidence.records(session, bench.station.id or 0))[-1]
    assert evidence.to_json(last)["outcome"] == "failed"


def test_a_file_changed_after_it_was_made_ready_is_refused_too(bench: Bench) -> None:
    path = kept(bench, ".jpg")
    delivery = bench.plan(image=path.name)
    bench.dispatcher().run_lane(bench.ahead)
    assert bench.again(delivery).status == Status.READY
    path.write_bytes(b"something else")
    bench.dispatcher().run_lane(bench.lane)
    assert bench.again(delivery).status == Status.FAILED
    assert bench.channel.outside == []


@pytest.mark.parametrize("image", ["https://xa.vn/a.jpg", "unchanged", "missing"])
def test_what_is_as_approved_or_for_the_channel_to_judge_is_not_refused(
    bench: Bench, image: str
) -> None:
    if image == "unchanged":
        image = kept(bench, ".jpg").name
    elif image == "missing":
        image = "0" * 64 + ".jpg"
    delivery = bench.plan(image=image)
    bench.dispatcher().run_lane(bench.ahead)
    bench.dispatcher().run_lane(bench.lane)
    assert bench.again(delivery).status == Status.SENT


def test_giving_the_same_file_again_mends_the_spoilt_copy(bench: Bench, tmp_path: Path) -> None:
    source = tmp_path / "ảnh.jpg"
    source.write_bytes(b"as approved")
    path = kept(bench, ".jpg")
    path.write_bytes(b"something else")
    with bench.database.writing() as session:
        draft = BulletinDraft("Tin", "Nội dung.", image=source)
        station = bench.station.id or 0
        add_bulletin(session, station, draft, path.parent, "Lan", bench.clock.now())
    assert path.read_bytes() == b"as approved"
