"""Alerts: each thing once, kept until the officers have it, never in the way of dispatch."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from pytest_httpserver import HTTPServer

from broadcaster import alerts
from broadcaster.alert_routes import Item, Mail, Message, NotDelivered, Webhook, routes_of
from broadcaster.alert_watch import Watch, alarms, deliveries
from broadcaster.alerts import Sender, Trouble
from broadcaster.app import App
from broadcaster.delivery import Outcome, move
from broadcaster.records import DeliveryStatus as Status
from broadcaster.settings import AlertsSection, Settings
from channels.base import Finding, FindingKind
from tests.broadcaster.conftest import Bench
from tests.broadcaster.test_backups import damage, station
from tests.clocks import HandClock

PASSWORD = "mat-khau-rat-bi-mat"
SMUGGLED = "Lỡ giờ: radio\nBcc: ai@do.vn"
ITEM = Item("missed:1", SMUGGLED, "“Tiêm chủng”: mất điện.", HandClock().now())
MESSAGE = Message("UBND xã An Bình", [ITEM], HandClock().now())


@dataclass
class Box:
    """What a mail server has taken, and how it misbehaves."""

    mails: list[EmailMessage] = field(default_factory=list)
    answer: str = "250 OK"
    users: list[str] = field(default_factory=list)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        if self.answer.startswith("250"):
            self.mails.append(message_from_bytes(envelope.content, policy=policy.default))  # type: ignore[arg-type]
        return self.answer

    def authenticate(self, _s: Any, _session: Any, _e: Any, _m: str, data: Any) -> AuthResult:
        self.users.append(data.login.decode())
        return AuthResult(success=data.password.decode() == PASSWORD)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        [
            *[
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-days",
                "30",
                "-subj",
                "/CN=localhost",
            ],
            *("-addext", "subjectAltName=DNS:localhost"),
            *("-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")),
        ],
        check=True,
        capture_output=True,
    )
    return folder


@pytest.fixture
def box() -> Box:
    return Box()


def served(box: Box, **options: Any) -> Controller:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return Controller(box, hostname="127.0.0.1", port=port, **options)


@pytest.fixture
def plain(box: Box) -> Iterator[AlertsSection]:
    """A mail server without TLS or password."""
    controller = served(box)
    controller.start()
    yield AlertsSection(
        to=["canbo@xa.vn"],
        smtp_host="127.0.0.1",
        smtp_port=controller.port,
        smtp_security="none",
    )
    controller.stop()


def test_a_mail_arrives_in_vietnamese_and_no_header_is_smuggled(
    box: Box, plain: AlertsSection
) -> None:
    Mail(plain).send(MESSAGE)
    (mail,) = box.mails
    assert mail["Subject"] == "[Đài truyền thanh] Lỡ giờ: radio Bcc: ai@do.vn"
    assert mail["Bcc"] is None
    assert mail["To"] == "canbo@xa.vn"
    assert "Tiêm chủng" in mail.get_content()


def test_the_same_alerts_carry_the_same_message_id(box: Box, plain: AlertsSection) -> None:
    Mail(plain).send(MESSAGE)
    Mail(plain).send(MESSAGE)
    first, second = (mail["Message-ID"] for mail in box.mails)
    assert first == second


@pytest.mark.parametrize("answer", ["451 busy", "554 no", "421 bye"])
def test_a_refusal_is_told_without_a_traceback(box: Box, plain: AlertsSection, answer: str) -> None:
    box.answer = answer
    with pytest.raises(NotDelivered, match=answer[:3]):
        Mail(plain).send(MESSAGE)


@pytest.mark.parametrize("password", [PASSWORD, "sai"])
def test_a_password_goes_only_through_tls(
    box: Box, certificate: Path, monkeypatch: pytest.MonkeyPatch, password: str
) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    trusting = ssl.create_default_context(cafile=str(certificate / "cert.pem"))
    monkeypatch.setattr(ssl, "create_default_context", lambda: trusting)
    controller = served(
        box, tls_context=context, require_starttls=True, authenticator=box.authenticate
    )
    controller.start()
    chosen = AlertsSection(
        to=["canbo@xa.vn"],
        smtp_host="localhost",
        smtp_port=controller.port,
        smtp_user="dai@xa.vn",
        smtp_password=password,  # type: ignore[arg-type]
    )
    try:
        if password == PASSWORD:
            Mail(chosen).send(MESSAGE)
            assert len(box.mails) == 1
        else:
            with pytest.raises(NotDelivered, match="mật khẩu"):
                Mail(chosen).send(MESSAGE)
    finally:
        controller.stop()
    assert box.users == ["dai@xa.vn"]


def test_a_server_whose_certificate_is_not_trusted_gets_nothing(
    box: Box, certificate: Path
) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    controller = served(box, tls_context=context)
    controller.start()
    chosen = AlertsSection(to=["a@b.vn"], smtp_host="localhost", smtp_port=controller.port)
    try:
        with pytest.raises(NotDelivered):
            Mail(chosen).send(MESSAGE)
    finally:
        controller.stop()
    assert box.mails == []


def test_a_password_without_tls_is_refused_in_the_settings() -> None:
    with pytest.raises(ValueError, match="smtp_security"):
        AlertsSection(smtp_password=PASSWORD, smtp_security="none")  # type: ignore[arg-type]


def test_nobody_listening_is_told() -> None:
    chosen = AlertsSection(to=["a@b.vn"], smtp_host="127.0.0.1", smtp_port=1)
    with pytest.raises(NotDelivered, match="không gửi được"):
        Mail(chosen).send(MESSAGE)


def test_a_webhook_gets_json_and_a_key_that_tells_repeats(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/moc", method="POST").respond_with_data("", status=204)
    Webhook(httpserver.url_for("/moc"), HandClock()).send(MESSAGE)
    request = httpserver.log[0][0]
    assert request.headers["Idempotency-Key"] == MESSAGE.identity
    assert request.get_json()["alerts"][0]["key"] == "missed:1"


@pytest.mark.parametrize("status", [301, 400, 500])
def test_a_webhook_that_refuses_is_told_without_its_address(
    httpserver: HTTPServer, status: int
) -> None:
    httpserver.expect_request("/khoa-bi-mat").respond_with_data("", status=status)
    with pytest.raises(NotDelivered, match=str(status)) as caught:
        Webhook(httpserver.url_for("/khoa-bi-mat"), HandClock()).send(MESSAGE)
    assert "khoa-bi-mat" not in str(caught.value)
    with pytest.raises(NotDelivered) as caught:
        Webhook("http://127.0.0.1:1/khoa-bi-mat", HandClock()).send(MESSAGE)
    assert "khoa-bi-mat" not in str(caught.value)


# Once, and until it is there


class FakeRoute:
    """Takes messages, or not."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.fails = False
        self.dies = False

    def send(self, message: Message) -> None:
        if self.fails:
            raise NotDelivered("không có mạng")
        self.messages.append(message)
        if self.dies:
            raise KeyboardInterrupt

    @property
    def keys(self) -> list[str]:
        return [item.key for message in self.messages for item in message.items]


@pytest.fixture
def route() -> FakeRoute:
    return FakeRoute()


@pytest.fixture
def sender(bench: Bench, route: FakeRoute) -> Sender:
    settings = Settings(alerts={"gap": 10})  # type: ignore[arg-type]
    return Sender(bench.database, 1, "UBND xã", settings, bench.clock, {"mail": route})


def tell(bench: Bench, *keys: str) -> None:
    troubles = [Trouble(key, f"Việc {key}", "") for key in keys]
    alerts.raise_alerts(bench.database, 1, ["mail"], troubles, bench.clock.now())


def test_the_same_thing_is_told_once(bench: Bench, sender: Sender, route: FakeRoute) -> None:
    for _ in range(5):
        tell(bench, "missed:1")
        sender.look()
        bench.clock.forward(3600)
    assert route.keys == ["missed:1"]


def test_without_internet_it_waits_and_goes_once_when_it_is_back(
    bench: Bench, sender: Sender, route: FakeRoute
) -> None:
    route.fails = True
    tell(bench, "missed:1")
    for _ in range(100):
        sender.look()
        bench.clock.forward(300)
    with bench.database.reading() as session:
        (row,) = alerts.waiting(session, 1)
    assert row.trouble == "không có mạng"
    assert 5 < row.tries < 20  # doubled waits, up to an hour
    route.fails = False
    bench.clock.forward(3600)
    for _ in range(5):
        sender.look()
        bench.clock.forward(3600)
    assert route.keys == ["missed:1"]


def test_what_comes_meanwhile_goes_together(bench: Bench, sender: Sender, route: FakeRoute) -> None:
    tell(bench, "a")
    sender.look()
    for key in "bcdef":
        tell(bench, key)
        sender.look()
        bench.clock.forward(60)
    bench.clock.forward(600)
    sender.look()
    assert [len(message.items) for message in route.messages] == [1, 5]
    assert "và 4 việc khác" in route.messages[1].subject


def test_a_crash_after_the_message_left_repeats_it_under_the_same_identity(
    bench: Bench, sender: Sender, route: FakeRoute
) -> None:
    tell(bench, "a")
    route.dies = True
    with pytest.raises(KeyboardInterrupt):
        sender.look()
    route.dies = False
    sender.look()
    assert len(route.messages) == 1  # the try was written down before: not at once again
    bench.clock.forward(120)
    sender.look()
    bench.clock.forward(7200)
    sender.look()
    assert len(route.messages) == 2
    assert route.messages[0].identity == route.messages[1].identity


def test_old_news_is_given_up_and_later_forgotten(
    bench: Bench, sender: Sender, route: FakeRoute
) -> None:
    route.fails = True
    tell(bench, "a")
    bench.clock.forward(8 * 86_400)
    sender.look()
    route.fails = False
    bench.clock.forward(86_400)
    sender.look()
    assert route.messages == []
    bench.clock.forward(100 * 86_400)
    alerts.forget_old(bench.database, 1, bench.clock.now())
    with bench.database.reading() as session:
        assert alerts.listed(session, 1) == []


# What is told


@pytest.fixture
def app(bench: Bench) -> Iterator[App]:
    made = App(bench.home, Settings(clock={"ntp": [], "web": []}), bench.clock, "Lan")  # type: ignore[arg-type]
    yield made
    made.close()


def keys(bench: Bench, app: App) -> list[str]:
    with bench.database.reading() as session:
        return [trouble.key for trouble in deliveries(session, app, bench.clock.now())]


@pytest.mark.parametrize("status", [Status.MISSED, Status.FAILED, Status.UNKNOWN])
def test_what_went_wrong_is_told_with_its_mend(bench: Bench, app: App, status: Status) -> None:
    delivery = bench.plan()
    with bench.database.writing() as session:
        move(session, delivery, status, Outcome("mất điện"), bench.clock.now())
    with bench.database.reading() as session:
        (trouble,) = deliveries(session, app, bench.clock.now())
    assert trouble.key == f"{status}:{delivery.id}"
    assert "mất điện" in trouble.body
    assert "broadcaster broadcast" in trouble.body


def test_what_is_late_is_at_risk_and_what_is_on_its_way_is_not(bench: Bench, app: App) -> None:
    delivery = bench.plan()
    assert keys(bench, app) == []
    bench.clock.forward(300)
    assert keys(bench, app) == [f"risk:{delivery.id}"]
    for lane in (bench.ahead, bench.lane):
        bench.dispatcher().run_lane(lane)
    assert keys(bench, app) == []


def test_what_the_station_heard_of_its_own_air_is_told_once(bench: Bench, app: App) -> None:
    finding = Finding(
        FindingKind.ALARM, "thon-1", bench.clock.now(), "Loa có tiếng ngoài khung giờ"
    )
    bench.dispatcher().found(finding, "radio")
    with bench.database.reading() as session:
        (trouble,) = alarms(session, app, bench.clock.now())
        later = alarms(session, app, bench.clock.now() + timedelta(days=2))
    assert trouble.key == "alarm:1"
    assert "ngoài khung giờ" in trouble.body
    assert later == []


def test_old_misfortunes_bring_no_flood(bench: Bench, app: App) -> None:
    delivery = bench.plan()
    with bench.database.writing() as session:
        move(session, delivery, Status.FAILED, Outcome("x"), bench.clock.now())
    bench.clock.forward(3 * 86_400)
    assert keys(bench, app) == []


def test_the_watch_raises_and_the_sender_sends(
    bench: Bench, app: App, sender: Sender, route: FakeRoute, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shutil

    usage = shutil._ntuple_diskusage(10 << 30, 0, 1 << 20)  # type: ignore[attr-defined]
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    watch = Watch(app, ["mail"], {"backup": lambda: "ổ USB hỏng"}, died=True)
    for _ in range(3):
        watch.look()
        sender.look()
        bench.clock.forward(30)
    assert [key.split(":")[0] for key in route.keys] == ["died", "backup", "disk"]


def test_without_a_route_nothing_is_kept(bench: Bench, app: App) -> None:
    Watch(app, [], {"backup": lambda: "hỏng"}, died=True).look()
    with bench.database.reading() as session:
        assert alerts.listed(session, 1) == []


# The command line and the real daemon


def mail_environment(monkeypatch: pytest.MonkeyPatch, plain: AlertsSection) -> None:
    for name, value in (
        ("TO", json.dumps(list(plain.to))),
        ("SMTP_HOST", plain.smtp_host),
        ("SMTP_PORT", str(plain.smtp_port)),
        ("SMTP_SECURITY", "none"),
        ("GAP", "0"),
    ):
        monkeypatch.setenv(f"BROADCASTER_ALERTS__{name}", value)


def test_alert_test_sends_and_says_so(
    bench: Bench, box: Box, plain: AlertsSection, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "smtp_host" in station(bench.home, "alert", "test", code=1).stderr
    mail_environment(monkeypatch, plain)
    assert json.loads(station(bench.home, "alert", "test", "--json").stdout)[0]["ok"]
    assert len(box.mails) == 1
    box.answer = "554 no"
    assert "554" in station(bench.home, "alert", "test", code=1).stdout
    assert station(bench.home, "alert", "list", "--json").stdout.strip() == "[]"


def test_a_damaged_database_is_shouted_once_a_day(
    bench: Bench, box: Box, plain: AlertsSection, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.database.close()
    damage(bench.home / "broadcaster.db")
    mail_environment(monkeypatch, plain)
    for _ in range(3):
        station(bench.home, "run", code=1)
    assert len(box.mails) == 1
    assert "Cơ sở dữ liệu bị hỏng" in box.mails[0]["Subject"]


def test_the_secrets_are_hidden_and_known_to_the_redactor(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BROADCASTER_ALERTS__SMTP_PASSWORD", PASSWORD)
    settings = Settings()
    assert PASSWORD in settings.secrets()
    assert PASSWORD not in repr(settings)
    assert routes_of(settings, bench.clock) == {}


def test_a_killed_daemon_is_told_by_the_next_one(
    tmp_path: Path, box: Box, plain: AlertsSection
) -> None:
    from tests.faults.station import Station, wait_for

    chosen = {
        "alerts__to": json.dumps(list(plain.to)),
        "alerts__smtp_host": "127.0.0.1",
        "alerts__smtp_port": str(plain.smtp_port),
        "alerts__smtp_security": "none",
        "backup__every": "0",
        "clock__ntp": "[]",
        "clock__web": "[]",
        "health__listen": "",
    }
    with Station(tmp_path / "nhà", **chosen) as real:
        real.set_up()
        real.start()
        wait_for(lambda: "daemon.started" in real.said(), 30, "the daemon")
        real.kill()
        assert box.mails == []
        real.start()
        wait_for(lambda: bool(box.mails), 60, "the mail")
        assert real.stop() == 0
        assert "dừng đột ngột" in box.mails[0]["Subject"]
        real.start()
        wait_for(lambda: real.said().count("daemon.started") == 3, 30, "the third start")
        assert real.stop() == 0
    assert len(box.mails) == 1
