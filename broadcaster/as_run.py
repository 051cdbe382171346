"""What the evidence says of the air: how a playing was made, and what watching it found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from broadcaster.evidence import Kind

FORMS: Mapping[str, str] = {
    "tts": "Giọng máy (TTS)",
    "recording": "Bản thu",
    "relay": "Tiếp âm",
    "live": "Trực tiếp (TTS)",
}
"""How the sound of a loudspeaker item was made (hình thức), as log books have it."""

FACTS = (
    "form", "engine", "late_ms", "seconds", "share", "whole", "as_approved", "cut", "peak_dbfs",
    "rms_dbfs", "longest_silence", "stream_share", "switches", "outputs_ok", "outputs_failed",
    "outputs_late", "proof",
)  # fmt: skip
"""Keys of a record's details that tell of a playing (`channels/radio/asrun.py`)."""


def form_of(body: Mapping[str, Any]) -> str | None:
    """A key of `FORMS`; None for what is no sound, or of a record that does not say it."""
    details = body["details"]
    if details.get("form") in FORMS:
        return str(details["form"])
    return next((name for name in ("relay", "live") if details.get(name) is True), None)


def facts_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """What a record tells of a playing."""
    return {name: body["details"][name] for name in FACTS if name in body["details"]}


def is_finding(body: Mapping[str, Any]) -> bool:
    """Whether the record is something that the station noticed about its own air."""
    return body["kind"] in (Kind.ALARM, Kind.CHECK)


def words_of(body: Mapping[str, Any]) -> str:
    """A finding in Vietnamese, an alarm marked as such."""
    message = str(body["details"].get("message") or "không rõ").strip().rstrip(".")
    return f"BÁO ĐỘNG: {message}" if body["kind"] == Kind.ALARM else f"Kiểm tra âm: {message}"
