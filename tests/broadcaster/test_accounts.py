"""What a platform last said about the account stands in the pre-flight, with its time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from broadcaster import accounts
from broadcaster.accounts import Accounts, Planned
from broadcaster.alert_watch import accounts_off
from broadcaster.app import App, open_app
from broadcaster.preflight import check_bulletin
from broadcaster.setup import make_home
from channels.base import Health, Quota
from content.draft import BulletinDraft
from content.library import add_bulletin
from tests.channels_fake import FakeChannel
from tests.clocks import HandClock

TODAY = date(2026, 11, 23)
GOOD = Health("Gói dịch vụ", ok=True, message="Gói “Tăng trưởng”.", until=date(2026, 12, 31))


class Platform(FakeChannel):
    """A network that says what it is told to."""

    def __init__(self, name: str, targets: Sequence[str]) -> None:
        super().__init__(name, targets)
        self.lines: list[Health] = [GOOD]
        self.asked = 0

    def check(self) -> Sequence[Health]:
        self.asked += 1
        return self.lines


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    clock = HandClock(datetime(2026, 11, 23, 9, 0, tzinfo=UTC))
    home = tmp_path / "nhà"
    make_home(home, clock, name="UBND xã An Bình", parent="", place="An Bình", person="Lan").close()
    opened = open_app(home, clock=clock, person="Lan")
    opened.__dict__["channels"] = {
        "radio": FakeChannel("radio", ("một",)),
        "facebook": Platform("facebook", ("page",)),
        "zalo": Platform("zalo", ("followers", "recent")),
    }
    yield opened
    opened.close()


def zalo(app: App) -> Platform:
    found = app.channels["zalo"]
    assert isinstance(found, Platform)
    return found


def against(app: App, *planned: Planned) -> str:
    return " ".join(accounts.problems(app, "zalo", planned or [Planned("followers", TODAY)]))


def test_an_account_that_was_never_asked_about_is_a_finding(app: App) -> None:
    assert "broadcaster channel check zalo" in against(app)
    accounts.check(app, "zalo")
    assert against(app) == ""
    assert zalo(app).asked == 1


def test_a_refused_account_is_told_with_the_time_of_the_look(app: App) -> None:
    zalo(app).lines = [Health("Gói dịch vụ", ok=False, message="Gói “Cơ bản” không gửi được.")]
    accounts.check(app, "zalo")
    assert "Gói “Cơ bản” không gửi được (kiểm tra lúc 16:00 23/11)." in against(app)


def test_a_package_that_ends_before_the_day_is_told_and_not_one_that_ends_after(app: App) -> None:
    accounts.check(app, "zalo")
    assert against(app, Planned("followers", date(2026, 12, 31))) == ""
    late = against(app, Planned("followers", date(2027, 1, 4)))
    assert "hết hạn ngày 31/12/2026, trước buổi đăng 04/01/2027" in late


def test_what_ends_soon_does_not_stand_against_today(app: App) -> None:
    soon = Health("Mã", ok=False, message="sắp hết hạn", until=date(2026, 11, 25))
    zalo(app).lines = [soon]
    accounts.check(app, "zalo")
    assert against(app) == ""
    assert "25/11/2026" in against(app, Planned("followers", date(2026, 11, 26)))


def test_the_deliveries_of_a_week_are_held_against_the_quota_together(app: App) -> None:
    quota = Quota("recent", left=80, each=35)
    zalo(app).lines = [Health("Hạn mức", ok=True, message="Còn 80.", quota=quota)]
    accounts.check(app, "zalo")
    twice = [Planned("recent", TODAY)] * 2
    assert against(app, *twice, Planned("followers", TODAY)) == ""
    assert "còn 80 tin, các buổi đã xếp cần 105 tin" in against(app, *twice, twice[0])


def test_silence_of_the_platform_does_not_replace_what_is_known(app: App) -> None:
    accounts.check(app, "zalo")
    silent = Health("Zalo OA", ok=False, message="Chưa gọi được Zalo.", reached=False)
    zalo(app).lines = [silent]
    assert accounts.check(app, "zalo") == [silent]
    assert against(app) == ""


def test_what_was_said_long_ago_is_not_believed(app: App) -> None:
    accounts.check(app, "zalo")
    clock = app.clock
    assert isinstance(clock, HandClock)
    clock.forward(8 * 86_400)
    assert "đã lâu" in against(app)


@pytest.mark.parametrize("damage", [b"", b"[]", b'{"at": "x", "lines": []}', b"\xff{"])
def test_a_damaged_record_counts_as_none(app: App, damage: bytes) -> None:
    accounts.check(app, "zalo")
    (app.home / "state" / "account-zalo.json").write_bytes(damage)
    assert "Chưa biết" in against(app)


def test_a_sandbox_and_the_loudspeakers_have_no_account(app: App) -> None:
    zalo(app).simulated = True
    assert against(app) == ""
    assert accounts.problems(app, "radio", [Planned("một")]) == []


def test_a_preview_tells_it_beside_everything_else_and_asks_nobody(app: App) -> None:
    draft = BulletinDraft("Tin", "", channels=("zalo",))
    with app.database.writing() as session:
        number = add_bulletin(session, app.station_id, draft, app.media, "Lan", app.clock.now()).id
    found = [one.message for one in check_bulletin(app, number)["zalo"]]
    assert len(found) >= 2
    assert "Chưa biết tài khoản" in found[-1]
    assert zalo(app).asked == 0


def test_the_officers_are_told_what_the_networks_found_wrong(app: App) -> None:
    zalo(app).lines = [GOOD, Health("Hạn mức", ok=False, message="Còn 0/500 tin.")]
    accounts.check(app, "zalo")
    now = app.clock.now()
    (trouble,) = accounts_off(app, now)
    assert trouble.subject == "Tài khoản zalo: Hạn mức"
    assert "Còn 0/500 tin." in trouble.body
    assert accounts_off(app, now + timedelta(days=2)) == [], "an old answer is no news"


def test_the_daemon_asks_a_few_times_a_day(app: App) -> None:
    chore = Accounts(app)
    clock = app.clock
    assert isinstance(clock, HandClock)
    for _ in range(10):
        chore.look()
        chore.aside.join(10)
        clock.forward(3600)
    assert zalo(app).asked == 2
    assert accounts.standing(app, "facebook") is not None
    chore.leave()
