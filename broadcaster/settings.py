"""The settings of one home: `broadcaster.toml`, overridden by the environment, read once."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from content.errors import Problem, UserError

FILE_NAME = "broadcaster.toml"
ENV_PREFIX = "BROADCASTER_"
_ROOT_VARIABLES = {"HOME", "USER"}
_ENDLESS = re.compile(r"\d{4000}")
_QUIET = re.compile(r"^\d{1,2}:\d{2}-\d{1,2}:\d{2}$")

Mode = Literal["live", "sandbox"]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StationSection(_Section):
    """[station]: the names of the letterhead and the time zone."""

    name: str = "Ủy ban nhân dân xã"
    parent: str | None = None
    place: str | None = None
    timezone: str = "Asia/Ho_Chi_Minh"

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError("không có múi giờ này, ví dụ đúng: Asia/Ho_Chi_Minh") from error
        return value

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


class DatabaseSection(_Section):
    """[database]: where the rows are; empty = `broadcaster.db` in the home."""

    url: str = ""


class BroadcastSection(_Section):
    """[broadcast]: when things may go out, and how often they are tried. Seconds."""

    quiet_hours: list[str] = ["21:00-05:00"]
    sessions_per_day: int = Field(default=3, ge=0)
    """Loudspeaker sessions a day and zone; 0 = no limit."""
    minutes_per_session: int = Field(default=60, ge=1)
    grace: int = Field(default=7200, ge=0)
    """How late a delivery may still begin."""
    retry: list[int] = [30, 120, 600]
    settle: list[int] = [10, 60, 300, 600]

    @field_validator("quiet_hours")
    @classmethod
    def _spans(cls, value: list[str]) -> list[str]:
        for span in value:
            if not _QUIET.match(span.strip()):
                raise ValueError(f"“{span}” không đúng dạng “21:00-05:00”")
        return value

    @field_validator("retry", "settle")
    @classmethod
    def _not_negative(cls, value: list[int]) -> list[int]:
        if any(seconds < 0 for seconds in value):
            raise ValueError("số giây không được âm")
        return value


class ScheduleSection(_Section):
    """[schedule]: how weeks and years are laid out."""

    holidays: Literal["fill", "off"] = "fill"
    """Public holidays are days like others, or nothing goes out on them."""
    days_off: list[date] = []
    """Further days on which nothing goes out."""
    radio_repeat_hours: int = Field(default=10, ge=1)
    """The same bulletin over the same loudspeakers not sooner than this."""
    network_repeat_hours: int = Field(default=72, ge=1)
    """The same bulletin on the same page or account not sooner than this."""
    remind_days: int = Field(default=14, ge=0)
    """How many days before a task's time ends people are reminded of it; 0 = never."""


class ApprovalSection(_Section):
    """[approval]: whether the approver must be another person than the author."""

    two_person: bool = True


class ZoneSection(_Section):
    """[radio.zones.NAME]: the outputs of one group of loudspeakers."""

    outputs: list[str] = ["file:air"]
    label: str = ""
    """What people call it; the name where empty."""
    listen: str = ""
    """Where its listeners hear it (http://…/mount.mp3), or "file": the air check. Empty: none."""

    @field_validator("listen")
    @classmethod
    def _known_place(cls, value: str) -> str:
        if value not in ("", "file") and not value.startswith(("http://", "https://")):
            raise ValueError("cần một địa chỉ http://… hoặc “file”")
        return value


class RadioSection(_Section):
    """[radio]: voices, sound and loudspeaker zones."""

    mode: Mode = "live"
    engines: list[str] = ["piper", "gtts", "espeak"]
    voice: str = "vi"
    rate: int = Field(default=120, ge=60, le=300)
    """Speaking rate in espeak's words a minute; outdoor horns want 115 to 125."""
    piper_voice: str = ""
    """Path of a Piper voice (.onnx, its .onnx.json beside it); empty = not used."""
    pause_sentence: int = Field(default=350, ge=0, le=5000)
    """Milliseconds, as is `pause_paragraph`."""
    pause_paragraph: int = Field(default=700, ge=0, le=10000)
    repeat: Literal[1, 2] = 1
    """2: each bulletin is said again after "Xin nhắc lại"."""
    profile: Literal["horn", "indoor", "flat"] = "horn"
    """How the sound is shaped for the loudspeakers."""
    separator: str = "default"
    """Between the bulletins of a session: "default" (a chime), "none", or a sound file."""
    true_peak: float = Field(default=-1.5, ge=-9.0, le=-0.5)
    """dBTP."""
    loudness: float = Field(default=-16.0, ge=-31.0, le=-9.0)
    """Integrated loudness of the programme in LUFS (EBU R128)."""
    signature_tune: str = "default"
    """"default", "none", or a sound file."""
    items_per_session: int = Field(default=6, ge=1)
    """How many bulletins a loudspeaker session may have."""
    silence_alarm: float = Field(default=10.0, ge=1.0, le=300.0)
    """Seconds of silence inside a broadcast that raise an alarm."""
    private_hosts: list[str] = []
    """Hosts in this machine's own network whose streams may be relayed; others must be public."""
    zones: dict[str, ZoneSection] = {"toan-xa": ZoneSection(label="Toàn xã")}


class FacebookSection(_Section):
    """[facebook]: the page. Its secrets come from the environment or the vault only."""

    mode: Mode = "sandbox"
    page_id: str = ""
    graph_version: str = "v26.0"
    api_url: str = "https://graph.facebook.com/"
    as_video: bool = False
    """A bulletin without pictures goes out as its sound under a title card."""
    reference_code: bool = True
    timeout: tuple[float, float] = (5.0, 30.0)
    """Seconds to connect, seconds to read."""
    calls_per_hour: int = Field(default=200, ge=1)
    page_token: SecretStr | None = None
    app_secret: SecretStr | None = None


class ZaloSection(_Section):
    """[zalo]: the Official Account. Its secrets come from the environment or the vault only."""

    mode: Mode = "sandbox"
    oa_id: str = ""
    app_id: str = ""
    api_url: str = "https://openapi.zalo.me/"
    oauth_url: str = "https://oauth.zaloapp.com/"
    audience: list[str] = ["followers"]
    groups: list[str] = []
    """Ids of the OA groups (one a hamlet) that the audience "groups" means."""
    night_hours: list[str] = ["22:00-06:00"]
    cover_url: str = ""
    """Public URL of the cover picture for articles without one of their own."""
    calls_per_minute: int = Field(default=100, ge=1)
    """What the commune's package allows."""
    redirect_url: str = "http://localhost:8721/zalo"
    """Where Zalo sends the browser after `channel login zalo`; the same stands in the app's
    settings at developers.zalo.me. An address of this machine is listened to."""
    timeout: tuple[float, float] = (5.0, 30.0)
    app_secret: SecretStr | None = None
    oa_secret: SecretStr | None = None
    refresh_token: SecretStr | None = None


class EvidenceSection(_Section):
    """[evidence]: how long files are kept. Days; 0 = for ever.

    No rule for a commune's station was found; the press keeps broadcasts 6 months and online
    pieces 12 (Nghị định 08/2017/NĐ-CP, Điều 7).
    """

    keep_audio_days: int = Field(default=730, ge=0)
    """Sound as aired. Its hash and its record stay for ever."""
    keep_other_days: int = Field(default=0, ge=0)
    """Payloads, answers, pages."""
    keep_log_days: int = Field(default=365, ge=0)
    """The program's own log files, which say nothing that the chain does not."""
    verify_days: int = Field(default=7, ge=0)
    """Days after which the daemon walks the whole ledger again; 0 = it never does."""
    reach_days: list[Annotated[int, Field(ge=1, le=365)]] = [1, 7, 28]
    """Days after an output on which the networks are asked how many it reached; [] = never."""
    tsa_url: str = ""
    """Where a time-stamping authority (RFC 3161) answers; empty = no time stamps."""
    tsa_certificates: str = ""
    """PEM file with its root (and intermediate) certificates; relative to the home. Those of
    a former authority stay in it, for the stamps that it gave."""

    @model_validator(mode="after")
    def _authority_known(self) -> EvidenceSection:
        if not self.tsa_url:
            return self
        address = urlsplit(self.tsa_url)
        if address.scheme not in ("http", "https") or not address.hostname:
            raise ValueError("tsa_url cần một địa chỉ http://… hoặc https://…")
        if "@" in address.netloc:
            raise ValueError(
                "tsa_url không được chứa mật khẩu: địa chỉ này nằm trong gói minh chứng"
            )
        if not self.tsa_certificates:
            raise ValueError("có tsa_url thì cần tsa_certificates: chứng thư gốc của nơi cấp")
        return self


class BackupSection(_Section):
    """[backup]: the daemon's own copies."""

    every: int = Field(default=24, ge=0)
    """Hours between two automatic backups; 0 = none."""
    keep: int = Field(default=7, ge=1)
    """How many of them stay."""
    folder: str = ""
    """Where they go, best on another disk; while it is missing, and where empty, `backups`."""


class ClockSection(_Section):
    """[clock]: who is asked what time it is; host names, and addresses of web pages."""

    ntp: list[str] = ["vn.pool.ntp.org", "pool.ntp.org"]
    web: list[str] = ["https://graph.facebook.com/", "https://openapi.zalo.me/"]


class HealthSection(_Section):
    """[health]: where the daemon tells machines how it is."""

    listen: str = "127.0.0.1:9469"
    """HOST:PORT of /health and /metrics; empty = off. Keep it on loopback."""

    @field_validator("listen")
    @classmethod
    def _address(cls, value: str) -> str:
        if value and not re.fullmatch(r"[\w.-]+:\d{1,5}|\[[0-9a-fA-F:]+\]:\d{1,5}", value):
            raise ValueError(f"“{value}” không đúng dạng “127.0.0.1:9469”")
        return value


class AlertsSection(_Section):
    """[alerts]: how the officers hear of trouble, apart from the channels themselves."""

    to: list[str] = []
    """E-mail addresses."""
    sender: str = ""
    smtp_host: str = ""
    smtp_port: int = Field(default=587, ge=1, le=65535)
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    smtp_user: str = ""
    gap: int = Field(default=10, ge=0)
    """Minutes between two messages by the same route; what comes meanwhile goes together."""
    smtp_password: SecretStr | None = None
    webhook: SecretStr | None = None
    """Address that gets each message as a JSON POST; a secret, since it often is the key."""

    @model_validator(mode="after")
    def _no_password_in_clear(self) -> AlertsSection:
        if self.smtp_password is not None and self.smtp_security == "none":
            raise ValueError("có mật khẩu thì smtp_security phải là starttls hoặc tls")
        return self


class PortalSection(_Section):
    """[portal]: the section of the portal. Its password comes from the environment only."""

    mode: Mode = "sandbox"
    kind: Literal["folder", "webdav", "sftp", "wordpress"] = "folder"
    url: str = ""
    """Where visitors find the section."""
    path: str = ""
    """kind "folder": where its files are written; relative to the home."""
    server: str = ""
    """The WebDAV collection, "sftp://host:22/path", or the address of the WordPress site."""
    user: str = ""
    key_file: str = ""
    """kind "sftp": a private key instead of the password."""
    known_hosts: str = "known_hosts"
    """kind "sftp": the host keys that are trusted; relative to the home."""
    title: str = "Tin tuyên truyền cải cách hành chính"
    audio: bool = True
    """Put the bulletin's sound on its page."""
    timeout: tuple[float, float] = (5.0, 30.0)
    wait: int = Field(default=300, ge=0)
    """Seconds that Facebook and Zalo wait at most for the page whose link they carry."""
    feed: str = ""
    """The portal's own RSS or Atom feed, for `bulletin fetch`."""
    allow_hosts: list[str] = []
    """Hosts of the feed that may have a private address."""
    password: SecretStr | None = None


class PapersSection(_Section):
    """[papers]: what official papers say beside the letterhead; empty = as in the plan."""

    signer: str = ""
    """Họ và tên of who signs."""
    signer_title: str = ""
    """ "Chủ tịch" or "Phó Chủ tịch"."""
    to: str = ""
    """Kính gửi: where reports go."""
    archive: str = ""
    """After "Lưu:", "VT, VHXH"."""


class Settings(BaseSettings):
    """All settings of a home."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True
    )

    station: StationSection = StationSection()
    database: DatabaseSection = DatabaseSection()
    broadcast: BroadcastSection = BroadcastSection()
    schedule: ScheduleSection = ScheduleSection()
    approval: ApprovalSection = ApprovalSection()
    radio: RadioSection = RadioSection()
    facebook: FacebookSection = FacebookSection()
    zalo: ZaloSection = ZaloSection()
    evidence: EvidenceSection = EvidenceSection()
    portal: PortalSection = PortalSection()
    papers: PapersSection = PapersSection()
    backup: BackupSection = BackupSection()
    alerts: AlertsSection = AlertsSection()
    clock: ClockSection = ClockSection()
    health: HealthSection = HealthSection()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (env_settings, init_settings)

    def secrets(self) -> list[str]:
        """Every secret value in force, for the redactor."""
        found = []
        for section in (self.facebook, self.zalo, self.portal, self.alerts):
            for name in type(section).model_fields:
                value = getattr(section, name)
                if isinstance(value, SecretStr):
                    found.append(value.get_secret_value())
        return found


SECRET_KEYS = {
    "facebook": ("page_token", "app_secret"),
    "zalo": ("app_secret", "oa_secret", "refresh_token"),
    "alerts": ("smtp_password", "webhook"),
    "portal": ("password",),
}


def load_settings(home: Path) -> Settings:
    """Read the home's file (may be absent) and the environment.

    Raises UserError with every mistake at once: file, line, mend.
    """
    path = home / FILE_NAME
    text = _text(path) if path.exists() else ""
    table = _parse(path, text)
    _refuse_secrets(path, text, table)
    _take_credentials(table)
    try:
        return Settings(**table)
    except ValidationError as error:
        raise UserError("", problems=_problems(path, text, error)) from None


def credential(name: str) -> Path | None:
    """The file in which systemd hands over a secret; None without one.

    `LoadCredential=NAME:FILE`, or `LoadCredential=broadcaster:FOLDER` for all files of a folder,
    which then get "broadcaster_" before their names (systemd.exec(5)).
    """
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    if not folder:
        return None
    places = (Path(folder) / name, Path(folder) / f"broadcaster_{name}")
    return next((path for path in places if path.is_file()), None)


def default_home(environment: Mapping[str, str] | None = None) -> Path:
    """`BROADCASTER_HOME`, or the platform's data folder."""
    env = os.environ if environment is None else environment
    if chosen := env.get(ENV_PREFIX + "HOME"):
        return Path(chosen).expanduser()
    data = env.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(data).expanduser() / "broadcaster"


def _text(path: Path) -> str:
    data = path.read_bytes()
    try:
        return data.decode("utf-8-sig")  # Notepad puts a mark before the first letter
    except UnicodeDecodeError as error:
        raise UserError(
            "Tệp cài đặt không phải văn bản UTF-8, hoặc đã hỏng.",
            "Hãy lưu lại với bảng mã UTF-8.",
            file=str(path),
            line=data.count(b"\n", 0, error.start) + 1,
        ) from None


def _parse(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"at line (\d+)", str(error))
        last = text.count("\n") + 1
        raise UserError(
            "Tệp cài đặt viết sai quy cách TOML.",
            "Hãy sửa dòng này (thiếu dấu nháy, dấu bằng hoặc ngoặc?).",
            file=str(path),
            line=int(found.group(1)) if found else last,
        ) from None
    except RecursionError:
        raise UserError(
            "Tệp cài đặt có quá nhiều ngoặc lồng nhau.", "Hãy sửa lại tệp.", file=str(path)
        ) from None
    except ValueError:  # Python refuses to read whole numbers of thousands of digits
        line = next((n for n, one in enumerate(text.splitlines(), 1) if _ENDLESS.search(one)), 1)
        raise UserError(
            "Tệp cài đặt có một con số quá dài.", "Hãy sửa dòng này.", file=str(path), line=line
        ) from None


def _refuse_secrets(path: Path, text: str, table: Mapping[str, Any]) -> None:
    problems = [
        Problem(
            f"Khóa bí mật “{section}.{key}” không được để trong tệp này.",
            f"Hãy xóa dòng này và đặt biến môi trường "
            f"{ENV_PREFIX}{section.upper()}__{key.upper()}.",
            str(path),
            _line_of(text, (section, key)),
        )
        for section, keys in SECRET_KEYS.items()
        for key in keys
        if isinstance(table.get(section), dict) and key in table[section]
    ]
    if problems:
        raise UserError("", problems=problems)


def _take_credentials(table: dict[str, Any]) -> None:
    """Secrets that systemd hands over, named "facebook.page_token"; the environment wins."""
    for section, keys in SECRET_KEYS.items():
        for key in keys:
            if (path := credential(f"{section}.{key}")) is not None:
                table.setdefault(section, {})[key] = path.read_text(encoding="utf-8").strip()


def _problems(path: Path, text: str, error: ValidationError) -> list[Problem]:
    return [_problem(path, text, detail) for detail in error.errors()]


def _problem(path: Path, text: str, detail: Any) -> Problem:
    location = [str(part) for part in detail["loc"]]
    variable = ENV_PREFIX + "__".join(location).upper()
    name = ".".join(location)
    message, mend = _explain(detail, name)
    if variable in os.environ:
        return Problem(message, mend, f"biến môi trường {variable}")
    return Problem(message, mend, str(path), _line_of(text, location))


_MENDS = {
    "extra_forbidden": ("Không có mục cài đặt “{name}”.", "Hãy kiểm tra chính tả hoặc xóa dòng."),
    "literal_error": ("“{name}” không nhận giá trị này.", "Giá trị nhận được: {expected}."),
    "missing": ("Thiếu mục “{name}”.", "Hãy thêm vào."),
}


def _explain(detail: Any, name: str) -> tuple[str, str]:
    context = detail.get("ctx") or {}
    if detail["type"] in _MENDS:
        message, mend = _MENDS[detail["type"]]
        expected = str(context.get("expected", "")).replace(" or ", " hoặc ")
        return message.format(name=name), mend.format(expected=expected)
    if detail["type"] == "value_error":
        return f"“{name}”: {context.get('error')}.", "Hãy sửa giá trị này."
    for limit, words in (("ge", "không nhỏ hơn"), ("le", "không lớn hơn"), ("gt", "lớn hơn")):
        if limit in context:
            return f"“{name}” phải {words} {context[limit]}.", "Hãy sửa giá trị này."
    kind = {"int": "số nguyên", "float": "số", "bool": "true hoặc false", "list": "danh sách [..]"}
    wanted = kind.get(
        str(detail["type"]).split("_", maxsplit=1)[0], "đúng kiểu (chữ đặt trong nháy)"
    )
    return f"“{name}” sai kiểu giá trị.", f"Giá trị phải là {wanted}."


def _line_of(text: str, location: tuple[str, ...] | list[str]) -> int | None:
    """The line of a key in the file: the last of `location` found inside its table."""
    keys = [part for part in location if not part.isdigit()]
    table = ""
    best: int | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*\[([^\]]+)\]", line):
            table = header.group(1).replace('"', "").strip()
            if table == ".".join(keys):
                best = number
        elif key := re.match(r"\s*([\w.-]+|\"[^\"]+\")\s*=", line):
            full = ".".join(part for part in (table, key.group(1).strip('"')) if part)
            if full == ".".join(keys[: full.count(".") + 1]):
                best = number
    return best
