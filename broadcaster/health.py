"""How the daemon is, for machines: /health (JSON) and /metrics (Prometheus) on loopback.

One request at a time, answered from a copy that is at most a few seconds old: whoever asks a
thousand times a second costs the player nothing. Counts only; no title, name or secret.
"""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import urlsplit

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector
from sqlmodel import col, func, select

from broadcaster import alerts, backups, evidence, verified
from broadcaster.app import App
from broadcaster.delivery import OPEN
from broadcaster.logs import get_logger
from broadcaster.pulse import Pulse
from broadcaster.records import Delivery
from broadcaster.records import DeliveryStatus as Status
from content.errors import UserError

log = get_logger(__name__)

_FRESH_SECONDS = 5.0
_REQUEST_SECONDS = 2.0
_OVERDUE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Vitals:
    """The station in numbers."""

    deliveries: dict[str, int]
    overdue: int
    alerts_waiting: int
    evidence_records: int
    last_evidence: datetime | None
    disk_free: int
    last_backup: datetime | None
    last_verified: datetime | None


class HealthServer:
    """Answers in a thread of its own until it is stopped."""

    def __init__(self, app: App, pulse: Pulse) -> None:
        self._app = app
        self._pulse = pulse
        self._seen: Vitals | None = None
        self._seen_at = float("-inf")
        self._registry = CollectorRegistry()
        self._registry.register(_Vitals(self))
        self._server = _listen(app.settings.health.listen, self)
        self._thread = threading.Thread(
            target=self._server.serve_forever, name="health", daemon=True
        )

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        if self._thread.is_alive():
            self._server.shutdown()
        self._server.server_close()

    def vitals(self) -> Vitals:
        """As they were a few seconds ago at most."""
        now = self._app.clock.monotonic()
        if self._seen is None or now - self._seen_at > _FRESH_SECONDS:
            self._seen, self._seen_at = _look(self._app), now
        return self._seen

    def beat_age(self) -> float:
        """Seconds since the daemon's loop last went round; infinite before it did."""
        age = self._pulse.age
        return float("inf") if age is None else age

    def health(self) -> tuple[int, dict[str, object]]:
        """The HTTP status and what is told: 200 while the loop goes round, 503 otherwise."""
        well = self._pulse.is_well
        age = self._pulse.age
        table: dict[str, object] = {
            "status": "ok" if well else "stuck",
            "version": backups.program_version(),
            "beat_age_seconds": None if age is None else round(age, 2),
        }
        if well:
            seen = self.vitals()
            table |= {"overdue": seen.overdue, "unknown": seen.deliveries.get(Status.UNKNOWN, 0)}
        return (200 if well else 503), table

    def metrics(self) -> bytes:
        """Prometheus' text format."""
        return generate_latest(self._registry)


class _Vitals(Collector):
    """Turns the vitals into Prometheus' families when they are asked for."""

    def __init__(self, server: HealthServer) -> None:
        self._server = server

    def describe(self) -> Iterator[Metric]:
        """Nothing is known before the first question."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        seen = self._server.vitals()
        info = {"version": backups.program_version()}
        yield InfoMetricFamily("broadcaster", "The program", value=info)
        family = GaugeMetricFamily("broadcaster_deliveries", "By status", labels=["status"])
        for status in Status:
            family.add_metric([str(status)], seen.deliveries.get(status, 0))
        yield family
        for name, text, value in (
            (
                "loop_beat_age_seconds",
                "Since the daemon's loop went round",
                self._server.beat_age(),
            ),
            ("overdue", "Deliveries that should have gone out", seen.overdue),
            ("alerts_waiting", "Alerts that nobody has got yet", seen.alerts_waiting),
            ("evidence_records", "Links of the chain", seen.evidence_records),
            ("last_evidence_timestamp_seconds", "Newest link", _stamp(seen.last_evidence)),
            ("disk_free_bytes", "On the home's disk", seen.disk_free),
            ("last_backup_timestamp_seconds", "Automatic backup", _stamp(seen.last_backup)),
            ("last_verified_timestamp_seconds", "Ledger walked", _stamp(seen.last_verified)),
        ):
            yield GaugeMetricFamily(f"broadcaster_{name}", text, value=value)


def _stamp(moment: datetime | None) -> float:
    return moment.timestamp() if moment is not None else 0.0


def _look(app: App) -> Vitals:
    now, mine = app.clock.now(), Delivery.station_id == app.station_id
    late = (
        col(Delivery.status).in_(OPEN),
        col(Delivery.scheduled_at) < now - _OVERDUE,
        col(Delivery.next_at).is_(None),
    )
    with app.database.reading() as session:
        by_status = select(Delivery.status, func.count()).where(mine).group_by(Delivery.status)
        counts = {status: int(count) for status, count in session.exec(by_status).all()}
        overdue = session.exec(select(func.count()).select_from(Delivery).where(mine, *late)).one()
        waiting = len(alerts.waiting(session, app.station_id))
        head = evidence.head(session, app.station_id)
        last = evidence.last_moment(session, app.station_id)
    backup, walked = backups.newest(app.home, app.settings), verified.last(app.home)
    return Vitals(
        counts,
        int(overdue),
        waiting,
        head.seq,
        last,
        shutil.disk_usage(app.home).free,
        backup[1] if backup else None,
        walked.at if walked else None,
    )


def _listen(listen: str, health: HealthServer) -> HTTPServer:
    address = urlsplit(f"//{listen}")

    class Handler(BaseHTTPRequestHandler):
        timeout = _REQUEST_SECONDS
        server_version, sys_version = "broadcaster", ""

        def do_GET(self) -> None:
            try:
                self._reply(*_answer(self.path, health))
            except Exception:
                # The request's boundary: whoever asks must never stop the daemon.
                log.exception("health.broke")
                self._reply(503, "application/json", b'{"status": "broken"}\n')

        def _reply(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Questions every few seconds are no news."""

    try:
        return HTTPServer((address.hostname or "", address.port or 0), Handler)
    except OSError as error:
        raise UserError(
            f"Không mở được cổng {listen} ({error.strerror}).", "Hãy đổi hoặc bỏ [health] listen."
        ) from None


def _answer(path: str, health: HealthServer) -> tuple[int, str, bytes]:
    if path == "/health":
        status, table = health.health()
        return status, "application/json", (json.dumps(table) + "\n").encode()
    if path == "/metrics":
        return 200, CONTENT_TYPE_LATEST, health.metrics()
    return 404, "text/plain", b"not found\n"
