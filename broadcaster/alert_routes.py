"""How an alert reaches the officers without Zalo or Facebook: e-mail by SMTP, and a webhook."""

from __future__ import annotations

import hashlib
import smtplib
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Protocol

from broadcaster.settings import AlertsSection, Settings
from channels import wire
from channels.base import Clock
from channels.redaction import redact

_SMTP_SECONDS = 15.0
_WEBHOOK_TIMEOUT = (5.0, 10.0)


@dataclass(frozen=True, slots=True)
class Item:
    """One alert in a message; Vietnamese."""

    key: str
    subject: str
    body: str
    raised_at: datetime


@dataclass(frozen=True, slots=True)
class Message:
    """What goes out by one route at once: everything that waits."""

    station: str
    items: Sequence[Item]
    at: datetime
    """In the station's zone."""

    @property
    def subject(self) -> str:
        first = self.items[0].subject
        more = f" (và {len(self.items) - 1} việc khác)" if len(self.items) > 1 else ""
        return " ".join(f"[Đài truyền thanh] {first}{more}".split())

    @property
    def text(self) -> str:
        parts = [f"{item.subject}\n{item.body}".strip() for item in self.items]
        return "\n\n".join([self.station, *parts, "Xem thêm: broadcaster status, doctor."]) + "\n"

    @property
    def identity(self) -> str:
        """The same for the same alerts: a message that is sent again after a crash is known."""
        joined = "\n".join([self.station, *(item.key for item in self.items)])
        return hashlib.sha256(joined.encode()).hexdigest()[:32]


class NotDelivered(Exception):  # noqa: N818 - an outcome, not a fault
    """It did not get through; the text is Vietnamese and free of secrets."""


class Route(Protocol):
    """One way to the officers."""

    def send(self, message: Message) -> None:
        """Return when the other side has taken it. Raises NotDelivered."""


def routes_of(settings: Settings, clock: Clock) -> Mapping[str, Route]:
    """The routes that the settings have, by name."""
    found: dict[str, Route] = {}
    if settings.alerts.smtp_host and settings.alerts.to:
        found["mail"] = Mail(settings.alerts)
    if settings.alerts.webhook is not None:
        found["webhook"] = Webhook(settings.alerts.webhook.get_secret_value(), clock)
    return found


class Mail:
    """SMTP with TLS; one connection a message."""

    def __init__(self, chosen: AlertsSection) -> None:
        self._chosen = chosen

    def send(self, message: Message) -> None:
        try:
            with self._connected() as server:
                refused = server.send_message(self._built(message))
        except smtplib.SMTPAuthenticationError:
            raise NotDelivered("máy chủ thư không nhận tên hoặc mật khẩu") from None
        except smtplib.SMTPRecipientsRefused:
            raise NotDelivered("máy chủ thư không nhận địa chỉ người nhận") from None
        except smtplib.SMTPResponseException as error:
            raise NotDelivered(f"máy chủ thư trả lời {error.smtp_code}") from None
        except (smtplib.SMTPException, ssl.SSLError, OSError, ValueError) as error:
            what = redact(type(error).__name__)
            raise NotDelivered(f"không gửi được thư ({what})") from None
        if refused:
            raise NotDelivered(f"máy chủ thư không nhận: {', '.join(sorted(refused))}")

    def _connected(self) -> smtplib.SMTP:
        chosen = self._chosen
        where = (chosen.smtp_host, chosen.smtp_port)
        if chosen.smtp_security == "tls":
            context = ssl.create_default_context()
            server: smtplib.SMTP = smtplib.SMTP_SSL(*where, timeout=_SMTP_SECONDS, context=context)
        else:
            server = smtplib.SMTP(*where, timeout=_SMTP_SECONDS)
        try:
            if chosen.smtp_security == "starttls":
                server.starttls(context=ssl.create_default_context())
            if chosen.smtp_password is not None:
                _log_in(server, chosen.smtp_user, chosen.smtp_password.get_secret_value())
        except BaseException:
            server.close()
            raise
        return server

    def _built(self, message: Message) -> EmailMessage:
        mail = EmailMessage()
        sender = self._chosen.sender or self._chosen.smtp_user or self._chosen.to[0]
        mail["From"] = sender
        mail["To"] = ", ".join(self._chosen.to)
        mail["Subject"] = message.subject
        mail["Date"] = format_datetime(message.at)
        mail["Message-ID"] = f"<{message.identity}@broadcaster.invalid>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(message.text)
        return mail


def _log_in(server: smtplib.SMTP, user: str, password: str) -> None:
    try:
        server.login(user, password)
    except smtplib.SMTPServerDisconnected:
        # Some servers hang up on a wrong password instead of saying so.
        raise NotDelivered("máy chủ thư ngắt khi đăng nhập; xem lại tên, mật khẩu") from None


class Webhook:
    """A JSON POST; taken when the answer is 2xx. Its address is a secret: it often is the key."""

    def __init__(self, url: str, clock: Clock) -> None:
        self._url = url
        self._clock = clock

    def send(self, message: Message) -> None:
        try:
            with wire.new_session(_WEBHOOK_TIMEOUT) as session:
                answer = wire.call(
                    session,
                    self._clock,
                    _WEBHOOK_TIMEOUT,
                    "POST",
                    self._url,
                    json=_table(message),
                    headers={"Idempotency-Key": message.identity},
                )
        except (wire.NotSent, wire.Unanswered) as error:
            raise NotDelivered(redact(str(error))) from None
        if not 200 <= answer.status < 300:
            raise NotDelivered(f"webhook trả lời HTTP {answer.status}")


def _table(message: Message) -> dict[str, object]:
    return {
        "station": message.station,
        "subject": message.subject,
        "text": message.text,
        "alerts": [
            {
                "key": item.key,
                "subject": item.subject,
                "body": item.body,
                "raised_at": item.raised_at.isoformat(),
            }
            for item in message.items
        ],
    }
