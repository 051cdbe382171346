"""What machines see: health, metrics, and the signs of life that systemd waits for."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from broadcaster.app import App
from broadcaster.health import HealthServer
from broadcaster.health_chore import Health
from broadcaster.pulse import Pulse
from broadcaster.service_manager import ServiceManager
from broadcaster.settings import Settings
from tests.broadcaster.conftest import Bench
from tests.faults.station import Station, wait_for


@pytest.fixture
def app(bench: Bench) -> Iterator[App]:
    made = App(bench.home, Settings(health={"listen": "127.0.0.1:0"}), bench.clock, "Lan")  # type: ignore[arg-type]
    yield made
    made.close()


@pytest.fixture
def pulse(bench: Bench) -> Pulse:
    return Pulse(bench.clock, ServiceManager({}))


@pytest.fixture
def server(app: App, pulse: Pulse) -> Iterator[HealthServer]:
    made = HealthServer(app, pulse)
    made.start()
    yield made
    made.stop()


def get(server: HealthServer, path: str) -> requests.Response:
    return requests.get(f"http://127.0.0.1:{server.port}{path}", timeout=5)


def test_it_is_well_while_the_loop_goes_round(
    bench: Bench, server: HealthServer, pulse: Pulse
) -> None:
    assert get(server, "/health").status_code == 503
    pulse.beat()
    answer = get(server, "/health")
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")
    bench.clock.forward(60)
    answer = get(server, "/health")
    assert (answer.status_code, answer.json()["status"]) == (503, "stuck")


def test_the_metrics_are_prometheus_and_tell_the_queue(bench: Bench, server: HealthServer) -> None:
    bench.plan()
    families = {
        family.name: family
        for family in text_string_to_metric_families(get(server, "/metrics").text)
    }
    counts = {s.labels["status"]: s.value for s in families["broadcaster_deliveries"].samples}
    assert (counts["planned"], counts["sent"]) == (1, 0)
    assert families["broadcaster_disk_free_bytes"].samples[0].value > 0


def test_a_thousand_questions_cost_one_look(
    server: HealthServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from broadcaster import health

    looks: list[int] = []
    look = health._look
    monkeypatch.setattr(health, "_look", lambda app: looks.append(1) or look(app))
    for _ in range(30):
        get(server, "/metrics")
    assert len(looks) == 1


def test_other_paths_and_verbs_are_refused(server: HealthServer) -> None:
    assert get(server, "/").status_code == 404
    assert get(server, "/../vault.key").status_code == 404
    url = f"http://127.0.0.1:{server.port}/health"
    assert requests.post(url, data="x", timeout=5).status_code == 501


def test_a_broken_database_is_an_answer_not_an_end(
    server: HealthServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from broadcaster import health

    def broken(_app: App) -> None:
        raise RuntimeError("database disk image is malformed")

    monkeypatch.setattr(health, "_look", broken)
    assert get(server, "/metrics").status_code == 503
    assert get(server, "/nothing").status_code == 404


def test_a_client_that_says_nothing_is_left(server: HealthServer, pulse: Pulse) -> None:
    pulse.beat()
    with socket.create_connection(("127.0.0.1", server.port)):
        assert get(server, "/health").status_code == 200


def test_a_taken_port_is_no_reason_not_to_play(bench: Bench, pulse: Pulse) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        listen = {"listen": f"127.0.0.1:{other.getsockname()[1]}"}
        app = App(bench.home, Settings(health=listen), bench.clock, "Lan")  # type: ignore[arg-type]
        chore = Health(app, pulse)
        chore.look()
        assert chore._server is None
    chore.look()
    assert chore._server is not None
    chore.leave()
    app.close()


# systemd


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[tuple[socket.socket, dict[str, str]]]:
    """The service manager's end of sd_notify."""
    path = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
        end.bind(str(path))
        end.settimeout(5)
        yield end, {"NOTIFY_SOCKET": str(path), "WATCHDOG_USEC": "30000000"}


def heard(end: socket.socket) -> list[str]:
    end.setblocking(False)
    found = []
    try:
        while True:
            found.append(end.recv(512).decode())
    except BlockingIOError:
        return found


def test_signs_of_life_come_three_times_a_period(
    bench: Bench, manager: tuple[socket.socket, dict[str, str]]
) -> None:
    end, environment = manager
    pulse = Pulse(bench.clock, ServiceManager(environment))
    pulse.started()
    for _ in range(120):
        bench.clock.forward(0.25)
        pulse.beat()
    pulse.ending()
    said = heard(end)
    assert said[0] == "WATCHDOG=1"
    assert said[1].startswith("READY=1")
    assert said.count("WATCHDOG=1") == 4
    assert said[-1] == "STOPPING=1"


def test_a_watchdog_for_another_process_is_not_ours(
    manager: tuple[socket.socket, dict[str, str]],
) -> None:
    end, environment = manager
    ServiceManager({**environment, "WATCHDOG_PID": "1"}).alive(0.0)
    assert heard(end) == []


def test_nobody_listening_is_no_trouble(tmp_path: Path) -> None:
    ServiceManager({}).ready()
    ServiceManager({"NOTIFY_SOCKET": str(tmp_path / "gone")}).ready()


def test_the_real_daemon_tells_systemd_and_answers_on_its_port(
    tmp_path: Path, manager: tuple[socket.socket, dict[str, str]]
) -> None:
    end, environment = manager
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with Station(
        tmp_path / "nhà",
        health__listen=f"127.0.0.1:{port}",
        backup__every="0",
        clock__ntp="[]",
        clock__web="[]",
    ) as real:
        real.set_up()
        real.environment |= {**environment, "WATCHDOG_USEC": "900000"}
        real.start()
        end.settimeout(30)
        said = [end.recv(512).decode() for _ in range(6)]
        assert any(text.startswith("READY=1") for text in said)
        assert said.count("WATCHDOG=1") >= 4
        wait_for(lambda: "health.listening" in real.said(), 20, "the port")
        answer = requests.get(f"http://127.0.0.1:{port}/health", timeout=5)
        assert (answer.status_code, answer.json()["status"]) == (200, "ok")
        assert real.stop() == 0
        assert "STOPPING=1" in heard(end)
    assert os.environ.get("NOTIFY_SOCKET") is None
