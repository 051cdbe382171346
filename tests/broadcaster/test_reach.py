"""How many the posts reached: asked of the networks a few times, recorded, and told in reports."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from broadcaster import reach
from broadcaster.alert_watch import reach_untold
from broadcaster.app import App, open_app
from broadcaster.queue import Lane
from broadcaster.reach import ReachChore
from broadcaster.records import Delivery
from broadcaster.records import DeliveryStatus as Status
from broadcaster.services import make_dispatcher
from tests.broadcaster.desks import Desk, StillClock, typed
from tests.clocks import HandClock
from tests.servers.facebook import PAGE, TOKEN, FacebookServer
from tests.servers.faulty import Fault
from tests.servers.zalo import APP_ID, APP_SECRET, OA_ID, REFRESH, ZaloServer

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
DAY = 86_400


@dataclass
class Station:
    """A station whose bulletin 1 stands on the page and the account."""

    desk: Desk
    app: App
    clock: HandClock
    facebook: FacebookServer
    zalo: ZaloServer

    def publish(self) -> None:
        at = StillClock.moment + timedelta(minutes=1)
        local = at.astimezone(self.app.zone).strftime("%Y-%m-%dT%H:%M")
        for channel in ("facebook", "zalo"):
            self.desk.ok("broadcast", "add", "1", "--channel", channel, "--at", local)
        self.forward(90)
        dispatcher = make_dispatcher(self.app)
        for lane in (Lane("facebook", "page"), Lane("zalo", "followers")):
            dispatcher.run_lane(replace(lane, ahead=True))
            dispatcher.run_lane(lane)

    def forward(self, seconds: float) -> None:
        self.clock.forward(seconds)
        StillClock.moment = self.clock.now()

    def look(self) -> None:
        """The daemon's chore, started long ago."""
        chore = ReachChore(self.app)
        chore._not_before = 0.0
        run(chore)
        chore.leave()

    def records(self, kind: str = "reach") -> list[dict[str, Any]]:
        return [one for one in self.desk.json("evidence", "list") if one["kind"] == kind]

    def figures(self, period: str = "2026") -> dict[str, Any]:
        report = self.desk.json("report", "--period", period)
        return {key: one["value"] for key, one in report["figures"].items()}

    def paper(self) -> str:
        found = self.desk.json("report", "--period", "2026", "--explain")
        return json.dumps(found, ensure_ascii=False)


def run(chore: ReachChore) -> None:
    chore.look()
    chore.aside.join(30)


@pytest.fixture
def station(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Station]:
    home = tmp_path / "nhà"
    with FacebookServer(now=NOW) as facebook, ZaloServer() as zalo:
        for name, value in {
            "HOME": str(home),
            "USER": "Lan",
            "RADIO__ENGINES": '["espeak"]',
            "FACEBOOK__MODE": "live",
            "FACEBOOK__PAGE_ID": PAGE,
            "FACEBOOK__PAGE_TOKEN": TOKEN,
            "FACEBOOK__API_URL": facebook.url,
            "FACEBOOK__TIMEOUT": "[5, 3]",
            "ZALO__MODE": "live",
            "ZALO__OA_ID": OA_ID,
            "ZALO__APP_ID": APP_ID,
            "ZALO__APP_SECRET": APP_SECRET,
            "ZALO__REFRESH_TOKEN": REFRESH,
            "ZALO__API_URL": zalo.url,
            "ZALO__TIMEOUT": "[5, 3]",
            "ZALO__OAUTH_URL": zalo.url,
            "ZALO__AUDIENCE": '["followers"]',
        }.items():
            monkeypatch.setenv(f"BROADCASTER_{name}", value)
        monkeypatch.setattr("broadcaster.app.SystemClock", StillClock)
        monkeypatch.setattr(StillClock, "moment", NOW, raising=False)
        desk = Desk(home, typed(capsys))
        desk.ok("init", "--name", "Ủy ban nhân dân xã An Bình")
        desk.ok("person", "add", "Minh", "--role", "approver")
        desk.approved("Giờ làm việc", "1")
        clock = HandClock(NOW)
        app = open_app(home, clock=clock, person="Lan")
        made = Station(desk, app, clock, facebook, zalo)
        made.publish()
        assert [len(facebook.posts), len(zalo.broadcasts)] == [1, 1]
        yield made
        app.close()


def test_the_networks_are_asked_a_few_times_and_each_answer_is_a_record(station: Station) -> None:
    station.look()
    assert station.records() == [], "the first day tells nothing yet"
    for days, expected in ((1.1, 2), (1, 2), (5, 4), (10, 4), (15, 6), (30, 6)):
        station.forward(days * DAY)
        station.look()
        station.look()
        assert len(station.records()) == expected, days
    one, other = station.records()[:2]
    sent = {r["channel"]: r for r in station.records("delivery") if r["outcome"] == "sent"}
    assert one["details"]["about"] == sent["facebook"]["seq"]
    assert one["details"]["figures"] == {"people": 210, "views": 340, "reactions": 9, "comments": 3}
    assert other["details"]["figures"] == {"views": 57, "shares": 4}
    assert one["permalink"] == sent["facebook"]["permalink"]
    assert one["outcome"] is None
    station.desk.ok("evidence", "verify")


def test_a_report_tells_the_last_figures_with_their_day_and_where_each_comes_from(
    station: Station,
) -> None:
    assert station.figures()["total.reach"] is None
    assert station.figures()["reach.silent"] == 2
    assert "chưa cung cấp số người tiếp cận" in station_text(station)
    station.forward(1.1 * DAY)
    station.look()
    station.facebook.posts[0].insights["post_total_media_view_unique"] = 305
    station.facebook.posts[0].shares = 2
    station.zalo.articles[0].views = "81"
    station.forward(7 * DAY)
    station.look()

    found = station.figures()
    assert [found["total.reach"], found["total.views"]] == [305, 340 + 81]
    assert found["total.reactions"] == 9 + 3 + 2 + 4
    assert found["reach.read"] == "2026-12-01"
    assert found["reach.silent"] == 0
    text = station_text(station)
    assert "số lượt người tiếp cận là 305" in text
    assert "được đọc ngày 01/12/2026" in text
    report = station.desk.json("report", "--period", "2026")
    looks = [one["seq"] for one in station.records()]
    assert report["figures"]["total.reach"]["evidence"] == [looks[2]]
    assert report["figures"]["total.views"]["evidence"] == looks[2:]
    by_channel = {one["key"]: one for one in report["by_channel"]}
    assert by_channel["zalo"]["views"] == 81
    assert by_channel["zalo"]["reach"] is None, "views are no persons"
    explained = {one["key"]: one for one in json.loads(station.paper())}
    assert explained["reach.facebook.people"]["evidence"] == [looks[2]]


def test_a_post_that_is_gone_keeps_its_last_figures_and_says_so(station: Station) -> None:
    station.forward(1.1 * DAY)
    station.look()
    station.facebook.posts.clear()
    station.zalo.articles.clear()
    station.forward(7 * DAY)
    station.look()
    assert [one["details"]["figures"] for one in station.records()[2:]] == [{}, {}]
    assert "có thể bài đã được gỡ" in station.records()[2]["details"]["remarks"][0]
    assert station.figures()["total.reach"] == 210
    assert station.figures()["reach.read"] == "2026-11-24"


def test_a_metric_that_facebook_took_away_costs_only_itself_and_is_asked_once(
    station: Station,
) -> None:
    station.facebook.knobs.dead_metrics |= {"post_media_view"}
    station.forward(1.1 * DAY)
    station.look()
    assert station.records()[0]["details"]["figures"] == {
        "people": 210, "reactions": 9, "comments": 3,
    }  # fmt: skip
    calls = station.facebook.count("insights")
    station.forward(7 * DAY)
    station.look()
    assert station.facebook.count("insights") == calls + 1
    assert all("post_impressions" not in address for address in station.facebook.addresses)


def test_a_missing_right_is_told_once_and_what_is_allowed_is_still_read(station: Station) -> None:
    station.facebook.knobs.no_right = {"insights", "comments"}
    station.facebook.posts[0].shares = 2
    station.forward(1.1 * DAY)
    station.look()
    assert station.records()[0]["details"]["figures"] == {"shares": 2}
    (told,) = reach_untold(station.app)
    assert "read_insights" in told.body
    station.forward(7 * DAY)
    station.look()
    assert reach_untold(station.app) == [told], "the same key: nobody hears it twice"
    station.facebook.knobs.no_right = set()
    station.desk.ok("evidence", "reach", "--period", "2026-11")
    assert reach_untold(station.app) == []


def test_without_any_right_the_page_is_left_alone_longer_and_longer(station: Station) -> None:
    station.facebook.knobs.no_right = {"insights", "comments", "shares"}
    asked = []
    for _ in range(40):
        station.forward(DAY)
        station.look()
        asked.append(station.facebook.count("insights"))
    assert 1 <= asked[-1] <= 6
    assert len(reach_untold(station.app)) == 1
    assert [one["channel"] for one in station.records()] == ["zalo"] * 3
    station.desk.ok("report", "--period", "2026")


@pytest.mark.parametrize("fault", [Fault.RATE_LIMIT, Fault.EXPIRED_TOKEN, Fault.TIMEOUT])
def test_a_network_that_refuses_now_is_asked_again_later(station: Station, fault: Fault) -> None:
    station.forward(1.1 * DAY)
    station.facebook.fault("insights", fault)
    # A token that is refused once is replaced; twice, a person must look.
    station.zalo.fault("getslice", fault, times=2 if fault is Fault.EXPIRED_TOKEN else 1)
    station.look()
    assert station.records() == []
    station.forward(1.1 * DAY)
    station.look()
    assert {one["channel"] for one in station.records()} == {"facebook", "zalo"}
    assert reach_untold(station.app) == []


@pytest.mark.parametrize(
    "place", ["broadcaster.evidence.append", "broadcaster.app.ArtefactStore.put"]
)
def test_a_power_cut_or_a_full_disk_loses_nothing_and_asks_again_later(
    station: Station, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    station.forward(1.1 * DAY)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    chore = ReachChore(station.app)
    chore._not_before = 0.0
    with monkeypatch.context() as patch:
        patch.setattr(place, full)
        run(chore)
        asked = len(station.facebook.calls)
        run(chore)
        assert len(station.facebook.calls) == asked, "not at once again"
    assert station.records() == []
    station.forward(3700)
    run(chore)
    assert {one["channel"] for one in station.records()} == {"facebook", "zalo"}
    station.desk.ok("evidence", "verify")


def test_nobody_is_asked_while_a_channel_has_something_to_send(station: Station) -> None:
    station.forward(1.1 * DAY)
    at = (station.clock.now() + timedelta(minutes=5)).astimezone(station.app.zone)
    station.desk.ok(
        "broadcast", "add", "1", "--channel", "facebook", "--at", f"{at:%Y-%m-%dT%H:%M}"
    )
    station.look()
    assert [one["channel"] for one in station.records()] == ["zalo"]


def test_what_a_sandbox_did_is_never_asked_about(station: Station) -> None:
    with station.app.database.writing() as session:
        row = session.get_one(Delivery, 1)
        copied = row.model_dump(exclude={"id"})
        session.add(Delivery(**{**copied, "broadcast_id": 2, "external_id": "sandbox"}))
    station.forward(1.1 * DAY)
    assert [one.sent.delivery for one in reach.due(station.app, "facebook")] == [1]
    assert row.status == Status.SENT


def test_no_setting_no_question(station: Station, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROADCASTER_EVIDENCE__REACH_DAYS", "[]")
    app = open_app(station.desk.home, clock=station.clock, person="Lan")
    station.forward(30 * DAY)
    assert reach.due(app, "facebook") == []
    app.close()


def test_the_newest_outputs_are_asked_about_once_more_before_a_quarter_ends(
    station: Station,
) -> None:
    station.forward(31 * DAY)  # 24/12
    station.look()
    station.publish()
    station.forward(2 * DAY)
    station.look()
    before = len(station.records())
    station.forward(5 * DAY - 3600)  # 31/12, not yet a week after it went out
    station.look()
    assert len(station.records()) == before + 2


def test_a_person_may_ask_now_and_sees_what_was_told(station: Station) -> None:
    station.facebook.posts[0].insights = {}
    shown = station.desk.ok("evidence", "reach", "--period", "2026-11")
    assert "57" in shown
    assert "–" in shown
    assert max(map(len, shown.splitlines())) <= 80
    found = station.desk.json("evidence", "reach", "--period", "2026-11")
    assert found["asked"] == 2
    assert "dưới 100 lượt thích" in found["told"][0]["remarks"][0]
    station.facebook.fault("insights", Fault.RATE_LIMIT)
    code, out, err = station.desk.call("evidence", "reach", "--period", "2026-11")
    assert code == 1
    assert "sau một giờ" in " ".join((out + err).split())
    assert "đăng lại" not in out + err


def test_records_hold_no_names_and_no_token(station: Station) -> None:
    station.forward(1.1 * DAY)
    station.look()
    kept = "".join(path.read_text(errors="replace") for path in answers(station))
    assert "MARKER" not in kept
    assert TOKEN not in json.dumps(station.records())
    assert TOKEN not in "".join(station.facebook.addresses)


def test_a_pack_shows_the_figures_with_their_output_and_not_as_evidence_of_their_own(
    station: Station, tmp_path: Path
) -> None:
    import zipfile

    station.forward(1.1 * DAY)
    station.look()
    target = tmp_path / "gói.zip"
    station.desk.ok("evidence", "export", "--period", "2026", "-o", target)
    with zipfile.ZipFile(target) as pack:
        index = pack.read("Danh-muc-tai-lieu-kiem-chung.html").decode()
        assert "210 người xem" in index
        assert "đọc ngày 24/11/2026" in index
        outcomes = [json.loads(pack.read(n)) for n in pack.namelist() if n.endswith("ket-qua.json")]
    assert len(outcomes) == 2
    assert {one["channel"]: one["reach"][-1]["figures"].get("views") for one in outcomes} == {
        "facebook": 340,
        "zalo": 57,
    }


def answers(station: Station) -> list[Path]:
    return [
        station.app.store.path(file["sha256"])
        for one in station.records()
        for file in one["artefacts"]
    ]


def station_text(station: Station) -> str:
    """The report as a person reads it."""
    from docx import Document

    path = station.desk.home.parent / "báo cáo.docx"
    station.desk.ok("report", "--period", "2026", "-o", path)
    return "\n".join(one.text for one in Document(str(path)).paragraphs)
